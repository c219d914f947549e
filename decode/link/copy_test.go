package link

import (
	"slices"
	"testing"

	"wstap/capture/packet"
)

// A packet keeps its Copy wherever it is captured; what its sender sends again
// has another.
func TestCopy(t *testing.T) {
	four := unhex(t, "45 00 00 38"+ip4[12:]+tcpOptions+four)
	zero := slices.Clone(four)
	zero[4], zero[5] = 0, 0
	six := unhex(t, six("00 24", "06", tcpOptions+"77 73 73 21"))
	copyOf := func(b []byte) Segment {
		var s Segment
		p := captured(packet.LinkRaw, b, 0)
		if k := New([2]uint64{0x9e3779b97f4a7c15, 0xbf58476d1ce4e5b9}).Decode(&p, &s); k != TCP {
			t.Fatalf("%v: % x", k, b)
		}
		return s
	}
	if s := copyOf(four); s.Copy != 0x1234 || s.WeakCopy() {
		t.Errorf("identification 0x1234: %x", s.Copy)
	}
	for _, c := range []struct {
		name   string
		packet []byte
		at     int // of the change, from the TCP header on; negative from the IP header on
		differ bool
	}{
		{"hop limit", six, -(ipv6Header - 7), false},
		{"TTL", zero, -(ipv4Header - 8), false},
		{"header checksum", zero, -(ipv4Header - 10), false},
		{"checksum", zero, 16, false}, {"checksum", six, 17, false},
		{"data, which nobody sends otherwise", six, 32, false},
		{"sequence number", six, 7, true}, {"acknowledgment number", zero, 11, true}, {"flags", six, 13, true},
		{"window", zero, 15, true}, {"timestamp", six, 27, true}, {"timestamp", zero, 27, true}, {"echoed timestamp", six, 31, true},
	} {
		header := len(c.packet) - tcpHeader - 12 - 4
		changed := slices.Clone(c.packet)
		changed[header+c.at] ^= 1
		a, b := copyOf(c.packet), copyOf(changed)
		if a.WeakCopy() || b.WeakCopy() || (a.Copy != b.Copy) != c.differ {
			t.Errorf("%s: %x and %x", c.name, a.Copy, b.Copy)
		}
	}
	for _, c := range []struct {
		name, options string
		weak          bool
	}{
		{"no options", "", true},
		{"timestamp after others, as in a SYN", "02 04 05 b4 04 02 08 0a 00 00 00 01 00 00 00 00 01 03 03 07", false},
		{"other options", "01 01 05 0a 00 00 00 01 00 00 00 02", true},
		{"timestamp behind the end of options", "00 00 08 0a 00 00 00 01 00 00 00 02", true},
		{"timestamp of another length", "01 01 08 0b 00 00 00 01 00 00 00 02", true},
		{"timestamp that does not fit", "01 01 08 0a", true},
		{"an option of no length", "05 00 08 0a 00 00 00 01 00 00 00 02", true},
		{"the kind alone", "01 01 01 08", true},
	} {
		b := unhex(t, "60 00 00 00 00 00 06 "+ip6from+ip6to+tcp+c.options)
		header := len(b) - ipv6Header
		b[5], b[ipv6Header+12] = byte(header), byte(header/4<<4)
		if s := copyOf(b); s.WeakCopy() != c.weak {
			t.Errorf("%s: weak is %v", c.name, s.WeakCopy())
		}
	}
	// Inside and outside of a tunnel it is the same.
	for _, b := range [][]byte{four, zero, six} {
		m := made{etherIPv4, b}
		if b[0]>>4 == 6 {
			m.t = etherIPv6
		}
		out, _ := vxlanWrapper(portVXLAN, 8).around(m, 42, false)
		if inner, outer := copyOf(b), copyOf(out.b); inner.Copy != outer.Copy || inner.Hash != outer.Hash || inner.Flow != outer.Flow {
			t.Errorf("%x inside, %x outside", inner.Copy, outer.Copy)
		}
	}
}
