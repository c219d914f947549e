package socks

import (
	"strings"
	"testing"
)

func TestHello(t *testing.T) {
	for _, test := range []struct {
		name    string
		b       string
		version int // 0 for none
	}{
		{"no authentication", "\x05\x01\x00", 5},
		{"curl with a password", "\x05\x03\x00\x01\x02", 5},
		{"a private method", "\x05\x02\x00\x80", 5},
		{"no methods", "\x05\x00", 0},
		{"too few methods", "\x05\x02\x00", 0},
		{"more than methods", "\x05\x01\x00\x05\x01\x00\x01", 0},
		{"the method that means none", "\x05\x01\xff", 0},
		{"a method twice", "\x05\x02\x00\x00", 0},
		{"DCE/RPC", "\x05\x00\x0b\x03\x10\x00\x00\x00", 0},
		{"version 4", "\x04\x01\x00\x50\xc6\x33\x64\x05me\x00", 4},
		{"version 4 without a name", "\x04\x01\x00\x50\xc6\x33\x64\x05\x00", 4},
		{"version 4a", "\x04\x01\x00\x50\x00\x00\x00\x01\x00example.com\x00", 4},
		{"version 4a without a host", "\x04\x01\x00\x50\x00\x00\x00\x01\x00\x00", 0},
		{"version 4, port 0", "\x04\x01\x00\x00\xc6\x33\x64\x05\x00", 0},
		{"version 4, no command", "\x04\x07\x00\x50\xc6\x33\x64\x05\x00", 0},
		{"version 4, binary name", "\x04\x01\x00\x50\xc6\x33\x64\x05\x01\x02\x00", 0},
		{"version 4, more", "\x04\x01\x00\x50\xc6\x33\x64\x05\x00\x00", 0},
		{"Cassandra", "\x04\x00\x00\x00\x05\x00\x00\x00\x00", 0},
		{"TLS", "\x16\x03\x01\x02\x00\x01", 0},
		{"HTTP", "GET / HTTP/1.1\r\n", 0},
		{"nothing", "", 0},
	} {
		version, ok := Hello([]byte(test.b))
		if ok != (test.version != 0) || ok && version != test.version {
			t.Errorf("%s: version %d, %v", test.name, version, ok)
		}
	}
}

func TestRequests(t *testing.T) {
	long := strings.Repeat("x", 255)
	for _, test := range []struct {
		name, b, target string
		read            func(b []byte) (Request, int, bool)
	}{
		{"IPv4", "\x05\x01\x00\x01\xc6\x33\x64\x05\x1f\x95", "198.51.100.5:8085", Request5},
		{"IPv6", "\x05\x01\x00\x04\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x50", "[2001:db8::1]:80", Request5},
		{"a name", "\x05\x01\x00\x03\x0bexample.com\x01\xbb", "example.com:443", Request5},
		{"the longest name", "\x05\x01\x00\x03\xff" + long + "\x01\xbb", long + ":443", Request5},
		{"a name of four bytes is no address", "\x05\x01\x00\x03\x04abcd\x01\xbb", "abcd:443", Request5},
		{"version 4", "\x04\x01\x1f\x95\xc6\x33\x64\x05me\x00", "198.51.100.5:8085", Request4},
		{"version 4a", "\x04\x01\x01\xbb\x00\x00\x00\x01me\x00example.com\x00", "example.com:443", Request4},
	} {
		r, n, ok := test.read([]byte(test.b + "more"))
		if !ok || n != len(test.b) || r.Target() != test.target || r.Command != Connect {
			t.Errorf("%s: %+v, %d, %v", test.name, r, n, ok)
		}
	}
	for name, read := range map[string]func() bool{
		"an address type that is none": func() bool { _, _, ok := Request5([]byte("\x05\x01\x00\x02\x00\x00\x00\x00")); return ok },
		"a command that is none":       func() bool { _, _, ok := Request5([]byte("\x05\x09\x00\x01")); return ok },
		"not the reserved byte":        func() bool { _, _, ok := Request5([]byte("\x05\x01\x01")); return ok },
		"a name without an end":        func() bool { _, _, ok := Request4([]byte("\x04\x01\x00\x50\x01\x01\x01\x01" + long + "xx")); return ok },
		"a reply of version 4":         func() bool { _, _, ok := Reply4([]byte("\x04\x5a")); return ok },
	} {
		if read() {
			t.Errorf("%s is taken for a message", name)
		}
	}
}

