package decode_test

import (
	"strings"
	"testing"
	"time"

	"wstap/decode"
)

// The checks that a client must make of a 101 (RFC 6455 section 4.1, items 2 to 6,
// and RFC 7692 section 7.1 for permessage-deflate).
func TestVerdictOf101(t *testing.T) {
	const offerDeflate = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n"
	for _, test := range []struct {
		name          string
		request       string // further fields
		from, to, add string // change to the response
		want          decode.Verdict
	}{
		{name: "as it should be", want: decode.VerdictAccepted},
		{name: "Upgrade in another case", from: "Upgrade: websocket", to: "upgrade: WebSocket", want: decode.VerdictAccepted},
		{name: "Connection is a list", from: "Connection: Upgrade", to: "Connection: keep-alive, upgrade", want: decode.VerdictAccepted},
		{name: "no reason phrase", from: "101 Switching Protocols", to: "101", want: decode.VerdictAccepted},
		{name: "no Upgrade", from: "Upgrade: websocket\r\n", want: decode.VerdictBadHandshake},
		{name: "Upgrade to something else", from: "Upgrade: websocket", to: "Upgrade: h2c", want: decode.VerdictBadHandshake},
		{name: "no Connection", from: "Connection: Upgrade\r\n", want: decode.VerdictBadHandshake},
		{name: "Connection without upgrade", from: "Connection: Upgrade", to: "Connection: close", want: decode.VerdictBadHandshake},
		{name: "no Accept", from: "Sec-WebSocket-Accept: " + accept + "\r\n", want: decode.VerdictBadHandshake},
		{name: "Accept of another key", from: accept, to: "Kfh9QIsMVZcl6xEPYxPHzW8SZ8w=", want: decode.VerdictBadHandshake},
		{name: "Accept in another case", from: accept, to: strings.ToLower(accept), want: decode.VerdictBadHandshake},
		{name: "Accept twice", add: "Sec-WebSocket-Accept: " + accept + "\r\n", want: decode.VerdictBadHandshake},
		{name: "subprotocol offered", request: "Sec-WebSocket-Protocol: chat, superchat\r\n", add: "Sec-WebSocket-Protocol: chat\r\n", want: decode.VerdictAccepted},
		{name: "subprotocol in another case", request: "Sec-WebSocket-Protocol: chat\r\n", add: "Sec-WebSocket-Protocol: Chat\r\n", want: decode.VerdictBadHandshake},
		{name: "subprotocol not offered", add: "Sec-WebSocket-Protocol: mqtt\r\n", want: decode.VerdictBadHandshake},
		{name: "offered subprotocol not chosen", request: "Sec-WebSocket-Protocol: chat\r\n", want: decode.VerdictAccepted},
		{name: "extension not offered", add: "Sec-WebSocket-Extensions: permessage-deflate\r\n", want: decode.VerdictBadHandshake},
		{name: "extension offered", request: offerDeflate, add: "Sec-WebSocket-Extensions: permessage-deflate\r\n", want: decode.VerdictAccepted},
		{name: "extension twice", request: offerDeflate, add: "Sec-WebSocket-Extensions: permessage-deflate, permessage-deflate\r\n", want: decode.VerdictBadHandshake},
		{name: "window bits", request: offerDeflate, add: "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=12\r\n", want: decode.VerdictAccepted},
		{name: "window bits out of range", request: offerDeflate, add: "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=16\r\n", want: decode.VerdictBadHandshake},
		{name: "window bits not offered", request: "Sec-WebSocket-Extensions: permessage-deflate\r\n", add: "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=12\r\n", want: decode.VerdictBadHandshake},
		{name: "unknown parameter", request: offerDeflate, add: "Sec-WebSocket-Extensions: permessage-deflate; speed=9\r\n", want: decode.VerdictBadHandshake},
	} {
		t.Run(test.name, func(t *testing.T) {
			answer := response
			if test.from != "" {
				if answer = strings.Replace(response, test.from, test.to, 1); answer == response {
					t.Fatalf("%q is not in the response", test.from)
				}
			}
			w := newWire()
			w.open()
			w.data(client, strings.TrimSuffix(handshake, "\r\n")+test.request+"\r\n")
			w.data(server, strings.TrimSuffix(answer, "\r\n")+test.add+"\r\n")
			w.close(client)
			wantOutcome(t, w.one(t), test.want, decode.EndingAbnormalFIN)
		})
	}
}

