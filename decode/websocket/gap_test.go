package websocket

import (
	"math/rand/v2"
	"testing"
)

// stepOver passes a stream with a hole, cut at its edges only.
func stepOver(t *testing.T, s *stream, payload bool, from, to int) *driver {
	d := drive(s.config(payload))
	d.segment(t, s.wire[:from])
	d.gap(t, uint64(to-from))
	d.segment(t, s.wire[to:])
	return d
}

// A hole inside one payload, wherever and however large, changes no count.
func TestGapInsidePayload(t *testing.T) {
	for name, ops := range opLists {
		s := model(true, true, false, ops)
		for _, f := range s.frames {
			step := 1 + (f.end-f.body)/12
			for from := f.body; from < f.end; from += step {
				for to := from + 1; to <= f.end; to += step {
					d := stepOver(t, s, from%2 == 0, from, to)
					d.counts(t, s.counts, s.complete(), s.bytes)
					if !d.Complete() || d.Lost() || d.Offset != uint64(len(s.wire)) || d.Closed() != s.closed {
						t.Fatalf("%s: hole [%d,%d) in %+v: complete %v, lost %v", name, from, to, f, d.Complete(), d.Lost())
					}
					if d.scratch.used() != 0 {
						t.Fatalf("%s: hole [%d,%d): control payloads are not given back", name, from, to)
					}
					wantControls(t, d, s, from, to)
				}
			}
		}
	}
}

// wantControls wants every control frame that the hole does not touch, and of the
// one that it touches, if it is told, no more than what precedes the hole.
func wantControls(t *testing.T, d *driver, s *stream, from, to int) {
	t.Helper()
	got := d.told
	for i, f := range controls(s) {
		want := s.controls[i]
		hit := from < f.end && f.start < to
		if hit && (len(got) == 0 || got[0].offset != want.offset) {
			if want.opcode == Close {
				t.Errorf("hole [%d,%d): the Close at %d is not told", from, to, f.start)
			}
			continue
		}
		if len(got) == 0 {
			t.Fatalf("hole [%d,%d): %v is missing", from, to, want)
		}
		if hit {
			want.partial = true
			want.payload = want.payload[:max(0, from-f.body)]
		}
		if got[0] != want {
			t.Errorf("hole [%d,%d): told %v, want %v", from, to, got[0], want)
		}
		got = got[1:]
	}
	if len(got) > 0 {
		t.Errorf("hole [%d,%d): %v too many", from, to, got)
	}
}

func controls(s *stream) (out []span) {
	for _, f := range s.frames {
		if f.kind == KindClose || f.kind == KindPing || f.kind == KindPong {
			out = append(out, f)
		}
	}
	return out
}

