package link

import (
	"encoding/binary"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"

	"wstap/capture/packet"
)

const (
	fddiHeader = 13
	fddiLLC    = 0x50 // frame control of data, but for its priority
	avsMagic   = 0x8021
	// radioHeaders is how much of a packet gopacket gets to see: the headers in front
	// of 802.11 are up to some hundred bytes long.
	radioHeaders = 1024
	// dot11Checksum is what gopacket always takes off the end of an 802.11 frame,
	// whether it is there or not.
	dot11Checksum = 4
)

// radio decodes with gopacket/layers what is too rare to be worth a decoder of
// our own. It sees headers only, as a copy: some of its decoders write into what
// they decode, others cut off a checksum that was not captured. Nothing above the
// link layer is asked of it.
type radio struct {
	room  [radioHeaders + dot11Checksum]byte
	tap   layers.RadioTap
	prism layers.PrismHeader
	dot11 layers.Dot11
	pflog layers.PFLog
}

// radioLink decodes the link types of radio, and what is nearly LLC.
func (d *Decoder) radioLink(b []byte, wire int, p *packet.Packet, s *Segment) Kind {
	if p.Link == packet.LinkFDDI {
		if len(b) < fddiHeader {
			return Malformed
		}
		if b[0]&0xf8 != fddiLLC {
			return NotTCP
		}
		return d.llc(b[fddiHeader:], wire-fddiHeader, p, s)
	}
	if d.radio == nil {
		d.radio = new(radio)
	}
	n, kind := d.radio.skip(p.Link, b)
	if kind != TCP {
		return kind
	}
	if n > len(b) {
		return Malformed
	}
	if p.Link == packet.LinkPFLog {
		return d.rawIP(b[n:], wire-n, p, s)
	}
	return d.llc(b[n:], wire-n, p, s)
}

// skip returns how long the headers of b are, up to IP or LLC. The kind is TCP
// when decoding may go on.
func (r *radio) skip(link packet.LinkType, b []byte) (n int, kind Kind) {
	defer func() {
		if recover() != nil { // it does not check every length
			n, kind = 0, Malformed
		}
	}()
	switch link {
	case packet.LinkPFLog:
		if err := r.pflog.DecodeFromBytes(r.copyOf(b), gopacket.NilDecodeFeedback); err != nil {
			return 0, Malformed
		}
		return len(r.pflog.Contents), TCP
	case packet.LinkRadiotap:
		n = int(binary.LittleEndian.Uint16(b[2:]))
	case packet.LinkPrism:
		if n = int(binary.BigEndian.Uint32(b[4:])); binary.BigEndian.Uint16(b) == avsMagic {
			break
		}
		if err := r.prism.DecodeFromBytes(r.copyOf(b), gopacket.NilDecodeFeedback); err != nil {
			return 0, Malformed
		}
		n = int(r.prism.Length)
	default:
	}
	header, kind := r.wireless(b[n:])
	if link == packet.LinkRadiotap && header%4 != 0 && r.padded(b) {
		header += 4 - header%4
	}
	return n + header, kind
}

// wireless returns how long the header of an 802.11 frame is.
func (r *radio) wireless(b []byte) (n int, kind Kind) {
	r.dot11 = layers.Dot11{}
	room := r.copyOf(b)
	if err := r.dot11.DecodeFromBytes(room[:len(room)+dot11Checksum], gopacket.NilDecodeFeedback); err != nil {
		if r.dot11.Type.MainType() != layers.Dot11TypeData {
			return 0, NotTCP
		}
		return 0, Malformed
	}
	const noData = 0x40 // in the frame control of data frames: Null, CF-Ack and the like
	switch f := &r.dot11; {
	case f.DataLayer == nil, b[0]&noData != 0, f.Flags.WEP(), f.FragmentNumber != 0, f.Flags.MF():
		return 0, NotTCP // encrypted, or a part of a frame
	default:
		return len(f.Contents), TCP
	}
}

// padded reports whether a radiotap header says that the 802.11 header behind it
// is filled up to a multiple of four.
func (r *radio) padded(b []byte) (padded bool) {
	defer func() { _ = recover() }()
	r.tap = layers.RadioTap{}
	// The flags are read before anything that it may find wrong.
	_ = r.tap.DecodeFromBytes(r.copyOf(b), gopacket.NilDecodeFeedback)
	return r.tap.Flags.Datapad()
}

// copyOf returns the beginning of b, with zeros behind it.
func (r *radio) copyOf(b []byte) []byte {
	n := copy(r.room[:radioHeaders], b)
	clear(r.room[n : n+dot11Checksum])
	return r.room[:n]
}
