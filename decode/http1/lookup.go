package http1

import "bytes"

// Get returns the value of the first field called name, in any case.
func (h *Head) Get(name string) (value []byte, ok bool) {
	for i := range h.Fields {
		if EqualFold(h.Fields[i].Name, name) {
			return h.Fields[i].Value, true
		}
	}
	return nil, false
}

// Count returns how many fields are called name, in any case.
func (h *Head) Count(name string) (n int) {
	for i := range h.Fields {
		if EqualFold(h.Fields[i].Name, name) {
			n++
		}
	}
	return n
}

// Prefixed reports whether the name of a field begins with prefix, in any case.
func (h *Head) Prefixed(prefix string) bool {
	for i := range h.Fields {
		if n := h.Fields[i].Name; len(n) >= len(prefix) && EqualFold(n[:len(prefix)], prefix) {
			return true
		}
	}
	return false
}

// Lists reports whether a comma-separated list in any field called name holds
// want, in any case (RFC 9110 section 5.6.1). A version after a slash, as in
// "websocket/13", is part of the element.
func (h *Head) Lists(name, want string) bool {
	for i := range h.Fields {
		if !EqualFold(h.Fields[i].Name, name) {
			continue
		}
		for part := range bytes.SplitSeq(h.Fields[i].Value, []byte(",")) {
			if EqualFold(bytes.Trim(part, " \t\r\n"), want) {
				return true
			}
		}
	}
	return false
}

// EqualFold reports whether b equals s but for the case of ASCII letters. A
// space before the colon is part of a name and makes it another one.
func EqualFold(b []byte, s string) bool {
	if len(b) != len(s) {
		return false
	}
	for i, c := range b {
		d := s[i]
		if c == d {
			continue
		}
		if c|0x20 != d|0x20 || c|0x20 < 'a' || c|0x20 > 'z' {
			return false
		}
	}
	return true
}

// longestMethod is the length of UPDATEREDIRECTREF, the longest in the IANA
// registry.
const longestMethod = 17

// methods are those that begin a stream worth following. Others are methods too,
// but then the first line must be whole to be believed.
var methods = [...]string{"GET ", "POST ", "CONNECT ", "HEAD ", "PUT ", "OPTIONS ", "DELETE ", "PATCH "}

// RequestStart reports whether b can begin a request. Where partial is true a
// shorter piece of a method is enough.
func RequestStart(b []byte, partial bool) bool {
	b = skipBlank(b)
	for _, m := range methods {
		if len(b) >= len(m) {
			if string(b[:len(m)]) == m {
				return true
			}
		} else if partial && len(b) > 0 && string(b) == m[:len(b)] {
			return true
		}
	}
	return false
}

// AnyRequestLine reports whether b begins with a whole request line, whatever
// its method, that has a target and ends with an HTTP version: the end of a target
// whose beginning is missing is none.
func AnyRequestLine(b []byte) bool {
	l, rest := line(skipBlank(b))
	if rest == nil {
		return false
	}
	i := bytes.IndexByte(l, ' ')
	if i <= 0 || i > longestMethod || !token(l[:i]) {
		return false
	}
	return bytes.Contains(l[i+1:], []byte(" HTTP/1."))
}

// ResponseStart is RequestStart for responses.
func ResponseStart(b []byte, partial bool) bool {
	const start = "HTTP/1."
	if len(b) >= len(start) {
		return string(b[:len(start)]) == start
	}
	return partial && len(b) > 0 && string(b) == start[:len(b)]
}

// SkipBlank returns how many bytes of empty lines stand before a request line:
// a server ignores them (RFC 9112 section 2.2).
func SkipBlank(b []byte) int { return len(b) - len(skipBlank(b)) }

func skipBlank(b []byte) []byte {
	for len(b) > 0 && (b[0] == '\r' || b[0] == '\n') {
		b = b[1:]
	}
	return b
}
