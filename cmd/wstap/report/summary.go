package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"wstap/decode"
)

// writeSummary writes the last line: what was read, what came of it, and what the
// rows do not show. It is wrapped between its parts.
func writeSummary(b *strings.Builder, s *decode.Summary, written int, o *TableOptions) {
	var parts []string
	add := func(format string, args ...any) { parts = append(parts, fmt.Sprintf(format, args...)) }

	total := 0
	for _, n := range s.Attempts {
		total += n
	}
	switch {
	case total == 0:
		add("no WebSocket handshake attempts")
	case written != total:
		add("%d of %s: %s", written, Plural(total, "attempt"), verdicts(s.Attempts))
	default:
		add("%s: %s", Plural(total, "attempt"), verdicts(s.Attempts))
	}
	packets := Plural(s.Packets.Total, "packet")
	if p := unread(&s.Packets); p != "" {
		packets += " (" + p + ")"
	}
	add("%s", packets)
	if n := s.Packets.Dropped; n > 0 {
		add("%d dropped by kernel", n)
	}
	if n := s.Packets.DroppedByInterface; n > 0 {
		add("%d dropped by interface", n)
	}
	add("%s", Plural(s.Connections, "connection"))
	if span := timeSpan(s, o.Times.zone); span != "" {
		add("%s", span)
	}
	if s.Gaps > 0 {
		add("%s, %s lost", Plural(s.Gaps, "gap"), Plural(s.LostBytes, "byte"))
	}
	if s.MissingFiles > 0 {
		add("%s missing", Plural(s.MissingFiles, "file"))
	}
	for _, name := range slices.Sorted(maps.Keys(s.Bounded)) {
		if n := s.Bounded[name]; n > 0 {
			add("limit %s reached %s", Escape(strings.ReplaceAll(name, "_", " ")), Plural(n, "time"))
		}
	}
	if u := s.Unshown; u != nil && u.Connects > 0 {
		add("%s to %s not shown: --connects all", Plural(u.Connects, "failed connect"), Plural(u.Endpoints, "other endpoint"))
	}
	parts = append(parts, tlsParts(s)...)
	for _, line := range wrap(parts, " · ", o.Width) {
		b.WriteString(line + "\n")
	}
}

// verdicts lists the attempts by verdict, most frequent first.
func verdicts(attempts map[decode.Verdict]int) string {
	var parts []string
	for _, v := range mostFirst(attempts) {
		if attempts[v] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", attempts[v], Escape(string(v))))
		}
	}
	return strings.Join(parts, ", ")
}

// mostFirst returns the keys of counts, most frequent first.
func mostFirst[K, N cmp.Ordered](counts map[K]N) []K {
	return slices.SortedFunc(maps.Keys(counts), func(a, b K) int { return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b)) })
}

// unread lists packets that were not decoded, by reason.
func unread(p *decode.PacketCounts) string {
	var parts []string
	for _, x := range []struct {
		n    uint64
		what string
	}{
		{p.NotTCP, "not TCP"}, {p.DNS, "DNS"}, {p.Fragments, "IP fragments"}, {p.Malformed, "malformed"},
		{p.UnknownLink, "of unknown link type"}, {p.Filtered, "filtered out"},
	} {
		if x.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", x.n, x.what))
		}
	}
	return strings.Join(parts, ", ")
}

// timeSpan returns when the capture begins and ends.
func timeSpan(s *decode.Summary, zone *time.Location) string {
	first, err1 := time.Parse(time.RFC3339Nano, s.FirstTime)
	last, err2 := time.Parse(time.RFC3339Nano, s.LastTime)
	if err1 != nil || err2 != nil {
		return ""
	}
	if zone == nil {
		zone = time.UTC
	}
	first, last = first.In(zone), last.In(zone)
	layout := "15:04:05 MST"
	if !sameDay(first, last) {
		layout = "2006-01-02 15:04:05 MST"
	}
	begin := first.Format("2006-01-02 15:04:05")
	if first.Unix() == last.Unix() {
		return begin + last.Format(" MST")
	}
	return begin + " to " + last.Format(layout)
}

// Plural returns "1 packet" or "2 packets".
func Plural[N int | uint64](n N, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// wrap joins parts into lines of at most width columns where that is possible.
func wrap(parts []string, separator string, width int) []string {
	var lines []string
	line := ""
	for _, p := range parts {
		switch {
		case line == "":
			line = p
		case Width(line)+Width(separator)+Width(p) <= width:
			line += separator + p
		default:
			lines = append(lines, line)
			line = p
		}
	}
	return append(lines, line)
}
