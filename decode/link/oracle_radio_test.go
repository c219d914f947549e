package link

import (
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"

	"wstap/capture/packet"
)

// The link types that we look at with single decoders of gopacket, against all of
// gopacket.
func TestRareLinksLikeGopacket(t *testing.T) {
	links := map[packet.LinkType]gopacket.Decoder{
		packet.LinkPPP: layers.LinkTypePPP, packet.LinkFDDI: layers.LinkTypeFDDI, packet.LinkPFLog: layers.LinkTypePFLog,
		packet.LinkIEEE80211: layers.LinkTypeIEEE802_11, packet.LinkRadiotap: layers.LinkTypeIEEE80211Radio,
		packet.LinkPrism: layers.LinkTypePrismHeader,
	}
	r := rand.New(rand.NewPCG(51, 52))
	d := New([2]uint64{1, 2})
	seen := map[string]int{}
	for range 200 {
		text := random(r, 20+r.IntN(200))
		for name, p := range plain(false, uint16(1+r.IntN(60000)), text).cooked() {
			decoder, ok := links[p.Link]
			if !ok || name == "ppp with address" || name == "ppp, compressed" || name == "avs" { // unknown to the oracle
				continue
			}
			theirs := slices.Clone(p.Data)
			if p.Link == packet.LinkIEEE80211 || p.Link == packet.LinkPrism {
				theirs = append(theirs, 1, 2, 3, 4) // the checksum that it always takes off
			}
			tcp, _ := gopacket.NewPacket(theirs, decoder, gopacket.Lazy).Layer(layers.LayerTypeTCP).(*layers.TCP)
			if tcp == nil {
				t.Fatalf("%s: the oracle sees no TCP:\n% x", name, theirs)
			}
			for _, b := range [][]byte{p.Data, join(p.Data, []byte{1, 2, 3, 4})} { // with a checksum, too
				p := captured(p.Link, b, 0)
				var s Segment
				if k := d.Decode(&p, &s); k != TCP {
					t.Fatalf("%s: %v:\n% x", name, k, b)
				}
				if s.Flow.Sender(s.Dir).Port() != uint16(tcp.SrcPort) || string(s.Payload) != text || string(tcp.Payload) != text {
					t.Fatalf("%s: %v, %d bytes, want %d, %d bytes", name, s.Flow.Sender(s.Dir), len(s.Payload), tcp.SrcPort, len(tcp.Payload))
				}
			}
			seen[name]++
		}
	}
	for name, p := range plain(false, 1, "").cooked() {
		if links[p.Link] != nil && seen[name] == 0 {
			t.Logf("%s: without the oracle", name)
		}
	}
	if len(seen) < 7 {
		t.Errorf("only %q", slices.Sorted(maps.Keys(seen)))
	}
}

// Frames of radio that hold no data, or not all of it.
func TestRadioOfSomethingElse(t *testing.T) {
	frame := plain(false, 40000, "wss!").cooked()["802.11"].Data
	for _, c := range []struct {
		name   string
		change func(b []byte) []byte
		kind   Kind
	}{
		{"encrypted", func(b []byte) []byte { b[1] |= 0x40; return b }, NotTCP},
		{"part of a frame", func(b []byte) []byte { b[1] |= 0x04; return b }, NotTCP},
		{"a later part", func(b []byte) []byte { b[22] |= 1; return b }, NotTCP},
		{"without data", func(b []byte) []byte { b[0] |= 0x40; return b }, NotTCP},
		{"a beacon", func(b []byte) []byte { b[0] = 0x80; return b }, NotTCP},
		{"cut in its header", func(b []byte) []byte { return b[:15] }, Malformed},
		{"cut in SNAP", func(b []byte) []byte { return b[:30] }, NotTCP},
		{"cut in IP", func(b []byte) []byte { return b[:40] }, Malformed},
	} {
		p := captured(packet.LinkIEEE80211, c.change(slices.Clone(frame)), len(frame))
		var s Segment
		if k := New([2]uint64{}).Decode(&p, &s); k != c.kind {
			t.Errorf("%s: %v, want %v", c.name, k, c.kind)
		}
	}
	for _, link := range []packet.LinkType{packet.LinkRadiotap, packet.LinkPrism, packet.LinkPFLog, packet.LinkFDDI, packet.LinkIEEE80211} {
		for _, b := range [][]byte{nil, {0}, {0, 0, 0xff, 0xff}, {0x44, 0, 0, 0, 0xff, 0xff, 0, 0}, {0x80, 0x21, 0, 0, 0xff, 0xff, 0xff, 0xff}, make([]byte, 60)} {
			p := captured(link, b, 0)
			var s Segment
			if k := New([2]uint64{}).Decode(&p, &s); k == TCP {
				t.Errorf("link type %v: %v of % x", link, k, b)
			}
		}
	}
}
