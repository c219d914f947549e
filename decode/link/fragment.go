package link

import "wstap/capture/packet"

// maxDatagram is the longest payload of an IP datagram: offsets and lengths have
// 16 bits.
const maxDatagram = 1 << 16

// fragment is one packet's part of a datagram.
type fragment struct {
	id     uint32
	next   uint8 // the protocol that the fragment's header names
	offset int   // of data within the datagram's payload
	more   bool  // it is not the last
	data   []byte
	length int // of data on the wire
}

// Piece is what one packet brought of a datagram.
type Piece struct {
	Ref    packet.Ref
	Offset int    // in the IP payload, which begins behind the header that names the fragment
	Length int    // on the wire
	Data   []byte // what the capture holds of it, valid like the segment; empty behind a piece that is cut
}

// KeepPieces makes Pieces tell, from now on, what a datagram was made of.
func (d *Decoder) KeepPieces(keep bool) { d.keep = keep }

// Pieces returns the packets that a datagram was put together from which Decode
// has just completed, in order of offset; none when it completed none. Where
// fragments lie in fragments, it is the innermost datagram, each of whose pieces
// is named by the packet that completed it. It is valid until Decode is called
// again.
func (d *Decoder) Pieces() []Piece {
	if d.joined == 0 {
		return nil
	}
	return d.pieces
}

// mayHoldTCP reports whether a datagram of this protocol may have TCP in it. Of
// others the fragments need not be kept.
func mayHoldTCP(next uint8, v6 bool) bool {
	switch next {
	case protoTCP, protoUDP, protoGRE, protoIPv4, protoIPv6, protoMPLS, protoEtherIP, protoAuth:
		return true
	case protoHopByHop, protoRouting, protoDestOpts, protoMobility, protoHIP, protoShim6:
		return v6
	default:
		return false
	}
}

// fragment takes a fragment whose IP header without options is head, and decodes
// the datagram that it completes, if it does.
func (d *Decoder) fragment(f *fragment, head []byte, p *packet.Packet, s *Segment) Kind {
	v6 := head[0]>>4 == 6
	switch {
	case f.length <= 0 || f.offset+f.length >= maxDatagram, f.more && f.length%8 != 0:
		return Malformed // RFC 791; RFC 8200 section 4.5
	case !mayHoldTCP(f.next, v6):
		return Fragment
	case d.joined == maxWraps:
		d.counters.WrapsTooDeep++
		return Malformed
	}
	if d.fragments == nil {
		d.fragments = newFragments(&d.counters)
	}
	k := datagramKey{stack: d.wraps(), id: f.id}
	if v6 { // RFC 8200 section 4.5: the first fragment alone says what follows
		copy(k.ends[:], head[8:40])
		k.version = 6
	} else {
		copy(k.ends[:], head[12:20])
		k.version, k.protocol = 4, f.next
	}
	table := d.fragments
	g := table.add(&k, d.datagramHash(&k), f, p)
	if g < 0 {
		return Fragment
	}
	if d.memory == &d.own && d.joined == 0 {
		d.own.Reset()
	}
	d.joined++
	next, b, wire := d.join(g)
	table.complete(g, p.Time)
	return d.upper(next, head, b, wire, p, s)
}

// join copies the pieces of datagram g together, up to the first that snaplen cut.
// Nothing is known of what the capture does not hold.
func (d *Decoder) join(g int32) (next uint8, b []byte, wire int) {
	t := d.fragments
	gram := &t.grams[g]
	n := 0
	for i := gram.first; i >= 0; i = t.blocks[i].next {
		n += int(t.blocks[i].have)
	}
	b = d.memory.take(n)
	d.pieces = d.pieces[:0]
	n = 0
	whole := true
	for i := gram.first; i >= 0; i = t.blocks[i].next {
		x := &t.blocks[i]
		from := n
		if whole {
			n += t.read(i, b[n:])
			whole = x.have == x.length
		}
		if d.keep {
			d.pieces = append(d.pieces, Piece{Ref: x.ref, Offset: int(x.offset), Length: int(x.length), Data: b[from:n:n]})
		}
	}
	return gram.next, b[:n], int(gram.total)
}

// datagramHash returns the keyed hash of k.
func (d *Decoder) datagramHash(k *datagramKey) uint64 {
	h := d.mix(d.stackHash(), uint64(k.id)<<16|uint64(k.protocol)<<8|uint64(k.version))
	for b := k.ends[:]; len(b) > 0; b = b[8:] {
		h = d.mix(h, native(b))
	}
	return h
}
