package link

import (
	"bytes"
	"testing"

	"wstap/capture/packet"
)

// ipCase is what one IP packet must give. Facts of lengths come from RFC 791,
// RFC 8200 and RFC 9293.
type ipCase struct {
	name    string // with the story of the packet
	hex     string
	cut     int // bytes captured, 0 for all
	kind    Kind
	length  uint32
	payload string
}

// six puts an IPv6 header before b, with its payload length and next header.
func six(length, next, b string) string {
	return "60 00 00 00 " + length + " " + next + " " + ip6from + ip6to + b
}

var ipv4Cases = []ipCase{
	{name: "as it should be", hex: ip4 + tcp + four, kind: TCP, length: 4, payload: "wss!"},
	{name: "pure acknowledgment", hex: "45 00 00 28" + ip4[12:] + tcp, kind: TCP},
	{name: "IP options: record route", hex: "48 00 00 38" + ip4[12:] + "01 07 0b 04 00 00 00 00 00 00 00 00" + tcp + four, kind: TCP, length: 4, payload: "wss!"},
	{name: "the longest IP header: 60 bytes", hex: "4f 00 00 54" + ip4[12:] +
		"01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 " + tcp + four, kind: TCP, length: 4, payload: "wss!"},
	{name: "TCP options", hex: "45 00 00 38" + ip4[12:] + tcpOptions + four, kind: TCP, length: 4, payload: "wss!"},
	{name: "total length 0: segmentation offload on the sending machine", hex: "45 00 00 00" + ip4[12:] + tcp + four, kind: TCP, length: 4, payload: "wss!"},
	{name: "total length beyond the packet is not believed", hex: "45 00 05 dc" + ip4[12:] + tcp + four, kind: TCP, length: 4, payload: "wss!"},
	{name: "Ethernet padding is no payload", hex: "45 00 00 28" + ip4[12:] + tcp + "00 00 00 00 00 00", kind: TCP},
	{name: "padding behind payload", hex: ip4 + tcp + four + "00 00", kind: TCP, length: 4, payload: "wss!"},
	{name: "snaplen inside the payload", hex: ip4 + tcp + four, cut: 42, kind: TCP, length: 4, payload: "ws"},
	{name: "snaplen behind the TCP header", hex: ip4 + tcp + four, cut: 40, kind: TCP, length: 4},
	{name: "snaplen inside the TCP options: the length is known all the same", hex: "45 00 00 38" + ip4[12:] + tcpOptions + four, cut: 44, kind: TCP, length: 4},
	{name: "snaplen inside the TCP header", hex: ip4 + tcp + four, cut: 39, kind: Malformed},
	{name: "snaplen inside the IP header", hex: ip4 + tcp + four, cut: 19, kind: Malformed},
	{name: "snaplen inside the IP options", hex: "48 00 00 38" + ip4[12:] + "01 07 0b 04 00 00 00 00 00 00 00 00" + tcp + four, cut: 28, kind: Malformed},
	{name: "snaplen and total length 0", hex: "45 00 00 00" + ip4[12:] + tcp + four, cut: 41, kind: TCP, length: 4, payload: "w"},
	{name: "first fragment", hex: "45 00 00 2c 12 34 20 00" + ip4[24:] + tcp + four, kind: Fragment},
	{name: "last fragment: its bytes are no TCP header", hex: "45 00 00 2c 12 34 00 03" + ip4[24:] + tcp + four, kind: Fragment},
	{name: "the reserved bit is no fragment", hex: "45 00 00 2c 12 34 80 00" + ip4[24:] + tcp + four, kind: TCP, length: 4, payload: "wss!"},
	{name: "UDP", hex: "45 00 00 20 00 00 00 00 40 11" + ip4[30:] + "00 36 00 36 00 0c 00 00" + four, kind: NotTCP},
	{name: "DNS, by its port", hex: "45 00 00 20 00 00 00 00 40 11" + ip4[30:] + "00 35 00 35 00 0c 00 00" + four, kind: DNS},
	{name: "ICMP", hex: "45 00 00 1c 00 00 00 00 40 01" + ip4[30:] + "08 00 00 00 00 00 00 00", kind: NotTCP},
	{name: "IP header shorter than 20 bytes", hex: "44" + ip4[2:] + tcp + four, kind: Malformed},
	{name: "total length inside the TCP header", hex: "45 00 00 27" + ip4[12:] + tcp + four, kind: Malformed},
	{name: "total length inside the IP header", hex: "45 00 00 10" + ip4[12:] + tcp + four, kind: Malformed},
	{name: "data offset below 5", hex: ip4 + "9c 40 00 50 01 02 03 04 05 06 07 08 40 18 01 f5 00 00 00 00" + four, kind: Malformed},
	{name: "data offset beyond the packet", hex: ip4 + "9c 40 00 50 01 02 03 04 05 06 07 08 f0 18 01 f5 00 00 00 00" + four, kind: Malformed},
	{name: "data offset up to the last byte", hex: ip4 + "9c 40 00 50 01 02 03 04 05 06 07 08 60 18 01 f5 00 00 00 00" + four, kind: TCP},
}

