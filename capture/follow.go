package capture

import (
	"errors"
	"path/filepath"
	"slices"
	"time"

	"wstap/capture/packet"
)

const (
	// pollInterval is how often a file that was read to its end is asked whether it
	// has grown: a packet that was written is a row well before anybody wonders.
	pollInterval = 50 * time.Millisecond

	// listInterval is how often folders are searched for new files, and listShare
	// which part of the time that may take at most.
	listInterval = 200 * time.Millisecond
	listShare    = 20

	// settledLooks is for how many searches a compressed file must not change
	// before it is taken for complete.
	settledLooks = 5

	// maxPaused is how many files are waited for at once. A set has one that
	// grows; there are more only where several programs write, or where names do not show
	// what belongs together, and then those that grew last count.
	maxPaused = 16
)

// ErrFollow says that what was named cannot be followed.
var ErrFollow = errors.New("cannot be followed")

// follower goes on at the end of a set whose files are still being written. Of each
// series it waits at the end of the latest file, until a later one is there.
type follower struct {
	set    *Set
	names  []string
	known  map[string]*followed // by path
	others map[string]bool      // neighbours of named files that are not of their set
	paused []*input             // at their end, in the order in which they came to it
	buf    []byte

	full bool // no more files can be told apart

	polled, listed time.Time
	took           time.Duration // the last search
}

func newFollower(s *Set, names []string) *follower {
	return &follower{set: s, names: names, known: map[string]*followed{}, others: map[string]bool{}, buf: make([]byte, peekSize)}
}

// check sees whether the inputs can be followed. Pipes are followed as they are, but
// who waits for one cannot look after files.
func (f *follower) check(list []found) error {
	streams := 0
	for i := range list {
		if list[i].err == nil && (list[i].info == nil || !list[i].info.Mode().IsRegular()) {
			streams++
		}
	}
	switch {
	case streams == 0:
		return nil
	case streams == len(list):
		f.set.follow = nil
		return nil
	default:
		return &detailedError{"files cannot be followed together with a pipe", ErrFollow}
	}
}

// look reads on where a file has grown, and takes in files that are new. It does so
// only when it is time.
func (f *follower) look(b *packet.Block) {
	now := time.Now()
	if now.Sub(f.polled) < pollInterval {
		return
	}
	f.polled = now
	if now.Sub(f.listed) >= max(listInterval, listShare*f.took) || f.overwritten() {
		f.search()
		f.listed = time.Now()
		f.took = f.listed.Sub(now)
	}
	// After the search: what is at its end now and has a file after it is complete.
	for _, in := range slices.Clone(f.paused) {
		if in.reader.ended || in.final || f.grown(in) {
			f.resume(in, b)
		}
	}
}

// rest waits until it is time to look again.
func (f *follower) rest() { time.Sleep(pollInterval - time.Since(f.polled)) }

// goesOn reports whether there can be more.
func (f *follower) goesOn() bool {
	if f.full {
		return false
	}
	if len(f.paused) > 0 || len(f.set.folders) > 0 {
		return true
	}
	for _, k := range f.known {
		if !k.rejected {
			return true
		}
	}
	return slices.ContainsFunc(f.names, isPattern)
}

// grown reports whether there are more bytes in the file than were read.
func (f *follower) grown(in *input) bool {
	info, err := in.file.Stat()
	return err == nil && info.Size() > in.read
}

// overwritten reports whether a file that is waited for begins otherwise than
// before, as those of a ring of tcpdump -W do.
func (f *follower) overwritten() bool {
	return slices.ContainsFunc(f.paused, func(in *input) bool {
		info, err := in.file.Stat()
		return err == nil && info.Size() != in.read && !in.opening.matches(in.file)
	})
}

// pause keeps an input that was read to its end.
func (f *follower) pause(in *input) {
	in.paused = true
	f.paused = append(f.paused, in)
	if len(f.paused) > maxPaused {
		oldest := f.paused[0]
		oldest.final = true
		f.resume(oldest, &packet.Block{})
	}
}

// resume reads on.
func (f *follower) resume(in *input, b *packet.Block) {
	f.paused = slices.DeleteFunc(f.paused, func(p *input) bool { return p == in })
	in.paused = false
	if f.set.refill(in, b) {
		f.set.active.push(in)
	}
}

