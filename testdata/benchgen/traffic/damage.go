package traffic

import (
	"cmp"
	"math/rand/v2"
	"slices"
)

// Damage is what happens to packets, each as a share of all of them.
type Damage struct {
	Loss    float64 // lost on the way and sent again; half of them are captured both times
	Reorder float64 // captured up to three packets of the connection late, as with several queues
	Dup     float64 // captured twice
	Drop    float64 // delivered, but missing in the capture
}

// event is a segment with the moments of its life, counted in segments of the
// connection: when it was sent, when it was delivered, when it was captured.
type event struct {
	segment
	sent, delivered, captured float64
	hidden                    bool // not in the capture
}

// damage rearranges the flow's segments. Acknowledgements are made anew from
// what had been delivered, so that a peer never acknowledges what it cannot have.
func (f *flow) damage(d Damage, r *rand.Rand) {
	if d == (Damage{}) {
		return
	}
	events := make([]event, 0, len(f.segments)+8)
	for i, s := range f.segments {
		at := float64(i)
		e := event{segment: s, sent: at, delivered: at, captured: at}
		switch u := r.Float64(); {
		case u < d.Loss:
			f.t.Lost++
			again := e
			again.sent = min(at+2.5+float64(r.IntN(10)), f.latest(i))
			again.delivered, again.captured = again.sent, again.sent
			e.delivered = again.sent
			e.hidden = r.IntN(2) == 0
			if len(s.data) > 0 || s.flags&(syn|fin) != 0 {
				events = append(events, again)
			}
		case u < d.Loss+d.Reorder:
			f.t.Reordered++
			e.captured = min(at+1.2+float64(r.IntN(3)), f.beforeReset(i))
		case u < d.Loss+d.Reorder+d.Dup:
			f.t.Duplicated++
			again := e
			again.captured += 0.1
			events = append(events, again)
		case u < d.Loss+d.Reorder+d.Dup+d.Drop:
			f.t.Dropped++
			e.hidden = true
		}
		events = append(events, e)
	}
	if d.Loss > 0 {
		acknowledgeDelivered(events)
	}
	slices.SortStableFunc(events, func(a, b event) int { return cmp.Compare(a.captured, b.captured) })
	f.segments = f.segments[:0]
	for _, e := range events {
		if !e.hidden {
			f.segments = append(f.segments, e.segment)
		}
	}
}

// latest is the last moment at which segment i can be sent again: before data of
// the other side that waited for it, and before a reset.
func (f *flow) latest(i int) float64 {
	for j := i + 1; j < len(f.segments); j++ {
		s := &f.segments[j]
		if s.from != f.segments[i].from && (s.barrier || s.flags&(syn|fin) != 0) || s.flags&(syn|rst) != 0 {
			return float64(j) - 0.5
		}
		if f.segments[i].flags&syn != 0 {
			return float64(j) - 0.5
		}
	}
	return float64(len(f.segments))
}

// beforeReset is the moment of the reset after segment i, if there is one.
func (f *flow) beforeReset(i int) float64 {
	if last := len(f.segments) - 1; f.segments[last].flags&rst != 0 && i < last {
		return float64(last) - 0.5
	}
	return float64(len(f.segments) + 4)
}

// acknowledgeDelivered sets every acknowledgement to what its sender had got
// without a hole when it sent it.
func acknowledgeDelivered(events []event) {
	type arrival struct {
		at       float64
		from, to uint32
	}
	var arrivals [2][]arrival
	for _, e := range events {
		if n := uint32(len(e.data)); n > 0 || e.flags&(syn|fin) != 0 {
			if e.flags&(syn|fin) != 0 {
				n++
			}
			arrivals[e.from] = append(arrivals[e.from], arrival{e.delivered, e.seq, e.seq + n})
		}
	}
	var have [2]uint32 // next byte expected of each side
	var known [2]bool
	for s := range arrivals {
		slices.SortStableFunc(arrivals[s], func(a, b arrival) int { return cmp.Compare(a.at, b.at) })
	}
	var early [2][]arrival
	deliver := func(s side, until float64) {
		for len(arrivals[s]) > 0 && arrivals[s][0].at < until {
			early[s] = append(early[s], arrivals[s][0])
			arrivals[s] = arrivals[s][1:]
			for again := true; again; {
				again = false
				early[s] = slices.DeleteFunc(early[s], func(a arrival) bool {
					if known[s] && int32(a.from-have[s]) > 0 {
						return false
					}
					if !known[s] || int32(a.to-have[s]) > 0 {
						have[s], known[s], again = a.to, true, true
					}
					return true
				})
			}
		}
	}
	order := make([]*event, len(events))
	for i := range events {
		order[i] = &events[i]
	}
	slices.SortStableFunc(order, func(a, b *event) int { return cmp.Compare(a.sent, b.sent) })
	for _, e := range order {
		deliver(e.from.other(), e.sent)
		if e.flags&ack != 0 && known[e.from.other()] {
			e.ack = have[e.from.other()]
		}
	}
}