const (
	hopByHop  = "3c 00 01 04 00 00 00 00 "                         // next: destination options
	destOpts  = "06 01 01 0c 00 00 00 00 00 00 00 00 00 00 00 00 " // next: TCP, 16 bytes
	routing   = "06 02 04 00 00 00 00 00 20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 03 "
	auth      = "06 04 00 00 00 00 00 01 00 00 00 01 aa bb cc dd ee ff 00 11 22 33 44 55 " // (4+2)*4 = 24 bytes
	atomic    = "06 00 00 00 de ad be ef "
	fragment6 = "06 00 00 01 de ad be ef "
)

var ipv6Cases = []ipCase{
	{name: "as it should be", hex: six("00 18", "06", tcp+four), kind: TCP, length: 4, payload: "wss!"},
	{name: "hop-by-hop, then destination options", hex: six("00 30", "00", hopByHop+destOpts+tcp+four), kind: TCP, length: 4, payload: "wss!"},
	{name: "routing header", hex: six("00 30", "2b", routing+tcp+four), kind: TCP, length: 4, payload: "wss!"},
	{name: "authentication header: counted in words of 4 bytes", hex: six("00 30", "33", auth+tcp+four), kind: TCP, length: 4, payload: "wss!"},
	{name: "atomic fragment: a whole packet (RFC 6946)", hex: six("00 20", "2c", atomic+tcp+four), kind: TCP, length: 4, payload: "wss!"},
	{name: "first fragment", hex: six("00 20", "2c", fragment6+tcp+four), kind: Fragment},
	{name: "later fragment", hex: six("00 20", "2c", "06 00 00 08 de ad be ef"+tcp+four), kind: Fragment},
	{name: "payload length 0: a jumbogram or offload", hex: six("00 00", "06", tcp+four), kind: TCP, length: 4, payload: "wss!"},
	{name: "payload length beyond the packet is not believed", hex: six("ff ff", "06", tcp+four), kind: TCP, length: 4, payload: "wss!"},
	{name: "padding", hex: six("00 18", "06", tcp+four+"00 00 00 00"), kind: TCP, length: 4, payload: "wss!"},
	{name: "snaplen inside the payload", hex: six("00 18", "06", tcp+four), cut: 63, kind: TCP, length: 4, payload: "wss"},
	{name: "snaplen inside an extension header", hex: six("00 30", "2b", routing+tcp+four), cut: 56, kind: Malformed},
	{name: "snaplen behind the IPv6 header", hex: six("00 30", "2b", routing+tcp+four), cut: 40, kind: Malformed},
	{name: "snaplen inside the IPv6 header", hex: six("00 18", "06", tcp+four), cut: 39, kind: Malformed},
	{name: "snaplen in UDP: what it is was known before the cut", hex: six("00 0c", "11", "00 36 00 36 00 0c 00 00"+four), cut: 44, kind: NotTCP},
	{name: "ICMPv6", hex: six("00 08", "3a", "80 00 00 00 00 00 00 00"), kind: NotTCP},
	{name: "no next header: a legal packet of nothing", hex: six("00 00", "3b", ""), kind: NotTCP},
	{name: "ESP: nobody knows what is in it", hex: six("00 18", "32", tcp+four), kind: NotTCP},
	{name: "extension header that claims more than there is", hex: six("00 20", "00", "06 ff 01 04 00 00 00 00"+tcp+four), kind: Malformed},
	{name: "payload length inside the TCP header", hex: six("00 13", "06", tcp+four), kind: Malformed},
	{name: "eight extension headers, the most there can be", hex: six("00 58", "3c",
		"3c 00 01 04 00 00 00 00 3c 00 01 04 00 00 00 00 3c 00 01 04 00 00 00 00 3c 00 01 04 00 00 00 00 "+
			"3c 00 01 04 00 00 00 00 3c 00 01 04 00 00 00 00 3c 00 01 04 00 00 00 00 06 00 01 04 00 00 00 00 "+tcp+four), kind: TCP, length: 4, payload: "wss!"},
	{name: "nine of them are made to tire the reader", hex: six("00 60", "3c",
		"3c 00 01 04 00 00 00 00 3c 00 01 04 00 00 00 00 3c 00 01 04 00 00 00 00 3c 00 01 04 00 00 00 00 3c 00 01 04 00 00 00 00 "+
			"3c 00 01 04 00 00 00 00 3c 00 01 04 00 00 00 00 3c 00 01 04 00 00 00 00 06 00 01 04 00 00 00 00 "+tcp+four), kind: Malformed},
}

