package capture

import (
	"encoding/binary"
	"math/bits"

	"wstap/capture/packet"
)

// The magic numbers of draft-ietf-opsawg-pcap section 4, as a little-endian
// reader sees them in a file of its own byte order.
const (
	magicMicro    = 0xa1b2c3d4
	magicNano     = 0xa1b23c4d
	magicModified = 0xa1b2cd34 // Alexey Kuznetsov's: microseconds, longer record headers
)

const (
	pcapHeaderLen         = 24 // file header
	pcapRecordLen         = 16 // seconds, fraction, captured length, original length
	pcapModifiedRecordLen = 24 // and 8 bytes of interface index, protocol and packet type

	// maxPacket is libpcap's MAXIMUM_SNAPLEN: no capture program writes more of
	// a packet for the link types that carry IP, and Wireshark refuses more too.
	maxPacket = 256 << 10

	// linkTypeMask leaves the link type of the header's last field. The upper
	// bits say whether and how long a frame check sequence each packet ends with.
	linkTypeMask = 0xffff

	pcapMajor = 2
	pcapMinor = 4
	// Up to 2.2 the two lengths of a record stood the other way around, and of
	// 2.3 there are files of both kinds (libpcap, sf-pcap.c).
	pcapMinorSwapped = 2
	pcapMinorMixed   = 3

	nanosecond  = 1
	microsecond = 1000
	second      = 1_000_000_000
)

// parser takes packets out of the bytes of a capture.
type parser interface {
	// parse appends to out the packets and secrets that lie whole at the front
	// of b, and returns how many bytes of b those were. It returns an error that
	// wraps ErrFormat when what follows them can never become a packet.
	// The packets alias b.
	parse(b []byte, out *packet.Block) (n int, err error)

	// number returns the number of the last packet parsed, 0 when none.
	number() uint64
}

// pcapParser parses classic pcap files after their header.
type pcapParser struct {
	last      packet.Ref // of the last packet parsed
	link      packet.LinkType
	recordLen int
	unit      int64 // nanoseconds in one unit of the fraction
	big       bool  // big-endian
	minor     uint16
	snapLen   uint32
}

// newPcap reads the file header. b must hold all of it.
func newPcap(b []byte, file int) (*pcapParser, error) {
	p := &pcapParser{last: packet.NewRef(file, 0), recordLen: pcapRecordLen, unit: microsecond}
	magic := binary.LittleEndian.Uint32(b)
	order := binary.ByteOrder(binary.LittleEndian)
	if byte(magic) == magicMicro>>24 {
		p.big, magic, order = true, bits.ReverseBytes32(magic), binary.BigEndian
	}
	switch magic {
	case magicNano:
		p.unit = nanosecond
	case magicModified:
		p.recordLen = pcapModifiedRecordLen
	}
	major := order.Uint16(b[4:])
	p.minor = order.Uint16(b[6:])
	if major != pcapMajor || p.minor > pcapMinor {
		return nil, badFormat("pcap version %d.%d is not known", major, p.minor)
	}
	p.snapLen = order.Uint32(b[16:])
	p.link = packet.LinkType(order.Uint32(b[20:]) & linkTypeMask)
	return p, nil
}

// description returns what the header says of the one interface that a file has.
func (p *pcapParser) description() InterfaceDescription {
	d := InterfaceDescription{Link: p.link, SnapLen: p.snapLen, Resolution: defaultResolution}
	if p.unit == nanosecond {
		d.Resolution = nanoResolution
	}
	return d
}

func (p *pcapParser) number() uint64 { return p.last.Number() }

func (p *pcapParser) parse(b []byte, out *packet.Block) (int, error) {
	packets, n, ref := out.Packets, 0, p.last
	var err error
	for len(b)-n >= p.recordLen && len(packets) < blockPackets {
		r := b[n:]
		sec, frac := binary.LittleEndian.Uint32(r), binary.LittleEndian.Uint32(r[4:])
		capLen, origLen := binary.LittleEndian.Uint32(r[8:]), binary.LittleEndian.Uint32(r[12:])
		if p.big {
			sec, frac = bits.ReverseBytes32(sec), bits.ReverseBytes32(frac)
			capLen, origLen = bits.ReverseBytes32(capLen), bits.ReverseBytes32(origLen)
		}
		if p.minor < pcapMinor {
			capLen, origLen = p.oldLengths(capLen, origLen)
		}
		if capLen > maxPacket {
			err = badFormat("a packet of %d bytes where %d is the most", capLen, maxPacket)
			break
		}
		if capLen|origLen|sec|frac == 0 {
			// What a crash leaves of space that was never written: 16 such bytes would
			// otherwise pass for an empty packet of 1970.
			err = badFormat("zeros where a packet should begin")
			break
		}
		end := p.recordLen + int(capLen)
		if len(r) < end {
			break
		}
		ref++
		packets = append(packets, packet.Packet{
			Time:    int64(sec)*second + int64(frac)*p.unit,
			Data:    r[p.recordLen:end:end],
			Ref:     ref,
			OrigLen: origLen,
			Link:    p.link,
		})
		n += end
	}
	out.Packets, p.last = packets, ref
	return n, err
}

// oldLengths puts the two length fields of a file before version 2.4 in order.
func (p *pcapParser) oldLengths(capLen, origLen uint32) (uint32, uint32) {
	if p.minor <= pcapMinorSwapped || p.minor == pcapMinorMixed && capLen > origLen {
		return origLen, capLen
	}
	return capLen, origLen
}
