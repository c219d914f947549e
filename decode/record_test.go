package decode_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"wstap/decode"
)

// Every name of the record that a whole conversation fills.
func TestRecord(t *testing.T) {
	w := newWire()
	w.open()
	w.wait(time.Second)
	w.data(client, strings.Replace(handshake, "Host: server.example.com\r\n",
		"hOsT: server.example.com:8085\r\nX-Long: a\r\n b\r\nOrigin: http://example.com\r\nUser-Agent: test\r\nSec-WebSocket-Protocol: a, b\r\nSec-WebSocket-Protocol: c\r\nX-Bytes: \xff\xfe\r\n", 1))
	w.data(server, "HTTP/1.1 100 Continue\r\n\r\n")
	w.data(server, strings.TrimSuffix(response, "\r\n")+"Sec-WebSocket-Protocol: b\r\n\r\n")
	w.data(client, frame(client, 0x89, "ping"))
	w.wait(20 * time.Millisecond)
	w.data(server, frame(server, 0x8a, "ping"))
	w.data(client, frame(client, 0x01, "Hel")+frame(client, 0x89, "")+frame(client, 0x80, "lo"))
	w.data(server, frame(server, 0x82, "\x00\x01"))
	w.data(server, closeFrame(server, 4401, "login")+"")
	w.data(client, closeFrame(client, 4401, ""))
	w.close(server)
	a := w.one(t)
	wantOutcome(t, a, decode.VerdictAccepted, decode.EndingClean)

	h, ws := a.HTTP, a.WebSocket
	for _, c := range []struct{ name, got, want string }{
		{"id", a.ID, a.CommunityID + "@1795176000001000000"},
		{"time", a.Time, "2026-11-20T12:00:00.001000000Z"},
		{"client", a.Client, "192.0.2.10:40000"},
		{"server", a.Server, "198.51.100.5:8085"},
		{"server_name", a.ServerName, "server.example.com"},
		{"filter", a.Filter, "ip.addr == 192.0.2.10 && tcp.port == 40000 && ip.addr == 198.51.100.5 && tcp.port == 8085"},
		{"http.host", h.Host, "server.example.com:8085"},
		{"http.origin", h.Origin, "http://example.com"},
		{"http.user_agent", h.UserAgent, "test"},
		{"http.reason", h.Reason, "Switching Protocols"},
		{"http.method", h.Method, "GET"},
		{"http.version", h.Version, "1.1"},
		{"websocket.subprotocol", ws.Subprotocol, "b"},
		{"websocket.subprotocols_offered", strings.Join(ws.SubprotocolsOffered, " "), "a b c"},
		{"websocket.accept_expected", ws.AcceptExpected, accept},
		{"close.by", a.Close.By, "server"},
		{"close.reason", a.Close.Reason, "login"},
		{"tcp.first_fin", a.TCP.FirstFIN, "server"},
	} {
		if c.got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, c.got, c.want)
		}
	}
	if !slices.Contains(h.RequestHeaders, decode.Header{"hOsT", "server.example.com:8085"}) ||
		!slices.Contains(h.RequestHeaders, decode.Header{"X-Long", "a b"}) ||
		!slices.Contains(h.RequestHeaders, decode.Header{"X-Bytes", `\xff\xfe`}) {
		t.Errorf("request headers: %q", h.RequestHeaders)
	}
	if !slices.Equal(h.Interim, []int{100}) {
		t.Errorf("interim: %v", h.Interim)
	}
	frames := decode.Frames{
		Client: decode.FrameCounts{Text: 1, Continuation: 1, Ping: 2, Close: 1},
		Server: decode.FrameCounts{Binary: 1, Pong: 1, Close: 1},
	}
	if *ws.Frames != frames || *ws.Messages != (decode.Pair{Client: 1, Server: 1}) || *ws.Bytes != (decode.Pair{Client: 5, Server: 2}) {
		t.Errorf("frames %+v, messages %+v, bytes %+v", *ws.Frames, *ws.Messages, *ws.Bytes)
	}
	// 1 ms to send the ACK of the ping, 20 ms of waiting, 1 ms for the pong.
	if ws.PingRTT == nil || ws.PingRTT.Min != 22 || ws.PingRTT.Median != 22 {
		t.Errorf("ping round trip: %+v", ws.PingRTT)
	}
	if *a.Close.Code != 4401 || *a.Close.ClientCode != 4401 || *a.Close.ServerCode != 4401 {
		t.Errorf("close: %+v", a.Close)
	}
	if p := *a.Packets; p.First != 1 || p.SYN != 1 || p.Request != 4 || p.Response != 8 || p.Close != 18 || p.End != 22 || p.Last != 24 {
		t.Errorf("packets: %+v", p)
	}
	// From the SYN to the SYN-ACK, and from the request to the final answer.
	if *a.Timing.ConnectMS != 1 || *a.Timing.AnswerMS != 4 {
		t.Errorf("timing: connect %v, answer %v", *a.Timing.ConnectMS, *a.Timing.AnswerMS)
	}
	if !*ws.KeyValid || !*ws.AcceptValid || !*ws.CountsComplete || len(ws.Violations) != 0 || a.Capture.Gaps != 0 {
		t.Errorf("websocket: %+v", ws)
	}
}

