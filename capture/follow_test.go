package capture

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"wstap/capture/packet"
)

// following reads a set that grows.
type following struct {
	t   *testing.T
	set *Set
	got []packet.Packet
	b   packet.Block

	missed []packet.Missed
}

func follow(t *testing.T, names ...string) *following {
	t.Helper()
	s, err := Open(names, Options{Follow: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return &following{t: t, set: s}
}

// next takes what there is.
func (f *following) next() error {
	err := f.set.Next(&f.b)
	for _, p := range f.b.Packets {
		p.Data = bytes.Clone(p.Data)
		f.got = append(f.got, p)
	}
	f.missed = append(f.missed, f.b.Missed...)
	return err
}

// until reads until there are n packets in all.
func (f *following) until(n int) {
	f.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); len(f.got) < n; {
		if err := f.next(); err != nil {
			f.t.Fatalf("after %d of %d packets: %v", len(f.got), n, err)
		}
		if time.Now().After(deadline) {
			f.t.Fatalf("%d of %d packets came; problems %v", len(f.got), n, f.set.Problems())
		}
	}
}

// still reads for a while in which no packet may come.
func (f *following) still() {
	f.t.Helper()
	n := len(f.got)
	for end := time.Now().Add(2*listInterval + 2*pollInterval); time.Now().Before(end); {
		if err := f.next(); err != nil {
			f.t.Fatal(err)
		}
	}
	if len(f.got) != n {
		f.t.Errorf("%d packets more than there are: %v", len(f.got)-n, marks(f.got[n:]))
	}
}

// quiet fails when there were problems.
func (f *following) quiet() {
	f.t.Helper()
	if p := f.set.Problems(); len(p) > 0 {
		f.t.Errorf("problems: %v", p)
	}
}

// appendTo writes b at the end of a file, in pieces of odd sizes.
func appendTo(t *testing.T, path string, b []byte, piece func() int) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		t.Error(err)
		return
	}
	defer f.Close()
	for len(b) > 0 {
		n := min(piece(), len(b))
		if _, err := f.Write(b[:n]); err != nil {
			t.Error(err)
			return
		}
		b = b[n:]
	}
}

// pcapBytes returns a file whose packets have the given times in microseconds.
func pcapBytes(t *testing.T, times ...int) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "pcap")
	writePcap(t, path, times)
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// microseconds returns n times from a first one on.
func microseconds(first, n int) []int {
	times := make([]int, n)
	for i := range times {
		times[i] = first + i
	}
	return times
}

func requireTimes(t *testing.T, got []packet.Packet, want []int) {
	t.Helper()
	times := make([]int, 0, len(got))
	for _, p := range got {
		times = append(times, int(p.Time/1000))
	}
	if diff := cmp.Diff(want, times); diff != "" {
		t.Errorf("times of the packets (-want +got):\n%s", diff)
	}
}

// TestFollowGrowing reads real captures while they are written a few bytes at a time,
// from before their first one on.
func TestFollowGrowing(t *testing.T) {
	for _, name := range []string{"pyws_rejects.pcap", "dumpcap.pcapng"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			whole := filepath.Join("..", "testdata", name)
			want := readAll(t, Options{}, whole)
			b, err := os.ReadFile(whole)
			if err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(t.TempDir(), name)
			if err := os.WriteFile(path, nil, 0o600); err != nil {
				t.Fatal(err)
			}
			f := follow(t, path)
			rng := rand.New(rand.NewPCG(1, 1))
			done := make(chan struct{})
			go func() {
				defer close(done)
				appendTo(t, path, b, func() int {
					if rng.IntN(40) == 0 {
						time.Sleep(pollInterval / 2)
					}
					return 1 + rng.IntN(61)
				})
			}()
			f.until(len(want.packets))
			<-done
			f.still()
			f.quiet()
			if diff := cmp.Diff(want.packets, f.got); diff != "" {
				t.Errorf("packets (-whole +followed):\n%s", diff)
			}
		})
	}
}

// TestFollowLatency measures how long a packet takes from the file to the block.
func TestFollowLatency(t *testing.T) {
	path := writeTemp(t, "one.pcap", pcapBytes(t, 1))
	f := follow(t, path)
	f.until(1)
	var took []time.Duration
	for i := range 5 {
		f.until(1 + i)
		written := time.Now()
		appendTo(t, path, pcapBytes(t, 2+i)[pcapHeaderLen:], func() int { return 1000 })
		f.until(2 + i)
		took = append(took, time.Since(written))
	}
	slices.Sort(took)
	if took[2] > 300*time.Millisecond { // the median, as the machine may be busy
		t.Errorf("packets took %v", took)
	}
}

