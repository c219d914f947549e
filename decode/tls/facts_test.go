package tls

import (
	"bytes"
	stdtls "crypto/tls"
	"encoding/hex"
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"wstap/decode/tls/suite"
)

// list reads hex numbers with commas between them.
func list(t *testing.T, s string) (out []uint16) {
	t.Helper()
	for x := range strings.SplitSeq(s, ",") {
		n, err := strconv.ParseUint(x, 16, 16)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, uint16(n))
	}
	return out
}

// TestJA4 makes the fingerprint that https://github.com/FoxIO-LLC/ja4 shows in its
// technical details, of what it shows there in the raw form.
func TestJA4(t *testing.T) {
	const want = "t13d1516h2_8daaf6152771_e5627efa2ab1"
	o := offer{
		version: suite.TLS12, hasSNI: true, alpn: []byte("\x02h2\x08http/1.1"), versions: []byte{0x7a, 0x7a, 3, 4, 3, 3},
		ciphers:    list(t, "8a8a,1301,1302,1303,c02b,c02f,c02c,c030,cca9,cca8,c013,c014,009c,009d,002f,0035"),
		extensions: list(t, "0a0a,001b,0000,0033,0010,4469,0017,002d,000d,0005,0023,0012,002b,ff01,000b,000a,0015,3a3a"),
		signatures: list(t, "0403,0804,0401,0503,0805,0501,0806,0601"),
	}
	if got := ja4(&o); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	for _, x := range []struct{ alpn, want string }{
		{"", "00"}, {"\x02h2", "h2"}, {"\x08http/1.1", "h1"}, {"\x01x", "xx"}, {"\x01\xab", "ab"}, {"\x02\xab\xcd", "ad"},
		{"\x02\x30\xab", "3b"}, {"\x02\x30\x31", "01"}, {"\x04\x30\x31\xab\xcd", "3d"}, {"\x04\x30\xab\xcd\x31", "01"}, // examples of the same page
	} {
		if got := ja4ALPN([]byte(x.alpn)); got != x.want {
			t.Errorf("ALPN %q: %s, want %s", x.alpn, got, x.want)
		}
	}
}

// TestWithoutKeys: what is known without keys is what crypto/tls knows.
func TestWithoutKeys(t *testing.T) {
	for _, version := range []uint16{stdtls.VersionTLS12, stdtls.VersionTLS13} {
		client, server := configs(nil, version)
		d := talk(t, client, server, "ping", "pong")
		tracker := NewTracker(Keys{})
		c := tracker.NewConn()
		if events := play(c, d.wire.chunks, whole); len(events) > 0 {
			t.Errorf("%x: %v", version, events)
		}
		f := c.Facts()
		if f.SNI != "wss.example" || uint16(f.Version) != version || f.Cipher != d.client.CipherSuite || f.Decrypted || f.Problem != NoKeys ||
			fmt.Sprint(f.ALPNOffered) != "[http/1.1 x]" || !strings.HasPrefix(f.JA4, fmt.Sprintf("t1%dd", version&15-1)) {
			t.Errorf("%x: %+v", version, f)
		}
		if !f.ClientFinished.Inferred || !f.ServerFinished.Inferred || f.Sent[0].Data == 0 {
			t.Errorf("%x: %+v, %+v, %+v", version, f.ClientFinished, f.ServerFinished, f.Sent)
		}
		if readable := version == stdtls.VersionTLS12; readable != f.ALPNKnown || readable != (f.ServerCertificate != nil) || readable != f.NameCovered {
			t.Errorf("%x: ALPN and certificate: %+v", version, f)
		}
		if tracker.waiting+tracker.split != 0 {
			t.Errorf("%x: %d and %d bytes are kept", version, tracker.waiting, tracker.split)
		}
	}
}

