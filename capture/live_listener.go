package capture

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// errClosed is returned by reads after Close.
var errClosed = errors.New("closed")

// listener reads one interface.
type listener struct {
	info    LiveInterface
	written InterfaceDescription // the same for a Writer
	index   uint16
	drops   drops

	captured atomic.Uint64 // packets

	fail func(name string, err error) // records what is wrong

	mu     sync.Mutex // held while tap is used
	tap    tap        // nil after close
	looked time.Time  // when the kernel was last asked what it dropped
	down   bool       // at that time
	flaps  int        // how often that was said
}

// read waits up to idleWait for packets, and replaces the contents of b with them. It
// may give packets and an error.
func (s *listener) read(b *batch) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	b.packets, b.next = b.packets[:0], 0
	if s.tap == nil {
		return errClosed
	}
	err := s.tap.read(b)
	b.arrived = time.Now()
	for i := range b.packets {
		b.packets[i].Interface = s.index
	}
	s.captured.Add(uint64(len(b.packets)))
	if err != nil || b.arrived.Sub(s.looked) >= statsInterval {
		s.look(b.arrived)
	}
	return err
}

// maxFlaps is how often it is said that an interface is down. One that goes up and down
// all day has been complained about often enough.
const maxFlaps = 10

// look asks the kernel what it has dropped, and whether the interface is up. Where it has
// no answer nothing is known.
func (s *listener) look(now time.Time) {
	if counts, err := s.tap.stats(); err == nil {
		s.drops.look(s.looked.UnixNano(), now.UnixNano(), counts)
	}
	s.looked = now
	was := s.down
	if s.down = !s.tap.up(); s.down && !was && s.flaps < maxFlaps {
		s.flaps++
		s.fail(s.info.Name, fmt.Errorf("%w: it is read on when it comes up again", ErrInterfaceDown))
	}
}

// close lets the interface go.
func (s *listener) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tap != nil {
		s.look(time.Now())
		s.tap.close()
		s.tap = nil
	}
}
