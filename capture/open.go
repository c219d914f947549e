package capture

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"sort"
	"sync"
	"sync/atomic"

	"wstap/capture/packet"
)

// Stdin is the name that stands for Options.Stdin.
const Stdin = "-"

// Options changes how captures are read. The zero value reads files.
type Options struct {
	// Filter is a BPF expression as tcpdump takes it; packets that do not match
	// are left out, and keep their numbers. "" lets all pass.
	Filter string
	// Stdin is read for the name "-". It is not closed.
	Stdin io.Reader
	// Annotations asks for Block.Annotations. Without it the options of packets are
	// not looked at.
	Annotations bool
}

// Set is a set of captures read as one stream in time order. It is a
// packet.Source. BytesRead, BytesTotal, Filtered, Problems, Files, Name and Interface
// may be called while Next runs; everything else is for one goroutine at a time.
type Set struct {
	inputs   []*input // by file index
	waiting  []*input // not yet open, in order of rank
	active   mergeHeap
	spare    []memory // of inputs that have been read
	calls    uint64   // of Next
	filter   *filter  // nil without one
	annotate bool     // Options.Annotations

	stdin     io.Reader
	bytesRead atomic.Int64
	filtered  atomic.Uint64
	total     int64

	mu       sync.Mutex
	problems []error
}

// Open prepares to read the named captures. A path given twice is read once, and
// "-" is Options.Stdin. A file that cannot be read is a problem of the set, not an
// error: Open returns an error only where the invocation is wrong, which wraps
// ErrFilter or ErrNotSupported when it is about the filter.
//
// With several files it reads the beginning of each, to know the order in which
// they must be opened; pipes are not waited for.
func Open(names []string, o Options) (*Set, error) {
	s := &Set{stdin: o.Stdin, annotate: o.Annotations}
	if o.Filter != "" {
		f, err := newFilter(o.Filter)
		if err != nil {
			return nil, err
		}
		s.filter = f
	}
	paths := distinct(names)
	if len(paths) > packet.MaxFiles {
		return nil, fmt.Errorf("%d files are more than the %d that can be told apart", len(paths), packet.MaxFiles)
	}
	for i, name := range displayNames(paths) {
		s.inputs = append(s.inputs, &input{index: i, path: paths[i], name: name})
	}
	s.inspect()
	s.order()
	return s, nil
}

// inspect learns what the inputs are, without reading them.
func (s *Set) inspect() {
	known := true
	for _, in := range s.inputs {
		if in.path == Stdin {
			in.stream, known = true, false
			if s.stdin == nil {
				s.fail(in, errors.New("there is no standard input"))
				continue
			}
			s.waiting = append(s.waiting, in)
			continue
		}
		info, err := os.Stat(in.path)
		switch {
		case err != nil:
			s.fail(in, plainCause(err))
			continue
		case info.IsDir():
			s.fail(in, errors.New("is a folder"))
			continue
		case info.Mode().IsRegular():
			s.total += info.Size()
		default: // a FIFO or a device: it can be read only once
			in.stream, known = true, false
		}
		s.waiting = append(s.waiting, in)
	}
	if !known {
		s.total = 0
	}
}

// order sorts the inputs by their first packet. A stream comes first as it must
// not be waited for here, and so does an input that is alone.
func (s *Set) order() {
	if len(s.waiting) > 1 {
		kept, buf := s.waiting[:0], make([]byte, peekSize)
		for _, in := range s.waiting {
			if s.peek(in, buf) {
				kept = append(kept, in)
			}
		}
		s.waiting = kept
	}
	sort.SliceStable(s.waiting, func(i, j int) bool { return s.waiting[i].first < s.waiting[j].first })
	for rank, in := range s.waiting {
		in.rank = rank
	}
}

// peek finds the time of an input's first packet. It returns false when there is
// nothing to be had from it.
func (s *Set) peek(in *input, buf []byte) bool {
	in.first = math.MinInt64
	if in.stream {
		return true
	}
	f, err := os.Open(in.path)
	if err != nil {
		s.fail(in, plainCause(err))
		return false
	}
	defer f.Close()
	r := newReader(f, in.index, buf)
	defer r.close()
	for {
		var b packet.Block
		err := r.next(&b)
		switch {
		case len(b.Packets) > 0:
			in.first = b.Packets[0].Time
			return true
		case len(b.Secrets) > 0:
			// Keys come before what they open, also when the file has no packets.
			in.secrets = true
		case err == io.EOF:
			return in.secrets
		case err != nil && !in.secrets:
			s.fail(in, err)
			return false
		case err != nil:
			return true // reading it will say again what is wrong
		}
	}
}

// fail records what is wrong with an input.
func (s *Set) fail(in *input, err error) {
	e := &FileError{Offset: unknownOffset, Err: err}
	if located := (*FileError)(nil); errors.As(err, &located) {
		e = located
	}
	e.File = in.name
	s.mu.Lock()
	defer s.mu.Unlock()
	s.problems = append(s.problems, e)
}

// Problems returns what was wrong with the inputs so far, each a *FileError. The
// list is complete when Next has returned io.EOF.
func (s *Set) Problems() []error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]error(nil), s.problems...)
}

// Files returns how many inputs there are, without those named twice.
func (s *Set) Files() int { return len(s.inputs) }

// Name returns the name of the input with index i for messages and records: the
// last part of its path, or the path as given where two inputs share that part.
// It returns "" when there is no such input.
func (s *Set) Name(i int) string {
	if i < 0 || i >= len(s.inputs) {
		return ""
	}
	return s.inputs[i].name
}

// Filtered returns how many packets the filter has left out so far.
func (s *Set) Filtered() uint64 { return s.filtered.Load() }

// BytesRead returns how many bytes have been read so far, compressed files as they
// are.
func (s *Set) BytesRead() int64 { return s.bytesRead.Load() }

// BytesTotal returns how many bytes the inputs have on disk, or 0 when one of them
// is a pipe, of which nobody knows.
func (s *Set) BytesTotal() int64 { return s.total }

// distinct drops a path that was given before.
func distinct(names []string) []string {
	seen := make(map[string]bool, len(names))
	var paths []string
	for _, name := range names {
		key := filepath.Clean(name)
		if name == Stdin {
			key = "" // not the file ./-; no path is cleaned to this
		}
		if !seen[key] {
			seen[key] = true
			paths = append(paths, name)
		}
	}
	return paths
}

// displayNames returns the name to show for each path.
func displayNames(paths []string) []string {
	uses := make(map[string]int, len(paths))
	for _, p := range paths {
		uses[filepath.Base(p)]++
	}
	names := make([]string, len(paths))
	for i, p := range paths {
		names[i] = filepath.Base(p)
		if uses[names[i]] > 1 {
			names[i] = p
		}
	}
	return names
}

// plainCause takes an error of the operating system out of the wrapping that names
// the operation and the path.
func plainCause(err error) error {
	if pathErr := (*fs.PathError)(nil); errors.As(err, &pathErr) {
		return pathErr.Err
	}
	return err
}
