package websocket

import (
	"hash/maphash"
	"slices"
)

const (
	// outstanding is how many pings of one side may wait for their pong: a peer
	// answers the newest at the latest (RFC 6455 section 5.5.3).
	outstanding = 8
	// roundTrips is how many round trips are kept for the median; beyond it every
	// second one is thinned out.
	roundTrips = 64
)

// Pings matches pongs with the pings they answer, both ways.
type Pings struct {
	waiting [2][outstanding]ping
	next    [2]uint8
	sent    [2]uint32 // pings of each side
	through [2]uint32 // how many of them the latest answered one ends
	early   [2]ping   // the last pong of each side that answered none
	pongs   [2]uint32
	times   []int64
	stride  int
	skipped int
	min     int64
	max     int64
	seed    maphash.Seed
}

type ping struct {
	sum  uint64 // of the payload; 0 for an empty place
	time int64
	n    uint32 // which of its side's pings it is, from 1
}

// NewPings returns a Pings.
func NewPings() *Pings { return &Pings{seed: maphash.MakeSeed(), stride: 1} }

// Ping notes a ping of side (0 or 1) at a time in nanoseconds.
func (p *Pings) Ping(side int, payload []byte, time int64) {
	w := &p.waiting[side][p.next[side]]
	p.sent[side]++
	*w = ping{p.sum(payload), time, p.sent[side]}
	p.next[side] = (p.next[side] + 1) % outstanding
	if e := &p.early[1-side]; e.sum == w.sum && time-e.time <= swapped {
		*e = ping{}
		p.through[side] = w.n // the capture swapped them
	}
}

// swapped is how much too early a pong may be captured: queues of a capture are
// merged within milliseconds.
const swapped = int64(3e6)

// Unanswered returns how many of each side's pings are later than its last one that
// was answered: a pong stands for all pings before the one it answers (RFC 6455
// section 5.5.3). walkers are those of the two sides: ok is false where they saw a ping
// or pong whose payload was not captured.
func (p *Pings) Unanswered(walkers [2]*Walker) (n [2]uint32, ok bool) {
	for side, w := range walkers {
		if w.Counts[KindPing] != p.sent[side] || w.Counts[KindPong] != p.pongs[side] {
			return n, false
		}
		n[side] = p.sent[side] - p.through[side]
	}
	return n, true
}

// Pong notes a pong of side: it answers the latest ping of the other side that
// carried the same payload. A pong that answers none is unsolicited, and legal.
func (p *Pings) Pong(side int, payload []byte, time int64) {
	sum := p.sum(payload)
	p.pongs[side]++
	from := 1 - side
	best := -1
	for i := range p.waiting[from] {
		w := &p.waiting[from][i]
		if w.sum == sum && w.time <= time && (best < 0 || w.time > p.waiting[from][best].time) {
			best = i
		}
	}
	if best < 0 {
		p.early[side] = ping{sum: sum, time: time}
		return
	}
	p.through[from] = max(p.through[from], p.waiting[from][best].n)
	p.add(time - p.waiting[from][best].time)
	p.waiting[from][best] = ping{}
}

// sum returns a hash of a payload that is never 0.
func (p *Pings) sum(payload []byte) uint64 { return maphash.Bytes(p.seed, payload) | 1 }

func (p *Pings) add(d int64) {
	if len(p.times) == 0 {
		p.min, p.max = d, d
	}
	p.min, p.max = min(p.min, d), max(p.max, d)
	if p.skipped++; p.skipped < p.stride {
		return
	}
	p.skipped = 0
	p.times = append(p.times, d)
	if len(p.times) >= roundTrips {
		for i := range len(p.times) / 2 {
			p.times[i] = p.times[2*i]
		}
		p.times = p.times[:len(p.times)/2]
		p.stride *= 2
	}
}

// RoundTrips returns the shortest, median and longest round trip in nanoseconds;
// ok is false when no pong answered a ping.
func (p *Pings) RoundTrips() (shortest, median, longest int64, ok bool) {
	if len(p.times) == 0 {
		return 0, 0, 0, false
	}
	sorted := slices.Sorted(slices.Values(p.times))
	n := len(sorted)
	median = sorted[n/2]
	if n%2 == 0 {
		median = (sorted[n/2-1] + median) / 2
	}
	return p.min, median, p.max, true
}

// Reset empties p and keeps its memory.
func (p *Pings) Reset() {
	*p = Pings{times: p.times[:0], stride: 1, seed: p.seed}
}
