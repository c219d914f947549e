package capture

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
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
	// Follow goes on reading at the end of files that are still being written, and
	// with the files that join their sets, until Close.
	Follow bool
	// Annotations asks for Block.Annotations. Without it the options of packets are
	// not looked at.
	Annotations bool
}

// Set is a set of captures read as one stream in time order. It is a
// packet.Source. BytesRead, BytesTotal, Filtered, Problems, Files, Name, Gaps and
// Interface may be called while Next runs; everything else is for one goroutine at a time.
type Set struct {
	inputs  []*input // by file index
	waiting []*input // not yet open, in order of rank
	active  mergeHeap
	pool    bufferPool
	lists   [][]packet.Packet // of inputs that have been read
	ranks   int               // given so far
	handles int               // open files
	filter  *filter           // nil without one
	follow  *follower         // nil unless Options.Follow
	ended   bool

	annotate bool // Options.Annotations

	stdin     io.Reader
	bytesRead atomic.Int64
	filtered  atomic.Uint64
	total     int64
	folders   []*folder
	series    map[string]*series // by nameParts.key

	mu       sync.Mutex // for inputs, problems and gaps
	problems []error
	gaps     []Gap
	gapCount int
}

// Open prepares to read the named captures. "-" is Options.Stdin. A folder stands
// for all captures below it, and a pattern as of path/filepath.Match for the files that match
// it, when there is none of exactly that name. A file that is reached twice is read once. A
// file that cannot be read is a problem of the set, not an
// error: Open returns an error only where the invocation is wrong, which wraps
// ErrFilter or ErrNotSupported when it is about the filter.
//
// With several files it reads the beginning of each, to know the order in which
// they must be opened; pipes are not waited for.
func Open(names []string, o Options) (*Set, error) {
	s := &Set{stdin: o.Stdin, annotate: o.Annotations, series: map[string]*series{}}
	if o.Filter != "" {
		f, err := newFilter(o.Filter)
		if err != nil {
			return nil, err
		}
		s.filter = f
	}
	files := find(names)
	if o.Follow {
		s.follow = newFollower(s, names)
		if err := s.follow.check(files.list); err != nil {
			return nil, err
		}
	}
	s.folders = files.folders
	s.inspect(files.list)
	if len(s.inputs) > packet.MaxFiles {
		return nil, errTooMany(len(s.inputs))
	}
	s.title()
	s.order(s.waiting)
	for _, sr := range s.series {
		sr.findPeriod()
	}
	s.chain(s.waiting)
	s.emptyFolders()
	return s, nil
}

func errTooMany(n int) error {
	return fmt.Errorf("%d files are more than the %d that can be told apart", n, packet.MaxFiles)
}

// LeftOut is how many files of a folder were left out because they are no captures.
type LeftOut struct {
	Folder string // as it was named
	Files  int
}

// LeftOut returns the folders of which files were left out, in the order given.
func (s *Set) LeftOut() []LeftOut {
	var list []LeftOut
	for _, d := range s.folders {
		if d.left > 0 {
			list = append(list, LeftOut{d.path, d.left})
		}
	}
	return list
}

// fail records what is wrong with an input.
func (s *Set) fail(in *input, err error) {
	e := &FileError{Offset: unknownOffset, Err: err}
	if located := (*FileError)(nil); errors.As(err, &located) {
		e = located
	}
	e.File = in.name
	in.failed = append(in.failed, e)
	s.problem(e)
}

func (s *Set) problem(e *FileError) {
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

// Files returns how many inputs there are: each file once, and none of a folder that is no capture.
func (s *Set) Files() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.inputs)
}

// Name returns the name of the input with index i for messages and records: the
// last part of its path, or the path as given where two inputs share that part.
// It returns "" when there is no such input.
func (s *Set) Name(i int) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i < 0 || i >= len(s.inputs) {
		return ""
	}
	return s.inputs[i].name
}

// Paths returns the paths of the inputs by index: opened again, they have the same.
func (s *Set) Paths() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	paths := make([]string, len(s.inputs))
	for i, in := range s.inputs {
		paths[i] = in.path
	}
	return paths
}

// Filtered returns how many packets the filter has left out so far.
func (s *Set) Filtered() uint64 { return s.filtered.Load() }

// BytesRead returns how many bytes have been read so far, compressed files as they
// are.
func (s *Set) BytesRead() int64 { return s.bytesRead.Load() }

// BytesTotal returns how many bytes the inputs have on disk, or 0 when one of them
// is a pipe, of which nobody knows.
func (s *Set) BytesTotal() int64 { return s.total }

// title gives the inputs their names to show.
func (s *Set) title() {
	paths := make([]string, len(s.inputs))
	for i, in := range s.inputs {
		in.index, paths[i] = i, in.path
	}
	for i, name := range displayNames(paths) {
		s.inputs[i].name = name
		for _, e := range s.inputs[i].failed {
			e.File = name
		}
	}
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
