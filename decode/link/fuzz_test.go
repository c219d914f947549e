package link

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"
	"unsafe"

	"wstap/capture/packet"
)

// FuzzDecode feeds any bytes as any link type. What Decode says of them must stay
// inside the packet.
func FuzzDecode(f *testing.F) {
	links := []packet.LinkType{
		packet.LinkEthernet, packet.LinkLinuxSLL, packet.LinkLinuxSLL2, packet.LinkNull, packet.LinkLoop,
		packet.LinkRaw, packet.LinkRawBSD, packet.LinkRawOpen, packet.LinkIPv4, packet.LinkIPv6, 189,
	}
	index := map[packet.LinkType]uint8{}
	for i, l := range links {
		index[l] = uint8(i)
	}
	for _, c := range layerCases {
		b := unhex(f, c.hex)
		f.Add(index[c.link], uint32(len(b)), b)
	}
	for _, c := range append(ipv4Cases, ipv6Cases...) {
		b := unhex(f, c.hex)
		f.Add(index[packet.LinkRaw], uint32(len(b)+c.cut), b)
	}
	f.Fuzz(func(t *testing.T, link uint8, wire uint32, data []byte) {
		d := New([2]uint64{1, 2})
		p := packet.Packet{Link: links[int(link)%len(links)], Data: data, OrigLen: wire, Time: 5, Ref: 6}
		var s Segment
		kind := d.Decode(&p, &s)
		if int(kind) >= Kinds {
			t.Fatalf("kind %d", kind)
		}
		if kind != TCP {
			return
		}
		if int(s.Length) < len(s.Payload) {
			t.Errorf("length %d with a payload of %d", s.Length, len(s.Payload))
		}
		if int(s.Length) > max(int(wire), len(data)) {
			t.Errorf("length %d of %d bytes on the wire", s.Length, wire)
		}
		if n := len(s.Payload); n > 0 {
			at := uintptr(unsafe.Pointer(&s.Payload[0])) - uintptr(unsafe.Pointer(&data[0]))
			if at >= uintptr(len(data)) || int(at)+n > len(data) {
				t.Error("the payload lies outside the packet")
			}
		}
		if s.Time != 5 || s.Ref != 6 || s.Dir > FromB {
			t.Errorf("time %d, ref %d, direction %d", s.Time, s.Ref, s.Dir)
		}
		a, b := s.Flow.Sender(FromA), s.Flow.Sender(FromB)
		if a.Addr().Unmap().Compare(b.Addr().Unmap()) > 0 && a.Addr().Is4() == b.Addr().Is4() {
			t.Errorf("%v stands before %v", a, b)
		}
		_ = d.Carrier(s.Carrier)
		var again Segment
		if d.Decode(&p, &again) != TCP || again.Flow != s.Flow || again.Hash != s.Hash || again.Length != s.Length {
			t.Error("the second look differs")
		}
	})
}

// FuzzSequence feeds packets one after the other, whose fragments may complete
// each other: the first byte of each says how long it is and how it is captured.
func FuzzSequence(f *testing.F) {
	links := []packet.LinkType{
		packet.LinkEthernet, packet.LinkRaw, packet.LinkPPPHDLC, packet.LinkPPPEther, packet.LinkCHDLC, packet.LinkMPLS, packet.LinkFDDI,
		packet.LinkPFLog, packet.LinkIEEE80211, packet.LinkPrism, packet.LinkRadiotap, packet.LinkPPPDir, packet.LinkPPP,
	}
	r := rand.New(rand.NewPCG(31, 32))
	seed := func(link int, packets ...[]byte) {
		var all []byte
		for _, b := range packets {
			all = append(append(all, byte(link), byte(min(len(b), 255))), b[:min(len(b), 255)]...)
		}
		f.Add(all)
	}
	for range 60 {
		m, _ := nest(r, plain(r.IntN(2) > 0, 40000, "wss!"), r.IntN(4), wrappers)
		if m.isIP() {
			var parts [][]byte
			for _, p := range m.fragments(r.Uint32(), evenly(m.payloadLength(), 24)...) {
				parts = append(parts, p.b)
			}
			seed(1, parts...)
		}
		for _, p := range m.cooked() {
			if i := slices.Index(links, p.Link); i >= 0 && len(p.Data) < 256 {
				seed(i, p.Data)
			}
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		d := New([2]uint64{1, 2})
		d.KeepPieces(true)
		var memory Memory
		d.Use(&memory)
		p := packet.Packet{Time: 1 << 40}
		var kept []Segment
		var copies [][]byte
		for len(data) >= 2 {
			how, n := data[0], min(int(data[1]), len(data)-2)
			p.Data, data = data[2:2+n], data[2+n:]
			p.Link, p.OrigLen = links[int(how&15)%len(links)], uint32(n)+uint32(how>>6)*100
			p.Time += int64(how&0x30) << 24
			p.Ref++
			before := slices.Clone(p.Data)
			var s Segment
			kind := d.Decode(&p, &s)
			if !bytes.Equal(before, p.Data) {
				t.Fatal("the packet was written to")
			}
			for _, x := range d.Pieces() {
				if x.Offset+len(x.Data) > maxDatagram || len(x.Data) > x.Length || x.Ref == 0 {
					t.Fatalf("%+v", x)
				}
			}
			if kind != TCP {
				continue
			}
			if int(s.Length) < len(s.Payload) || s.Length > 1<<17 || s.Ref != p.Ref || s.Copy == 0 || len(d.Carrier(s.Carrier)) > maxWraps {
				t.Fatalf("%+v", s)
			}
			kept, copies = append(kept, s), append(copies, slices.Clone(s.Payload))
		}
		for i, s := range kept {
			if !bytes.Equal(s.Payload, copies[i]) {
				t.Errorf("the payload of segment %d has changed", i)
			}
		}
		if d.fragments == nil {
			return
		}
		held := 0
		for i := d.fragments.oldest; i >= 0; i = d.fragments.grams[i].newer {
			for x := d.fragments.grams[i].first; x >= 0; x = d.fragments.blocks[x].next {
				held += blocksFor(int(d.fragments.blocks[x].have))
			}
		}
		if p := &d.fragments.blockPool; held+p.count != len(p.blocks) {
			t.Errorf("%d blocks held, %d free, of %d", held, p.count, len(p.blocks))
		}
	})
}
