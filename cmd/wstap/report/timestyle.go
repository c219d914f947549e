package report

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// TimeStyle is how the table shows times: -t as in tshark. The zero value shows
// the time of day in the local zone, and the day where there are several.
type TimeStyle struct {
	kind   string         // "", "a", "ad", "adoy", "d", "e", "r", "u", "ud" or "udoy"
	digits int            // of the second's fraction; -1 as many as the width allows
	zone   *time.Location // nil only in the zero value
}

// ParseTimeStyle reads the value of -t, such as "ad" or "r.6". zone is the local
// one; nil is UTC.
func ParseTimeStyle(s string, zone *time.Location) (TimeStyle, error) {
	if zone == nil {
		zone = time.UTC
	}
	kind, fraction, given := strings.Cut(s, ".")
	style := TimeStyle{kind: kind, digits: -1, zone: zone}
	if given {
		n, err := strconv.Atoi(fraction)
		if err != nil || n < 0 || n > 9 {
			return style, fmt.Errorf("-t %s: the number of digits is 0 to 9", Escape(s))
		}
		style.digits = n
	}
	switch kind {
	case "dd":
		style.kind = "d"
	case "u", "ud", "udoy":
		style.zone = time.UTC
	case "", "a", "ad", "adoy", "d", "e", "r":
	default:
		return style, fmt.Errorf("-t %s: use a, ad, adoy, d, e, r, u, ud or udoy", Escape(s))
	}
	return style, nil
}

// clock shows the times of one table.
type clock struct {
	TimeStyle
	start  int64 // the first packet's time, for "r"
	before int64 // the row before, for "d"; 0 before the first row

	anyDigits bool // the user did not ask for this number of digits
}

// newClock settles what the style leaves open: wide says whether there is room,
// and first and last are the times of the first and last row.
func newClock(style TimeStyle, wide bool, start, first, last int64) *clock {
	c := &clock{TimeStyle: style, start: start}
	if c.anyDigits = c.digits < 0 || c.zone == nil; c.anyDigits {
		c.digits = 3
		if wide {
			c.digits = 6
		}
	}
	if c.zone == nil {
		c.zone = time.UTC
	}
	if c.kind == "" {
		c.kind = "a"
		if !sameDay(unixTime(first).In(c.zone), unixTime(last).In(c.zone)) {
			c.kind = "ad"
		}
	}
	return c
}

func sameDay(a, b time.Time) bool {
	return a.YearDay() == b.YearDay() && a.Year() == b.Year()
}

// show returns the time of a row.
func (c *clock) show(ns int64) string {
	switch c.kind {
	case "e":
		return seconds(ns, c.digits)
	case "r":
		return seconds(ns-c.start, c.digits)
	case "d":
		before := c.before
		c.before = ns
		if before == 0 {
			before = ns
		}
		return seconds(ns-before, c.digits)
	}
	t := unixTime(ns).In(c.zone)
	layout := "15:04:05"
	if c.digits > 0 {
		layout += "." + strings.Repeat("0", c.digits)
	}
	switch c.kind {
	case "ad", "ud":
		layout = "2006-01-02 " + layout
	case "adoy", "udoy":
		layout = "2006/002 " + layout
	}
	return t.Format(layout)
}

// whole returns a time that show returned without the fraction of the second,
// where the user left that open and the rest still tells the time.
func (c *clock) whole(shown string) string {
	switch c.kind {
	case "r", "d":
		return shown
	}
	if dot := strings.LastIndexByte(shown, '.'); c.anyDigits && dot > 0 {
		return shown[:dot]
	}
	return shown
}

// seconds writes nanoseconds as seconds with so many digits, rounded down.
func seconds(ns int64, digits int) string {
	sign := ""
	if ns < 0 {
		sign, ns = "-", -ns
	}
	whole := sign + strconv.FormatInt(ns/int64(time.Second), 10)
	if digits == 0 {
		return whole
	}
	return whole + "." + fmt.Sprintf("%09d", ns%int64(time.Second))[:digits]
}
