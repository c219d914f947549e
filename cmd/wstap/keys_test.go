package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"wstap/capture"
	"wstap/capture/packet"
	"wstap/decode"
	"wstap/decode/tls/keylog"
)

// manyPackets is more than one block of a capture holds.
const manyPackets = 20_000

// keysLast writes a pcapng file with many packets, of which the one with a number is of
// the given payload, and a key log behind them.
func keysLast(t *testing.T, number int, payload string) (path string) {
	t.Helper()
	c := newComposed()
	for i := range manyPackets {
		if i == number {
			c.segment(true, 0x18, payload)
		} else {
			c.segment(true, 0x18, "nothing in particular")
		}
	}
	set, err := capture.Open([]string{"-"}, capture.Options{Stdin: bytes.NewReader(c.file)})
	if err != nil {
		t.Fatal(err)
	}
	defer set.Close()
	path = filepath.Join(t.TempDir(), "last.pcapng")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w, err := capture.NewWriter(f, capture.WriterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var b packet.Block
	for set.Next(&b) == nil {
		for i := range b.Packets {
			if err := w.Packet(&b.Packets[i], set.Interface(&b.Packets[i])); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Secrets(&packet.Secrets{Type: typeKeyLog, Data: []byte(lineOfFile)}); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// A key log behind the packets comes with the block in which TLS begins, and is not looked
// for before, nor where there is none.
func TestKeysAreLookedFor(t *testing.T) {
	hello := "\x16\x03\x01\x00\x04\x01\x00\x00\x00"
	for _, test := range []struct {
		what    string
		number  int
		payload string
		limited bool
		early   bool
	}{
		{"a ClientHello first", 0, hello, false, true},
		{"a record of data first", 0, "\x17\x03\x03\x00\x01x", false, true},
		{"a ClientHello in the middle", manyPackets / 2, hello, false, true},
		{"with -c", 0, hello, true, false},
		{"no TLS", 0, "\x16\x04\x01", false, false},
	} {
		set, err := capture.Open([]string{keysLast(t, test.number, test.payload)}, capture.Options{})
		if err != nil {
			t.Fatal(err)
		}
		r := &reader{set: set, decoder: decode.New(decode.Options{}), limited: test.limited}
		packets, found := 0, -1
		for b := new(readAhead); set.Next(&b.block) == nil && found < 0; {
			r.decoder.Link(&b.block, &b.batch)
			r.lookAhead(context.Background(), b)
			if len(b.block.Secrets) > 0 {
				found = packets
			}
			packets += len(b.block.Packets)
		}
		if found < 0 || test.early && (found > test.number || packets <= test.number) || !test.early && packets < manyPackets {
			t.Errorf("%s: it comes with packets %d to %d", test.what, found, packets)
		}
		set.Close()
	}
}

// What is wrong with the key material of a capture is said once for each, without it.
func TestKeysOfCaptures(t *testing.T) {
	var said strings.Builder
	k := &keys{s: &streams{err: &said}, files: make(map[int]bool), name: func(i int) string { return string(rune('a' + i)) }}
	k.Log = keylog.NewStore(0)
	k.add([]packet.Secrets{{Type: 0x57474b4c, Data: []byte("LOCAL_STATIC_PRIVATE_KEY = secret")}})
	if k.given() || said.String() != "" {
		t.Errorf("another protocol's secrets: given %v, said %q", k.given(), said.String())
	}
	for range 2 {
		k.add([]packet.Secrets{
			{Type: typeKeyLog, Data: []byte(lineOfFile + "a secret word\n"), File: 1},
			{Type: typeKeyLog, Data: []byte(lineOfLog), File: 2},
		})
	}
	summary := &decode.Summary{TLSCounts: &decode.TLSCounts{}}
	k.end(summary)
	if want := "wstap: b: key material: 1 of 2 lines is not a key log's\n"; said.String() != want || k.own != 2 || !summary.TLSCounts.KeysGiven {
		t.Errorf("%d secrets, given %v, said %q", k.own, summary.TLSCounts.KeysGiven, said.String())
	}
}

// Where more secrets came than are kept, it is said and counted.
func TestKeysDropped(t *testing.T) {
	var said strings.Builder
	k := &keys{s: &streams{err: &said}}
	k.Log = keylog.NewStore(16)
	for i := range 20 {
		k.Log.Add([]byte("CLIENT_RANDOM " + strings.Repeat(string("0123456789abcdefghij"[i%16]), 62) + string("01"[i/16]) + "0" + masterSecret))
	}
	summary := &decode.Summary{}
	k.end(summary)
	if summary.Bounded["tls_secrets"] != 4 || !strings.Contains(said.String(), "the oldest 4 TLS secrets were dropped") {
		t.Errorf("%v, %q", summary.Bounded, said.String())
	}
}
