package link

import (
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
