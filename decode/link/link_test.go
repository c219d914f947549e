package link

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"wstap/capture/packet"
)

// layerCase is a packet that carries the segment "wss!" of 192.0.2.1:40000 →
// 192.0.2.2:80, or is something else.
type layerCase struct {
	name    string // with the story of the packet
	link    packet.LinkType
	hex     string
	kind    Kind
	carrier []string
}

var layerCases = []layerCase{
	{name: "ethernet", link: packet.LinkEthernet, hex: ethIP4 + ip4 + tcp + four, kind: TCP},
	{name: "802.1Q, with priority bits that are not part of the id", link: packet.LinkEthernet,
		hex: macs + "81 00 e0 0a 08 00" + ip4 + tcp + four, kind: TCP, carrier: []string{"vlan 10"}},
	{name: "two 802.1Q tags, as cheap switches stack them", link: packet.LinkEthernet,
		hex: macs + "81 00 00 64 81 00 0f ff 08 00" + ip4 + tcp + four, kind: TCP, carrier: []string{"vlan 100", "vlan 4095"}},
	{name: "priority tag: id 0 is no VLAN, but it was there", link: packet.LinkEthernet,
		hex: macs + "81 00 60 00 08 00" + ip4 + tcp + four, kind: TCP, carrier: []string{"vlan 0"}},
	{name: "eight tags, the most that is followed: all are named", link: packet.LinkEthernet,
		hex:  macs + "81 00 0f 01 81 00 0f 02 81 00 0f 03 81 00 0f 04 81 00 0f 05 81 00 0f 06 81 00 0f 07 81 00 0f 08 08 00" + ip4 + tcp + four,
		kind: TCP, carrier: []string{"vlan 3841", "vlan 3842", "vlan 3843", "vlan 3844", "vlan 3845", "vlan 3846", "vlan 3847", "vlan 3848"}},
	{name: "nine tags are a loop", link: packet.LinkEthernet,
		hex: macs + strings.Repeat("81 00 00 01 ", 9) + "08 00" + ip4 + tcp + four, kind: Malformed},
	{name: "tag cut", link: packet.LinkEthernet, hex: macs + "81 00 00 01 08", kind: Malformed},

	{name: "Linux cooked, as -i any writes it", link: packet.LinkLinuxSLL,
		hex: "00 00 00 01 00 06 02 00 00 00 00 01 00 00 08 00" + ip4 + tcp + four, kind: TCP},
	{name: "Linux cooked with a tag: the kernel leaves it in", link: packet.LinkLinuxSLL,
		hex: "00 00 00 01 00 06 02 00 00 00 00 01 00 00 81 00 00 0a 08 00" + ip4 + tcp + four, kind: TCP, carrier: []string{"vlan 10"}},
	{name: "Linux cooked v2: the protocol comes first", link: packet.LinkLinuxSLL2,
		hex: "08 00 00 00 00 00 00 02 00 01 00 06 02 00 00 00 00 01 00 00" + ip4 + tcp + four, kind: TCP},
	{name: "Linux cooked header cut", link: packet.LinkLinuxSLL, hex: "00 00 00 01 00 06 02 00 00 00 00 01 00 00 08", kind: Malformed},
	{name: "Linux cooked v2 header cut", link: packet.LinkLinuxSLL2,
		hex: "08 00 00 00 00 00 00 02 00 01 00 06 02 00 00 00 00 01 00", kind: Malformed},

	{name: "BSD loopback by a little-endian machine", link: packet.LinkNull, hex: "02 00 00 00" + ip4 + tcp + four, kind: TCP},
	{name: "BSD loopback by a big-endian machine", link: packet.LinkNull, hex: "00 00 00 02" + ip4 + tcp + four, kind: TCP},
	{name: "OpenBSD loopback: network byte order", link: packet.LinkLoop, hex: "00 00 00 02" + ip4 + tcp + four, kind: TCP},
	{name: "BSD loopback with no address family at all", link: packet.LinkNull, hex: "12 34 56 78" + ip4 + tcp + four, kind: NotTCP},
	{name: "BSD loopback header cut", link: packet.LinkNull, hex: "02 00 00", kind: Malformed},
	{name: "BSD loopback header and nothing else", link: packet.LinkNull, hex: "02 00 00 00", kind: Malformed},

	{name: "raw IP", link: packet.LinkRaw, hex: ip4 + tcp + four, kind: TCP},
	{name: "raw IP, number 12", link: packet.LinkRawBSD, hex: ip4 + tcp + four, kind: TCP},
	{name: "raw IP, number 14", link: packet.LinkRawOpen, hex: ip4 + tcp + four, kind: TCP},
	{name: "raw IPv4", link: packet.LinkIPv4, hex: ip4 + tcp + four, kind: TCP},
	{name: "raw IP of no version", link: packet.LinkRaw, hex: "05 00 00 2c", kind: NotTCP},
	{name: "raw IP without a byte", link: packet.LinkRaw, kind: Malformed},

	{name: "ARP", link: packet.LinkEthernet, hex: macs + "08 06 00 01 08 00 06 04 00 01", kind: NotTCP},
	{name: "802.3 length instead of a type: spanning tree", link: packet.LinkEthernet, hex: macs + "00 26 42 42 03", kind: NotTCP},
	{name: "EtherType says IPv4, the packet IPv6", link: packet.LinkEthernet, hex: ethIP4 + "65" + ip4[2:] + tcp, kind: Malformed},
	{name: "Ethernet header cut", link: packet.LinkEthernet, hex: macs + "08", kind: Malformed},
	{name: "nothing at all", link: packet.LinkEthernet, kind: Malformed},
	{name: "USB", link: packet.LinkType(189), hex: ip4 + tcp + four, kind: UnknownLink},
}

