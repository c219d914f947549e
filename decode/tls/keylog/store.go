package keylog

// Store keeps secrets. Its methods may be called by several goroutines at once.
type Store struct{}

// NewStore returns an empty Store that keeps at most limit secrets, the newest; 0
// stands for MaxSecrets.
func NewStore(limit int) *Store { panic("skeleton") }

// MaxSecrets is how many secrets a Store keeps.
const MaxSecrets = 1 << 20

// MaxAlternatives is how many secrets are kept of one label for one connection.
const MaxAlternatives = 4

// Add reads a whole text, such as a pcapng block, and returns what became of its lines.
func (s *Store) Add(text []byte) Counts { panic("skeleton") }

// Secrets returns what is known for a label that goes by client random, newest first.
func (s *Store) Secrets(l Label, random [RandomSize]byte) []Secret { panic("skeleton") }

// Session returns the master secrets of a session ID (label SessionMaster), newest first.
func (s *Store) Session(id []byte) []Secret { panic("skeleton") }

// RSA returns the premaster secrets of an encrypted one (label RSAPremaster), newest first.
func (s *Store) RSA(encrypted []byte) []Secret { panic("skeleton") }

// Has returns the labels for which something is known of a connection.
func (s *Store) Has(random [RandomSize]byte) Labels { panic("skeleton") }

// Recent returns the newest secrets of a label, at most n, newest first.
func (s *Store) Recent(l Label, n int) []Found { panic("skeleton") }

// Generation changes when a secret is added.
func (s *Store) Generation() uint64 { panic("skeleton") }

// Counts returns what became of all lines so far.
func (s *Store) Counts() Counts { panic("skeleton") }

// NewFeed returns a Feed into s.
func (s *Store) NewFeed() *Feed { panic("skeleton") }

// Feed takes the text of one file as it grows.
type Feed struct{}

// Write takes the next bytes. It never fails.
func (f *Feed) Write(b []byte) (int, error) { panic("skeleton") }

// Reset drops the last line when it has no end: the file begins anew.
func (f *Feed) Reset() { panic("skeleton") }

// Close takes the last line, which has no end, for a whole one.
func (f *Feed) Close() error { panic("skeleton") }