func TestAnswers(t *testing.T) {
	if m, n, ok := Choice([]byte("\x05\xff")); m != NoAcceptable || n != 2 || !ok {
		t.Errorf("choice %d, %d, %v", m, n, ok)
	}
	if s, n, ok := Status([]byte("\x01\x01")); s != 1 || n != 2 || !ok {
		t.Errorf("status %d, %d, %v", s, n, ok)
	}
	b := []byte("\x01\x04user\x06s3cr3trest")
	if s, n, ok := Credentials(b); !ok || n != 13 || string(b[s[0].Begin:s[0].End]) != "user" || string(b[s[1].Begin:s[1].End]) != "s3cr3t" {
		t.Errorf("credentials %v, %d, %v", s, n, ok)
	}
	if k, n, ok := Token([]byte("\x01\x01\x00\x03abcd")); k != 1 || n != 7 || !ok {
		t.Errorf("token %d, %d, %v", k, n, ok)
	}
	if k, n, ok := Token([]byte("\x01\xff")); k != Abort || n != 2 || !ok {
		t.Errorf("abort %d, %d, %v", k, n, ok)
	}
	if c, n, ok := Reply5([]byte("\x05\x02\x00\x01\x00\x00\x00\x00\x00\x00")); c != 2 || n != 10 || !ok {
		t.Errorf("reply %d, %d, %v", c, n, ok)
	}
	if c, n, ok := Reply4([]byte("\x00\x5b\x00\x00\x00\x00\x00\x00")); c != 91 || n != 8 || !ok {
		t.Errorf("reply %d, %d, %v", c, n, ok)
	}
	for _, name := range []string{
		ReplyName(5, 2) + "/connection not allowed by ruleset", ReplyName(5, 5) + "/Connection refused",
		ReplyName(5, 8) + "/Address type not supported", ReplyName(5, 9) + "/unassigned",
		ReplyName(4, 91) + "/request rejected or failed", ReplyName(4, 5) + "/unassigned",
	} {
		if got, want, _ := strings.Cut(name, "/"); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// FuzzMessages reads any bytes as any message. What is read of a message does not
// depend on what follows, and every shorter piece of it asks for more.
func FuzzMessages(f *testing.F) {
	readers := map[string]func(b []byte) (said any, n int, ok bool){
		"greeting":    func(b []byte) (any, int, bool) { m, n, ok := Greeting(b); return string(m), n, ok },
		"choice":      func(b []byte) (any, int, bool) { m, n, ok := Choice(b); return m, n, ok },
		"credentials": func(b []byte) (any, int, bool) { s, n, ok := Credentials(b); return s, n, ok },
		"status":      func(b []byte) (any, int, bool) { s, n, ok := Status(b); return s, n, ok },
		"token":       func(b []byte) (any, int, bool) { k, n, ok := Token(b); return k, n, ok },
		"request 5":   func(b []byte) (any, int, bool) { r, n, ok := Request5(b); return r, n, ok },
		"reply 5":     func(b []byte) (any, int, bool) { c, n, ok := Reply5(b); return c, n, ok },
		"request 4":   func(b []byte) (any, int, bool) { r, n, ok := Request4(b); return r, n, ok },
		"reply 4":     func(b []byte) (any, int, bool) { c, n, ok := Reply4(b); return c, n, ok },
	}
	for _, s := range []string{
		"\x05\x03\x00\x01\x02", "\x05\xff", "\x01\x04user\x06s3cr3t", "\x01\x01\x00\x03abc", "\x05\x01\x00\x03\x0bexample.com\x01\xbb",
		"\x05\x30\x00\x01\x00\x00\x00\x00\x00\x00", "\x05\x02\x00\x01\x00\x00\x00\x00\x00\x00", "\x04\x01\x01\xbb\x00\x00\x00\x01me\x00example.com\x00", "\x00\x5b\x00\x00\x00\x00\x00\x00",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		Hello(b)
		for name, read := range readers {
			said, n, ok := read(b)
			switch {
			case n < 0 || n > len(b) || n > 0 && !ok:
				t.Fatalf("%s: %d of %d bytes, %v", name, n, len(b), ok)
			case n == 0:
				continue
			}
			if again, m, _ := read(b[:n]); again != said || m != n {
				t.Errorf("%s: depends on what follows", name)
			}
			for i := range n {
				if _, m, ok := read(b[:i]); m != 0 || !ok {
					t.Errorf("%s: %d of %d bytes are enough, %v", name, i, n, ok)
				}
			}
		}
	})
}
