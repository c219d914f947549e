package tls

// Conn is one TLS connection.
type Conn struct {
	t     *Tracker
	facts Facts
}

// SetClient says that the client sends in direction dir.
func (c *Conn) SetClient(dir uint8) {}

// Client returns the direction of the client. known is false as long as no hello and no
// SetClient told.
func (c *Conn) Client() (dir uint8, known bool) { return 0, false }

// Data takes the next bytes of a direction.
func (c *Conn) Data(dir uint8, b []byte, at Pos) []Event { return nil }

// Gap takes note of n bytes of a direction that the capture does not hold.
func (c *Conn) Gap(dir uint8, n uint64, at Pos) []Event { return nil }

// Retry opens what waited for keys, where there are any now. It costs next to nothing
// where no key came since.
func (c *Conn) Retry() []Event { return nil }

// End opens what can be opened of what waited. No more may come.
func (c *Conn) End() []Event { return nil }

// Skip makes the connection count records only: it decrypts and keeps nothing any more.
func (c *Conn) Skip() {}

// Facts returns what is known by now. It belongs to the connection.
func (c *Conn) Facts() *Facts { return &c.facts }
