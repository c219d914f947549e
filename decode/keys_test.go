package decode_test

import (
	"io"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"wstap/capture"
	"wstap/capture/packet"
	"wstap/decode"
	"wstap/decode/tls"
	"wstap/decode/tls/keylog"
	"wstap/testdata/groundtruth"
)

// keysOf returns what there is to decrypt a capture with, its own secrets included.
func keysOf(t *testing.T, c *groundtruth.Capture) (keys tls.Keys) {
	t.Helper()
	store := keylog.NewStore(0)
	if name := c.KeylogPath(); name != "" {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		store.Add(text)
	}
	if name := c.TLSKeyPath(); name != "" {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if keys.RSA, err = keylog.ParsePrivateKeys(text); err != nil {
			t.Fatal(err)
		}
	}
	set, err := capture.Open(c.Paths(), capture.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer set.Close()
	for b := new(packet.Block); set.Next(b) != io.EOF; {
		for _, s := range b.Secrets {
			store.Add(s.Data)
		}
	}
	if store.Counts().Secrets > 0 {
		keys.Log = store
	}
	return keys
}

// withAndWithout returns the keys of a capture, and none.
func withAndWithout(t *testing.T, c *groundtruth.Capture) []tls.Keys {
	t.Helper()
	keys := keysOf(t, c)
	if keys.Log == nil && keys.RSA == nil {
		return []tls.Keys{{}}
	}
	return []tls.Keys{keys, {}}
}

// Keys that come after all packets, while their connections are still held, open what they
// open when they are there before.
func TestSameRowsWhenKeysComeLate(t *testing.T) {
	for _, c := range loadTruth(t) {
		early := keysOf(t, &c)
		if early.Log == nil {
			continue
		}
		early.Growing = true
		packets := squeeze(load(t, c.Paths()))
		text, _ := early.Log.AppendSince(nil, 0, 1<<20)
		for name, pass := range map[string]func(d *decode.Decoder){
			"before the end":         func(*decode.Decoder) {},
			"before time goes by":    func(d *decode.Decoder) { d.Advance(packets[len(packets)-1].Time + 1) },
			"before an hour goes by": func(d *decode.Decoder) { d.Advance(packets[len(packets)-1].Time + int64(time.Hour)) },
		} {
			late := tls.Keys{Log: keylog.NewStore(0), Growing: true, RSA: early.RSA}
			d := decode.New(decode.Options{Connects: decode.ConnectsAll, Keys: late})
			d.Block(&packet.Block{Packets: packets})
			if rows := d.Take(); len(rows) > 0 {
				t.Errorf("%s: %d rows came before the keys", c.Name, len(rows))
			}
			late.Log.Add(text)
			pass(d)
			d.Finish()
			got, want := d.Take(), decodeAll(packets, early)
			for i := range min(len(got), len(want)) {
				if g, w := got[i].TCP, want[i].TCP; g != nil && w != nil && g.SegmentsBeforeAnswer == nil {
					// What came before an answer is not known any more when that is read late.
					w.SegmentsBeforeAnswer, w.RetransmissionsBeforeAnswer = nil, nil
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s: rows with keys that come %s (-first +late):\n%s", c.Name, name, diff)
			}
		}
	}
}

// squeeze lets all packets of a capture come within a millisecond: no connection ends
// before the last.
func squeeze(packets []packet.Packet) []packet.Packet {
	first := packets[0].Time
	length := packets[len(packets)-1].Time - first
	for i := range packets {
		packets[i].Time = first + (packets[i].Time-first)*int64(time.Millisecond)/max(length, 1)
	}
	return packets
}
