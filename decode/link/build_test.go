package link

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"

	"wstap/capture/packet"
)

// made is a packet from one of its layers on, and the EtherType that names that.
type made struct {
	t uint16
	b []byte
}

func (m made) isIP() bool    { return m.t == etherIPv4 || m.t == etherIPv6 }
func (m made) isFrame() bool { return m.t == etherBridging }

// frame puts an Ethernet header around what is not a frame yet.
func (m made) frame() made {
	if m.isFrame() {
		return m
	}
	b := []byte{0, 0x50, 0x56, 0, 0, 2, 0, 0x50, 0x56, 0, 0, 1} // of a known maker: tshark asks
	return made{etherBridging, append(binary.BigEndian.AppendUint16(b, m.t), m.b...)}
}

// inIP puts an IP header around b, of protocol next.
func inIP(v6 bool, next uint8, b []byte) made {
	if v6 {
		h := make([]byte, ipv6Header)
		h[0], h[6], h[7] = 0x60, next, 64
		binary.BigEndian.PutUint16(h[4:], uint16(len(b)))
		copy(h[8:], "\xfd\x00outer-source..")
		copy(h[24:], "\xfd\x00outer-target..")
		return made{etherIPv6, append(h, b...)}
	}
	h := []byte{0x45, 0, 0, 0, 0x77, 0x77, 0, 0, 64, next, 0, 0, 198, 51, 100, 1, 198, 51, 100, 2}
	binary.BigEndian.PutUint16(h[2:], uint16(len(h)+len(b)))
	return made{etherIPv4, append(h, b...)}
}

// inUDP puts a UDP and an IP header around b.
func inUDP(v6 bool, port uint16, b []byte) made {
	h := []byte{0xd0, 0, byte(port >> 8), byte(port), 0, 0, 0, 0}
	binary.BigEndian.PutUint16(h[4:], uint16(len(h)+len(b)))
	return inIP(v6, protoUDP, append(h, b...))
}

func join(parts ...[]byte) (b []byte) {
	for _, p := range parts {
		b = append(b, p...)
	}
	return b
}

func be16(n uint16) []byte { return binary.BigEndian.AppendUint16(nil, n) }
func be32(n uint32) []byte { return binary.BigEndian.AppendUint32(nil, n) }

// wrapper is a way to wrap packets. around returns false for what it cannot wrap.
type wrapper struct {
	name   string // as in the carrier; a number follows where %d stands
	around func(m made, n uint32, v6 bool) (made, bool)
}

func vlanWrapper(tpid uint16) wrapper {
	return wrapper{"vlan %d", func(m made, n uint32, _ bool) (made, bool) {
		return made{tpid, join(be16(uint16(n)&0xfff|0x6000), be16(m.t), m.b)}, !m.isFrame()
	}}
}

// mplsWrapper makes labels around IP, other labels, or a frame, before which
// control stands.
func mplsWrapper(t uint16, control string) wrapper {
	return wrapper{"mpls %d", func(m made, n uint32, _ bool) (made, bool) {
		label := be32(n<<12 | 0x1ff)
		switch {
		case m.t == etherMPLS, m.t == etherMPLSMulticast:
			label[2] &^= 1
			return made{t, join(label, m.b)}, control == ""
		case m.isIP() && control == "":
			return made{t, join(label, m.b)}, true
		default:
			return made{t, join(label, []byte(control), m.frame().b)}, true
		}
	}}
}

func pppoeWrapper(ppp4, ppp6, pppLabels string) wrapper {
	return wrapper{"pppoe %d", func(m made, n uint32, _ bool) (made, bool) {
		ppp, ok := map[uint16]string{etherIPv4: ppp4, etherIPv6: ppp6, etherMPLS: pppLabels}[m.t]
		return made{etherPPPoE, join([]byte{0x11, 0}, be16(uint16(n)), be16(uint16(len(ppp)+len(m.b))), []byte(ppp), m.b)}, ok
	}}
}

// greWrapper makes a header with these flags; fields lie between it and the
// packet, with the number in place of "KEY.".
func greWrapper(name string, flags uint16, fields string) wrapper {
	return wrapper{name, func(m made, n uint32, v6 bool) (made, bool) {
		h := join(be16(flags), be16(m.t))
		for i := 0; i < len(fields); i += 4 {
			if f := fields[i : i+4]; f == "KEY." {
				h = append(h, be32(n)...)
			} else {
				h = append(h, f...)
			}
		}
		return inIP(v6, protoGRE, join(h, m.b)), true
	}}
}