// TestFollowRing writes a ring as dumpcap does: each file in pieces, the oldest deleted
// when there are too many, so that the file system gives its number to the next.
func TestFollowRing(t *testing.T) {
	const files, kept, each = 12, 2, 50
	for name, of := range map[string]func(dir string) string{
		"folder":  func(dir string) string { return dir },
		"pattern": func(dir string) string { return filepath.Join(dir, "ring_*.pcap") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			ring := func(i int) string { return filepath.Join(dir, fmt.Sprintf("ring_%05d_202601011200%02d.pcap", i+1, i)) }
			var want []int
			var contents [][]byte
			for i := range files {
				want = append(want, microseconds(i*1000, each)...)
				contents = append(contents, pcapBytes(t, microseconds(i*1000, each)...))
			}
			f := follow(t, of(dir)) // nothing is there yet
			f.still()
			done := make(chan struct{})
			go func() {
				defer close(done)
				for i := range files {
					rng := rand.New(rand.NewPCG(uint64(i), 2))
					appendTo(t, ring(i), contents[i], func() int { return 1 + rng.IntN(999) })
					time.Sleep(listInterval / 2)
					if i >= kept {
						os.Remove(ring(i - kept))
					}
				}
			}()
			f.until(len(want))
			<-done
			f.still()
			f.quiet()
			requireTimes(t, f.got, want)
			if gaps, n := f.set.Gaps(); n != 0 || len(f.missed) != 0 {
				t.Errorf("gaps: %v", gaps)
			}
			if f.set.Files() != files || f.set.Name(files-1) != filepath.Base(ring(files-1)) {
				t.Errorf("%d files, the last is %s", f.set.Files(), f.set.Name(files-1))
			}
		})
	}
}

// TestFollowOverwritten writes a ring as tcpdump -C -W does, which cuts the oldest file to
// nothing and writes it anew: shorter, as long, and longer than it was.
func TestFollowOverwritten(t *testing.T) {
	for _, ring := range []int{1, 3} {
		t.Run(fmt.Sprint(ring), func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			name := func(i int) string { return filepath.Join(dir, fmt.Sprintf("ring.pcap%d", i%ring)) }
			var want []int
			f := follow(t, dir)
			for i, n := range []int{20, 5, 5, 40, 40, 3, 60, 1, 1, 1, 7} {
				times := microseconds(1000*i, n)
				if err := os.WriteFile(name(i), pcapBytes(t, times...), 0o600); err != nil {
					t.Fatal(err)
				}
				want = append(want, times...)
				f.until(len(want))
			}
			f.still()
			f.quiet()
			requireTimes(t, f.got, want)
			if gaps, n := f.set.Gaps(); n != 0 {
				t.Errorf("gaps: %v", gaps)
			}
		})
	}
}

// TestFollowCutOff overwrites a file of which half a packet had been read.
func TestFollowCutOff(t *testing.T) {
	b := pcapBytes(t, 1, 2, 3)
	path := writeTemp(t, "ring.pcap", b[:len(b)-5])
	f := follow(t, path)
	f.until(2)
	n := len(f.got)
	f.still()
	if err := os.WriteFile(path, pcapBytes(t, 100, 101), 0o600); err != nil {
		t.Fatal(err)
	}
	f.until(n + 2)
	requireTimes(t, f.got[n:], []int{100, 101})
	if p := f.set.Problems(); len(p) != 1 || p[0].Error() != "ring.pcap: it was written anew before it was read to its end" {
		t.Errorf("problems: %v", p)
	}
}

// TestFollowNamed names one file: those of its set belong to it, neighbours do not.
func TestFollowNamed(t *testing.T) {
	dir := t.TempDir()
	put := func(name string, times ...int) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), pcapBytes(t, times...), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put("dump.pcap", 100, 101)
	put("dump.pcap1", 110)
	put("dump.pcap2", 5) // of an earlier run
	put("other.pcap", 120)
	f := follow(t, filepath.Join(dir, "dump.pcap"))
	f.until(3)
	put("dump.pcap2", 130, 131)
	put("dumped.pcap", 140)
	put("dump.pcap.txt", 140)
	f.until(5)
	f.still()
	f.quiet()
	requireTimes(t, f.got, []int{100, 101, 110, 130, 131})
}