func TestDecodeIPv4(t *testing.T) { testIP(t, packet.LinkIPv4, ipv4Cases) }

func TestDecodeIPv6(t *testing.T) { testIP(t, packet.LinkIPv6, ipv6Cases) }

func testIP(t *testing.T, link packet.LinkType, cases []ipCase) {
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			data := unhex(t, c.hex)
			p := captured(link, data, 0)
			if c.cut > 0 {
				p = captured(link, data[:c.cut], len(data))
			}
			var s Segment
			if got := New([2]uint64{1, 2}).Decode(&p, &s); got != c.kind {
				t.Fatalf("kind %v, want %v", got, c.kind)
			}
			if c.kind != TCP {
				return
			}
			if s.Length != c.length || !bytes.Equal(s.Payload, []byte(c.payload)) {
				t.Errorf("length %d, payload %q; want %d, %q", s.Length, s.Payload, c.length, c.payload)
			}
			if s.Seq != 0x01020304 || s.Ack != 0x05060708 || s.Flags != PSH|ACK || s.Window != 501 {
				t.Errorf("header %x %x %x %d", s.Seq, s.Ack, s.Flags, s.Window)
			}
			want := "[2001:db8::1]:40000"
			if link == packet.LinkIPv4 {
				want = "192.0.2.1:40000"
			}
			if from := s.Flow.Sender(s.Dir).String(); from != want {
				t.Errorf("sender %s, want %s", from, want)
			}
		})
	}
}

// Some writers put 0, or less than they captured, where the length on the wire
// belongs.
func TestDecodeWireLengthTooSmall(t *testing.T) {
	for _, data := range [][]byte{unhex(t, ip4+tcp+four), unhex(t, six("00 18", "06", tcp+four))} {
		for _, wire := range []uint32{0, 1, 20, 40, 43} {
			p := captured(packet.LinkRaw, data, 0)
			p.OrigLen = wire
			var s Segment
			if k := New([2]uint64{}).Decode(&p, &s); k != TCP || s.Length != 4 || string(s.Payload) != "wss!" {
				t.Errorf("%d bytes on the wire: %v, length %d, payload %q", wire, k, s.Length, s.Payload)
			}
		}
	}
}
