package tcp

import "testing"

// stuck checks what does not arrive on the connection.
func stuck(length uint32, times uint16, acks uint8) func(*testing.T, *Conn, *run) {
	return func(t *testing.T, _ *Conn, r *run) {
		t.Helper()
		s := r.table.StuckOf(0)
		if s == nil {
			t.Fatal("nothing is stuck")
		}
		equal(t, "sender", s.Dir, r.side('c'))
		equal(t, "length", s.Length, length)
		equal(t, "times", s.Times, times)
		equal(t, "acks", s.Acks, acks)
	}
}

func nothingStuck(t *testing.T, _ *Conn, r *run) {
	t.Helper()
	if s := r.table.StuckOf(0); s != nil {
		t.Errorf("%+v is stuck", s)
	}
}

func TestStuck(t *testing.T) {
	const large, small = "GET with a large cookie", "and its end"
	n := len(large)
	first := c(1, 1, large).ipID(1)
	again := func(id uint16) step { return c(1, 1, large).ipID(id).after(300) }
	stands := s(1, 1, "").ipID(77)
	runAll(t, []scenario{
		{
			name:  "the first segment does not arrive, the second does",
			steps: opened(first, c(1+n, 1, small), stands, again(2), again(3), again(4)),
			want:  "c " + large + ", c " + small + ", finish, end capture-end",
			check: stuck(uint32(n), 3, 1),
		},
		{
			name:  "nothing arrives, and the SYN-ACK comes again",
			steps: opened(first, c(1+n, 1, small), again(2), synAck.after(300), again(3)),
			want:  "c " + large + ", c " + small + ", finish, end capture-end",
			check: stuck(uint32(n), 2, 0),
		},
		{
			name:  "nothing arrives, and the server ends the connection",
			steps: opened(first, again(2), again(3), s(1, 1, "").fin(), s(1, 1, "").fin().after(300)),
			want:  "c " + large + ", finish, end capture-end",
			check: stuck(uint32(n), 2, 0),
		},
		{
			name:  "FIN arrives, and what was before it does not",
			steps: opened(first, again(2), c(1+n, 1, "").fin(), stands),
			want:  "c " + large + ", finish, end capture-end",
			check: stuck(uint32(n), 1, 1),
		},
		{
			name:  "captured twice",
			steps: opened(first, first.atOnce(), c(1+n, 1, small), stands, stands.atOnce(), again(2), again(2).atOnce()),
			want:  "c " + large + ", c " + small + ", finish, end capture-end",
			check: stuck(uint32(n), 1, 1),
		},
		{
			name:  "it arrives in the end",
			steps: opened(first, again(2), again(3), s(1, 1+n, "")),
			want:  "c " + large + ", finish, end capture-end",
			check: nothingStuck,
		},
		{
			name:  "half of it arrives",
			steps: opened(first, again(2), s(1, 4, "")),
			want:  "c " + large + ", finish, end capture-end",
			check: nothingStuck,
		},
		{
			name:  "a later segment does not arrive",
			steps: opened(first, s(1, 1+n, ""), c(1+n, 1, small), c(1+n, 1, small).after(300)),
			want:  "c " + large + ", c " + small + ", finish, end capture-end",
			check: nothingStuck,
		},
		{
			name:  "the beginning was not captured",
			steps: []step{first, again(2), again(3)},
			want:  "c " + large + ", finish, end capture-end",
			check: nothingStuck,
		},
		{
			name:  "another connection on the same ports",
			steps: append(opened(first, again(2), c(1+n, 1, "").rst(), pass(1200)), syn.other(1<<26), synAck.other(1<<26), c(1, 1, "GET").other(1<<26)),
			want:  "c " + large + ", end closed, c GET, finish, end capture-end",
			check: nothingStuck,
		},
	})
}

// What is remembered takes a fixed amount of memory.
func TestStuckFlood(t *testing.T) {
	r := newRun(worlds[0], DefaultLimits())
	for i := range uint32(maxStuck + 100) {
		r.to(i + 1)
		r.do(opened(c(1, 1, "GET"), c(1, 1, "GET").after(300))...)
	}
	equal(t, "noted", len(r.table.stuck), maxStuck)
	equal(t, "dropped", r.table.Counters().StuckDropped, 100)
}

// hops checks the first RST and the other packets of the server.
func hops(rst, least, greatest uint8, later int) func(*testing.T, *Conn, *run) {
	return func(t *testing.T, c *Conn, r *run) {
		t.Helper()
		got, ok := c.RSTTTL()
		equal(t, "RST", ok, rst != 0)
		equal(t, "TTL of the RST", got, rst)
		low, high := c.TTL(r.side('s'))
		equal(t, "least", low, least)
		equal(t, "greatest", high, greatest)
		equal(t, "data after the RST", c.DataAfterRST(), later)
	}
}

func TestHops(t *testing.T) {
	begin := []step{syn.hops(64), synAck.hops(120), ack.hops(64), c(1, 1, "GET").hops(64)}
	rst, reply := s(1, 4, "").bareRST(), s(1, 4, "101")
	with := func(steps ...step) []step { return append(begin[:4:4], steps...) }
	runAll(t, []scenario{
		{
			name: "none", steps: with(reply.hops(119)), want: "c GET, s 101, finish, end capture-end", check: hops(0, 119, 120, 0),
		},
		{
			name: "only the SYN-ACK was before it", steps: with(rst.hops(50), pass(1200)),
			want: "c GET, end closed, finish", check: hops(50, 120, 120, 0),
		},
		{
			name: "data before it", steps: with(reply.hops(118), s(4, 4, "").bareRST().hops(120), pass(1200)),
			want: "c GET, s 101, end closed, finish", check: hops(120, 118, 120, 0),
		},
		{
			name: "data after it", steps: with(rst.hops(50), reply.hops(121), s(4, 4, "more").hops(50), rst.hops(33), pass(1200)),
			want: "c GET, s 101, s more, end closed, finish", check: hops(50, 50, 121, 2),
		},
		{
			name: "data that was sent before it", steps: with(s(9, 4, "").bareRST().hops(50), reply.hops(120), pass(1200)),
			want: "c GET, s 101, s gap 5, end closed, finish", check: hops(50, 120, 120, 0),
		},
		{
			name: "the client's is the first", steps: with(c(4, 1, "").bareRST().hops(11), rst.hops(50), pass(1200)),
			want: "c GET, end closed, finish", check: hops(11, 120, 120, 0),
		},
	})
}

// The TTL of the RST that refuses a connect is told.
func TestHopsOfRefusal(t *testing.T) {
	for _, w := range worlds {
		r := newRun(w, DefaultLimits())
		r.do(syn.hops(64), refusal.hops(61))
		r.finish()
		equal(t, "TTL", r.fails[0].TTL, 61)
	}
}
