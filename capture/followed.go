package capture

import (
	"errors"
	"hash/crc64"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// followed is a file that a follower knows.
type followed struct {
	info     os.FileInfo // as it was seen last; nil before
	in       *input      // nil until it has a packet
	rejected bool        // it is no capture, or not of the set
	opening  fileStart   // when rejected
	quiet    int         // for how many searches it has not changed, when compressed
	told     bool        // that it grew too late
}

// same reports whether info is of the very file that was seen last.
func (k *followed) same(info os.FileInfo) bool { return k.info != nil && os.SameFile(k.info, info) }

// unchanged reports whether the file has not been written since.
func (k *followed) unchanged(info os.FileInfo) bool {
	return k.info.Size() == info.Size() && k.info.ModTime().Equal(info.ModTime())
}

// startLen is how much of the beginning of a file tells it from what the next round of a
// ring writes in its place: it reaches beyond the first packet's time.
const startLen = 1 << 10

// fileStart is how a file begins.
type fileStart struct {
	n   int // bytes, at most startLen; fewer when there were no more
	sum uint64
}

var startTable = crc64.MakeTable(crc64.ECMA)

// readStart looks at the first n bytes of r, or as many as there are.
func readStart(r io.ReaderAt, n int) fileStart {
	b := make([]byte, n)
	n, _ = r.ReadAt(b, 0) // what cannot be read does not match
	return fileStart{n, crc64.Checksum(b[:n], startTable)}
}

// matches reports whether r still begins so.
func (s fileStart) matches(r io.ReaderAt) bool { return readStart(r, s.n) == s }

// matchesFile is matches for the file of a path.
func (s fileStart) matchesFile(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	return s.matches(f)
}

// later reports whether a file of which nothing could be read yet may get its first
// packet still. It is looked at again in the next search.
func later(err error) bool {
	return err == io.EOF || errors.Is(err, ErrTruncated)
}

// begun notes an input that is read from now on.
func (f *follower) begun(path string, info os.FileInfo, in *input) {
	in.opening = startOf(path)
	f.known[path] = &followed{info: info, in: in}
}

// startOf reads how the file of a path begins.
func startOf(path string) fileStart {
	file, err := os.Open(path)
	if err != nil {
		return fileStart{}
	}
	defer file.Close()
	return readStart(file, startLen)
}

// alias returns what is known of a file under another name: it has been renamed or
// linked, or compressed after it had been read.
func (f *follower) alias(n *found) *followed {
	for _, k := range f.known {
		// A deleted file's number is soon given to another: the content decides.
		if k.in != nil && k.same(n.info) && k.in.opening.matchesFile(n.path) {
			return rejected(n)
		}
	}
	// It is being written while its original is still there, or has just gone.
	if plain := f.known[plainPath(n.path)]; plain != nil && plain.in != nil {
		return rejected(n)
	}
	return nil
}

// copied reports whether an input is a compressed copy of another one, which is
// about to go away.
func (f *follower) copied(n *found, list []found) bool {
	plain := plainPath(n.path)
	if plain == "" || !slices.ContainsFunc(list, func(o found) bool { return o.path == plain && o.err == nil }) {
		return false
	}
	f.known[n.path] = rejected(n)
	return true
}

// plainPath returns the path that a compressed file had before, or "".
func plainPath(path string) string {
	for _, suffix := range compressedSuffixes {
		if plain, ok := strings.CutSuffix(path, suffix); ok {
			return plain
		}
	}
	return ""
}

// rejected returns what is to be known of a file that is not read.
func rejected(n *found) *followed {
	return &followed{info: n.info, rejected: true, opening: startOf(n.path)}
}

// begin makes an input of a file as soon as it has a packet.
func (f *follower) begin(k *followed, n *found) *input {
	grown := k.info == nil || k.info.Size() != n.info.Size()
	k.info = n.info
	if n.info.Size() == 0 {
		return nil
	}
	compressed := f.compressed(n.path)
	switch {
	case !compressed && !grown:
		return nil
	case compressed && grown:
		k.quiet = 0
		return nil
	case compressed:
		if k.quiet++; k.quiet < settledLooks {
			return nil
		}
	}
	in := &input{path: n.path, name: n.path, parts: parseName(n.path), first: math.MinInt64}
	err := f.set.peek(in, f.buf)
	switch {
	case err == nil && n.folder == nil && !n.named && in.first < n.after.first:
		*k = *rejected(n) // left from an earlier run
		return nil
	case err == nil:
		in.opening = startOf(n.path)
		k.in = in
		return in
	case later(err) && !compressed:
		return nil
	}
	*k = *rejected(n)
	switch {
	case n.folder != nil && !n.named && errors.Is(err, errNotCapture):
	case n.named || n.folder != nil:
		f.set.fail(in, err)
	}
	return nil
}

// compressed reports whether a file begins as a compressed one.
func (f *follower) compressed(path string) bool {
	file, err := os.Open(path)
	if err != nil {
		return false
	}
	defer file.Close()
	n, _ := file.ReadAt(f.buf[:sniffLen], 0)
	return detectCompression(f.buf[:n]) != compressionNone
}

// beside adds to files those beside n that belong to its set. What does not is
// remembered, so that a large folder costs little.
func (f *follower) beside(files *finder, n *found, key string) {
	dir := filepath.Dir(n.path)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, e := range entries {
		path := n.path[:len(n.path)-len(filepath.Base(n.path))] + e.Name()
		if hidden(e.Name()) || e.IsDir() || f.others[path] {
			continue
		}
		if parseName(path).key != key {
			f.others[path] = true
			continue
		}
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			files.add(found{path: path, info: info, after: f.known[n.path].in})
		}
	}
}
