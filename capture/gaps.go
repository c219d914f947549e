package capture

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"wstap/capture/packet"
)

const (
	// A silence between two files is worth a word when it is silenceFactor times as
	// long as is usual between files of their set, which is next to nothing where
	// there is traffic, and longer than what retransmissions and keep-alives of
	// impatient programs leave open.
	silenceFactor = 20
	minSilence    = 5 * time.Second
	// minSpans is how many transitions tell what is usual.
	minSpans = 3

	// A set is rotated by time when at least minRegular beginnings, and
	// three quarters of them, are one period apart. tcpdump -G rotates at the first
	// packet after the period, so that traffic decides about the rest.
	minRegular = 3
	// maxSlack is how late that packet may be, and a quarter of the period at most.
	maxSlack = 2 * time.Second

	// maxGaps is how many gaps are kept to be told: more than the files of any read
	// can have. Only following a ring for long can come to that.
	maxGaps = packet.MaxFiles
)

// Gap is a span between two files of a rotated set that no file holds, or that
// no packet is in.
type Gap struct {
	Before, After string // names of the files on both sides, as Set.Name gives them
	From, To      int64  // last packet before and first packet after; nanoseconds since 1970-01-01 UTC
	Missing       int    // files that are certainly missing; 0 when all that is known is that no packets came
}

// String says what is missing, and between which files.
func (g Gap) String() string {
	span := time.Duration(g.To - g.From).Round(time.Millisecond)
	switch g.Missing {
	case 0:
		return fmt.Sprintf("no packets for %v between %s and %s", span, g.Before, g.After)
	case 1:
		return fmt.Sprintf("a file is missing between %s and %s: nothing was read of %v", g.Before, g.After, span)
	default:
		return fmt.Sprintf("%d files are missing between %s and %s: nothing was read of %v", g.Missing, g.Before, g.After, span)
	}
}

// Gaps returns the gaps between files found so far, in order of time, and how many
// there were; the list ends at a bound. Mere silence is known when Next has returned io.EOF.
func (s *Set) Gaps() ([]Gap, int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := slices.Clone(s.gaps)
	slices.SortStableFunc(list, func(a, b Gap) int {
		return cmp.Or(cmp.Compare(a.From, b.From), compareNatural(a.Before, b.Before))
	})
	return list, s.gapCount
}

// seriesOf returns the series of an input.
func (s *Set) seriesOf(in *input) *series {
	sr := s.series[in.parts.key]
	if sr == nil {
		sr = &series{exist: map[int]bool{}}
		s.series[in.parts.key] = sr
	}
	return sr
}

// chain finds for each input the one before it in its series, and how many files are
// missing between them. The inputs must be in order of time.
func (s *Set) chain(inputs []*input) {
	for _, in := range inputs {
		if in.stream {
			continue
		}
		sr := s.seriesOf(in)
		if !in.parts.timed {
			sr.exist[in.parts.number] = true // no two files can have it
		}
		if sr.last != nil && in.first < sr.last.first {
			in.final = true // an older file has come late
			continue
		}
		in.prev = sr.last
		sr.last = in
		if in.prev == nil {
			continue
		}
		in.prev.final = true
		switch step := in.parts.number - in.prev.parts.number; {
		case step == 1:
			sr.ones++
		case step > 1:
			sr.jumps++
		}
	}
	for _, in := range inputs {
		if in.prev != nil {
			in.missing = s.seriesOf(in).missing(in)
		}
	}
}

// missing returns how many files are missing right before in: by their numbers,
// or by the beginnings of files that are rotated by time.
func (sr *series) missing(in *input) int {
	a, b := in.prev.parts, in.parts
	if a.digits == 0 && b.digits == 0 {
		return sr.missingPeriods(in)
	}
	if b.number <= a.number+1 {
		return 0 // the next, or a ring has come round, or the program was started again
	}
	if !b.sure && (sr.ones == 0 || sr.ones < sr.jumps || clockNext(a, b)) {
		return 0
	}
	n := b.number - a.number - 1
	if n <= len(sr.exist) {
		for k := a.number + 1; k < b.number; k++ {
			if sr.exist[k] {
				n--
			}
		}
		return n
	}
	for k := range sr.exist {
		if a.number < k && k < b.number {
			n--
		}
	}
	return n
}

// findPeriod sees whether a series is rotated by time.
func (sr *series) findPeriod() {
	var steps []int64
	for i := 1; i < len(sr.members); i++ {
		steps = append(steps, sr.members[i].first-sr.members[i-1].first)
	}
	if len(steps) < minRegular {
		return
	}
	sorted := slices.Sorted(slices.Values(steps))
	period := sorted[len(sorted)/2]
	regular := 0
	for _, d := range steps {
		if abs(d-period) <= slack(period) {
			regular++
		}
	}
	if regular >= minRegular && 4*regular >= 3*len(steps) {
		sr.period = period
	}
}

// missingPeriods returns how many periods have no file right before in.
func (sr *series) missingPeriods(in *input) int {
	if sr.period <= 0 {
		return 0
	}
	d := in.first - in.prev.first
	k := (d + sr.period/2) / sr.period
	if k < 2 || abs(d-k*sr.period) > slack(sr.period) {
		return 0 // whoever begins anew out of step was not writing in between
	}
	return int(k - 1)
}

func slack(period int64) int64 { return min(int64(maxSlack), period/4) }

func abs(n int64) int64 { return max(n, -n) }

// arrive sees whether something is missing before an input whose first packet is due.
func (s *Set) arrive(in *input, b *packet.Block) {
	p := in.prev
	if p == nil || !p.hasLast {
		return
	}
	sr := s.seriesOf(in)
	if p.reader != nil && !p.paused || p.lastTime > in.first {
		sr.overlap = true
		return
	}
	in.span = in.first - p.lastTime
	byPeriod := in.parts.digits == 0 && p.parts.digits == 0
	switch {
	case in.missing == 0:
		return
	case byPeriod && p.lastTime < p.first+sr.period-slack(sr.period):
		return // silence began within the file before: no file is made where no packet comes
	case !byPeriod && !in.parts.sure && sr.overlap, s.elsewhere(in):
		return
	}
	in.span = 0 // said
	b.Missed = append(b.Missed, packet.Missed{From: p.lastTime, To: in.first})
	s.addGap(Gap{p.name, in.name, p.lastTime, in.first, in.missing})
}

// elsewhere reports whether a file of the same name, but for its number and folder,
// begins between in and the one before it: somebody has sorted a set into folders.
func (s *Set) elsewhere(in *input) bool {
	for _, o := range s.inputs {
		if o.first > in.prev.lastTime && o.first < in.first && o.parts.key != in.parts.key && filepath.Base(o.parts.key) == filepath.Base(in.parts.key) {
			return true
		}
	}
	return false
}

func (s *Set) addGap(g Gap) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gapCount++
	if len(s.gaps) < maxGaps {
		s.gaps = append(s.gaps, g)
	}
}

// silences finds the transitions of each series that took unusually long. It is
// called once, at the end.
func (s *Set) silences() {
	for _, sr := range s.series {
		var spans []int64
		for _, in := range sr.members {
			if in.span > 0 {
				spans = append(spans, in.span)
			}
		}
		if len(spans) < minSpans || sr.overlap {
			continue
		}
		slices.Sort(spans)
		usual := max(int64(minSilence), silenceFactor*spans[len(spans)/2])
		for _, in := range sr.members {
			if in.span > usual {
				s.addGap(Gap{in.prev.name, in.name, in.prev.lastTime, in.first, 0})
			}
		}
	}
}
