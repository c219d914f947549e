package suite

import (
	"encoding/binary"
	"testing"
)

// TestSearch finds each record of OpenSSL again, without what went before.
func TestSearch(t *testing.T) {
	names, list := transcripts(t)
	found := 0
	for i, tr := range list {
		r := tr.read(t)
		if r.version == TLS13 {
			continue
		}
		for end, b := range tr.sent {
			var seq uint64
			encrypted := false
			var before []byte
			for _, record := range records(t, b) {
				if record[0] == changeCipherSpec {
					encrypted = true
					continue
				}
				if !encrypted {
					continue
				}
				h := Header{record[0], r.version, binary.BigEndian.Uint16(record[3:])}
				o := &Opener{}
				var ok bool
				if end == client {
					o, _, ok = r.suite.Openers(r.version, r.etm, tr.secrets(t)["CLIENT_RANDOM"], r.random[client], r.random[server])
				} else {
					_, o, ok = r.suite.Openers(r.version, r.etm, tr.secrets(t)["CLIENT_RANDOM"], r.random[client], r.random[server])
				}
				if !ok {
					t.Fatal("no keys")
				}
				chained := r.version == TLS10 && r.suite.Cipher == AES128CBC && seq > 0
				_, typ, at, ok := o.Search(0, 10, h, nil, record[headerSize:])
				if ok == chained || ok && (at != seq || typ != record[0]) {
					t.Errorf("%s: record %d is found as %d, %v", names[i], seq, at, ok)
				}
				if chained { // the end of the record before is enough
					o.Lost()
					o.Skip(before[max(headerSize, len(before)-64):])
					if _, _, at, ok := o.Search(0, 10, h, nil, record[headerSize:]); !ok || at != seq {
						t.Errorf("%s: behind a gap record %d is found as %d, %v", names[i], seq, at, ok)
					}
				}
				if _, _, _, ok := o.Search(seq+1, 10, h, nil, record[headerSize:]); ok {
					t.Errorf("%s: record %d is found behind itself", names[i], seq)
				}
				seq, before = seq+1, record
				found++
			}
		}
	}
	if found < 50 {
		t.Errorf("%d records looked for: the transcripts are not all there", found)
	}
}

// TestSearchByNonce loses more records than are searched.
func TestSearchByNonce(t *testing.T) {
	names, list := transcripts(t)
	seen := 0
	for i, tr := range list {
		r := tr.read(t)
		if !r.opener[client].counts() {
			continue
		}
		seen++
		var encrypted [][]byte
		for _, record := range records(t, tr.sent[client]) {
			if record[0] == changeCipherSpec {
				encrypted = [][]byte{}
			} else if encrypted != nil {
				encrypted = append(encrypted, record)
			}
		}
		o, _, _ := r.suite.Openers(r.version, r.etm, tr.secrets(t)["CLIENT_RANDOM"], r.random[client], r.random[server])
		if _, _, ok := open(o, 0, encrypted[0]); !ok {
			t.Fatalf("%s: the first record is not opened", names[i])
		}
		last := encrypted[len(encrypted)-1]
		_, _, at, ok := o.Search(1, 0, Header{last[0], TLS12, uint16(len(last) - headerSize)}, nil, last[headerSize:])
		if !ok || at != uint64(len(encrypted)-1) {
			t.Errorf("%s: the last record is found as %d, %v", names[i], at, ok)
		}
	}
	if seen < 5 {
		t.Errorf("%d connections with a nonce in their records", seen)
	}
}
