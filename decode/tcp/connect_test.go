package tcp

import (
	"testing"
)

var refusal = acks(s(0, 1, "").rst(), 1)

// failed checks the first failed connect.
func failed(kind FailKind, syn, end, last uint64, answered, rst bool) func(*testing.T, *Conn, *run) {
	return func(t *testing.T, _ *Conn, r *run) {
		t.Helper()
		if len(r.fails) == 0 {
			t.Fatal("no failed connect")
		}
		f := r.fails[0]
		equal(t, "kind", f.Kind, kind)
		equal(t, "SYN", f.SYN.Number(), syn)
		equal(t, "end", f.End.Number(), end)
		equal(t, "last", f.Last.Number(), last)
		equal(t, "answered", f.AnswerTime != 0, answered)
		equal(t, "ended", f.EndTime != 0 && f.EndTime >= f.AnswerTime, kind != Unanswered)
		equal(t, "by RST", f.ServerRST, rst)
		equal(t, "client", f.Client, r.flow.Sender(r.side('c')))
		equal(t, "server", f.Server, r.flow.Sender(r.side('s')))
	}
}

// missed checks how many bytes of the client are known to be missing.
func missed(n int) func(*testing.T, *Conn, *run) {
	return func(t *testing.T, _ *Conn, r *run) {
		t.Helper()
		equal(t, "missed", r.fails[0].Missed, n)
	}
}

