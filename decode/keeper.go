package decode

import (
	"slices"

	"wstap/capture/packet"
	"wstap/decode/link"
	"wstap/decode/tcp"
)

// Keeper keeps packets in memory until it is known whether their connection is
// wanted, where they cannot be read a second time. It is used by the goroutine that
// calls Decoder.Batch, with a Decoder whose Options.Connections is set.
type Keeper struct {
	decoder *Decoder
	rings   [3]ring
	flows   map[link.Flow]*keptFlow
	parts   []part
	fresh   []link.Segment // one of each flow that came to the ring for connects since settle
	found   []Found
	moved   []byte // what found is of

	fragments fragmentStore
}

// The rings. What fills one does not push out what is in another.
const (
	ringConnects = iota // of connects that have carried nothing yet
	ringStarts          // the first packets of connections: their handshakes
	ringRest
)

// startPackets and startBytes are how much of a connection counts as its start: SYN
// to 101 with retransmissions and the largest heads that servers take by default, and
// a few frames.
const (
	startPackets = 32
	startBytes   = 16 << 10
)

// LeastKept is the least memory in bytes: each ring then holds some packets of 64 kB,
// the longest that are common with offloading.
const LeastKept = 4 << 20

// keptFlow is what is kept of one flow.
type keptFlow struct {
	last    [3]uint64 // number of its latest packet in each ring, plus one
	packets int       // in rings other than the one for connects
	bytes   int
	fresh   bool // listed in Keeper.fresh
	wanted  *Connection
	given   uint64 // how many of its packets Keep returned
}

// NewKeeper returns a Keeper that uses about so many bytes, at least LeastKept.
func NewKeeper(d *Decoder, bytes int) *Keeper {
	bytes = max(bytes, LeastKept)
	k := &Keeper{decoder: d, flows: make(map[link.Flow]*keptFlow)}
	k.rings[ringConnects] = newRing(bytes / 8)
	k.rings[ringStarts] = newRing(bytes / 4)
	k.rings[ringRest] = newRing(bytes - bytes/8 - bytes/4)
	return k
}

// Keep keeps the packets of b, of which Decoder.Link made batch, before
// Decoder.Batch is called with that. It returns the packets that had to make room, of
// connections for which Want was called; they are valid until Keep is called again.
func (k *Keeper) Keep(b *packet.Block, batch *Batch) []Found {
	k.found, k.moved = k.found[:0], k.moved[:0]
	k.settle()
	for _, i := range batch.fragments {
		k.fragments.add(&b.Packets[i])
	}
	for i := range batch.segments {
		s, p := &batch.segments[i], &b.Packets[batch.packets[i]]
		state := k.decoder.table.State(s)
		if state == tcp.FlowIgnored {
			continue
		}
		k.parts = parts(k.parts[:0], p, s, batch.pieces[i], &k.fragments)
		for j := range k.parts {
			k.keep(k.flows[s.Flow], state == tcp.FlowFollowed, &k.parts[j], s)
		}
	}
	for i := range batch.errors {
		q := &batch.errors[i]
		s := link.Segment{Flow: q.Flow, Hash: q.Hash, Dir: q.Dir.Other()}
		if f := k.flows[s.Flow]; f != nil { // what it is about was kept
			k.keep(f, k.decoder.table.State(&s) == tcp.FlowFollowed, &part{packet: b.Packets[q.packet]}, &s)
		}
	}
	return k.found
}

// settle moves what was kept of new connections to where it belongs, now that the
// decoder has seen what they are.
func (k *Keeper) settle() {
	for i := range k.fresh {
		f := k.flows[k.fresh[i].Flow]
		if f == nil {
			continue
		}
		f.fresh = false
		switch k.decoder.table.State(&k.fresh[i]) {
		case tcp.FlowFollowed:
			k.promote(f)
		case tcp.FlowIgnored:
			k.forget(k.fresh[i].Flow, f)
		case tcp.FlowUnknown, tcp.FlowConnecting:
		}
	}
	k.fresh = k.fresh[:0]
}

// promote moves the packets of a flow out of the ring for connects.
func (k *Keeper) promote(f *keptFlow) {
	r := &k.rings[ringConnects]
	var numbers []uint64
	for n := f.last[ringConnects]; n > 0; {
		e := r.at(n - 1)
		if e == nil || e.forgotten {
			break
		}
		numbers = append(numbers, n-1)
		n = e.before
	}
	f.last[ringConnects] = 0
	for _, n := range slices.Backward(numbers) {
		e := r.at(n)
		k.add(f, k.which(f, true, int(e.bytes)), *e, r.data(e))
		e.forgotten = true
	}
}

// forget takes a flow for one that nobody will ask for.
func (k *Keeper) forget(flow link.Flow, f *keptFlow) {
	for which := range k.rings {
		for n := f.last[which]; n > 0; {
			e := k.rings[which].at(n - 1)
			if e == nil || e.forgotten {
				break
			}
			e.forgotten = true
			n = e.before
		}
	}
	delete(k.flows, flow)
}