// The first Close is the one that was sent first, not the one whose bytes could be
// used first; and with a hole in the other direction nobody knows.
func TestCloseBy(t *testing.T) {
	begin := func() *wire {
		w := newWire()
		w.open()
		w.data(client, handshake)
		w.data(server, response)
		return w
	}
	t.Run("behind a hole that is filled", func(t *testing.T) {
		w := begin()
		lost := text(client, "late")
		seq := w.next[client]
		w.next[client] += uint32(len(lost))
		w.send(client, ack, closeFrame(client, 1000, "bye"))
		w.next[server] += 0
		w.send(server, ack, closeFrame(server, 1000, ""))
		w.emit(client, ack, seq, lost)
		w.close(client)
		if a := w.one(t); a.Close == nil || a.Close.By != "client" || a.Close.Reason != "bye" {
			t.Errorf("close: %+v", a.Close)
		}
	})
	t.Run("a hole on the other side", func(t *testing.T) {
		w := begin()
		w.lose(client, closeFrame(client, 1000, "bye"))
		w.data(server, closeFrame(server, 1000, ""))
		w.close(client)
		a := w.one(t)
		wantOutcome(t, a, decode.VerdictAccepted, decode.EndingLost)
		if a.Close.By != "" || *a.Close.Code != 1000 || *a.WebSocket.CountsComplete {
			t.Errorf("close: %+v, complete %v", a.Close, *a.WebSocket.CountsComplete)
		}
	})
}

// A code that was sent is in the record, whatever it is, and one that was not captured
// is not.
func TestCloseCode(t *testing.T) {
	for _, test := range []struct {
		name string
		send func(w *wire, whole string)
		code int // what is sent
		want int // -1 for none
	}{
		{"legal", func(w *wire, whole string) { w.data(server, whole) }, 1008, 1008},
		{"zero", func(w *wire, whole string) { w.data(server, whole) }, 0, 0},
		{"none", func(w *wire, _ string) { w.data(server, frame(server, 0x88, "")) }, 0, 1005},
		{"zero, the reason in a hole", func(w *wire, whole string) { w.data(server, whole[:4]); w.lose(server, whole[4:]) }, 0, 0},
		{"in a hole", func(w *wire, whole string) { w.data(server, whole[:2]); w.lose(server, whole[2:]) }, 1008, -1},
		{"half of it in a hole", func(w *wire, whole string) { w.data(server, whole[:3]); w.lose(server, whole[3:]) }, 1008, -1},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWire()
			w.open()
			w.data(client, handshake)
			w.data(server, response)
			test.send(w, closeFrame(server, test.code, "because"))
			w.close(server)
			c := w.one(t).Close
			if c == nil || c.By != "server" || c.ClientCode != nil {
				t.Fatalf("close: %+v", c)
			}
			for _, code := range []*int{c.Code, c.ServerCode} {
				if (code == nil) != (test.want < 0) || code != nil && *code != test.want {
					out, _ := json.Marshal(c)
					t.Errorf("close: %s", out)
				}
			}
		})
	}
}

