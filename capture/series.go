package capture

import (
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// nameParts is what the name of a file tells of the set that it belongs to. Capture
// programs name the files of a set so:
//
//	tcpdump -C        trace.pcap, trace.pcap1, trace.pcap2
//	tcpdump -C -W     trace.pcap00, trace.pcap01
//	tcpdump -G        whatever strftime makes of it, such as trace-20260101-120000.pcap
//	dumpcap -b        trace_00001_20260101120000.pcapng, trace_20260101120000_00001.pcapng
type nameParts struct {
	key    string // folder and name without number and time: one for all files of a set
	number int
	digits int // how many the number was written with; 0 when there is none
	timed  bool
	// sure says that the number is where tcpdump or dumpcap put it. Other numbers
	// may be those of interfaces, hosts or tests.
	sure bool
}

var (
	// dateTime is a date with or without a time of day, in the ways that people
	// ask strftime for them, or the seconds since 1970 with 10 digits.
	dateTime = regexp.MustCompile(`(?:19|20)\d\d[-_.]?[01]\d[-_.]?[0-3]\d(?:[-_.T ]?[0-2]\d(?:[-_.:h]?[0-5]\d(?:[-_.:m]?[0-6]\d)?)?)?|1\d{9}`)

	dumpcapName   = regexp.MustCompile(`_(\d{5,})_` + timeMark + `|` + timeMark + `_(\d{5,})`)
	numberAtEnd   = regexp.MustCompile(`\d+$`)
	numberBefore  = regexp.MustCompile(`(\d+)\.[A-Za-z][0-9A-Za-z]*$`) // the extension
	afterNumberOK = regexp.MustCompile(`[-_A-Za-z` + timeMark + `]$`)
)

// compressedSuffixes are what compressors append to a name.
var compressedSuffixes = []string{".gz", ".zst", ".zstd"}

const (
	timeMark   = "\x01"
	numberMark = "\x02"

	secondsLen = len("20060102150405") // of a time to the second, at least

	// maxNumberDigits keeps numbers within an int of 32 bits.
	maxNumberDigits = 9
)

// parseName takes a path apart.
func parseName(path string) nameParts {
	dir, base := filepath.Split(path)
	for _, suffix := range compressedSuffixes {
		base = strings.TrimSuffix(base, suffix)
	}
	base = strings.Map(func(r rune) rune {
		if r < ' ' {
			return ' '
		}
		return r
	}, base)
	var n nameParts
	base, n.timed = cutTime(base)
	place := func(from, to int, sure bool) {
		n.digits, n.sure = to-from, sure
		n.number, _ = strconv.Atoi(base[from:to])
		base = base[:from] + numberMark + base[to:]
	}
	if m := dumpcapName.FindStringSubmatchIndex(base); m != nil && max(m[3]-m[2], m[5]-m[4]) <= maxNumberDigits {
		place(max(m[2], m[4]), max(m[3], m[5]), true)
	} else if m := numberAtEnd.FindStringIndex(base); m != nil && m[1]-m[0] <= maxNumberDigits {
		place(m[0], m[1], afterNumberOK.MatchString(base[:m[0]]))
	} else if m := numberBefore.FindStringSubmatchIndex(base); m != nil && m[3]-m[2] <= maxNumberDigits {
		place(m[2], m[3], false)
	} else {
		base += numberMark // the first file of tcpdump -C has no number
		n.sure = true
	}
	n.key = dir + base
	return n
}

// cutTime puts a mark in the place of a date or time.
func cutTime(base string) (string, bool) {
	for _, m := range dateTime.FindAllStringIndex(base, -1) {
		if m[0] > 0 && digits(base[m[0]-1:]) != "" {
			continue
		}
		// tcpdump -G -C writes its number right behind.
		if digits(base[m[1]:]) != "" && m[1]-m[0] < secondsLen {
			continue
		}
		return base[:m[0]] + timeMark + base[m[1]:], true
	}
	return base, false
}

// clockNext reports whether b follows a as a time of day: %H%M or %H%M%S counts
// from 1259 to 1300.
func clockNext(a, b nameParts) bool {
	if a.digits != b.digits {
		return false
	}
	units := func(n int) (int, bool) {
		switch h, m, s := n/100, n%100, 0; a.digits {
		case 6:
			h, m, s = n/10000, n/100%100, n%100
			return (h*60+m)*60 + s, h < 24 && m < 60 && s < 60
		case 4:
			return h*60 + m, h < 24 && m < 60
		default:
			return 0, false
		}
	}
	ua, okA := units(a.number)
	ub, okB := units(b.number)
	return okA && okB && ub == ua+1
}

// series is what the set knows of files named alike.
type series struct {
	last    *input       // the latest so far, by first packet
	exist   map[int]bool // numbers that need not be looked for
	ones    int          // steps from one number to the next
	jumps   int          // longer steps
	overlap bool         // two files at the same time: nobody rotates like that
	period  int64        // nanoseconds from one beginning to the next; 0 when they are irregular
	members []*input     // in order of time, as far as their time is known
}