// which returns the ring for the next packet of a flow, of so many bytes.
func (k *Keeper) which(f *keptFlow, followed bool, length int) int {
	switch {
	case !followed:
		return ringConnects
	case f.packets < startPackets && f.bytes+length <= startBytes:
		return ringStarts
	default:
		return ringRest
	}
}

func (k *Keeper) keep(f *keptFlow, followed bool, x *part, s *link.Segment) {
	if f == nil {
		f = new(keptFlow)
		k.flows[s.Flow] = f
	}
	entry := kept{flow: s.Flow, part: *x, dir: s.Dir}
	entry.packet.Data = nil
	if !followed && !f.fresh {
		f.fresh = true
		k.fresh = append(k.fresh, link.Segment{Flow: s.Flow, Hash: s.Hash})
	}
	k.add(f, k.which(f, followed, len(x.packet.Data)), entry, x.packet.Data)
}

// add puts a packet into a ring. What is too long for it is not kept.
func (k *Keeper) add(f *keptFlow, which int, e kept, data []byte) {
	r := &k.rings[which]
	if len(data) > len(r.bytes)/2 {
		return
	}
	for old := r.full(len(data)); old != nil; old = r.full(len(data)) {
		k.evict(which, old)
	}
	k.flows[e.flow] = f // what went may have been the last of it
	e.before = f.last[which]
	f.last[which] = r.add(e, data) + 1
	if which != ringConnects {
		f.packets++
		f.bytes += len(data)
	}
}

// evict lets the oldest packet of a ring go.
func (k *Keeper) evict(which int, old *kept) {
	r := &k.rings[which]
	r.first++
	if old.forgotten {
		return
	}
	f := k.flows[old.flow]
	if f == nil {
		return
	}
	if c := f.wanted; c != nil && old.packet.Time >= c.First {
		k.giveBefore(old, which, f)
		k.give(old, r, f)
	}
	if f.last[which] == r.first { // it was the flow's last here
		f.last[which] = 0
		k.release(old.flow, f)
	}
}

// give adds a packet of a flow that is wanted to what Keep returns.
func (k *Keeper) give(e *kept, r *ring, f *keptFlow) {
	from := len(k.moved)
	k.moved = append(k.moved, r.data(e)...)
	k.found = append(k.found, e.found(k.moved[from:len(k.moved):len(k.moved)], f.wanted))
	f.given++
}

// giveBefore gives what the other rings keep of a flow from before a packet: nobody
// finds the handshake of a connection behind its frames.
func (k *Keeper) giveBefore(old *kept, of int, f *keptFlow) {
	begin := len(k.found)
	for which := range k.rings {
		r := &k.rings[which]
		for n := f.last[which]; which != of && n > 0; {
			e := r.at(n - 1)
			if e == nil || e.forgotten {
				break
			}
			n = e.before
			if e.packet.Ref < old.packet.Ref && e.packet.Time >= f.wanted.First {
				e.forgotten = true
				k.give(e, r, f)
			}
		}
		if e := r.at(f.last[which] - 1); e == nil || e.forgotten {
			f.last[which] = 0
		}
	}
	sortFound(k.found[begin:])
}

// release forgets a flow of which nothing is kept.
func (k *Keeper) release(flow link.Flow, f *keptFlow) {
	if f.last == [3]uint64{} && f.wanted == nil {
		delete(k.flows, flow)
	}
}

// Want says that the packets of a connection that has not ended are wanted, whatever
// its end: Keep returns those that it cannot hold any longer, and Take the others.
func (k *Keeper) Want(c *Connection) {
	flow := flowOf(c)
	f := k.flows[flow]
	if f == nil {
		f = new(keptFlow)
		k.flows[flow] = f
	}
	f.wanted, f.given = c, 0
}

// Take takes out what is kept of a connection that has ended, in the order in which
// it was captured, and tells how many of its packets the memory was too small for.
// The packets are valid until Keep is called again.
func (k *Keeper) Take(c *Connection) (found []Found, lost uint64) {
	f := k.flows[flowOf(c)]
	if f == nil {
		return nil, c.Packets
	}
	given := uint64(0)
	if f.wanted == c {
		given, f.wanted = f.given, nil
	}
	found = k.take(c, f)
	return found, c.Packets - min(given+uint64(len(found)), c.Packets)
}

func (k *Keeper) take(c *Connection, f *keptFlow) (out []Found) {
	for which := range k.rings {
		r := &k.rings[which]
		for n := f.last[which]; n > 0; {
			e := r.at(n - 1)
			if e == nil || e.forgotten {
				break
			}
			n = e.before
			if e.packet.Time > c.Last || e.packet.Time < c.First {
				continue // of another connection on the same ports
			}
			e.forgotten = true
			out = append(out, e.found(r.data(e), c))
		}
		if e := r.at(f.last[which] - 1); e == nil || e.forgotten {
			f.last[which] = 0
		}
	}
	k.release(flowOf(c), f)
	sortFound(out)
	return out
}

// found makes a Found of a packet in memory, whose bytes data are.
func (e *kept) found(data []byte, c *Connection) Found {
	x := e.part
	x.packet.Data = data
	return x.found(c, e.flow.Sender(e.dir) == c.Client)
}
