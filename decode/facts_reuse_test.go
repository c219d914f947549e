package decode_test

import (
	"testing"
	"time"

	"wstap/decode"
)

const refused403 = "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"

// The end of a connection is that of its last attempt: an earlier one, which was
// answered, tells nothing of what came after.
func TestReusedConnection(t *testing.T) {
	run := func(name string, say func(w *wire), check func(t *testing.T, first, second *decode.Attempt)) {
		t.Run(name, func(t *testing.T) {
			w := newWire()
			w.open()
			say(w)
			rows := w.rows(decode.Options{})
			if len(rows) != 2 {
				t.Fatalf("%d rows, want 2", len(rows))
			}
			if rows[0].HTTP.Status == 403 {
				f := rows[0]
				wantOutcome(t, f, decode.VerdictRejected, decode.EndingNone)
				if f.TCP.ClosedBy+f.TCP.FirstFIN+f.TCP.FirstRST != "" || f.TCP.Unacked != nil || f.Packets.End != 0 || f.HTTP.EarlyBytes != 0 ||
					f.Timing.OpenMS != nil || f.Timing.WaitMS != nil || f.Packets.Last < f.Packets.Response {
					t.Errorf("first: %+v, %+v, early bytes %d, %+v", *f.TCP, *f.Packets, f.HTTP.EarlyBytes, *f.Timing)
				}
			}
			check(t, rows[0], rows[1])
		})
	}
	run("accepted, and reset", func(w *wire) {
		w.data(client, handshake)
		w.data(server, refused403)
		w.wait(time.Second)
		hello := text(client, "hello")
		w.data(client, handshake)
		w.send(client, ack, hello)
		w.send(server, ack, response)
		w.wait(time.Second)
		w.emit(client, ack, w.next[client]-uint32(len(hello)), hello)
		w.send(server, rst, "")
	}, func(t *testing.T, first, second *decode.Attempt) {
		wantOutcome(t, second, decode.VerdictAccepted, decode.EndingRST)
		if second.TCP.ClosedBy != "server" || second.TCP.Retransmissions.Client != 1 || first.TCP.Retransmissions.Client != 0 ||
			second.HTTP.EarlyBytes == 0 || second.Timing.ConnectMS != nil || first.Timing.ConnectMS == nil || second.TCP.SegmentsBeforeAnswer != nil {
			t.Errorf("second: %+v, %+v", *second.TCP, *second.Timing)
		}
	})
	run("sent at once, and reset before the second answer", func(w *wire) {
		w.data(client, handshake)
		w.send(client, ack, handshake)
		w.send(server, ack, refused403)
		w.send(server, rst, "")
	}, func(t *testing.T, _, second *decode.Attempt) {
		wantOutcome(t, second, decode.VerdictUnanswered, decode.EndingNone)
		if second.TCP.ClosedBy != "server" || second.TCP.Unacked == nil || second.Timing.WaitMS == nil {
			t.Errorf("second: %+v, %+v", *second.TCP, *second.Timing)
		}
	})
	run("sent at once, closed by the client, and both answered", func(w *wire) {
		w.data(client, handshake+handshake)
		w.send(client, fin|ack, "")
		w.data(server, refused403+refused403)
		w.send(server, fin|ack, "")
	}, func(t *testing.T, _, second *decode.Attempt) {
		wantOutcome(t, second, decode.VerdictRejected, decode.EndingNone)
		if second.TCP.ClosedBy != "client" || second.Packets.End == 0 {
			t.Errorf("second: %+v", *second.TCP)
		}
	})
	run("sent at once, and neither answered", func(w *wire) {
		w.data(client, handshake)
		w.send(client, ack, handshake)
		w.send(server, rst, "")
	}, func(t *testing.T, first, second *decode.Attempt) {
		for _, a := range []*decode.Attempt{first, second} {
			wantOutcome(t, a, decode.VerdictUnanswered, decode.EndingNone)
			if a.TCP.ClosedBy != "server" || (a.TCP.Unacked != nil) != (a == second) {
				t.Errorf("%+v", *a.TCP)
			}
		}
	})
}