// TestFollowCompletes moves a file that was read, compresses it as tcpdump -z does, links
// to it, and adds what is no capture: nothing is read twice.
func TestFollowCompletes(t *testing.T) {
	dir := t.TempDir()
	a, b := filepath.Join(dir, "a.pcap1"), filepath.Join(dir, "a.pcap2")
	first := pcapBytes(t, 1, 2, 3)
	for path, content := range map[string][]byte{
		a: first, b: pcapBytes(t, 10), filepath.Join(dir, "notes.txt"): []byte("not packets"),
		b + ".gz": gzipped(t, pcapBytes(t, 10))[:30],
	} {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	f := follow(t, dir)
	f.until(4)
	if err := errors.Join(
		os.WriteFile(a+".gz", gzipped(t, first), 0o600), os.Remove(a),
		os.Symlink(b, filepath.Join(dir, "latest")),
		os.Rename(b, filepath.Join(dir, "renamed")),
	); err != nil {
		t.Fatal(err)
	}
	f.still()
	appendTo(t, filepath.Join(dir, "renamed"), pcapBytes(t, 11)[pcapHeaderLen:], func() int { return 7 })
	f.until(5)
	// A compressed file is read when it does not change any more.
	later := gzipped(t, pcapBytes(t, 20, 21))
	appendTo(t, filepath.Join(dir, "later.pcap.gz"), later[:20], func() int { return 7 })
	f.still()
	appendTo(t, filepath.Join(dir, "later.pcap.gz"), later[20:], func() int { return 7 })
	f.until(7)
	f.still()
	f.quiet()
	requireTimes(t, f.got, []int{1, 2, 3, 10, 11, 20, 21})
	if left := f.set.LeftOut(); len(left) != 1 || left[0].Files != 1 {
		t.Errorf("left out: %v", left)
	}
}

// TestFollowGap lets a ring be faster than its reader.
func TestFollowGap(t *testing.T) {
	dir := t.TempDir()
	put := func(i int, times ...int) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("x_%05d_20260101120000.pcap", i)), pcapBytes(t, times...), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put(7, 100, 101)
	f := follow(t, dir)
	f.until(2)
	put(10, 200)
	f.until(3)
	f.quiet()
	want := []packet.Missed{{From: 101e3, To: 200e3}}
	if diff := cmp.Diff(want, f.missed); diff != "" {
		t.Errorf("missed (-want +got):\n%s", diff)
	}
	if gaps, n := f.set.Gaps(); n != 1 || gaps[0].Missing != 2 {
		t.Errorf("gaps: %v", gaps)
	}
}

// TestFollowBehind has a file grow while those before it are read: nothing of it is missed.
func TestFollowBehind(t *testing.T) {
	dir := t.TempDir()
	const long = 200_000 // packets, more than are read at once
	times := make([]int, long)
	for i := range times {
		times[i] = i
	}
	writePcap(t, filepath.Join(dir, "a.pcap"), times)
	latest := filepath.Join(dir, "b.pcap")
	writePcap(t, latest, []int{long})
	f := follow(t, dir)
	f.until(1)
	if len(f.got) >= long {
		t.Fatal("all was read at once: the test does not test what it says")
	}
	appendTo(t, latest, pcapBytes(t, long+1, long+2)[24:], func() int { return 1 << 20 })
	f.set.follow.search()
	f.until(long + 3)
	f.quiet()
}

// TestFollowRefused says what cannot be followed.
func TestFollowRefused(t *testing.T) {
	file := writeTemp(t, "x.pcap", pcapBytes(t, 1))
	if _, err := Open([]string{file, Stdin}, Options{Follow: true, Stdin: bytes.NewReader(nil)}); !errors.Is(err, ErrFollow) {
		t.Errorf("a pipe and a file: %v", err)
	}
	s, err := Open([]string{file + "x"}, Options{Follow: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Next(&packet.Block{}); err != io.EOF || len(s.Problems()) != 1 {
		t.Errorf("a file that is not there: %v, problems %v", err, s.Problems())
	}
}

// TestFollowManySets reads many files of which none is like another: each may grow, and
// few are kept open.
func TestFollowManySets(t *testing.T) {
	const files = 200
	dir := t.TempDir()
	for i := range files {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%c%c.pcap", 'a'+i/26, 'a'+i%26)), pcapBytes(t, i), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	before := openFiles(t)
	f := follow(t, dir)
	f.until(files)
	f.still()
	f.quiet()
	if n := openFiles(t) - before; n > maxPaused {
		t.Errorf("%d files are open", n)
	}
	requireTimes(t, f.got, microseconds(0, files))
}
