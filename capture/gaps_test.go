package capture

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"wstap/capture/packet"
)

// setFile is a file of a set: eleven packets between two seconds.
type setFile struct {
	name     string
	from, to float64
}

// write composes the file.
func (f setFile) write(t *testing.T, dir string) {
	t.Helper()
	times := make([]int, 0, 11)
	for i := range 11 {
		times = append(times, int(1e6*(f.from+(f.to-f.from)*float64(i)/10)))
	}
	writePcap(t, filepath.Join(dir, f.name), times)
}

// sequence names files by a format and numbers, each of a second, one after another.
func sequence(format string, numbers ...int) []setFile {
	var files []setFile
	for i, n := range numbers {
		name := fmt.Sprintf(format, n)
		if n < 0 {
			name = fmt.Sprintf(format, 0)
			name = name[:len(name)-1] // tcpdump -C: the first has no number
		}
		files = append(files, setFile{name, 100 + float64(i), 100.999 + float64(i)})
	}
	return files
}

// at moves a file to other seconds.
func (f setFile) at(from, to float64) setFile { return setFile{f.name, from, to} }

// periods are files of tcpdump -G 10, at whole periods, without those given.
func periods(n int, without ...int) []setFile {
	var files []setFile
next:
	for i := range n {
		for _, w := range without {
			if i == w {
				continue next
			}
		}
		at := float64(1000 + 10*i)
		files = append(files, setFile{fmt.Sprintf("g-20260101-12%02d%02d.pcap", i/6, i%6*10), at + 0.01, at + 9.98})
	}
	return files
}

