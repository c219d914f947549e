package decode_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"wstap/capture/packet"
	"wstap/decode"
)

// With Options.Open every answered handshake is announced exactly once, before its
// row and under the same ID, with the answer that the servers' logs give; the rows
// themselves stay what they are without it.
func TestAnnounced(t *testing.T) {
	for _, c := range loadTruth(t) {
		if notYet[c.Name] != "" {
			continue
		}
		t.Run(c.Name, func(t *testing.T) {
			o := decode.Options{Connects: decode.ConnectsAll, Keys: keysOf(t, &c)}
			plain := readAll(t, c.Paths(), o, whole)
			o.Open = true
			var all []*decode.Attempt
			all = append(all, readAll(t, c.Paths(), o, func(d *decode.Decoder, b *packet.Block) {
				for i := range b.Packets { // as few packets at a time as can be
					one := packet.Block{Packets: b.Packets[i : i+1]}
					d.Block(&one)
					all = append(all, d.Take()...)
				}
			})...)
			opened := make(map[string]*decode.Attempt)
			var rows []*decode.Attempt
			for _, a := range all {
				if a.Kind != decode.KindOpen {
					rows = append(rows, a)
					continue
				}
				if opened[a.ID] != nil {
					t.Errorf("%s is announced twice", a.ID)
				}
				if a.N != 0 {
					t.Errorf("%s: an open record has number %d", a.ID, a.N)
				}
				opened[a.ID] = a
			}
			if diff := cmp.Diff(plain, rows); diff != "" {
				t.Errorf("rows differ with Options.Open (-without +with):\n%s", diff)
			}
			for _, a := range rows {
				answered := a.Packets.Response != 0 && a.Packets.Request != 0 && a.HTTP != nil && a.HTTP.Method != "CONNECT"
				o := opened[a.ID]
				delete(opened, a.ID)
				switch {
				case answered && o == nil:
					t.Errorf("%s %s -> %d was not announced", a.ID, a.HTTP.URI, a.HTTP.Status)
				case o != nil && (o.HTTP.Status != a.HTTP.Status || o.HTTP.URI != a.HTTP.URI || o.Packets.Response != a.Packets.Response):
					t.Errorf("%s: announced as %d %s in #%d, ends as %d %s in #%d", a.ID,
						o.HTTP.Status, o.HTTP.URI, o.Packets.Response, a.HTTP.Status, a.HTTP.URI, a.Packets.Response)
				case o != nil && o.HTTP.Status == 101 && o.Ending != decode.EndingOpen:
					t.Errorf("%s: an open WebSocket is announced as %s", a.ID, o.Ending)
				}
			}
			for id := range opened {
				t.Errorf("%s is announced and never ends", id)
			}
		})
	}
}
