package capture

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"wstap/capture/packet"
)

// tree makes folders with files, of which each begins at its own time.
func tree(t *testing.T, files ...string) string {
	t.Helper()
	dir := t.TempDir()
	for i, name := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		b := pcapBytes(t, 10*i, 10*i+1)
		switch filepath.Ext(path) {
		case ".gz":
			b = gzipped(t, b)
		case ".zst":
			b = zstandard(t, b)
		case ".txt":
			b = []byte("these are no packets")
		case ".tgz":
			b = gzipped(t, []byte("neither are these"))
		case ".lock":
			b = nil
		}
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// names returns what a set reads.
func names(t *testing.T, s *Set) []string {
	t.Helper()
	defer s.Close()
	drain(t, s)
	var list []string
	for i := range s.Files() {
		list = append(list, s.Name(i))
	}
	slices.Sort(list)
	return list
}

func TestFolder(t *testing.T) {
	dir := tree(t, "a.pcap", "b.pcap.gz", "sub/deep/c.zst", "notes.txt", "sub/no.tgz", "sub/x.lock", ".hidden", ".git/d.pcap")
	elsewhere := tree(t, "other.pcap", "linked.pcap")
	if err := errors.Join(
		os.Symlink(elsewhere, filepath.Join(dir, "folder")),
		os.Symlink(dir, filepath.Join(dir, "sub", "round")),
		os.Symlink(filepath.Join(elsewhere, "linked.pcap"), filepath.Join(dir, "linked.pcap")),
		os.Symlink(filepath.Join(dir, "nowhere"), filepath.Join(dir, "dangling")),
		os.Symlink("a.pcap", filepath.Join(dir, "again.pcap")),
		os.Link(filepath.Join(dir, "a.pcap"), filepath.Join(dir, "hard.pcap")),
	); err != nil {
		t.Skip("no links here: ", err)
	}
	want := []string{"a.pcap", "b.pcap.gz", "c.zst", "linked.pcap"}
	a := filepath.Join(dir, "a.pcap")
	for _, args := range [][]string{{dir}, {dir + "/"}, {dir, dir}, {a, dir}, {dir, a, filepath.Join(dir, "sub")}, {filepath.Join(dir, "sub"), dir, filepath.Join(dir, "hard.pcap")}} {
		s, err := Open(args, Options{})
		if err != nil {
			t.Fatal(err)
		}
		left := 0
		for _, l := range s.LeftOut() {
			left += l.Files
		}
		got := names(t, s)
		if args[len(args)-1] == filepath.Join(dir, "hard.pcap") {
			continue // its name differs
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q: files (-want +got):\n%s", args, diff)
		}
		if p := s.Problems(); len(p) > 0 {
			t.Errorf("%q: %v", args, p)
		}
		if left != 3 {
			t.Errorf("%q: %d files were left out, want notes.txt, no.tgz and x.lock", args, left)
		}
	}
}

// TestFolderProblems holds what is wrong although a folder was named.
func TestFolderProblems(t *testing.T) {
	dir := tree(t, "good/a.pcap", "bad/notes.txt", "cut/a.pcap", "cut/b.pcap")
	if err := errors.Join(
		os.Mkdir(filepath.Join(dir, "empty"), 0o700),
		os.Truncate(filepath.Join(dir, "cut", "a.pcap"), 30),
	); err != nil {
		t.Fatal(err)
	}
	notes := filepath.Join(dir, "bad", "notes.txt")
	for name, tt := range map[string]struct {
		args []string
		want []string
	}{
		"empty":                  {[]string{filepath.Join(dir, "empty")}, []string{filepath.Join(dir, "empty") + ": is a folder without captures"}},
		"none":                   {[]string{filepath.Join(dir, "bad")}, []string{filepath.Join(dir, "bad") + ": is a folder without captures"}},
		"cut":                    {[]string{filepath.Join(dir, "cut")}, []string{"a.pcap: cut short"}},
		"named besides a folder": {[]string{filepath.Join(dir, "bad"), notes}, []string{"notes.txt: not a capture file"}},
		"pattern":                {[]string{filepath.Join(dir, "good", "*.pcapng")}, []string{"*.pcapng: no file matches this pattern"}},
		"bad pattern":            {[]string{filepath.Join(dir, "good", "[a")}, []string{"[a: no such file, nor a pattern that could match any"}},
		"no pattern":             {[]string{filepath.Join(dir, "good", "b.pcap")}, []string{"b.pcap: " + fs.ErrNotExist.Error()}},
	} {
		got := readAll(t, Options{}, tt.args...).problems
		if len(got) != len(tt.want) {
			t.Errorf("%s: %v", name, got)
			continue
		}
		for i := range got {
			want := strings.Replace(tt.want[i], fs.ErrNotExist.Error(), "no such file or directory", 1)
			if !strings.Contains(got[i].Error(), want) {
				t.Errorf("%s: %v, want %s", name, got[i], want)
			}
		}
	}
}

func TestPattern(t *testing.T) {
	dir := tree(t, "x10.pcap", "x9.pcap", "y.pcap", ".x.pcap", "sub/x1.pcap", "[x]*.pcap")
	for pattern, want := range map[string][]string{
		"x*.pcap":      {"x9.pcap", "x10.pcap"},
		"x?.pcap":      {"x9.pcap"},
		"s*/x[1-3].*":  {"x1.pcap"},
		".*.pcap":      {".x.pcap"},
		"[x]*.pcap":    {"[x]*.pcap"}, // there is a file of this name
		"s[u]b":        {"x1.pcap"},
		"[yx]9.pc[a]p": {"x9.pcap"},
	} {
		s, err := Open([]string{filepath.Join(dir, filepath.FromSlash(pattern))}, Options{})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for i := range s.Files() {
			got = append(got, s.Name(i))
		}
		s.Close()
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", pattern, diff)
		}
	}
}

