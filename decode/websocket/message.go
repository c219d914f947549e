package websocket

import (
	"bytes"
	"compress/flate"
	"errors"
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
	// maxFinals is how many blocks of one message may be marked as final. Each
	// costs a copy of the window: 256 cost 8 MB, less than inflating may. Senders
	// use one, if any.
	maxFinals = 256
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
	open    bool // inside a message, from its start on and without a hole
	packed  bool // the message is compressed
	started bool // a message has started
	seen    bool // the first message has ended, or its end cannot be known
	deflate []byte
	dict    []byte
	tail    []byte // start of a character whose rest is still to come
	reader  io.ReadCloser
	source  bytes.Reader
	buf     []byte
}

// NewMessages returns a Messages. noContextTakeover tells that the sender agreed
// to start each message with an empty window (RFC 7692 section 7.1.1).
func NewMessages(noContextTakeover bool) *Messages {
	return &Messages{reset: noContextTakeover}
}

// Gap tells that bytes are missing, after those that were fed.
func (m *Messages) Gap() {
	if !m.open || m.packed { // a message that is not compressed leaves the window alone
		m.abandon()
	}
	m.open, m.seen = false, true
}

// abandon gives up a compressed message and, with it, a window that goes on.
func (m *Messages) abandon() {
	if m.open {
		m.Skipped++
	}
	m.open = false
	m.dead = !m.reset
}

// Feed takes a Payload event. It reports the rule that the message breaks, once.
func (m *Messages) Feed(ev *Event) (Rule, bool) {
	if ev.Start {
		m.start(ev)
	}
	if !m.open {
		return 0, false
	}
	m.buf = unmask(m.buf[:0], ev)
	rule, broken := TextNotUTF8, false
	if m.packed {
		rule, broken = m.compressed(ev)
	} else {
		broken = m.text(ev.Opcode, m.buf, ev.End)
	}
	if broken || ev.End {
		m.open = false
	}
	m.seen = m.seen || ev.End
	return rule, broken
}

// start begins a message.
func (m *Messages) start(ev *Event) {
	if m.open && m.packed { // the message before it has no end, against the rules
		m.abandon()
	}
	m.seen = m.seen || m.started
	m.open, m.packed, m.started = true, ev.Compress, true
	m.deflate, m.tail = m.deflate[:0], m.tail[:0]
	if m.packed && m.dead {
		m.abandon()
	}
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
		m.abandon()
		return 0, false
	}
	m.deflate = append(m.deflate, m.buf...)
	if !ev.End || len(m.deflate) == 0 { // no bytes at all are no DEFLATE; zlib takes them for an empty message
		return 0, false
	}
	m.deflate = append(m.deflate, deflateTail...)
	if m.reset {
		m.dict = m.dict[:0]
	}
	m.source.Reset(m.deflate)
	inflated, notText := 0, false
	for range maxFinals {
		n, broken, err := m.inflate(ev.Opcode, maxInflated-inflated)
		inflated += n
		notText = notText || broken
		switch {
		case errors.Is(err, errBomb):
			m.abandon()
			return TextNotUTF8, notText
		case err != nil:
			m.dead = !m.reset
			return DeflateInvalid, true
		case m.source.Len() == 0:
			return TextNotUTF8, notText
		}
	}
	m.abandon()
	return TextNotUTF8, notText
}

// errBomb stops a message that inflates to more than maxInflated.
var errBomb = errors.New("message inflates to too much")

// inflate inflates up to the end of the next block that is marked as the final
// one: others may follow it (RFC 7692 section 7.2.1). It reports how much there
// was, and whether it is text and not UTF-8.
func (m *Messages) inflate(op Opcode, limit int) (total int, notText bool, err error) {
	if m.reader == nil {
		m.reader = flate.NewReaderDict(&m.source, m.dict)
	} else if err := m.reader.(flate.Resetter).Reset(&m.source, m.dict); err != nil {
		return 0, false, err
	}
	for {
		var chunk [4 << 10]byte
		n, err := m.reader.Read(chunk[:])
		total += n
		m.Inflated += uint64(n)
		m.keep(chunk[:n])
		last := err == io.EOF && m.source.Len() == 0
		notText = notText || m.text(op, chunk[:n], last)
		switch {
		case err == io.EOF:
			return total, notText, nil
		case err != nil:
			return total, notText, err
		case total > limit:
			return total, notText, errBomb
		}
	}
}

// keep remembers the last bytes of what was inflated, for what comes next.
func (m *Messages) keep(b []byte) {
	m.dict = append(m.dict, b...)
	if over := len(m.dict) - window; over > 0 {
		m.dict = m.dict[:copy(m.dict, m.dict[over:])]
	}
}
