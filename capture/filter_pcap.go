//go:build cgo && !nopcap

package capture

import (
	"encoding/binary"
	"fmt"
	"math"
	"os"

	"github.com/google/gopacket/layers"
	"github.com/google/gopacket/pcap"
	"golang.org/x/net/bpf"

	"wstap/capture/packet"
)

// WithLibpcap says whether this build can use libpcap, which capture filters need.
const WithLibpcap = true

// compileFilter compiles a BPF expression for packets of an encapsulation.
func compileFilter(e encapsulation, expression string) ([]bpf.RawInstruction, error) {
	code, err := compileInstructions(e, expression)
	if err != nil {
		return nil, fmt.Errorf("%w: %q: %w", ErrFilter, expression, err)
	}
	raw := make([]bpf.RawInstruction, len(code))
	for i, c := range code {
		raw[i] = bpf.RawInstruction{Op: c.Code, Jt: c.Jt, Jf: c.Jf, K: c.K}
	}
	return raw, nil
}

// libpcapRaw is DLT_RAW: the one among the link types of IP whose number in files
// is not the number in libpcap's interface.
const libpcapRaw = 12

func compileInstructions(e encapsulation, expression string) ([]pcap.BPFInstruction, error) {
	switch {
	case e.swapped || e.link > math.MaxUint8:
		return compileByFile(e, expression)
	case e.link == packet.LinkRaw || e.link == packet.LinkRawOpen:
		return pcap.CompileBPFFilter(libpcapRaw, maxPacket, expression)
	default:
		return pcap.CompileBPFFilter(layers.LinkType(e.link), maxPacket, expression)
	}
}

// compileByFile compiles for what gopacket's 8 bits of link type cannot name, such
// as LINUX_SLL2 or another byte order: libpcap reads it from the header of a capture
// without packets.
func compileByFile(e encapsulation, expression string) ([]pcap.BPFInstruction, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	_, err = w.Write(emptyCapture(e))
	w.Close()
	if err != nil {
		return nil, err
	}
	handle, err := pcap.OpenOffline(fmt.Sprintf("/dev/fd/%d", r.Fd()))
	if err != nil {
		return nil, err
	}
	defer handle.Close()
	return handle.CompileBPFFilter(expression)
}

// emptyCapture returns the header of a pcap file, written by this machine or by one of
// the other byte order.
func emptyCapture(e encapsulation) []byte {
	h := make([]byte, pcapHeaderLen)
	order := binary.ByteOrder(binary.NativeEndian)
	if e.swapped {
		order = otherEndian()
	}
	order.PutUint32(h, magicMicro)
	order.PutUint16(h[4:], pcapMajor)
	order.PutUint16(h[6:], pcapMinor)
	order.PutUint32(h[16:], maxPacket)
	order.PutUint32(h[20:], uint32(e.link))
	return h
}

// otherEndian is the byte order that this machine does not have.
func otherEndian() binary.ByteOrder {
	if binary.NativeEndian.Uint16([]byte{1, 0}) == 1 {
		return binary.BigEndian
	}
	return binary.LittleEndian
}
