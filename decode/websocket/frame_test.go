package websocket

import (
	"math/rand/v2"
	"strings"
	"testing"
)

func TestPlausibleStart(t *testing.T) {
	for _, c := range []struct {
		name   string
		in     string
		hex    bool
		masked bool
		ok     bool
	}{
		{name: "a server's text", in: "81 05 48 65 6c 6c 6f", hex: true, ok: true},
		{name: "a client's text", in: "81 85 37 fa 21 3d 7f 9f 4d 51 58", hex: true, masked: true, ok: true},
		{name: "the start of a long frame", in: "82 7e 40 00 00 01 02", hex: true, ok: true},
		{name: "two frames", in: "89 00 81 01 61", hex: true, ok: true},
		{name: "two frames and a header", in: "89 00 81 01 61 82 05", hex: true, ok: true},
		{name: "compressed", in: "c1 07 f2 48 cd c9 c9 07 00", hex: true, ok: true},
		{name: "a fragment", in: "01 03 48 65 6c", hex: true, ok: true},
		{name: "a Close without a code", in: "88 00", hex: true, ok: true},
		{name: "one byte", in: "81", hex: true},
		{name: "nothing", in: "", hex: true},
		{name: "a header that is cut", in: "81 7e 01", hex: true},
		{name: "masked and not, by turns", in: "89 00 89 80 01 02 03 04", hex: true},
		{name: "a second frame that is none", in: "89 00 ff ff 00", hex: true},
		{name: "a reserved opcode", in: "83 00", hex: true},
		{name: "a ping without FIN", in: "09 00", hex: true},
		{name: "a Close of one byte", in: "88 01 03", hex: true},
		{name: "a length in more bytes than it needs", in: "82 7e 00 05 01 02 03 04 05", hex: true},
		{name: "4 GB in one frame", in: "82 7f 00 00 00 01 00 00 00 00", hex: true},
		{name: "HTTP", in: "GET / HTTP/1.1\r\n"},
		{name: "HTTP, answer", in: "HTTP/1.1 200 OK\r\n"},
		{name: "SMTP", in: "220 mail.example.com ESMTP\r\n"},
		{name: "SSH", in: "SSH-2.0-OpenSSH_9.6\r\n"},
		{name: "JSON", in: `{"type":"ping"}`},
		{name: "HTML", in: "<!doctype html>"},
		{name: "TLS ClientHello", in: "16 03 01 02 00 01 00 01 fc 03 03", hex: true},
		{name: "TLS application data", in: "17 03 03 00 1a 01 02 03 04", hex: true},
		{name: "TLS alert", in: "15 03 03 00 02 02 28", hex: true},
		{name: "HTTP/2", in: "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
		{name: "gzip", in: "1f 8b 08 00 00 00 00 00 00 03", hex: true},
		{name: "zeros", in: "00 00 00 00 00 00", hex: true},
		{name: "MySQL greeting", in: "4a 00 00 00 0a 38 2e 30", hex: true},
		{name: "PostgreSQL startup", in: "00 00 00 08 04 d2 16 2f", hex: true},
	} {
		b := []byte(c.in)
		if c.hex {
			b = unhex(t, c.in)
		}
		if masked, ok := PlausibleStart(b); ok != c.ok || ok && masked != c.masked {
			t.Errorf("%s: masked %v, plausible %v", c.name, masked, ok)
		}
	}
}

// PlausibleStart is a sieve and no proof: 13 of 256 first bytes are those of a
// header, and a short segment ends inside the frame that its second byte
// announces. How much it lets through is bounded here.
func TestPlausibleStartFalseRate(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	const tries = 60_000
	const letters = "etaoinshrdlucmfwypvbgkjqxz ETAOINSHRDLUCMFWYPVBGKJQXZ0123456789.,:;-_{}[]<>\"'/\r\n"
	random := func(b []byte) {
		for i := range b {
			b[i] = byte(r.Uint32())
		}
	}
	text := func(b []byte) {
		for i := range b {
			b[i] = letters[r.IntN(len(letters))]
		}
	}
	for _, c := range []struct {
		name string
		fill func([]byte)
		size int
		most float64
	}{
		{"random, 20 bytes", random, 20, 0.05},
		{"random, 100 bytes", random, 100, 0.02},
		{"random, 300 bytes", random, 300, 0.001},
		{"random, 1460 bytes", random, 1460, 0.001},
		{"text, 20 bytes", text, 20, 0.03}, // those that begin with A or B: a compressed fragment
		{"text, 300 bytes", text, 300, 0.0001},
	} {
		b := make([]byte, c.size)
		found := 0
		for range tries / (1 + c.size/200) {
			c.fill(b)
			if _, ok := PlausibleStart(b); ok {
				found++
			}
		}
		rate := float64(found) / float64(tries/(1+c.size/200))
		t.Logf("%s: %.5f", c.name, rate)
		if rate > c.most {
			t.Errorf("%s: %.5f pass", c.name, rate)
		}
	}
}

// Words of ASCII that no header begins with, by their first byte: text has no FIN
// bit, so that only fragments are left, compressed or of control characters.
func TestPlausibleStartASCII(t *testing.T) {
	for c := range 128 {
		_, ok := PlausibleStart([]byte(string(rune(c)) + strings.Repeat("x", 50)))
		if ok && c > 2 && c != 'A' && c != 'B' {
			t.Errorf("text that begins with %q passes", rune(c))
		}
	}
}
