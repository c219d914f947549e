// Package packet holds the types that carry packets from a capture to the
// decoder. It is a leaf: types only, no reading and no decoding, so that decode
// never depends on where packets come from.
package packet

import "fmt"

// LinkType is a link-layer header type as written in capture files: the
// LINKTYPE_ values of https://www.tcpdump.org/linktypes.html.
type LinkType uint16

// The link types that wstap decodes itself.
const (
	LinkNull      LinkType = 0   // BSD loopback: 4 bytes of address family in the writer's byte order
	LinkEthernet  LinkType = 1   // IEEE 802.3
	LinkPPP       LinkType = 9   // PPP, with or without address and control bytes
	LinkFDDI      LinkType = 10  // FDDI
	LinkRawBSD    LinkType = 12  // raw IP as DLT_RAW on most systems
	LinkRawOpen   LinkType = 14  // raw IP as DLT_RAW on OpenBSD
	LinkPPPHDLC   LinkType = 50  // PPP in HDLC-like framing, or Cisco HDLC
	LinkPPPEther  LinkType = 51  // PPPoE session header, then PPP
	LinkRaw       LinkType = 101 // raw IPv4 or IPv6, told apart by the version nibble
	LinkCHDLC     LinkType = 104 // Cisco HDLC
	LinkIEEE80211 LinkType = 105 // IEEE 802.11
	LinkLoop      LinkType = 108 // OpenBSD loopback: 4 bytes of address family in network byte order
	LinkLinuxSLL  LinkType = 113 // Linux cooked capture v1
	LinkPFLog     LinkType = 117 // OpenBSD's pf log
	LinkPrism     LinkType = 119 // Prism or AVS header, then IEEE 802.11
	LinkRadiotap  LinkType = 127 // radiotap header, then IEEE 802.11
	LinkPPPDir    LinkType = 204 // a byte of direction, then PPP
	LinkMPLS      LinkType = 219 // a stack of MPLS labels
	LinkIPv4      LinkType = 228 // raw IPv4
	LinkIPv6      LinkType = 229 // raw IPv6
	LinkLinuxSLL2 LinkType = 276 // Linux cooked capture v2
)

// String returns the name that tcpdump.org's registry gives without LINKTYPE_,
// or the number.
func (t LinkType) String() string {
	switch t {
	case LinkNull:
		return "NULL"
	case LinkEthernet:
		return "ETHERNET"
	case LinkPPP:
		return "PPP"
	case LinkFDDI:
		return "FDDI"
	case LinkRawBSD, LinkRawOpen, LinkRaw:
		return "RAW"
	case LinkPPPHDLC:
		return "PPP_HDLC"
	case LinkPPPEther:
		return "PPP_ETHER"
	case LinkCHDLC:
		return "C_HDLC"
	case LinkIEEE80211:
		return "IEEE802_11"
	case LinkPFLog:
		return "PFLOG"
	case LinkPrism:
		return "IEEE802_11_PRISM"
	case LinkRadiotap:
		return "IEEE802_11_RADIOTAP"
	case LinkPPPDir:
		return "PPP_WITH_DIR"
	case LinkMPLS:
		return "MPLS"
	case LinkLoop:
		return "LOOP"
	case LinkLinuxSLL:
		return "LINUX_SLL"
	case LinkIPv4:
		return "IPV4"
	case LinkIPv6:
		return "IPV6"
	case LinkLinuxSLL2:
		return "LINUX_SLL2"
	default:
		return fmt.Sprintf("%d", uint16(t))
	}
}

// Ref names one packet: which input file holds it and its number in that file.
// The zero Ref names no packet.
type Ref uint64

// A Ref keeps 16 bits of file and 48 bits of number: 65,536 files of 2.8e14
// packets each.
const (
	refNumberBits = 48
	// MaxFiles is how many files one run can tell apart.
	MaxFiles = 1 << (64 - refNumberBits)
)

// NewRef returns the Ref of packet number (from 1, as Wireshark counts) in the
// file with the given index (from 0).
func NewRef(file int, number uint64) Ref {
	return Ref(uint64(file)<<refNumberBits | number&(1<<refNumberBits-1))
}

// File returns the index of the file that holds the packet.
func (r Ref) File() int { return int(r >> refNumberBits) }

// Number returns the packet's number within its file, from 1; 0 means that no
// packet is named.
func (r Ref) Number() uint64 { return uint64(r) & (1<<refNumberBits - 1) }

// Packet is one captured packet. Data aliases the reader's buffer and is valid
// only for as long as the Source that filled it promises.
type Packet struct {
	Time      int64    // nanoseconds since 1970-01-01 UTC
	Data      []byte   // the bytes that were captured, from the link-layer header on
	Ref       Ref      // where the packet stands in its file
	OrigLen   uint32   // length on the wire in bytes; more than len(Data) when snaplen cut it
	Link      LinkType // what Data begins with
	Interface uint16   // number of the interface within its file, over all sections, from 0; 0 for pcap
}

// Truncated reports whether the capture holds less of the packet than was on
// the wire.
func (p *Packet) Truncated() bool { return uint32(len(p.Data)) < p.OrigLen }

// Secrets is key material that a pcapng file carries in a Decryption Secrets
// Block. It must never be printed or logged.
type Secrets struct {
	Type uint32 // secrets type: 0x544c534b is a TLS key log
	Data []byte // owned by the receiver
	File int    // index of the file it came from
}

// Annotation is what a pcapng file says of a packet besides its bytes and time.
type Annotation struct {
	Ref      Ref      // the packet
	Flags    uint32   // epb_flags, draft-ietf-opsawg-pcapng section 4.3.1; 0 says nothing
	Comments []string // opt_comment, as the file has them: any bytes
}

// Missed is a span of time in which packets went by that the capture does not
// hold: the kernel dropped them, or there is no file for it.
type Missed struct {
	From, To int64  // nanoseconds since 1970-01-01 UTC, both inclusive
	Packets  uint64 // how many were dropped; 0 when nobody counted them
}

// Block is a run of packets from one or more files, in time order.
type Block struct {
	Packets []Packet
	Secrets []Secrets // found in the file before or among the block's packets
	Missed  []Missed  // found out while the block was filled; it may reach back before its packets

	Annotations []Annotation // of some of the packets, in their order; only where the source was asked for them
}

// Reset empties the block and keeps its memory.
func (b *Block) Reset() {
	b.Packets = b.Packets[:0]
	b.Secrets = b.Secrets[:0]
	b.Missed = b.Missed[:0]
	b.Annotations = b.Annotations[:0]
}

// Source gives packets in blocks.
type Source interface {
	// Next replaces the contents of b with the next packets. It returns io.EOF,
	// and no packets, when there are no more. A block may be empty.
	Next(b *Block) error
}
