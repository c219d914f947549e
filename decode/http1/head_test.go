package http1

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// flat is a Head with strings, for tables.
type flat struct {
	Method, Target, Version string
	Status                  int
	Reason                  string
	NoReason                bool
	Fields                  [][2]string
	Malformed               int
	More                    bool
}

func flatten(h *Head) flat {
	f := flat{
		Method: string(h.Method), Target: string(h.Target), Version: string(h.Version), Status: h.Status,
		Reason: string(h.Reason), NoReason: h.Reason == nil, Malformed: h.Malformed, More: h.More,
	}
	for _, v := range h.Fields {
		f.Fields = append(f.Fields, [2]string{string(v.Name), string(v.Value)})
	}
	return f
}

// request is a flat without what a request has not.
func request(method, target, version string, fields ...[2]string) flat {
	return flat{Method: method, Target: target, Version: version, NoReason: true, Fields: fields}
}

func TestParseRequest(t *testing.T) {
	for _, c := range []struct {
		name string
		in   string
		want flat // no method: not a request
	}{
		{"a browser's handshake", "GET /chat HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\r\n",
			request("GET", "/chat", "1.1", [2]string{"Host", "a"}, [2]string{"Upgrade", "websocket"})},
		{"case and duplicates are kept", "GET / HTTP/1.1\r\nhOST: a\r\nX: 1\r\nx: 2\r\nX: 1\r\n\r\n",
			request("GET", "/", "1.1", [2]string{"hOST", "a"}, [2]string{"X", "1"}, [2]string{"x", "2"}, [2]string{"X", "1"})},
		{"line ends of LF alone", "GET / HTTP/1.0\nHost: a\n\n", request("GET", "/", "1.0", [2]string{"Host", "a"})},
		{"line ends mixed", "GET / HTTP/1.1\nHost: a\r\nX: y\n\r\n", request("GET", "/", "1.1", [2]string{"Host", "a"}, [2]string{"X", "y"})},
		{"blanks around a value are no part of it", "GET / HTTP/1.1\r\nA:\t  b c \t\r\nB:d\r\n\r\n", request("GET", "/", "1.1", [2]string{"A", "b c"}, [2]string{"B", "d"})},
		{"an empty value", "GET / HTTP/1.1\r\nA:\r\nB: \r\n\r\n", request("GET", "/", "1.1", [2]string{"A", ""}, [2]string{"B", ""})},
		{"obsolete folding is kept as sent", "GET / HTTP/1.1\r\nA: b,\r\n\tc\r\n  d\r\nE: f\r\n\r\n",
			request("GET", "/", "1.1", [2]string{"A", "b,\r\n\tc\r\n  d"}, [2]string{"E", "f"})},
		{"folding of a value that begins on the next line", "GET / HTTP/1.1\r\nA:\r\n b\r\n\r\n", request("GET", "/", "1.1", [2]string{"A", "\r\n b"})},
		{"a folded line with a colon is no field", "GET / HTTP/1.1\r\nA: b\r\n C: d\r\n\r\n", request("GET", "/", "1.1", [2]string{"A", "b\r\n C: d"})},
		{"a line that folds what is no field is none either (RFC 9112 section 2.2)", "GET / HTTP/1.1\r\n Host: a\r\nB: c\r\n\r\n",
			flat{Method: "GET", Target: "/", Version: "1.1", NoReason: true, Fields: [][2]string{{"B", "c"}}, Malformed: 1}},
		{"folding behind a broken line does not reach the field before it", "GET / HTTP/1.1\r\nA: b\r\nbroken\r\n fold\r\n\r\n",
			flat{Method: "GET", Target: "/", Version: "1.1", NoReason: true, Fields: [][2]string{{"A", "b"}}, Malformed: 2}},
		{"absolute-form, to a proxy", "GET http://h:80/a?b HTTP/1.1\r\n\r\n", request("GET", "http://h:80/a?b", "1.1")},
		{"authority-form", "CONNECT h:443 HTTP/1.1\r\n\r\n", request("CONNECT", "h:443", "1.1")},
		{"asterisk-form", "OPTIONS * HTTP/1.1\r\n\r\n", request("OPTIONS", "*", "1.1")},
		{"a target with blanks in it: no client should, some do", "GET /a b HTTP/1.1\r\n\r\n", request("GET", "/a b", "1.1")},
		{"a target that speaks of HTTP/", "GET /HTTP/1.1 HTTP/1.1\r\n\r\n", request("GET", "/HTTP/1.1", "1.1")},
		{"blanks behind the version (RFC 9112 section 3)", "GET / HTTP/1.1 \t\r\n\r\n", request("GET", "/", "1.1")},
		{"HTTP/0.9: no version", "GET /\r\n\r\n", request("GET", "/", "")},
		{"a version in small letters is none", "GET / http/1.1\r\n\r\n", request("GET", "/ http/1.1", "")},
		{"a method of one's own", "M-SEARCH * HTTP/1.1\r\n\r\n", request("M-SEARCH", "*", "1.1")},
		{"space before the colon stays in the name: it is another field", "GET / HTTP/1.1\r\nUpgrade : websocket\r\n\r\n",
			request("GET", "/", "1.1", [2]string{"Upgrade ", "websocket"})},
		{"an empty name, and a line without a colon", "GET / HTTP/1.1\r\n: x\r\njust words\r\nA: b\r\n\r\n",
			flat{Method: "GET", Target: "/", Version: "1.1", NoReason: true, Fields: [][2]string{{"A", "b"}}, Malformed: 2}},
		{"NUL, control bytes and bare CR are evidence", "GET /\x00 HTTP/1.1\r\nA: \x00\x1b[2J\rb\r\n\r\n",
			request("GET", "/\x00", "1.1", [2]string{"A", "\x00\x1b[2J\rb"})},
		{"bytes beyond ASCII", "GET /\xff HTTP/1.1\r\n\xc3\xa9: \xe2\x82\xac\r\n\r\n", request("GET", "/\xff", "1.1", [2]string{"\xc3\xa9", "\xe2\x82\xac"})},
		{"only the first CR of a line end is cut", "GET / HTTP/1.1\r\nA: b\r\r\n\r\n", request("GET", "/", "1.1", [2]string{"A", "b\r"})},
		{"what stands behind the empty line is not read", "GET / HTTP/1.1\r\n\r\nA: b\r\n", request("GET", "/", "1.1")},
		{"no empty line: a head that was cut", "GET / HTTP/1.1\r\nA: b\r\nC: d", request("GET", "/", "1.1", [2]string{"A", "b"}, [2]string{"C", "d"})},
		{"a method that is no token", "G(T / HTTP/1.1\r\n\r\n", flat{}},
		{"no method", " / HTTP/1.1\r\n\r\n", flat{}},
		{"one word", "GET\r\n\r\n", flat{}},
		{"nothing", "", flat{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var h Head
			if ok := h.ParseRequest([]byte(c.in)); ok != (c.want.Method != "") {
				t.Fatalf("is a request: %v", ok)
			} else if !ok {
				return
			}
			if diff := cmp.Diff(c.want, flatten(&h)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestParseResponse(t *testing.T) {
	long := strings.Repeat("because ", 1000)
	for _, c := range []struct {
		name string
		in   string
		want flat // no status: not a response
	}{
		{"as the RFC prints it", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n",
			flat{Version: "1.1", Status: 101, Reason: "Switching Protocols", Fields: [][2]string{{"Upgrade", "websocket"}}}},
		{"an empty reason phrase", "HTTP/1.1 200 \r\n\r\n", flat{Version: "1.1", Status: 200}},
		{"no reason phrase, nor its space", "HTTP/1.1 200\r\n\r\n", flat{Version: "1.1", Status: 200, NoReason: true}},
		{"a long reason phrase", "HTTP/1.1 400 " + long + "\r\n\r\n", flat{Version: "1.1", Status: 400, Reason: long}},
		{"a reason phrase beyond ASCII", "HTTP/1.0 403 Verboten \xfc\r\n\r\n", flat{Version: "1.0", Status: 403, Reason: "Verboten \xfc"}},
		{"LF alone", "HTTP/1.1 101 X\nA: b\n\n", flat{Version: "1.1", Status: 101, Reason: "X", Fields: [][2]string{{"A", "b"}}}},
		{"a status beyond the classes", "HTTP/1.1 999 Denied\r\n\r\n", flat{Version: "1.1", Status: 999, Reason: "Denied"}},
		{"a cut head", "HTTP/1.1 503 Serv", flat{Version: "1.1", Status: 503, Reason: "Serv"}},
		{"a status of four digits", "HTTP/1.1 2000 OK\r\n\r\n", flat{}},
		{"a status of two", "HTTP/1.1 20 OK\r\n\r\n", flat{}},
		{"a status below 100", "HTTP/1.1 099 OK\r\n\r\n", flat{}},
		{"no number", "HTTP/1.1 abc OK\r\n\r\n", flat{}},
		{"no version", "HTTP/ 200 OK\r\n\r\n", flat{}},
		{"Shoutcast", "ICY 200 OK\r\n\r\n", flat{}},
		{"nothing", "", flat{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var h Head
			ok := h.ParseResponse([]byte(c.in))
			if c.want.Version == "" {
				if ok {
					t.Fatal("is taken for a response")
				}
				return
			}
			if !ok {
				t.Fatal("is no response")
			}
			if diff := cmp.Diff(c.want, flatten(&h)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// A Head is used again and again; nothing of the last message may stay.
func TestHeadReused(t *testing.T) {
	var h Head
	h.ParseRequest([]byte("GET / HTTP/1.1\r\nA: b\r\nbroken\r\n\r\n"))
	h.ParseResponse([]byte("HTTP/1.1 204 No Content\r\n\r\n"))
	want := flat{Version: "1.1", Status: 204, Reason: "No Content"}
	if diff := cmp.Diff(want, flatten(&h)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestMaxFields(t *testing.T) {
	head := "GET / HTTP/1.1\r\n" + strings.Repeat("A: b\r\n", MaxFields)
	var h Head
	if h.ParseRequest([]byte(head + "\r\n")); len(h.Fields) != MaxFields || h.More {
		t.Errorf("%d fields, more: %v", len(h.Fields), h.More)
	}
	if h.ParseRequest([]byte(head + "C: d\r\n fold\r\n\r\n")); len(h.Fields) != MaxFields || !h.More || h.Malformed != 0 {
		t.Errorf("%d fields, more: %v, malformed: %d", len(h.Fields), h.More, h.Malformed)
	}
	if v := h.Fields[MaxFields-1].Value; string(v) != "b" {
		t.Errorf("the last field reads %q: a fold of a field that was left out reached it", v)
	}
}

func TestUnfold(t *testing.T) {
	for in, want := range map[string]string{
		"a":             "a",
		"a,\r\n\tb":     "a, b",
		"a \n  b\r\n c": "a b c",
		"\r\n a":        "a",
		"a\r\n ":        "a",
	} {
		if got := string(Unfold([]byte(in))); got != want {
			t.Errorf("%q unfolds to %q, want %q", in, got, want)
		}
	}
}
