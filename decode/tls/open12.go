package tls

import "wstap/decode/tls/suite"

// open12 opens a record of TLS 1.2 or before.
func (c *Conn) open12(r *record) (plain []byte, t byte, ok bool) {
	e := &c.keys.dir[r.dir]
	if e.open != nil {
		var at uint64
		if plain, t, at, ok = c.try(e.open, e.seq, e.miss, r); ok {
			e.found(e.seq, at)
			return plain, t, true
		}
		if c.params == nil || c.params == e.params || e.miss == 0 && e.fails == 0 {
			return nil, 0, false
		}
	}
	p := c.params
	if p == nil {
		return nil, 0, false
	}
	side := 0
	if r.dir != c.client {
		side = 1
	}
	if p.master != nil {
		return c.use12(r, p, side, e.start())
	}
	p.find(c.t)
	for _, m := range p.masters {
		client, server, valid := p.suite.Openers(p.version, p.encryptThenMAC, m.secret, p.client, p.server)
		if !valid {
			continue
		}
		p.openers[0], p.openers[1] = client, server
		if plain, t, ok = c.use12(r, p, side, e.start()); ok {
			c.settle(p, m, client, server)
			c.facts.KeysFrom = m.from
			return plain, t, true
		}
	}
	return nil, 0, false
}

// start is the sequence number that keys which are new to a direction begin with.
func (e *epoch) start() uint64 {
	if e.open != nil {
		return 0
	}
	return e.seq
}

// use12 opens r with the keys of p, and goes on with them when they fit.
func (c *Conn) use12(r *record, p *params, side int, seq uint64) (plain []byte, t byte, ok bool) {
	e := &c.keys.dir[r.dir]
	plain, t, at, ok := c.try(p.openers[side], seq, e.miss, r)
	if !ok {
		return nil, 0, false
	}
	p.proven = p.proven || isFinished(t, plain)
	if at == 0 && !p.proven { // the secret is right, and the cipher is another
		c.giveUp(0)
		c.giveUp(1)
	}
	if !p.proven && p.blind() {
		return nil, 0, false
	}
	e.open, e.params = p.openers[side], p
	e.found(seq, at)
	return plain, t, true
}

// blind reports whether a MAC proves the suite's hash and not its cipher, for it is over
// what was sent. Such keys are good once they have opened a Finished.
func (p *params) blind() bool {
	return p.suite.MAC != 0 && p.encryptThenMAC || p.suite.Cipher == suite.Null
}

// unbound reports whether no MAC covers what a record's first block is decrypted with:
// the end of the record before, which must be trusted after a hole, and cannot be where
// it was damaged.
func (p *params) unbound() bool {
	return p.version == suite.TLS10 && p.encryptThenMAC && p.suite != nil && p.suite.MAC != 0
}

// isFinished reports whether a record carries a Finished, as the first one under new
// keys must.
func isFinished(t byte, plain []byte) bool {
	const size = 12 // RFC 5246 section 7.4.9
	return RecordType(t) == Handshake && len(plain) >= messageHeader && plain[0] == finished && lengthOf(plain) == size
}

// rekey takes a ChangeCipherSpec that was encrypted: one of a renegotiation.
func (c *Conn) rekey(d uint8) {
	e := &c.keys.dir[d]
	if e.params != c.params {
		e.open, e.params, e.seq, e.miss = nil, nil, 0, 0
	}
}
