package capture

import (
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

// errClosed is returned by reads after Close.
var errClosed = errors.New("closed")

// listener reads one interface.
type listener struct {
	info  LiveInterface
	index uint16
	drops drops

	captured atomic.Uint64 // packets

	mu     sync.Mutex // held while tap is used
	tap    tap        // nil after close
	looked time.Time  // when the kernel was last asked what it dropped
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

// look asks the kernel what it has dropped. Where it has no answer nothing is known.
func (s *listener) look(now time.Time) {
	if counts, err := s.tap.stats(); err == nil {
		s.drops.look(s.looked.UnixNano(), now.UnixNano(), counts)
	}
	s.looked = now
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
