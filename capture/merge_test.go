package capture

import (
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sort"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"wstap/capture/packet"
)

// mark is what matters of a packet in the order of a merge.
type mark struct {
	time int64
	file int
	num  uint64
}

func marks(packets []packet.Packet) []mark {
	var ms []mark
	for _, p := range packets {
		ms = append(ms, mark{p.Time, p.Ref.File(), p.Ref.Number()})
	}
	return ms
}

// writePcap writes a file whose packets have the given times in microseconds.
func writePcap(t testing.TB, path string, times []int) {
	t.Helper()
	c := &composer{order: binary.LittleEndian}
	c.pcapHeader(0xa1b2c3d4, 4, 1)
	for i, us := range times {
		c.record(uint32(us/1e6), uint32(us%1e6), frame(i, 14+i%50), 64)
	}
	if err := os.WriteFile(path, c.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestMergeModel merges random files and compares with a stable sort of all packets.
func TestMergeModel(t *testing.T) {
	for seed := range uint64(60) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			rng := rand.New(rand.NewPCG(seed, 1))
			dir := t.TempDir()
			files := 1 + rng.IntN(9)
			var names []string
			all := make([][]int, files)
			for f := range files {
				us := rng.IntN(3000)
				for range rng.IntN(4000) {
					all[f] = append(all[f], us)
					us += rng.IntN(3) // often the same time again
				}
				names = append(names, filepath.Join(dir, fmt.Sprintf("f%d.pcap", f)))
				writePcap(t, names[f], all[f])
			}
			got := readAll(t, Options{}, names...)
			if len(got.problems) > 0 {
				t.Fatal(problemText(got.problems))
			}
			if diff := cmp.Diff(mergeModel(all), marks(got.packets), cmp.AllowUnexported(mark{})); diff != "" {
				t.Errorf("order (-want +got):\n%s", diff)
			}
		})
	}
}

// mergeModel sorts the packets by time, then by the file that began first, then by the
// order given.
func mergeModel(files [][]int) []mark {
	byStart := make([]int, len(files))
	for f := range files {
		byStart[f] = f
	}
	sort.SliceStable(byStart, func(i, j int) bool {
		a, b := files[byStart[i]], files[byStart[j]]
		return len(b) > 0 && (len(a) == 0 || a[0] < b[0])
	})
	var ms []mark
	for _, f := range byStart {
		for i, us := range files[f] {
			ms = append(ms, mark{int64(us) * 1000, f, uint64(i + 1)})
		}
	}
	sort.SliceStable(ms, func(i, j int) bool { return ms[i].time < ms[j].time })
	return ms
}

// TestMergeUnordered holds files that are not in order of time themselves: each keeps its
// own order and nothing is lost.
func TestMergeUnordered(t *testing.T) {
	dir := t.TempDir()
	a, b := filepath.Join(dir, "a"), filepath.Join(dir, "b")
	writePcap(t, a, []int{50, 10, 60, 5})
	writePcap(t, b, []int{40, 55, 1})
	got := marks(readAll(t, Options{}, a, b).packets)
	want := []mark{{40e3, 1, 1}, {50e3, 0, 1}, {10e3, 0, 2}, {55e3, 1, 2}, {1e3, 1, 3}, {60e3, 0, 3}, {5e3, 0, 4}}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(mark{})); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
}

