package http1

import "testing"

func TestLookup(t *testing.T) {
	var h Head
	h.ParseRequest([]byte("GET / HTTP/1.1\r\nUPGRADE: h2c, WebSocket\r\nupgrade: x\r\nUpgrade : y\r\n" +
		"Connection: keep-alive,\r\n\tUpgrade\r\nSec-WebSocket-Foo: 1\r\n\r\n"))
	if v, ok := h.Get("upgrade"); !ok || string(v) != "h2c, WebSocket" {
		t.Errorf("Get gives %q %v", v, ok)
	}
	if _, ok := h.Get("Origin"); ok {
		t.Error("Get gives what is not there")
	}
	if n := h.Count("Upgrade"); n != 2 {
		t.Errorf("Count gives %d: a name with a space before the colon is another name", n)
	}
	for want, in := range map[string]bool{"websocket": true, "x": true, "y": false, "web": false, "h2c, WebSocket": false} {
		if h.Lists("Upgrade", want) != in {
			t.Errorf("Upgrade lists %q: %v", want, !in)
		}
	}
	if !h.Lists("Connection", "upgrade") {
		t.Error("a folded element is not found")
	}
	if !h.Prefixed("sec-websocket-") || h.Prefixed("Sec-WebSocket-Key") {
		t.Error("Prefixed")
	}
}

func TestEqualFold(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"Upgrade", "uPGRADE", true},
		{"a", "ab", false},
		{"@", "`", false}, // they differ in the bit that letters differ in
		{"[", "{", false},
		{"\xc1", "\xe1", false}, // as do letters of Latin-1
		{"\r", "-", false},
	} {
		if EqualFold([]byte(c.a), c.b) != c.want {
			t.Errorf("%q and %q: %v", c.a, c.b, !c.want)
		}
	}
}

func TestStarts(t *testing.T) {
	for _, c := range []struct {
		in                      string
		request, partial, whole bool // RequestStart, the same for a piece, AnyRequestLine
		response, piece         bool // ResponseStart, the same for a piece
	}{
		{in: "GET / HTTP/1.1\r\n", request: true, partial: true, whole: true},
		{in: "\r\n\r\nGET / HTTP/1.1\r\n", request: true, partial: true, whole: true},
		{in: "CONNECT h:1 HT", request: true, partial: true},
		{in: "OPT", partial: true},
		{in: "GET", partial: true},
		{in: "get / HTTP/1.1\r\n", whole: true}, // a method of one's own, in small letters
		{in: "PROPFIND /x HTTP/1.1\r\n", whole: true},
		{in: "UPDATEREDIRECTREF /x HTTP/1.1\r\n", whole: true},
		{in: "UPDATEREDIRECTREFS /x HTTP/1.1\r\n"},
		{in: "0f3a HTTP/1.1\r\nHost: h\r\n"}, // the end of a target
		{in: "PROPFIND /x HTTP/1.1"},         // the line might go on
		{in: "PROPFIND /x HTTP/2.0\r\n"},
		{in: "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
		{in: "HTTP/1.1 200 OK\r\n", response: true, piece: true},
		{in: "HTT", piece: true},
		{in: "H", partial: true, piece: true}, // HEAD or HTTP
		{in: "HTTP/2 200\r\n"},
		{in: "\r\nHTTP/1.1 200"},
		{in: ""},
		{in: "\r\n"},
		{in: "\x16\x03\x01\x02\x00\x01"},
		{in: "\x81\x05Hello"},
	} {
		b := []byte(c.in)
		if got := [...]bool{RequestStart(b, false), RequestStart(b, true), AnyRequestLine(b), ResponseStart(b, false), ResponseStart(b, true)}; got !=
			[...]bool{c.request, c.partial, c.whole, c.response, c.piece} {
			t.Errorf("%q: %v", c.in, got)
		}
	}
	if n := SkipBlank([]byte("\r\n\n\rGET")); n != 4 {
		t.Errorf("SkipBlank gives %d", n)
	}
}
