package websocket

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// unhex decodes hex with blanks in it.
func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// told is an event that can be kept and compared.
type told struct {
	kind    EventKind
	rule    Rule
	opcode  Opcode
	offset  uint64
	length  uint64
	payload string // of a control frame
	partial bool
}

func (e told) String() string {
	if e.kind == Breach {
		return fmt.Sprintf("%v at %d", e.rule, e.offset)
	}
	return fmt.Sprintf("control %d at %d of %d: %q partial %v", e.opcode, e.offset, e.length, e.payload, e.partial)
}

func breach(r Rule, offset uint64) told { return told{kind: Breach, rule: r, offset: offset} }

func control(op Opcode, offset uint64, payload string) told {
	return told{kind: Control, opcode: op, offset: offset, length: uint64(len(payload)), payload: payload}
}

// driver feeds a Walker and keeps what it tells. Payload events go to messages.
type driver struct {
	Walker
	scratch  Scratch
	told     []told
	messages []message
	feed     func(*Event) // called with every Payload event
}

// message is a data message put together from Payload events.
type message struct {
	opcode   Opcode
	compress bool
	data     []byte
	done     bool
}

func drive(c Config) *driver { return &driver{Walker: c.Walker()} }

// segment passes one segment.
func (d *driver) segment(t testing.TB, b []byte) {
	t.Helper()
	var ev Event
	idle := 0
	for {
		n := d.Next(b, &d.scratch, &ev)
		if n < 0 || n > len(b) {
			t.Fatalf("%d of %d bytes used", n, len(b))
		}
		b = b[n:]
		if idle++; n > 0 {
			idle = 0
		} else if idle > int(rules)+2 {
			t.Fatal("Next goes round in circles")
		}
		switch ev.Kind {
		case More:
			if len(b) > 0 {
				t.Fatalf("%d bytes left over", len(b))
			}
			return
		case Payload:
			d.piece(t, &ev)
		case Control, Breach:
			d.told = append(d.told, told{ev.Kind, ev.Rule, ev.Opcode, ev.Offset, ev.Length, string(ev.Payload), ev.Partial})
		}
	}
}

func (d *driver) piece(t testing.TB, ev *Event) {
	t.Helper()
	if d.feed != nil {
		d.feed(ev)
		return
	}
	if ev.Start {
		d.messages = append(d.messages, message{opcode: ev.Opcode, compress: ev.Compress})
	}
	if len(d.messages) == 0 {
		return // a continuation of nothing
	}
	m := &d.messages[len(d.messages)-1]
	m.data = append(m.data, unmask(nil, ev)...)
	m.done = ev.End
}

// segments passes several, cut at the given places.
func (d *driver) segments(t testing.TB, b []byte, cuts ...int) {
	t.Helper()
	at := 0
	for _, c := range cuts {
		d.segment(t, b[at:c])
		at = c
	}
	d.segment(t, b[at:])
}

// gap passes a hole, and then what is still to be told without more bytes.
func (d *driver) gap(t testing.TB, n uint64) {
	t.Helper()
	d.Gap(n, &d.scratch)
	d.segment(t, nil)
}

// wants compares what was told.
func (d *driver) wants(t testing.TB, want ...told) {
	t.Helper()
	if !slices.Equal(d.told, want) {
		t.Errorf("told\n%v\nwant\n%v", d.told, want)
	}
}

// counts wants numbers of frames by Kind, in its order, and of messages and bytes.
func (d *driver) counts(t testing.TB, frames [kinds]uint32, messages uint32, bytes uint64) {
	t.Helper()
	if d.Counts != frames || d.Messages != messages || d.Bytes != bytes {
		t.Errorf("frames %v, messages %d, bytes %d; want %v, %d, %d", d.Counts, d.Messages, d.Bytes, frames, messages, bytes)
	}
}

// used returns how many control payloads are kept in s.
func (s *Scratch) used() int { return len(s.parts) - len(s.free) }