// TestRotatedSet reads very many files in reverse: few may be open at a time.
func TestRotatedSet(t *testing.T) {
	const files = 2000
	dir := t.TempDir()
	names := make([]string, files)
	for f := range files {
		names[files-1-f] = filepath.Join(dir, fmt.Sprintf("r%04d.pcap", f))
		writePcap(t, names[files-1-f], []int{f * 100, f*100 + 50, f*100 + 100})
	}
	s, err := Open(names, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	before := openFiles(t)
	var b packet.Block
	last, packets, most := int64(-1), 0, 0
	for s.Next(&b) == nil {
		most = max(most, openFiles(t)-before)
		for _, p := range b.Packets {
			if p.Time < last {
				t.Fatalf("time %d after %d", p.Time, last)
			}
			last = p.Time
			packets++
		}
	}
	if packets != 3*files || len(s.Problems()) != 0 {
		t.Errorf("%d packets, want %d; problems %v", packets, 3*files, s.Problems())
	}
	if most > 4 {
		t.Errorf("%d files were open at a time", most)
	}
	if s.BytesRead() != s.BytesTotal() {
		t.Errorf("%d bytes of %d read", s.BytesRead(), s.BytesTotal())
	}
}

// TestManyAtOnce reads files that all last as long: more than may be open at a time.
func TestManyAtOnce(t *testing.T) {
	const files, each = 3 * maxHandles, 3000 // more than one buffer
	dir := t.TempDir()
	all := make([][]int, files)
	var names []string
	for f := range files {
		for i := range each {
			all[f] = append(all[f], i*files+f*7%files)
		}
		names = append(names, filepath.Join(dir, fmt.Sprintf("%c%d.pcap", 'a'+f%26, f)))
		writePcap(t, names[f], all[f])
	}
	s, err := Open(names, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	before := openFiles(t)
	var got []packet.Packet
	most := 0
	for b := new(packet.Block); s.Next(b) == nil; {
		most = max(most, openFiles(t)-before)
		got = append(got, b.Packets...)
	}
	if most > maxHandles || most < maxHandles/2 {
		t.Errorf("%d files were open at a time", most)
	}
	if !slices.Equal(mergeModel(all), marks(got)) || len(s.Problems()) > 0 {
		t.Errorf("wrong order, or problems: %v", s.Problems())
	}
}

func openFiles(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("cannot count open files here")
	}
	return len(entries)
}

// TestNames holds names that are given twice, collide, or belong to bad files: one bad
// file never hides the others.
func TestNames(t *testing.T) {
	dir := t.TempDir()
	sub := filepath.Join(dir, "sub")
	if err := os.Mkdir(sub, 0o700); err != nil {
		t.Fatal(err)
	}
	a, b, other, bad := filepath.Join(dir, "a.pcap"), filepath.Join(dir, "b.pcap"), filepath.Join(sub, "a.pcap"), filepath.Join(dir, "bad.pcap")
	writePcap(t, a, []int{30, 40})
	writePcap(t, b, []int{20})
	writePcap(t, other, []int{10})
	if err := os.WriteFile(bad, []byte("rubbish"), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := Open([]string{bad, a, b, filepath.Join(dir, ".", "a.pcap"), dir + "//b.pcap", other}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	got := drain(t, s)
	want := []mark{{10e3, 3, 1}, {20e3, 2, 1}, {30e3, 1, 1}, {40e3, 1, 2}}
	if diff := cmp.Diff(want, marks(got.packets), cmp.AllowUnexported(mark{})); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
	var names []string
	for i := range s.Files() {
		names = append(names, s.Name(i))
	}
	if diff := cmp.Diff([]string{"bad.pcap", a, "b.pcap", other}, names); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
	if len(got.problems) != 1 {
		t.Errorf("problems %v, want one", got.problems)
	}
}

// TestPipe writes packets one at a time into a pipe: each must come out before the next
// goes in.
func TestPipe(t *testing.T) {
	r, w := io.Pipe()
	defer w.Close()
	s, err := Open([]string{Stdin}, Options{Stdin: r})
	if err != nil {
		t.Fatal(err)
	}
	c := &composer{order: binary.LittleEndian}
	c.pcapHeader(0xa1b2c3d4, 4, 1)
	got := make(chan int)
	go func() {
		defer close(got)
		var b packet.Block
		for s.Next(&b) == nil {
			for range b.Packets {
				got <- len(b.Packets)
			}
		}
	}()
	for i := range 5 {
		c.record(at, uint32(i), frame(i, 60), 60)
		if _, err := w.Write(c.take()); err != nil {
			t.Fatal(err)
		}
		select {
		case n := <-got:
			if n != 1 {
				t.Errorf("%d packets at once", n)
			}
		case <-time.After(10 * time.Second):
			t.Fatal("a packet that has been written is held back")
		}
	}
	w.Close()
	for range got {
		t.Error("more packets than were written")
	}
	if s.BytesTotal() != 0 {
		t.Error("the size of a pipe is known")
	}
}

// TestStdinAmongFiles merges standard input, which can be read only once, with files.
func TestStdinAmongFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "in")
	writePcap(t, path, []int{15, 25})
	in, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	file := filepath.Join(t.TempDir(), "file")
	writePcap(t, file, []int{10, 20, 30})
	got := marks(readAll(t, Options{Stdin: in}, file, Stdin).packets)
	want := []mark{{10e3, 0, 1}, {15e3, 1, 1}, {20e3, 0, 2}, {25e3, 1, 2}, {30e3, 0, 3}}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(mark{})); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
}

// TestFIFO merges a named pipe, which cannot be opened twice, with a file.
func TestFIFO(t *testing.T) {
	dir := t.TempDir()
	fifo, file := filepath.Join(dir, "fifo"), filepath.Join(dir, "file")
	if err := exec.Command("mkfifo", fifo).Run(); err != nil {
		t.Skip("no named pipes here: ", err)
	}
	writePcap(t, file, []int{10, 20, 30})
	written := make(chan error, 1)
	plain := filepath.Join(dir, "plain")
	writePcap(t, plain, []int{15, 25})
	go func() {
		b, err := os.ReadFile(plain)
		if err == nil {
			err = os.WriteFile(fifo, b, 0)
		}
		written <- err
	}()
	got := marks(readAll(t, Options{}, file, fifo).packets)
	if err := <-written; err != nil {
		t.Fatal(err)
	}
	want := []mark{{10e3, 0, 1}, {15e3, 1, 1}, {20e3, 0, 2}, {25e3, 1, 2}, {30e3, 0, 3}}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(mark{})); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
}

// TestNoAllocations reads large files: what a block costs must not grow with its packets.
func TestNoAllocations(t *testing.T) {
	for _, files := range []int{1, 2} {
		var names []string
		for f := range files {
			times := make([]int, 900_000)
			for i := range times {
				times[i] = 2*i + f
			}
			names = append(names, filepath.Join(t.TempDir(), fmt.Sprint(f)))
			writePcap(t, names[f], times)
		}
		s, err := Open(names, Options{})
		if err != nil {
			t.Fatal(err)
		}
		var b packet.Block
		for range 8 { // let the lists of packets grow to their size
			if err := s.Next(&b); err != nil {
				t.Fatal(err)
			}
		}
		packets := 0
		allocs := testing.AllocsPerRun(20, func() {
			if err := s.Next(&b); err != nil {
				t.Fatal(err)
			}
			packets += len(b.Packets)
		})
		if packets < 10_000 {
			t.Fatalf("only %d packets in 20 blocks", packets)
		}
		if allocs > 0 {
			t.Errorf("%d files: %v allocations per block", files, allocs)
		}
		s.Close()
	}
}
