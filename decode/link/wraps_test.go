package link

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"wstap/capture/packet"
)

// holds checks that p is the packet of plain, in the given carrier.
func holds(t *testing.T, d *Decoder, p *packet.Packet, v6 bool, carrier []string) {
	t.Helper()
	var s Segment
	if k := d.Decode(p, &s); k != TCP {
		t.Fatalf("%v in %q:\n% x", k, carrier, p.Data)
	}
	want := "192.0.2.1:40000"
	if v6 {
		want = "[2001:db8::1]:40000"
	}
	if from := s.Flow.Sender(s.Dir).String(); from != want || string(s.Payload) != "wss!" || s.Length != 4 || s.Seq != 0x01020304 || s.Ref != p.Ref {
		t.Fatalf("from %s: %q of %d in %q:\n% x", from, s.Payload, s.Length, carrier, p.Data)
	}
	if got := d.Carrier(s.Carrier); !slices.Equal(got, carrier) {
		t.Fatalf("carrier %q, want %q:\n% x", got, carrier, p.Data)
	}
}

// Every wrap by itself and in every other, in every link type.
func TestWraps(t *testing.T) {
	d := New([2]uint64{1, 2})
	for i, outer := range wrappers {
		for _, inner := range append([]wrapper{{}}, wrappers...) {
			for _, v6 := range []bool{false, true} {
				m, carrier, ok := plain(v6, 40000, "wss!"), []string{}, true
				if inner.around != nil {
					m, ok = inner.around(m, 77, false)
					carrier = append(carrier, inner.named(77))
				}
				if ok {
					m, ok = outer.around(m, 100, i%2 > 0)
				}
				if !ok {
					continue
				}
				carrier = append([]string{outer.named(100)}, carrier...)
				for name, p := range m.cooked() {
					t.Run(fmt.Sprint(name, carrier), func(t *testing.T) { holds(t, d, &p, v6, carrier) })
				}
			}
		}
	}
}

// Nested in any order, up to the depth that is allowed; cut anywhere, a packet is
// never another segment than it was.
func TestWrapsNested(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	d := New([2]uint64{1, 2})
	deepest := 0
	for range 3000 {
		v6 := r.IntN(2) > 0
		m, carrier := nest(r, plain(v6, 40000, "wss!"), maxWraps, wrappers)
		deepest = max(deepest, len(carrier))
		p := captured(packet.LinkEthernet, m.frame().b, 0)
		holds(t, d, &p, v6, carrier)
		whole := p.Data
		p.Data = whole[:r.IntN(len(whole))]
		var s Segment
		kind := d.Decode(&p, &s)
		switch inTCP := len(p.Data) >= len(whole)-len("wss!"); {
		case kind == TCP && !inTCP, kind != TCP && inTCP, kind != TCP && kind != Malformed && kind != NotTCP:
			t.Fatalf("%v of %d of %d bytes in %q", kind, len(p.Data), len(whole), carrier)
		case kind == TCP && s.Length != 4:
			t.Fatalf("length %d of %d of %d bytes in %q", s.Length, len(p.Data), len(whole), carrier)
		}
	}
	if deepest != maxWraps {
		t.Errorf("only %d deep", deepest)
	}
	if n := d.Counters().WrapsTooDeep; n != 0 {
		t.Errorf("%d of them too deep", n)
	}
}

func TestWrapsTooDeep(t *testing.T) {
	d := New([2]uint64{1, 2})
	m := plain(false, 40000, "wss!")
	for i := range maxWraps + 1 {
		m, _ = wrappers[9+i%3].around(m, 0, false)
	}
	p := captured(packet.LinkEthernet, m.frame().b, 0)
	var s Segment
	if k := d.Decode(&p, &s); k != Malformed || d.Counters().WrapsTooDeep != 1 {
		t.Errorf("%v, counted %d", k, d.Counters().WrapsTooDeep)
	}
}

