package decode_test

import (
	"testing"
	"time"

	"wstap/capture/packet"
	"wstap/decode"
)

// refused adds a connect that the server refuses, with a retry from the same port
// as Windows sends it.
func (w *wire) refused() {
	w.send(client, syn, "")
	w.emit(server, rst|ack, 0, "")
	w.wait(500 * time.Millisecond)
	w.emit(client, syn, w.next[client]-1, "")
	w.emit(server, rst|ack, 0, "")
}

func (w *wire) success() {
	w.open()
	w.data(client, handshake)
	w.data(server, response)
	w.close(client)
}

// Failed connects are rows where their endpoint is known to speak WebSocket, before
// or after them, or where the user says so.
func TestConnects(t *testing.T) {
	known := newWire()
	known.refused()
	known.another()
	known.success()
	known.another()
	known.refused()
	alone := newWire()
	alone.refused()
	alone.another()
	alone.refused()

	for _, test := range []struct {
		name      string
		wire      *wire
		options   decode.Options
		unreached int
		unshown   uint64
	}{
		{"known before and after", known, decode.Options{}, 2, 0},
		{"none", known, decode.Options{Connects: decode.ConnectsNone}, 0, 2},
		{"not known", alone, decode.Options{}, 0, 2},
		{"all", alone, decode.Options{Connects: decode.ConnectsAll}, 2, 0},
		{"named by address", alone, decode.Options{Endpoints: []string{"198.51.100.5"}}, 2, 0},
		{"named with its port", alone, decode.Options{Endpoints: []string{"198.51.100.5:8085"}}, 2, 0},
		{"another port named", alone, decode.Options{Endpoints: []string{"198.51.100.5:443"}}, 0, 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := decode.New(test.options)
			d.Block(&packet.Block{Packets: test.wire.packets})
			d.Finish()
			got := 0
			for _, a := range d.Take() {
				if a.Verdict != decode.VerdictUnreached {
					continue
				}
				got++
				if a.TCP.SYNCount != 2 || a.TCP.FirstRST != "server" || !a.TCP.Refused || a.Ending != decode.EndingNone {
					t.Errorf("row: %+v", a.TCP)
				}
			}
			s := d.Summary()
			var unshown, endpoints uint64
			if s.Unshown != nil {
				unshown, endpoints = s.Unshown.Connects, s.Unshown.Endpoints
			}
			if got != test.unreached || unshown != test.unshown || unshown > 0 && endpoints != 1 {
				t.Errorf("%d rows and %d unshown to %d endpoints; want %d, %d", got, unshown, endpoints, test.unreached, test.unshown)
			}
		})
	}
}

// A SYN without an answer is unreached when the client tried again or had the time
// to, and undecided when the capture ended at once.
func TestUnanswered(t *testing.T) {
	for _, test := range []struct {
		name string
		then func(w *wire)
		want decode.Verdict
		syns uint64
	}{
		{"retries", func(w *wire) {
			w.wait(time.Second)
			w.emit(client, syn, w.next[client]-1, "")
			w.wait(2 * time.Second)
			w.emit(client, syn, w.next[client]-1, "")
		}, decode.VerdictUnreached, 3},
		{"the capture ends", func(w *wire) {}, decode.VerdictIncomplete, 1},
		{"captured twice, not tried twice", func(w *wire) { w.emit(client, syn, w.next[client]-1, "") }, decode.VerdictIncomplete, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWire()
			w.send(client, syn, "")
			test.then(w)
			rows := w.rows(decode.Options{Connects: decode.ConnectsAll})
			if len(rows) != 1 || rows[0].TCP.SYNCount != test.syns {
				t.Fatalf("rows: %+v", rows)
			}
			wantOutcome(t, rows[0], test.want, decode.EndingNone)
		})
	}
}

// Who reads a request, or may have, was reached, even where that was not captured.
func TestRequestLost(t *testing.T) {
	w := newWire()
	w.open()
	w.lose(client, handshake)
	w.send(server, rst, "")
	rows := w.rows(decode.Options{Connects: decode.ConnectsAll})
	if len(rows) != 1 {
		t.Fatalf("%d rows, want 1", len(rows))
	}
	wantOutcome(t, rows[0], decode.VerdictIncomplete, decode.EndingNone)
	if a := rows[0]; a.Capture.Gaps != 1 || a.Capture.LostBytes != uint64(len(handshake)) || a.TCP.FirstRST != "server" {
		t.Errorf("capture %+v, tcp %+v", *a.Capture, *a.TCP)
	}
}

// CONNECT through a proxy: refused ones are rows where their target is known; what
// an accepted one carries is looked into, tunnels inside tunnels too.
func TestConnectMethod(t *testing.T) {
	const connect = "CONNECT server.example.com:80 HTTP/1.1\r\nHost: server.example.com:80\r\n\r\n"
	const ok = "HTTP/1.1 200 Connection established\r\n\r\n"
	t.Run("refused, then accepted on the same connection", func(t *testing.T) {
		w := newWire()
		w.open()
		w.data(client, connect)
		w.data(server, "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 4\r\n\r\nno!\n")
		w.data(client, connect)
		w.data(server, ok)
		w.data(client, handshake)
		w.data(server, response)
		w.data(server, text(server, "hello"))
		w.close(client)
		rows := w.rows(decode.Options{})
		if len(rows) != 2 {
			t.Fatalf("%d rows, want 2", len(rows))
		}
		proxy, inner := rows[0], rows[1]
		if proxy.HTTP.Method != "CONNECT" {
			proxy, inner = inner, proxy
		}
		wantOutcome(t, proxy, decode.VerdictProxyFailed, decode.EndingNone)
		wantOutcome(t, inner, decode.VerdictAccepted, decode.EndingAbnormalFIN)
		if proxy.HTTP.Status != 407 || proxy.HTTP.ResponseBody != "no!\n" {
			t.Errorf("proxy's answer: %+v", proxy.HTTP)
		}
		if len(inner.Carrier) != 1 || inner.Carrier[0] != "connect 198.51.100.5:8085" || inner.WebSocket.Messages.Server != 1 {
			t.Errorf("inner: carrier %v, messages %+v", inner.Carrier, inner.WebSocket.Messages)
		}
	})
	t.Run("a chain of proxies", func(t *testing.T) {
		w := newWire()
		w.open()
		for range 3 {
			w.data(client, connect)
			w.data(server, ok)
		}
		w.data(client, handshake)
		w.data(server, response)
		w.close(client)
		a := w.one(t)
		wantOutcome(t, a, decode.VerdictAccepted, decode.EndingAbnormalFIN)
		if len(a.Carrier) != 3 {
			t.Errorf("carrier: %v", a.Carrier)
		}
	})
	t.Run("nobody asked", func(t *testing.T) {
		w := newWire()
		w.open()
		w.data(client, connect)
		w.data(server, "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
		w.close(client)
		if rows := w.rows(decode.Options{}); len(rows) != 0 {
			t.Errorf("%d rows, want none", len(rows))
		}
		if rows := w.rows(decode.Options{Endpoints: []string{"server.example.com"}}); len(rows) != 1 {
			t.Errorf("%d rows with the name given, want 1", len(rows))
		}
	})
}
