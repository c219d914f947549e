package tls

import "wstap/decode/tls/suite"

// unseal opens the next encrypted record of its direction, for which the keys are
// there, or are not going to be.
func (c *Conn) unseal(r *record) {
	k := c.keys
	e := &k.dir[r.dir]
	if r.hole > 0 {
		most := r.hole/shortest + 1
		if e.open != nil {
			e.open.Lost()
		}
		e.miss = min(e.miss+most, maxSearch)
		if e.hole += r.hole; r.hole == unknown {
			e.hole = unknown
		}
		c.damaged(r.dir)
		return
	}
	if r.broken {
		c.broken(r)
		return
	}
	if e.dead {
		c.keys.closed[r.dir] = true
		c.unread(r)
		return
	}
	var plain []byte
	var t byte
	var ok bool
	if c.tls13() {
		plain, t, ok = c.open13(r)
	} else {
		plain, t, ok = c.open12(r)
	}
	if !ok {
		c.failed(r)
		return
	}
	c.opened(r, plain, RecordType(t))
}

// opened deals with what a record carries.
func (c *Conn) opened(r *record, plain []byte, t RecordType) {
	k := c.keys
	e := &k.dir[r.dir]
	c.t.use(len(plain))
	c.overhead(e, uint64(len(r.body)-len(plain)))
	if !c.facts.Decrypted { // until now Facts has counted by shape
		c.facts.Sent[0].Data, c.facts.Sent[1].Data = 0, 0
	}
	e.fails, k.fit, c.facts.Decrypted = 0, true, true
	c.unguess(r.at)
	c.loseHole(r.dir, e.passed, r.at)
	switch t {
	case ApplicationData:
		c.facts.Sent[r.dir].Data++
		if len(plain) > 0 {
			c.emit(Event{Kind: Plain, Dir: r.dir, Data: plain, At: r.at})
		}
	case Handshake:
		c.messages(r.dir).feed(c, r.dir, plain, r.at)
		c.settleHandshake()
	case AlertRecord:
		c.alert(r.dir, plain, r.at)
	case ChangeCipherSpec:
		if !c.tls13() {
			c.rekey(r.dir)
		}
	case Heartbeat:
	}
}

// overhead notes the difference between a body and its plaintext. With CBC it varies by
// padding.
func (c *Conn) overhead(e *epoch, n uint64) {
	const padding = 15 // that another record of the same length may have less
	if e.params != nil && e.params.suite.MAC != 0 {
		n -= min(n, padding)
	}
	if e.over == 0 || n < e.over {
		e.over = n
	}
}

// failed deals with a record that could not be opened.
func (c *Conn) failed(r *record) {
	e := &c.keys.dir[r.dir]
	c.keys.closed[r.dir] = true
	if e.open != nil {
		e.open.Skip(r.body)
	}
	if c.tls13() && e.stage != dataStage {
		// A handshake's, whose secret is missing, or 0-RTT that was not taken, neither
		// of which counts for the next epoch.
		if e.flight++; e.flight > maxFlight {
			c.giveUp(r.dir)
		}
		if e.stage == earlyStage || r.dir == c.client && c.facts.EarlyAccepted {
			c.lose(r.dir, e.content(r), false, r.at)
		}
		return
	}
	damaged := e.miss == 0 && e.open != nil // no hole explains it
	e.miss = min(e.miss+1, maxSearch)
	e.fails++
	if e.fails > maxFails || damaged && e.params != nil && e.params.unbound() {
		c.giveUp(r.dir)
	}
	c.unread(r)
}

// giveUp stops to decrypt a direction.
func (c *Conn) giveUp(d uint8) {
	k := c.keys
	k.misfit = true
	k.dir[d] = epoch{dead: true, over: k.dir[d].over}
}

// content is the most bytes that a record can carry.
func (e *epoch) content(r *record) uint64 {
	return uint64(r.head.Length) - min(e.over, uint64(r.head.Length))
}

// unread notes a record that stays closed.
func (c *Conn) unread(r *record) {
	if RecordType(r.head.Type) == ApplicationData {
		c.lose(r.dir, c.keys.dir[r.dir].content(r), false, r.at)
	}
}

// broken deals with a record of which not all was captured.
func (c *Conn) broken(r *record) {
	e := &c.keys.dir[r.dir]
	if e.open != nil {
		e.open.Lost()
		e.open.Skip(r.body)
	}
	c.damaged(r.dir)
	if c.tls13() && e.stage != dataStage {
		e.miss = min(e.miss+1, maxSearch)
		return
	}
	if e.dead {
		c.unread(r)
		return
	}
	e.seq++
	if RecordType(r.head.Type) != ApplicationData {
		e.miss = min(e.miss+1, maxSearch) // it may have changed keys
		return
	}
	if e.ignored {
		return
	}
	exact := !c.tls13() && e.params != nil && e.params.suite.Cipher.AEAD() && e.over > 0
	c.lose(r.dir, e.content(r), exact, r.at)
}

// damaged notes that a part of a direction's messages is missing.
func (c *Conn) damaged(d uint8) {
	if c.hs != nil {
		c.hs.dir[d].damage(c.t)
	}
	if c.params != nil && c.params.listens {
		c.spoil()
	}
}

// skipped notes records that could not wait.
func (c *Conn) skipped(d uint8, records, bytes uint64) {
	e := &c.keys.dir[d]
	if e.open != nil {
		e.open.Lost()
	}
	e.miss = min(e.miss+records, maxSearch)
	if e.stage == dataStage || !c.tls13() {
		over := (records - 1) * e.over
		c.lose(d, bytes-min(bytes, over), false, Pos{})
	} else {
		c.lose(d, 0, false, Pos{})
	}
	c.damaged(d)
}

// try opens r with o, under one of the sequence numbers that it may have: the next
// one, the one after all that may be missing, or one between.
func (c *Conn) try(o *suite.Opener, seq, miss uint64, r *record) (plain []byte, t byte, at uint64, ok bool) {
	dst := c.t.room(len(r.body))
	if plain, t, ok = o.Open(seq, r.head, dst, r.body); ok {
		return plain, t, seq, true
	}
	if c.vain(1); miss == 0 || c.keys.exhausted {
		return nil, 0, 0, false
	}
	if plain, t, ok = o.Open(seq+miss, r.head, dst, r.body); ok {
		return plain, t, seq + miss, true
	}
	if plain, t, at, ok = o.Search(seq+1, int(miss), r.head, dst, r.body); ok {
		return plain, t, at, true
	}
	c.vain(int(miss))
	return nil, 0, 0, false
}

// vain counts trials that failed.
func (c *Conn) vain(n int) {
	k := c.keys
	c.t.counters.Trials += uint64(n)
	if k.trials += n; k.trials > maxTrials && !k.exhausted {
		k.exhausted = true
		c.t.counters.TrialsExhausted++
	}
}

// found takes over the sequence number at which a record was opened; seq is the one
// that it would have had.
func (e *epoch) found(seq, at uint64) {
	e.passed = at - seq
	e.seq, e.miss = at+1, 0
}

// loseHole tells what was lost in holes before a record, in which so many were missing.
func (c *Conn) loseHole(d uint8, records uint64, at Pos) {
	e := &c.keys.dir[d]
	if e.hole == 0 {
		return
	}
	n := uint64(0)
	if cost := records * (headerSize + e.over); e.hole != unknown && e.hole > cost {
		n = e.hole - cost
	}
	e.hole = 0
	c.lose(d, n, false, at)
}
