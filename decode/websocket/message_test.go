package websocket

import (
	"bytes"
	"strings"
	"testing"
)

// feeder gives a Messages the payloads of frames through a Walker, as they come.
type feeder struct {
	*Messages
	*driver
	broke []Rule
}

func newFeeder(noContextTakeover bool) *feeder {
	f := &feeder{Messages: NewMessages(noContextTakeover), driver: drive(Config{Deflate: true, Payload: true})}
	f.feed = func(ev *Event) {
		if r, broken := f.Feed(ev); broken {
			f.broke = append(f.broke, r)
		}
	}
	return f
}

// frame passes one frame of a server.
func (f *feeder) frame(t testing.TB, b0 byte, payload []byte) {
	t.Helper()
	f.segment(t, serverFrame(b0, payload))
}

func (f *feeder) hole(t testing.TB, n int) {
	t.Helper()
	f.gap(t, uint64(n))
	f.Gap() // of Messages
}

func serverFrame(b0 byte, payload []byte) []byte {
	n := len(payload)
	switch {
	case n < 126:
		return append([]byte{b0, byte(n)}, payload...)
	case n < 1<<16:
		return append([]byte{b0, 126, byte(n >> 8), byte(n)}, payload...)
	default:
		return append([]byte{b0, 127, 0, 0, 0, 0, byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}, payload...)
	}
}

// First bytes of frames.
const (
	wholeText   = bitFIN | byte(Text)
	wholeBinary = bitFIN | byte(Binary)
	firstPiece  = byte(Text)
	nextPiece   = byte(Continuation)
	lastPiece   = bitFIN | byte(Continuation)
)

func (f *feeder) wants(t *testing.T, first string, broke ...Rule) {
	t.Helper()
	if string(f.First) != first {
		t.Errorf("first message %q, want %q", f.First, first)
	}
	if len(f.broke) != len(broke) || len(broke) > 0 && f.broke[0] != broke[0] {
		t.Errorf("broken rules %v, want %v", f.broke, broke)
	}
}

// Text that is UTF-8 and text that is not (RFC 6455 section 8.1).
func TestMessagesUTF8(t *testing.T) {
	for _, c := range []struct {
		name   string
		pieces []string // of one message
		bad    bool
	}{
		{"ASCII", []string{"hello"}, false},
		{"empty", []string{""}, false},
		{"empty pieces", []string{"", "", ""}, false},
		{"two bytes", []string{"ü"}, false},
		{"a character over two fragments", []string{"\xe2\x82", "\xac"}, false},
		{"a character over four fragments", []string{"\xf0", "\x9f", "\x98", "\x80"}, false},
		{"a character around an empty fragment", []string{"a\xc3", "", "\xbcb"}, false},
		{"Latin-1", []string{"\xfcber"}, true},
		{"a continuation byte alone", []string{"\x80"}, true},
		{"a character without its end", []string{"\xe2\x82"}, true},
		{"the same at the end of a fragment, then ASCII", []string{"\xe2\x82", "a"}, true},
		{"a character without its end, and an empty fragment", []string{"\xe2\x82", ""}, true},
		{"overlong", []string{"\xc0\xaf"}, true},
		{"a surrogate, over fragments", []string{"\xed", "\xa0\x80"}, true},
		{"beyond U+10FFFF", []string{"\xf4\x90\x80\x80"}, true},
		{"U+10FFFF", []string{"\xf4\x8f\xbf\xbf"}, false},
		{"U+FFFD itself is a character", []string{"\xef\xbf", "\xbd"}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, cutAll := range []bool{false, true} {
				f := newFeeder(false)
				for i, p := range c.pieces {
					b0 := nextPiece
					if i == 0 {
						b0 = firstPiece
					}
					if i == len(c.pieces)-1 {
						b0 |= bitFIN
					}
					b := serverFrame(b0, []byte(p))
					for cutAll && len(b) > 1 {
						f.segment(t, b[:1])
						b = b[1:]
					}
					f.segment(t, b)
					f.frame(t, bitFIN|byte(Ping), []byte("\xff")) // no part of the message
				}
				want := []Rule{TextNotUTF8}
				if !c.bad {
					want = nil
				}
				if len(f.broke) != len(want) {
					t.Errorf("broken rules %v, want %v", f.broke, want)
				}
				f.broke = nil
				f.frame(t, wholeText, []byte("good again"))
				f.frame(t, wholeBinary, []byte("\xff"))
				if len(f.broke) > 0 {
					t.Errorf("the next messages break %v", f.broke)
				}
			}
		})
	}
}

// First is the start of the first message and of no other.
func TestFirstMessage(t *testing.T) {
	f := newFeeder(false)
	f.frame(t, firstPiece, []byte("hel"))
	f.frame(t, lastPiece, []byte("lo"))
	f.frame(t, wholeText, []byte(" world"))
	f.wants(t, "hello")

	f = newFeeder(false)
	f.frame(t, wholeBinary, bytes.Repeat([]byte("x"), 2*firstText))
	f.wants(t, strings.Repeat("x", firstText))

	f = newFeeder(false)
	f.frame(t, wholeText, nil)
	f.frame(t, wholeText, []byte("second"))
	f.wants(t, "")

	// A hole in the first message: what precedes it is its start, what follows
	// belongs to others.
	f = newFeeder(false)
	b := serverFrame(wholeText, []byte("hello"))
	f.segment(t, b[:4])
	f.hole(t, 3)
	f.frame(t, wholeText, []byte("second"))
	f.wants(t, "he")

	// A hole over its start: nothing is known of it.
	f = newFeeder(false)
	f.segment(t, b[:2])
	f.hole(t, 2)
	f.segment(t, b[4:])
	f.frame(t, wholeText, []byte("second"))
	f.wants(t, "")

	// A new message inside an unfinished one breaks a rule, and ends the first.
	f = newFeeder(false)
	f.frame(t, firstPiece, []byte("hel"))
	f.frame(t, wholeText, []byte("second"))
	f.wants(t, "hel")

	// A continuation of nothing is the start of nothing.
	f = newFeeder(false)
	f.frame(t, lastPiece, []byte("\xff"))
	f.frame(t, wholeText, []byte("first"))
	f.wants(t, "first")
}

// What is left of a message with a hole in it is not judged.
func TestMessagesGap(t *testing.T) {
	euro := serverFrame(wholeText, []byte("10 €")) // its last three bytes are one character
	for hole := 1; hole <= 3; hole++ {
		for from := 2; from+hole <= len(euro); from++ {
			f := newFeeder(false)
			f.segment(t, euro[:from])
			f.hole(t, hole)
			f.segment(t, euro[from+hole:])
			if len(f.broke) > 0 {
				t.Errorf("hole of %d at %d: %v", hole, from, f.broke)
			}
			f.frame(t, wholeText, []byte("\xff"))
			if len(f.broke) != 1 {
				t.Errorf("hole of %d at %d: the next message is not judged", hole, from)
			}
		}
	}
}
