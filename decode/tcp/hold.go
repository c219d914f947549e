package tcp

import (
	"unsafe"

	"wstap/capture/packet"
	"wstap/decode/link"
)

// heldSegment is a copy of a segment that came before its turn.
type heldSegment struct {
	seq    uint32
	length uint32 // on the wire
	ack    uint32
	time   int64
	ref    packet.Ref
	data   []byte // from the pool
}

// heldCost is what a held segment takes beside its buffer.
const heldCost = int(unsafe.Sizeof(heldSegment{}))

// cost is what a held segment takes of Limits.HeldBytes: as much memory as it
// uses, so that a flood of tiny segments is bounded too.
func (s *heldSegment) cost() int { return cap(s.data) + heldCost }

// hold keeps the out-of-order segments of one direction, sorted by sequence
// number.
type hold struct {
	conn     ConnID
	dir      link.Dir
	active   bool
	segments []heldSegment
	bytes    int
	since    int64  // when the hole in front of the first segment appeared
	packets  uint32 // of the connection since then
}

// pool recycles the buffers of held segments by size class, so that a lossy
// capture makes no garbage.
type pool struct {
	free  [4][][]byte
	taken [][]byte // handed out in events, free again at the next call
}

// The classes: an ACK-sized frame, an Ethernet frame, a jumbo frame, and the
// largest segment that offloading makes.
var poolSizes = [4]int{256, 2 << 10, 16 << 10, 64 << 10}

func (p *pool) copyOf(b []byte) []byte {
	if len(b) == 0 { // nothing but headers was captured
		return nil
	}
	for i, size := range poolSizes {
		if len(b) > size {
			continue
		}
		if n := len(p.free[i]); n > 0 {
			buf := p.free[i][n-1]
			p.free[i] = p.free[i][:n-1]
			return append(buf, b...)
		}
		return append(make([]byte, 0, size), b...)
	}
	return append([]byte(nil), b...) // beyond 64 kB: not on any wire, left to the collector
}

func (p *pool) put(b []byte) {
	for i, size := range poolSizes {
		if cap(b) == size {
			p.free[i] = append(p.free[i], b[:0])
			return
		}
	}
}

// later gives back b once the events that show it have been used.
func (p *pool) later(b []byte) { p.taken = append(p.taken, b) }

func (p *pool) settle() {
	for i, b := range p.taken {
		p.put(b)
		p.taken[i] = nil
	}
	p.taken = p.taken[:0]
}

func (t *Table) takeHold(id ConnID, d link.Dir, now int64) *hold {
	h := &t.Conn(id).half[d]
	if h.held < 0 {
		if n := len(t.freeHold); n > 0 {
			h.held = t.freeHold[n-1]
			t.freeHold = t.freeHold[:n-1]
		} else {
			t.holds = append(t.holds, hold{})
			h.held = int32(len(t.holds) - 1)
		}
		q := &t.holds[h.held]
		q.conn, q.dir, q.active, q.since, q.packets = id, d, true, now, 0
	}
	return &t.holds[h.held]
}

// releaseHold gives back what direction h holds.
func (t *Table) releaseHold(h *half) {
	if h.held < 0 {
		return
	}
	q := &t.holds[h.held]
	for i := range q.segments {
		t.used -= q.segments[i].cost()
		t.pool.later(q.segments[i].data)
		q.segments[i] = heldSegment{}
	}
	q.segments, q.bytes, q.active = q.segments[:0], 0, false
	if cap(q.segments) > keptSegments {
		q.segments = nil
	}
	t.freeHold = append(t.freeHold, h.held)
	h.held = -1
}

// keptSegments is the longest list that is kept for its next use: an attacker
// could grow every one of them to heldSegments.
const keptSegments = 64

// insert puts a copy of a segment in its place and returns what that costs. It
// returns 0 when the same bytes are held already.
func (q *hold) insert(s heldSegment, p *pool, data []byte) int {
	i := len(q.segments)
	for i > 0 && int32(q.segments[i-1].seq-s.seq) > 0 {
		i--
	}
	if i > 0 {
		if before := &q.segments[i-1]; int32(before.seq+before.length-(s.seq+s.length)) >= 0 {
			return 0
		}
	}
	s.data = p.copyOf(data)
	q.segments = append(q.segments, heldSegment{})
	copy(q.segments[i+1:], q.segments[i:])
	q.segments[i] = s
	q.bytes += len(s.data)
	return s.cost()
}

// pop takes the first segment.
func (q *hold) pop() heldSegment {
	s := q.segments[0]
	n := copy(q.segments, q.segments[1:])
	q.segments[n] = heldSegment{}
	q.segments = q.segments[:n]
	q.bytes -= len(s.data)
	return s
}
