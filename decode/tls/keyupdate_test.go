package tls

import (
	"slices"
	"testing"

	"wstap/decode/tls/keylog"
)

// TestLostKeyUpdate leaves one segment after the other out: what is in the others is
// read, also when keys were changed in it.
func TestLostKeyUpdate(t *testing.T) {
	updates := 0
	for _, x := range transcripts(t) {
		if !slices.Contains([]string{"KeyUpdate", "AES-256-GCM", "ChaCha20", "many tickets", "CCM"}, x.name) {
			continue
		}
		log := keylog.NewStore(0)
		log.Add([]byte(x.keys))
		// Where the segments of either direction begin, and those of application data.
		first := slices.IndexFunc(x.chunks, func(c chunk) bool { return c.dir == 0 && c.b[0] == byte(ApplicationData) })
		full := &player{c: NewTracker(Keys{Log: log}).NewConn(), size: whole}
		var by [][]got
		for _, c := range x.chunks {
			before := len(full.out)
			full.all([]chunk{c})
			by = append(by, full.out[before:])
		}
		for skip := first; skip < len(x.chunks); skip++ {
			p := &player{c: NewTracker(Keys{Log: log}).NewConn(), size: whole}
			var want []string
			for i, c := range x.chunks {
				if i == skip {
					p.gap(c.dir, len(c.b))
					if n := headerSize + messageHeader + 1 + sealed13; len(c.b) == n {
						updates++
					}
					continue
				}
				p.all([]chunk{c})
				for _, e := range by[i] {
					if e.kind == Plain {
						want = append(want, e.data)
					}
				}
			}
			var have []string
			for _, e := range p.end() {
				if e.kind == Plain {
					have = append(have, e.data)
				}
			}
			if !slices.Equal(want, have) {
				t.Errorf("%s without segment %d: read %q, want %q", x.name, skip, have, want)
			}
		}
	}
	if updates < 4 {
		t.Errorf("%d KeyUpdates were left out", updates)
	}
}
