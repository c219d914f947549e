package tcp

import (
	"runtime"
	"slices"
	"strings"
	"testing"
	"unsafe"
)

func TestSizes(t *testing.T) {
	equal(t, "part of Conn that is read for every packet", unsafe.Offsetof(Conn{}.hash), 128)
	equal(t, "Conn", unsafe.Sizeof(Conn{}), 256)
	equal(t, "opening", unsafe.Sizeof(opening{}), 128)
	equal(t, "openSet", unsafe.Sizeof(openSet{}), 64)
}

// A flood of SYNs from a million addresses takes the memory of the openings table,
// says nothing while it lasts, and counts what it pushed out.
func TestFlood(t *testing.T) {
	const n = 1_000_000
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	r := newRun(worlds[0], DefaultLimits())
	for i := range uint32(n) {
		r.to(i + 1)
		r.now += 1000
		seg := r.segment(syn)
		if events := r.table.Push(&seg); len(events) != 0 {
			t.Fatalf("SYN %d: %d events", i, len(events))
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 16<<20 {
		t.Errorf("%d bytes", grown)
	}
	events := finished(r.table)
	equal(t, "accounted for", uint64(len(events))+r.table.Counters().OpeningsDropped, n)
	if len(events) < maxOpenings*9/10 || len(events) > maxOpenings {
		t.Errorf("%d events", len(events))
	}
}

// A refused connect that is pushed out of the table is reported, not lost, also
// when it is a connection that is no longer followed that takes its place.
func TestPushedOutIsReported(t *testing.T) {
	for _, how := range []string{"SYN", "drop", "close"} {
		r := newRun(worlds[0], DefaultLimits())
		fill := func() {
			for i := range uint32(openWays) {
				r.to(100 + i)
				r.hash = 77 | uint64(i)<<40
				r.do(syn, refusal)
			}
		}
		r.hash = 77 | 1<<60
		switch how {
		case "SYN":
			fill()
			r.to(1)
			r.hash = 77 | 1<<60
			r.do(syn)
		case "drop":
			r.do(c(1, 1, "GET"))
			fill()
			r.table.Drop(0)
			r.do(pass(1))
		case "close":
			r.do(c(1, 1, "GET").rst(), pass(9000))
			fill()
			r.text = nil
			r.do(pass(1500))
		}
		if len(r.fails) == 0 {
			t.Errorf("%s: %v", how, r.text)
		}
		r.finish()
		equal(t, how+": refused connects reported", len(r.fails), map[string]int{"SYN": openWays + 1, "drop": openWays, "close": openWays}[how])
	}
}

func TestEviction(t *testing.T) {
	l := DefaultLimits()
	l.Conns = 100
	r := newRun(worlds[0], l)
	const n = 250
	for i := range uint32(n) {
		r.to(i + 1)
		r.do(c(1, 1, "GET"), c(5, 1, "held"))
		if r.table.live > l.Conns {
			t.Fatalf("%d connections", r.table.live)
		}
	}
	equal(t, "evicted", r.table.Counters().Evicted, n-100)
	equal(t, "ends", strings.Count(strings.Join(r.text, ","), "end evicted"), n-100)
	if r.table.size > 100+1 {
		t.Errorf("%d IDs", r.table.size)
	}
	r.finish()
	equal(t, "all ends", len(r.ended), n)
	r.clean(t)
}

// The one that has been silent longest goes first.
func TestEvictsTheSilent(t *testing.T) {
	l := DefaultLimits()
	l.Conns = 10
	r := newRun(worlds[0], l)
	for i := range uint32(10) {
		r.to(i + 1)
		r.do(c(1, 1, "GET"))
	}
	for i := range uint32(10) {
		if i != 6 {
			r.to(i + 1)
			r.do(c(4, 1, "x"))
		}
	}
	r.to(7)
	silent := r.flow
	r.to(99)
	r.do(c(1, 1, "GET"))
	equal(t, "ended", len(r.ended), 1)
	equal(t, "evicted", r.ended[0].flow, silent)
}

// Held bytes of one direction, and of all, stay within their limits, and so do
// tiny segments, whose buffers are larger than they.
func TestHeldBounds(t *testing.T) {
	big := strings.Repeat("x", 60000)
	t.Run("one direction", func(t *testing.T) {
		r := newRun(worlds[0], DefaultLimits())
		r.do(opened(c(1, 1, "a"))...)
		for i := range 100 { // tiny ones in front, so that each big one frees little
			r.do(c(10+2*i, 1, "y"))
		}
		for i := range 100 {
			r.do(c(1000+60001*i, 1, big))
			q := &r.table.holds[0]
			if q.bytes > heldPerDirection || len(q.segments) > heldSegments {
				t.Fatalf("%d bytes in %d segments", q.bytes, len(q.segments))
			}
		}
		if r.table.Counters().HeldDirection == 0 {
			t.Error("not counted")
		}
		r.finish()
		r.clean(t)
	})
	t.Run("all", func(t *testing.T) {
		l := DefaultLimits()
		l.HeldBytes = 1 << 20
		for _, text := range []string{"y", big} {
			r := newRun(worlds[0], l)
			for i := range uint32(300) {
				r.to(i + 1)
				r.do(opened(c(1, 1, "a"))...)
				for j := range 20 {
					r.do(c(10+(len(text)+1)*j, 1, text))
					if r.table.used > l.HeldBytes {
						t.Fatalf("%d bytes", r.table.used)
					}
				}
			}
			if r.table.Counters().HeldTotal == 0 {
				t.Error("not counted")
			}
			r.finish()
			r.clean(t)
		}
	})
	t.Run("segments", func(t *testing.T) {
		r := newRun(worlds[0], DefaultLimits())
		r.do(opened(c(1, 1, "a"))...)
		for i := range heldSegments + 1 {
			r.do(c(10+2*i, 1, "y"))
		}
		equal(t, "counted", r.table.Counters().HeldDirection, 1)
		r.finish()
		r.clean(t)
	})
}

// More connections end within a moment than are remembered one by one.
func TestManyEnds(t *testing.T) {
	r := newRun(worlds[0], DefaultLimits())
	const n = 4 * endedConns
	for i := range uint32(n) {
		r.to(i + 1)
		r.do(opened(c(1, 1, "GET").fin(), s(1, 5, "OK").fin())...)
	}
	for i := range uint32(n) { // and their packets once more
		r.to(i + 1)
		r.do(opened(c(1, 1, "GET").fin(), s(1, 5, "OK").fin())...)
	}
	r.finish()
	equal(t, "ends", len(r.ended), n)
	equal(t, "connections", r.table.Counters().Conns, n)
	equal(t, "failed connects", len(r.fails), 0)
	if r.table.size > 2*endedConns {
		t.Errorf("%d IDs", r.table.size)
	}
}

func TestDrop(t *testing.T) {
	for _, kind := range []EventKind{Data, Gap, End} {
		r := newRun(worlds[1], DefaultLimits())
		r.drop = func(e *Event) bool { return e.Kind == kind }
		r.do(opened(c(1, 1, "a"), c(4, 1, "d"), s(1, 2, "x"), s(5, 2, "y"), c(2, 1, "b"), c(2, 1, "b").fin())...)
		r.do(c(5, 9, "e"), s(1, 5, "").rst(), pass(2000), syn, synAck, c(1, 1, "GET"))
		if kind == Data {
			equal(t, "events", strings.Join(r.text, ", "), "c a")
			equal(t, "connections", r.table.live, 0)
		}
		r.finish()
		r.clean(t)
		equal(t, "ended", len(r.ended) <= 1, true)
	}
}

// The key of the flow hash decides where things lie, and nothing else.
func TestDeterminism(t *testing.T) {
	one := func(key uint64) []string {
		w := worlds[0]
		w.key = key
		r := newRun(w, DefaultLimits())
		for round := range uint32(6) {
			for i := range uint32(300) {
				r.to(i + 1)
				isn := round << 28
				switch (i + round) % 6 {
				case 0:
					r.do(syn.other(isn))
				case 1:
					r.do(syn.other(isn), refusal.other(isn))
				case 2:
					r.do(syn.other(isn), synAck.other(isn), s(1, 1, "").fin().other(isn))
				case 3:
					r.do(syn.other(isn), synAck.other(isn), c(3, 1, "cd").other(isn), s(1, 9, "OK").other(isn))
				case 4:
					r.do(syn.other(isn), synAck.other(isn), c(1, 1, "cd").rst().other(isn))
				case 5:
					r.do(c(1, 1, "x").other(isn), c(4, 1, "y").other(isn), s(1, 3, "").other(isn))
				}
			}
			r.do(pass(3000))
		}
		r.finish()
		return r.text
	}
	want := one(1)
	for _, key := range []uint64{1, 2, 0xdeadbeef, 1 << 63} {
		if got := one(key); !slices.Equal(got, want) {
			t.Errorf("key %#x: %d events, want %d", key, len(got), len(want))
		}
	}
}