// What counts as a try at a handshake, and what never does (DESIGN.md section 3).
func TestAttemptOrNot(t *testing.T) {
	request := func(line string, fields ...string) string {
		return line + "\r\nHost: a.example\r\n" + strings.Join(fields, "") + "\r\n"
	}
	for _, test := range []struct {
		name, request string
		want          int
	}{
		{"Upgrade alone", request("GET / HTTP/1.1", "Upgrade: websocket\r\n"), 1},
		{"Upgrade in a list", request("GET / HTTP/1.1", "upgrade: foo/2, WEBSOCKET\r\n"), 1},
		{"key alone, as a proxy leaves it", request("GET / HTTP/1.1", "Sec-WebSocket-Key: "+key+"\r\n"), 1},
		{"version alone", request("GET / HTTP/1.0", "Sec-WebSocket-Version: 13\r\n"), 1},
		{"Hixie-76", request("GET / HTTP/1.1", "Sec-WebSocket-Key1: 4 @1  46546xW%0l 1 5\r\n"), 1},
		{"engine.io", request("GET /socket.io/?EIO=4&transport=websocket HTTP/1.1"), 1},
		{"engine.io polling", request("GET /socket.io/?EIO=4&transport=polling HTTP/1.1"), 0},
		{"POST with Upgrade", request("POST / HTTP/1.1", "Upgrade: websocket\r\nContent-Length: 0\r\n"), 1},
		{"h2c", request("GET / HTTP/1.1", "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n"), 0},
		{"h2c with a WebSocket field", request("GET / HTTP/1.1", "Upgrade: h2c\r\nSec-WebSocket-Key: x\r\n"), 1},
		{"plain GET", request("GET /chat HTTP/1.1"), 0},
		{"OPTIONS", request("OPTIONS /chat HTTP/1.1"), 0},
		{"websocket in a path", request("GET /websocket HTTP/1.1"), 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWire()
			w.open()
			w.data(client, test.request)
			w.data(server, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
			w.close(server)
			rows := w.rows(decode.Options{})
			if len(rows) != test.want {
				t.Fatalf("%d rows, want %d", len(rows), test.want)
			}
			if test.want == 1 {
				wantOutcome(t, rows[0], decode.VerdictRejected, decode.EndingNone)
			}
		})
	}
}

// How a WebSocket that was open came to its end.
func TestEnding(t *testing.T) {
	const nowhere = "\x82\x7f\x80\x00\x00\x00\x00\x00\x00\x05" // a 64-bit length with its top bit set
	for _, test := range []struct {
		name string
		end  func(w *wire)
		want decode.Ending
	}{
		{"Close both ways", func(w *wire) {
			w.data(client, closeFrame(client, 1000, ""))
			w.data(server, closeFrame(server, 1000, ""))
			w.close(server)
		}, decode.EndingClean},
		{"Close both ways, then RST", func(w *wire) {
			w.data(client, closeFrame(client, 1000, ""))
			w.data(server, closeFrame(server, 1000, ""))
			w.send(client, rst|ack, "")
		}, decode.EndingClean},
		{"one Close, then FIN", func(w *wire) {
			w.data(server, closeFrame(server, 1011, "boom"))
			w.close(server)
		}, decode.EndingOneSided},
		{"FIN", func(w *wire) { w.close(server) }, decode.EndingAbnormalFIN},
		{"RST", func(w *wire) { w.send(server, rst|ack, "") }, decode.EndingRST},
		{"FIN, data of the other side, then RST", func(w *wire) {
			w.send(server, fin|ack, "")
			w.send(client, ack, text(client, "are you there"))
			w.send(server, rst, "")
		}, decode.EndingRST},
		{"FIN, then RST", func(w *wire) {
			w.send(server, fin|ack, "")
			w.send(client, rst|ack, "")
		}, decode.EndingAbnormalFIN},
		{"the capture ends", func(w *wire) {}, decode.EndingOpen},
		{"a hole before the FIN", func(w *wire) {
			w.lose(server, closeFrame(server, 1001, "going away"))
			w.close(server)
		}, decode.EndingLost},
		{"a hole inside a payload before the FIN", func(w *wire) {
			whole := text(server, strings.Repeat("x", 100))
			w.send(server, ack, whole[:40])
			w.lose(server, whole[40:60])
			w.data(server, whole[60:])
			w.close(server)
		}, decode.EndingAbnormalFIN},
		{"a length with its top bit set before the RST", func(w *wire) {
			w.data(server, nowhere)
			w.send(client, rst|ack, "")
		}, decode.EndingRST},
		{"such a length, and then a hole", func(w *wire) {
			w.data(server, nowhere)
			w.lose(server, closeFrame(server, 1001, "going away"))
			w.close(server)
		}, decode.EndingLost},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWire()
			w.open()
			w.data(client, handshake)
			w.data(server, response)
			w.data(client, text(client, "hello"))
			w.data(server, text(server, "hello"))
			test.end(w)
			wantOutcome(t, w.one(t), decode.VerdictAccepted, test.want)
		})
	}
}

