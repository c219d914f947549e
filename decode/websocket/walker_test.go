package websocket

import (
	"fmt"
	"testing"
	"unsafe"
)

// The examples of RFC 6455 section 5.7, byte for byte.
func TestRFC6455Examples(t *testing.T) {
	const hello = "Hello"
	long256, long64k := make([]byte, 256), make([]byte, 65536)
	for _, c := range []struct {
		name     string
		client   bool
		hex      string
		payload  []byte // that follows the hex
		counts   [kinds]uint32
		messages uint32
		bytes    uint64
		told     []told
	}{
		{name: "a single-frame unmasked text message", hex: "81 05 48 65 6c 6c 6f",
			counts: [kinds]uint32{KindText: 1}, messages: 1, bytes: 5},
		{name: "a single-frame masked text message", client: true, hex: "81 85 37 fa 21 3d 7f 9f 4d 51 58",
			counts: [kinds]uint32{KindText: 1}, messages: 1, bytes: 5},
		{name: "a fragmented unmasked text message", hex: "01 03 48 65 6c  80 02 6c 6f",
			counts: [kinds]uint32{KindText: 1, KindContinuation: 1}, messages: 1, bytes: 5},
		{name: "unmasked ping", hex: "89 05 48 65 6c 6c 6f",
			counts: [kinds]uint32{KindPing: 1}, told: []told{control(Ping, 0, hello)}},
		{name: "masked pong", client: true, hex: "8a 85 37 fa 21 3d 7f 9f 4d 51 58",
			counts: [kinds]uint32{KindPong: 1}, told: []told{control(Pong, 0, hello)}},
		{name: "256 bytes of binary", hex: "82 7e 01 00", payload: long256,
			counts: [kinds]uint32{KindBinary: 1}, messages: 1, bytes: 256},
		{name: "64 KiB of binary", hex: "82 7f 00 00 00 00 00 01 00 00", payload: long64k,
			counts: [kinds]uint32{KindBinary: 1}, messages: 1, bytes: 65536},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := append(unhex(t, c.hex), c.payload...)
			for cut := range min(len(b), 20) + 1 {
				for _, payload := range []bool{false, true} {
					d := drive(Config{Client: c.client, Payload: payload})
					d.segments(t, b, cut)
					d.counts(t, c.counts, c.messages, c.bytes)
					d.wants(t, c.told...)
					if !d.Complete() || d.Lost() || d.MidFrame() || d.Offset != uint64(len(b)) {
						t.Errorf("complete %v, lost %v, mid-frame %v, offset %d", d.Complete(), d.Lost(), d.MidFrame(), d.Offset)
					}
					if payload && c.bytes == 5 && string(d.messages[0].data) != hello {
						t.Errorf("payload %q", d.messages[0].data)
					}
				}
			}
		})
	}
}

// Cut anywhere, a stream gives what the model knows of it.
func TestWalkerModel(t *testing.T) {
	for name, ops := range opLists {
		for _, client := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/client=%v", name, client), func(t *testing.T) {
				s := model(client, true, false, ops)
				checkModel(t, s, nil)
				step := 1 + len(s.wire)/300
				for cut := 0; cut <= len(s.wire); cut += step {
					checkModel(t, s, []int{cut})
				}
			})
		}
	}
}

// checkModel walks a stream with payloads and without.
func checkModel(t testing.TB, s *stream, cuts []int) {
	t.Helper()
	for _, payload := range []bool{false, true} {
		d := drive(s.config(payload))
		d.segments(t, s.wire, cuts...)
		d.counts(t, s.counts, s.complete(), s.bytes)
		d.wants(t, s.controls...)
		if !d.Complete() || d.Lost() || d.MidFrame() || d.Offset != uint64(len(s.wire)) || d.Closed() != s.closed {
			t.Errorf("complete %v, lost %v, mid-frame %v, closed %v, offset %d of %d",
				d.Complete(), d.Lost(), d.MidFrame(), d.Closed(), d.Offset, len(s.wire))
		}
		if d.Frames() != uint64(len(s.frames)) {
			t.Errorf("%d frames, want %d", d.Frames(), len(s.frames))
		}
		if d.scratch.used() != 0 {
			t.Error("control payloads are not given back")
		}
		if payload {
			compareMessages(t, d.messages, s.messages)
		}
	}
}

func compareMessages(t testing.TB, got, want []message) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%d messages, want %d", len(got), len(want))
		return
	}
	for i, m := range got {
		w := want[i]
		if m.opcode != w.opcode || m.compress != w.compress || m.done != w.done || string(m.data) != string(w.data) {
			t.Errorf("message %d: opcode %d, compressed %v, done %v, %d bytes; want %d %v %v %d",
				i, m.opcode, m.compress, m.done, len(m.data), w.opcode, w.compress, w.done, len(w.data))
		}
	}
}

// Bytes are those that were sent, not those that a header announced: a sender may
// be cut off inside a frame.
func TestBytesOfUnfinishedFrame(t *testing.T) {
	d := drive(Config{})
	d.segment(t, unhex(t, "82 7f 00 00 00 00 40 00 00 00 01 02 03"))
	d.counts(t, [kinds]uint32{KindBinary: 1}, 0, 3)
	if !d.MidFrame() {
		t.Error("not inside a frame")
	}
}

func TestNextAllocatesNothing(t *testing.T) {
	for _, c := range []struct {
		name   string
		client bool
		hex    string
	}{
		{"data frames", false, "81 05 48 65 6c 6c 6f 82 01 00 81 7e 00 7e"},
		{"masked data frames", true, "81 85 37 fa 21 3d 7f 9f 4d 51 58"},
		{"fragments", false, "01 01 48 00 01 65 80 01 66"},
		{"control frames", true, "89 85 37 fa 21 3d 7f 9f 4d 51 58 8a 80 00 00 00 00"},
	} {
		b := unhex(t, c.hex)
		if c.name == "data frames" {
			b = append(b, make([]byte, 126)...)
		}
		for _, payload := range []bool{false, true} {
			w := Config{Client: c.client, Payload: payload}.Walker()
			var s Scratch
			var ev Event
			walk := func(b []byte) {
				for {
					n := w.Next(b, &s, &ev)
					if b = b[n:]; ev.Kind == More {
						return
					}
				}
			}
			cut := func() { walk(b[:3]); walk(b[3:8]); walk(b[8:]) }
			cut() // the scratch memory grows once
			if n := testing.AllocsPerRun(200, func() { walk(b) }); n != 0 {
				t.Errorf("%s: %v allocations a segment", c.name, n)
			}
			if n := testing.AllocsPerRun(200, cut); n != 0 {
				t.Errorf("%s in three segments: %v allocations", c.name, n)
			}
		}
	}
}

// The memory layout that walker.go promises.
func TestWalkerLayout(t *testing.T) {
	var w Walker
	if n := unsafe.Offsetof(w.pending); n != 64 {
		t.Errorf("what every segment reads takes %d bytes", n)
	}
	if n := unsafe.Sizeof(w); n != 128 {
		t.Errorf("a Walker takes %d bytes", n)
	}
}
