package tcp

import "wstap/capture/packet"

// heldSegment is a copy of a segment that came before its turn.
type heldSegment struct {
	seq    uint32
	length uint32 // on the wire
	ack    uint32
	time   int64
	ref    packet.Ref
	data   []byte // from the pool
}

// hold keeps the out-of-order segments of one direction, sorted by sequence
// number.
type hold struct {
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

func (t *Table) takeHold(h *half, now int64) *hold {
	if h.held < 0 {
		if n := len(t.freeHold); n > 0 {
			h.held = t.freeHold[n-1]
			t.freeHold = t.freeHold[:n-1]
		} else {
			t.holds = append(t.holds, hold{})
			h.held = int32(len(t.holds) - 1)
		}
		t.holds[h.held].since = now
		t.holds[h.held].packets = 0
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
		t.used -= len(q.segments[i].data)
		t.pool.later(q.segments[i].data)
		q.segments[i] = heldSegment{}
	}
	q.segments, q.bytes = q.segments[:0], 0
	t.freeHold = append(t.freeHold, h.held)
	h.held = -1
}

// insert puts a copy of a segment in its place. It reports false when the same
// bytes are held already.
func (q *hold) insert(s heldSegment, p *pool, data []byte) bool {
	i := len(q.segments)
	for i > 0 && int32(q.segments[i-1].seq-s.seq) > 0 {
		i--
	}
	if i > 0 {
		if before := &q.segments[i-1]; int32(before.seq+before.length-(s.seq+s.length)) >= 0 {
			return false
		}
	}
	s.data = p.copyOf(data)
	q.segments = append(q.segments, heldSegment{})
	copy(q.segments[i+1:], q.segments[i:])
	q.segments[i] = s
	q.bytes += len(s.data)
	return true
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
