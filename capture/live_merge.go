package capture

import (
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"wstap/capture/packet"
)

// mergeSpare is how many batches of an interface there are beyond those whose packets
// are still in use: one being read, one that waits, and one of which packets are taken.
const mergeSpare = 3

// maxMissed is how many spans of dropped packets wait for the packets before them. Each
// takes statsInterval, and the kernel's buffer seldom holds as much as a second; from
// then on the last one grows.
const maxMissed = 64

// arrival is a batch that was read, or the end of an interface.
type arrival struct {
	from   int    // index of the interface
	batch  *batch // nil at the end
	missed packet.Missed
	err    error
}

// merger puts the packets of interfaces in order of time. Each is read by a goroutine of
// its own into its own batches, so that what waits is bounded: where all of them are in
// use the kernel's buffer fills.
type merger struct {
	live     *Live
	arrivals chan arrival // has room for every batch and every end
	sources  []mergeSource
	used     []usedBatch // the oldest first
	calls    uint64      // of next
	latest   int64       // time of the latest packet given
	timer    *time.Timer
	missed   []packet.Missed
	late     atomic.Uint64
}

// mergeSource is one interface.
type mergeSource struct {
	waiting []*batch // those read and not yet given, the oldest first
	free    chan *batch
	ended   bool
}

// usedBatch is a batch whose packets stay valid for some more calls.
type usedBatch struct {
	from  int
	batch *batch
	call  uint64 // in which its last packets were given
}

func newMerger(l *Live, snapLen int) *merger {
	const each = LiveAhead + mergeSpare
	bytes := max(liveData/len(l.listeners), minLiveData)
	m := &merger{
		live: l, arrivals: make(chan arrival, len(l.listeners)*(each+1)), sources: make([]mergeSource, len(l.listeners)),
		timer: time.NewTimer(0),
	}
	var begun sync.WaitGroup
	for i := range m.sources {
		m.sources[i].free = make(chan *batch, each)
		for range each {
			m.sources[i].free <- newBatch(bytes, snapLen)
		}
		begun.Add(1)
		go m.read(i, begun.Done)
	}
	begun.Wait() // what needs privileges is done
	return m
}

// read reads an interface until it ends or Live is closed.
func (m *merger) read(i int, begun func()) {
	// The thread is not given back: its priority would stay.
	runtime.LockOSThread()
	raisePriority()
	begun()
	s := m.live.listeners[i]
	for {
		var b *batch
		select {
		case b = <-m.sources[i].free:
		case <-m.live.quit:
			m.arrivals <- arrival{from: i, err: errClosed, missed: s.drops.take()}
			return
		}
		err := s.read(b)
		missed := s.drops.take()
		for err == nil && len(b.packets) == 0 && missed.Packets == 0 {
			err = s.read(b)
			missed = s.drops.take()
		}
		m.arrivals <- arrival{i, b, missed, err}
		if err != nil {
			return
		}
	}
}

// next appends packets to b, or returns without any when none has come for idleWait. It
// returns false when no more will come.
func (m *merger) next(b *packet.Block) (more bool) {
	m.calls++
	for len(m.used) > 0 && m.used[0].call+LiveAhead <= m.calls {
		u := m.used[0]
		m.used = append(m.used[:0], m.used[1:]...)
		m.sources[u.from].free <- u.batch
	}
	for {
		m.arriveAll()
		wait, ended := m.give(b)
		if len(b.Packets) > 0 || ended {
			m.giveMissed(b)
			return !ended || len(b.Packets) > 0
		}
		m.timer.Reset(wait)
		select {
		case a := <-m.arrivals:
			m.arrive(a)
		case <-m.timer.C:
			if wait == idleWait {
				m.giveMissed(b)
				return true
			}
		}
	}
}

// arriveAll takes what the interfaces have given.
func (m *merger) arriveAll() {
	for {
		select {
		case a := <-m.arrivals:
			m.arrive(a)
		default:
			return
		}
	}
}

// arrive takes a batch from an interface.
func (m *merger) arrive(a arrival) {
	s := &m.sources[a.from]
	switch {
	case a.batch == nil:
	case len(a.batch.packets) > 0:
		s.waiting = append(s.waiting, a.batch)
	default:
		s.free <- a.batch
	}
	switch n := len(m.missed); {
	case a.missed.Packets == 0:
	case n < maxMissed:
		m.missed = append(m.missed, a.missed)
	default:
		last := &m.missed[n-1]
		last.From, last.To = min(last.From, a.missed.From), max(last.To, a.missed.To)
		last.Packets += a.missed.Packets
	}
	if a.err != nil {
		s.ended = true
		m.live.fail(m.live.listeners[a.from].info.Name, a.err)
	}
}

// giveMissed appends to b the spans that end before the latest packet given, or all of
// them when no packet waits.
func (m *merger) giveMissed(b *packet.Block) {
	none := len(b.Packets) == 0
	m.missed = slices.DeleteFunc(m.missed, func(s packet.Missed) bool {
		due := none || s.To <= m.latest
		if due {
			b.Missed = append(b.Missed, s)
		}
		return due
	})
}

// give appends to b the packets that are due, up to the end of one batch. Without any it
// says how long to wait for the next, or that every interface has ended.
//
// A packet is due when no earlier one can come: every interface that has not ended has
// packets waiting, or the packet has waited for mergeWindow.
func (m *merger) give(b *packet.Block) (wait time.Duration, ended bool) {
	complete, ended := true, true
	for i := range m.sources {
		s := &m.sources[i]
		complete = complete && (s.ended || len(s.waiting) > 0)
		ended = ended && s.ended && len(s.waiting) == 0
	}
	var now time.Time
	for {
		first, until := m.first()
		if first < 0 {
			return idleWait, ended
		}
		s := &m.sources[first]
		from := s.waiting[0]
		if !complete {
			if now.IsZero() {
				now = time.Now()
			}
			if wait := mergeWindow - now.Sub(from.arrived); wait > 0 {
				return wait, false
			}
		}
		if !m.run(b, from, first, until) {
			continue
		}
		s.waiting = append(s.waiting[:0], s.waiting[1:]...)
		m.used = append(m.used, usedBatch{first, from, m.calls})
		return 0, false
	}
}

// first returns the interface whose next packet is the earliest, or -1, and when that of
// another is due.
func (m *merger) first() (int, moment) {
	first, least, second := -1, never, never
	for i := range m.sources {
		if len(m.sources[i].waiting) == 0 {
			continue
		}
		from := m.sources[i].waiting[0]
		due := moment{from.packets[from.next].Time, i}
		switch {
		case due.before(least):
			first, least, second = i, due, least
		case due.before(second):
			second = due
		}
	}
	return first, second
}

// run appends to b the packets of an interface's batch that are due before until, at
// least one. It returns whether those were its last.
func (m *merger) run(b *packet.Block, from *batch, rank int, until moment) (spent bool) {
	all, begin := from.packets, from.next
	if all[begin].Time < m.latest {
		m.late.Add(1)
	}
	end := len(all)
	if until != never {
		for end = begin + 1; end < len(all) && (moment{all[end].Time, rank}).before(until); {
			end++
		}
	}
	m.latest = max(m.latest, all[end-1].Time)
	if begin == 0 && end == len(all) && len(b.Packets) == 0 {
		// The whole batch: it changes hands without being touched.
		b.Packets, from.packets = all, b.Packets
		return true
	}
	b.Packets = append(b.Packets, all[begin:end]...)
	from.next = end
	return end == len(all)
}