// TestMemory measures what a connection takes without keys.
func TestMemory(t *testing.T) {
	client, server := configs(nil, stdtls.VersionTLS13)
	d := talk(t, client, server, numbered(30)...)
	tracker := NewTracker(Keys{})
	const n = 5000
	list := make([]*Conn, n)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for i := range list {
		list[i] = tracker.NewConn()
		p := &player{c: list[i], size: whole}
		p.all(d.wire.chunks)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	const documented = 1536 // see Conn
	if each := (after.HeapAlloc - before.HeapAlloc) / n; each > documented {
		t.Errorf("%d bytes for a connection, more than %d", each, documented)
	} else {
		t.Logf("%d bytes for a connection", each)
	}
	runtime.KeepAlive(list)
}

// TestNotTLS: bytes that are no TLS, from the start and later.
func TestNotTLS(t *testing.T) {
	client, server := configs(nil, stdtls.VersionTLS13)
	hello := talk(t, client, server).wire.chunks[0]
	const text = "HTTP/1.1 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server"
	for _, size := range []int{1, 2, 3, 7, 1000} {
		c := NewTracker(Keys{}).NewConn()
		events := play(c, []chunk{hello, {1, []byte(text)}}, func() int { return size })
		got := ""
		for _, e := range events {
			if e.kind != NotTLS || e.dir != 1 {
				t.Errorf("%v", e)
			}
			got += e.data
		}
		if got != text {
			t.Errorf("in pieces of %d: %q", size, got)
		}
	}
	// A hello of SSL 2.0 that offers TLS 1.0 (RFC 5246 appendix E.2).
	ssl2, err := hex.DecodeString("802e010301001500000010" + "00000a0000050000040100800000" + strings.Repeat("00", 23))
	if err != nil {
		t.Fatal(err)
	}
	c := NewTracker(Keys{}).NewConn()
	if events := play(c, []chunk{{0, ssl2}}, whole); len(events) != 1 || events[0].kind != NotTLS || events[0].data != string(ssl2) || !c.Facts().SSL2Hello {
		t.Errorf("%v, %v", events, c.Facts().SSL2Hello)
	}
}

// TestSkip: nothing is read or kept after Skip.
func TestSkip(t *testing.T) {
	log := &bytes.Buffer{}
	client, server := configs(log, stdtls.VersionTLS13)
	d := talk(t, client, server, numbered(20)...)
	for _, keys := range []Keys{{Log: keyLog(log)}, {Log: keyLog(&bytes.Buffer{}), Growing: true}} {
		tracker := NewTracker(keys)
		p := &player{c: tracker.NewConn(), size: whole}
		half := len(d.wire.chunks) / 2
		p.all(d.wire.chunks[:half])
		was := len(p.out)
		p.c.Skip()
		p.all(d.wire.chunks[half:])
		p.end()
		if len(p.out) != was || tracker.waiting+tracker.split != 0 {
			t.Errorf("%d events after %d, %d bytes wait", len(p.out), was, tracker.waiting)
		}
		records, _ := extents(d.wire.chunks)
		for dir, list := range records {
			n := uint64(0)
			for _, x := range p.c.Facts().Sent[dir].Records {
				n += x
			}
			if n != uint64(len(list)) {
				t.Errorf("%d records of %d are counted, not %d", n, dir, len(list))
			}
		}
	}
}

// TestBudget: connections that wait longest give way.
func TestBudget(t *testing.T) {
	log := &bytes.Buffer{}
	client, server := configs(log, stdtls.VersionTLS13)
	big := strings.Repeat("0123456789abcdef", maxWaiting/2/16)
	d := talk(t, client, server, "ask", big, "bye")
	tracker := NewTracker(Keys{Log: keyLog(&bytes.Buffer{}), Growing: true})
	var list []*player
	for range 2 * maxWaitingAll / (maxWaiting / 2) {
		p := &player{c: tracker.NewConn(), size: whole}
		p.all(d.wire.chunks)
		list = append(list, p)
		if tracker.waiting > maxWaitingAll {
			t.Fatalf("%d bytes wait", tracker.waiting)
		}
	}
	if tracker.counters.EvictedConns == 0 {
		t.Errorf("%+v", tracker.counters)
	}
	tracker.keys.Log.Add(log.Bytes())
	for i, p := range list {
		p.out = keep(p.out, p.c.Retry())
		full := len(texts(p.end())) == 3
		tooLate := p.c.Facts().Problem == BufferTooSmall
		if full == tooLate || i == 0 && full || i == len(list)-1 && tooLate {
			t.Errorf("connection %d: read %v, too late %v", i, full, tooLate)
		}
	}
	if tracker.waiting != 0 || tracker.oldest != nil || tracker.newest != nil {
		t.Errorf("%d bytes wait", tracker.waiting)
	}
}
