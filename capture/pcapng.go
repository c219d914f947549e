package capture

import (
	"encoding/binary"
	"math/bits"

	"wstap/capture/packet"
)

// Block types of draft-ietf-opsawg-pcapng section 4. All others are skipped.
const (
	blockSection    = 0x0a0d0d0a // a palindrome: the same in both byte orders
	blockInterface  = 1
	blockPacket     = 2 // obsolete
	blockSimple     = 3
	blockStatistics = 5
	blockEnhanced   = 6
	blockSecrets    = 10

	// These hold no packet of a network, but Wireshark shows each as one, so that
	// they count when packets are numbered.
	blockJournal     = 9 // systemd
	blockCustom      = 0xbad
	blockCustomLocal = 0x40000bad // not to be copied
	blockSysdig      = 0x204
	blockSysdig2     = 0x216
	blockSysdigLarge = 0x221
)

const (
	sectionMagic = 0x1a2b3c4d
	sectionMajor = 1

	blockHeaderLen   = 8                                // type, total length
	blockTrailerLen  = 4                                // total length again
	minBlock         = blockHeaderLen + blockTrailerLen // an empty one
	sectionHeaderLen = 28

	// The fixed parts of the bodies.
	sectionBodyLen  = 16
	interfaceLen    = 8
	packetLen       = 20 // of the enhanced and of the obsolete packet block
	simpleLen       = 4
	secretsLen      = 8
	paddingMultiple = 4

	// maxBlock is the longest block that is believed, as in libpcap
	// (INITIAL_MAX_BLOCKSIZE) and Wireshark (MAX_BLOCK_SIZE). It bounds a
	// packet's options, an interface's options and a secrets block alike.
	maxBlock = 16 << 20

	// maxInterfaces is how many a section can have: packet.Packet names them with
	// 16 bits, as the obsolete packet block does.
	maxInterfaces = 1 << 16
)

// pcapngParser parses pcapng files.
type pcapngParser struct {
	last       packet.Ref     // of the last packet parsed
	lastTime   int64          // its time
	interfaces []netInterface // of the current section
	described  *interfaceList // of the file
	annotate   bool           // fill Block.Annotations
	big        bool           // the current section is big-endian
}

// newPcapng returns a parser that expects a section header first. It adds the
// interfaces to list.
func newPcapng(file int, list *interfaceList, annotate bool) *pcapngParser {
	return &pcapngParser{last: packet.NewRef(file, 0), described: list, annotate: annotate}
}

func (p *pcapngParser) number() uint64 { return p.last.Number() }

func (p *pcapngParser) uint32(b []byte) uint32 {
	v := binary.LittleEndian.Uint32(b)
	if p.big {
		v = bits.ReverseBytes32(v)
	}
	return v
}

func (p *pcapngParser) uint16(b []byte) uint16 {
	v := binary.LittleEndian.Uint16(b)
	if p.big {
		v = bits.ReverseBytes16(v)
	}
	return v
}

func (p *pcapngParser) parse(b []byte, out *packet.Block) (int, error) {
	n := 0
	for len(b)-n >= minBlock && len(out.Packets) < blockPackets {
		r := b[n:]
		kind := p.uint32(r)
		if kind == blockSection {
			if err := p.byteOrder(r); err != nil {
				return n, err
			}
		}
		total := p.uint32(r[4:])
		if total < minBlock || total%paddingMultiple != 0 || total > maxBlock {
			return n, badFormat("a block of type %#x that is %d bytes long", kind, total)
		}
		if uint32(len(r)) < total {
			break
		}
		if again := p.uint32(r[total-blockTrailerLen:]); again != total {
			return n, badFormat("a block of type %#x that is %d bytes long at its begin and %d at its end", kind, total, again)
		}
		if err := p.block(kind, r[blockHeaderLen:total-blockTrailerLen], out); err != nil {
			return n, err
		}
		n += int(total)
	}
	return n, nil
}

// byteOrder takes the byte order of the section whose header block b begins with.
// A file may join sections of both orders.
func (p *pcapngParser) byteOrder(b []byte) error {
	switch magic := binary.LittleEndian.Uint32(b[blockHeaderLen:]); magic {
	case sectionMagic:
		p.big = false
	case bits.ReverseBytes32(sectionMagic):
		p.big = true
	default:
		return badFormat("a section header with the byte-order magic %#08x", magic)
	}
	return nil
}

