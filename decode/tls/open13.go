package tls

import "wstap/decode/tls/suite"

// open13 opens a record of TLS 1.3. Where the current keys do not fit, the next may:
// what changed them was not captured, or their secrets are not there.
func (c *Conn) open13(r *record) (plain []byte, t byte, ok bool) {
	k := c.keys
	e := &k.dir[r.dir]
	if k.suite == nil {
		return nil, 0, false
	}
	if e.open == nil && e.stage != earlyStage {
		for _, s := range c.secrets(r.dir, e.stage) {
			if plain, t, ok = c.change(r, s.Bytes(), e.stage, e.seq, e.miss); ok {
				return plain, t, true
			}
		}
	} else if e.open != nil {
		var at uint64
		if plain, t, at, ok = c.try(e.open, e.seq, e.miss, r); ok {
			e.found(e.seq, at)
			return plain, t, true
		}
	}
	switch e.stage {
	case earlyStage:
		for _, s := range c.secrets(r.dir, earlyStage) {
			if e.open == nil {
				if plain, t, ok = c.change(r, s.Bytes(), earlyStage, 0, e.miss); ok {
					return plain, t, true
				}
			}
		}
		for _, s := range c.secrets(r.dir, handshakeStage) {
			if plain, t, ok = c.change(r, s.Bytes(), handshakeStage, 0, e.miss); ok {
				return plain, t, true
			}
		}
		fallthrough
	case handshakeStage:
		for _, s := range c.secrets(r.dir, dataStage) {
			if plain, t, ok = c.change(r, s.Bytes(), dataStage, 0, e.miss); ok {
				return plain, t, true
			}
		}
	case dataStage:
		if e.secret != nil && (e.miss > 0 || e.fails > 0) {
			return c.change(r, k.suite.Next(e.secret), dataStage, 0, e.miss)
		}
	}
	return nil, 0, false
}

// change opens r with the keys of another secret, and goes on with them when they fit.
func (c *Conn) change(r *record, secret []byte, s stage, seq, miss uint64) (plain []byte, t byte, ok bool) {
	k := c.keys
	o, ok := k.suite.Opener(secret)
	if !ok {
		return nil, 0, false
	}
	plain, t, at, ok := c.try(o, seq, miss, r)
	if !ok {
		return nil, 0, false
	}
	e := &k.dir[r.dir]
	e.open, e.secret, e.stage = o, secret, s
	e.found(seq, at)
	c.facts.KeysFrom = FromLog
	return plain, t, true
}

// next drops the keys of a direction: those of stage s begin with the next record.
func (e *epoch) next(s stage) {
	e.open, e.secret, e.stage, e.seq, e.miss, e.flight = nil, nil, s, 0, 0, 0
}

// finished takes a Finished message, which could be read.
func (c *Conn) finished(d uint8, at Pos) {
	f := Finished{At: at}
	if client, _ := c.Client(); d == client {
		if c.facts.ClientFinished.At == (Pos{}) || c.facts.ClientFinished.Inferred {
			c.facts.ClientFinished = f
		}
	} else if c.facts.ServerFinished.At == (Pos{}) || c.facts.ServerFinished.Inferred {
		c.facts.ServerFinished = f
	}
	if k := c.keys; k != nil && c.facts.Version == suite.TLS13 && k.dir[d].stage == handshakeStage {
		k.dir[d].next(dataStage)
	}
}

// endOfEarlyData ends 0-RTT (RFC 8446 section 4.5).
func (c *Conn) endOfEarlyData(d uint8) {
	if k := c.keys; k != nil && k.dir[d].stage == earlyStage {
		k.dir[d].next(handshakeStage)
	}
}

// keyUpdate changes the keys of a direction (RFC 8446 section 4.6.3).
func (c *Conn) keyUpdate(d uint8) {
	k := c.keys
	if k == nil || k.dir[d].stage != dataStage || k.dir[d].secret == nil || k.suite == nil {
		return
	}
	e := &k.dir[d]
	secret := k.suite.Next(e.secret)
	if o, ok := k.suite.Opener(secret); ok {
		e.open, e.secret, e.seq, e.miss = o, secret, 0, 0
	}
}