// A hole that hides a header: what is left of the frame before it was sent, the
// rest is not known until a segment begins with a header.
func TestGapAcrossHeader(t *testing.T) {
	text, ping := unhex(t, "81 05 48 65 6c 6c 6f"), unhex(t, "89 01 61")
	for _, c := range []struct {
		name     string
		before   []byte
		hole     uint64
		after    [][]byte
		counts   [kinds]uint32
		messages uint32
		bytes    uint64
		lost     bool
		told     []told
	}{
		{name: "between frames, then a frame that fills its segment", before: text, hole: 7, after: [][]byte{text},
			counts: [kinds]uint32{KindText: 2}, messages: 2, bytes: 10},
		{name: "inside a header", before: text[:1], hole: 6, after: [][]byte{text},
			counts: [kinds]uint32{KindText: 1}, messages: 1, bytes: 5},
		{name: "from a payload into the next frame: the first frame is known to be whole", before: text[:3], hole: 6, after: [][]byte{text[2:], text},
			counts: [kinds]uint32{KindText: 2}, messages: 2, bytes: 10},
		{name: "the rest of a payload is no frame", before: text, hole: 4, after: [][]byte{text[4:]},
			counts: [kinds]uint32{KindText: 1}, messages: 1, bytes: 5, lost: true},
		{name: "frames in the middle of a segment are not looked for", before: text, hole: 4, after: [][]byte{append(append([]byte{}, text[4:]...), ping...)},
			counts: [kinds]uint32{KindText: 1}, messages: 1, bytes: 5, lost: true},
		{name: "three headers are a guess", before: nil, hole: 4, after: [][]byte{unhex(t, "81 00 81 00 82 7e 01 00")},
			counts: [kinds]uint32{}, lost: true},
		{name: "four are believed", before: nil, hole: 4, after: [][]byte{unhex(t, "81 00 81 00 81 00 82 7e 01 00")},
			counts: [kinds]uint32{KindText: 3, KindBinary: 1}, messages: 3},
		{name: "a guess that goes wrong counts nothing", before: nil, hole: 4, after: [][]byte{unhex(t, "81 00 81 00 ff ff"), ping},
			counts: [kinds]uint32{KindPing: 1}, told: []told{control(Ping, 10, "a")}},
		{name: "a continuation may end a message that began in the hole", before: nil, hole: 4, after: [][]byte{unhex(t, "80 01 61")},
			counts: [kinds]uint32{KindContinuation: 1}, messages: 1, bytes: 1},
		{name: "but two of them may not", before: nil, hole: 4, after: [][]byte{unhex(t, "80 01 61 80 01 61")}, lost: true},
		{name: "a run of zeros is no run of empty fragments", before: nil, hole: 4, after: [][]byte{make([]byte, 64)}, lost: true},
		{name: "numbers like 0x00020001 are no fragments without end", before: nil, hole: 4,
			after: [][]byte{unhex(t, "00 02 00 01 00 02 00 01 00 02 00 01 00 02 00 01 00 02 00")}, lost: true},
		{name: "a masked frame is no server's", before: nil, hole: 4, after: [][]byte{unhex(t, "81 80 00 00 00 00")}, lost: true},
		{name: "a Close that fills its segment is told", before: text, hole: 9, after: [][]byte{unhex(t, "88 02 03 e8")},
			counts: [kinds]uint32{KindText: 1, KindClose: 1}, messages: 1, bytes: 5, told: []told{control(Close, 16, "\x03\xe8")}},
		{name: "a Close with an illegal code is more likely none", before: text, hole: 9, after: [][]byte{unhex(t, "88 02 03 ee"), ping},
			counts: [kinds]uint32{KindText: 1, KindPing: 1}, messages: 1, bytes: 5, told: []told{control(Ping, 20, "a")}},
		{name: "a breach behind a hole is more likely a wrong guess", before: text, hole: 9, after: [][]byte{ping, unhex(t, "83 00")},
			counts: [kinds]uint32{KindText: 1, KindPing: 1}, messages: 1, bytes: 5, lost: true, told: []told{control(Ping, 16, "a")}},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := drive(Config{})
			d.segment(t, c.before)
			d.gap(t, c.hole)
			fed := uint64(len(c.before)) + c.hole
			for _, b := range c.after {
				d.segment(t, b)
				fed += uint64(len(b))
			}
			d.counts(t, c.counts, c.messages, c.bytes)
			d.wants(t, c.told...)
			if d.Complete() || d.Lost() != c.lost || d.Offset != fed {
				t.Errorf("complete %v, lost %v, offset %d of %d", d.Complete(), d.Lost(), d.Offset, fed)
			}
		})
	}
}

// Behind a hole that hid a header, payloads are not looked at: what looks like
// text may be the middle of something else.
func TestGapEndsPayloads(t *testing.T) {
	d := drive(Config{Payload: true})
	d.segment(t, unhex(t, plainText))
	d.gap(t, 5)
	d.segment(t, unhex(t, "81 02 ff ff"))
	d.counts(t, [kinds]uint32{KindText: 2}, 2, 4)
	if len(d.messages) != 1 {
		t.Errorf("messages %v", d.messages)
	}
}

// A hole of no bytes is none.
func TestGapOfNothing(t *testing.T) {
	d := drive(Config{})
	d.gap(t, 0)
	d.segment(t, unhex(t, "81 02 68 69 81"))
	d.gap(t, 0)
	d.segment(t, unhex(t, "00"))
	d.counts(t, [kinds]uint32{KindText: 2}, 2, 2)
	if !d.Complete() {
		t.Error("not complete")
	}
}

// How often arbitrary bytes behind a hole are taken for frames. The numbers are
// those of walker.go: a header in 40 places with permessage-deflate, so that four
// in a row are 0.4 in a million, and one that also has the length of its segment
// is 13 opcodes in 65,536 for a short segment.
func TestResyncFalseRate(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for _, c := range []struct {
		name  string
		size  int
		tries int
		most  float64 // share of segments that are believed
	}{
		{"full segments", 1460, 60_000, 3e-5},
		{"short segments", 100, 200_000, 3e-4},
	} {
		found := 0
		b := make([]byte, c.size)
		var ev Event
		var s Scratch
		for range c.tries {
			for i := 0; i+8 <= len(b); i += 8 {
				for k, v := 0, r.Uint64(); k < 8; k, v = k+1, v>>8 {
					b[i+k] = byte(v)
				}
			}
			w := Config{Deflate: true, Headless: true}.Walker()
			for rest := b; ; {
				n := w.Next(rest, &s, &ev)
				if ev.Kind == Control && ev.Opcode == Close && !LegalCloseCode(int(ev.Payload[0])<<8|int(ev.Payload[1])) {
					t.Error("a Close is believed that no peer may send")
				}
				if rest = rest[n:]; ev.Kind == More {
					break
				}
			}
			if w.Frames() > 0 {
				found++
			}
		}
		rate := float64(found) / float64(c.tries)
		t.Logf("%s: %d of %d, %.1e", c.name, found, c.tries, rate)
		if rate > c.most {
			t.Errorf("%s: %.1e are taken for frames", c.name, rate)
		}
	}
}
