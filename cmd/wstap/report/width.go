package report

import (
	"strings"

	"github.com/mattn/go-runewidth"
	"github.com/rivo/uniseg"
)

// Width is the number of terminal columns that s takes. Characters that are
// narrow or wide depending on the locale (→, ↑, …) count as narrow, as terminals
// draw them.
func Width(s string) int {
	if isPlain(s) {
		return len(s)
	}
	c := runewidth.Condition{}
	return c.StringWidth(s)
}

// cutEnd returns s in at most width columns, with … for what was cut off.
func cutEnd(s string, width int) string {
	if Width(s) <= width {
		return s
	}
	if width < 1 {
		return ""
	}
	return head(s, width-1) + "…"
}

// cutMiddle returns s in at most width columns, with … for what was cut out. It
// keeps a little more of the start than of the end.
func cutMiddle(s string, width int) string {
	if Width(s) <= width {
		return s
	}
	if width < 1 {
		return ""
	}
	tail := (width - 1) * 2 / 5
	return head(s, width-1-tail) + "…" + tailOf(s, tail)
}

// head returns the longest start of s that takes at most width columns. It cuts
// only between characters as readers see them.
func head(s string, width int) string {
	g := uniseg.NewGraphemes(s)
	used, end := 0, 0
	for g.Next() {
		used += Width(g.Str())
		if used > width {
			break
		}
		_, end = g.Positions()
	}
	return s[:end]
}

// tailOf returns the longest end of s that takes at most width columns.
func tailOf(s string, width int) string {
	type cluster struct{ from, width int }
	var clusters []cluster
	g := uniseg.NewGraphemes(s)
	for g.Next() {
		from, _ := g.Positions()
		clusters = append(clusters, cluster{from, Width(g.Str())})
	}
	used, from := 0, len(s)
	for i := len(clusters) - 1; i >= 0; i-- {
		if used += clusters[i].width; used > width {
			break
		}
		from = clusters[i].from
	}
	return s[from:]
}

// pad returns s filled with blanks to width columns.
func pad(s string, width int) string {
	return s + strings.Repeat(" ", max(0, width-Width(s)))
}

// padLeft returns s with blanks before it to width columns.
func padLeft(s string, width int) string {
	return strings.Repeat(" ", max(0, width-Width(s))) + s
}

// isPlain reports whether every byte of s is an ASCII character of width one.
func isPlain(s string) bool {
	for i := range len(s) {
		if !isPrintASCII(s[i]) {
			return false
		}
	}
	return true
}

func isPrintASCII(c byte) bool { return c >= ' ' && c < 0x7f }
