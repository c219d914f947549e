package link

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
	"github.com/google/gopacket/pcapgo"

	"wstap/capture/packet"
)

// oracle decodes one packet at a time with gopacket/layers.
type oracle struct {
	eth     layers.Ethernet
	tag     layers.Dot1Q
	sll     layers.LinuxSLL
	loop    layers.Loopback
	ip4     layers.IPv4
	ip6     layers.IPv6
	skip    layers.IPv6ExtensionSkipper
	tcp     layers.TCP
	decoded []gopacket.LayerType
}

// decode returns the addresses and the TCP layer of data; ok is false when it
// holds none, or is cut or broken before it.
func (o *oracle) decode(link packet.LinkType, data []byte) (src, dst net.IP, tcp *layers.TCP, ok bool) {
	var first gopacket.LayerType
	switch link {
	case packet.LinkEthernet:
		first = layers.LayerTypeEthernet
	case packet.LinkLinuxSLL:
		first = layers.LayerTypeLinuxSLL
	case packet.LinkLinuxSLL2: // unknown to the oracle: it gets what follows
		if len(data) < sll2Header {
			return nil, nil, nil, false
		}
		data, first = data[sll2Header:], ipLayer(data[sll2Header:])
	case packet.LinkNull, packet.LinkLoop:
		first = layers.LayerTypeLoopback
	default:
		first = ipLayer(data)
	}
	p := gopacket.NewDecodingLayerParser(first, &o.eth, &o.tag, &o.sll, &o.loop, &o.ip4, &o.ip6, &o.skip, &o.tcp)
	p.IgnoreUnsupported = true
	if err := p.DecodeLayers(data, &o.decoded); err != nil {
		return nil, nil, nil, false
	}
	for _, l := range o.decoded {
		switch l {
		case layers.LayerTypeIPv4:
			src, dst = o.ip4.SrcIP, o.ip4.DstIP
		case layers.LayerTypeIPv6:
			src, dst = o.ip6.SrcIP, o.ip6.DstIP
		case layers.LayerTypeTCP:
			tcp = &o.tcp
		}
	}
	return src, dst, tcp, tcp != nil && src != nil
}

func ipLayer(b []byte) gopacket.LayerType {
	if len(b) > 0 && b[0]>>4 == 6 {
		return layers.LayerTypeIPv6
	}
	return layers.LayerTypeIPv4
}

// flags returns the control bits as they stand on the wire.
func flags(t *layers.TCP) (f uint8) {
	for i, on := range []bool{t.FIN, t.SYN, t.RST, t.PSH, t.ACK, t.URG, t.ECE, t.CWR} {
		if on {
			f |= 1 << i
		}
	}
	return f
}

// compare holds what Decode says of p against the oracle. The oracle rejects a
// packet that is cut in its TCP options; Decode need not. It reports whether both
// saw TCP.
func (o *oracle) compare(t *testing.T, d *Decoder, p *packet.Packet) (both bool) {
	t.Helper()
	var s Segment
	kind := d.Decode(p, &s)
	src, dst, want, ok := o.decode(p.Link, p.Data)
	if !ok {
		return false
	}
	if kind != TCP {
		t.Errorf("packet %d: %v, the oracle sees TCP:\n% x", p.Ref.Number(), kind, p.Data)
		return false
	}
	from, to := s.Flow.Sender(s.Dir), s.Flow.Sender(s.Dir.Other())
	if !net.IP(from.Addr().AsSlice()).Equal(src) || !net.IP(to.Addr().AsSlice()).Equal(dst) ||
		from.Port() != uint16(want.SrcPort) || to.Port() != uint16(want.DstPort) {
		t.Errorf("packet %d: %v → %v, want %v:%d → %v:%d", p.Ref.Number(), from, to, src, want.SrcPort, dst, want.DstPort)
	}
	if s.Seq != want.Seq || s.Ack != want.Ack || s.Flags != flags(want) || s.Window != want.Window {
		t.Errorf("packet %d: %d %d %x %d, want %d %d %x %d", p.Ref.Number(), s.Seq, s.Ack, s.Flags, s.Window, want.Seq, want.Ack, flags(want), want.Window)
	}
	if !bytes.Equal(s.Payload, want.Payload) {
		t.Errorf("packet %d: payload\n% x, want\n% x", p.Ref.Number(), s.Payload, want.Payload)
	}
	return true
}

// notCompared are captures that the oracle does not decide, with the reason.
var notCompared = map[string]string{
	"fragments_ipv6.pcap":  "the oracle takes a fragment of an IPv6 packet for all of it",
	"fragments_mixed.pcap": "the oracle takes a fragment of an IPv6 packet for all of it",
}

