package http1

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
)

// Well-formed messages, which net/http must read as this package does.
var wellFormed = []string{
	"GET /chat?x=1 HTTP/1.1\r\nHost: example.com\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n" +
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
	"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
	"POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\na;x=y\r\n0123456789\r\n0\r\nT: u\r\n\r\n",
	"GET http://example.com/ HTTP/1.1\r\nHost: example.com\r\n\r\n",
	"CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n",
	"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
	"GET / HTTP/1.0\r\nX: a\r\nX: b\r\nY:\t c \r\n\r\n",
	"GET / HTTP/1.1\nHost: a\nX: b\n\n",
	"GET / HTTP/1.1\r\nHost: a\r\nX: b,\r\n  c\r\n\r\n",
	"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
	"HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain\r\nContent-Length: 7\r\n\r\ngo away",
	"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
	"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
	"HTTP/1.1 400 \r\nConnection: close\r\n\r\nuntil the end",
	"HTTP/1.1 400\r\nContent-Length: 0\r\n\r\n",
	"HTTP/1.1 204 No Content\r\n\r\n",
	"HTTP/1.0 502 Bad Gateway\nServer: x\n\n<html>",
}

func TestLikeNetHTTP(t *testing.T) {
	for _, m := range wellFormed {
		n, ok := HeadEnd([]byte(m), 0)
		if !ok {
			t.Errorf("%q has no end", m)
			continue
		}
		if strings.HasPrefix(m, "HTTP/") {
			compareResponse(t, m[:n], m[n:])
		} else {
			compareRequest(t, m[:n], m[n:])
		}
	}
}

func compareRequest(t *testing.T, head, rest string) {
	t.Helper()
	want, err := http.ReadRequest(bufio.NewReader(strings.NewReader(head + rest)))
	if err != nil {
		t.Fatalf("%q: %v", head, err)
	}
	var h Head
	if !h.ParseRequest([]byte(head)) {
		t.Fatalf("%q is no request", head)
	}
	if string(h.Method) != want.Method || string(h.Target) != want.RequestURI || "HTTP/"+string(h.Version) != want.Proto {
		t.Errorf("%q: %s %s %s", head, h.Method, h.Target, h.Version)
	}
	if want.Header.Get("Host") == "" && want.Host != "" {
		want.Header.Set("Host", want.Host) // net/http moves it
	}
	compareFields(t, &h, want.Header)
	compareBody(t, head, h.RequestBody(), rest, want.Body)
}

func compareResponse(t *testing.T, head, rest string) {
	t.Helper()
	want, err := http.ReadResponse(bufio.NewReader(strings.NewReader(head+rest)), nil)
	if err != nil {
		t.Fatalf("%q: %v", head, err)
	}
	var h Head
	if !h.ParseResponse([]byte(head)) {
		t.Fatalf("%q is no response", head)
	}
	if h.Status != want.StatusCode || "HTTP/"+string(h.Version) != want.Proto {
		t.Errorf("%q: %d %s", head, h.Status, h.Version)
	}
	if reason := strings.TrimSpace(strings.TrimPrefix(want.Status, "400")); want.StatusCode == 400 && string(h.Reason) != reason {
		t.Errorf("%q: reason %q, want %q", head, h.Reason, reason)
	}
	compareFields(t, &h, want.Header)
	if want.StatusCode != http.StatusSwitchingProtocols {
		compareBody(t, head, h.ResponseBody([]byte("GET")), rest, want.Body)
	}
}

// compareFields wants every value, in its order. net/http moves some fields into
// its structs: those are left out.
func compareFields(t *testing.T, h *Head, want http.Header) {
	t.Helper()
	got := http.Header{}
	for _, f := range h.Fields {
		got.Add(string(f.Name), string(Unfold(f.Value)))
	}
	for name, values := range want {
		g := got.Values(name)
		if name == "Content-Length" && len(g) > 1 {
			g = g[:1] // net/http makes one of equal ones
		}
		if strings.Join(g, "\x00") != strings.Join(values, "\x00") {
			t.Errorf("%s: %q, want %q", name, g, values)
		}
	}
}

func compareBody(t *testing.T, head string, body Body, rest string, want io.Reader) {
	t.Helper()
	content, err := io.ReadAll(want)
	if err != nil {
		t.Fatal(err)
	}
	got, _ := read(t, &body, []byte(rest))
	if !bytes.Equal(got, content) {
		t.Errorf("%q: content %q, want %q", head, got, content)
	}
}

// readable reports whether net/http reads b as a message, and gives it.
func readable(b []byte) (*http.Request, error) {
	r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(b)))
	if err == nil && r == nil {
		err = errors.New("nothing")
	}
	return r, err
}
