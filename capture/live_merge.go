package capture

import (
	"io"
	"sync/atomic"
	"time"

	"wstap/capture/packet"
)

// mergeSpare is how many batches of an interface there are beyond those whose packets
// are still in use: one being read, one that waits, and one of which packets are taken.
const mergeSpare = 3

// arrival is a batch that was read, or the end of an interface.
type arrival struct {
	from  int // index of the interface
	batch *batch
	err   error
}

// merger puts the packets of several interfaces in order of time. Each is read by a
// goroutine of its own into its own batches, so that what waits is bounded: where all of
// them are in use the kernel's buffer fills.
type merger struct {
	live     *Live
	arrivals chan arrival // has room for every batch and every end
	sources  []mergeSource
	used     []usedBatch // the oldest first
	calls    uint64      // of next
	latest   int64       // time of the latest packet given
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
	m := &merger{live: l, arrivals: make(chan arrival, len(l.listeners)*(each+1)), sources: make([]mergeSource, len(l.listeners))}
	for i := range m.sources {
		m.sources[i].free = make(chan *batch, each)
		for range each {
			m.sources[i].free <- newBatch(snapLen)
		}
		go m.read(i)
	}
	return m
}

// read reads an interface until it ends or Live is closed.
func (m *merger) read(i int) {
	for {
		var b *batch
		select {
		case b = <-m.sources[i].free:
		case <-m.live.quit:
			m.arrivals <- arrival{from: i, err: errClosed}
			return
		}
		err := m.live.listeners[i].read(b)
		for err == nil && len(b.packets) == 0 {
			err = m.live.listeners[i].read(b)
		}
		m.arrivals <- arrival{i, b, err}
		if err != nil {
			return
		}
	}
}

// next appends packets to b, or returns without any when none has come for idleWait.
func (m *merger) next(b *packet.Block) error {
	m.calls++
	for len(m.used) > 0 && m.used[0].call+LiveAhead <= m.calls {
		u := m.used[0]
		m.used = append(m.used[:0], m.used[1:]...)
		m.sources[u.from].free <- u.batch
	}
	for {
		for more := true; more; {
			select {
			case a := <-m.arrivals:
				m.arrive(a)
			default:
				more = false
			}
		}
		wait, ended := m.give(b)
		switch {
		case len(b.Packets) > 0:
			return nil
		case ended:
			return io.EOF
		}
		timer := time.NewTimer(wait)
		select {
		case a := <-m.arrivals:
			timer.Stop()
			m.arrive(a)
		case <-timer.C:
			if wait == idleWait {
				return nil
			}
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
	if a.err != nil {
		s.ended = true
		m.live.fail(m.live.listeners[a.from].info.Name, a.err)
	}
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
		m.run(b, from, first, until)
		if from.next < len(from.packets) {
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
// least one.
func (m *merger) run(b *packet.Block, from *batch, rank int, until moment) {
	begin := from.next
	if from.packets[begin].Time < m.latest {
		m.late.Add(1)
	}
	for from.next++; from.next < len(from.packets); from.next++ {
		if !(moment{from.packets[from.next].Time, rank}).before(until) {
			break
		}
	}
	b.Packets = append(b.Packets, from.packets[begin:from.next]...)
	m.latest = max(m.latest, from.packets[from.next-1].Time)
}
