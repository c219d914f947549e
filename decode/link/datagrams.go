package link

import (
	"encoding/binary"
	"time"

	"wstap/capture/packet"
)

const (
	// maxFragmentBytes bounds the fragments that wait for others: four times what
	// Linux allows a host (ipfrag_high_thresh), since a capture sees several.
	maxFragmentBytes = 16 << 20
	// maxDatagrams bounds the datagrams that are incomplete at once: where every
	// second packet of 100,000 a second is the rest of one that did not fit a
	// tunnel, and one in a thousand is lost, 30 seconds leave 3,000.
	maxDatagrams = 4096
	// maxFragments bounds the fragments of a datagram: 119 of the smallest size
	// that every host takes (576 bytes, RFC 791) make the largest datagram.
	maxFragments = 128
	// fragmentWait is how long the rest of a datagram is waited for, in packet time:
	// hosts give up after 30 s (Linux) to 60 s (RFC 1122, RFC 8200), and an
	// identification of 16 bits comes again the sooner the more is sent (RFC 4963).
	fragmentWait = int64(30 * time.Second)
	// copiesWithin is for how long fragments of a datagram that is complete are
	// taken for copies of those it was made of: a capture sees those within
	// milliseconds. Its identification comes again so soon only beyond 600,000
	// datagrams a second, or where a sender gives all the same: what the fragments hold
	// tells.
	copiesWithin = int64(100 * time.Millisecond)
	// recentDatagrams is how many completed datagrams are remembered for that: as
	// many as a gigabit a second of the smallest pairs of frames makes in a
	// millisecond.
	recentDatagrams = 1024
	// recentPieces is how many fragments are: eight for each, and most have two.
	recentPieces = 8 * recentDatagrams
)

// datagramKey names a datagram (RFC 791, RFC 8200 section 4.5): the same
// identification in two VLANs is two.
type datagramKey struct {
	ends     [32]byte // source and destination; IPv4 takes the first 8 bytes
	stack    stack
	id       uint32
	protocol uint8 // IPv4
	version  uint8
}

// datagram is one that is not complete. Its pieces are a list in order of offset.
type datagram struct {
	key          datagramKey
	hash         uint64
	began        int64 // time of its first fragment
	first        int32 // block of the first piece, -1 for none
	older, newer int32 // datagrams by began, -1 at the ends
	have         int32 // bytes of the pieces
	reach        int32 // end of the last piece
	total        int32 // -1 before the last fragment
	pieces       uint8
	next         uint8 // protocol, as the first fragment says
	refused      bool  // its fragments overlap or are too many: none is kept any more
}

// recent is a datagram that was completed.
type recent struct {
	hash uint64
	time int64
}

// fragments holds the datagrams that are not complete: a table of fixed size, and
// the blocks of their pieces. A flood overwrites what is oldest and grows nothing.
type fragments struct {
	counters       *Counters
	grams          []datagram
	free           []int32 // of grams
	index          []uint16
	oldest, newest int32
	waiting        int // grams that are not refused
	blockPool
	recent [recentDatagrams]recent
	pieces [recentPieces]uint32 // by pieceHash
}

// datagramSlots is twice maxDatagrams, so that probing stays short.
const datagramSlots = 2 * maxDatagrams

func newFragments(c *Counters) *fragments {
	t := &fragments{
		counters: c, grams: make([]datagram, maxDatagrams), index: make([]uint16, datagramSlots),
		free: make([]int32, maxDatagrams), oldest: -1, newest: -1,
	}
	for i := range t.free {
		t.free[i] = int32(maxDatagrams - 1 - i)
	}
	return t
}

// add takes a fragment of datagram k and returns the datagram if that completes
// it, else -1.
func (t *fragments) add(k *datagramKey, hash uint64, f *fragment, p *packet.Packet) int32 {
	t.expire(p.Time)
	i := t.find(k, hash)
	if i < 0 {
		if r := &t.recent[hash%recentDatagrams]; r.hash == hash && apart(p.Time, r.time) < copiesWithin && t.wasPiece(hash, f) {
			return -1
		}
		i = t.begin(k, hash, p.Time)
	}
	g := &t.grams[i]
	if g.refused {
		return -1
	}
	after, fits, known := t.place(g, f)
	switch {
	case known:
		return -1
	case !fits:
		t.counters.FragmentsOverlapping++
		t.refuse(g)
		return -1
	case g.pieces == maxFragments:
		t.counters.FragmentsOfDatagram++
		t.refuse(g)
		return -1
	}
	for !t.enough(len(f.data)) {
		t.giveUp(i)
	}
	t.insert(g, after, f, p.Ref)
	if g.total != g.have {
		return -1
	}
	return i
}

// place finds where a fragment belongs: behind which piece of g, -1 for none. fits
// is false when it overlaps a piece or contradicts the end of g, known true when it
// is the copy of a piece.
func (t *fragments) place(g *datagram, f *fragment) (after int32, fits, known bool) {
	begin, end := int32(f.offset), int32(f.offset+f.length)
	after = -1
	at := g.first
	for at >= 0 && int32(t.blocks[at].offset) < begin {
		after, at = at, t.blocks[at].next
	}
	last := !f.more
	if at >= 0 && int32(t.blocks[at].offset) == begin && int(t.blocks[at].length) == f.length {
		same := last == (g.total == end) && t.equal(at, f.data)
		return after, same, same
	}
	switch {
	case after >= 0 && int32(t.blocks[after].offset)+int32(t.blocks[after].length) > begin,
		at >= 0 && int32(t.blocks[at].offset) < end,
		g.total >= 0 && (last || end > g.total),
		last && end < g.reach:
		return after, false, false
	}
	return after, true, false
}

