package websocket

import (
	"slices"
	"testing"
)

// FuzzWalkerGap takes holes out of a legal stream. What holds of any stream whose
// payloads do not themselves look like frames:
//
//   - holes inside payloads change no count;
//   - after any other hole the walk says that it is not complete;
//   - never is more counted than was sent, and no control frame told that was not
//     sent, at its place and with its payload, nor any breach;
//   - when every segment behind the last hole begins with a header and ends with a
//     frame, every frame in them is counted, but for empty fragments that are not
//     the last: they look like zeros.
//
// Payloads that look like frames can fool any reader of an unmasked stream;
// TestResyncFalseRate says how seldom arbitrary ones do. For the same reason no
// segment behind a hole begins inside a header here.
func FuzzWalkerGap(f *testing.F) {
	for _, ops := range opLists {
		f.Add(uint8(0), ops, []byte{1, 2, 3}, uint16(3), uint16(2))
		f.Add(uint8(1), ops, []byte{6, 9, 200, 255}, uint16(5), uint16(30))
		f.Add(uint8(7), ops, []byte{}, uint16(1), uint16(9))
	}
	f.Fuzz(func(t *testing.T, mode uint8, ops, cuts []byte, from, size uint16) {
		s := model(mode&1 != 0, mode&2 != 0, true, ops[:min(len(ops), 60)])
		n := len(s.wire)
		if n == 0 {
			return
		}
		holes := []hole{{int(from) % n, min(n, int(from)%n+int(size)%(n+1))}}
		if mode&8 != 0 { // and a second one
			at := holes[0].to + (n-holes[0].to)/2
			holes = append(holes, hole{at, min(n, at+int(size)%7)})
		}
		last := &holes[len(holes)-1]
		aligned := mode&4 != 0
		if aligned {
			last.to = s.nextFrame(last.to)
		}
		for i := range holes {
			holes[i].to = s.notInHeader(holes[i].to)
		}
		if len(holes) == 2 && holes[1].from < holes[0].to {
			return
		}
		d := drive(s.config(mode&16 != 0))
		at := 0
		for _, h := range holes {
			d.segments(t, s.wire[at:h.from], s.starts(cuts, at, h.from, at == 0)...)
			d.gap(t, uint64(h.to-h.from))
			at = h.to
		}
		if aligned {
			d.segments(t, s.wire[at:], s.boundaries(at)...)
		} else {
			d.segments(t, s.wire[at:], s.starts(cuts, at, n, false)...)
		}
		s.judge(t, d, holes, aligned)
	})
}

type hole struct{ from, to int }

// judge holds what the walk gave against what is true.
func (s *stream) judge(t *testing.T, d *driver, holes []hole, aligned bool) {
	t.Helper()
	exact := true
	for _, h := range holes {
		exact = exact && s.insidePayload(h)
	}
	if d.Complete() != exact || d.Missed() == exact {
		t.Errorf("complete %v, missed %v with holes %v", d.Complete(), d.Missed(), holes)
	}
	if d.Offset != uint64(len(s.wire)) {
		t.Errorf("offset %d of %d", d.Offset, len(s.wire))
	}
	if exact {
		d.counts(t, s.counts, s.complete(), s.bytes)
	}
	for k := range kinds {
		if d.Counts[k] > s.counts[k] {
			t.Errorf("%d frames of kind %d, of %d sent; holes %v", d.Counts[k], k, s.counts[k], holes)
		}
	}
	if d.Messages > s.complete() || d.Bytes > s.bytes {
		t.Errorf("%d messages and %d bytes, of %d and %d sent; holes %v", d.Messages, d.Bytes, s.complete(), s.bytes, holes)
	}
	for _, e := range d.told {
		i := slices.IndexFunc(s.controls, func(c told) bool { return c.offset == e.offset })
		switch {
		case i < 0 || e.kind != Control:
			t.Errorf("told of %v, which was not sent; holes %v", e, holes)
		case e.partial:
			w := s.controls[i]
			if e.opcode != w.opcode || e.length != w.length || len(e.payload) > len(w.payload) || e.payload != w.payload[:len(e.payload)] {
				t.Errorf("told %v, sent %v; holes %v", e, w, holes)
			}
		case e != s.controls[i]:
			t.Errorf("told %v, sent %v; holes %v", e, s.controls[i], holes)
		}
	}
	if aligned && len(holes) == 1 {
		want := uint64(0)
		for _, f := range s.frames {
			idle := f.kind == KindContinuation && f.body == f.end && s.wire[f.start]&bitFIN == 0
			if f.body <= holes[0].from || f.start >= holes[0].to && (exact || !idle) {
				want++
			}
		}
		if d.Frames() != want {
			t.Errorf("%d frames counted, %d of %d can be; holes %v", d.Frames(), want, len(s.frames), holes)
		}
	}
}

// insidePayload reports whether h hides nothing but payload of one frame.
func (s *stream) insidePayload(h hole) bool {
	return h.from == h.to || slices.ContainsFunc(s.frames, func(f span) bool { return h.from >= f.body && h.to <= f.end && f.body < f.end && h.from < f.end })
}

// nextFrame returns where the next frame begins, at or behind at.
func (s *stream) nextFrame(at int) int {
	for _, f := range s.frames {
		if f.start >= at {
			return f.start
		}
	}
	return len(s.wire)
}

// notInHeader moves a place inside a header to the header's end.
func (s *stream) notInHeader(at int) int {
	for _, f := range s.frames {
		if at > f.start && at < f.body {
			return f.body
		}
	}
	return at
}

// boundaries returns where frames end behind at, relative to at.
func (s *stream) boundaries(at int) (out []int) {
	for _, f := range s.frames {
		if f.start >= at {
			out = append(out, f.end-at)
		}
	}
	return out
}

// starts returns where segments begin between from and to, relative to from; in
// headers only where anything goes.
func (s *stream) starts(cuts []byte, from, to int, anywhere bool) (out []int) {
	for _, c := range places(cuts, to-from) {
		if anywhere || s.notInHeader(from+c) == from+c {
			out = append(out, c)
		}
	}
	return out
}
