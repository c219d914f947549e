package websocket

import (
	"bytes"
	"strings"
	"testing"
)

// Close bodies of every legal size and of one byte.
func TestCloseBodies(t *testing.T) {
	reason := strings.Repeat("why ", 31)[:123]
	for _, c := range []struct {
		name   string
		body   string
		code   int
		reason string
		bad    []told
	}{
		{name: "empty: 1005 stands for no code (RFC 6455 section 7.1.5)", code: NoCode},
		{name: "one byte is no code", body: "\x03", code: NoCode, bad: []told{breach(CloseBodyOneByte, 0)}},
		{name: "a code", body: "\x03\xe8", code: 1000},
		{name: "a code and a reason", body: "\x0b\xb8auf Wiedersehen", code: 3000, reason: "auf Wiedersehen"},
		{name: "125 bytes, the most", body: "\x03\xe9" + reason, code: 1001, reason: reason},
	} {
		for _, client := range []bool{false, true} {
			t.Run(c.name, func(t *testing.T) {
				b := []byte{0x88, byte(len(c.body))}
				if client {
					b[1] |= bitMask
					b = append(b, 1, 2, 3, 4)
				}
				for i := range len(c.body) {
					k := byte(0)
					if client {
						k = byte(1 + i&3)
					}
					b = append(b, c.body[i]^k)
				}
				for cut := range len(b) + 1 {
					d := drive(Config{Client: client})
					d.segments(t, b, cut)
					want := control(Close, 0, c.body)
					if len(c.bad) > 0 { // known from the header already
						d.wants(t, append(c.bad, want)...)
					} else {
						d.wants(t, want)
					}
					if code, got := CloseBody([]byte(d.told[len(d.told)-1].payload)); code != c.code || string(got) != c.reason {
						t.Errorf("code %d, reason %q", code, got)
					}
					if !d.Closed() || d.scratch.used() != 0 {
						t.Errorf("closed %v, %d payloads kept", d.Closed(), d.scratch.used())
					}
				}
			})
		}
	}
}

// An over-long control frame: its length is told as it is, of its payload the
// first 125 bytes are kept, however it is cut. A reason whose last character is
// not whole there need not be wrong.
func TestControlTooLongKeepsStart(t *testing.T) {
	for _, c := range []struct {
		name string
		op   Opcode
		body string
		bad  []Rule
	}{
		{"ping", Ping, strings.Repeat("p", 300), nil},
		{"Close", Close, "\x03\xe8" + strings.Repeat("r", 200), nil},
		{"Close with a character across the limit", Close, "\x03\xe8" + strings.Repeat("r", 121) + "€" + strings.Repeat("r", 50), nil},
		{"Close with a broken character inside it", Close, "\x03\xe8\xff" + strings.Repeat("r", 200), []Rule{CloseReasonNotUTF8}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := append([]byte{bitFIN | byte(c.op), 126, byte(len(c.body) >> 8), byte(len(c.body))}, c.body...)
			want := []told{breach(ControlTooLong, 0), {kind: Control, opcode: c.op, length: uint64(len(c.body)), payload: c.body[:MaxControl]}}
			for _, r := range c.bad {
				want = append(want, breach(r, 0))
			}
			for cut := range len(b) + 1 {
				d := drive(Config{})
				d.segments(t, b, cut/2, cut)
				d.wants(t, want...)
				if d.scratch.used() != 0 {
					t.Fatal("the payload is not given back")
				}
			}
		})
	}
}

// A Close that a hole cuts is told as partial, with what precedes the hole, even
// if nothing follows: that it was sent is known from its header.
func TestPartialClose(t *testing.T) {
	body := "\x03\xe8bye"
	frame := append([]byte{0x88, 5}, body...)
	part := func(kept string) told {
		return told{kind: Control, opcode: Close, length: 5, payload: kept, partial: true}
	}
	for _, c := range []struct {
		name     string
		from, to int
		want     []told
	}{
		{"its code", 2, 4, []told{part("")}},
		{"half its code", 3, 4, []told{part("\x03")}},
		{"a piece of its reason", 5, 6, []told{part("\x03\xe8b")}},
		{"its end", 5, 7, []told{part("\x03\xe8b")}},
		{"all of its body", 2, 7, []told{part("")}},
		{"its end and more", 4, 20, []told{part("\x03\xe8")}},
		{"half its header: it may be anything", 1, 7, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := drive(Config{})
			d.segment(t, frame[:c.from])
			d.gap(t, uint64(c.to-c.from))
			if c.to < len(frame) {
				d.segment(t, frame[c.to:])
			}
			d.wants(t, c.want...)
			if d.Closed() != (c.want != nil) || d.scratch.used() != 0 {
				t.Errorf("closed %v, %d payloads kept", d.Closed(), d.scratch.used())
			}
		})
	}
}

// Release gives back what a Walker keeps, and may be called twice.
func TestRelease(t *testing.T) {
	d := drive(Config{})
	d.segment(t, unhex(t, "89 05 61 62"))
	if d.scratch.used() != 1 {
		t.Fatalf("%d payloads kept", d.scratch.used())
	}
	d.Release(&d.scratch)
	d.Release(&d.scratch)
	if d.scratch.used() != 0 {
		t.Errorf("%d payloads kept", d.scratch.used())
	}
	other := drive(Config{})
	other.segment(t, unhex(t, "89 05 63"))
	other.Release(&other.scratch)
	if !bytes.Equal(other.scratch.parts[0][:1], []byte("c")) || len(other.scratch.parts) != 1 {
		t.Error("memory is not used again")
	}
}