func TestDecodeLinkLayers(t *testing.T) {
	for _, c := range layerCases {
		t.Run(c.name, func(t *testing.T) {
			d := New([2]uint64{1, 2})
			p := captured(c.link, unhex(t, c.hex), 0)
			var s Segment
			if got := d.Decode(&p, &s); got != c.kind {
				t.Fatalf("kind %v, want %v", got, c.kind)
			}
			if c.kind != TCP {
				return
			}
			if diff := cmp.Diff(c.carrier, d.Carrier(s.Carrier)); diff != "" {
				t.Errorf("carrier (-want +got):\n%s", diff)
			}
			if from, to := s.Flow.Sender(s.Dir).String(), s.Flow.Sender(s.Dir.Other()).String(); from != "192.0.2.1:40000" || to != "192.0.2.2:80" {
				t.Errorf("%s → %s", from, to)
			}
			got := s
			got.Flow, got.Hash, got.Dir, got.Carrier = Flow{}, 0, 0, 0
			want := Segment{
				Time: p.Time, Ref: p.Ref, Seq: 0x01020304, Ack: 0x05060708, Flags: PSH | ACK,
				Window: 501, Copy: 0x1234, Length: 4, Header: 20, TTL: 64, Payload: []byte("wss!"),
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("segment (-want +got):\n%s", diff)
			}
		})
	}
}

// A capture of many VLANs must not grow the list of wraps for ever; what is not
// named any more is still decoded.
func TestCarriersBounded(t *testing.T) {
	d := New([2]uint64{})
	var s Segment
	data := unhex(t, macs+"81 00 00 00 81 00 00 00 08 00"+ip4+tcp+four)
	for i := range maxCarriers + 100 {
		data[14], data[15] = byte(i>>8)&15, byte(i)
		data[18], data[19] = byte(i>>12)&15, 1
		p := captured(packet.LinkEthernet, data, 0)
		if k := d.Decode(&p, &s); k != TCP {
			t.Fatal(k)
		}
		if want := i < maxCarriers-1; (s.Carrier != 0) != want {
			t.Fatalf("stack %d: carrier %d", i, s.Carrier)
		}
	}
	if n := d.Counters().Carriers; n != 101 {
		t.Errorf("%d segments without a name, want 101", n)
	}
	// Packets that are no segments take no place.
	d = New([2]uint64{})
	arp := captured(packet.LinkEthernet, unhex(t, macs+"81 00 00 01 08 06 00 01"), 0)
	if k := d.Decode(&arp, &s); k != NotTCP || len(d.carriers.stacks) != 1 {
		t.Errorf("kind %v, %d carriers", k, len(d.carriers.stacks))
	}
}

func TestDecodeAllocatesNothing(t *testing.T) {
	d := New([2]uint64{1, 2})
	var s Segment
	for _, c := range layerCases {
		p := captured(c.link, unhex(t, c.hex), 0)
		d.Decode(&p, &s)
		if n := testing.AllocsPerRun(100, func() { d.Decode(&p, &s) }); n != 0 {
			t.Errorf("%s: %v allocations", c.name, n)
		}
	}
}

func TestKindString(t *testing.T) {
	seen := map[string]bool{}
	for k := range Kind(Kinds) {
		if s := k.String(); s == "invalid" || seen[s] {
			t.Errorf("kind %d is called %q", k, s)
		} else {
			seen[s] = true
		}
	}
	if Kind(Kinds).String() != "invalid" {
		t.Error("a number beyond the kinds has a name")
	}
}
