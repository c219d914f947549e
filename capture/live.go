package capture

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"
	"time"

	"wstap/capture/packet"
)

const (
	// DefaultSnapLen is what tcpdump and tshark keep of a packet: the most that libpcap
	// allows, and more than segmentation offload makes.
	DefaultSnapLen = 262144

	// DefaultBufferSize is the kernel's buffer for each interface: 10 Gbit/s for 26 ms,
	// which is longer than a busy machine leaves a program without a processor. It
	// cannot be swapped out, so it is not larger. tcpdump and tshark take 2 MiB.
	DefaultBufferSize = 32 << 20

	// readTimeout is after what time the kernel hands over packets that do not fill a
	// block of its buffer. It is most of the time between a packet and its row.
	readTimeout = 20 * time.Millisecond

	// idleWait is how long to wait for packets before Next returns without any. It
	// bounds how long Close takes.
	idleWait = 50 * time.Millisecond

	// mergeWindow is how long packets of one interface are held back while another
	// may still have earlier ones: the kernel keeps those for readTimeout, and as much
	// again is for waking up.
	mergeWindow = 2 * readTimeout

	// LiveDelay is at most how long after its time Next returns a packet, as long as
	// the program keeps up with the traffic.
	LiveDelay = readTimeout + mergeWindow

	// statsInterval is how often the kernel is asked what it dropped, and so how
	// precisely it is known when. It takes a few system calls, so not for every block.
	statsInterval = 100 * time.Millisecond

	// liveBatch is how many packets are taken from an interface at once: what fits
	// into liveData at 256 bytes each.
	liveBatch = 4096

	// liveData is how many bytes of packets are taken from the interfaces at once, the
	// same as bufferSize of files. Several share it, down to minLiveData for each, which
	// is a block of the kernel's buffer. Another SnapLen is added for the last packet.
	liveData    = bufferSize
	minLiveData = 256 << 10

	// LiveAhead is for how many blocks the packets of an interface stay valid, and so
	// how far decoding may fall behind before the kernel's buffer fills: by up to 16 MiB,
	// which at 500,000 packets of 200 bytes a second are 0.16 s.
	LiveAhead = 16
)

var (
	// ErrPermission says that the user may not capture.
	ErrPermission = errors.New("no permission to capture")

	// ErrNoInterface says that there is no interface of that name.
	ErrNoInterface = errors.New("no such interface")

	// ErrInterfaceDown says that an interface is not up, or went down or away while it
	// was read.
	ErrInterfaceDown = errors.New("interface is down")
)

// InterfaceError is what is wrong with one interface.
type InterfaceError struct {
	Interface string // its name
	Err       error  // wraps ErrPermission, ErrNoInterface, ErrInterfaceDown, ErrFilter, or is what libpcap said
}

// Error names the interface and what is wrong with it.
func (e *InterfaceError) Error() string { return fmt.Sprintf("interface %s: %v", e.Interface, e.Err) }

// Unwrap gives the cause.
func (e *InterfaceError) Unwrap() error { return e.Err }

// LiveOptions changes how interfaces are opened. The zero value is usable.
type LiveOptions struct {
	// Filter is a BPF expression as tcpdump takes it, run by the kernel. "" lets all
	// packets pass.
	Filter string
	// SnapLen is how many bytes of a packet are kept; 0 for DefaultSnapLen, which is
	// also the most.
	SnapLen int
	// BufferSize is how many bytes the kernel may hold for each interface; 0 for
	// DefaultBufferSize.
	BufferSize int
	// NoPromiscuous leaves the interfaces as they are, so that they see only what is
	// sent to and by this machine.
	NoPromiscuous bool
}

// LiveInterface is an interface that is being read.
type LiveInterface struct {
	Name            string
	Link            packet.LinkType
	LinkName        string // as tcpdump -L prints it: "EN10MB"
	LinkDescription string // "Ethernet"
	SnapLen         int    // bytes
	Warning         string // what libpcap had to say against it; empty nearly always
}

// tap is an open interface. It is for one goroutine at a time.
type tap interface {
	// read waits up to idleWait for packets, and replaces the contents of b with them.
	// It may give packets and an error. Without either, none came.
	read(b *batch) error
	// stats returns what libpcap counted since the interface was opened.
	stats() (tapStats, error)
	// up returns false while the interface is down and may come up again.
	up() bool
	describe() LiveInterface
	close()
}

// batch is what one read of an interface gave. Its packets alias data.
type batch struct {
	packets []packet.Packet
	data    []byte
	next    int       // index of the first packet that was not given yet
	arrived time.Time // when it was read
}