// block parses one block without its header and trailer.
func (p *pcapngParser) block(kind uint32, body []byte, out *packet.Block) error {
	switch kind {
	case blockEnhanced:
		if len(body) < packetLen {
			return tooShort("enhanced packet", body)
		}
		return p.packet(p.uint32(body), body, out)
	case blockPacket:
		if len(body) < packetLen {
			return tooShort("packet", body)
		}
		return p.packet(uint32(p.uint16(body)), body, out)
	case blockSimple:
		return p.simplePacket(body, out)
	case blockInterface:
		return p.addInterface(body)
	case blockSecrets:
		return p.secrets(body, out)
	case blockSection:
		return p.section(body)
	case blockJournal, blockCustom, blockCustomLocal, blockSysdig, blockSysdig2, blockSysdigLarge:
		p.last++
	}
	return nil
}

// section begins a new section: interfaces are numbered anew.
func (p *pcapngParser) section(body []byte) error {
	if len(body) < sectionBodyLen {
		return tooShort("section header", body)
	}
	if major := p.uint16(body[4:]); major != sectionMajor {
		return badFormat("pcapng version %d.%d is not known", major, p.uint16(body[6:]))
	}
	p.interfaces = p.interfaces[:0]
	p.described.section()
	return nil
}

// packet parses an enhanced packet block (section 4.3) or, as its fields but the
// first lie alike, an obsolete packet block.
func (p *pcapngParser) packet(id uint32, body []byte, out *packet.Block) error {
	if id >= uint32(len(p.interfaces)) {
		return badFormat("a packet of interface %d where %d are described", id, len(p.interfaces))
	}
	capLen, room := p.uint32(body[12:]), uint32(len(body)-packetLen)
	if capLen > maxPacket {
		return badFormat("a packet of %d bytes where %d is the most", capLen, maxPacket)
	}
	if capLen > room {
		return badFormat("a packet of %d bytes in a block with room for %d", capLen, room)
	}
	iface := &p.interfaces[id]
	p.last++
	p.lastTime = iface.nanoseconds(uint64(p.uint32(body[4:]))<<32 | uint64(p.uint32(body[8:])))
	end := packetLen + capLen
	out.Packets = append(out.Packets, packet.Packet{
		Time:      p.lastTime,
		Data:      body[packetLen:end:end],
		Ref:       p.last,
		OrigLen:   p.uint32(body[16:]),
		Link:      iface.link,
		Interface: iface.number,
	})
	if end := padded(int(end)); p.annotate && len(body) > end {
		p.annotation(body[end:], out)
	}
	return nil
}

// simplePacket parses a simple packet block (section 4.4). It has neither time
// nor captured length: the packet gets the time of the one before it, and the
// length follows from the interface's snaplen.
func (p *pcapngParser) simplePacket(body []byte, out *packet.Block) error {
	if len(body) < simpleLen {
		return tooShort("simple packet", body)
	}
	if len(p.interfaces) == 0 {
		return badFormat("a simple packet before any interface is described")
	}
	iface := &p.interfaces[0]
	origLen, room := p.uint32(body), uint32(len(body)-simpleLen)
	capLen := origLen
	if iface.snapLen != 0 {
		capLen = min(capLen, iface.snapLen)
	}
	if capLen > maxPacket {
		return badFormat("a packet of %d bytes where %d is the most", capLen, maxPacket)
	}
	if capLen > room {
		return badFormat("a packet of %d bytes in a block with room for %d", capLen, room)
	}
	p.last++
	end := simpleLen + capLen
	out.Packets = append(out.Packets, packet.Packet{
		Time:      p.lastTime,
		Data:      body[simpleLen:end:end],
		Ref:       p.last,
		OrigLen:   origLen,
		Link:      iface.link,
		Interface: iface.number,
	})
	return nil
}

// secrets copies the key material of a decryption secrets block (section 4.7).
func (p *pcapngParser) secrets(body []byte, out *packet.Block) error {
	if len(body) < secretsLen {
		return tooShort("decryption secrets", body)
	}
	kind, size, rest := p.uint32(body), p.uint32(body[4:]), body[secretsLen:]
	if size > uint32(len(rest)) {
		return badFormat("secrets of %d bytes in a block with room for %d", size, len(rest))
	}
	out.Secrets = append(out.Secrets, packet.Secrets{
		Type: kind,
		Data: append([]byte(nil), rest[:size]...),
		File: p.last.File(),
	})
	return nil
}

func tooShort(what string, body []byte) error {
	return badFormat("the %s block has a body of only %d bytes", what, len(body))
}
