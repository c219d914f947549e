package decode_test

import (
	"io"
	"os"
	"slices"
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

// Keys that come in the midst of packets, or behind them while their connections are still
// held, open what they open when they are there before, also where a packet is missing.
func TestSameRowsWhenKeysComeLate(t *testing.T) {
	for _, c := range loadTruth(t) {
		keys := keysOf(t, &c)
		if keys.Log == nil {
			continue
		}
		keys.Growing = true
		packets := squeeze(load(t, c.Paths()))
		all := len(packets)
		for _, late := range []struct {
			after int // packets
			pass  time.Duration
		}{{all / 4, 0}, {all / 2, 0}, {all / 2, 1}, {all, 0}, {all, 1}, {all, time.Hour}} {
			if diff := firstAndLate(packets, keys, late.after, late.pass); diff != "" {
				t.Errorf("%s: keys after %d packets, then %v (-first +late):\n%s", c.Name, late.after, late.pass, diff)
			}
		}
		for lost := 3; lost < all; lost += 11 {
			left := slices.Delete(slices.Clone(packets), lost, lost+1)
			if diff := firstAndLate(left, keys, len(left), 0); diff != "" {
				t.Errorf("%s without packet %d (-first +late):\n%s", c.Name, lost+1, diff)
			}
		}
	}
}

// firstAndLate compares the rows with keys that were there first and with those that come
// after the first n packets, whereupon time passes.
func firstAndLate(packets []packet.Packet, keys tls.Keys, n int, pass time.Duration) string {
	first := decodeAll(packets, keys)
	text, _ := keys.Log.AppendSince(nil, 0, 1<<20)
	keys.Log = keylog.NewStore(0)
	d := decode.New(decode.Options{Connects: decode.ConnectsAll, Keys: keys})
	d.Block(&packet.Block{Packets: packets[:n]})
	keys.Log.Add(text)
	if pass > 0 {
		d.Advance(packets[n-1].Time + int64(pass))
	}
	d.Block(&packet.Block{Packets: packets[n:]})
	d.Finish()
	late := d.Take()
	for i := range min(len(first), len(late)) {
		if f, l := first[i].TCP, late[i].TCP; f != nil && l != nil && l.SegmentsBeforeAnswer == nil {
			// What came before an answer is not known any more when that is read late.
			f.SegmentsBeforeAnswer, f.RetransmissionsBeforeAnswer = nil, nil
		}
	}
	return cmp.Diff(first, late)
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

// TestKeysOfCapture tells secrets that a capture holds from those of a key log.
func TestKeysOfCapture(t *testing.T) {
	paths := []string{"../testdata/tls_dsb_first.pcapng"}
	store := keylog.NewStore(0)
	o := decode.Options{Keys: tls.Keys{Log: store, Growing: true}}
	rows := readAll(t, paths, o, func(d *decode.Decoder, b *packet.Block) {
		for _, s := range b.Secrets {
			store.AddCaptured(s.Data)
		}
		d.Block(b)
	})
	if len(rows) == 0 {
		t.Fatal("no rows")
	}
	for _, a := range rows {
		if a.TLS == nil || a.TLS.Keys != "dsb" {
			t.Errorf("%s: %+v", a.Client, a.TLS)
		}
	}
}
