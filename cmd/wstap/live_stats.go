package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"wstap/decode"
)

// statistics returns what tcpdump prints at its end, its parts separated as given, and
// where there are several interfaces the same of each.
func (r *liveRun) statistics(separator string) string {
	stats := r.source.Stats()
	captured := r.decoder.Summary().Packets.Total
	parts := []string{
		packets(captured) + " captured",
		packets(max(stats.Received, captured)) + " received by filter",
		packets(stats.Dropped) + " dropped by kernel",
	}
	if stats.DroppedByInterface != 0 {
		parts = append(parts, packets(stats.DroppedByInterface)+" dropped by interface")
	}
	if len(stats.Interfaces) > 1 {
		for _, i := range stats.Interfaces {
			parts = append(parts, fmt.Sprintf("%s: %s received by filter, %d dropped by kernel, %d by interface",
				i.Name, packets(i.Received), i.Dropped, i.DroppedByInterface))
		}
	}
	if stats.Late > 0 {
		parts = append(parts, packets(stats.Late)+" too late to be put in order")
	}
	return strings.Join(parts, separator)
}

// packets returns "1 packet" or "2 packets".
func packets(n uint64) string {
	if n == 1 {
		return "1 packet"
	}
	return fmt.Sprintf("%d packets", n)
}

// sayBounded says which limits were reached.
func (r *liveRun) sayBounded(s *decode.Summary) {
	for _, name := range slices.Sorted(maps.Keys(s.Bounded)) {
		r.s.say("limit %s reached %d times", strings.ReplaceAll(name, "_", " "), s.Bounded[name])
	}
}
