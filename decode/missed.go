package decode

import (
	"slices"

	"wstap/capture/packet"
)

// maxMissed is how many spans with missing packets are kept apart: a live capture
// that looks at the kernel's counter ten times a second and sees it rise each time
// fills it in seven minutes. Then the two oldest become one, which makes attempts
// near them look more doubtful than they are, never less.
const maxMissed = 4096

// missed knows when packets went by that the capture does not hold.
type missed struct {
	spans   []packet.Missed // in order of To
	bounded uint64          // how often two were made one
}

func (m *missed) add(spans []packet.Missed) {
	for _, s := range spans {
		if s.To < s.From {
			continue
		}
		at := len(m.spans)
		for at > 0 && m.spans[at-1].To > s.To {
			at--
		}
		if m.spans = slices.Insert(m.spans, at, s); len(m.spans) <= maxMissed {
			continue
		}
		first, second := m.spans[0], m.spans[1]
		m.spans = slices.Delete(m.spans, 0, 1)
		m.spans[0] = packet.Missed{From: min(first.From, second.From), To: second.To, Packets: first.Packets + second.Packets}
		m.bounded++
	}
}

// between returns how many packets are known to have been dropped in spans that
// touch the time from and to, inclusive, and for how much of that time there is no
// file at all, in nanoseconds.
func (m *missed) between(from, to int64) (dropped uint64, unrecorded int64) {
	for i := len(m.spans) - 1; i >= 0 && m.spans[i].To >= from; i-- {
		s := &m.spans[i]
		switch {
		case s.From > to:
		case s.Packets > 0:
			dropped += s.Packets
		default:
			unrecorded += max(min(s.To, to)-max(s.From, from), 1)
		}
	}
	return dropped, unrecorded
}

// any reports whether packets are missing between from and to, inclusive.
func (m *missed) any(from, to int64) bool {
	dropped, unrecorded := m.between(from, to)
	return dropped > 0 || unrecorded > 0
}