func erspanWrapper(name string, gre string, header func(n uint32) []byte) wrapper {
	return wrapper{name, func(m made, n uint32, v6 bool) (made, bool) {
		return inIP(v6, protoGRE, join([]byte(gre), header(n), m.frame().b)), true
	}}
}

func vxlanWrapper(port uint16, flags byte) wrapper {
	return wrapper{"vxlan %d", func(m made, n uint32, v6 bool) (made, bool) {
		return inUDP(v6, port, join([]byte{flags, 0, 0, 0}, be32(n<<8), m.frame().b)), true
	}}
}

func geneveWrapper(options string) wrapper {
	return wrapper{"geneve %d", func(m made, n uint32, v6 bool) (made, bool) {
		return inUDP(v6, portGENEVE, join([]byte{byte(len(options) / 4), 0}, be16(m.t), be32(n<<8), []byte(options), m.b)), true
	}}
}

// wrappers are all ways. The layouts are those of the standards that the decoders
// name; scapy and tshark are asked about them in other tests.
var wrappers = []wrapper{
	vlanWrapper(etherVLAN), vlanWrapper(etherQinQ), vlanWrapper(etherQinQOld1), vlanWrapper(etherQinQOld2),
	mplsWrapper(etherMPLS, ""), mplsWrapper(etherMPLSMulticast, ""), mplsWrapper(etherMPLS, "\x00\x00\x12\x34"),
	pppoeWrapper("\x00\x21", "\x00\x57", "\x02\x81"), pppoeWrapper("\x21", "\x57", "\x02\x81"),
	greWrapper("gre", 0, ""), greWrapper("gre", greChecksum, "sum."), greWrapper("gre", greSequence, "seq."),
	greWrapper("gre %d", greKey, "KEY."), greWrapper("gre %d", greChecksum|greKey|greSequence, "sum.KEY.seq."),
	erspanWrapper("erspan", "\x00\x00\x88\xbe", func(uint32) []byte { return nil }),
	erspanWrapper("erspan %d", "\x10\x00\x88\xbeseq.", func(n uint32) []byte {
		return join([]byte{0x10, 1}, be16(uint16(n)&0x3ff|0x0800), []byte("\x00\x00\x00\x07"))
	}),
	erspanWrapper("erspan %d", "\x10\x00\x22\xebseq.", func(n uint32) []byte {
		return join([]byte{0x20, 1}, be16(uint16(n)&0x3ff), []byte("time\x00\x00\x00\x00"))
	}),
	erspanWrapper("erspan %d", "\x10\x00\x22\xebseq.", func(n uint32) []byte {
		return join([]byte{0x20, 1}, be16(uint16(n)&0x3ff), []byte("time\x00\x00\x00\x01platform"))
	}),
	vxlanWrapper(portVXLAN, 8), vxlanWrapper(portVXLANLinux, 8), vxlanWrapper(portVXLAN, 0x88), vxlanWrapper(portVXLANGPE, 8),
	{"vxlan %d", func(m made, n uint32, v6 bool) (made, bool) {
		next, ok := map[uint16]byte{etherIPv4: 1, etherIPv6: 2, etherBridging: 3, etherMPLS: 5}[m.t]
		return inUDP(v6, portVXLANGPE, join([]byte{0x0c, 0, 0, next}, be32(n<<8), m.b)), ok
	}},
	geneveWrapper(""), geneveWrapper("opt1opt2"),
	{"ipip", func(m made, _ uint32, _ bool) (made, bool) { return inIP(false, protoIPv4, m.b), m.t == etherIPv4 }},
	{"4in6", func(m made, _ uint32, _ bool) (made, bool) { return inIP(true, protoIPv4, m.b), m.t == etherIPv4 }},
	{"6in4", func(m made, _ uint32, _ bool) (made, bool) { return inIP(false, protoIPv6, m.b), m.t == etherIPv6 }},
	{"6in6", func(m made, _ uint32, _ bool) (made, bool) { return inIP(true, protoIPv6, m.b), m.t == etherIPv6 }},
	{"etherip", func(m made, _ uint32, v6 bool) (made, bool) {
		return inIP(v6, protoEtherIP, join([]byte{0x30, 0}, m.frame().b)), true
	}},
	{"pbb %d", func(m made, n uint32, _ bool) (made, bool) {
		return made{etherBackbone, join(be32(n), m.frame().b)}, true
	}},
}

