package decode_test

import (
	"testing"
	"time"

	"wstap/decode"
)

func wantPair(t *testing.T, name string, got, want *decode.Pair) {
	t.Helper()
	switch {
	case (got == nil) != (want == nil):
		t.Errorf("%s: got %v, want %v", name, got, want)
	case got != nil && *got != *want:
		t.Errorf("%s: got %+v, want %+v", name, *got, *want)
	}
}

func pair(client, server int) *decode.Pair {
	return &decode.Pair{Client: uint64(client), Server: uint64(server)}
}

// Who ended a connection is whoever's FIN or RST came first.
func TestClosedBy(t *testing.T) {
	for _, test := range []struct {
		name                   string
		end                    func(w *wire)
		by, firstFIN, firstRST string
	}{
		{"nobody", func(w *wire) {}, "", "", ""},
		{"FIN of the server, then of the client", func(w *wire) { w.close(server) }, "server", "server", ""},
		{"FIN of the client, RST of the server", func(w *wire) { w.send(client, fin|ack, ""); w.send(server, rst|ack, "") }, "client", "client", "server"},
		{"RST of the server, FIN of the client", func(w *wire) { w.send(server, rst|ack, ""); w.send(client, fin|ack, "") }, "server", "client", "server"},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWire()
			w.open()
			w.data(client, handshake)
			w.data(server, response)
			test.end(w)
			a := w.one(t)
			if x := a.TCP; x.ClosedBy != test.by || x.FirstFIN != test.firstFIN || x.FirstRST != test.firstRST {
				t.Errorf("closed by %q, first FIN %q, first RST %q", x.ClosedBy, x.FirstFIN, x.FirstRST)
			}
		})
	}
	w := newWire()
	w.refused()
	if a := w.rows(decode.Options{Connects: decode.ConnectsAll})[0]; a.TCP.ClosedBy != "server" || a.TCP.Bytes != nil || a.TCP.Unacked != nil {
		t.Errorf("a refused connect: %+v", a.TCP)
	}
}

func TestBytesAndUnacked(t *testing.T) {
	const hello = "\x81\x05hello"
	for _, test := range []struct {
		name           string
		send           func(w *wire)
		bytes, unacked *decode.Pair
	}{
		{"a whole conversation", func(w *wire) {
			w.open()
			w.data(client, handshake)
			w.data(server, response)
			w.data(server, hello)
			w.close(client)
		}, pair(len(handshake), len(response)+len(hello)), pair(0, 0)},
		{"the client vanishes", func(w *wire) {
			w.open()
			w.data(client, handshake)
			w.data(server, response)
			w.send(server, ack, hello)
			for i := range 3 {
				w.wait(time.Duration(i+1) * 300 * time.Millisecond)
				w.emit(server, ack, w.next[server]-uint32(len(hello)), hello)
			}
		}, pair(len(handshake), len(response)+len(hello)), pair(0, len(hello))},
		{"a request that nobody acknowledges", func(w *wire) {
			w.open()
			before := w.next[client]
			w.send(client, ack, handshake)
			w.wait(time.Second)
			w.emit(client, ack, before, handshake)
			w.wait(time.Second)
			w.emit(client, ack, before, handshake)
		}, pair(len(handshake), 0), pair(len(handshake), 0)},
		{"a hole", func(w *wire) {
			w.open()
			w.data(client, handshake)
			w.data(server, response)
			w.lose(server, hello)
			w.data(server, hello)
			w.close(client)
		}, pair(len(handshake), len(response)+len(hello)), nil},
		{"only the client's packets", func(w *wire) {
			w.send(client, syn, "")
			w.drop = true
			w.send(server, syn|ack, "")
			w.drop = false
			w.send(client, ack, handshake)
			w.send(client, fin|ack, "")
		}, nil, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWire()
			test.send(w)
			a := w.one(t)
			wantPair(t, "tcp.bytes", a.TCP.Bytes, test.bytes)
			wantPair(t, "tcp.unacked", a.TCP.Unacked, test.unacked)
		})
	}
}

// An attempt that is not its connection's last cannot know how that ends.
func TestUnackedIsOfTheEnd(t *testing.T) {
	w := newWire()
	w.open()
	w.data(client, handshake)
	w.data(server, "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n")
	w.data(client, handshake)
	w.data(server, response)
	w.close(client)
	rows := w.rows(decode.Options{})
	if len(rows) != 2 {
		t.Fatalf("%d rows", len(rows))
	}
	wantPair(t, "tcp.unacked of the first", rows[0].TCP.Unacked, nil)
	wantPair(t, "tcp.unacked of the last", rows[1].TCP.Unacked, pair(0, 0))
}
