package tcp

import (
	"testing"
)

func TestHoles(t *testing.T) {
	lostThree := opened(c(1, 1, "ab"), c(6, 1, "fg")) // "cde" is missing
	runAll(t, []scenario{
		{
			name:  "acknowledged: not given up before ackedWaitPackets",
			steps: append(lostThree, s(1, 8, "").again(ackedWaitPackets-2), here, s(1, 8, "")),
			want:  "c ab, |, c gap 3, c fg, finish, end capture-end",
			check: func(t *testing.T, c *Conn, r *run) {
				holes, n := c.Gaps()
				equal(t, "gaps", holes, 1)
				equal(t, "lost bytes", n, 3)
				equal(t, "counted gaps", r.table.Counters().Gaps, 1)
				equal(t, "counted bytes", r.table.Counters().LostBytes, 3)
			},
		},
		{
			name:  "acknowledged, and all the packets behind it are copies: not given up within milliseconds",
			steps: append(lostThree, s(1, 8, "").again(2*ackedWaitPackets).atOnce(), here, c(3, 1, "cde")),
			want:  "c ab, |, c cde, c fg, finish, end capture-end",
		},
		{
			name:  "acknowledged: given up after ackedWait with the next packet",
			steps: append(lostThree, s(1, 8, ""), here, s(1, 8, "").after(1997), here, s(1, 8, "").after(2)),
			want:  "c ab, |, |, c gap 3, c fg, finish, end capture-end",
		},
		{
			name:  "acknowledged: given up without a further packet",
			steps: append(lostThree, s(1, 8, ""), here, pass(1500), here, pass(1500)),
			want:  "c ab, |, |, c gap 3, c fg, finish, end capture-end",
		},
		{
			name:  "acknowledged, and filled in time",
			steps: append(lostThree, s(1, 8, ""), c(3, 1, "cde").after(1900), s(1, 8, "").again(40)),
			want:  "c ab, c cde, c fg, finish, end capture-end",
		},
		{
			name:  "acknowledged in part: the sender will send the rest again",
			steps: append(lostThree, s(1, 4, "").again(40), here, pass(5000), here, c(3, 1, "cde")),
			want:  "c ab, |, |, c cde, c fg, finish, end capture-end",
		},
		{
			name:  "not acknowledged: kept until it is filled",
			steps: append(lostThree, s(1, 3, "").again(40), here, c(3, 1, "cde").after(5000)),
			want:  "c ab, |, c cde, c fg, finish, end capture-end",
		},
		{
			name:  "not acknowledged until the end",
			steps: append(lostThree, s(1, 3, "").again(40)),
			want:  "c ab, finish, c gap 3, c fg, end capture-end",
		},
		{
			name:  "old bytes sent again meanwhile do not keep the hole open",
			steps: append(lostThree, s(1, 8, ""), c(1, 1, "ab").again(ackedWaitPackets-3), here, c(1, 1, "ab")),
			want:  "c ab, |, c gap 3, c fg, finish, end capture-end",
		},
		{
			name:  "the second hole waits for itself",
			steps: append(lostThree, s(1, 8, "").again(14), c(10, 1, "jk"), here, s(1, 12, "").again(15), here, s(1, 12, "")),
			want:  "c ab, c gap 3, c fg, |, |, c gap 2, c jk, finish, end capture-end",
		},
		{
			name:  "two holes, filled from behind",
			steps: opened(c(1, 1, "a"), c(3, 1, "c"), c(5, 1, "e"), c(4, 1, "d"), c(2, 1, "b")),
			want:  "c a, c b, c c, c d, c e, finish, end capture-end",
		},
		{
			name:  "at the start of the stream, after the handshake",
			steps: append(opened(c(4, 1, "GET")), s(1, 7, "").again(16)),
			want:  "c gap 3, c GET, finish, end capture-end",
		},
		{
			name: "no ACK in sight: given up after the second retransmission should have come",
			steps: []step{
				syn, c(1, 1, "a"), c(3, 1, "c"), c(4, 1, "d").again(1), c(5, 1, "e").after(2990), here,
				c(6, 1, "f").again(14), c(20, 1, "t"),
			},
			want: "c a, |, c gap 1, c c, c d, c e, c f, finish, c gap 13, c t, end capture-end",
		},
	})
}

