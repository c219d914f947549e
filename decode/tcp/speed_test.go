package tcp

import (
	"testing"

	"wstap/capture/packet"
	"wstap/decode/link"
)

// exchange makes the segments of a connection with n data segments each way, in
// which lose drops, swaps or repeats some.
func exchange(n int, lose bool) []link.Segment {
	r := newRun(worlds[1], DefaultLimits())
	var segments []link.Segment
	add := func(st step) {
		r.now += 1000
		segments = append(segments, r.segment(st))
	}
	text := string(make([]byte, 1000))
	at, back := 1, 1
	for i := range n {
		switch {
		case lose && i%10 == 3: // swapped
			add(c(at+1000, back, text))
			add(c(at, back, text))
			at += 1000
		case lose && i%10 == 6: // missed
		case lose && i%10 == 9: // repeated
			add(c(at, back, text))
			add(c(at, back, text))
		default:
			add(c(at, back, text))
		}
		at += 1000
		add(s(back, at, text))
		back += 1000
		add(s(back, at, ""))
	}
	return segments
}

// shift moves segments to where the next round of them goes.
func shift(segments []link.Segment, n int) {
	last := segments[len(segments)-1].Time - segments[0].Time + 1000
	for i := range segments {
		segments[i].Seq += uint32(n)
		segments[i].Ack += uint32(n)
		segments[i].Time += last
	}
}

func TestAllocs(t *testing.T) {
	const n = 1000
	for _, tt := range []struct {
		name string
		lose bool
		most float64 // per segment
	}{
		{"in order, with pure ACKs", false, 0},
		{"lossy", true, 0.001},
	} {
		t.Run(tt.name, func(t *testing.T) {
			segments := exchange(n, tt.lose)
			table := NewTable(DefaultLimits(), testSniff)
			round := func() {
				for i := range segments {
					table.Push(&segments[i])
				}
				shift(segments, n*1000)
			}
			round() // the first time round buffers are made
			if got := testing.AllocsPerRun(20, round) / float64(len(segments)); got > tt.most {
				t.Errorf("%g allocations per segment", got)
			}
			if lost := table.Counters().LostBytes > 0; lost != tt.lose {
				t.Errorf("%+v", table.Counters())
			}
		})
	}
}

func TestAllocsOfFlood(t *testing.T) {
	table := NewTable(DefaultLimits(), testSniff)
	i := uint64(0)
	if got := testing.AllocsPerRun(200000, func() {
		s := flood(i)
		table.Push(&s)
		i++
	}); got != 0 {
		t.Errorf("%g allocations per SYN", got)
	}
}

// flood returns SYN number i of a flood, a millisecond after the one before.
func flood(i uint64) link.Segment {
	h := (i + 1) * 0x9e3779b97f4a7c15
	h ^= h >> 32
	return link.Segment{
		Flow: link.Flow{ALo: i, BLo: 1 << 40, APort: 4000, BPort: 80}, Hash: h * 0xbf58476d1ce4e5b9,
		Time: int64(i+1) * 1e6, Ref: packet.NewRef(0, i+1), Seq: uint32(h), Flags: link.SYN, Window: 1000,
	}
}

func BenchmarkPushInOrder(b *testing.B) {
	const n = 1000
	segments := exchange(n, false)
	table := NewTable(DefaultLimits(), testSniff)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		k := i % len(segments)
		if k == 0 && i > 0 {
			shift(segments, n*1000)
		}
		table.Push(&segments[k])
	}
}

func BenchmarkPushLossy(b *testing.B) {
	const n = 1000
	segments := exchange(n, true)
	table := NewTable(DefaultLimits(), testSniff)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		k := i % len(segments)
		if k == 0 && i > 0 {
			shift(segments, n*1000)
		}
		table.Push(&segments[k])
	}
}

func BenchmarkPushFlood(b *testing.B) {
	table := NewTable(DefaultLimits(), testSniff)
	b.ReportAllocs()
	for i := uint64(0); b.Loop(); i++ {
		s := flood(i)
		table.Push(&s)
	}
}
