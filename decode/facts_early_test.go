package decode_test

import (
	"strings"
	"testing"

	"wstap/decode"
)

// sendAck adds a packet of the client that acknowledges less than all that was sent.
func (w *wire) sendAck(behind int, data string) {
	w.next[server] -= uint32(behind)
	w.send(client, ack, data)
	w.next[server] += uint32(behind)
}

// swap exchanges the last two packets, as a capture of several queues may.
func (w *wire) swap() {
	n := len(w.packets)
	w.packets[n-1], w.packets[n-2] = w.packets[n-2], w.packets[n-1]
	w.packets[n-1].Time, w.packets[n-2].Time = w.packets[n-2].Time, w.packets[n-1].Time
}

// What a client sends without waiting for the answer is told by what it acknowledges,
// not by the order of packets in the capture.
func TestEarlyBytes(t *testing.T) {
	hello := text(client, "hello")
	const refusal = "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"
	for _, test := range []struct {
		name string
		send func(w *wire)
		want int
	}{
		{"nothing", func(w *wire) { w.data(client, handshake); w.data(server, response); w.data(client, hello) }, 0},
		{"a frame in the packet of the request", func(w *wire) {
			w.data(client, handshake+hello)
			w.data(server, response)
			w.data(client, hello)
		}, len(hello)},
		{"frames in packets of their own", func(w *wire) {
			w.data(client, handshake)
			w.data(client, hello)
			w.data(client, hello)
			w.data(server, response)
			w.data(client, hello)
		}, 2 * len(hello)},
		{"a frame on its way when the answer was sent", func(w *wire) {
			w.data(client, handshake)
			w.send(server, ack, response)
			w.sendAck(len(response), hello)
			w.send(client, ack, hello)
			w.sendAck(len(response), "")
		}, len(hello)},
		{"a frame that was captured before the answer it knew", func(w *wire) {
			w.data(client, handshake)
			w.send(server, ack, response)
			w.send(client, ack, hello)
			w.swap()
		}, 0},
		{"after an interim answer", func(w *wire) {
			w.data(client, handshake)
			w.data(server, "HTTP/1.1 102 Processing\r\n\r\n")
			w.data(client, hello)
			w.data(server, response)
		}, len(hello)},
		{"a body", func(w *wire) {
			w.data(client, strings.TrimSuffix(handshake, "\r\n")+"Content-Length: 10\r\n\r\n01234")
			w.data(client, "56789")
			w.data(server, refusal)
		}, 10},
		{"a body that is sent when the answer is there", func(w *wire) {
			w.data(client, strings.TrimSuffix(handshake, "\r\n")+"Content-Length: 10\r\n\r\n")
			w.data(server, refusal)
			w.data(client, "0123456789")
		}, 0},
		{"junk", func(w *wire) { w.data(client, handshake+"\x00\x01junk"); w.data(server, refusal) }, 6},
		{"junk on its way when the answer was sent", func(w *wire) {
			w.data(client, handshake)
			w.send(server, ack, refusal)
			w.sendAck(len(refusal), "\x00\x01junk")
		}, 6},
		{"the next request", func(w *wire) {
			w.data(client, handshake+"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
			w.data(server, refusal+refusal)
		}, 0},
		{"the next request has a body", func(w *wire) {
			w.data(client, handshake+"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello")
			w.data(server, refusal+refusal)
		}, 0},
		{"no answer at all", func(w *wire) { w.data(client, handshake+hello) }, len(hello)},
		{"an answer that is no HTTP", func(w *wire) {
			w.data(client, handshake)
			w.data(server, "SSH-2.0-x\r\n")
			w.data(client, "bye\r\n")
		}, 0},
		{"the answer may lie in a hole", func(w *wire) {
			w.data(client, handshake)
			w.lose(server, response)
			w.data(server, text(server, "tick"))
			w.data(client, hello)
		}, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWire()
			w.open()
			test.send(w)
			w.close(client)
			if a := w.one(t); a.HTTP.EarlyBytes != uint64(test.want) {
				t.Errorf("%d early bytes, want %d", a.HTTP.EarlyBytes, test.want)
			}
		})
	}
	t.Run("an answer captured before its request", func(t *testing.T) {
		w := newWire()
		w.open()
		w.send(client, ack, handshake+hello)
		w.send(server, ack, response)
		w.swap()
		w.data(client, hello)
		w.close(client)
		if a := w.one(t); a.HTTP.EarlyBytes != uint64(len(hello)) {
			t.Errorf("%d early bytes, want %d", a.HTTP.EarlyBytes, len(hello))
		}
	})
	t.Run("each request has its own", func(t *testing.T) {
		w := newWire()
		w.open()
		w.data(client, handshake+"\x00")
		w.data(server, refusal)
		w.data(client, handshake)
		w.data(client, hello)
		w.data(server, response)
		w.data(client, hello)
		w.close(client)
		rows := w.rows(decode.Options{})
		if len(rows) != 2 || rows[0].HTTP.EarlyBytes != 1 || rows[1].HTTP.EarlyBytes != uint64(len(hello)) {
			t.Errorf("%d rows: %+v", len(rows), rows[0].HTTP)
		}
	})
}