// newBatch returns a batch for as many bytes, whose pages are there: while packets rush in
// is no time for the kernel to find them. The last packet's may not be needed.
func newBatch(bytes, snapLen int) *batch {
	b := &batch{data: make([]byte, bytes+snapLen), packets: make([]packet.Packet, 0, liveBatch)}
	for i := 0; i < bytes; i += os.Getpagesize() {
		b.data[i] = 1
	}
	clear(b.packets[:cap(b.packets)])
	return b
}

// Live reads network interfaces. It is a packet.Source whose packets come as they are
// captured. Close, Stats and Problems may be called at any time; everything else is for
// one goroutine.
type Live struct {
	listeners []*listener
	merge     *merger
	numbered  uint64 // packets given
	quit      chan struct{}
	close     sync.Once

	mu       sync.Mutex
	problems []error
}

// OpenLive opens the named interfaces for reading; one named twice is read once. It sends
// nothing and looks no name up. When one cannot be opened none is: the error is an
// *InterfaceError, or wraps ErrFilter or ErrNotSupported.
func OpenLive(interfaces []string, o LiveOptions) (*Live, error) {
	if !WithLive {
		return nil, liveNotSupported()
	}
	if err := refuseNames(o.Filter); err != nil {
		return nil, err
	}
	if o.SnapLen <= 0 || o.SnapLen > DefaultSnapLen {
		o.SnapLen = DefaultSnapLen
	}
	if o.BufferSize <= 0 {
		o.BufferSize = DefaultBufferSize
	}
	var taps []tap
	var names []string
	for _, name := range interfaces {
		if slices.Contains(names, name) {
			continue
		}
		t, err := openTap(name, o)
		if err != nil {
			for _, t := range taps {
				t.close()
			}
			return nil, err
		}
		names, taps = append(names, name), append(taps, t)
	}
	return newLive(taps, o)
}

// newLive returns a Live over open interfaces.
func newLive(taps []tap, o LiveOptions) (*Live, error) {
	if len(taps) == 0 {
		return nil, errors.New("no interface given")
	}
	l := &Live{quit: make(chan struct{})}
	now := time.Now()
	for i, t := range taps {
		info := t.describe()
		written := InterfaceDescription{
			Name: info.Name, Filter: o.Filter, Link: info.Link, SnapLen: uint32(info.SnapLen), Resolution: nanoResolution,
		}
		l.listeners = append(l.listeners, &listener{tap: t, info: info, written: written, index: uint16(i), looked: now, fail: l.fail})
	}
	l.merge = newMerger(l, o.SnapLen)
	return l, nil
}

// Next replaces the contents of b with the packets that were captured next, in order of
// time. It waits a moment for them; where none came b is empty. It returns io.EOF, and
// no packets, when every interface has gone, or after Close.
//
// Packets are numbered from 1 over all interfaces, and stay valid until Next has been
// called LiveAhead times more, with different blocks. b.Missed tells of packets that the
// kernel dropped: every packet captured up to Missed.To is in this block or one before.
func (l *Live) Next(b *packet.Block) error {
	b.Reset()
	if !l.merge.next(b) && len(b.Missed) == 0 {
		return io.EOF
	}
	for i := range b.Packets {
		l.numbered++
		b.Packets[i].Ref = packet.NewRef(0, l.numbered)
	}
	return nil
}

// fail records what is wrong with an interface.
func (l *Live) fail(name string, err error) {
	if errors.Is(err, errClosed) {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.problems = append(l.problems, &InterfaceError{name, err})
}

// Close stops reading, and lets the interfaces go. Next then gives what it holds, and
// ends. Close waits for no packet: it returns after idleWait at the latest.
func (l *Live) Close() error {
	l.close.Do(func() {
		close(l.quit)
		for _, s := range l.listeners {
			s.close()
		}
	})
	return nil
}

// Problems returns why interfaces are read no more, or were down for a while, each an
// *InterfaceError. The list is complete when Next has returned io.EOF.
func (l *Live) Problems() []error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.problems)
}

// Interfaces returns what is read, in the order in which it was named.
func (l *Live) Interfaces() []LiveInterface {
	list := make([]LiveInterface, len(l.listeners))
	for i, s := range l.listeners {
		list[i] = s.info
	}
	return list
}

// Interface returns the interface on which a packet was captured, as a Writer wants it,
// or nil when there is no such interface.
func (l *Live) Interface(p *packet.Packet) *InterfaceDescription {
	if int(p.Interface) >= len(l.listeners) {
		return nil
	}
	return &l.listeners[p.Interface].written
}

// Name returns the name of the interface with index i, which is that of
// packet.Packet.Interface, or "" when there is none.
func (l *Live) Name(i int) string {
	if i < 0 || i >= len(l.listeners) {
		return ""
	}
	return l.listeners[i].info.Name
}
