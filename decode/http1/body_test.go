package http1

import (
	"bytes"
	"strings"
	"testing"
)

// read feeds b in the given pieces and returns the content and how many bytes the
// body took.
func read(t testing.TB, body *Body, pieces ...[]byte) (content []byte, used int) {
	for _, p := range pieces {
		for len(p) > 0 {
			c, n := body.Next(p)
			if n < 0 || n > len(p) || len(c) > n {
				t.Fatalf("%d bytes of content in %d of %d", len(c), n, len(p))
			}
			content = append(content, c...)
			used += n
			p = p[n:]
			if body.Done() || body.Lost() {
				return content, used
			}
		}
	}
	return content, used
}

// bodyCase is a message body: what follows the head, how much of it is the
// message's, and what it says.
type bodyCase struct {
	name    string
	head    string // of a response, or of a request if it does not begin with HTTP/
	method  string // of the request that a response answers
	in      string
	content string
	rest    string // not part of the message
	lost    bool
	open    bool // goes on until the connection closes, or is not over yet
}

const (
	ok200   = "HTTP/1.1 200 OK\r\n"
	post    = "POST / HTTP/1.1\r\n"
	chunked = "Transfer-Encoding: chunked\r\n"
)

// The rules are those of RFC 9112 section 6.3, in its order.
var bodyCases = []bodyCase{
	{name: "HEAD is answered without a body, whatever the length", head: ok200 + "Content-Length: 5\r\n", method: "HEAD", rest: "hello"},
	{name: "204 has none", head: "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n", rest: "hello"},
	{name: "304 has none", head: "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n", rest: "hello"},
	{name: "101 has none: frames follow", head: "HTTP/1.1 101 Switching Protocols\r\n" + chunked, rest: "\x81\x00"},
	{name: "CONNECT that succeeds has none: the tunnel follows", head: ok200 + "Content-Length: 5\r\n", method: "CONNECT", rest: "GET / "},
	{name: "CONNECT that is refused has one", head: "HTTP/1.1 407 No\r\nContent-Length: 2\r\n", method: "CONNECT", in: "no", content: "no", rest: "x"},
	{name: "204 to an unknown request", head: "HTTP/1.1 205 Reset Content\r\nContent-Length: 0\r\n", rest: "x"},

	{name: "chunked", head: ok200 + chunked, in: "5\r\nhello\r\n0\r\n\r\n", content: "hello", rest: "HTTP/1.1"},
	{name: "several chunks", head: ok200 + chunked, in: "1\r\nh\r\n4\r\nello\r\n00\r\n\r\n", content: "hello", rest: "x"},
	{name: "chunked wins over Content-Length", head: ok200 + "Content-Length: 3\r\n" + chunked, in: "5\r\nhello\r\n0\r\n\r\n", content: "hello", rest: "x"},
	{name: "chunked in other letters, behind another coding", head: ok200 + "Transfer-Encoding: gzip, Chunked\r\n", in: "1\r\nz\r\n0\r\n\r\n", content: "z", rest: "x"},
	{name: "codings in two fields", head: ok200 + "Transfer-Encoding: gzip\r\n" + chunked, in: "1\r\nz\r\n0\r\n\r\n", content: "z", rest: "x"},
	{name: "chunked that is not the last coding: until close", head: ok200 + "Transfer-Encoding: chunked, gzip\r\n", in: "5\r\nhello\r\n0\r\n\r\n", content: "5\r\nhello\r\n0\r\n\r\n", open: true},
	{name: "the same in a request: nobody can tell", head: post + "Transfer-Encoding: chunked, gzip\r\n", rest: "5\r\n", lost: true},
	{name: "identity is no coding", head: post + "Transfer-Encoding: identity\r\nContent-Length: 2\r\n", in: "hi", content: "hi", rest: "x"},
	{name: "chunk extensions, also quoted", head: ok200 + chunked, in: "5;a=b;c=\"d;e\"\r\nhello\r\n0;z\r\n\r\n", content: "hello", rest: "x"},
	{name: "blanks behind a chunk size", head: ok200 + chunked, in: "5 \t\r\nhello\r\n0\r\n\r\n", content: "hello", rest: "x"},
	{name: "sizes in capitals and with leading zeros", head: ok200 + chunked, in: "A\r\n0123456789\r\n0000000000000000000000b\r\n0123456789a\r\n0\r\n\r\n", content: "01234567890123456789a", rest: "x"},
	{name: "trailers", head: ok200 + chunked, in: "1\r\nh\r\n0\r\nA: b\r\nC: d\r\n\r\n", content: "h", rest: "x"},
	{name: "LF alone", head: ok200 + chunked, in: "1\nh\n0\n\n", content: "h", rest: "x"},
	{name: "a chunk size without a digit", head: ok200 + chunked, in: ";", lost: true, rest: "x"},
	{name: "a sign is no digit", head: ok200 + chunked, in: "+", lost: true, rest: "5"},
	{name: "nor is 0x a prefix", head: ok200 + chunked, in: "0x", lost: true, rest: "5"},
	{name: "a blank in front of a chunk size", head: ok200 + chunked, in: " ", lost: true, rest: "5"},
	{name: "a chunk size beyond 64 bits", head: ok200 + chunked, in: "10000000000000000", lost: true, rest: "\r\n"},
	{name: "a chunk longer than it says", head: ok200 + chunked, in: "1\r\nhe", content: "h", lost: true, rest: "llo"},
	{name: "not over yet", head: ok200 + chunked, in: "5\r\nhel", content: "hel", open: true},

	{name: "Content-Length", head: ok200 + "Content-Length: 5\r\n", in: "hello", content: "hello", rest: "HTTP/1.1"},
	{name: "said twice", head: ok200 + "Content-Length: 5, 5\r\n", in: "hello", content: "hello", rest: "x"},
	{name: "said in two fields", head: ok200 + "Content-Length: 5\r\nContent-length: 05\r\n", in: "hello", content: "hello", rest: "x"},
	{name: "0", head: post + "Content-Length: 0\r\n", rest: "GET /"},
	{name: "two lengths in a response: until close", head: ok200 + "Content-Length: 5, 6\r\n", in: "hello world", content: "hello world", open: true},
	{name: "two lengths in a request: nobody can tell", head: post + "Content-Length: 5\r\nContent-Length: 6\r\n", lost: true, rest: "hello"},
	{name: "a length with a sign", head: post + "Content-Length: +5\r\n", lost: true, rest: "hello"},
	{name: "a length beyond 63 bits", head: post + "Content-Length: 9223372036854775808\r\n", lost: true, rest: "hello"},

	{name: "a request without a length has no body", head: post, rest: "GET /"},
	{name: "a response without a length: until close", head: ok200, in: "hello\r\n\r\n", content: "hello\r\n\r\n", open: true},
}

