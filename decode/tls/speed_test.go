package tls

import (
	"bytes"
	stdtls "crypto/tls"
	"strings"
	"testing"
)

// bulk is a connection that carries n bytes in records of 16 KiB.
func bulk(t testing.TB, n int) (*dialogue, Keys) {
	log := &bytes.Buffer{}
	client, server := configs(log, stdtls.VersionTLS12, stdtls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256)
	client.DynamicRecordSizingDisabled, server.DynamicRecordSizingDisabled = true, true
	d := talk(t, client, server, "ask", strings.Repeat("0123456789abcdef", n/16))
	if d.errs[0] != nil || d.errs[1] != nil {
		t.Fatal(d.errs)
	}
	return d, Keys{Log: keyLog(log)}
}

// BenchmarkBulk reads AES-128-GCM in segments of 1,448 bytes; compare with openssl speed
// -evp aes-128-gcm -bytes 16384.
func BenchmarkBulk(b *testing.B) {
	const n = 16 << 20
	d, keys := bulk(b, n)
	b.SetBytes(n)
	for b.Loop() {
		c := NewTracker(keys).NewConn()
		var seq [2]uint32
		read := 0
		for _, x := range d.wire.chunks {
			for part := x.b; len(part) > 0; {
				k := min(1448, len(part))
				for _, e := range c.Data(x.dir, part[:k], Pos{Ref: 1, Seq: seq[x.dir]}) {
					read += len(e.Data)
				}
				seq[x.dir] += uint32(k)
				part = part[k:]
			}
		}
		if read != n+3 {
			b.Fatal(read)
		}
	}
}

// TestAllocations: nothing is allocated for a segment of application data, with keys
// or without.
func TestAllocations(t *testing.T) {
	d, keys := bulk(t, 1<<20)
	for _, keys := range []Keys{keys, {}} {
		c := NewTracker(keys).NewConn()
		p := &player{c: c, size: whole}
		const sure = 10 // chunks until application data comes
		p.all(d.wire.chunks[:sure])
		var rest []byte
		for _, x := range d.wire.chunks[sure:] {
			if x.dir == 1 {
				rest = append(rest, x.b...)
			}
		}
		const segment = 1448
		i := 0
		next := func() {
			c.Data(1, rest[i*segment:(i+1)*segment], Pos{Ref: 1})
			i++
		}
		for range 50 { // buffers of the Tracker
			next()
		}
		if n := testing.AllocsPerRun(500, next); n > 0 {
			t.Errorf("%v allocations for a segment", n)
		}
	}
}
