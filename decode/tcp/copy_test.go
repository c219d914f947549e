package tcp

import (
	"slices"
	"testing"
)

// counted checks what a connection's client is said to have sent again.
func counted(retransmissions, duplicates uint32) func(t *testing.T, c *Conn, r *run) {
	return func(t *testing.T, c *Conn, r *run) {
		equal(t, "retransmissions", c.Retransmissions(r.side('c')), retransmissions)
		equal(t, "duplicates", c.Duplicates(), duplicates)
	}
}

func TestCopies(t *testing.T) {
	burst := []step{c(1, 1, "00").ipID(10), c(3, 1, "11").ipID(11), c(5, 1, "22").ipID(12), c(7, 1, "33").ipID(13)}
	const all = "c 00, c 11, c 22, c 33, finish, end capture-end"
	print := func(steps []step, from uint32) (out []step) {
		for i, st := range steps {
			out = append(out, st.weak(from+uint32(i)))
		}
		return out
	}
	later := func(steps []step, ms int) []step {
		steps = slices.Clone(steps)
		steps[0].wait = ms
		return steps
	}
	runAll(t, []scenario{
		{name: "a burst, and then all of it again", steps: opened(slices.Concat(burst, burst)...), want: all, check: counted(0, 4)},
		{name: "by identification, from another queue", steps: opened(slices.Concat(burst, later(burst, 60))...), want: all, check: counted(0, 4)},
		{name: "an identification that is always the same", steps: opened(slices.Concat(burst, later(burst, 200))...), want: all, check: counted(4, 0)},
		{name: "retransmissions have new ones", steps: opened(append(slices.Clone(burst), c(1, 1, "00").ipID(14), c(3, 1, "11").ipID(15))...), want: all, check: counted(2, 0)},
		{name: "the identification of another place in the stream is chance", steps: opened(append(slices.Clone(burst), c(1, 1, "00").ipID(13))...), want: all, check: counted(1, 0)},
		{name: "by fingerprint, at once", steps: opened(c(1, 1, "00").weak(5), c(1, 1, "00").weak(5)), want: "c 00, finish, end capture-end", check: counted(0, 1)},
		{name: "a fingerprint that differs", steps: opened(c(1, 1, "00").weak(5), c(1, 1, "00").weak(6)), want: "c 00, finish, end capture-end", check: counted(1, 0)},
		{name: "by fingerprint, when a retransmission could have come", steps: opened(slices.Concat(print(burst, 5), later(print(burst, 5), 200))...), want: all, check: counted(4, 0)},
		{name: "nothing is known of it", steps: opened(c(1, 1, "00"), c(1, 1, "00")), want: "c 00, finish, end capture-end", check: counted(1, 0)},
		{name: "behind a hole", steps: opened(c(1, 1, "00").ipID(10), c(5, 1, "22").ipID(12), c(5, 1, "22").ipID(12), c(3, 1, "11").ipID(11), c(3, 1, "11").ipID(11)),
			want: "c 00, c 11, c 22, finish, end capture-end", check: counted(0, 2)},
	})
}

// In and out of a tunnel data may be cut differently, so that nothing but the tunnel
// tells copies.
func TestCopiesCutDifferently(t *testing.T) {
	whole := c(1, 1, "001122").ipID(10).in(1)
	parts := []step{c(1, 1, "00").ipID(10), c(3, 1, "11").ipID(11), c(5, 1, "22").ipID(12)}
	in := func(tunnel uint16, steps ...step) (out []step) {
		for _, st := range steps {
			out = append(out, st.in(tunnel))
		}
		return out
	}
	const want = "c 001122, finish, end capture-end"
	runAll(t, []scenario{
		{name: "whole, then in parts", steps: opened(append([]step{whole}, parts...)...), want: want, check: counted(0, 3)},
		{name: "in parts, then whole", steps: opened(append(slices.Clone(parts), whole)...), want: "c 00, c 11, c 22, finish, end capture-end", check: counted(0, 1)},
		{name: "a part is sent again, which is seen twice", steps: opened(whole, parts[0], parts[1], parts[2], c(3, 1, "11").ipID(20).in(1).after(300), c(3, 1, "11").ipID(20)),
			want: want, check: counted(1, 4)},
		{name: "all of it in one tunnel", steps: opened(append([]step{whole}, in(1, parts...)...)...), want: want, check: counted(2, 1)},
		{name: "behind a hole", steps: opened(c(3, 1, "1122").ipID(11).in(1), parts[1], parts[0].in(1), parts[2]),
			want: "c 00, c 1122, finish, end capture-end", check: counted(0, 2)},
		{name: "what only the other place has fills a hole, however late", steps: opened(c(3, 1, "11").ipID(11).in(1), c(1, 1, "00").ipID(10).after(20)),
			want: "c 00, c 11, finish, end capture-end", check: counted(0, 0)},
	})
}

