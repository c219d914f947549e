package tcp

import "testing"

// amounts are what a connection's counters must say: of the client, of the server.
type amounts struct {
	bytes    [2]uint64
	segments [2]uint32
	unacked  [2]int // -1: not known
	endedBy  byte   // 'c', 's', or 0 for nobody
}

func (want amounts) check(t *testing.T, c *Conn, r *run) {
	t.Helper()
	got := amounts{}
	for side := range 2 {
		d := r.world.client
		if side == 1 {
			d = d.Other()
		}
		got.bytes[side], _ = c.Bytes(d)
		got.segments[side] = c.Segments(d)
		got.unacked[side] = -1
		if n, ok := c.Unacked(d); ok {
			got.unacked[side] = int(n)
		}
	}
	if d, ok := c.EndedBy(); ok {
		got.endedBy = 's'
		if d == r.world.client {
			got.endedBy = 'c'
		}
	}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestAmounts(t *testing.T) {
	var list []scenario
	add := func(name, events string, want amounts, steps ...step) {
		list = append(list, scenario{name: name, steps: steps, want: events, check: want.check})
	}
	add("all is acknowledged", "c hello, s hi, end closed, finish",
		amounts{bytes: [2]uint64{5, 2}, segments: [2]uint32{1, 1}, endedBy: 's'},
		opened(c(1, 1, "hello"), s(1, 6, "hi"), s(3, 6, "").fin(), c(6, 4, "").fin(), s(4, 7, ""), pass(1500))...)
	add("the server falls silent", "c hello, finish, end capture-end",
		amounts{bytes: [2]uint64{5, 0}, segments: [2]uint32{3, 0}, unacked: [2]int{5, 0}},
		opened(c(1, 1, "hello"), c(1, 1, "hello").after(300), c(1, 1, "hello").after(600))...)
	add("a part is acknowledged, then a RST", "c hello, c world, end closed, finish",
		amounts{bytes: [2]uint64{10, 0}, segments: [2]uint32{2, 0}, unacked: [2]int{5, 0}, endedBy: 'c'},
		opened(c(1, 1, "hello"), s(1, 6, ""), c(6, 1, "world"), c(11, 1, "").rst(), pass(1500))...)
	add("the end before its last data was captured", "c hello, s hi, end closed, finish",
		amounts{bytes: [2]uint64{5, 2}, segments: [2]uint32{1, 1}, endedBy: 's'},
		opened(c(1, 1, "hello"), s(3, 6, "").fin(), s(1, 6, "hi"), c(6, 4, "").fin(), pass(1500))...)
	add("copies and keep-alives are no segments", "c hello, finish, end capture-end",
		amounts{bytes: [2]uint64{5, 0}, segments: [2]uint32{1, 0}},
		opened(c(1, 1, "hello").ipID(7), c(1, 1, "hello").ipID(7), s(1, 6, ""), c(5, 1, "o").after(5000))...)
	add("one repeats and goes on", "c hello, c wide, finish, end capture-end",
		amounts{bytes: [2]uint64{9, 0}, segments: [2]uint32{2, 0}, unacked: [2]int{9, 0}},
		opened(c(1, 1, "hello"), c(1, 1, "hellowide").after(300))...)
	add("out of order, and snaplen", "c hello, c wo, c truncated 3, finish, end capture-end",
		amounts{bytes: [2]uint64{10, 0}, segments: [2]uint32{2, 0}},
		opened(c(6, 1, "wo").cut(3), c(1, 1, "hello"), s(1, 11, ""))...)
	add("bytes are missing", "c hello, c gap 5, c again, finish, end capture-end",
		amounts{bytes: [2]uint64{10, 0}, segments: [2]uint32{2, 0}, unacked: [2]int{-1, -1}},
		opened(c(1, 1, "hello"), c(11, 1, "again"), s(1, 16, ""), pass(2500))...)
	add("its start is missing", "c hello, s hi, finish, end capture-end",
		amounts{bytes: [2]uint64{5, 2}, segments: [2]uint32{1, 1}, unacked: [2]int{0, 2}}, // the first packet acknowledges what was before
		c(1, 1, "hello"), s(1, 6, "hi"))
	add("one direction", "c hello, finish, end capture-end",
		amounts{bytes: [2]uint64{5, 0}, segments: [2]uint32{1, 0}, unacked: [2]int{-1, -1}},
		syn, c(1, 1, "hello"))
	runAll(t, list)
}

// Sequence numbers say less than that: they begin again after 4 GB.
func TestBytesBeyondSequenceNumbers(t *testing.T) {
	const segments = 3 << 12
	r := newRun(worlds[1], DefaultLimits())
	r.do(opened()...)
	seg := r.segment(c(1, 1, ""))
	seg.Length, seg.Payload = maxLength, make([]byte, maxLength)
	for range segments {
		seg.Time++
		r.table.Push(&seg)
		seg.Seq += maxLength
	}
	conn := r.table.Conn(0)
	if n, ok := conn.Bytes(r.world.client); n != segments<<20 || !ok {
		t.Errorf("%d bytes, %v; want %d", n, ok, segments<<20)
	}
	if n := conn.Segments(r.world.client); n != segments {
		t.Errorf("%d segments, want %d", n, segments)
	}
	if n, ok := conn.Next(r.world.client); n != seg.Seq || !ok {
		t.Errorf("next is %d, %v; want %d", n, ok, seg.Seq)
	}
}