// Every TCP packet of every capture in testdata, against gopacket.
func TestDecodeLikeGopacket(t *testing.T) {
	files, err := filepath.Glob("../../testdata/*.pcap")
	if err != nil || len(files) == 0 {
		t.Fatalf("no captures: %v", err)
	}
	total := 0
	for _, name := range files {
		t.Run(filepath.Base(name), func(t *testing.T) {
			if reason := notCompared[filepath.Base(name)]; reason != "" {
				t.Skip(reason)
			}
			total += compareFile(t, name)
		})
	}
	t.Logf("%d segments in %d captures", total, len(files))
	if total < 1000 {
		t.Errorf("only %d TCP packets in %d captures", total, len(files))
	}
}

func compareFile(t *testing.T, name string) (segments int) {
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	r, err := pcapgo.NewReader(f)
	if err != nil {
		t.Skipf("the oracle's reader: %v", err) // made not to be a capture
	}
	d := New([2]uint64{7, 11})
	var o oracle
	for n := uint64(1); ; n++ {
		data, info, err := r.ReadPacketData()
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return segments
		}
		if err != nil {
			t.Skipf("the oracle's reader: %v", err)
		}
		p := packet.Packet{
			Data: data, OrigLen: uint32(info.Length), Ref: packet.NewRef(0, n),
			Link: linkType(t, name),
		}
		if o.compare(t, d, &p) {
			segments++
		}
	}
}

// linkType reads the link type from a file's header: the oracle's reader cuts it
// to 8 bits.
func linkType(t *testing.T, name string) packet.LinkType {
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	var h [24]byte
	if _, err := io.ReadFull(f, h[:]); err != nil {
		t.Skip(err)
	}
	var order binary.ByteOrder = binary.LittleEndian
	if h[0] == 0xa1 {
		order = binary.BigEndian
	}
	return packet.LinkType(order.Uint32(h[20:]))
}

// Packets made by gopacket from random addresses, ports, options and payloads.
func TestDecodeGenerated(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	d := New([2]uint64{7, 11})
	var o oracle
	for i := range 3000 {
		data, link := generate(t, r)
		p := packet.Packet{Data: data, OrigLen: uint32(len(data)), Link: link, Ref: packet.NewRef(0, uint64(i+1))}
		if !o.compare(t, d, &p) {
			t.Fatalf("packet %d is no TCP:\n% x", i, data)
		}
	}
}

func generate(t *testing.T, r *rand.Rand) ([]byte, packet.LinkType) {
	random := func(n int) []byte {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(r.Uint32())
		}
		return b
	}
	tcp := &layers.TCP{
		SrcPort: layers.TCPPort(r.Uint32()), DstPort: layers.TCPPort(r.Uint32()), Seq: r.Uint32(), Ack: r.Uint32(),
		Window: uint16(r.Uint32()), SYN: r.IntN(2) > 0, ACK: r.IntN(2) > 0, FIN: r.IntN(2) > 0, CWR: r.IntN(2) > 0,
	}
	for range r.IntN(4) {
		tcp.Options = append(tcp.Options, layers.TCPOption{OptionType: 8, OptionLength: 10, OptionData: random(8)})
	}
	var stack []gopacket.SerializableLayer
	link, v6 := packet.LinkRaw, r.IntN(2) > 0
	ether := layers.EthernetTypeIPv4
	if v6 {
		ether = layers.EthernetTypeIPv6
	}
	if r.IntN(2) > 0 {
		link = packet.LinkEthernet
		tags := r.IntN(3)
		outer := ether
		if tags > 0 {
			outer = layers.EthernetTypeDot1Q
		}
		stack = append(stack, &layers.Ethernet{SrcMAC: random(6), DstMAC: random(6), EthernetType: outer})
		for i := range tags {
			inner := ether
			if i < tags-1 {
				inner = layers.EthernetTypeDot1Q
			}
			stack = append(stack, &layers.Dot1Q{VLANIdentifier: uint16(r.IntN(4096)), Type: inner})
		}
	}
	if v6 {
		ip := &layers.IPv6{Version: 6, SrcIP: random(16), DstIP: random(16), NextHeader: layers.IPProtocolTCP}
		stack = append(stack, ip)
		if r.IntN(2) > 0 {
			ip.NextHeader = layers.IPProtocolIPv6Destination
			stack = append(stack, gopacket.Payload([]byte{6, 0, 1, 4, 0, 0, 0, 0})) // TCP next, padding of 6
		}
	} else {
		stack = append(stack, &layers.IPv4{Version: 4, TTL: 64, SrcIP: random(4), DstIP: random(4), Protocol: layers.IPProtocolTCP, Id: uint16(r.Uint32())})
	}
	stack = append(stack, tcp, gopacket.Payload(random(r.IntN(2000))))
	buf := gopacket.NewSerializeBuffer()
	if err := gopacket.SerializeLayers(buf, gopacket.SerializeOptions{FixLengths: true}, stack...); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes(), link
}
