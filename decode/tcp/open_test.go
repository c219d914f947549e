package tcp

import (
	"testing"

	"wstap/decode/link"
)

func synData(text string) step { st := syn; st.data = text; return st }

// start checks how the beginning of a connection was understood.
func start(midstream, clientKnown bool, syns int) func(*testing.T, *Conn, *run) {
	return func(t *testing.T, c *Conn, r *run) {
		t.Helper()
		equal(t, "midstream", c.Midstream(), midstream)
		d, ok := c.Client()
		equal(t, "client known", ok, clientKnown)
		if ok {
			equal(t, "client", d, r.side('c'))
		}
		equal(t, "SYNs", c.SYNs(), syns)
	}
}

func TestStart(t *testing.T) {
	runAll(t, []scenario{
		{
			name:  "data in the SYN",
			steps: []step{synData("GET"), acks(synAck, 4), c(4, 1, "x"), s(1, 5, "OK")},
			want:  "c GET, c x, s OK, finish, end capture-end",
			check: start(false, true, 1),
		},
		{
			name:  "data in the SYN, which is sent again after data was refused",
			steps: []step{synData("GET"), synAck, c(1, 1, "GETx").after(20)},
			want:  "c GET, c x, finish, end capture-end",
			check: start(false, true, 1),
		},
		{
			name:  "data in the SYN-ACK",
			steps: []step{syn, func() step { st := synAck; st.data = "hello"; return st }(), c(1, 6, "x")},
			want:  "s hello, c x, finish, end capture-end",
			check: start(false, true, 1),
		},
		{
			name:  "SYN sent twice",
			steps: []step{syn, syn.after(1000), synAck, ack, c(1, 1, "GET")},
			want:  "c GET, finish, end capture-end",
			check: start(false, true, 2),
		},
		{
			name:  "SYN-ACK captured before its SYN",
			steps: []step{synAck, syn, ack, c(1, 1, "GET")},
			want:  "c GET, finish, end capture-end",
			check: func(t *testing.T, c *Conn, r *run) {
				start(false, true, 1)(t, c, r)
				_, first := c.First()
				synTime, ref := c.SYN()
				equal(t, "first packet", first.Number(), 1)
				equal(t, "SYN", ref.Number(), 2)
				equal(t, "SYN-ACK", c.SYNAckTime()-synTime, -1e6)
			},
		},
		{
			name:  "SYN captured after the first data",
			steps: []step{c(1, 1, "GET"), syn, s(1, 4, "OK"), syn.after(300)},
			want:  "c GET, s OK, finish, end capture-end",
			check: func(t *testing.T, c *Conn, _ *run) {
				equal(t, "SYNs", c.SYNs(), 2)
				_, ref := c.SYN()
				equal(t, "SYN", ref.Number(), 2)
				equal(t, "midstream", c.Midstream(), false)
			},
		},
		{
			name:  "SYN captured after data that is not the first",
			steps: []step{c(4, 1, "GET"), syn},
			want:  "c GET, finish, end capture-end",
			check: start(true, true, 1),
		},
		{
			name:  "SYN-ACK not captured",
			steps: []step{syn, ack, c(1, 1, "GET"), s(1, 4, "OK")},
			want:  "c GET, s OK, finish, end capture-end",
			check: start(false, true, 1),
		},
		{
			name:  "SYN not captured: the SYN-ACK tells where the client begins",
			steps: []step{synAck, c(4, 1, "def"), c(1, 1, "abc")},
			want:  "c abc, c def, finish, end capture-end",
			check: start(false, true, 0),
		},
		{
			name:  "midstream, from the client",
			steps: []step{c(101, 201, "GET"), s(201, 104, "OK")},
			want:  "c GET, s OK, finish, end capture-end",
			check: start(true, false, 0),
		},
		{
			name:  "midstream, from the server",
			steps: []step{s(201, 104, "OK"), c(104, 203, "x")},
			want:  "s OK, c x, finish, end capture-end",
			check: start(true, false, 0),
		},
		{
			name:  "midstream, what was acknowledged before is no gap",
			steps: []step{c(101, 201, "GET"), s(201, 104, "OK"), s(203, 104, "").again(20)},
			want:  "c GET, s OK, finish, end capture-end",
		},
		{
			name:  "midstream, the other side's next bytes lost",
			steps: []step{c(101, 201, "GET"), s(206, 104, "OK"), c(104, 208, "").again(16)},
			want:  "c GET, s gap 5, s OK, finish, end capture-end",
		},
		{
			name:  "only the client's direction",
			steps: []step{syn, ack, c(1, 1, "GET"), c(4, 51, "x"), c(5, 101, "")},
			want:  "c GET, c x, finish, s gap 100, end capture-end",
			check: start(false, true, 1),
		},
		{
			name:  "only the server's direction",
			steps: []step{synAck, s(1, 51, "OK"), s(3, 101, "x")},
			want:  "s OK, s x, finish, c gap 100, end capture-end",
			check: start(false, true, 0),
		},
		{
			name:  "response captured before its request, SYN known",
			steps: opened(s(1, 4, "OK"), c(1, 1, "GET"), c(4, 3, "x")),
			want:  "s OK, c GET, c x, finish, end capture-end",
			check: start(false, true, 1),
		},
		{
			name:  "response captured before its request, midstream",
			steps: []step{s(201, 107, "OK"), c(101, 201, "GET"), c(104, 201, "abc"), c(107, 203, "x")},
			want:  "s OK, c GET, c abc, c x, finish, end capture-end",
			check: start(true, false, 0),
		},
		{
			name:  "midstream, what the other side sends first is a keep-alive",
			steps: []step{s(201, 107, "OK"), c(106, 203, "\x00"), c(107, 203, "x")},
			want:  "s OK, c x, finish, end capture-end",
		},
		{
			name:  "midstream, old bytes sent again much later are not new",
			steps: []step{s(201, 107, "OK"), c(101, 203, "GETabc").after(2300), c(107, 203, "x")},
			want:  "s OK, c x, finish, end capture-end",
		},
		{
			name:  "something else is not followed",
			steps: opened(c(1, 1, "junk"), c(5, 1, "GET"), s(1, 8, "OK")),
			want:  "finish",
			check: func(t *testing.T, _ *Conn, r *run) { equal(t, "connections", r.table.Counters().Conns, 0) },
		},
		{
			name:  "TLS is counted once and not followed",
			steps: opened(c(1, 1, "\x16hello"), s(1, 7, "\x16hello"), c(7, 7, "GET"), syn.after(200), s(7, 7, "x").rst(), c(10, 7, "GET")),
			want:  "finish",
			check: func(t *testing.T, _ *Conn, r *run) { equal(t, "TLS", r.table.Counters().TLS, 1) },
		},
		{
			name:  "TLS midstream is counted once",
			steps: []step{c(1, 1, "\x16hello"), s(1, 7, "\x16hello"), c(7, 7, "GET")},
			want:  "finish",
			check: func(t *testing.T, _ *Conn, r *run) { equal(t, "TLS", r.table.Counters().TLS, 1) },
		},
		{
			name:  "the end of a response of which neither start nor SYN-ACK was captured decides nothing",
			steps: []step{syn, s(1, 4, "?"), c(1, 2, "GET"), s(2, 4, "OK")},
			want:  "c GET, s OK, finish, end capture-end",
		},
		{
			name:  "URG and PSH do not matter",
			steps: opened(c(1, 1, "GET").with(link.PSH|link.URG), s(1, 4, "OK").with(link.PSH)),
			want:  "c GET, s OK, finish, end capture-end",
		},
	})
}

// acks changes what a step acknowledges.
func acks(st step, ack int) step { st.ack = ack; return st }
