package http1

import (
	"strings"
	"testing"
)

// naiveEnd reads line by line: the head ends with the first line, behind the
// start line, that is empty but for its line end (RFC 9112 section 2.1).
func naiveEnd(b []byte) (n int, ok bool) {
	rest := string(b)
	for first := true; ; first = false {
		l, after, found := strings.Cut(rest, "\n")
		if !found {
			return 0, false
		}
		n += len(l) + 1
		if rest = after; !first && (l == "" || l == "\r") {
			return n, true
		}
	}
}

var headEnds = []string{
	"GET / HTTP/1.1\r\nA: b\r\n\r\n", "GET / HTTP/1.1\nA: b\n\nrest", "GET / HTTP/1.1\r\nA: b\n\r\nrest\r\n\r\n",
	"HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 200 OK\n\n", "a\r\n\r\r\n\n\r\nrest", "a\n\r", "\n\n", "\r\n\r\n", "no end\r\n", "",
}

// Wherever the bytes are cut, looking again when more come finds the same end.
func TestHeadEndIncremental(t *testing.T) {
	for _, s := range headEnds {
		b := []byte(s)
		want, found := naiveEnd(b)
		if n, ok := HeadEnd(b, 0); n != want || ok != found {
			t.Errorf("%q: %d %v, want %d %v", s, n, ok, want, found)
		}
		for cut := range len(b) + 1 {
			n, ok := HeadEnd(b[:cut], 0)
			if early := found && cut >= want; ok != early {
				t.Errorf("%q up to %d: found %v", s, cut, ok)
			} else if !ok {
				n, ok = HeadEnd(b, cut)
			}
			if n != want || ok != found {
				t.Errorf("%q cut at %d: %d %v, want %d %v", s, cut, n, ok, want, found)
			}
		}
	}
}

func FuzzHeadEnd(f *testing.F) {
	for _, s := range headEnds {
		f.Add([]byte(s), uint(3))
	}
	f.Fuzz(func(t *testing.T, b []byte, cut uint) {
		want, found := naiveEnd(b)
		if n, ok := HeadEnd(b, 0); n != want || ok != found {
			t.Fatalf("%d %v, want %d %v", n, ok, want, found)
		}
		at := int(cut % uint(len(b)+1))
		n, ok := HeadEnd(b[:at], 0)
		if !ok {
			n, ok = HeadEnd(b, at)
		}
		if n != want || ok != found {
			t.Fatalf("cut at %d: %d %v, want %d %v", at, n, ok, want, found)
		}
	})
}
