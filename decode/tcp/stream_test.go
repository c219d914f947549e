package tcp

import (
	"testing"

	"wstap/decode/link"
)

// counts checks what was counted of the client's direction.
func counts(retransmissions, duplicates, outOfOrder uint32) func(*testing.T, *Conn, *run) {
	return func(t *testing.T, c *Conn, r *run) {
		t.Helper()
		equal(t, "retransmissions", c.Retransmissions(r.side('c')), retransmissions)
		equal(t, "duplicates", c.Duplicates(), duplicates)
		equal(t, "out of order", c.OutOfOrder(), outOfOrder)
	}
}

func TestStream(t *testing.T) {
	runAll(t, []scenario{
		{
			name:  "in order, both ways",
			steps: opened(c(1, 1, "GET"), s(1, 4, "OK"), c(4, 3, "frame")),
			want:  "c GET, s OK, c frame, finish, end capture-end",
			check: func(t *testing.T, c *Conn, r *run) {
				counts(0, 0, 0)(t, c, r)
				equal(t, "packets of the client", c.Packets(r.side('c')), 4)
				equal(t, "packets of the server", c.Packets(r.side('s')), 2)
				equal(t, "SYNs", c.SYNs(), 1)
				equal(t, "midstream", c.Midstream(), false)
				first, ref := c.First()
				synTime, synRef := c.SYN()
				equal(t, "first", first, synTime)
				equal(t, "first packet", ref, synRef)
				equal(t, "first packet's number", ref.Number(), 1)
				equal(t, "SYN-ACK", c.SYNAckTime()-synTime, 1e6)
			},
		},
		{
			name:  "two segments swapped",
			steps: opened(c(1, 1, "a"), c(4, 1, "def"), c(2, 1, "bc")),
			want:  "c a, c bc, c def, finish, end capture-end",
			check: counts(0, 0, 1),
		},
		{
			name:  "three segments in reverse",
			steps: opened(c(5, 1, "ef"), c(3, 1, "cd"), c(1, 1, "ab")),
			want:  "c ab, c cd, c ef, finish, end capture-end",
			check: counts(0, 0, 1),
		},
		{
			name:  "a lost segment is sent again",
			steps: opened(c(1, 1, "a"), c(3, 1, "cd"), c(2, 1, "b").after(250)),
			want:  "c a, c b, c cd, finish, end capture-end",
			check: counts(1, 0, 0),
		},
		{
			name:  "whole retransmission",
			steps: opened(c(1, 1, "abc").ipID(1), c(1, 1, "XXX").ipID(2).after(300), c(4, 1, "d").ipID(3)),
			want:  "c abc, c d, finish, end capture-end",
			check: counts(1, 0, 0),
		},
		{
			name:  "retransmission with a new tail",
			steps: opened(c(1, 1, "abc"), c(1, 1, "XXXde").after(300), c(6, 1, "f")),
			want:  "c abc, c de, c f, finish, end capture-end",
			check: counts(1, 0, 0),
		},
		{
			name:  "retransmission that begins in the middle of a segment and goes on",
			steps: opened(c(1, 1, "abc"), c(3, 1, "Xde").after(300)),
			want:  "c abc, c de, finish, end capture-end",
			check: counts(1, 0, 0),
		},
		{
			name:  "overlap with the segment that is held",
			steps: opened(c(4, 1, "def"), c(1, 1, "abcXX"), c(7, 1, "g")),
			want:  "c abcXX, c f, c g, finish, end capture-end",
			check: counts(0, 0, 1),
		},
		{
			name:  "held segment covered by what fills the hole",
			steps: opened(c(3, 1, "X"), c(1, 1, "abcde"), c(6, 1, "f")),
			want:  "c abcde, c f, finish, end capture-end",
		},
		{
			name:  "held segments that overlap each other",
			steps: opened(c(3, 1, "cd"), c(4, 1, "Xef"), c(3, 1, "XXXXg"), c(1, 1, "ab")),
			want:  "c ab, c cd, c XXg, finish, end capture-end",
		},
		{
			name:  "held segment captured twice, with the same IP ID",
			steps: opened(c(3, 1, "c").ipID(9), c(3, 1, "c").ipID(9), c(1, 1, "ab").ipID(8), c(1, 1, "ab").ipID(8)),
			want:  "c ab, c c, finish, end capture-end",
			check: counts(0, 2, 1),
		},
		{
			name:  "every packet twice, as on a SPAN port",
			steps: []step{syn, syn, synAck, synAck, ack, ack, c(1, 1, "GET").ipID(7), c(1, 1, "GET").ipID(7), c(4, 1, "x").ipID(8), c(4, 1, "x").ipID(8)},
			want:  "c GET, c x, finish, end capture-end",
			check: func(t *testing.T, c *Conn, r *run) {
				counts(0, 2, 0)(t, c, r)
				equal(t, "SYNs", c.SYNs(), 1)
			},
		},
		{
			name:  "copies from a SPAN port that come after the next packet",
			steps: opened(c(1, 1, "a").ipID(1), c(2, 1, "b").ipID(2), c(1, 1, "a").ipID(1), c(2, 1, "b").ipID(2)),
			want:  "c a, c b, finish, end capture-end",
			check: counts(0, 2, 0),
		},
		{
			name:  "keep-alive that repeats the last byte",
			steps: opened(c(1, 1, "abc"), c(3, 1, "\x00").after(75000), s(1, 4, ""), c(3, 1, "\x00").after(75000), s(1, 4, ""), c(4, 1, "d")),
			want:  "c abc, c d, finish, end capture-end",
			check: counts(0, 0, 0),
		},
		{
			name:  "keep-alive without a byte",
			steps: opened(c(1, 1, "abc"), c(3, 1, "").after(75000), s(1, 4, ""), c(4, 1, "d")),
			want:  "c abc, c d, finish, end capture-end",
			check: counts(0, 0, 0),
		},
		{
			name:  "keep-alive with a byte before any data",
			steps: opened(c(0, 1, "\x00").after(7500), s(1, 1, ""), c(1, 1, "GET")),
			want:  "c GET, finish, end capture-end",
			check: counts(0, 0, 0),
		},
		{
			name:  "zero-window probe with the next byte, sent again with the rest",
			steps: opened(c(1, 1, "abc"), s(1, 4, "").win(0), c(4, 1, "d").after(300), s(1, 4, "").win(0), c(4, 1, "d").after(600), s(1, 4, ""), c(4, 1, "def")),
			want:  "c abc, c d, c ef, finish, end capture-end",
			check: func(t *testing.T, c *Conn, r *run) {
				counts(1, 0, 0)(t, c, r)
				equal(t, "zero windows", c.ZeroWindows(), 2)
			},
		},
		{
			name:  "RST with a zero window does not close a window",
			steps: opened(c(1, 1, "abc"), s(1, 4, "").win(0).rst()),
			want:  "c abc, finish, end closed",
			check: func(t *testing.T, c *Conn, _ *run) { equal(t, "zero windows", c.ZeroWindows(), 0) },
		},
		{
			name:  "data without ACK flag carries no acknowledgment",
			steps: opened(c(1, 1, "a"), c(2, 77, "b").without(link.ACK), c(3, 1, "c")),
			want:  "c a, c b, c c, finish, end capture-end",
		},
	})
}

