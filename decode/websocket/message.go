package websocket

import (
	"bytes"
	"compress/flate"
	"io"
	"unicode/utf8"
)

const (
	// maxCompressed is the longest compressed message that is inflated: the
	// default limit of the common servers, 1 MiB, lets nothing longer through.
	maxCompressed = 1 << 20
	// maxInflated stops decompression bombs: DEFLATE reaches 1,032:1, chat and
	// JSON stay below 20:1.
	maxInflated = 16 << 20
	// window is the most that permessage-deflate carries from message to message
	// (RFC 7692 section 7.1.2: 2^15 bytes).
	window = 32 << 10
	// firstText is how much of the first message is kept.
	firstText = 512
)

// deflateTail ends a message's DEFLATE data (RFC 7692 section 7.2.2): the four
// bytes that the sender left out, and an empty final block.
var deflateTail = []byte{0x00, 0x00, 0xff, 0xff, 0x01, 0x00, 0x00, 0xff, 0xff}

// Messages looks into the data messages of one direction: it inflates them and
// checks text for UTF-8. It is for the user who asks for it; counting frames
// needs none of this.
type Messages struct {
	First    []byte // the start of the first message, at most firstText bytes
	Inflated uint64 // bytes of compressed messages after inflating
	Skipped  uint64 // compressed messages that were not inflated: too long, or the window was lost

	reset   bool // the sender starts each message with an empty window
	dead    bool // the window was lost: nothing compressed can be read any more
	skip    bool // the current message is not looked at
	bad     bool // the current message was found to break a rule already
	seen    bool // a message has ended
	deflate []byte
	dict    []byte
	tail    []byte // start of a character whose rest is still to come
	reader  io.ReadCloser
	buf     []byte
}

// NewMessages returns a Messages. noContextTakeover tells that the sender agreed
// to start each message with an empty window (RFC 7692 section 7.1.1).
func NewMessages(noContextTakeover bool) *Messages {
	return &Messages{reset: noContextTakeover}
}

// Gap tells that bytes are missing from the current message.
func (m *Messages) Gap() {
	m.skip = true
	if !m.reset {
		m.dead = true
	}
}

// Feed takes a Payload event. It reports the rule that the message breaks, once.
func (m *Messages) Feed(ev *Event) (Rule, bool) {
	if ev.Start {
		m.skip, m.bad = ev.Compress && m.dead, false
		m.deflate, m.tail = m.deflate[:0], m.tail[:0]
		if m.skip {
			m.Skipped++
		}
	}
	if m.skip || m.bad {
		m.seen = m.seen || ev.End
		return 0, false
	}
	m.buf = unmask(m.buf[:0], ev)
	rule, broken := rules, false
	if !ev.Compress {
		broken = m.text(ev.Opcode, m.buf, ev.End)
		rule = TextNotUTF8
	} else {
		rule, broken = m.compressed(ev)
	}
	m.bad = broken
	m.seen = m.seen || ev.End
	return rule, broken
}

func unmask(dst []byte, ev *Event) []byte {
	dst = append(dst, ev.Payload...)
	if ev.Key != [4]byte{} {
		for i := range dst {
			dst[i] ^= ev.Key[(ev.KeyAt+i)&3]
		}
	}
	return dst
}

// text checks the next bytes of a message and keeps the start of the first one.
// It reports true when they are text and not UTF-8.
func (m *Messages) text(op Opcode, b []byte, end bool) bool {
	if room := firstText - len(m.First); !m.seen && room > 0 {
		m.First = append(m.First, b[:min(room, len(b))]...)
	}
	if op != Text {
		return false
	}
	if len(m.tail) > 0 {
		b = append(m.tail, b...)
	}
	for len(b) > 0 {
		if b[0] < utf8.RuneSelf {
			b = b[1:]
			continue
		}
		if !utf8.FullRune(b) {
			break
		}
		r, n := utf8.DecodeRune(b)
		if r == utf8.RuneError && n == 1 {
			return true
		}
		b = b[n:]
	}
	m.tail = append(m.tail[:0], b...)
	return end && len(b) > 0
}

// compressed gathers a compressed message and inflates it at its end.
func (m *Messages) compressed(ev *Event) (Rule, bool) {
	if len(m.deflate)+len(m.buf) > maxCompressed {
		m.Gap()
		m.Skipped++
		return 0, false
	}
	m.deflate = append(m.deflate, m.buf...)
	if !ev.End {
		return 0, false
	}
	src := io.MultiReader(bytes.NewReader(m.deflate), bytes.NewReader(deflateTail))
	if m.reader == nil {
		m.reader = flate.NewReaderDict(src, m.dict)
	} else if err := m.reader.(flate.Resetter).Reset(src, m.dict); err != nil {
		m.dead = true
		return DeflateInvalid, true
	}
	broken := false
	for total := 0; ; {
		var chunk [4 << 10]byte
		n, err := m.reader.Read(chunk[:])
		total += n
		m.Inflated += uint64(n)
		if !m.reset {
			m.keep(chunk[:n])
		}
		done := err == io.EOF
		if !broken && m.text(ev.Opcode, chunk[:n], done) {
			broken = true
		}
		switch {
		case done:
			return TextNotUTF8, broken
		case err != nil:
			m.dead = true
			return DeflateInvalid, true
		case total > maxInflated:
			m.Gap()
			m.Skipped++
			return TextNotUTF8, broken
		}
	}
}

// keep remembers the last bytes of what was inflated, for the next message.
func (m *Messages) keep(b []byte) {
	m.dict = append(m.dict, b...)
	if over := len(m.dict) - window; over > 0 {
		m.dict = m.dict[:copy(m.dict, m.dict[over:])]
	}
}