func TestConnectFails(t *testing.T) {
	runAll(t, []scenario{
		{
			name:  "refused",
			steps: []step{syn, refusal, here, pass(1900), here, pass(200), here},
			want:  "|, |, refused 1, |, finish",
			check: failed(Refused, 1, 2, 2, true, true),
		},
		{
			name:  "refused, with retries on the same ports",
			steps: []step{syn, refusal, syn.after(500), refusal, syn.after(500), refusal, pass(2200)},
			want:  "refused 3, finish",
			check: failed(Refused, 1, 2, 6, true, true),
		},
		{
			name:  "refused, then accepted on the same ports",
			steps: []step{syn, refusal, syn.after(500), synAck, ack, c(1, 1, "GET")},
			want:  "c GET, finish, end capture-end",
			check: func(t *testing.T, c *Conn, r *run) {
				start(false, true, 2)(t, c, r)
				ending(0, 0, "none", 0)(t, c, r)
				synTime, _ := c.SYN()
				equal(t, "SYN-ACK", c.SYNAckTime()-synTime, 502e6)
			},
		},
		{
			name:  "refused, then another try from the same port",
			steps: []step{syn, refusal, syn.other(1 << 20).after(100), refusal.other(1 << 20)},
			want:  "refused 1, finish, refused 1",
			check: failed(Refused, 1, 2, 2, true, true),
		},
		{
			name:  "refused, every packet captured twice",
			steps: []step{syn, syn, refusal, refusal},
			want:  "finish, refused 1",
		},
		{
			name:  "a RST that does not acknowledge the SYN refuses nothing",
			steps: []step{syn, s(0, 1, "").bareRST(), acks(refusal, 1<<21), pass(3000)},
			want:  "finish, unanswered 1",
		},
		{
			name:  "a RST after the client acknowledged an answer is no refusal",
			steps: []step{syn, ack, s(1, 1, "").rst(), pass(3000)},
			want:  "finish",
		},
		{
			name: "never answered, with retries",
			steps: []step{syn, syn.after(1000), syn.after(2000), syn.after(4000), syn.after(8000),
				syn.after(16000), syn.after(32000), pass(120000), here, pass(11000)},
			want:  "|, unanswered 7, finish",
			check: failed(Unanswered, 1, 0, 7, false, false),
		},
		{
			name:  "never answered until the capture ended",
			steps: []step{syn},
			want:  "finish, unanswered 1",
			check: failed(Unanswered, 1, 0, 1, false, false),
		},
		{
			name:  "answered very late is not unanswered",
			steps: []step{syn, syn.after(60000), synAck.after(60000), ack, pass(200000)},
			want:  "finish",
		},
		{
			name:  "the client's ACK shows that an answer was not captured",
			steps: []step{syn, ack, pass(200000)},
			want:  "finish",
		},
		{
			name:  "challenge ACK of a half-open connection, reset by the client, and the SYN again",
			steps: []step{syn, s(1<<28, 7<<25, ""), c(7<<25, 0, "").bareRST(), syn.after(1000), synAck, ack, c(1, 1, "GET")},
			want:  "c GET, finish, end capture-end",
			check: start(false, true, 2),
		},
		{
			name:  "reset by the server before any data",
			steps: opened(s(1, 1, "").rst(), here, pass(1200)),
			want:  "|, cut 1, finish",
			check: failed(Cut, 1, 4, 4, true, true),
		},
		{
			name:  "closed by the server before any data",
			steps: opened(s(1, 1, "").fin(), c(1, 2, ""), c(1, 2, "").fin(), s(2, 2, "")),
			want:  "finish, cut 1",
			check: failed(Cut, 1, 4, 7, true, false),
		},
		{
			name:  "closed by the server while the first request was under way",
			steps: opened(s(1, 1, "").fin(), c(1, 1, "GET"), s(2, 4, "").bareRST(), pass(1200)),
			want:  "c GET, end closed, finish",
			check: func(t *testing.T, c *Conn, r *run) {
				start(false, true, 1)(t, c, r)
				ending('s', 's', "RST", 4)(t, c, r)
			},
		},
		{
			name:  "reset by the server while the first request was under way",
			steps: opened(s(1, 1, "").rst(), c(1, 1, "GET"), pass(1200)),
			want:  "c GET, end closed, finish",
			check: ending(0, 's', "RST", 4),
		},
		{
			name:  "closed by the server while TLS was under way",
			steps: opened(s(1, 1, "").fin(), c(1, 1, "\x16hello"), pass(1200)),
			want:  "cut 1, finish",
		},
		{
			name:  "closed by the server, and the request comes after that was reported",
			steps: opened(s(1, 1, "").fin(), pass(1200), c(1, 1, "GET"), c(1, 1, "GET").after(500)),
			want:  "cut 1, finish",
		},
		{
			name:  "closed by the server after bytes of the client that were not captured",
			steps: opened(s(1, 101, "").fin(), pass(1200)),
			want:  "cut 1, finish",
			check: missed(100),
		},
		{
			name:  "reset by the server, which acknowledged such bytes before",
			steps: opened(s(1, 101, ""), s(1, 101, "").bareRST(), pass(1200)),
			want:  "cut 1, finish",
			check: missed(100),
		},
		{
			name:  "closed by the server, and the client's end stands behind such bytes",
			steps: opened(s(1, 1, "").fin(), c(101, 2, "").fin(), s(2, 102, ""), pass(1200)),
			want:  "cut 1, finish",
			check: missed(101), // a FIN takes a number, too
		},
		{
			name:  "closed by the server after such bytes, which are captured late",
			steps: opened(s(1, 4, "").fin(), c(1, 1, "GET"), c(4, 2, "").fin(), pass(1200)),
			want:  "c GET, end closed, finish",
		},
		{
			name:  "closed by the server after such bytes, of which the end is captured late",
			steps: opened(s(1, 11, "").fin(), c(6, 1, "?junk"), pass(1200)),
			want:  "finish, c gap 5, c ?junk, end capture-end",
		},
		{
			name:  "closed by the server after such bytes, which are something else and captured late",
			steps: opened(s(1, 5, "").fin(), c(1, 1, "junk"), pass(1200)),
			want:  "finish",
		},
		{
			name:  "reset by the server, which acknowledged what may be the client's FIN",
			steps: opened(s(1, 2, ""), s(1, 2, "").bareRST(), pass(1200)),
			want:  "finish",
		},
		{
			name:  "closed by the server before any data, and the client's FIN was not captured",
			steps: opened(s(1, 1, "").fin(), s(2, 2, ""), pass(1200)),
			want:  "cut 1, finish",
			check: missed(0),
		},
		{
			name:  "the server acknowledges the SYN and more, with nothing captured in between",
			steps: []step{syn, s(1, 101, ""), pass(200000)},
			want:  "finish",
		},
		{
			name:  "the server acknowledges the SYN and more with its RST",
			steps: []step{syn, s(1, 101, "").rst(), pass(200000)},
			want:  "finish",
		},
		{
			name:  "reset by the server after bytes of its own that were not captured",
			steps: opened(s(51, 1, "").rst(), pass(1200)),
			want:  "finish",
		},
		{
			name:  "closed by the server, of which no SYN was captured",
			steps: []step{synAck, ack, s(1, 1, "").fin(), pass(1200)},
			want:  "finish",
		},
		{
			name:  "the client goes away first",
			steps: opened(c(1, 1, "").fin(), s(1, 2, "").fin(), c(2, 2, ""), pass(1200)),
			want:  "finish",
		},
		{
			name:  "the client resets first, as a port scanner does",
			steps: []step{syn, synAck, c(1, 0, "").bareRST(), s(1, 1, "").rst(), pass(1200)},
			want:  "finish",
		},
		{
			name:  "the port is used again at once after a cut",
			steps: opened(s(1, 1, "").fin(), syn.other(1<<20), synAck.other(1<<20), c(1, 1, "GET").other(1<<20)),
			want:  "cut 1, c GET, finish, end capture-end",
		},
		{
			name:  "SYN with nonsense flags",
			steps: []step{syn.rst(), syn.fin(), s(1, 1, "").rst()},
			want:  "finish, refused 1",
		},
	})
}

// Failed connects are reported in the order of their first SYN, in whatever order
// they lie in the table.
func TestFinishOrder(t *testing.T) {
	for _, w := range worlds {
		r := newRun(w, DefaultLimits())
		const n = 500
		for i := range n {
			r.to(uint32(i) + 1)
			r.do(syn)
			if i%3 == 0 {
				r.do(refusal)
			}
		}
		for i := n; i > 0; i-- {
			r.to(uint32(i) + 10000)
			r.do(c(1, 1, "GET"))
		}
		for i := range n {
			r.to(uint32(i) + 10001)
			r.do(c(4, 1, "x"))
		}
		r.text = nil
		events := finished(r.table)
		equal(t, "events", len(events), 2*n)
		last := int64(0)
		for _, e := range events[:n] {
			if e.Kind != Unreached || e.Failed.Time <= last {
				t.Fatalf("%v at %d after %d", e.Kind, e.Failed.Time, last)
			}
			last = e.Failed.Time
		}
		last = 0
		for _, e := range events[n:] {
			if e.Kind != End || e.Time <= last {
				t.Fatalf("%v at %d after %d", e.Kind, e.Time, last)
			}
			last = e.Time
		}
	}
}
