package tcp

import "wstap/decode/link"

// chunkSize is how many connections are allocated at once: chunks never move, so
// growth copies nothing.
const chunkSize = 1 << 10

// slot is one entry of the open-addressing index: part of the hash, and the
// connection's ID plus one. 0 is an empty slot.
type slot struct {
	tag uint32
	id  uint32
}

// Table follows connections. It is one shard: it shares nothing with other
// Tables, and all segments of a connection must go to the same one.
type Table struct {
	limits Limits
	sniff  Sniffer

	slots  []slot
	mask   uint32
	chunks []*[chunkSize]Conn // without pointers: the garbage collector skips them
	free   []ConnID
	gone   []ConnID // removed by this call: their memory may still be read
	size   uint32   // IDs handed out so far
	live   int      // connections in slots

	openings openings
	holds    []hold
	freeHold []int32
	pool     pool
	used     int // held bytes of all connections

	stuck  map[ConnID]Stuck          // segments that do not arrive; nil before the first
	errors map[ConnID]link.ICMPError // about followed connections; nil before the first

	recent    recent
	ring      ring
	hand      uint32 // next connection to look at for idleness or eviction
	pushes    uint32
	now       int64
	nextSweep int64
	due       int64 // when elapse has something to do
	overdue   []*opening
	events    []Event
	postponed []Event  // to be returned by the next call
	one       [1]Event // what most segments bring: the next bytes
	counters  Counters
}

// NewTable returns an empty Table.
func NewTable(l Limits, s Sniffer) *Table {
	const first = 1 << 10
	t := &Table{limits: l, sniff: s, slots: make([]slot, first), mask: first - 1}
	t.openings.init()
	t.one[0].Kind = Data
	return t
}

// Counters returns what was counted so far.
func (t *Table) Counters() Counters { return t.counters }

// Conn returns the connection id, valid until the event after its End.
func (t *Table) Conn(id ConnID) *Conn { return &t.chunks[id/chunkSize][id%chunkSize] }

// Touch loads the memory that Push will need for s, and tells which connection
// that probably is. Called for a batch of segments before they are pushed, it
// lets the loads overlap; load only keeps the compiler from dropping them.
func (t *Table) Touch(s *link.Segment) (id ConnID, load int64, ok bool) {
	e := t.slots[uint32(s.Hash)&t.mask]
	if e.id == 0 {
		set, _ := openTag(s.Hash)
		return 0, int64(t.openings.sets[set].tags[0]) + int64(t.openings.rows[set*openWays].client), false
	}
	id = ConnID(e.id - 1)
	c := t.Conn(id)
	return id, c.lastTime + int64(c.half[s.Dir].next), true
}

func (t *Table) lookup(s *link.Segment) (*Conn, ConnID) {
	tag := uint32(s.Hash >> 32)
	for i := uint32(s.Hash) & t.mask; ; i = (i + 1) & t.mask {
		e := t.slots[i]
		if e.id == 0 {
			return nil, 0
		}
		if e.tag == tag {
			c := t.Conn(ConnID(e.id - 1))
			if c.flow.Equal(&s.Flow) {
				return c, ConnID(e.id - 1)
			}
		}
	}
}

// insert makes a connection for s. The caller fills it.
func (t *Table) insert(s *link.Segment) (*Conn, ConnID) {
	if t.live >= t.limits.Conns {
		t.evict()
	}
	if t.live*2 >= len(t.slots) {
		t.grow()
	}
	var id ConnID
	if n := len(t.free); n > 0 {
		id = t.free[n-1]
		t.free = t.free[:n-1]
	} else {
		if t.size%chunkSize == 0 {
			t.chunks = append(t.chunks, new([chunkSize]Conn))
		}
		id = ConnID(t.size)
		t.size++
	}
	c := t.Conn(id)
	*c = Conn{flow: s.Flow, hash: s.Hash, carrier: s.Carrier, state: connOpen, firstFIN: -1, firstRST: -1}
	c.half[0].held, c.half[1].held = -1, -1
	t.place(s.Hash, id)
	t.live++
	t.counters.Conns++
	return c, id
}

func (t *Table) place(hash uint64, id ConnID) {
	i := uint32(hash) & t.mask
	for t.slots[i].id != 0 {
		i = (i + 1) & t.mask
	}
	t.slots[i] = slot{tag: uint32(hash >> 32), id: uint32(id) + 1}
}

func (t *Table) grow() {
	old := t.slots
	t.slots = make([]slot, 2*len(old))
	t.mask = uint32(len(t.slots) - 1)
	for _, e := range old {
		if e.id != 0 {
			t.place(t.Conn(ConnID(e.id-1)).hash, ConnID(e.id-1))
		}
	}
}

// remove forgets a connection whose End was given.
func (t *Table) remove(id ConnID) {
	c := t.Conn(id)
	i := uint32(c.hash) & t.mask
	for t.slots[i].id != uint32(id)+1 {
		i = (i + 1) & t.mask
	}
	// Backward shift: entries that were pushed past the hole move into it, so
	// that no tombstones are needed.
	for j := (i + 1) & t.mask; t.slots[j].id != 0; j = (j + 1) & t.mask {
		home := uint32(t.Conn(ConnID(t.slots[j].id-1)).hash) & t.mask
		if (j-home)&t.mask >= (j-i)&t.mask {
			t.slots[i] = t.slots[j]
			i = j
		}
	}
	t.slots[i] = slot{}
	c.state = connFree
	t.gone = append(t.gone, id)
	t.live--
}

// evictProbes is how many connections are compared to find an old one.
const evictProbes = 64

// evict gives up the longest silent of the next few connections.
func (t *Table) evict() {
	oldest, found := ConnID(0), false
	for range evictProbes {
		id := ConnID(t.hand % t.size)
		t.hand++
		c := t.Conn(id)
		if c.state == connFree {
			continue
		}
		if !found || c.lastTime < t.Conn(oldest).lastTime {
			oldest, found = id, true
		}
	}
	if !found {
		return
	}
	t.counters.Evicted++
	t.discard(oldest, EndEvicted)
}

// discard ends a connection and forgets it at once.
func (t *Table) discard(id ConnID, why EndReason) {
	c := t.Conn(id)
	if c.state != connEnded {
		t.end(c, id, why)
	}
	t.forget(c, id)
}

// forget takes a connection out of the table.
func (t *Table) forget(c *Conn, id ConnID) {
	if c.state == connEnding || c.state == connEnded {
		t.ring.forget(id)
	}
	t.remove(id)
}

// Drop stops following a connection: no more events come for it, not even End.
// It may be called for the connection of an event just returned, whose remaining
// events must then be ignored.
func (t *Table) Drop(id ConnID) {
	c := t.Conn(id)
	if c.state == connFree {
		return
	}
	t.releaseHold(&c.half[0])
	t.releaseHold(&c.half[1])
	n := len(t.events)
	t.ignore(c)
	t.postponed = append(t.postponed, t.events[n:]...)
	t.events = t.events[:n]
	t.forget(c, id)
}
