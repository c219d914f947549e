// Package websocket walks the frames of a WebSocket connection (RFC 6455 section
// 5) as an observer sees them: one direction at a time, in pieces, possibly with
// holes. It knows nothing of HTTP.
package websocket

import "encoding/binary"

// Opcode is a frame's opcode (RFC 6455 section 5.2), 0 to 15.
type Opcode uint8

// The opcodes that are defined.
const (
	Continuation Opcode = 0
	Text         Opcode = 1
	Binary       Opcode = 2
	Close        Opcode = 8
	Ping         Opcode = 9
	Pong         Opcode = 10
)

func (o Opcode) control() bool { return o&8 != 0 }

// Bits of a header's first two bytes.
const (
	bitFIN  = 0x80
	bitRSV1 = 0x40
	bitsRSV = 0x70
	bitMask = 0x80 // of the second byte
)

// maxHeader is two bytes, an 8-byte length and a 4-byte masking key.
const maxHeader = 14

// MaxControl is the most payload a control frame may carry (RFC 6455 section 5.5).
const MaxControl = 125

// headerLen returns the length of a header by its second byte.
func headerLen(b1 byte) int {
	n := 2
	switch b1 & 0x7f {
	case 126:
		n = 4
	case 127:
		n = 10
	}
	if b1&bitMask != 0 {
		n += 4
	}
	return n
}

// header is a frame header taken apart.
type header struct {
	b0     byte
	opcode Opcode
	masked bool
	wide   bool // the length stands in more bytes than it needs
	length uint64
	key    [4]byte
}

func (h *header) fin() bool { return h.b0&bitFIN != 0 }

// parseHeader takes a whole header apart; b is headerLen long.
func parseHeader(b []byte) header {
	h := header{b0: b[0], opcode: Opcode(b[0] & 15), masked: b[1]&bitMask != 0}
	switch l := b[1] & 0x7f; l {
	case 126:
		h.length = uint64(binary.BigEndian.Uint16(b[2:]))
		h.wide = h.length < 126
	case 127:
		h.length = binary.BigEndian.Uint64(b[2:])
		h.wide = h.length < 1<<16
	default:
		h.length = uint64(l)
	}
	if h.masked {
		copy(h.key[:], b[len(b)-4:])
	}
	return h
}

// plausibleLength is the longest frame believed where the place of a header is
// guessed: no known implementation sends 4 GB in one frame.
const plausibleLength = 1 << 32

// plausible reports whether h can be a header where one is only guessed.
func (h *header) plausible(rsv1 bool) bool {
	if h.b0&bitsRSV&^bitRSV1 != 0 || h.wide || h.length >= plausibleLength {
		return false
	}
	if h.b0&bitRSV1 != 0 && (!rsv1 || h.opcode != Text && h.opcode != Binary) {
		return false
	}
	switch h.opcode {
	case Continuation: // a run of zeros is no run of empty fragments
		return h.fin() || h.length > 0
	case Text, Binary:
		return true
	case Close:
		return h.fin() && h.length <= MaxControl && h.length != 1
	case Ping, Pong:
		return h.fin() && h.length <= MaxControl
	default:
		return false
	}
}

// PlausibleStart reports whether b, the first bytes that a capture holds of a
// segment, can begin with a frame header and go on from header to header to its
// end. masked tells that the first frame was masked, as a client's are.
func PlausibleStart(b []byte) (masked, ok bool) {
	if len(b) < 2 {
		return false, false
	}
	masked = b[1]&bitMask != 0
	for len(b) >= 2 {
		n := headerLen(b[1])
		if n > len(b) {
			return masked, false
		}
		h := parseHeader(b[:n])
		if h.masked != masked || !h.plausible(true) {
			return masked, false
		}
		if h.length >= uint64(len(b)-n) {
			return masked, true
		}
		b = b[n+int(h.length):]
	}
	return masked, len(b) == 0
}
