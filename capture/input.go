package capture

import (
	"fmt"
	"io"
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
	first   int64  // time of the first packet, for those that can be looked at before

	interfaces interfaceList

	// While open:
	file   *os.File // nil for standard input
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
		f, err := os.Open(in.path)
		if err != nil {
			s.fail(in, plainCause(err))
			return false
		}
		in.file, r = f, f
	}
	m := s.spareMemory()
	in.block.Packets = m.packets
	in.reader = newReader(&countingReader{r: r, set: s}, in.index, m.buf)
	in.reader.win.spare = m.others
	in.reader.interfaces, in.reader.annotate = &in.interfaces, s.annotate
	return true
}

// memory is what an open input needs for its work.
type memory struct {
	buf     []byte
	others  [][]byte // see window.spare
	packets []packet.Packet
	since   uint64 // the call of Next that closed the input it belonged to
}

// spareMemory returns what another input no longer needs, or a new buffer that
// leaves room for the others.
func (s *Set) spareMemory() memory {
	// The oldest first: what the last blocks alias must not be written yet.
	if len(s.spare) > 0 && s.spare[0].since+Ahead-1 <= s.calls {
		m := s.spare[0]
		s.spare = append(s.spare[:0], s.spare[1:]...)
		return m
	}
	size := bufferBudget / Ahead / (len(s.active) + 1)
	return memory{buf: make([]byte, min(max(size, minBufferSize), bufferSize))}
}

// refill reads the next packets of an input, beside the old ones, and moves its
// secrets to b. It returns false at the end of the input.
func (s *Set) refill(in *input, b *packet.Block) bool {
	in.at, in.known = 0, false
	if in.refilled != s.calls { // once for each block that is handed out
		in.refilled = s.calls
		in.reader.win.turn = true
	}
	for {
		err := in.reader.next(&in.block)
		b.Secrets = append(b.Secrets, in.block.Secrets...)
		clear(in.block.Secrets) // they belong to the receiver now
		if err != nil && err != io.EOF {
			s.fail(in, err)
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
	if w := &in.reader.win; len(w.buf) == w.size {
		s.spare = append(s.spare, memory{w.buf, w.spare, in.block.Packets[:0], s.calls})
	}
	if in.file != nil {
		in.file.Close()
	}
	in.reader, in.file, in.block = nil, nil, packet.Block{}
}

// Close closes all files that are still open. It must not be called while Next
// runs; afterwards Next returns io.EOF, and the packets given are invalid.
func (s *Set) Close() error {
	for _, in := range s.active {
		s.close(in)
	}
	s.active, s.waiting, s.spare = nil, nil, nil
	return nil
}

// countingReader counts what is read from an input, for a progress display.
type countingReader struct {
	r   io.Reader
	set *Set
}

func (c *countingReader) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	c.set.bytesRead.Add(int64(n))
	if err != nil && err != io.EOF {
		err = fmt.Errorf("reading: %w", plainCause(err))
	}
	return n, err
}