// VXLAN on any port is known by what it holds, and by nothing less.
func TestVXLANByContent(t *testing.T) {
	frame := plain(false, 40000, "wss!").frame().b
	arp := slices.Clone(frame)
	arp[12], arp[13] = 8, 6
	wrong := slices.Clone(frame)
	wrong[14] = 0x65
	for _, c := range []struct {
		name   string
		header string
		frame  []byte
		kind   Kind
	}{
		{"as Linux sends it to any port", "\x08\x00\x00\x00\x00\x00\x2a\x00", frame, TCP},
		{"in a group", "\x88\x48\x12\x34\x00\x00\x2a\x00", frame, TCP},
		{"in a group, with reserved bits", "\x88\x01\x12\x34\x00\x00\x2a\x00", frame, NotTCP},
		{"another flag", "\x48\x00\x00\x00\x00\x00\x2a\x00", frame, NotTCP},
		{"reserved bits", "\x08\x00\x00\x01\x00\x00\x2a\x00", frame, NotTCP},
		{"the reserved byte", "\x08\x00\x00\x00\x00\x00\x2a\x01", frame, NotTCP},
		{"ARP", "\x08\x00\x00\x00\x00\x00\x2a\x00", arp, NotTCP},
		{"a type that does not fit what follows", "\x08\x00\x00\x00\x00\x00\x2a\x00", wrong, NotTCP},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := inUDP(false, 31337, join([]byte(c.header), c.frame))
			p := captured(packet.LinkRaw, m.b, 0)
			var s Segment
			d := New([2]uint64{})
			if k := d.Decode(&p, &s); k != c.kind {
				t.Fatalf("%v, want %v", k, c.kind)
			}
			if c.kind == TCP && !slices.Equal(d.Carrier(s.Carrier), []string{"vxlan 42"}) {
				t.Errorf("carrier %q", d.Carrier(s.Carrier))
			}
		})
	}
}

// What is no segment, though it is wrapped like one.
func TestWrapsOfSomethingElse(t *testing.T) {
	ip := plain(false, 40000, "wss!").b
	for _, c := range []struct {
		name string
		m    made
		kind Kind
	}{
		{"PPPoE discovery", made{0x8863, join([]byte{0x11, 9, 0, 0, 0, 4}, []byte("\x01\x01\x00\x00"))}, NotTCP},
		{"PPPoE session with a code", made{etherPPPoE, join([]byte{0x11, 0xa7, 0, 5, 0, 46, 0, 0x21}, ip)}, NotTCP},
		{"PPP LCP", made{etherPPPoE, []byte{0x11, 0, 0, 5, 0, 6, 0xc0, 0x21, 9, 0, 0, 4}}, NotTCP},
		{"PPP without a protocol", made{etherPPPoE, []byte{0x11, 0, 0, 5, 0, 0}}, Malformed},
		{"GRE with routes to its end", inIP(false, protoGRE, join(be16(greRouting), be16(etherIPv4), make([]byte, 4), []byte{8, 0, 0, 4}, ip[:8])), Malformed},
		{"GRE of version 2", inIP(false, protoGRE, join(be16(2), be16(etherIPv4), ip)), NotTCP},
		{"GRE header cut", inIP(false, protoGRE, join(be16(greKey), be16(etherIPv4), []byte{0, 0})), Malformed},
		{"GRE keepalive", inIP(false, protoGRE, join(be16(0), be16(0))), NotTCP},
		{"PPTP acknowledgment without data", inIP(false, protoGRE, join(be16(greKey|greAck|1), be16(grePPP), be32(5), be32(1))), NotTCP},
		{"ERSPAN of a version that is not known", inIP(false, protoGRE, join(be16(greSequence), be16(greERSPAN), be32(0), []byte{0x70, 0, 0, 0, 0, 0, 0, 0}, plain(false, 1, "").frame().b)), NotTCP},
		{"ERSPAN of an 802.11 frame", inIP(false, protoGRE, join(be16(greSequence), be16(greERSPAN3), be32(0), []byte{0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 << 2, 0}, ip)), NotTCP},
		{"VXLAN without a VNI", inUDP(false, portVXLAN, join(make([]byte, 8), plain(false, 1, "").frame().b)), NotTCP},
		{"VXLAN header cut", inUDP(false, portVXLAN, []byte{8, 0, 0}), Malformed},
		{"GENEVE of version 1", inUDP(false, portGENEVE, join([]byte{0x40, 0, 8, 0, 0, 0, 0, 0}, ip)), NotTCP},
		{"GENEVE options longer than the packet", inUDP(false, portGENEVE, []byte{0x3f, 0, 8, 0, 0, 0, 0, 0, 0, 0}), Malformed},
		{"MPLS to its end without a bottom", made{etherMPLS, []byte{0, 0, 0, 1, 0, 0, 0, 1}}, Malformed},
		{"MPLS around an associated channel", made{etherMPLS, []byte{0, 0, 1, 1, 0x10, 0, 0, 7, 0, 0}}, NotTCP},
		{"spanning tree", made{38, []byte{0x42, 0x42, 3, 0, 0, 0, 0, 0}}, NotTCP},
		{"SNAP of an organization: CDP", made{100, join([]byte{0xaa, 0xaa, 3, 0, 0, 0x0c, 0x20, 0}, ip)}, NotTCP},
		{"EtherIP of another version", inIP(false, protoEtherIP, join([]byte{0x40, 0}, plain(false, 1, "").frame().b)), NotTCP},
		{"QUIC", inUDP(false, 443, join([]byte{0xc0, 0, 0, 0, 1}, make([]byte, 1200))), NotTCP},
		{"Destination options are none of IPv4", inIP(false, protoDestOpts, join([]byte{6, 0, 1, 4, 0, 0, 0, 0}, ip[20:])), NotTCP},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := captured(packet.LinkEthernet, c.m.frame().b, 0)
			var s Segment
			if k := New([2]uint64{}).Decode(&p, &s); k != c.kind {
				t.Errorf("%v, want %v", k, c.kind)
			}
		})
	}
}

