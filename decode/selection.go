package decode

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"

	"wstap/capture/packet"
	"wstap/decode/link"
)

// Selection finds the packets of connections in a capture that is read again. It is
// for one goroutine.
type Selection struct {
	link   *link.Decoder
	byFlow map[link.Flow][]*Connection // in order of First
	first  int64                       // of all connections
	last   int64
	found  []Found
	parts  []part

	fragments fragmentStore
	joined    bool // found holds fragments
}

// Found is a packet that belongs to a connection of a Selection.
type Found struct {
	Packet     packet.Packet
	Connection *Connection
	FromClient bool
	Seq        uint32 // sequence number of the first byte of Payload
	// Payload is the segment's data as far as it was captured. It is part of
	// Packet.Data.
	Payload []byte
	// Opaque tells that the packet holds bytes of the connection, and not where: a
	// fragment in a fragment. Nothing in it can be overwritten.
	Opaque bool
	// Unmended tells that bytes were overwritten whose TCP checksum stands in another
	// packet, a fragment, and stayed as it was.
	Unmended bool
	header   []byte // of TCP, where it stands right before the payload
}

// NewSelection returns the Selection of connections, which must have ended: see
// Decoder.Ended.
func NewSelection(connections []*Connection) *Selection {
	s := &Selection{byFlow: make(map[link.Flow][]*Connection, len(connections))}
	for i, c := range connections {
		if i == 0 || c.First < s.first {
			s.first = c.First
		}
		if i == 0 || c.Last > s.last {
			s.last = c.Last
		}
		k := flowOf(c)
		s.byFlow[k] = append(s.byFlow[k], c)
	}
	for _, list := range s.byFlow {
		slices.SortStableFunc(list, func(a, b *Connection) int { return cmp.Compare(a.First, b.First) })
	}
	return s
}

// Done reports whether packets from time on can belong to none of the connections.
func (s *Selection) Done(time int64) bool { return len(s.byFlow) == 0 || time > s.last }

// sortFound puts packets in the order in which they were captured: fragments came
// before the packet that told whose they are.
func sortFound(found []Found) {
	order := func(a, b Found) int {
		return cmp.Or(cmp.Compare(a.Packet.Time, b.Packet.Time), cmp.Compare(a.Packet.Ref, b.Packet.Ref))
	}
	if !slices.IsSortedFunc(found, order) {
		slices.SortStableFunc(found, order)
	}
}

// Block returns the packets of b that belong to a connection, in their order. What
// it returns is valid until it is called again or b's packets become invalid.
func (s *Selection) Block(b *packet.Block) []Found {
	s.found, s.joined = s.found[:0], false
	var seg link.Segment
	for i := range b.Packets {
		p := &b.Packets[i]
		if p.Time < s.first || p.Time > s.last {
			continue
		}
		if s.link == nil {
			s.link = link.New(hashKey(p))
			s.link.KeepPieces(true)
		}
		switch s.link.Decode(p, &seg) {
		case link.TCP:
			s.segment(p, &seg)
		case link.Fragment:
			s.fragments.add(p)
		case link.ICMP:
			q := s.link.Quote()
			one, ok := icmpPart(p, &q)
			if c := s.connection(&q.Flow, p); c != nil && ok {
				s.found = append(s.found, one.found(c, false))
			}
		case link.NotTCP, link.Malformed, link.UnknownLink, link.DNS:
		}
	}
	if s.joined {
		sortFound(s.found)
	}
	return s.found
}

func (s *Selection) segment(p *packet.Packet, seg *link.Segment) {
	c := s.connection(&seg.Flow, p)
	if c == nil {
		return
	}
	s.parts = parts(s.parts[:0], p, seg, s.link.Pieces(), &s.fragments)
	s.joined = s.joined || len(s.parts) > 1
	for i := range s.parts {
		s.found = append(s.found, s.parts[i].found(c, seg.Flow.Sender(seg.Dir) == c.Client))
	}
}

// found makes a Found of a part.
func (x *part) found(c *Connection, fromClient bool) Found {
	f := Found{Packet: x.packet, Connection: c, FromClient: fromClient, Seq: x.seq, Opaque: x.hidden}
	if x.length > 0 && !x.hidden {
		f.Payload = x.packet.Data[x.payload : x.payload+x.length]
		f.header = x.packet.Data[x.payload-int(x.header) : x.payload]
	}
	return f
}

func flowOf(c *Connection) link.Flow { return link.NewFlow(c.Client, c.Server) }

// connection returns which of the connections between two ends a packet belongs to.
// Where one ends at the very time at which the next begins, its number tells.
func (s *Selection) connection(flow *link.Flow, p *packet.Packet) *Connection {
	list := s.byFlow[*flow]
	for i := len(list) - 1; i >= 0; i-- {
		c := list[i]
		if p.Time < c.First || p.Time > c.Last {
			continue
		}
		if p.Time == c.First && p.Ref.File() == c.FirstRef.File() && p.Ref.Number() < c.FirstRef.Number() {
			continue
		}
		return c
	}
	return nil
}

// Overwrite puts b over the bytes of f's payload from sequence number seq on, as far
// as they are in it, and mends the TCP checksum: what was right stays right, and what
// was wrong, as with offloading, stays as wrong (RFC 1624).
func (f *Found) Overwrite(seq uint32, length uint32, with byte) {
	begin := int64(int32(seq - f.Seq))
	for i := max(begin, 0); i < min(begin+int64(length), int64(len(f.Payload))); i++ {
		f.set(int(i), with)
	}
}

// OverwriteText puts with over every place of f's payload where text stands.
func (f *Found) OverwriteText(text []byte, with byte) {
	for from := 0; len(text) > 0; {
		i := bytes.Index(f.Payload[from:], text)
		if i < 0 {
			return
		}
		for j := range text {
			f.set(from+i+j, with)
		}
		from += i + len(text)
	}
}

// set changes one byte of the payload and the checksum with it.
func (f *Found) set(i int, b byte) {
	const checksum = 16 // where it stands in the header (RFC 9293 section 3.1)
	old := f.Payload[i]
	f.Payload[i] = b
	if len(f.header) == 0 {
		f.Unmended = true
		return
	}
	was, is := uint32(old), uint32(b)
	if i%2 == 0 { // the header's length is even
		was, is = was<<8, is<<8
	}
	sum := uint32(^binary.BigEndian.Uint16(f.header[checksum:])) + (^was & 0xffff) + is
	sum = sum&0xffff + sum>>16
	sum = sum&0xffff + sum>>16
	binary.BigEndian.PutUint16(f.header[checksum:], ^uint16(sum))
}