// close closes the files that are waited for.
func (f *follower) close() {
	for _, in := range f.paused {
		f.set.close(in)
	}
	f.paused = nil
}

// search looks through the folders for files that are new or were written anew.
func (f *follower) search() {
	files := find(f.names)
	f.neighbours(files)
	var begun []*input
	present := make(map[string]bool, len(files.list))
	for i := range files.list {
		n := &files.list[i]
		present[n.path] = true
		if n.err == nil && n.info != nil && n.info.Mode().IsRegular() {
			if in := f.see(n); in != nil {
				begun = append(begun, in)
			}
		}
	}
	for path, k := range f.known {
		if k.in == nil && !present[path] {
			delete(f.known, path)
		}
	}
	f.set.join(begun)
}

// neighbours adds the files beside a named one that are of the same set.
func (f *follower) neighbours(files *finder) {
	for _, n := range slices.Clone(files.list) {
		if n.folder != nil || n.info == nil {
			continue
		}
		parts := parseName(n.path)
		if !parts.sure {
			continue
		}
		first := f.known[n.path]
		if first == nil || first.in == nil {
			continue // a set begins with its first packet
		}
		f.beside(files, &n, parts.key)
	}
}

// see takes a file in, or what has become of it. It returns an input when there is
// something to read.
func (f *follower) see(n *found) *input {
	k := f.known[n.path]
	switch {
	case k == nil:
		if k = f.alias(n); k != nil {
			f.known[n.path] = k
			return nil
		}
		k = &followed{}
		f.known[n.path] = k
	case k.in != nil:
		if !f.changed(k, n) {
			return nil
		}
		k = &followed{}
		f.known[n.path] = k
	case k.rejected:
		if k.same(n.info) && (k.unchanged(n.info) || k.opening.matchesFile(n.path)) {
			k.info = n.info
			return nil
		}
		*k = followed{}
	}
	return f.begin(k, n)
}

// changed reports whether a file that was begun has become another one.
func (f *follower) changed(k *followed, n *found) bool {
	if k.same(n.info) && k.unchanged(n.info) {
		return false
	}
	in := k.in
	switch {
	case !k.same(n.info): // the old one is deleted or has another name
		in.final = true
		return true
	case !in.opening.matchesFile(n.path):
		f.cutOff(in)
		return true
	}
	k.info = n.info
	if in.reader == nil && in.read > 0 && n.info.Size() > in.read && !k.told { // not one that waits for its turn
		k.told = true
		f.set.fail(in, errors.New("it has grown after a later file of its set had begun: the rest is not read"))
	}
	return false
}

// cutOff ends the reading of a file that was overwritten.
func (f *follower) cutOff(in *input) {
	in.final = true
	if in.reader == nil || in.reader.ended {
		return
	}
	if len(in.reader.win.bytes()) > 0 {
		f.set.fail(in, errors.New("it was written anew before it was read to its end"))
	}
	in.reader.ended = true
}

// join adds inputs that have begun while others were read.
func (s *Set) join(begun []*input) {
	if len(begun) == 0 {
		return
	}
	s.mu.Lock()
	for i, in := range begun {
		in.index = len(s.inputs)
		if in.index == packet.MaxFiles {
			begun = begun[:i]
			break
		}
		in.name = s.freeName(in.path)
		s.inputs = append(s.inputs, in)
	}
	s.mu.Unlock()
	if len(begun) == 0 {
		if !s.follow.full {
			s.follow.full = true
			s.problem(&FileError{File: "--follow", Offset: unknownOffset, Err: errTooMany(packet.MaxFiles + 1)})
		}
		return
	}
	s.order(begun)
	s.chain(begun)
	for _, in := range begun {
		s.seriesOf(in).members = nil // only needed for sets that are complete
	}
	s.waiting = append(s.waiting, begun...)
	slices.SortFunc(s.waiting, func(a, b *input) int {
		if a.start().before(b.start()) {
			return -1
		}
		return 1
	})
}

// freeName returns the name to show for one more path. s.mu is held.
func (s *Set) freeName(path string) string {
	base := filepath.Base(path)
	for _, in := range s.inputs {
		if in.name == base && in.path != path {
			return path
		}
	}
	return base
}
