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
)

// maxDigits bounds a chunk size: 16 hexadecimal digits are 64 bits.
const maxDigits = 16

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
	digits uint8
	state  bodyState
}

// RequestBody returns the body that follows a request head.
func (h *Head) RequestBody() Body {
	f, n := h.framing(NoBody)
	return newBody(f, n)
}

// ResponseBody returns the body that follows a response head. method is that of
// the request, nil when it was not captured.
func (h *Head) ResponseBody(method []byte) Body {
	if h.Status < 200 || h.Status == 204 || h.Status == 304 || string(method) == "HEAD" ||
		string(method) == "CONNECT" && h.Status < 300 {
		return Body{}
	}
	f, n := h.framing(UntilClose)
	return newBody(f, n)
}

// framing reads the fields that say how long a body is; otherwise is the answer
// when there is none. Transfer-Encoding overrides Content-Length.
func (h *Head) framing(otherwise Framing) (Framing, uint64) {
	if _, ok := h.Get("Transfer-Encoding"); ok {
		if h.Lists("Transfer-Encoding", "chunked") {
			return Chunked, 0
		}
		return otherwise, 0
	}
	v, ok := h.Get("Content-Length")
	if !ok {
		return otherwise, 0
	}
	first, _, _ := bytes.Cut(v, []byte(",")) // "5, 5" is allowed (RFC 9112 section 6.3)
	n, err := strconv.ParseUint(string(bytes.TrimSpace(first)), 10, 63)
	if err != nil {
		return otherwise, 0
	}
	return Length, n
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
	}
	return Body{}
}

// Done reports whether the body is over.
func (b *Body) Done() bool { return b.state == bodyDone }

// Lost reports whether its end cannot be found any more, because of a hole or
// because it is malformed.
func (b *Body) Lost() bool { return b.state == bodyLost }

// Gap tells that the next n bytes are missing.
func (b *Body) Gap(n uint64) {
	switch b.state {
	case bodyDone, bodyUntilClose:
	case bodyLength:
		if n > b.remain {
			b.state = bodyLost
			return
		}
		b.remain -= n
		if b.remain == 0 {
			b.state = bodyDone
		}
	case chunkData:
		if n >= b.remain {
			b.state = bodyLost
			return
		}
		b.remain -= n
	default:
		b.state = bodyLost
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
			content = p[n : n+k]
			b.remain -= uint64(k)
			if b.remain == 0 {
				if b.state == chunkData {
					b.state = chunkEnd
				} else {
					b.state = bodyDone
				}
			}
			return content, n + k
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
		if v, ok := hexDigit(c); ok && b.digits < maxDigits {
			b.remain = b.remain<<4 | uint64(v)
			b.digits++
			return
		}
		switch {
		case b.digits == 0:
			b.state = bodyLost
		case c == '\n':
			b.sized()
		case c == ';' || c == '\r' || c == ' ' || c == '\t':
			b.state = chunkExtension
		default:
			b.state = bodyLost
		}
	case chunkExtension:
		if c == '\n' {
			b.sized()
		}
	case chunkEnd:
		switch c {
		case '\r':
		case '\n':
			b.state, b.remain, b.digits = chunkSize, 0, 0
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
	}
}

func (b *Body) sized() {
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
