package websocket

import (
	"slices"
	"testing"
)

// FuzzWalker builds a legal stream, cuts it anywhere and wants what the model
// knows of it.
func FuzzWalker(f *testing.F) {
	for _, ops := range opLists {
		f.Add(uint8(0), ops, []byte{1, 2, 3})
		f.Add(uint8(3), ops, []byte{6, 0, 1, 1, 1, 1, 200, 255})
	}
	f.Fuzz(func(t *testing.T, mode uint8, ops, cuts []byte) {
		s := model(mode&1 != 0, mode&2 != 0, false, ops[:min(len(ops), 120)])
		checkModel(t, s, places(cuts, len(s.wire)))
	})
}

// FuzzWalkerBytes walks arbitrary bytes. Cut anywhere they must give what they
// give at once, as long as no impossible length ends the walk: what follows that
// depends on where segments begin.
func FuzzWalkerBytes(f *testing.F) {
	for _, c := range ruleCases {
		f.Add(uint8(0), unhex(f, c.before+c.bad), []byte{1, 1, 2})
		f.Add(uint8(3), unhex(f, c.before+c.miss), []byte{3})
	}
	for _, ops := range opLists {
		f.Add(uint8(7), model(true, true, false, ops).wire, []byte{7, 7})
	}
	f.Fuzz(func(t *testing.T, mode uint8, b, cuts []byte) {
		c := Config{Client: mode&1 != 0, Deflate: mode&2 != 0, Payload: mode&4 != 0, Headless: mode&8 != 0, Unsure: mode&16 != 0}
		whole, cut := drive(c), drive(c)
		whole.segment(t, b)
		cut.segments(t, b, places(cuts, len(b))...)
		for _, d := range []*driver{whole, cut} {
			if d.Offset != uint64(len(b)) {
				t.Errorf("offset %d of %d", d.Offset, len(b))
			}
			if d.Bytes > uint64(len(b)) || d.Frames()*2 > uint64(len(b)) || uint64(d.Messages) > d.Frames() {
				t.Errorf("%d bytes, %d frames, %d messages of %d bytes", d.Bytes, d.Frames(), d.Messages, len(b))
			}
			if c.Headless && slices.ContainsFunc(d.told, func(e told) bool { return e.kind == Breach }) {
				t.Errorf("a breach without a place that is known: %v", d.told)
			}
			if d.scratch.used() > 1 {
				t.Errorf("%d control payloads kept", d.scratch.used())
			}
		}
		if whole.Complete() {
			cut.wants(t, whole.told...)
			cut.counts(t, whole.Counts, whole.Messages, whole.Bytes)
			compareMessages(t, cut.messages, whole.messages)
			if whole.MidFrame() != cut.MidFrame() || !cut.Complete() {
				t.Errorf("mid-frame %v, complete %v", cut.MidFrame(), cut.Complete())
			}
		}
	})
}
