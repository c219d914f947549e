package http1

import (
	"bytes"
	"io"
	"net/http/httputil"
	"testing"
)

// FuzzHead parses any bytes as both kinds of head. What it gives must be pieces of
// them, in order; what net/http takes for a request must be one here, with the
// same method, target and length of body.
func FuzzHead(f *testing.F) {
	for _, m := range wellFormed {
		f.Add([]byte(m))
	}
	f.Add([]byte("GET / HTTP/1.1\r\nA: b\r\nbroken\r\n fold\r\n\tfold: x\r\n: y\r\n\r\n"))
	f.Add([]byte("HTTP/1.1 200\r\n fold\r\nA:\r\n \r\n\r\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		var h Head
		if h.ParseResponse(b) {
			if h.Status < 100 || h.Status > 999 {
				t.Errorf("status %d", h.Status)
			}
			checkPieces(t, b, &h)
			body := h.ResponseBody(nil)
			read(t, &body, b)
		}
		isRequest := h.ParseRequest(b)
		if isRequest {
			checkPieces(t, b, &h)
			if len(h.Method) == 0 {
				t.Error("a request without a method")
			}
		}
		n, ok := HeadEnd(b, 0)
		if !ok {
			return
		}
		want, err := readable(b[:n])
		if err != nil {
			return
		}
		if !isRequest {
			t.Fatal("net/http reads a request")
		}
		if string(h.Method) != want.Method || string(h.Target) != want.RequestURI {
			t.Errorf("%q %q, want %q %q", h.Method, h.Target, want.Method, want.RequestURI)
		}
		body := h.RequestBody()
		// net/http does not look at Transfer-Encoding in HTTP/1.0.
		if got := body.state == chunkSize; got != (len(want.TransferEncoding) > 0) && want.ProtoAtLeast(1, 1) {
			t.Errorf("chunked: %v", got)
		}
		if want.ContentLength > 0 && body.remain != uint64(want.ContentLength) {
			t.Errorf("length %d, want %d", body.remain, want.ContentLength)
		}
	})
}

// checkPieces wants every slice of h inside b, one behind the other.
func checkPieces(t *testing.T, b []byte, h *Head) {
	t.Helper()
	if len(h.Fields) > MaxFields {
		t.Errorf("%d fields", len(h.Fields))
	}
	at := 0
	for _, f := range h.Fields {
		if len(f.Name) == 0 || bytes.IndexByte(f.Name, ':') >= 0 || bytes.IndexByte(f.Name, '\n') >= 0 {
			t.Errorf("field name %q", f.Name)
		}
		for _, piece := range [][]byte{f.Name, f.Value} {
			if len(piece) == 0 {
				continue
			}
			i := cap(b) - cap(piece) // both alias one buffer
			if i < at || i+len(piece) > len(b) {
				t.Fatalf("%q stands at %d, behind %d of %d", piece, i, at, len(b))
			}
			at = i + len(piece)
		}
		for i, l := range bytes.Split(f.Value, []byte("\n")) {
			if i > 0 && (len(l) == 0 || l[0] != ' ' && l[0] != '\t') {
				t.Errorf("%q holds a line that is not folded", f.Value)
			}
		}
	}
}

// FuzzBody reads any bytes as a body of any framing: cut in pieces they must give
// what they give at once, and what net/http reads of valid chunks must be read
// here as well.
func FuzzBody(f *testing.F) {
	for _, c := range bodyCases {
		f.Add(uint8(1), uint64(5), []byte{1, 2}, []byte(c.in+c.rest))
		f.Add(uint8(2), uint64(5), []byte{3}, []byte(c.in+c.rest))
	}
	f.Fuzz(func(t *testing.T, framing uint8, length uint64, cuts, b []byte) {
		fresh := newBody(Framing(framing%5), length)
		body := fresh
		content, used := read(t, &body, b)
		if used > len(b) || len(content) > used {
			t.Fatalf("%d bytes of content in %d of %d", len(content), used, len(b))
		}
		pieces := [][]byte{}
		rest := b
		for _, c := range cuts {
			k := min(int(c), len(rest))
			pieces, rest = append(pieces, rest[:k]), rest[k:]
		}
		again := fresh
		c2, u2 := read(t, &again, append(pieces, rest)...)
		if !bytes.Equal(content, c2) || used != u2 || again != body {
			t.Errorf("cut: %q in %d %+v, at once: %q in %d %+v", c2, u2, again, content, used, body)
		}
		if Framing(framing%5) == Chunked {
			compareChunks(t, b, content, &body)
		}
	})
}

// compareChunks holds a chunked body against net/http, which is stricter in what
// it takes for a line end and does not read trailers.
func compareChunks(t *testing.T, b, content []byte, body *Body) {
	t.Helper()
	want, err := io.ReadAll(httputil.NewChunkedReader(bytes.NewReader(b)))
	if err != nil {
		return
	}
	if body.Lost() || !bytes.Equal(content, want) {
		t.Errorf("content %q, lost %v; net/http reads %q", content, body.Lost(), want)
	}
}
