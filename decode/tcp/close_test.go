package tcp

import (
	"testing"

	"wstap/decode/link"
)

// ending checks who closed, and what came first after the last data.
func ending(fin, rst byte, tail string, packet uint64) func(*testing.T, *Conn, *run) {
	return func(t *testing.T, c *Conn, r *run) {
		t.Helper()
		who := func(d link.Dir, ok bool) byte {
			switch {
			case !ok:
				return 0
			case d == r.side('c'):
				return 'c'
			default:
				return 's'
			}
		}
		equal(t, "first FIN", who(c.FirstFIN()), fin)
		equal(t, "first RST", who(c.FirstRST()), rst)
		byFIN, byRST := c.Tail()
		got := map[[2]bool]string{{}: "none", {true, false}: "FIN", {false, true}: "RST", {true, true}: "both"}[[2]bool{byFIN, byRST}]
		equal(t, "tail", got, tail)
		_, ref := c.Ended()
		equal(t, "packet that ended it", ref.Number(), packet)
	}
}

func TestClose(t *testing.T) {
	runAll(t, []scenario{
		{
			name:  "FIN both ways",
			steps: opened(c(1, 1, "GET"), c(4, 1, "").fin(), s(1, 5, "").fin(), c(5, 2, "")),
			want:  "c GET, finish, end closed",
			check: ending('c', 0, "FIN", 5),
		},
		{
			name:  "FIN with data",
			steps: opened(c(1, 1, "GET").fin(), s(1, 5, "OK").fin(), here),
			want:  "c GET, s OK, |, finish, end closed",
			check: ending('c', 0, "FIN", 4),
		},
		{
			name:  "FIN sent again",
			steps: opened(c(1, 1, "GET").fin(), c(1, 1, "GET").fin().after(300), c(4, 1, "").fin(), s(1, 5, "").fin()),
			want:  "c GET, finish, end closed",
			check: ending('c', 0, "FIN", 4),
		},
		{
			name:  "half-close: the other side goes on",
			steps: opened(c(1, 1, "GET").fin(), s(1, 5, "a"), s(2, 5, "b").after(60000), here, s(3, 5, "c").fin()),
			want:  "c GET, s a, s b, |, s c, finish, end closed",
			check: ending('c', 0, "FIN", 4),
		},
		{
			name:  "half-closed, then RST",
			steps: opened(c(1, 1, "GET").fin(), s(1, 5, "a"), s(2, 5, "").rst()),
			want:  "c GET, s a, finish, end closed",
			check: ending('c', 's', "RST", 4),
		},
		{
			name:  "FIN captured before the data that it follows",
			steps: opened(c(1, 1, "GET"), c(7, 1, "").fin(), s(1, 4, "").fin(), c(4, 1, "abc"), here, pass(1100)),
			want:  "c GET, c abc, |, end closed, finish",
			check: ending('c', 0, "FIN", 5),
		},
		{
			name:  "FIN captured before all data",
			steps: opened(c(4, 1, "").fin(), c(1, 1, "GET"), s(1, 5, "OK").fin()),
			want:  "c GET, s OK, finish, end closed",
			check: ending('c', 0, "FIN", 4),
		},
		{
			name:  "RST after bytes that were not captured",
			steps: opened(c(1, 1, "GET"), c(14, 1, "").rst()),
			want:  "c GET, finish, c gap 10, end closed",
			check: ending(0, 'c', "RST", 5),
		},
		{
			name:  "RST captured before all data, of which a part is missing",
			steps: opened(c(14, 1, "").rst(), c(1, 1, "GET"), pass(1100)),
			want:  "c GET, c gap 10, end closed, finish",
			check: ending(0, 'c', "RST", 4),
		},
		{
			name:  "RST captured before all data",
			steps: opened(c(4, 1, "").rst(), c(1, 1, "GET"), pass(1100)),
			want:  "c GET, end closed, finish",
			check: ending(0, 'c', "RST", 4),
		},
		{
			name:  "FIN captured before the data that it follows, then RST",
			steps: opened(c(4, 1, "").fin(), c(1, 1, "GET"), s(1, 5, "").rst()),
			want:  "c GET, finish, end closed",
			check: ending('c', 's', "FIN", 4),
		},
		{
			name:  "nothing after the FIN belongs to the stream",
			steps: opened(c(1, 1, "GET").fin(), c(14, 1, "ghost"), s(1, 5, "").fin()),
			want:  "c GET, finish, end closed",
		},
		{
			name:  "RST at once after the handshake's data",
			steps: opened(c(1, 1, "GET"), s(1, 4, "").rst(), here, pass(900), here, pass(200)),
			want:  "c GET, |, |, end closed, finish",
			check: ending(0, 's', "RST", 5),
		},
		{
			name:  "RST, then data of the other end that was under way",
			steps: opened(c(1, 1, "GET"), c(4, 1, "").rst(), s(1, 4, "late"), pass(1100), s(5, 4, "too late")),
			want:  "c GET, s late, end closed, finish",
			check: ending(0, 'c', "RST", 5),
		},
		{
			name:  "FIN both ways, then RST",
			steps: opened(c(1, 1, "GET"), s(1, 4, "").fin(), c(4, 2, "").fin(), s(2, 5, "").bareRST()),
			want:  "c GET, finish, end closed",
			check: ending('s', 's', "FIN", 5),
		},
		{
			name:  "FIN answered by RST",
			steps: opened(c(1, 1, "GET"), s(1, 4, "").fin(), c(4, 1, "").rst()),
			want:  "c GET, finish, end closed",
			check: ending('s', 'c', "FIN", 5),
		},
		{
			name:  "RST answered by FIN that was under way",
			steps: opened(c(1, 1, "GET"), s(1, 4, "").rst(), c(4, 1, "").fin()),
			want:  "c GET, finish, end closed",
			check: ending('c', 's', "RST", 5),
		},
		{
			name:  "RST, and bytes held behind a hole, captured before it",
			steps: opened(c(1, 1, "a"), c(3, 1, "c"), s(1, 2, "").rst(), c(4, 1, "").fin()),
			want:  "c a, finish, c gap 1, c c, end closed",
			check: ending('c', 's', "RST", 6),
		},
		{
			name:  "RST of an earlier connection on these ports is not this one's",
			steps: opened(c(1, 1, "GET"), s(1<<28, 4, "").rst(), s(1, 4, "OK"), pass(1100), c(4, 3, "x")),
			want:  "c GET, s OK, c x, finish, end capture-end",
			check: ending(0, 0, "none", 0),
		},
		{
			name:  "RST in answer to data that was lost: its number is what was acknowledged",
			steps: opened(c(1, 1, "GET"), c(4, 1<<25, ""), s(1<<25, 0, "").bareRST()),
			want:  "c GET, finish, s gap 33554431, end closed",
		},
		{
			name:  "hole before both FINs: given up when nobody fills it",
			steps: opened(c(1, 1, "a"), c(4, 1, "de").fin(), s(1, 7, "").fin(), here, pass(1100)),
			want:  "c a, |, c gap 2, c de, end closed, finish",
			check: ending('c', 0, "FIN", 5),
		},
		{
			name:  "hole before both FINs: filled",
			steps: opened(c(1, 1, "a"), c(4, 1, "de").fin(), s(1, 7, "").fin(), c(2, 1, "bc").after(5), pass(1100)),
			want:  "c a, c bc, c de, end closed, finish",
		},
		{
			name:  "repeated packets of an ended connection make no ghost",
			steps: opened(c(1, 1, "GET").fin(), s(1, 5, "OK").fin(), c(1, 1, "GET").fin(), syn, synAck, s(1, 5, "OK").fin(), c(5, 4, ""), pass(200000)),
			want:  "c GET, s OK, end closed, finish",
		},
		{
			name: "nor do they when the connection was ended long ago",
			steps: opened(c(1, 1, "GET").fin(), s(1, 5, "OK").fin(), pass(11000), pass(11000),
				syn, synAck, c(1, 1, "GET").fin(), s(1, 5, "OK").fin(), c(5, 4, "").rst(), c(1, 1, "GET"), pass(200000)),
			want: "c GET, s OK, end closed, finish",
		},
		{
			name:  "half-closed and silent for very long",
			steps: append(opened(c(1, 1, "GET").fin(), s(1, 5, "OK"), pass(241000)), idleAway...),
			want:  "c GET, s OK, end idle, finish",
		},
		{
			name:  "open and silent for a day",
			steps: append(append(opened(c(1, 1, "GET"), s(1, 4, "OK"), pass(24*3600000)), idleAway...), c(4, 3, "x")),
			want:  "c GET, s OK, c x, finish, end capture-end",
		},
	})
}