// TestEqualTimes reads files that begin at the same time: those of a set in the order of
// their numbers, others in the order given.
func TestEqualTimes(t *testing.T) {
	dir := t.TempDir()
	var args []string
	for _, name := range []string{"b.pcap", "x.pcap", "x.pcap1", "x.pcap10", "x.pcap2", "a.pcap"} {
		args = append(args, filepath.Join(dir, name))
		writePcap(t, args[len(args)-1], []int{7})
	}
	s, err := Open(args, Options{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range drain(t, s).packets {
		got = append(got, s.Name(p.Ref.File()))
	}
	if diff := cmp.Diff([]string{"b.pcap", "x.pcap", "x.pcap1", "x.pcap2", "x.pcap10", "a.pcap"}, got); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
}

func TestCompareNatural(t *testing.T) {
	ordered := []string{"", "a", "a1", "a01", "a2", "a2b", "a10", "a10b", "a99999999999999999999", "a100000000000000000000", "b"}
	for i, a := range ordered {
		for j, b := range ordered {
			if got := compareNatural(a, b); (got < 0) != (i < j) || (got > 0) != (i > j) {
				t.Errorf("compareNatural(%q, %q) = %d", a, b, got)
			}
		}
	}
}

// TestParseName holds the names that capture programs give.
func TestParseName(t *testing.T) {
	same := [][]string{
		{"d/x.pcap", "d/x.pcap1", "d/x.pcap07", "d/x.pcap12.gz"},
		{"x_00001_20260101120000.pcapng", "x_100000_20270202235959.pcapng.zst"},
		{"x_20260101120000_00001.pcapng", "x_20260101120007_00002.pcapng"},
		{"g-2026-01-01_12:00:00.pcap", "g-2026-01-01_12:01:00.pcap"},
		{"h-20260101T1200.pcap", "h-20260101T1201.pcap", "h-20260101T1202.pcap1"},
		{"g-20260101-120000", "g-20260102-120000", "g-20260102-12000017"},
		{"i-1767268800.pcap", "i-1767268860.pcap"},
		{"cap-001.pcap", "cap-17.pcap"},
	}
	seen := map[string]int{}
	for i, set := range same {
		for _, name := range set {
			key := parseName(name).key
			if j, ok := seen[key]; ok && j != i || !ok && name != set[0] {
				t.Errorf("%s: %q", name, key)
			}
			seen[key] = i
		}
	}
	for name, want := range map[string]int{"x.pcap": 0, "x.pcap12": 12, "x_00003_20260101120000.pcapng": 3, "g-20260102-12000017": 17, "x7.pcap": 7, "x7.pcap8.gz": 8} {
		if got := parseName(name).number; got != want {
			t.Errorf("%s: number %d, want %d", name, got, want)
		}
	}
	for name, want := range map[string]bool{"x.pcap1": true, "x7.pcap": false, "10.0.0.7": false, "ring_3": true, "x_00003_20260101120000.pcapng": true} {
		if got := parseName(name).sure; got != want {
			t.Errorf("%s: sure %v", name, got)
		}
	}
}

// FuzzParseName looks for names that break the rules of parseName, which take strings
// apart by position.
func FuzzParseName(f *testing.F) {
	for _, s := range []string{"x.pcap12", "x_00003_20260101120000.pcapng", "g-20260102-12000017.gz", "\x01_00000", "a\x02.1", "é9.pcap"} {
		f.Add(s, s+"1")
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		n := parseName(a)
		if n.number < 0 || n.digits > maxNumberDigits || n.digits == 0 && n.number != 0 {
			t.Errorf("%q: %+v", a, n)
		}
		if compareNatural(a, b) != 0 && (compareNatural(a, b) < 0) == (compareNatural(b, a) < 0) || compareNatural(a, a) != 0 {
			t.Errorf("compareNatural(%q, %q) is not an order", a, b)
		}
	})
}

// TestSmallFilesTakeNoMore holds that many files take little more memory than the one
// that they were cut from: what is allocated is used again.
func TestSmallFilesTakeNoMore(t *testing.T) {
	dir := t.TempDir()
	const files, each = 400, 2000
	var all []int
	for i := range files {
		times := microseconds(i*each, each)
		all = append(all, times...)
		writePcap(t, filepath.Join(dir, "x.pcap"+string(rune('A'+i/26))+string(rune('A'+i%26))), times)
	}
	one := filepath.Join(t.TempDir(), "one.pcap")
	writePcap(t, one, all)
	allocated := func(arg string) (bytes uint64) {
		s, err := Open([]string{arg}, Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		n := 0
		for b := new(packet.Block); s.Next(b) == nil; {
			n += len(b.Packets)
		}
		runtime.ReadMemStats(&after)
		if n != len(all) {
			t.Fatalf("%s: %d packets", arg, n)
		}
		return after.TotalAlloc - before.TotalAlloc
	}
	// Every block in between has buffers of its own at hand; a list of packets is
	// 64 bytes for each.
	if o, m := allocated(one), allocated(dir); m > 3*o+files*1024 {
		t.Errorf("one file: %d bytes allocated, %d files: %d", o, files, m)
	}
}
