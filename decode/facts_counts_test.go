package decode_test

import (
	"testing"
	"time"

	"wstap/decode"
)

func ping(side int, payload string) string { return frame(side, 0x89, payload) }
func pong(side int, payload string) string { return frame(side, 0x8a, payload) }

func TestPingsUnanswered(t *testing.T) {
	for _, test := range []struct {
		name string
		send func(w *wire)
		want *decode.Pair
	}{
		{"no pings", func(w *wire) { w.data(client, text(client, "x")) }, pair(0, 0)},
		{"each has its pong", func(w *wire) {
			for _, p := range []string{"a", "b", ""} {
				w.data(client, ping(client, p))
				w.data(server, pong(server, p))
				w.data(server, ping(server, p))
				w.data(client, pong(client, p))
			}
		}, pair(0, 0)},
		{"the client stops to answer", func(w *wire) {
			w.data(server, ping(server, "1"))
			w.data(client, pong(client, "1"))
			for _, p := range []string{"2", "3", "4"} {
				w.data(server, ping(server, p))
			}
			w.data(client, text(client, "x"))
		}, pair(0, 3)},
		{"more than are kept", func(w *wire) {
			for range 20 {
				w.data(client, ping(client, ""))
			}
		}, pair(20, 0)},
		// RFC 6455 section 5.5.3: only the latest ping need be answered.
		{"one pong for two pings", func(w *wire) {
			w.data(client, ping(client, "1")+ping(client, "2"))
			w.data(server, pong(server, "2"))
		}, pair(0, 0)},
		{"a pong that nobody asked for", func(w *wire) {
			w.data(client, ping(client, "1"))
			w.data(server, pong(server, "other"))
		}, pair(1, 0)},
		{"a pong captured before its ping", func(w *wire) {
			w.data(client, ping(client, "0"))
			w.data(server, pong(server, "0"))
			w.send(client, ack, ping(client, "1"))
			w.send(server, ack, pong(server, "1"))
			w.swap()
		}, pair(0, 0)},
		{"frames are missing", func(w *wire) {
			w.data(client, ping(client, "1"))
			w.lose(server, pong(server, "1"))
			w.data(server, text(server, "x"))
		}, nil},
		{"a payload is missing", func(w *wire) {
			w.snaplen = 70
			w.data(client, ping(client, "a payload of some length"))
			w.snaplen = 0
			w.data(server, pong(server, "a payload of some length"))
		}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWire()
			w.open()
			w.data(client, handshake)
			w.data(server, response)
			test.send(w)
			w.close(client)
			wantPair(t, "websocket.pings_unanswered", w.one(t).WebSocket.PingsUnanswered, test.want)
		})
	}
}

// What was sent until the answer came, the answer included.
func TestBeforeAnswer(t *testing.T) {
	again := func(w *wire, side int, data string) {
		w.wait(300 * time.Millisecond)
		w.emit(side, ack, w.next[side]-uint32(len(data)), data)
	}
	for _, test := range []struct {
		name            string
		send            func(w *wire)
		segments, again *decode.Pair
	}{
		{"all at once", func(w *wire) {
			w.open()
			w.data(client, handshake)
			w.data(server, response)
			w.data(server, text(server, "x"))
		}, pair(1, 1), pair(0, 0)},
		{"both were sent again", func(w *wire) {
			w.open()
			w.send(client, ack, handshake[:50])
			w.send(client, ack, handshake[50:])
			again(w, client, handshake[50:])
			again(w, client, handshake[50:])
			w.send(server, ack, response[:20])
			again(w, server, response[:20])
			w.send(server, ack, response[20:])
			again(w, server, response[20:]) // after the head has ended
			w.send(client, ack, text(client, "x"))
		}, pair(4, 3), pair(2, 1)},
		{"no answer", func(w *wire) {
			w.open()
			w.send(client, ack, handshake)
			for range 5 {
				again(w, client, handshake)
			}
			w.send(client, rst|ack, "")
		}, pair(6, 0), pair(5, 0)},
		{"an answer captured first", func(w *wire) {
			w.open()
			w.send(client, ack, handshake)
			w.send(server, ack, response)
			w.swap()
		}, nil, nil}, // it is not known to begin with its connection
		{"an answer that is no HTTP", func(w *wire) {
			w.open()
			w.data(client, handshake)
			w.data(server, "SSH-2.0-x\r\n")
			w.data(server, "more")
		}, pair(1, 1), pair(0, 0)},
		{"the start is missing", func(w *wire) { w.data(client, handshake); w.data(server, response) }, nil, nil},
		{"the answer is missing", func(w *wire) {
			w.open()
			w.data(client, handshake)
			w.lose(server, response)
			w.data(server, text(server, "x"))
			w.data(client, text(client, "x"))
		}, nil, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWire()
			test.send(w)
			w.close(client)
			x := w.one(t).TCP
			wantPair(t, "tcp.segments_before_answer", x.SegmentsBeforeAnswer, test.segments)
			wantPair(t, "tcp.retransmissions_before_answer", x.RetransmissionsBeforeAnswer, test.again)
		})
	}
	w := newWire()
	w.open()
	for range 2 {
		w.data(client, handshake)
		w.data(server, "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n")
	}
	w.close(client)
	rows := w.rows(decode.Options{})
	wantPair(t, "tcp.segments_before_answer of the first", rows[0].TCP.SegmentsBeforeAnswer, pair(1, 1))
	wantPair(t, "tcp.segments_before_answer of the second", rows[1].TCP.SegmentsBeforeAnswer, nil)
}