// idleAway is as many packets of another connection as it takes to notice.
var idleAway = []step{{to: 2}, ack.again(2 * idleStride), {to: 1}}

func TestPortReuse(t *testing.T) {
	const next = 1 << 29 // how far the next incarnation's numbers lie away
	again := []step{syn.other(next), synAck.other(next), c(1, 1, "SECOND").other(next)}
	second := func(check func(*testing.T, *Conn, *run)) func(*testing.T, *Conn, *run) {
		return func(t *testing.T, _ *Conn, r *run) { check(t, &r.ended[1], r) }
	}
	runAll(t, []scenario{
		{
			name:  "after a close",
			steps: append(opened(c(1, 1, "FIRST").fin(), s(1, 7, "").fin(), pass(1)), again...),
			want:  "c FIRST, end closed, c SECOND, finish, end capture-end",
			check: second(start(false, true, 1)),
		},
		{
			name:  "after a RST, within its last second",
			steps: append(opened(c(1, 1, "FIRST"), s(1, 6, "").rst()), again...),
			want:  "c FIRST, end closed, c SECOND, finish, end capture-end",
			check: second(start(false, true, 1)),
		},
		{
			name:  "the close was not captured",
			steps: append(opened(c(1, 1, "FIRST"), c(9, 1, "held")), again...),
			want:  "c FIRST, c gap 3, c held, end reused, c SECOND, finish, end capture-end",
			check: second(start(false, true, 1)),
		},
		{
			name:  "neither close nor SYN was captured: the SYN-ACK shows it",
			steps: append(opened(c(1, 1, "FIRST")), again[1:]...),
			want:  "c FIRST, end reused, c SECOND, finish, end capture-end",
			check: second(start(false, true, 0)),
		},
		{
			name:  "long after the close",
			steps: append(opened(c(1, 1, "FIRST").fin(), s(1, 7, "").fin(), pass(60000)), again...),
			want:  "c FIRST, end closed, c SECOND, finish, end capture-end",
			check: second(start(false, true, 1)),
		},
		{
			name:  "after TLS on the same ports",
			steps: append(opened(c(1, 1, "\x16hello")), again...),
			want:  "c SECOND, finish, end capture-end",
		},
		{
			name:  "a RST of the first connection does not end the second",
			steps: append(append(opened(c(1, 1, "FIRST").fin(), s(1, 7, "").fin()), again...), s(2, 7, "").rst(), pass(1100), c(7, 1, "x").other(next)),
			want:  "c FIRST, end closed, c SECOND, c x, finish, end capture-end",
		},
		{
			name:  "the same SYN again belongs to the same connection",
			steps: opened(c(1, 1, "FIRST"), syn.after(300), synAck, c(6, 1, "x")),
			want:  "c FIRST, c x, finish, end capture-end",
			check: start(false, true, 2),
		},
		{
			name:  "an old SYN, a little behind, is not the connection's",
			steps: opened(c(1, 1, "FIRST"), syn.other(^uint32(5000)), s(1, 6, "OK"), c(6, 3, "x")),
			want:  "c FIRST, s OK, c x, finish, end capture-end",
			check: start(false, true, 1),
		},
	})
}
