package link

import (
	"testing"

	"wstap/capture/packet"
)

const (
	// From the router 192.0.2.254 to 192.0.2.1, ICMP, as long as it is.
	icmp4 = "45 c0 00 00 00 01 00 00 40 01 00 00 c0 00 02 fe c0 00 02 01 "
	// 2001:db8::fe → 2001:db8::1, ICMPv6.
	icmp6      = "60 00 00 00 00 00 3a 40 20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 fe " + "20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 01 "
	quotedTCP8 = "9c 40 00 50 01 02 03 04 "
)

// icmpCase is an ICMP error in an IP packet, and what it says. The numbers are those of
// RFC 792 and RFC 4443.
type icmpCase struct {
	name string
	hex  string
	kind Kind
	t, c uint8
	mtu  uint32
	six  bool
}

var icmpCases = []icmpCase{
	{name: "host unreachable, with the least that it quotes", hex: icmp4 + "03 01 00 00 00 00 00 00 " + ip4 + quotedTCP8, kind: ICMP, t: 3, c: 1},
	{name: "port unreachable, with all of the segment", hex: icmp4 + "03 03 00 00 00 00 00 00 " + ip4 + tcp + four, kind: ICMP, t: 3, c: 3},
	{name: "time exceeded", hex: icmp4 + "0b 00 00 00 00 00 00 00 " + ip4 + quotedTCP8, kind: ICMP, t: 11},
	{name: "parameter problem", hex: icmp4 + "0c 00 00 00 14 00 00 00 " + ip4 + quotedTCP8, kind: ICMP, t: 12},
	{name: "fragmentation needed", hex: icmp4 + "03 04 00 00 ff ff 05 78 " + ip4 + quotedTCP8, kind: ICMP, t: 3, c: 4, mtu: 1400},
	{name: "a quoted packet with options", hex: icmp4 + "03 01 00 00 00 00 00 00 48" + ip4[2:] + "01 07 0b 04 00 00 00 00 00 00 00 00 " + quotedTCP8, kind: ICMP, t: 3, c: 1},
	{name: "the first fragment is quoted", hex: icmp4 + "03 01 00 00 00 00 00 00 45 00 00 2c 12 34 20 00" + ip4[23:] + quotedTCP8, kind: ICMP, t: 3, c: 1},
	{name: "a later fragment is quoted", hex: icmp4 + "03 01 00 00 00 00 00 00 45 00 00 2c 12 34 00 03" + ip4[23:] + quotedTCP8, kind: NotTCP},
	{name: "UDP is quoted", hex: icmp4 + "03 03 00 00 00 00 00 00 45 00 00 2c 12 34 40 00 40 11" + ip4[29:] + quotedTCP8, kind: NotTCP},
	{name: "sent to somebody else", hex: icmp4 + "03 01 00 00 00 00 00 00 45 00 00 2c 12 34 40 00 40 06 00 00 c0 00 02 02 c0 00 02 01 " + quotedTCP8, kind: NotTCP},
	{name: "cut in the quoted TCP header", hex: icmp4 + "03 01 00 00 00 00 00 00 " + ip4 + quotedTCP8[:21], kind: NotTCP},
	{name: "cut in the quoted IP header", hex: icmp4 + "03 01 00 00 00 00 00 00 " + ip4[:57], kind: NotTCP},
	{name: "quotes nothing", hex: icmp4 + "03 01 00 00 00 00 00 00", kind: NotTCP},
	{name: "cut in its header", hex: icmp4 + "03 01 00 00", kind: NotTCP},
	{name: "IPv6 is quoted", hex: icmp4 + "03 01 00 00 00 00 00 00 " + six("00 18", "06", tcp+four), kind: NotTCP},
	{name: "a ping", hex: icmp4 + "08 00 00 00 00 00 00 00 " + ip4 + quotedTCP8, kind: NotTCP},
	{name: "a redirect", hex: icmp4 + "05 01 00 00 c0 00 02 fd " + ip4 + quotedTCP8, kind: NotTCP},
	{name: "ICMPv6 in IPv4", hex: "45 c0 00 00 00 01 00 00 40 3a" + icmp4[29:] + "01 00 00 00 00 00 00 00 " + ip4 + quotedTCP8, kind: NotTCP},
	{name: "no route", hex: icmp6 + "01 00 00 00 00 00 00 00 " + six("00 18", "06", quotedTCP8), kind: ICMP, t: 1, six: true},
	{name: "port unreachable with extension headers", hex: icmp6 + "01 04 00 00 00 00 00 00 " + six("00 30", "00", hopByHop+destOpts+tcp), kind: ICMP, t: 1, c: 4, six: true},
	{name: "packet too big", hex: icmp6 + "02 00 00 00 00 00 05 00 " + six("00 18", "06", quotedTCP8), kind: ICMP, t: 2, mtu: 1280, six: true},
	{name: "hop limit exceeded", hex: icmp6 + "03 00 00 00 00 00 00 00 " + six("00 18", "06", quotedTCP8), kind: ICMP, t: 3, six: true},
	{name: "neighbour solicitation", hex: icmp6 + "87 00 00 00 00 00 00 00 " + six("00 18", "06", quotedTCP8), kind: NotTCP},
	{name: "IPv4 is quoted in ICMPv6", hex: icmp6 + "01 00 00 00 00 00 00 00 " + ip4 + ip4 + quotedTCP8, kind: NotTCP},
	{name: "extension headers without end", hex: icmp6 + "01 00 00 00 00 00 00 00 " + six("00 18", "00", "00 01 01 0c 00 00 00 00 00 00 00 00 00 00 00 00 "), kind: NotTCP},
}

