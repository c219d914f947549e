package capture

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// found is an input that was named, or that a folder or a pattern stands for.
type found struct {
	path   string
	info   os.FileInfo // nil for standard input, and with err
	folder *folder     // nil when none led to it
	named  bool        // by itself or by a pattern; what only a folder led to need not be a capture
	err    error       // why it cannot be read
	after  *input      // when followed: the file that was named, whose set it belongs to
}

// folder is a folder that was named.
type folder struct {
	path     string
	captures int
	left     int  // files below it that are no captures
	shared   bool // some of its files were reached before
	empty    bool // there is nothing in it to look at
}

// What a name stands for may be nothing; when followed, nothing yet.
var (
	errNoMatch     = errors.New("no file matches this pattern")
	errEmptyFolder = errors.New("is a folder without captures")
)

// finder turns names into the files that they stand for.
type finder struct {
	list    []found
	folders []*folder

	paths map[string]int     // by cleaned path, to the place in list
	same  map[fileLook][]int // those that may be the same file under other names
}

// fileLook is what two names of one file have in common. os.SameFile decides, which
// compares only pairs.
type fileLook struct {
	size     int64
	modified time.Time
}

// find returns what the names stand for, in the order given; folders and patterns
// in natural order. A file that is reached twice is in it once.
func find(names []string) *finder {
	f := &finder{paths: map[string]int{}, same: map[fileLook][]int{}}
	for _, name := range names {
		f.name(name)
	}
	return f
}

// name adds what one argument stands for. A file of exactly that name comes
// before any meaning as a pattern.
func (f *finder) name(name string) {
	if name == Stdin {
		if _, ok := f.paths[""]; !ok { // not the file ./-; no path is cleaned to this
			f.paths[""] = len(f.list)
			f.list = append(f.list, found{path: Stdin, named: true})
		}
		return
	}
	info, err := os.Stat(name)
	switch {
	case err == nil && info.IsDir():
		d := &folder{path: name}
		f.folders = append(f.folders, d)
		before := len(f.list)
		f.walk(name, d)
		if d.empty = len(f.list) == before && !d.shared; d.empty {
			f.add(found{path: name, folder: d, err: errEmptyFolder})
		}
	case errors.Is(err, fs.ErrNotExist) && isPattern(name):
		f.pattern(name)
	default:
		f.add(found{path: name, info: info, named: true, err: plainCause(err)})
	}
}

// isPattern reports whether a name can stand for others.
func isPattern(name string) bool { return strings.ContainsAny(name, `*?[`) }

// pattern adds what matches a pattern that the shell has not expanded. As in a
// shell, names that begin with a dot must be asked for.
func (f *finder) pattern(pattern string) {
	matches, err := filepath.Glob(pattern)
	if err != nil {
		f.add(found{path: pattern, named: true, err: errors.New("no such file, nor a pattern that could match any")})
		return
	}
	if !strings.HasPrefix(filepath.Base(pattern), ".") {
		matches = slices.DeleteFunc(matches, func(m string) bool { return hidden(filepath.Base(m)) })
	}
	if len(matches) == 0 {
		f.add(found{path: pattern, named: true, err: errNoMatch})
	}
	slices.SortFunc(matches, compareNatural)
	for _, m := range matches {
		f.name(m)
	}
}

// walk adds the files of a folder and those below it. Links to files count as
// files, links to folders are not followed, and hidden names are skipped.
func (f *finder) walk(dir string, d *folder) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		f.add(found{path: dir, folder: d, err: plainCause(err)})
	}
	slices.SortFunc(entries, func(a, b os.DirEntry) int { return compareNatural(a.Name(), b.Name()) })
	for _, e := range entries {
		if hidden(e.Name()) {
			continue
		}
		path := filepath.Join(dir, e.Name())
		if e.IsDir() {
			f.walk(path, d)
			continue
		}
		info, err := os.Stat(path)
		switch {
		case errors.Is(err, fs.ErrNotExist): // gone by now, or a link to nowhere
		case err != nil:
			f.add(found{path: path, folder: d, err: plainCause(err)})
		case info.IsDir():
		case !info.Mode().IsRegular():
			d.left++
		default:
			f.add(found{path: path, info: info, folder: d})
		}
	}
}

// add appends an input, unless it is there already.
func (f *finder) add(n found) {
	key := filepath.Clean(n.path)
	if i, ok := f.paths[key]; ok {
		f.again(i, &n)
		return
	}
	f.paths[key] = len(f.list)
	if n.info != nil && n.info.Mode().IsRegular() {
		look := fileLook{n.info.Size(), n.info.ModTime()}
		for _, i := range f.same[look] {
			if os.SameFile(f.list[i].info, n.info) {
				f.again(i, &n)
				return
			}
		}
		f.same[look] = append(f.same[look], len(f.list))
	}
	f.list = append(f.list, n)
}

// again notes that another way leads to the input at place i.
func (f *finder) again(i int, n *found) {
	have := &f.list[i]
	have.named = have.named || n.named
	if have.folder == nil {
		have.folder = n.folder
	}
	if n.folder != nil {
		n.folder.shared = true
	}
}

func hidden(name string) bool { return strings.HasPrefix(name, ".") }

// compareNatural orders names as people do: numbers in them by their value, so that
// file2 comes before file10.
func compareNatural(a, b string) int {
	for i, j := 0, 0; i < len(a) && j < len(b); {
		da, db := digits(a[i:]), digits(b[j:])
		if da == "" || db == "" {
			if a[i] != b[j] {
				return int(a[i]) - int(b[j])
			}
			i, j = i+1, j+1
			continue
		}
		va, vb := strings.TrimLeft(da, "0"), strings.TrimLeft(db, "0")
		if len(va) != len(vb) {
			return len(va) - len(vb)
		}
		if c := strings.Compare(va, vb); c != 0 {
			return c
		}
		i, j = i+len(da), j+len(db)
	}
	// One begins with the other, or they differ in zeros before a number.
	if len(a) != len(b) {
		return len(a) - len(b)
	}
	return strings.Compare(a, b)
}

// digits returns the decimal digits that s begins with.
func digits(s string) string {
	n := 0
	for n < len(s) && '0' <= s[n] && s[n] <= '9' {
		n++
	}
	return s[:n]
}
