package decode

import (
	"unsafe"

	"wstap/decode/link"
)

// kept is a packet in memory.
type kept struct {
	flow      link.Flow
	part             // its packet without Data
	begin     uint64 // of its bytes, in all the bytes that the ring ever took
	bytes     uint32 // how many
	before    uint64 // number of the packet of the same flow before it, plus one; 0 for none
	dir       link.Dir
	forgotten bool // was taken, or is of a connection that has gone
}

// keptBytes is what the fields of a packet in memory take: its bytes come on top.
const keptBytes = int(unsafe.Sizeof(kept{}))

// ring keeps the latest packets in a fixed amount of memory.
type ring struct {
	bytes   []byte
	packets []kept
	first   uint64 // number of the oldest
	next    uint64 // number of the next
	end     uint64 // of all the bytes that were ever taken
}

// usualPacket is the average length for which a ring has as much room for packets as
// for their bytes: WebSocket traffic has small ones.
const usualPacket = 256

func newRing(size int) ring {
	n := max(size/(usualPacket+keptBytes), 1)
	return ring{bytes: make([]byte, n*usualPacket), packets: make([]kept, n)}
}

// at returns packet n, nil when it has gone.
func (r *ring) at(n uint64) *kept {
	if n < r.first || n >= r.next {
		return nil
	}
	return &r.packets[n%uint64(len(r.packets))]
}

// data returns the bytes of a packet.
func (r *ring) data(k *kept) []byte {
	at := k.begin % uint64(len(r.bytes))
	return r.bytes[at : at+uint64(k.bytes)]
}

// full returns the oldest packet if it has to go before n bytes can be added.
func (r *ring) full(n int) *kept {
	if r.first == r.next {
		return nil
	}
	oldest := r.at(r.first)
	if r.next-r.first < uint64(len(r.packets)) && r.place(n)+uint64(n)-oldest.begin <= uint64(len(r.bytes)) {
		return nil
	}
	return oldest
}

// place returns where n bytes would begin: they are never split by the ring's end.
func (r *ring) place(n int) uint64 {
	if at := r.end % uint64(len(r.bytes)); at+uint64(n) > uint64(len(r.bytes)) {
		return r.end + uint64(len(r.bytes)) - at
	}
	return r.end
}

// add copies a packet. There must be room for it.
func (r *ring) add(k kept, data []byte) (number uint64) {
	k.begin, k.bytes = r.place(len(data)), uint32(len(data))
	r.end = k.begin + uint64(len(data))
	number = r.next
	r.next++
	p := &r.packets[number%uint64(len(r.packets))]
	*p = k
	copy(r.data(p), data)
	return number
}
