package tls

// Ignore says whether the application data of a direction is of no interest from here
// on: its records are counted and not decrypted, and nothing is said to be lost. It can
// be taken up again. Without keys it does nothing.
func (c *Conn) Ignore(dir uint8, on bool) {
	if c.keys == nil || c.keys.dir[dir].ignored == on {
		return
	}
	e := &c.keys.dir[dir]
	e.ignored = on
	if !on {
		e.miss = min(e.miss+1, maxSearch) // a KeyUpdate may have gone by
	}
}
