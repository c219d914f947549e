package websocket

import (
	"bytes"
	"compress/flate"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// deflater compresses messages as RFC 7692 section 7.2.1 says, with the standard
// library's writer.
type deflater struct {
	buf   bytes.Buffer
	w     *flate.Writer
	reset bool // no_context_takeover
}

func newDeflater(reset bool, level int) *deflater {
	d := &deflater{reset: reset}
	d.w, _ = flate.NewWriter(&d.buf, level)
	return d
}

func (d *deflater) message(b []byte) []byte {
	d.buf.Reset()
	if d.reset {
		d.w.Reset(&d.buf)
	}
	_, _ = d.w.Write(b)
	_ = d.w.Flush()
	return bytes.Clone(bytes.TrimSuffix(d.buf.Bytes(), []byte("\x00\x00\xff\xff")))
}

// packed is the first byte of a compressed text message.
const packed = wholeText | bitRSV1

// The examples of RFC 7692 section 7.2.3, byte for byte.
func TestRFC7692Examples(t *testing.T) {
	for _, c := range []struct {
		name     string
		reset    bool
		frames   []string
		inflated uint64
	}{
		{"7.2.3.1: one message", true, []string{"c1 07 f2 48 cd c9 c9 07 00"}, 5},
		{"7.2.3.1: the same in two fragments", true, []string{"41 03 f2 48 cd", "80 04 c9 c9 07 00"}, 5},
		{"7.2.3.2: the same twice, without the window", true, []string{"c1 07 f2 48 cd c9 c9 07 00", "c1 07 f2 48 cd c9 c9 07 00"}, 10},
		{"7.2.3.2: the same twice, with the window", false, []string{"c1 07 f2 48 cd c9 c9 07 00", "c1 05 f2 00 11 00 00"}, 10},
		{"7.2.3.3: a block without compression", true, []string{"c1 0b 00 05 00 fa ff 48 65 6c 6c 6f 00"}, 5},
		{"7.2.3.4: a block with BFINAL set", true, []string{"c1 08 f3 48 cd c9 c9 07 00 00"}, 5},
		{"7.2.3.5: two blocks", true, []string{"c1 0d f2 48 05 00 00 00 ff ff ca c9 c9 07 00"}, 5},
		{"7.2.3.6: an empty last fragment", true, []string{"41 07 f2 48 cd c9 c9 07 00", "80 00"}, 5},
		{"7.2.3.6: an empty message is one byte", true, []string{"c1 01 00", "c1 07 f2 48 cd c9 c9 07 00"}, 5},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newFeeder(c.reset)
			for _, frame := range c.frames {
				b := unhex(t, frame)
				for i := range b {
					f.segment(t, b[i:i+1])
				}
			}
			first := "Hello"
			if strings.HasPrefix(c.frames[0], "c1 01") {
				first = ""
			}
			f.wants(t, first)
			if f.Inflated != c.inflated || f.Skipped != 0 {
				t.Errorf("%d bytes inflated, %d messages skipped", f.Inflated, f.Skipped)
			}
		})
	}
}

// Section 7.2.1 allows any number of final blocks in one message; what follows one
// refers to what stands before it, also from the next message.
func TestFinalBlocks(t *testing.T) {
	hello := unhex(t, "f3 48 cd c9 c9 07 00") // "Hello" in a final block
	again := unhex(t, "f2 00 11 00 00")       // "Hello", by reference
	f := newFeeder(false)
	f.frame(t, packed, append(append([]byte{}, hello...), again...))
	f.wants(t, "HelloHello")
	f.frame(t, packed, again)
	if f.wants(t, "HelloHello"); f.Inflated != 15 || f.Skipped != 0 {
		t.Errorf("%d bytes inflated, %d skipped", f.Inflated, f.Skipped)
	}
	// Each final block costs a copy of the window: their number is bounded.
	f.frame(t, packed, bytes.Repeat(unhex(t, "03 00"), maxFinals+1))
	if f.wants(t, "HelloHello"); f.Skipped != 1 {
		t.Errorf("%d skipped", f.Skipped)
	}
}

// The standard library's writer, many messages long, at every level, with the
// window kept and without.
func TestDeflateRoundTrip(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	for _, reset := range []bool{false, true} {
		for level := flate.HuffmanOnly; level <= flate.BestCompression; level++ {
			f := newFeeder(reset)
			d := newDeflater(reset, level)
			want := uint64(0)
			for i := range 30 {
				msg := []byte(strings.Repeat(fmt.Sprintf(`{"n":%d,"price":"€%d"},`, i, r.IntN(100)), r.IntN(200)))
				b := d.message(msg)
				if len(b) == 0 {
					b = []byte{0}
				}
				want += uint64(len(msg))
				cut := r.IntN(len(b) + 1)
				f.frame(t, firstPiece|bitRSV1, b[:cut])
				f.frame(t, lastPiece, b[cut:])
				f.frame(t, wholeText, []byte("not compressed, and not in the window"))
			}
			if len(f.broke) > 0 || f.Skipped != 0 || f.Inflated != want {
				t.Errorf("level %d, reset %v: %v, %d skipped, %d of %d bytes", level, reset, f.broke, f.Skipped, f.Inflated, want)
			}
			if len(f.dict) > window {
				t.Errorf("the window holds %d bytes", len(f.dict))
			}
		}
	}
}

