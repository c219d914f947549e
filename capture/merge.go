package capture

import (
	"io"
	"math"

	"wstap/capture/packet"
)

// moment orders packets of different inputs: by time, then by rank.
type moment struct {
	time int64
	rank int
}

// never is after every packet.
var never = moment{math.MaxInt64, math.MaxInt}

func (m moment) before(o moment) bool {
	return m.time < o.time || m.time == o.time && m.rank < o.rank
}

// Next replaces the contents of b with the next packets of all inputs, in order of
// time: among inputs by time, equal times by which input began first, then by the
// order given; within an input as they stand in the file. It returns io.EOF, and no
// packets, at the end, and no other error: what is wrong with an input is in
// Problems.
//
// Packets alias the set's buffers until Next has been called Ahead times more, with
// different blocks. From a pipe Next gives what one read gave. Of files that are followed
// it gives what there is, and an empty block at least every second when nothing is.
func (s *Set) Next(b *packet.Block) error {
	b.Reset()
	s.pool.calls++
	if s.follow != nil {
		s.follow.look(b)
	}
	for {
		// As long as b is empty it holds no packets, and inputs may be refilled.
		s.prepare(b)
		if len(s.active) == 0 {
			break
		}
		s.merge(b)
		if len(b.Packets) > 0 {
			return nil
		}
	}
	if len(b.Secrets)+len(b.Missed) > 0 {
		return nil
	}
	if s.follow != nil && s.follow.goesOn() {
		s.follow.rest()
		return nil
	}
	if !s.ended {
		s.ended = true
		s.silences()
	}
	return io.EOF
}

// prepare gives every open input a packet to go on with, and opens those whose time
// has come.
func (s *Set) prepare(b *packet.Block) {
	for len(s.active) > 0 && s.active[0].spent() {
		if s.refill(s.active[0], b) {
			s.active.fix()
		} else {
			s.active.pop()
		}
	}
	for len(s.waiting) > 0 {
		in := s.waiting[0]
		if len(s.active) > 0 && s.active[0].moment().before(in.start()) {
			return
		}
		s.waiting = s.waiting[1:]
		s.arrive(in, b)
		if s.open(in) && s.refill(in, b) {
			s.active.push(in)
		}
	}
}

// merge appends packets to b until an input has no more at hand or the next one
// must be opened.
func (s *Set) merge(b *packet.Block) {
	limit := never
	if len(s.waiting) > 0 {
		limit = s.waiting[0].start()
	}
	for {
		in := s.active[0]
		until := s.active.second()
		if limit.before(until) {
			until = limit
		}
		if until == never && in.at == 0 && len(b.Packets) == 0 || s.wholeBefore(in, until, b) {
			// Only this input counts: its packets change hands without being touched.
			b.Packets, in.block.Packets = in.block.Packets, b.Packets
			in.at = len(in.block.Packets)
			in.annotate(b.Packets, b)
			return
		}
		n := in.run(until)
		b.Packets = append(b.Packets, in.block.Packets[in.at:in.at+n]...)
		in.annotate(in.block.Packets[in.at:in.at+n], b)
		in.at += n
		if n == 0 || in.spent() {
			return
		}
		s.active.fix()
	}
}

// annotate moves to b the annotations of packets that have been moved there. A filter
// may have left out the packets of others.
func (in *input) annotate(moved []packet.Packet, b *packet.Block) {
	rest := in.block.Annotations
	for i := 0; i < len(moved) && len(rest) > 0; i++ {
		for len(rest) > 0 && rest[0].Ref < moved[i].Ref {
			rest = rest[1:]
		}
		if len(rest) > 0 && rest[0].Ref == moved[i].Ref {
			b.Annotations = append(b.Annotations, rest[0])
			rest = rest[1:]
		}
	}
	in.block.Annotations = rest
}

// wholeBefore reports whether all of the packets read last from in can be handed on
// at once.
func (s *Set) wholeBefore(in *input, until moment, b *packet.Block) bool {
	return in.at == 0 && len(b.Packets) == 0 && moment{in.last(), in.rank}.before(until)
}

// moment returns when the input's next packet is due.
func (in *input) moment() moment { return moment{in.head(), in.rank} }

// start returns when an input that is not open must be.
func (in *input) start() moment { return moment{in.first, in.rank} }

// run returns how many packets of the input are due before until.
func (in *input) run(until moment) int {
	rest := in.block.Packets[in.at:]
	for i := range rest {
		if !(moment{rest[i].Time, in.rank}).before(until) {
			return i
		}
	}
	return len(rest)
}

// mergeHeap holds the open inputs; the first is the one whose next packet is due
// first.
type mergeHeap []*input

func (h mergeHeap) less(i, j int) bool { return h[i].moment().before(h[j].moment()) }

// second returns when the next packet of any input but the first is due.
func (h mergeHeap) second() moment {
	m := never
	for i := 1; i < len(h) && i <= 2; i++ { // the children of the root
		if o := h[i].moment(); o.before(m) {
			m = o
		}
	}
	return m
}

// fix restores the order after the first input's next packet has changed.
func (h mergeHeap) fix() {
	for i := 0; ; {
		least := i
		for child := 2*i + 1; child <= 2*i+2 && child < len(h); child++ {
			if h.less(child, least) {
				least = child
			}
		}
		if least == i {
			return
		}
		h[i], h[least] = h[least], h[i]
		i = least
	}
}

// pop removes the first input.
func (h *mergeHeap) pop() {
	old := *h
	n := len(old) - 1
	old[0], old[n] = old[n], nil
	*h = old[:n]
	h.fix()
}

// push adds an input.
func (h *mergeHeap) push(in *input) {
	*h = append(*h, in)
	for i := len(*h) - 1; i > 0; {
		parent := (i - 1) / 2
		if !h.less(i, parent) {
			return
		}
		(*h)[i], (*h)[parent] = (*h)[parent], (*h)[i]
		i = parent
	}
}