func TestGaps(t *testing.T) {
	type gap struct {
		before, after string
		missing       int
	}
	dumpcap := func(n int) string { return fmt.Sprintf("x_%05d_20260101120000.pcapng", n) }
	for name, tt := range map[string]struct {
		files []setFile
		want  []gap
	}{
		"dumpcap":                          {sequence("x_%05d_20260101120000.pcapng", 1, 2, 3, 5, 6), []gap{{dumpcap(3), dumpcap(5), 1}}},
		"dumpcap, two lost":                {sequence("x_%05d_20260101120000.pcapng", 3, 6), []gap{{dumpcap(3), dumpcap(6), 2}}},
		"dumpcap, name time num":           {sequence("x_20260101120000_%05d.pcapng", 9, 11), []gap{{"x_20260101120000_00009.pcapng", "x_20260101120000_00011.pcapng", 1}}},
		"dumpcap ring, the oldest deleted": {sequence("x_%05d_20260101120000.pcapng", 41, 42, 43), nil},
		"dumpcap begun again":              {sequence("x_%05d_20260101120000.pcapng", 4, 5, 1, 2), nil},
		"dumpcap begun again, one lost": {sequence("x_%05d_20260101120000.pcapng", 1, 2, 3, 4, 101, 103),
			[]gap{{dumpcap(4), dumpcap(101), 96}, {dumpcap(101), dumpcap(103), 1}}},
		"tcpdump -C":                {sequence("x.pcap%d", -1, 1, 2, 4), []gap{{"x.pcap2", "x.pcap4", 1}}},
		"tcpdump -C, no first":      {sequence("x.pcap%d", 1, 2, 3), nil},
		"tcpdump -C, the second":    {sequence("x.pcap%d", -1, 2, 3), []gap{{"x.pcap", "x.pcap2", 1}}},
		"tcpdump -C, 9 to 10":       {sequence("x.pcap%d", 8, 9, 10, 11), nil},
		"tcpdump -W ring":           {sequence("x.pcap%02d", 7, 8, 9, 0, 1, 2, 3, 4, 5, 6), nil},
		"tcpdump -W ring, one lost": {sequence("x.pcap%02d", 7, 9, 0, 1, 2, 3), []gap{{"x.pcap07", "x.pcap09", 1}}},
		// Number 8 is there, though not in its place.
		"tcpdump -W ring, order": {sequence("x.pcap%02d", 7, 9, 0, 1, 2, 3, 4, 5, 6, 8), nil},
		"one file":               {sequence("x.pcap%d", 7), nil},
		"two sets":               {append(sequence("a.pcap%d", 1, 2, 3), sequence("b.pcap%d", 7, 8, 9)...), nil},
		"two sets, both with a gap": {append(sequence("a.pcap%d", 1, 3), sequence("b.pcap%d", 7, 9)...),
			[]gap{{"a.pcap1", "a.pcap3", 1}, {"b.pcap7", "b.pcap9", 1}}},
		"numbers before the extension":           {sequence("cap-%03d.pcap", 1, 2, 3, 5), []gap{{"cap-003.pcap", "cap-005.pcap", 1}}},
		"numbers that do not count":              {sequence("case%d.pcap", 3, 17, 40), nil},
		"interfaces, at the same time":           {[]setFile{{"eth0.pcap", 1, 9}, {"eth1.pcap", 2, 8}, {"eth3.pcap", 8.5, 9.5}}, nil},
		"addresses":                              {sequence("10.0.0.%d", 3, 9, 77), nil},
		"hours and minutes":                      {sequence("cap-%04d.pcap", 1257, 1258, 1259, 1300, 1301), nil},
		"no time and no number":                  {[]setFile{{"a.pcap", 1, 2}, {"b.pcap", 50, 60}, {"c.pcap", 500, 600}}, nil},
		"tcpdump -G":                             {periods(9), nil},
		"tcpdump -G, one lost":                   {periods(9, 4), []gap{{"g-20260101-120030.pcap", "g-20260101-120050.pcap", 1}}},
		"tcpdump -G, two lost, and one":          {periods(20, 4, 5, 11), []gap{{"g-20260101-120030.pcap", "g-20260101-120100.pcap", 2}, {"g-20260101-120140.pcap", "g-20260101-120200.pcap", 1}}},
		"tcpdump -G, the first lost":             {periods(9, 0, 1), nil},
		"tcpdump -G, too few to see a period":    {periods(3, 1), nil},
		"tcpdump -G, silence and not a lost one": {append(periods(5)[:4], periods(4)[3].at(1030.01, 1032), setFile{"g-20260101-120100.pcap", 1060.01, 1069}), []gap{{"g-20260101-120030.pcap", "g-20260101-120100.pcap", 0}}},
		"silence":                                {append(sequence("x.pcap%d", 1, 2, 3, 4), setFile{"x.pcap5", 144, 145}), []gap{{"x.pcap4", "x.pcap5", 0}}},
		"a short silence":                        {append(sequence("x.pcap%d", 1, 2, 3, 4), setFile{"x.pcap5", 107, 108}), nil},
		"silence is usual":                       {[]setFile{{"x.pcap1", 100, 101}, {"x.pcap2", 140, 141}, {"x.pcap3", 190, 191}, {"x.pcap4", 220, 221}, {"x.pcap5", 300, 301}}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for _, f := range tt.files {
				f.write(t, dir)
			}
			s, err := Open([]string{dir}, Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			var missed []packet.Missed
			var b packet.Block
			for s.Next(&b) == nil {
				for _, m := range b.Missed {
					if len(b.Packets) == 0 || b.Packets[0].Time != m.To {
						t.Errorf("%v does not come with the packet that ends it", m)
					}
				}
				missed = append(missed, b.Missed...)
			}
			gaps, n := s.Gaps()
			var got []gap
			var certain []packet.Missed
			for _, g := range gaps {
				got = append(got, gap{g.Before, g.After, g.Missing})
				if g.Missing > 0 {
					certain = append(certain, packet.Missed{From: g.From, To: g.To})
				}
			}
			if diff := cmp.Diff(tt.want, got, cmp.AllowUnexported(gap{})); diff != "" || n != len(gaps) {
				t.Errorf("%d gaps (-want +got):\n%s", n, diff)
			}
			if len(s.Problems()) > 0 {
				t.Error(s.Problems())
			}
			if len(certain) != len(missed) {
				t.Errorf("missed %v, and gaps %v", missed, gaps)
			}
		})
	}
}

// TestGapSpan holds the span that a gap is said to have against the packets around it.
func TestGapSpan(t *testing.T) {
	dir := t.TempDir()
	for _, f := range []setFile{{"x.pcap1", 100, 101}, {"x.pcap3", 103.5, 104}} {
		f.write(t, dir)
	}
	s, err := Open([]string{dir}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	drain(t, s)
	gaps, _ := s.Gaps()
	want := []Gap{{"x.pcap1", "x.pcap3", 101e9, 103.5e9, 1}}
	if diff := cmp.Diff(want, gaps); diff != "" {
		t.Errorf("gaps (-want +got):\n%s", diff)
	}
	if text := gaps[0].String(); text != "a file is missing between x.pcap1 and x.pcap3: nothing was read of 2.5s" {
		t.Error(text)
	}
}

// TestUnreadableIsNotMissing has a number that is there and cannot be read: that is a
// problem of its own, and not a gap.
func TestUnreadableIsNotMissing(t *testing.T) {
	dir := t.TempDir()
	for _, f := range sequence("x.pcap%d", 1, 3) {
		f.write(t, dir)
	}
	damaged := append(pcapBytes(t)[:4], 9, 9, 9, 9)
	if err := os.WriteFile(filepath.Join(dir, "x.pcap2"), append(damaged, make([]byte, 30)...), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := Open([]string{dir}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	got := drain(t, s)
	if gaps, n := s.Gaps(); n != 0 || len(got.problems) != 1 {
		t.Errorf("gaps %v, problems %v", gaps, got.problems)
	}
}