func TestICMP(t *testing.T) {
	for _, c := range icmpCases {
		t.Run(c.name, func(t *testing.T) {
			data := unhex(t, c.hex)
			for name, p := range map[string]packet.Packet{
				"raw": captured(packet.LinkRaw, data, 0), "in a VLAN": captured(packet.LinkEthernet, append(unhex(t, macs+"81 00 00 0a "+map[bool]string{true: "86 dd", false: "08 00"}[data[0]>>4 == 6]), data...), 0),
			} {
				d := New([2]uint64{1, 2})
				var s Segment
				if got := d.Decode(&p, &s); got != c.kind {
					t.Fatalf("%s: %v, want %v", name, got, c.kind)
				}
				if c.kind != ICMP {
					continue
				}
				q := d.Quote()
				from, sender, receiver := "192.0.2.254", "192.0.2.1:40000", "192.0.2.2:80"
				if c.six {
					from, sender, receiver = "2001:db8::fe", "[2001:db8::1]:40000", "[2001:db8::2]:80"
				}
				if q.Type != c.t || q.Code != c.c || q.MTU != c.mtu || q.V6 != c.six || q.From().String() != from ||
					q.Seq != 0x01020304 || q.Flow.Sender(q.Dir).String() != sender || q.Flow.Sender(q.Dir.Other()).String() != receiver ||
					q.Time != p.Time || q.Ref != p.Ref {
					t.Errorf("%s: %+v", name, q)
				}
				if q.TooBig() != (c.mtu != 0) {
					t.Errorf("too big: %v", q.TooBig())
				}
			}
		})
	}
}

// The quoted segment has the hash by which its connection is found.
func TestICMPHash(t *testing.T) {
	d := New([2]uint64{1, 2})
	for error, segment := range map[string]string{
		icmp4 + "03 01 00 00 00 00 00 00 " + ip4 + quotedTCP8:               ip4 + tcp + four,
		icmp6 + "01 00 00 00 00 00 00 00 " + six("00 18", "06", quotedTCP8): six("00 18", "06", tcp+four),
	} {
		var s, unused Segment
		p, q := captured(packet.LinkRaw, unhex(t, segment), 0), captured(packet.LinkRaw, unhex(t, error), 0)
		if d.Decode(&p, &s) != TCP || d.Decode(&q, &unused) != ICMP || d.Quote().Hash != s.Hash || d.Quote().Flow != s.Flow || d.Quote().Dir != s.Dir {
			t.Errorf("%+v, %+v", d.Quote(), s)
		}
	}
}

func TestICMPAllocations(t *testing.T) {
	d := New([2]uint64{1, 2})
	p := captured(packet.LinkRaw, unhex(t, icmpCases[0].hex), 0)
	var s Segment
	d.Decode(&p, &s)
	if n := testing.AllocsPerRun(100, func() { d.Decode(&p, &s) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// FuzzICMP feeds any bytes as what follows an IP header that says ICMP.
func FuzzICMP(f *testing.F) {
	for _, c := range icmpCases {
		f.Add(c.hex[:1] == "6", unhex(f, c.hex)[map[bool]int{true: ipv6Header, false: ipv4Header}[c.hex[:1] == "6"]:])
	}
	f.Fuzz(func(t *testing.T, v6 bool, b []byte) {
		head := icmp4
		if v6 {
			head = icmp6
		}
		data := append(unhex(t, head), b...)
		if v6 {
			data[4], data[5] = 0, 0 // as long as it is
		} else {
			data[2], data[3] = 0, 0
		}
		d := New([2]uint64{1, 2})
		p := captured(packet.LinkRaw, data, 0)
		var s Segment
		switch d.Decode(&p, &s) {
		case ICMP:
		case NotTCP:
			return
		default:
			if len(b) > 0 {
				t.Fatal("another kind")
			}
			return
		}
		q := d.Quote()
		if !isICMPError(q.Type, v6) || q.V6 != v6 || q.Dir > FromB || q.Flow.Sender(q.Dir).Addr().String() != map[bool]string{true: "2001:db8::1", false: "192.0.2.1"}[v6] {
			t.Errorf("%+v", q)
		}
		if q.MTU != 0 && !q.TooBig() {
			t.Error("an MTU")
		}
	})
}