// Frames without a handshake are believed when several agree, and never when they
// do not.
func TestHeadless(t *testing.T) {
	t.Run("frames", func(t *testing.T) {
		w := newWire()
		w.data(server, text(server, "tick"))
		w.data(client, text(client, "tock"))
		w.data(server, text(server, "tick"))
		w.data(client, closeFrame(client, 1001, ""))
		w.data(server, closeFrame(server, 1001, ""))
		w.close(client)
		a := w.one(t)
		wantOutcome(t, a, decode.VerdictHeadless, decode.EndingClean)
		if a.Client != "192.0.2.10:40000" || a.HTTP != nil || !a.Capture.Midstream || a.Close.By != "client" {
			t.Errorf("row: %+v", a)
		}
	})
	t.Run("two frames are too few", func(t *testing.T) {
		w := newWire()
		w.data(server, text(server, "tick"))
		w.data(server, text(server, "tick"))
		if rows := w.rows(decode.Options{}); len(rows) != 0 {
			t.Errorf("%d rows, want none", len(rows))
		}
	})
	t.Run("another protocol", func(t *testing.T) {
		w := newWire()
		for range 50 {
			w.data(server, "\x81\x05but this is longer than its length says\r\n")
			w.data(client, "A01 FETCH 1 BODY\r\n")
		}
		if rows := w.rows(decode.Options{}); len(rows) != 0 {
			t.Errorf("%d rows, want none", len(rows))
		}
	})
	t.Run("a connection whose start says otherwise", func(t *testing.T) {
		w := newWire()
		w.open()
		for range 50 {
			w.data(server, text(server, "tick"))
		}
		if rows := w.rows(decode.Options{}); len(rows) != 0 {
			t.Errorf("%d rows, want none", len(rows))
		}
	})
}

// With Options.Payload messages are inflated and text is checked; without it they
// are not looked into.
func TestPayload(t *testing.T) {
	w := newWire()
	w.open()
	w.data(client, strings.TrimSuffix(handshake, "\r\n")+"Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n")
	w.data(server, strings.TrimSuffix(response, "\r\n")+"Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n")
	w.data(client, frame(client, 0xc1, "\xf2\x48\xcd\xc9\xc9\x07\x00")) // RFC 7692 section 7.2.3.1: "Hello"
	w.data(client, frame(client, 0xc1, "\xf2\x00\x11\x00\x00"))         // section 7.2.3.2: "Hello" again
	w.data(server, frame(server, 0x81, "\xce\xba\xe1\xbd"))             // ends within a character
	w.data(client, closeFrame(client, 1007, ""))
	w.close(client)
	for _, payload := range []bool{false, true} {
		a := w.rows(decode.Options{Payload: payload})[0]
		ws := a.WebSocket
		if !payload {
			if ws.FirstMessage != nil || ws.InflatedBytes != nil || len(ws.Violations) != 0 {
				t.Errorf("without Payload: %+v", ws)
			}
			continue
		}
		if ws.FirstMessage.Client != "Hello" || ws.InflatedBytes.Client != 10 {
			t.Errorf("first message %+v, inflated %+v", ws.FirstMessage, ws.InflatedBytes)
		}
		if len(ws.Violations) != 1 || ws.Violations[0].Rule != "text-not-utf8" || ws.Violations[0].Direction != "server" {
			t.Errorf("violations: %+v", ws.Violations)
		}
	}
}

// The Community ID of the specification's example.
func TestCommunityID(t *testing.T) {
	if got := decode.CommunityID("128.232.110.120:34855", "66.35.250.204:80"); got != "1:LQU9qZlK+B5F3KDmev6m5PMibrg=" {
		t.Errorf("got %s", got)
	}
}