// What was sent again before a request says nothing of it.
func TestSilenceAfterRetransmissions(t *testing.T) {
	w := newWire()
	w.open()
	plain := "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
	w.send(client, ack, plain)
	for range 2 {
		w.wait(time.Second)
		w.emit(client, ack, w.next[client]-uint32(len(plain)), plain)
	}
	w.data(server, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
	w.data(client, handshake)
	wantOutcome(t, w.one(t), decode.VerdictIncomplete, decode.EndingNone)
	for range 2 {
		w.wait(time.Second)
		w.emit(client, ack, w.next[client]-uint32(len(handshake)), handshake)
	}
	wantOutcome(t, w.one(t), decode.VerdictUnanswered, decode.EndingNone)
}

// No answer in the capture is not yet no answer.
func TestSilence(t *testing.T) {
	for _, test := range []struct {
		name    string
		goOn    func(w *wire)
		verdict decode.Verdict
		ending  decode.Ending
	}{
		{"the client gives up", func(w *wire) { w.close(client) }, decode.VerdictUnanswered, decode.EndingNone},
		{"the server resets", func(w *wire) { w.send(server, rst|ack, "") }, decode.VerdictUnanswered, decode.EndingNone},
		{"the capture ends at once", func(w *wire) {}, decode.VerdictIncomplete, decode.EndingNone},
		{"the capture goes on for long", func(w *wire) {
			w.wait(time.Minute)
			w.send(client, ack, "")
		}, decode.VerdictUnanswered, decode.EndingNone},
		{"the answer lies in a hole", func(w *wire) {
			w.lose(server, response)
			w.close(client)
		}, decode.VerdictIncomplete, decode.EndingLost},
		{"the answer lies in a hole, frames follow", func(w *wire) {
			w.lose(server, response)
			for range 5 {
				w.data(server, text(server, "tick"))
				w.data(client, text(client, "tock"))
			}
			w.wait(time.Second)
			w.close(client)
		}, decode.VerdictIncomplete, decode.EndingLost},
		{"the answer and all else is missing but for an acknowledgment behind it", func(w *wire) {
			w.drop = true
			w.send(server, ack, response)
			w.drop = false
			w.send(server, ack, "")
			w.another()
			w.wait(time.Minute)
			w.open()
		}, decode.VerdictIncomplete, decode.EndingLost},
		{"frames without waiting for the answer, and the server closes", func(w *wire) {
			w.data(client, text(client, "hello")+closeFrame(client, 1000, ""))
			w.close(server)
		}, decode.VerdictUnanswered, decode.EndingNone},
		{"such frames, and the server's end was not captured", func(w *wire) {
			w.data(client, text(client, "hello"))
			w.send(client, rst|ack, "")
		}, decode.VerdictIncomplete, decode.EndingRST},
		{"such frames, and the answer lies in a hole", func(w *wire) {
			w.data(client, text(client, "hello"))
			w.lose(server, response)
			w.close(server)
		}, decode.VerdictIncomplete, decode.EndingLost},
		{"an answer that is no HTTP", func(w *wire) {
			w.data(server, "SSH-2.0-OpenSSH_9.2\r\n")
			w.close(client)
		}, decode.VerdictBadHandshake, decode.EndingAbnormalFIN},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWire()
			w.open()
			w.data(client, handshake)
			test.goOn(w)
			a := w.one(t)
			wantOutcome(t, a, test.verdict, test.ending)
			if a.Close != nil && a.Ending == decode.EndingNone {
				t.Errorf("closed without having been open: %+v", *a.Close)
			}
		})
	}
}