// Wraps that the table above cannot make: PPTP, ERSPAN of bare IP, the
// authentication header in IPv4.
func TestWrapsApart(t *testing.T) {
	ip := plain(false, 40000, "wss!").b
	for _, c := range []struct {
		name    string
		m       made
		carrier []string
	}{
		{"PPTP with acknowledgment", inIP(false, protoGRE, join(be16(greKey|greSequence|greAck|1), be16(grePPP),
			be16(uint16(len(ip)+4)), be16(5), be32(1), be32(2), []byte{0xff, 3, 0, 0x21}, ip)), []string{"gre 5", "ppp"}},
		{"ERSPAN III of IP", inIP(false, protoGRE, join(be16(greSequence), be16(greERSPAN3), be32(1),
			[]byte{0x20, 0, 0, 100, 0, 0, 0, 0, 0, 0, 2 << 2, 0}, ip)), []string{"erspan 100"}},
		{"GRE with source routes", inIP(false, protoGRE, join(be16(greRouting|greKey|greSequence), be16(etherIPv4), make([]byte, 4), be32(9), be32(1),
			[]byte{8, 0, 0, 8, 192, 0, 2, 7, 192, 0, 2, 8}, []byte{8, 1, 0, 0}, make([]byte, 4), ip)), []string{"gre 9"}},
		{"GRE of PPP, as of version 0", inIP(false, protoGRE, join(be16(0), be16(grePPP), []byte{0, 0x21}, ip)), []string{"gre", "ppp"}},
		{"VXLAN-GPE on the port of VXLAN", inUDP(false, portVXLAN, join([]byte{0x0c, 0, 0, 1, 0, 0, 42, 0}, ip)), []string{"vxlan 42"}},
		{"pseudowire to a MAC address like the start of an IPv4 header", made{etherMPLS, join(be32(16<<12|0x140), []byte{0x45, 0, 0, 40}, plain(false, 40000, "wss!").frame().b[4:])}, []string{"mpls 16"}},
		{"pseudowire to a MAC address like the start of an IPv6 header", made{etherMPLS, join(be32(16<<12|0x140), []byte{0x60, 0, 0, 0, 0, 1}, plain(false, 40000, "wss!").frame().b[6:])}, []string{"mpls 16"}},
		{"MPLS in IP", inIP(false, protoMPLS, join(be32(16<<12|0x140), ip)), []string{"mpls 16"}},
		{"three labels", made{etherMPLS, join(be32(16<<12|0x40), be32(17<<12|0x40), be32(0x140), ip)}, []string{"mpls 16", "mpls 17", "mpls 0"}},
		{"pseudowire to a MAC address that begins like IPv4", made{etherMPLS, join(be32(16<<12|0x140), []byte{0x45}, plain(false, 40000, "wss!").frame().b[1:])}, []string{"mpls 16"}},
		{"authentication header in IPv4", inIP(false, protoAuth, join([]byte{6, 4, 0, 0}, make([]byte, 20), ip[20:])), nil},
		{"router alert in front of GRE's IP", made{etherIPv4, join([]byte{0x46, 0, 0, 72, 0, 1, 0, 0, 64, 4, 0, 0, 198, 51, 100, 1, 198, 51, 100, 2, 0x94, 4, 0, 0}, ip)}, []string{"ipip"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.carrier == nil {
				copy(c.m.b[12:20], ip[12:20])
			}
			p := captured(packet.LinkEthernet, c.m.frame().b, 0)
			holds(t, New([2]uint64{3, 4}), &p, false, c.carrier)
		})
	}
}

// A known stack costs no memory, and no packet of a common link type does.
func TestWrapsAllocateNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(13, 14))
	d := New([2]uint64{1, 2})
	var s Segment
	for i := range 500 {
		m, carrier := nest(r, plain(i%2 > 0, 40000, "wss!"), i%(maxWraps+1), wrappers)
		for _, p := range m.cooked() {
			if p.Link == packet.LinkIEEE80211 || p.Link == packet.LinkRadiotap || p.Link == packet.LinkPrism {
				continue
			}
			if n := testing.AllocsPerRun(2, func() { d.Decode(&p, &s) }); n != 0 {
				t.Fatalf("%v allocations in %q", n, carrier)
			}
		}
	}
}
