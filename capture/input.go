package capture

import (
	"errors"
	"fmt"
	"io"
	"math/bits"
	"os"

	"wstap/capture/packet"
)

// input is one of the captures of a Set.
type input struct {
	index   int    // in the order given
	rank    int    // in the order of first packets; decides between equal times
	path    string // as given
	name    string // to show
	stream  bool   // a pipe or device, which can be read only once
	secrets bool   // there are secrets before the first packet
	looked  bool   // SecretsAhead has looked through it
	first   int64  // time of the first packet, for those that can be looked at before
	failed  []*FileError

	// Its place in a rotated set:
	parts   nameParts
	prev    *input // the file before it, by first packet
	missing int    // files that are not there between prev and it
	span    int64  // nanoseconds from the last packet of prev to its first, when nothing is known to be missing

	hasLast  bool
	lastTime int64     // of the latest packet read, before filtering
	read     int64     // bytes read of the file
	opening  fileStart // when followed
	final    bool      // when followed: a later file of its set is there
	paused   bool      // when followed: read as far as it goes

	interfaces interfaceList

	// While open:
	file   *os.File // nil for standard input, and while it is parked
	parked os.FileInfo
	reader *reader
	block  packet.Block // the packets read last
	at     int          // those before it have been handed on
	latest int64        // no packet of block is later; meaningful when hasLatest
	known  bool         // latest has been found

	refilled uint64 // the call of Next that last read from it
}

// head returns the time of the packet to be handed on next. There must be one.
func (in *input) head() int64 { return in.block.Packets[in.at].Time }

// spent reports whether all of the packets read last have been handed on.
func (in *input) spent() bool { return in.at == len(in.block.Packets) }

// last returns the latest time among the packets read last.
func (in *input) last() int64 {
	if !in.known {
		in.latest, in.known = in.head(), true
		for i := in.at; i < len(in.block.Packets); i++ {
			in.latest = max(in.latest, in.block.Packets[i].Time)
		}
	}
	return in.latest
}

// open begins to read the input. It returns false when that is not possible.
func (s *Set) open(in *input) bool {
	r := s.stdin
	if in.path != Stdin {
		if err := s.openFile(in); err != nil {
			s.fail(in, err)
			return false
		}
	}
	if n := len(s.lists); n > 0 {
		in.block.Packets, s.lists = s.lists[n-1], s.lists[:n-1]
	}
	in.reader = newReader(&countingReader{r: r, set: s, in: in}, in.index, s.pool.get(s.bufferSize()))
	in.reader.win.pool = &s.pool
	in.reader.growing = s.follow != nil && !in.stream
	in.reader.interfaces, in.reader.annotate = &in.interfaces, s.annotate
	in.refilled = s.pool.calls // its buffer is fresh
	return true
}

// bufferSize returns how large the buffer of an input opened now may be: a power
// of two, so that the inputs can use each other's.
func (s *Set) bufferSize() int {
	size := bufferBudget / Ahead / (len(s.active) + 1)
	return min(max(1<<(bits.Len(uint(size))-1), minBufferSize), bufferSize)
}

// refill reads the next packets of an input, beside the old ones, and moves its
// secrets to b. It returns false at the end of the input.
func (s *Set) refill(in *input, b *packet.Block) bool {
	in.at, in.known = 0, false
	if in.refilled != s.pool.calls { // once for each block that is handed out
		in.refilled = s.pool.calls
		in.reader.win.turn = true
	}
	for {
		err := in.reader.next(&in.block)
		b.Secrets = append(b.Secrets, in.block.Secrets...)
		clear(in.block.Secrets) // they belong to the receiver now
		if errors.Is(err, errPause) {
			if !in.final {
				s.follow.pause(in)
				return false
			}
			err = in.reader.finish()
		}
		if err != nil && err != io.EOF {
			s.fail(in, err)
		}
		if n := len(in.block.Packets); n > 0 {
			in.lastTime = max(in.lastTime, in.block.Packets[n-1].Time)
			in.hasLast = true
		}
		if s.filter != nil {
			s.filter.apply(s, in)
		}
		if len(in.block.Packets) > 0 {
			return true
		}
		if err != nil {
			s.close(in)
			return false
		}
	}
}

// close ends the reading of an input and keeps its memory for another, unless that
// was grown for a large block.
func (s *Set) close(in *input) {
	if in.reader == nil {
		return
	}
	in.reader.close()
	in.reader.win.giveBack(in.reader.win.buf)
	if len(s.lists) < Ahead {
		s.lists = append(s.lists, in.block.Packets[:0])
	}
	s.closeFile(in)
	in.reader, in.block = nil, packet.Block{}
}

// Close closes all files that are still open. It must not be called while Next
// runs; afterwards Next returns io.EOF, and the packets given are invalid.
func (s *Set) Close() error {
	for _, in := range s.active {
		s.close(in)
	}
	if s.follow != nil {
		s.follow.close()
	}
	s.active, s.waiting, s.lists, s.follow = nil, nil, nil, nil
	s.pool.idle = nil
	return nil
}

// countingReader counts what is read from an input, for a progress display.
type countingReader struct {
	r   io.Reader // standard input; files are in the input
	set *Set
	in  *input
}

func (c *countingReader) Read(b []byte) (int, error) {
	r := c.r
	if c.in.path != Stdin {
		if c.in.file == nil {
			if err := c.set.unpark(c.in); err != nil {
				return 0, fmt.Errorf("reading: %w", err)
			}
		}
		r = c.in.file
	}
	n, err := r.Read(b)
	if c.in.opening.n > 0 && n > 0 && !c.in.opening.matches(c.in.file) {
		// The file has been overwritten, and these bytes belong to another one.
		n, err = 0, io.EOF
	}
	c.set.bytesRead.Add(int64(n))
	c.in.read += int64(n)
	if err != nil && err != io.EOF {
		err = fmt.Errorf("reading: %w", plainCause(err))
	}
	return n, err
}
