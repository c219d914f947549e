package http1

import (
	"bytes"
	"strconv"
)

// Framing says how a message's body ends (RFC 9112 section 6.3).
type Framing uint8

// The ways in which a body ends.
const (
	NoBody     Framing = iota
	Length             // after a number of bytes
	Chunked            // with the last chunk
	UntilClose         // with the connection
	Unknown            // where nobody can tell
)

type bodyState uint8

const (
	bodyDone bodyState = iota
	bodyLength
	bodyUntilClose
	chunkSize
	chunkExtension
	chunkData
	chunkEnd
	trailer
	trailerLine
	bodyLost
)

// Body follows the body of one message. It holds no pointers and may be copied.
// The zero value is a body that is over.
type Body struct {
	remain uint64
	sized  bool // the chunk size has a digit
	state  bodyState
}

// RequestBody returns the body that follows a request head. Where the head
// contradicts itself the body is lost from the start: a server has to refuse such
// a request and nobody knows where the next one begins.
func (h *Head) RequestBody() Body {
	f, n := h.framing(NoBody, Unknown)
	return newBody(f, n)
}

// ResponseBody returns the body that follows a response head. method is that of
// the request, nil when it was not captured. Where the head contradicts itself
// the body goes on until the connection closes, as the recipient has to close it.
func (h *Head) ResponseBody(method []byte) Body {
	if h.Status < 200 || h.Status == 204 || h.Status == 304 || string(method) == "HEAD" ||
		string(method) == "CONNECT" && h.Status < 300 {
		return Body{}
	}
	f, n := h.framing(UntilClose, UntilClose)
	return newBody(f, n)
}

// framing reads the fields that say how long a body is (RFC 9112 section 6.3);
// none is the answer when there is no such field, faulty when they make no sense.
// Transfer-Encoding overrides Content-Length, and ends the body only if chunked is
// the last coding.
func (h *Head) framing(none, faulty Framing) (Framing, uint64) {
	if coding, ok := h.lastElement("Transfer-Encoding"); ok && !EqualFold(coding, "identity") { // that is no coding: RFC 2616 section 4.4
		if EqualFold(coding, "chunked") {
			return Chunked, 0
		}
		return faulty, 0
	}
	n, ok := h.contentLength()
	switch {
	case ok:
		return Length, n
	case h.Count("Content-Length") > 0:
		return faulty, 0
	default:
		return none, 0
	}
}

// lastElement returns the last element of a comma-separated list, however many
// fields it is spread over.
func (h *Head) lastElement(name string) (last []byte, ok bool) {
	for i := range h.Fields {
		if !EqualFold(h.Fields[i].Name, name) {
			continue
		}
		ok = true
		for part := range bytes.SplitSeq(h.Fields[i].Value, []byte(",")) {
			if part = bytes.Trim(part, " \t\r\n"); len(part) > 0 {
				last = part
			}
		}
	}
	return last, ok
}

// contentLength returns the value of Content-Length. It may be repeated, in one
// field or several, as long as it stays the same.
func (h *Head) contentLength() (n uint64, ok bool) {
	for i := range h.Fields {
		if !EqualFold(h.Fields[i].Name, "Content-Length") {
			continue
		}
		for part := range bytes.SplitSeq(h.Fields[i].Value, []byte(",")) {
			v, err := strconv.ParseUint(string(bytes.Trim(part, " \t\r\n")), 10, 63)
			if err != nil || ok && v != n {
				return 0, false
			}
			n, ok = v, true
		}
	}
	return n, ok
}

func newBody(f Framing, n uint64) Body {
	switch f {
	case Length:
		if n > 0 {
			return Body{state: bodyLength, remain: n}
		}
	case Chunked:
		return Body{state: chunkSize}
	case UntilClose:
		return Body{state: bodyUntilClose}
	case Unknown:
		return Body{state: bodyLost}
	case NoBody:
	}
	return Body{}
}

// Done reports whether the body is over.
func (b *Body) Done() bool { return b.state == bodyDone }

// Lost reports whether its end cannot be found any more, because of a hole or
// because it is malformed.
func (b *Body) Lost() bool { return b.state == bodyLost }

// UntilClose reports whether the body goes on until the connection closes.
func (b *Body) UntilClose() bool { return b.state == bodyUntilClose }

// Gap tells that the next n bytes are missing, and returns how many of them are
// content. A hole inside content is stepped over exactly; one that may hide a
// chunk's size or the message's end loses it.
func (b *Body) Gap(n uint64) (content uint64) {
	switch {
	case n == 0 || b.state == bodyDone:
		return 0
	case b.state == bodyUntilClose:
	case (b.state == bodyLength || b.state == chunkData) && n <= b.remain:
		b.use(n)
	default:
		b.state = bodyLost
		return 0
	}
	return n
}

// use goes on by n bytes of content.
func (b *Body) use(n uint64) {
	if b.remain -= n; b.remain > 0 {
		return
	}
	if b.state == chunkData {
		b.state = chunkEnd
	} else {
		b.state = bodyDone
	}
}

// Next uses up bytes of the body from p and returns how many; content is the part
// of them that is payload. It is to be called until the body is done, lost, or p
// is used up.
func (b *Body) Next(p []byte) (content []byte, n int) {
	for n < len(p) {
		switch b.state {
		case bodyLength, chunkData:
			k := len(p) - n
			if uint64(k) > b.remain {
				k = int(b.remain)
			}
			b.use(uint64(k))
			return p[n : n+k], n + k
		case bodyUntilClose:
			return p[n:], len(p)
		case bodyDone, bodyLost:
			return nil, n
		default:
			b.line(p[n])
			n++
		}
	}
	return nil, n
}

// line takes one byte of what stands between chunks (RFC 9112 section 7.1).
func (b *Body) line(c byte) {
	switch b.state {
	case chunkSize:
		v, digit := hexDigit(c)
		switch {
		case digit && b.remain>>60 == 0: // leading zeros do not count
			b.remain, b.sized = b.remain<<4|uint64(v), true
		case !b.sized:
			b.state = bodyLost
		case c == '\n':
			b.chunk()
		case c == ';' || c == '\r' || c == ' ' || c == '\t':
			b.state = chunkExtension
		default:
			b.state = bodyLost
		}
	case chunkExtension:
		if c == '\n' {
			b.chunk()
		}
	case chunkEnd:
		switch c {
		case '\r':
		case '\n':
			b.state, b.remain, b.sized = chunkSize, 0, false
		default:
			b.state = bodyLost
		}
	case trailer:
		switch c {
		case '\r':
		case '\n':
			b.state = bodyDone
		default:
			b.state = trailerLine
		}
	case trailerLine:
		if c == '\n' {
			b.state = trailer
		}
	case bodyDone, bodyLength, bodyUntilClose, chunkData, bodyLost: // no lines, see Next
	}
}

// chunk begins what follows a chunk's size.
func (b *Body) chunk() {
	if b.remain == 0 {
		b.state = trailer
	} else {
		b.state = chunkData
	}
}

func hexDigit(c byte) (v byte, ok bool) {
	switch {
	case c >= '0' && c <= '9':
		return c - '0', true
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10, true
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10, true
	default:
		return 0, false
	}
}