func TestCopiesOfZeroWindows(t *testing.T) {
	zero := s(1, 4, "").win(0)
	windows := func(n uint32) func(t *testing.T, c *Conn, r *run) {
		return func(t *testing.T, c *Conn, _ *run) { equal(t, "zero windows", c.ZeroWindows(), n) }
	}
	const want = "c GET, finish, end capture-end"
	runAll(t, []scenario{
		{name: "captured twice", steps: opened(c(1, 1, "GET"), zero.ipID(7), zero.ipID(7)), want: want, check: windows(1)},
		{name: "said again", steps: opened(c(1, 1, "GET"), zero.ipID(7), zero.ipID(8)), want: want, check: windows(2)},
		{name: "a fingerprint, twice", steps: opened(c(1, 1, "GET"), zero.weak(7), zero.weak(7)), want: want, check: windows(1)},
		{name: "a fingerprint, said again", steps: opened(c(1, 1, "GET"), zero.weak(7), zero.weak(7).after(300)), want: want, check: windows(2)},
	})
}

// A SYN that is captured twice is one try, whatever becomes of it.
func TestCopiesOfSYN(t *testing.T) {
	rst := step{from: 's', flags: 1<<2 | 1<<4, ack: 1}
	syns := func(n int) func(t *testing.T, c *Conn, r *run) {
		return func(t *testing.T, c *Conn, r *run) {
			if c != nil {
				equal(t, "SYNs", c.SYNs(), n)
			} else {
				equal(t, "SYNs", r.fails[0].SYNs, n)
			}
		}
	}
	runAll(t, []scenario{
		{name: "refused, both packets twice", steps: []step{syn.weak(1), syn.weak(1), rst, rst}, want: "finish, refused 1", check: syns(1)},
		{name: "refused, all of it twice", steps: []step{syn.ipID(9), rst, syn.ipID(9).after(100), rst}, want: "finish, refused 1", check: syns(1)},
		{name: "refused and tried again", steps: []step{syn.ipID(9), rst, syn.ipID(10).after(500), rst}, want: "finish, refused 2", check: syns(2)},
		{name: "twice, from another queue", steps: []step{syn.weak(9), rst, syn.weak(9).after(50), rst}, want: "finish, refused 1", check: syns(1)},
		{name: "tried again without an identification", steps: []step{syn.weak(9), syn.weak(9).after(1000)}, want: "finish, unanswered 2", check: syns(2)},
		{name: "both tries twice", steps: []step{syn.ipID(9), syn.ipID(9), syn.ipID(10).after(1000), syn.ipID(10)}, want: "finish, unanswered 2", check: syns(2)},
		{name: "the second time after the request", steps: []step{syn.ipID(9), synAck, ack, c(1, 1, "GET"), syn.ipID(9).after(100), synAck},
			want: "c GET, finish, end capture-end", check: syns(1)},
		{name: "a retry after the request", steps: []step{syn.ipID(9), synAck, ack, c(1, 1, "GET"), syn.ipID(10).after(100), synAck},
			want: "c GET, finish, end capture-end", check: syns(2)},
	})
}

// A RST or FIN that is captured twice ends what it ended once.
func TestCopiesOfTheEnd(t *testing.T) {
	runAll(t, []scenario{
		{name: "RST", steps: opened(c(1, 1, "GET"), s(1, 4, "").rst().ipID(5), s(1, 4, "").rst().ipID(5), pass(1500)),
			want: "c GET, end closed, finish", check: func(t *testing.T, c *Conn, r *run) {
				_, end := c.Ended()
				equal(t, "end", end.Number(), 5)
			}},
		{name: "FIN both ways", steps: opened(c(1, 1, "GET").fin(), c(1, 1, "GET").fin(), s(1, 5, "").fin(), s(1, 5, "").fin(), pass(1500)),
			want: "c GET, end closed, finish", check: func(t *testing.T, c *Conn, r *run) {
				_, end := c.Ended()
				equal(t, "end", end.Number(), 4)
			}},
	})
}
