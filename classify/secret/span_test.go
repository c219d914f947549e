package secret

import (
	"bytes"
	"strings"
	"testing"
)

// The secrets in each head, and what around them must stay to be read. Names and
// forms are those of RFC 6265, 7617, 6750 and of products' documentation.
func TestSpans(t *testing.T) {
	const jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJlLXNpZ25hdHVyZQ"
	for _, test := range []struct {
		name    string
		head    string
		secrets []string
		kept    []string
	}{
		{"cookie", "GET / HTTP/1.1\r\nHost: a.example\r\nCookie: sid=s3cr3t; theme=dark\r\nUpgrade: websocket\r\n\r\n",
			[]string{"s3cr3t", "dark"}, []string{"GET / HTTP/1.1", "Host: a.example", "Cookie: sid=", "Upgrade: websocket"}},
		{"set-cookie", "HTTP/1.1 200 OK\r\nset-cookie:sid=s3cr3t; Path=/\r\n\r\n", []string{"s3cr3t"}, []string{"set-cookie:sid=", "; Path=/"}},
		{"authorization", "GET / HTTP/1.1\r\nAuthorization: Bearer s3cr3t\r\n\r\n", []string{"s3cr3t"}, []string{"Bearer "}},
		{"target", "GET /chat?room=1&token=s3cr3t&x=2 HTTP/1.1\r\n\r\n", []string{"s3cr3t"}, []string{"GET /chat?room=1&token=", "&x=2 HTTP/1.1"}},
		{"target, encoded", "GET /chat?token=s3%63r3t HTTP/1.1\r\n\r\n", []string{"s3%63r3t"}, []string{"token=", " HTTP/1.1"}},
		{"target with blanks", "GET /a b?token=s3cr3t HTTP/1.1\r\n\r\n", []string{"s3cr3t"}, []string{"/a b?token="}},
		{"subprotocol", "GET / HTTP/1.1\r\nSec-WebSocket-Protocol: chat, bearer.s3cr3t\r\n\r\n", []string{"s3cr3t"}, []string{"chat, bearer."}},
		{"folded", "GET / HTTP/1.1\r\nCookie: a=1;\r\n sid=s3cr3t\r\nX: y\r\n\r\n", []string{"s3cr3t"}, []string{"Cookie: a=", "X: y"}},
		{"bare line feeds", "GET / HTTP/1.1\nCookie: sid=s3cr3t\nX: y\n\n", []string{"s3cr3t"}, []string{"sid=", "X: y"}},
		{"cut in the secret", "GET / HTTP/1.1\r\nCookie: sid=s3c", []string{"s3c"}, []string{"sid="}},
		{"cut in the target", "GET /?token=s3c", []string{"s3c"}, []string{"GET /?token="}},
		{"redirect", "HTTP/1.1 302 Found\r\nLocation: https://login.example/?next=%2F%3Ftoken%3Ds3cr3t\r\n\r\n", []string{"s3cr3t"}, []string{"Location: https://login.example/?next="}},
		{"proxy", "CONNECT a:443 HTTP/1.1\r\nProxy-Authorization: Basic dTpw\r\n\r\n", []string{"dTpw"}, []string{"CONNECT a:443", "Basic "}},
		{"web token anywhere", "GET /ws/" + jwt + " HTTP/1.1\r\nX-Y: " + jwt + "\r\n\r\n", []string{jwt}, []string{"GET /ws/", "X-Y: "}},
		{"none", "GET /chat?room=1 HTTP/1.1\r\nHost: a\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", nil, []string{"dGhlIHNhbXBsZSBub25jZQ=="}},
	} {
		t.Run(test.name, func(t *testing.T) {
			spans, repeated := NewRedactor().Spans([]byte(test.head))
			out := []byte(test.head)
			for _, s := range spans {
				copy(out[s.Begin:s.End], bytes.Repeat([]byte{'x'}, s.End-s.Begin))
			}
			for _, secret := range test.secrets {
				if !strings.Contains(test.head, secret) {
					t.Fatalf("the head does not hold %q", secret)
				}
				if bytes.Contains(out, []byte(secret)) {
					t.Errorf("%q is left in %q", secret, out)
				}
			}
			for _, kept := range test.kept {
				if !bytes.Contains(out, []byte(kept)) {
					t.Errorf("%q is gone from %q", kept, out)
				}
			}
			if (len(spans) == 0) != (len(test.secrets) == 0) || len(test.secrets) == 0 && len(repeated) > 0 {
				t.Errorf("spans %v, repeated %q", spans, repeated)
			}
		})
	}
}

// Spans lie within the head, whatever it is, and what is left shows no secret a
// second time.
func FuzzSpans(f *testing.F) {
	f.Add([]byte("GET /?token=a%62c HTTP/1.1\r\nCookie: a=1;\r\n b=2\r\nAuthorization: Basic dTpw\r\n\r\n"))
	f.Add([]byte("HTTP/1.1 302 Found\nLocation: //u:p@h/?next=a%3Fsid%3D1\n\n"))
	f.Fuzz(func(t *testing.T, head []byte) {
		spans, _ := NewRedactor().Spans(head)
		last := 0
		for _, s := range spans {
			if s.Begin < last || s.End < s.Begin || s.End > len(head) {
				t.Fatalf("span %v after %d in %d bytes", s, last, len(head))
			}
			last = s.End
		}
	})
}
