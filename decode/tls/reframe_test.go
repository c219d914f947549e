package tls

import (
	"bytes"
	stdtls "crypto/tls"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// reframe puts the handshake messages in the clear at the beginning of b into records of
// n bytes.
func reframe(b []byte, n int) (out []byte) {
	for len(b) > headerSize && b[0] == byte(Handshake) {
		size := headerSize + int(b[3])<<8 + int(b[4])
		for part := range slices.Chunk(b[headerSize:size], n) {
			out = append(out, b[0], b[1], b[2], byte(len(part)>>8), byte(len(part)))
			out = append(out, part...)
		}
		b = b[size:]
	}
	return append(out, b...)
}

// TestReframed: messages over many records, several in one, hellos in several segments.
func TestReframed(t *testing.T) {
	for _, version := range []uint16{stdtls.VersionTLS12, stdtls.VersionTLS13} {
		log := &bytes.Buffer{}
		client, server := configs(log, version)
		said := []string{"ping", "pong"}
		d := talk(t, client, server, said...)
		for _, n := range []int{1, 3, 100, 1000} {
			chunks := slices.Clone(d.wire.chunks)
			chunks[0].b, chunks[1].b = reframe(chunks[0].b, n), reframe(chunks[1].b, n)
			c := NewTracker(Keys{Log: keyLog(log)}).NewConn()
			if diff := cmp.Diff(bytesOf(said), texts(play(c, chunks, func() int { return 700 }))); diff != "" {
				t.Errorf("%x in records of %d (-said +read):\n%s", version, n, diff)
			}
			if f := c.Facts(); f.SNI != "wss.example" || f.JA4 == "" || uint16(f.Version) != version || f.Problem != NoProblem {
				t.Errorf("%x in records of %d: %+v", version, n, f)
			}
		}
	}
}

// TestLongMessage: a message that is too long is passed over, and what follows is read.
func TestLongMessage(t *testing.T) {
	client, server := configs(nil, stdtls.VersionTLS12)
	d := talk(t, client, server, "ping", "pong")
	long := make([]byte, maxMessage+100)
	copy(long, []byte{certificate, byte((len(long) - messageHeader) >> 16), byte((len(long) - messageHeader) >> 8), byte((len(long) - messageHeader) & 0xff)})
	var records []byte
	for part := range slices.Chunk(long, 1<<14) {
		records = append(append(records, byte(Handshake), 3, 3, byte(len(part)>>8), byte(len(part))), part...)
	}
	chunks := slices.Insert(slices.Clone(d.wire.chunks), 1, chunk{1, records})
	c := NewTracker(Keys{}).NewConn()
	play(c, chunks, whole)
	if f := c.Facts(); !f.Truncated || f.Version != 0x303 || f.ServerCertificate == nil || !f.NameCovered {
		t.Errorf("%+v", f)
	}
}
