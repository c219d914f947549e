package tls

// wait holds the records of a connection that wait for keys, in the order in which they
// were captured.
type wait struct {
	first, last *waiting
	bytes       int
	conn        *Conn
	prev, next  *wait // of the Tracker
	queued      bool
	lost        [2]struct{ records, bytes uint64 } // that could not wait, behind the last
}

type waiting struct {
	record
	next *waiting
}

// full reports whether records could not wait, and so none can that come after them.
func (w *wait) full() bool { return w.lost[0].records+w.lost[1].records > 0 }

// sealed takes the next encrypted record, or a hole.
func (c *Conn) sealed(r *record) {
	k := c.keys
	if k == nil {
		return
	}
	if k.wait.first == nil && !k.wait.full() {
		if c.ready(r.dir) || r.hole > 0 && k.dir[r.dir].open != nil {
			c.unseal(r)
			return
		}
	}
	if c.t.keys.Log == nil {
		c.unseal(r)
		return
	}
	c.hold(r)
	if c.facts.Version == 0 {
		c.lateTry()
	} else if f := k.wait.first; f != nil && k.dir[f.dir].stage == earlyStage {
		c.drain() // what the server says of 0-RTT may have come
	}
}

// hold keeps a record until keys come, or notes that it cannot.
func (c *Conn) hold(r *record) {
	t, w := c.t, &c.keys.wait
	size := itemSize + len(r.body)
	if w.full() || w.bytes+size > maxWaiting {
		c.forget(r)
		return
	}
	for t.waiting+size > maxWaitingAll && t.oldest != nil && t.oldest != w {
		t.counters.EvictedConns++
		t.oldest.conn.evict()
	}
	if t.waiting+size > maxWaitingAll {
		c.forget(r)
		return
	}
	item := &waiting{record: *r}
	item.body = append([]byte(nil), r.body...)
	if w.last == nil {
		w.first = item
	} else {
		w.last.next = item
	}
	w.last = item
	w.bytes += size
	t.waiting += size
	if !w.queued {
		w.conn, w.queued = c, true
		w.prev, t.newest = t.newest, w
		if w.prev == nil {
			t.oldest = w
		} else {
			w.prev.next = w
		}
	}
}

// forget counts a record that cannot wait.
func (c *Conn) forget(r *record) {
	c.keys.closed[r.dir] = true
	l := &c.keys.wait.lost[r.dir]
	l.records++
	l.bytes += uint64(r.head.Length) + r.hole
	c.t.counters.DroppedRecords++
	c.t.counters.DroppedBytes += uint64(r.head.Length)
}

// evict forgets all records that wait, for other connections'.
func (c *Conn) evict() {
	w := &c.keys.wait
	for r := w.first; r != nil; r = r.next {
		c.forget(&r.record)
	}
	w.unlink(c.t)
}

// unlink empties w.
func (w *wait) unlink(t *Tracker) {
	if !w.queued {
		return
	}
	if w.prev == nil {
		t.oldest = w.next
	} else {
		w.prev.next = w.next
	}
	if w.next == nil {
		t.newest = w.prev
	} else {
		w.next.prev = w.prev
	}
	t.waiting -= w.bytes
	w.first, w.last, w.bytes, w.queued, w.prev, w.next = nil, nil, 0, false, nil, nil
}

// drop gives up what waits.
func (c *Conn) drop() {
	if c.keys != nil {
		c.keys.wait.unlink(c.t)
	}
}

// Retry opens what waited for keys, where there are any now. It costs next to nothing
// where no key came since.
func (c *Conn) Retry() []Event {
	c.begin()
	c.look()
	return c.t.events
}

// look opens what waits where new secrets may be there.
func (c *Conn) look() {
	k := c.keys
	if k == nil || k.wait.first == nil && !k.wait.full() {
		return
	}
	if g := c.t.generation() + 1; k.seen != g {
		k.seen = g
		c.drain()
	}
}

// drain opens what waits as far as there are keys.
func (c *Conn) drain() {
	k := c.keys
	if k == nil {
		return
	}
	if c.facts.Version == 0 && c.lateTry() {
		return
	}
	w := &k.wait
	for w.first != nil && c.ready(w.first.dir) {
		r := w.first
		size := itemSize + len(r.body)
		w.bytes -= size
		c.t.waiting -= size
		if w.first = r.next; w.first == nil {
			w.last = nil
			w.unlink(c.t)
		}
		c.unseal(&r.record)
	}
	if w.first != nil {
		return
	}
	for d := range uint8(2) {
		l := &w.lost[d]
		if l.records == 0 || !c.ready(d) {
			continue
		}
		k.tooLate = k.tooLate || !c.over
		c.skipped(d, l.records, l.bytes)
		l.records, l.bytes = 0, 0
	}
}
