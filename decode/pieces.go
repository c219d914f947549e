package decode

import (
	"bytes"
	"slices"
	"unsafe"

	"wstap/capture/packet"
	"wstap/decode/link"
)

// A part is what one packet holds of a segment's payload.
type part struct {
	packet  packet.Packet
	payload int // where it begins in the packet's data
	length  int
	seq     uint32 // of its first byte
	header  uint8  // length of the TCP header right before it; 0 where that is elsewhere
	hidden  bool   // it holds some, and cannot be told where
}

// parts returns which packets hold segment s, whose last packet is p: p alone, unless
// it came in fragments. Packets that held fragments before are in store.
func parts(out []part, p *packet.Packet, s *link.Segment, pieces []link.Piece, store *fragmentStore) []part {
	seq := s.Seq
	if s.Flags&link.SYN != 0 {
		seq++ // the SYN takes the first sequence number
	}
	if len(pieces) == 0 {
		at, ok := offsetIn(p.Data, s.Payload)
		one := part{packet: *p, seq: seq, payload: at, length: len(s.Payload), header: s.Header, hidden: !ok}
		if one.length == 0 {
			one.payload, one.header = 0, 0
		}
		return append(out, one)
	}
	// The datagram's bytes stand together behind the first of its pieces.
	begin, total := 0, 0
	for i := range pieces {
		total += len(pieces[i].Data)
	}
	joined := pieces[0].Data[:len(pieces[0].Data):len(pieces[0].Data)]
	at, ok := distance(joined, s.Payload)
	ok = ok && at+len(s.Payload) <= total
	for i := range pieces {
		data := pieces[i].Data
		q, there := store.packet(pieces[i].Ref, p)
		from, to := max(at-begin, 0), min(at+len(s.Payload)-begin, len(data))
		begin += len(data)
		if !there {
			continue
		}
		one := part{packet: q}
		switch where := bytes.LastIndex(q.Data, data); {
		case where < 0 || !ok:
			one.hidden = true
		case from < to:
			one.payload, one.length = where+from, to-from
			one.seq = seq + uint32(begin-len(data)+from-at)
		}
		out = append(out, one)
	}
	return out
}

// offsetIn returns where in whole part begins, if it is a part of it. An empty one is
// anywhere.
func offsetIn(whole, part []byte) (int, bool) {
	if len(part) == 0 {
		return 0, true
	}
	at, ok := distance(whole, part)
	return at, ok && at+len(part) <= len(whole)
}

// distance returns how far b begins behind a.
func distance(a, b []byte) (int, bool) {
	from, to := uintptr(unsafe.Pointer(unsafe.SliceData(a))), uintptr(unsafe.Pointer(unsafe.SliceData(b)))
	if to < from || to-from > maxDistance {
		return 0, false
	}
	return int(to - from), true
}

// maxDistance is more than any packet or datagram is long.
const maxDistance = 1 << 20

// fragmentStore keeps packets that were fragments until the rest of their datagram
// comes.
type fragmentStore struct {
	packets map[packet.Ref]packet.Packet
	order   []packet.Ref // those that were used are still in it
	bytes   int          // of all in order
}

// maxStoredBytes is what link's table of fragments holds, and their headers: what has
// to go here has gone there, and will not become a datagram.
const maxStoredBytes = 32 << 20

func (f *fragmentStore) add(p *packet.Packet) {
	if f.packets == nil {
		f.packets = make(map[packet.Ref]packet.Packet)
	}
	q := *p
	q.Data = slices.Clone(p.Data)
	f.packets[p.Ref] = q
	f.order = append(f.order, p.Ref)
	for f.bytes += len(q.Data); f.bytes > maxStoredBytes; f.order = f.order[1:] {
		f.bytes -= len(f.packets[f.order[0]].Data)
		delete(f.packets, f.order[0])
	}
}

// packet returns the packet that ref names: p, or one that was kept.
func (f *fragmentStore) packet(ref packet.Ref, p *packet.Packet) (packet.Packet, bool) {
	if ref == p.Ref {
		return *p, true
	}
	q, ok := f.packets[ref]
	return q, ok
}

// note keeps of packet i what somebody who writes packets needs.
func (b *Batch) note(d *link.Decoder, k link.Kind, i int) {
	switch k {
	case link.TCP:
		b.packets = append(b.packets, i)
		if pieces := d.Pieces(); len(pieces) > 0 {
			if b.pieces == nil {
				b.pieces = make(map[int][]link.Piece)
			}
			b.pieces[len(b.packets)-1] = slices.Clone(pieces)
		}
	case link.Fragment:
		b.fragments = append(b.fragments, i)
	case link.ICMP, link.DNS, link.NotTCP, link.Malformed, link.UnknownLink:
	}
}