// insert keeps a fragment as a piece of g behind another.
func (t *fragments) insert(g *datagram, after int32, f *fragment, ref packet.Ref) {
	i := t.store(f.data)
	x := &t.blocks[i]
	x.ref, x.offset, x.length = ref, uint16(f.offset), uint16(f.length)
	if after < 0 {
		x.next, g.first = g.first, i
	} else {
		x.next = t.blocks[after].next
		t.blocks[after].next = i
	}
	at, tag := pieceHash(g.hash, f)
	t.pieces[at] = tag
	g.pieces++
	g.have += int32(f.length)
	g.reach = max(g.reach, int32(f.offset+f.length))
	if f.offset == 0 {
		g.next = f.next
	}
	if !f.more {
		g.total = int32(f.offset + f.length)
	}
}

// pieceHash returns where in pieces a fragment of a datagram with that hash stands, and
// as what.
func pieceHash(hash uint64, f *fragment) (at, tag uint32) {
	key := [2]uint64{hash, ^hash}
	h := mix(uint64(f.offset), uint64(f.length), key)
	b := f.data
	for ; len(b) >= 8; b = b[8:] {
		h = mix(h, native(b), key)
	}
	for _, x := range b {
		h = mix(h, uint64(x), key)
	}
	return uint32(h) % recentPieces, uint32(h >> 32)
}

// wasPiece reports whether a datagram with that hash had this fragment.
func (t *fragments) wasPiece(hash uint64, f *fragment) bool {
	at, tag := pieceHash(hash, f)
	return t.pieces[at] == tag
}

// begin makes an entry for a datagram.
func (t *fragments) begin(k *datagramKey, hash uint64, now int64) int32 {
	if len(t.free) == 0 {
		if !t.grams[t.oldest].refused {
			t.counters.FragmentedDatagrams++
		}
		t.remove(t.oldest)
	}
	i := t.free[len(t.free)-1]
	t.free = t.free[:len(t.free)-1]
	t.grams[i] = datagram{key: *k, hash: hash, began: now, first: -1, older: t.newest, newer: -1, total: -1}
	if t.newest >= 0 {
		t.grams[t.newest].newer = i
	} else {
		t.oldest = i
	}
	t.newest = i
	t.waiting++
	at := hash % datagramSlots
	for t.index[at] != 0 {
		at = (at + 1) % datagramSlots
	}
	t.index[at] = uint16(i + 1)
	return i
}

func (t *fragments) find(k *datagramKey, hash uint64) int32 {
	for at := hash % datagramSlots; t.index[at] != 0; at = (at + 1) % datagramSlots {
		i := int32(t.index[at]) - 1
		if g := &t.grams[i]; g.hash == hash && g.key == *k {
			return i
		}
	}
	return -1
}

// apart returns how far two times are from each other. They need not be in order
// where files are merged.
func apart(a, b int64) int64 { return max(a-b, b-a) }

// expire removes the datagrams that have waited for too long.
func (t *fragments) expire(now int64) {
	for t.oldest >= 0 && apart(now, t.grams[t.oldest].began) > fragmentWait {
		if !t.grams[t.oldest].refused {
			t.counters.FragmentsExpired++
		}
		t.remove(t.oldest)
	}
}

// giveUp removes the oldest datagram but the one that is not to be touched.
func (t *fragments) giveUp(but int32) {
	i := t.oldest
	if i == but {
		i = t.grams[i].newer // there is one: a datagram takes a fraction of all blocks
	}
	if !t.grams[i].refused {
		t.counters.FragmentBytes++
	}
	t.remove(i)
}

// refuse gives up a datagram and remembers that, so that the rest of it makes no
// other (RFC 5722).
func (t *fragments) refuse(g *datagram) {
	t.release(g.first)
	g.first, g.refused = -1, true
	t.waiting--
}

// complete removes a datagram that is complete.
func (t *fragments) complete(i int32, now int64) {
	g := &t.grams[i]
	t.recent[g.hash%recentDatagrams] = recent{hash: g.hash, time: now}
	t.remove(i)
}

// remove frees an entry and what it holds.
func (t *fragments) remove(i int32) {
	g := &t.grams[i]
	t.release(g.first)
	if !g.refused {
		t.waiting--
	}
	if g.older >= 0 {
		t.grams[g.older].newer = g.newer
	} else {
		t.oldest = g.newer
	}
	if g.newer >= 0 {
		t.grams[g.newer].older = g.older
	} else {
		t.newest = g.older
	}
	t.unlink(i)
	t.free = append(t.free, i)
}

// unlink takes an entry out of the index, by backward shift: no tombstones.
func (t *fragments) unlink(i int32) {
	at := t.grams[i].hash % datagramSlots
	for t.index[at] != uint16(i+1) {
		at = (at + 1) % datagramSlots
	}
	for k := (at + 1) % datagramSlots; t.index[k] != 0; k = (k + 1) % datagramSlots {
		home := t.grams[t.index[k]-1].hash % datagramSlots
		if (k-home)%datagramSlots >= (k-at)%datagramSlots {
			t.index[at] = t.index[k]
			at = k
		}
	}
	t.index[at] = 0
}

// native returns 8 bytes as a word.
func native(b []byte) uint64 { return binary.LittleEndian.Uint64(b) }
