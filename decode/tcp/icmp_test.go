package tcp

import (
	"testing"

	"wstap/decode/link"
)

// unreached checks the first failed connect, which an ICMP error answered.
func unreached(code uint8, at, last uint64) func(*testing.T, *Conn, *run) {
	return func(t *testing.T, _ *Conn, r *run) {
		t.Helper()
		f := r.fails[0]
		equal(t, "code", f.ICMP.Code, code)
		equal(t, "error", f.ICMP.Ref.Number(), at)
		equal(t, "answer", f.AnswerTime, f.ICMP.Time)
		equal(t, "last", f.Last.Number(), last)
		equal(t, "end", f.End, 0)
	}
}

func TestConnectUnreachable(t *testing.T) {
	runAll(t, []scenario{
		{
			name:  "host unreachable",
			steps: []step{syn, syn.unreachable(1), here, pass(6900), here, pass(200), here},
			want:  "|, |, unreachable 1, |, finish",
			check: unreached(1, 2, 2),
		},
		{
			name:  "retries, each answered: the first error counts",
			steps: []step{syn, syn.unreachable(1), syn.after(1000), syn.unreachable(13), syn.after(2000), syn.unreachable(1)},
			want:  "finish, unreachable 3",
			check: unreached(1, 2, 6),
		},
		{
			name:  "a late answer of one router for three SYNs",
			steps: []step{syn, syn.after(1000), syn.after(2000), syn.unreachable(1), syn.unreachable(1).atOnce(), syn.unreachable(1).atOnce()},
			want:  "finish, unreachable 3",
			check: unreached(1, 4, 6),
		},
		{
			name:  "a retry after the row is not another connect",
			steps: []step{syn, syn.unreachable(1), pass(7100), syn, syn.unreachable(1), pass(200000)},
			want:  "unreachable 1, finish",
		},
		{
			name:  "a retry after the row is accepted",
			steps: []step{syn, syn.unreachable(1), pass(7100), syn, synAck, ack, c(1, 1, "GET")},
			want:  "unreachable 1, c GET, finish, end capture-end",
			check: start(false, true, 2),
		},
		{
			name:  "a retry is accepted",
			steps: []step{syn, syn.unreachable(0), syn.after(1000), synAck, ack, c(1, 1, "GET")},
			want:  "c GET, finish, end capture-end",
			check: start(false, true, 2),
		},
		{
			name:  "a RST for a retry does not change what came first",
			steps: []step{syn, syn.unreachable(3), syn.after(1000), refusal},
			want:  "finish, unreachable 2",
			check: unreached(3, 2, 4),
		},
		{
			name:  "the port is used again",
			steps: []step{syn, syn.unreachable(1), syn.other(1 << 20), syn.other(1 << 20).unreachable(1)},
			want:  "unreachable 1, finish, unreachable 1",
		},
		{
			name:  "of another connection on these ports",
			steps: []step{syn, c(77, -1, "").unreachable(1), s(0, 1, "").unreachable(1)},
			want:  "finish, unanswered 1",
		},
		{
			name:  "only smaller packets are asked for",
			steps: []step{syn, syn.unreachable(4)},
			want:  "finish, unanswered 1",
		},
		{
			name:  "after the SYN-ACK",
			steps: []step{syn, synAck, syn.unreachable(1), ack, c(1, 1, "GET")},
			want:  "c GET, finish, end capture-end",
		},
		{
			name:  "the SYN-ACK was not captured",
			steps: []step{syn, syn.unreachable(1), ack, s(1, 1, "").fin(), pass(1200)},
			want:  "finish",
		},
		{
			name:  "of a connection that was not captured",
			steps: []step{syn.unreachable(1), c(1, 1, "").unreachable(1)},
			want:  "finish",
		},
		{
			name:  "a refused connect stays one",
			steps: []step{syn, refusal, syn.unreachable(1)},
			want:  "finish, refused 1",
		},
	})
}

// An error about a connection is noted and changes nothing of it.
func TestICMPOfConnection(t *testing.T) {
	for _, w := range worlds {
		r := newRun(w, DefaultLimits())
		of := func() (code int) {
			code = -1
			if e := r.table.ICMPOf(0); e != nil {
				code = int(e.Code)
			}
			return code
		}
		r.do(opened(c(1, 1, "GET"))...)
		equal(t, "without", of(), -1)
		r.do(c(1, 1, "").other(1 << 28).unreachable(1))
		equal(t, "far away", of(), -1)
		r.do(c(1, 1, "GET").unreachable(4))
		equal(t, "too big", of(), 4)
		r.do(s(1, 4, "").unreachable(1))
		equal(t, "unreachable", of(), 1)
		r.do(c(1, 1, "GET").unreachable(13), c(1, 1, "GET").unreachable(4))
		equal(t, "the first", of(), 1)
		r.do(s(1, 4, "101"), c(4, 4, "").bareRST(), pass(1200))
		equal(t, "after the end", of(), 1)
		r.do(c(4, 4, "").unreachable(13), pass(20000), step{to: 2})
		r.do(opened(c(1, 1, "GET"))...)
		equal(t, "of the next connection", of(), -1)
	}
}

// Errors about many connections take a fixed amount of memory, and the count of those
// that found no room is told.
func TestICMPFlood(t *testing.T) {
	r := newRun(worlds[0], DefaultLimits())
	for i := range uint32(maxQuoted + 100) {
		r.to(i + 1)
		r.do(opened(c(1, 1, "GET"), c(1, 1, "GET").unreachable(1))...)
		for range 3 {
			q := link.Quote{Flow: r.flow, Hash: r.hash, Seq: i} // of nothing that is known
			q.Flow.APort++
			r.table.ICMP(&q)
		}
	}
	equal(t, "noted", len(r.table.errors), maxQuoted)
	equal(t, "dropped", r.table.Counters().QuotedDropped, 100)
}