func TestDeflateInvalid(t *testing.T) {
	for _, c := range []struct {
		name    string
		payload []byte
		want    []Rule
	}{
		{"a block of the reserved type", []byte{0x06}, []Rule{DeflateInvalid}},
		{"a reference before the start of the window", unhex(t, "f2 00 11 00 00"), []Rule{DeflateInvalid}},
		{"a stored block whose length contradicts itself", unhex(t, "00 05 00 00 00 48 65 6c 6c 6f 00"), []Rule{DeflateInvalid}},
		{"not text", newDeflater(true, 5).message([]byte("\xff\xfe")), []Rule{TextNotUTF8}},
		{"a character without its end", newDeflater(true, 5).message([]byte("10 \xe2\x82")), []Rule{TextNotUTF8}},
		{"a character over the pieces that are inflated", newDeflater(true, 5).message([]byte(strings.Repeat("a", 4095) + "€")), nil},
		{"no byte at all: no DEFLATE, but no harm", nil, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, reset := range []bool{false, true} {
				f := newFeeder(reset)
				f.frame(t, packed, c.payload)
				if len(f.broke) != len(c.want) || len(c.want) > 0 && f.broke[0] != c.want[0] {
					t.Fatalf("broken rules %v, want %v", f.broke, c.want)
				}
				f.broke = nil
				f.frame(t, packed, unhex(t, "f2 48 cd c9 c9 07 00"))
				lost := !reset && len(c.want) > 0 && c.want[0] == DeflateInvalid
				if len(f.broke) > 0 || (f.Skipped > 0) != lost {
					t.Errorf("the next message: %v, %d skipped", f.broke, f.Skipped)
				}
			}
		})
	}
}

// A message that inflates without end is given up, in bounded time and memory.
func TestDecompressionBomb(t *testing.T) {
	bomb := newDeflater(true, 9).message(make([]byte, maxInflated+1<<20))
	f := newFeeder(true)
	f.frame(t, wholeBinary|bitRSV1, bomb)
	if f.wants(t, strings.Repeat("\x00", firstText)); f.Skipped != 1 || f.Inflated > maxInflated+8<<10 {
		t.Errorf("%d inflated, %d skipped", f.Inflated, f.Skipped)
	}
	f.frame(t, packed, unhex(t, "f2 48 cd c9 c9 07 00"))
	if f.Skipped != 1 || len(f.broke) > 0 {
		t.Error("without a window the next message can be read")
	}
	f = newFeeder(false)
	f.frame(t, wholeBinary|bitRSV1, make([]byte, maxCompressed+1))
	if f.Skipped != 1 || f.Inflated != 0 || cap(f.deflate) > 2*maxCompressed {
		t.Errorf("%d inflated, %d skipped, %d bytes kept", f.Inflated, f.Skipped, cap(f.deflate))
	}
}

// A hole in a compressed message takes the window with it: nothing is claimed of
// later messages, unless each begins with an empty window. A message that is not
// compressed leaves the window alone.
func TestDeflateGap(t *testing.T) {
	for _, reset := range []bool{false, true} {
		d := newDeflater(reset, 5)
		one, two := d.message([]byte("one message and another")), d.message([]byte("one message and another"))
		f := newFeeder(reset)
		b := serverFrame(packed, one)
		f.segment(t, b[:5])
		f.hole(t, 3)
		f.segment(t, b[8:])
		f.frame(t, packed, two)
		f.wants(t, "")
		if want := uint64(23); reset && f.Inflated != want || !reset && f.Inflated != 0 {
			t.Errorf("reset %v: %d bytes inflated", reset, f.Inflated)
		}

		f = newFeeder(reset)
		f.frame(t, packed, one)
		plain := serverFrame(wholeText, []byte("plain"))
		f.segment(t, plain[:4])
		f.hole(t, 3)
		f.frame(t, packed, two)
		if f.wants(t, "one message and another"); f.Inflated != 46 || f.Skipped != 0 {
			t.Errorf("reset %v: a hole in a plain message: %d bytes inflated, %d skipped", reset, f.Inflated, f.Skipped)
		}
	}
	// An unfinished compressed message, then a new one: whether its bytes went
	// into the window is not known.
	d := newDeflater(false, 5)
	one, two := d.message([]byte("one message and another")), d.message([]byte("one message and another"))
	f := newFeeder(false)
	f.frame(t, firstPiece|bitRSV1, one)
	f.frame(t, packed, two)
	if f.wants(t, ""); f.Inflated != 0 {
		t.Errorf("%d bytes inflated", f.Inflated)
	}
}