func (c *bodyCase) body(t testing.TB) Body {
	t.Helper()
	var h Head
	if strings.HasPrefix(c.head, "HTTP/") {
		if !h.ParseResponse([]byte(c.head + "\r\n")) {
			t.Fatal("no response")
		}
		return h.ResponseBody([]byte(c.method))
	}
	if !h.ParseRequest([]byte(c.head + "\r\n")) {
		t.Fatal("no request")
	}
	return h.RequestBody()
}

func (c *bodyCase) check(t *testing.T, b *Body, content []byte, used int) {
	t.Helper()
	if string(content) != c.content || used != len(c.in) {
		t.Errorf("content %q in %d bytes, want %q in %d", content, used, c.content, len(c.in))
	}
	if b.Lost() != c.lost || b.Done() != (!c.lost && !c.open) {
		t.Errorf("done %v, lost %v", b.Done(), b.Lost())
	}
}

// Every body, at once and cut in every place.
func TestBody(t *testing.T) {
	for _, c := range bodyCases {
		t.Run(c.name, func(t *testing.T) {
			whole := []byte(c.in + c.rest)
			if c.open {
				whole = []byte(c.in)
			}
			for cut := range len(whole) + 1 {
				b := c.body(t)
				content, used := read(t, &b, whole[:cut], whole[cut:])
				c.check(t, &b, content, used)
			}
			b := c.body(t)
			var single [][]byte
			for i := range whole {
				single = append(single, whole[i:i+1])
			}
			content, used := read(t, &b, single...)
			c.check(t, &b, content, used)
		})
	}
}

// A hole of every size at every place of a body: either what follows is read as
// if it had been there, or the body is lost; it is never wrong.
func TestBodyGap(t *testing.T) {
	for _, c := range bodyCases {
		if c.lost || c.open && c.in != c.content {
			continue
		}
		for from := range len(c.in) + 1 {
			for to := from; to <= len(c.in); to++ {
				b := c.body(t)
				before, n := read(t, &b, []byte(c.in[:from]))
				if n != from {
					t.Fatalf("%s: %d of %d bytes used", c.name, n, from)
				}
				b.Gap(uint64(to - from))
				after, n := read(t, &b, []byte(c.in[to:]+c.rest))
				if b.Lost() {
					continue
				}
				if !c.open && (!b.Done() || n != len(c.in)-to) {
					t.Errorf("%s: hole [%d,%d): done %v after %d bytes", c.name, from, to, b.Done(), n)
				}
				if want := len(c.content) - len(before) - len(after); want != to-from {
					t.Errorf("%s: hole [%d,%d): %d bytes of content are missing", c.name, from, to, want)
				}
				if !bytes.HasPrefix([]byte(c.content), before) || !c.open && !bytes.HasSuffix([]byte(c.content), after) {
					t.Errorf("%s: hole [%d,%d): %q … %q", c.name, from, to, before, after)
				}
			}
		}
	}
}

// What must survive a hole does: one inside content, up to its last byte.
func TestBodyGapExact(t *testing.T) {
	for _, c := range []struct {
		name, head, before string
		hole               uint64
		after              string
		lost               bool
	}{
		{"all that is left of a length", "Content-Length: 5\r\n", "h", 4, "", false},
		{"one byte more", "Content-Length: 5\r\n", "h", 5, "", true},
		{"all of a chunk's data", chunked, "5\r\n", 5, "\r\n0\r\n\r\n", false},
		{"one byte more", chunked, "5\r\n", 6, "", true},
		{"none", chunked, "5", 0, "\r\nhello\r\n0\r\n\r\n", false},
		{"inside a chunk size", chunked, "5", 1, "", true},
		{"inside a chunk extension", chunked, "5;a", 1, "", true},
		{"inside the trailers", chunked, "0\r\nA", 1, "", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			var h Head
			h.ParseResponse([]byte(ok200 + c.head + "\r\n"))
			b := h.ResponseBody(nil)
			read(t, &b, []byte(c.before))
			b.Gap(c.hole)
			read(t, &b, []byte(c.after))
			if b.Lost() != c.lost || b.Done() == c.lost {
				t.Errorf("lost %v, done %v", b.Lost(), b.Done())
			}
		})
	}
	var until, over Body
	until.state = bodyUntilClose
	until.Gap(1 << 40)
	over.Gap(1)
	if until.Lost() || !over.Done() {
		t.Error("a hole where nothing depends on it does harm")
	}
}
