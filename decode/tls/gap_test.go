package tls

import (
	"bytes"
	stdtls "crypto/tls"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// extent is where a record lies in its direction, header included.
type extent struct{ from, to int }

// extents walks through the records of both directions of a whole connection.
func extents(chunks []chunk) (out [2][]extent, streams [2][]byte) {
	for _, x := range chunks {
		streams[x.dir] = append(streams[x.dir], x.b...)
	}
	for d, b := range streams {
		for at := 0; at < len(b); {
			n := at + headerSize + int(binary.BigEndian.Uint16(b[at+3:]))
			out[d] = append(out[d], extent{at, n})
			at = n
		}
	}
	return out, streams
}

// numbered are texts that are all different, short and long.
func numbered(n int) (said []string) {
	for i := range n {
		said = append(said, strings.Repeat(fmt.Sprintf("[%d]", i), 1+i*i%40*(1+i%3*30)))
	}
	return said
}

// withGap plays chunks with the bytes from up to to of a direction missing.
func withGap(c *Conn, chunks []chunk, dir uint8, from, to int) []got {
	p := &player{c: c, size: whole}
	for _, x := range chunks {
		b, at := x.b, int(p.seq[x.dir])
		if x.dir != dir || at+len(b) <= from || at >= to {
			p.bytes(x.dir, b)
			continue
		}
		if at < from {
			p.bytes(dir, b[:from-at])
		}
		n := min(to, at+len(b)) - int(p.seq[dir])
		p.gap(dir, n)
		if rest := at + len(b) - to; rest > 0 {
			p.bytes(dir, b[len(b)-rest:])
		}
	}
	return p.end()
}

// chance reports whether bytes look like a header that is none.
func chance(b []byte, minor byte) bool {
	for i := range b {
		if x := b[i:min(len(b), i+headerSize)]; len(x) == headerSize && likely(x, minor) {
			return true
		}
	}
	return false
}

// TestGaps leaves bytes out, and reads every record that is whole.
func TestGaps(t *testing.T) {
	for _, x := range []struct {
		version, id uint16
		chained     bool // a record needs the one before
	}{
		{stdtls.VersionTLS13, 0, false},
		{stdtls.VersionTLS12, stdtls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, false},
		{stdtls.VersionTLS12, stdtls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, false},
		{stdtls.VersionTLS12, stdtls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA, false},
		{stdtls.VersionTLS11, stdtls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA, false},
		{stdtls.VersionTLS10, stdtls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA, true},
	} {
		log := &bytes.Buffer{}
		client, server := configs(log, x.version, x.id)
		d := talk(t, client, server, numbered(120)...)
		if d.errs[0] != nil || d.errs[1] != nil {
			t.Fatal(d.errs)
		}
		store := keyLog(log)
		full := play(NewTracker(Keys{Log: store}).NewConn(), d.wire.chunks, whole)
		records, streams := extents(d.wire.chunks)
		r := rand.New(rand.NewPCG(uint64(x.version), uint64(x.id)))
		for range 150 {
			dir := uint8(r.IntN(2))
			began := records[dir][6].to // application data, by then
			from := began + r.IntN(len(streams[dir])-began)
			to := min(from+1+r.IntN(1+r.IntN(6000)), len(streams[dir]))
			i := slices.IndexFunc(records[dir], func(e extent) bool { return e.from >= to })
			next := len(streams[dir])
			if i >= 0 {
				next = records[dir][i].from
			}
			if chance(streams[dir][to:next], byte(min(x.version, 0x303))) {
				continue // one in a thousand: bytes that look like a header
			}
			want := func(e got) bool {
				end := int(e.at.Seq) + 1
				j := slices.IndexFunc(records[dir], func(e extent) bool { return e.to == end })
				if e.kind == Lost || e.dir == dir && j < 0 {
					return false
				}
				if e.dir != dir || end <= from {
					return true
				}
				if records[dir][j].from < to || j == 0 || !x.chained || records[dir][j-1].from >= to {
					return records[dir][j].from >= to
				}
				before := records[dir][j-1] // its header and its last block are enough
				const block = 16
				return before.from+headerSize <= from && before.to-block >= to
			}
			c := NewTracker(Keys{Log: store}).NewConn()
			events := withGap(c, d.wire.chunks, dir, from, to)
			compareGap(t, fmt.Sprintf("%x/%x without %d to %d of %d", x.version, x.id, from, to, dir), full, events, want, dir)
		}
	}
}

// compareGap checks that events are those of full that want is true for, and that the
// rest is said to be lost.
func compareGap(t *testing.T, name string, full, events []got, want func(got) bool, dir uint8) {
	t.Helper()
	var expected, have []got
	lostData := 0
	for _, e := range full {
		if want(e) {
			expected = append(expected, got{kind: e.kind, dir: e.dir, data: e.data})
		} else if e.kind == Plain {
			lostData += len(e.data)
		}
	}
	told, lost := false, uint64(0)
	for _, e := range events {
		if e.kind == Lost {
			told = true
			lost += e.lost
			if e.dir != dir {
				t.Errorf("%s: lost of %d", name, e.dir)
			}
			if e.lost == 0 {
				lost = 1 << 40
			} else if e.exact && int(e.lost) != lostData {
				t.Errorf("%s: exactly %d lost, not %d", name, e.lost, lostData)
			}
			continue
		}
		have = append(have, got{kind: e.kind, dir: e.dir, data: e.data})
	}
	if !slices.Equal(expected, have) {
		t.Errorf("%s: %d events, want %d", name, len(have), len(expected))
	}
	if lostData > 0 && (!told || lost < uint64(lostData)) {
		t.Errorf("%s: %d bytes of plaintext are missing, %d are said to be (%v)", name, lostData, lost, told)
	}
}

// TestGapsAnywhere leaves bytes out everywhere, also of the handshake: whatever is read
// was said.
func TestGapsAnywhere(t *testing.T) {
	read := 0
	allOf(func(name string, version, id uint16) {
		log := &bytes.Buffer{}
		client, server := configs(log, version, id)
		d := talk(t, client, server, numbered(30)...)
		store := keyLog(log)
		full := play(NewTracker(Keys{Log: store}).NewConn(), d.wire.chunks, whole)
		_, streams := extents(d.wire.chunks)
		r := rand.New(rand.NewPCG(uint64(version), uint64(id)))
		for range 20 {
			dir := uint8(r.IntN(2))
			from := r.IntN(min(len(streams[dir]), 2500))
			to := min(from+1+r.IntN(1500), len(streams[dir]))
			events := withGap(NewTracker(Keys{Log: store}).NewConn(), d.wire.chunks, dir, from, to)
			at := [2]int{}
			for _, e := range events {
				if e.kind != Plain {
					continue
				}
				i := slices.IndexFunc(full[at[e.dir]:], func(f got) bool { return f.dir == e.dir && f.kind == Plain && f.data == e.data && f.at.Seq == e.at.Seq })
				if i < 0 {
					t.Fatalf("%s without %d to %d of %d: %.60q was not said there", name, from, to, dir, e.data)
				}
				at[e.dir] += i + 1
				read++
			}
		}
	})
	if read < 5_000 {
		t.Errorf("%d records were read", read)
	}
}

// TestGapInFlight leaves out bytes of what either end sends after its hello, before
// application data: all of that is read.
func TestGapInFlight(t *testing.T) {
	for _, version := range []uint16{stdtls.VersionTLS12, stdtls.VersionTLS13} {
		log := &bytes.Buffer{}
		client, server := configs(log, version)
		said := numbered(12)
		d := talk(t, client, server, said...)
		records, streams := extents(d.wire.chunks)
		full := play(NewTracker(Keys{Log: keyLog(log)}).NewConn(), d.wire.chunks, whole)
		r := rand.New(rand.NewPCG(uint64(version), 3))
		for try := range 400 {
			dir := uint8(try % 2)
			list := records[dir]
			i := slices.IndexFunc(full, func(e got) bool { return e.dir == dir })
			data := slices.IndexFunc(list, func(e extent) bool { return e.to == int(full[i].at.Seq)+1 })
			hello, end := list[0].to, list[data].from
			from := hello + r.IntN(end-hello)
			to := min(from+1+r.IntN(end-hello), end)
			next := slices.IndexFunc(list, func(e extent) bool { return e.from >= to })
			if chance(streams[dir][to:list[next].from], 3) {
				continue
			}
			c := NewTracker(Keys{Log: keyLog(log)}).NewConn()
			if read := texts(withGap(c, d.wire.chunks, dir, from, to)); !slices.EqualFunc(read, bytesOf(said), bytes.Equal) {
				t.Errorf("%x without %d to %d of %d to %d of %d: %d turns read, %v", version, from, to, hello, end, dir, len(read), c.Facts().Problem)
			}
		}
	}
}