func TestHoleAtTheTail(t *testing.T) {
	runAll(t, []scenario{
		{
			name:  "acknowledged bytes that were never captured",
			steps: opened(c(1, 1, "GET"), s(1, 14, "")),
			want:  "c GET, finish, c gap 10, end capture-end",
		},
		{
			name:  "one acknowledged sequence number: the FIN was not captured",
			steps: opened(c(1, 1, "GET"), s(1, 5, ""), s(1, 5, "").fin()),
			want:  "c GET, finish, end capture-end",
		},
		{
			name:  "a FIN shows how many bytes went before it",
			steps: opened(c(1, 1, "GET"), c(9, 1, "").fin(), s(1, 10, "").fin()),
			want:  "c GET, finish, c gap 5, end closed",
		},
		{
			name:  "one byte before the FIN",
			steps: opened(c(1, 1, "GET"), c(5, 1, "").fin(), s(1, 6, "").fin()),
			want:  "c GET, finish, c gap 1, end closed",
		},
		{
			name:  "a segment without data that stands behind bytes that were never captured",
			steps: opened(c(1, 1, "GET"), s(51, 4, "")),
			want:  "c GET, finish, s gap 50, end capture-end",
		},
		{
			name:  "another one, behind its own FIN that was not captured",
			steps: opened(c(1, 1, "GET"), s(2, 4, "")),
			want:  "c GET, finish, end capture-end",
		},
		{
			name:  "a later acknowledgment shows more",
			steps: opened(c(1, 1, "GET"), s(11, 4, ""), c(4, 31, "")),
			want:  "c GET, finish, s gap 30, end capture-end",
		},
		{
			name:  "a FIN that was captured counts, not what stands behind it",
			steps: opened(c(1, 1, "GET"), s(1, 4, "").fin(), s(2, 4, ""), s(30, 4, "")),
			want:  "c GET, finish, end capture-end",
		},
		{
			name:  "captured before the data in front of it",
			steps: opened(c(1, 1, "GET"), s(4, 4, ""), s(1, 4, "200")),
			want:  "c GET, s 200, finish, end capture-end",
			check: func(t *testing.T, c *Conn, r *run) { // or it would be ahead again 2 GB later
				equal(t, "still sent", c.half[r.side('s')].flags&halfSent, 0)
			},
		},
		{
			name:  "far from this connection",
			steps: opened(c(1, 1, "GET"), s(1<<25, 4, "")),
			want:  "c GET, finish, end capture-end",
		},
		{
			name:  "filled by a retransmission",
			steps: opened(c(1, 1, "GET"), s(1, 7, ""), c(4, 1, "abc").after(300)),
			want:  "c GET, c abc, finish, end capture-end",
		},
	})
}

func TestPending(t *testing.T) {
	r := newRun(worlds[1], DefaultLimits())
	r.do(opened(c(1, 1, "a"))...)
	id := ConnID(0)
	pending := func(want bool, when string) {
		t.Helper()
		equal(t, when, r.table.Conn(id).Pending(r.side('c')), want)
		equal(t, when+", other side", r.table.Conn(id).Pending(r.side('s')), false)
	}
	pending(false, "all delivered")
	r.do(c(3, 1, "c"))
	pending(true, "hole")
	r.do(c(2, 1, "b"))
	pending(false, "filled")
	r.do(s(1, 9, ""))
	pending(true, "acknowledged and not captured")
	r.do(c(4, 1, "defgh"))
	pending(false, "captured late")
	r.do(s(1, 10, ""))
	pending(false, "acknowledged FIN")
}

// Of a large transfer only the answering direction is captured: sequence numbers
// wrap, and every byte is counted as lost all the same.
func TestUnseenDirection(t *testing.T) {
	for _, w := range worlds {
		r := newRun(w, DefaultLimits())
		r.do(s(1, 1, "OK"))
		const step, times = 100 << 20, 100 // 10 GB in ACKs of 100 MB
		for i := 1; i <= times; i++ {
			r.do(s(3, 1+i*step, ""))
		}
		r.finish()
		equal(t, "lost bytes", r.table.Counters().LostBytes, uint64(step*times))
	}
}

// A single absurd acknowledgment, as of a damaged packet, loses no bytes that come
// after it.
func TestAbsurdAck(t *testing.T) {
	runAll(t, []scenario{{
		name:  "beyond every window",
		steps: opened(c(1, 1, "a"), s(1, 1<<30+9, ""), c(2, 1, "b")),
		want:  "c a, c b, finish, c gap 1073741830, end capture-end",
	}})
}