// plain returns the innermost packet: payload from 192.0.2.1 or 2001:db8::1 and a
// port to port 80 of .2 or ::2.
func plain(v6 bool, port uint16, payload string) made {
	t := join(be16(port), be16(80), be32(0x01020304), be32(0x05060708), []byte{0x50, PSH | ACK, 1, 0xf5, 0, 0, 0, 0}, []byte(payload))
	m := inIP(v6, protoTCP, t)
	if v6 {
		copy(m.b[8:], "\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01")
		copy(m.b[24:], "\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02")
	} else {
		copy(m.b[12:], "\xc0\x00\x02\x01\xc0\x00\x02\x02")
		copy(m.b[4:], "\x12\x34")
	}
	return m
}

// nest wraps m in up to depth random wrappers. The carrier stands outermost first.
func nest(r *rand.Rand, m made, depth int, of []wrapper) (made, []string) {
	var carrier []string
	for range depth {
		w := of[r.IntN(len(of))]
		n := r.Uint32N(1000)
		if out, ok := w.around(m, n, r.IntN(3) == 0); ok {
			m = out
			carrier = append([]string{w.named(n)}, carrier...)
		}
	}
	return m, carrier
}

func (w *wrapper) named(n uint32) string {
	if w.name[len(w.name)-1] != 'd' {
		return w.name
	}
	return fmt.Sprintf(w.name, n)
}

// cooked returns m as packets of every link type that can hold it.
func (m made) cooked() map[string]packet.Packet {
	p := map[string]packet.Packet{"ethernet": captured(packet.LinkEthernet, m.frame().b, 0)}
	if m.isFrame() {
		return p
	}
	put := func(name string, link packet.LinkType, header ...byte) {
		p[name] = captured(link, join(header, m.b), 0)
	}
	hi, lo := byte(m.t>>8), byte(m.t)
	put("sll", packet.LinkLinuxSLL, 0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, hi, lo)
	put("sll2", packet.LinkLinuxSLL2, hi, lo, 0, 0, 0, 0, 0, 2, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0)
	put("802.3 with SNAP", packet.LinkEthernet, join([]byte{2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1}, be16(uint16(min(8+len(m.b), etherLength))),
		[]byte{0xaa, 0xaa, 3, 0, 0, 0, hi, lo})...)
	put("cisco hdlc", packet.LinkCHDLC, 0x0f, 0, hi, lo)
	put("cisco hdlc as ppp", packet.LinkPPPHDLC, 0x8f, 0, hi, lo)
	put("fddi", packet.LinkFDDI, 0x57, 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0xaa, 0xaa, 3, 0, 0, 0, hi, lo)
	dot11 := join([]byte{0x08, 0x01, 0, 0}, make([]byte, 20), []byte{0xaa, 0xaa, 3, 0, 0, 0, hi, lo})
	qos := join([]byte{0x88, 0x02, 0, 0}, make([]byte, 22), []byte{0xaa, 0xaa, 3, 0, 0, 0, hi, lo})
	padded := join(qos[:26], []byte{0, 0}, qos[26:])
	put("802.11", packet.LinkIEEE80211, dot11...)
	put("802.11 with qos", packet.LinkIEEE80211, qos...)
	put("radiotap", packet.LinkRadiotap, join([]byte{0, 0, 8, 0, 0, 0, 0, 0}, dot11)...)
	put("radiotap, padded", packet.LinkRadiotap, join([]byte{0, 0, 9, 0, 2, 0, 0, 0, 0x20}, padded)...)
	put("avs", packet.LinkPrism, join([]byte{0x80, 0x21, 0x10, 1, 0, 0, 0, 64}, make([]byte, 56), dot11)...)
	put("prism", packet.LinkPrism, join([]byte{0x44, 0, 0, 0, 24, 0, 0, 0}, []byte("wlan0\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"), dot11)...)
	switch {
	case m.isIP():
		ppp := map[uint16]byte{etherIPv4: 0x21, etherIPv6: 0x57}[m.t]
		put("raw", packet.LinkRaw)
		put("null", packet.LinkNull, 2, 0, 0, 0)
		put("ppp", packet.LinkPPP, 0, ppp)
		put("ppp, compressed", packet.LinkPPP, ppp)
		put("ppp with address", packet.LinkPPP, 0xff, 3, 0, ppp)
		put("ppp in hdlc", packet.LinkPPPHDLC, 0xff, 3, 0, ppp)
		put("ppp with direction", packet.LinkPPPDir, 1, 0xff, 3, 0, ppp)
		put("pflog", packet.LinkPFLog, join([]byte{61, 2}, make([]byte, 62))...)
	case m.t == etherMPLS:
		put("mpls", packet.LinkMPLS)
	case m.t == etherPPPoE:
		put("ppp_ether", packet.LinkPPPEther)
	}
	return p
}