// A Data event shows the packet and numbers of the segment that carried it, also
// when it was held.
func TestEventSource(t *testing.T) {
	r := newRun(worlds[0], DefaultLimits())
	r.do(opened(c(1, 1, "a"))...)
	late := c(2, 5, "b")
	early := c(3, 7, "cd")
	bare := c(5, 9, "e").without(link.ACK)
	a, b, d := r.segment(early), r.segment(late), r.segment(bare)
	r.table.Push(&a)
	got := r.table.Push(&b)
	if len(got) != 2 {
		t.Fatalf("%d events", len(got))
	}
	equal(t, "ref of what filled the hole", got[0].Ref, b.Ref)
	equal(t, "ref of what was held", got[1].Ref, a.Ref)
	equal(t, "seq", got[1].Seq, a.Seq)
	equal(t, "ack", got[1].Ack, a.Ack)
	got = r.table.Push(&d)
	equal(t, "ack of a segment without", got[0].Ack, 0)
}

// Sequence numbers wrap at every place of a stream that is cut, swapped and
// repeated.
func TestWrapEverywhere(t *testing.T) {
	steps := opened(
		c(1, 1, "abc"), c(6, 1, "fgh"), c(3, 1, "cdefg"), c(9, 1, "ij"), c(13, 1, "mn"),
		c(11, 1, "kl"), c(8, 1, "hij"), c(15, 1, "opqrstuvwxyz"))
	for back := range uint32(32) {
		w := world{isn: [2]uint32{-back, -back}, key: 1}
		r := newRun(w, DefaultLimits())
		r.do(steps...)
		all := ""
		for _, text := range r.text {
			all += text[2:]
		}
		if all != "abcdefghijklmnopqrstuvwxyz" {
			t.Errorf("ISN -%d: %q", back, all)
		}
	}
}

func TestTruncated(t *testing.T) {
	runAll(t, []scenario{
		{
			name:  "in order",
			steps: opened(c(1, 1, "abc").cut(7), c(11, 1, "d")),
			want:  "c abc, c truncated 7, c d, finish, end capture-end",
			check: func(t *testing.T, c *Conn, _ *run) {
				holes, n := c.Gaps()
				equal(t, "truncated", c.Truncated(), true)
				equal(t, "gaps", holes, 0)
				equal(t, "lost bytes", n, 0)
			},
		},
		{
			name:  "headers only",
			steps: opened(c(1, 1, "").cut(10), c(11, 1, "").cut(5)),
			want:  "c truncated 10, c truncated 5, finish, end capture-end",
		},
		{
			name:  "held",
			steps: opened(c(3, 1, "cd").cut(3), c(1, 1, "ab"), c(8, 1, "h")),
			want:  "c ab, c cd, c truncated 3, c h, finish, end capture-end",
		},
		{
			name:  "headers only and held",
			steps: opened(c(3, 1, "").cut(3), c(1, 1, "ab"), c(6, 1, "f")),
			want:  "c ab, c truncated 3, c f, finish, end capture-end",
		},
		{
			name:  "held, its captured part overlapped",
			steps: opened(c(3, 1, "cd").cut(3), c(1, 1, "abXXX")),
			want:  "c abXXX, c truncated 2, finish, end capture-end",
		},
		{
			name:  "retransmission whose new tail was cut off",
			steps: opened(c(1, 1, "abc"), c(1, 1, "ab").cut(4).after(300), c(7, 1, "g")),
			want:  "c abc, c truncated 3, c g, finish, end capture-end",
		},
		{
			name:  "a length that no segment has",
			steps: opened(c(1, 1, "abc").cut(1<<31), c(4, 1, "d")),
			want:  "c abc, c d, finish, end capture-end",
		},
	})
}
