// Package http1 finds HTTP/1 messages in a byte stream (RFC 9112) and keeps them
// as they were sent: order, case, duplicates, folding and odd line ends are
// evidence. It knows nothing of WebSocket.
package http1

import "bytes"

// MaxHead is the longest head that is waited for: the common servers refuse
// heads beyond 8 to 32 kB, and nothing that is a head goes on for 64 kB.
const MaxHead = 64 << 10

// MaxFields bounds the fields of one head: more than any server accepts
// (Apache's LimitRequestFields is 100).
const MaxFields = 512

// Field is one field line. Name and Value alias the head; a folded value holds
// its line ends as they were sent, see Unfold.
type Field struct {
	Name  []byte
	Value []byte
}

// Head is the start line and the fields of a message. Its slices alias the bytes
// it was parsed from.
type Head struct {
	Method  []byte // of a request
	Target  []byte // of a request, as sent
	Version []byte // "1.1" of "HTTP/1.1"; empty where the line has none
	Status  int    // of a response, 100 to 999
	Reason  []byte // of a response; nil where the line ends with the status

	Fields    []Field
	Malformed int  // lines that are not fields
	More      bool // there were more than MaxFields
}

// HeadEnd returns the length of the head at the start of b, its empty line
// included; ok is false when the empty line is not there. Lines may end with LF
// alone (RFC 9112 section 2.2). from is where to start looking: what was searched
// before need not be searched again.
func HeadEnd(b []byte, from int) (n int, ok bool) {
	i := max(0, from-3) // an end may straddle the old bytes and the new
	for i < len(b) {
		j := bytes.IndexByte(b[i:], '\n')
		if j < 0 {
			return 0, false
		}
		i += j + 1
		if i < len(b) && b[i] == '\n' {
			return i + 1, true
		}
		if i+1 < len(b) && b[i] == '\r' && b[i+1] == '\n' {
			return i + 2, true
		}
	}
	return 0, false
}

// line cuts the first line off b, without its line end.
func line(b []byte) (l, rest []byte) {
	i := bytes.IndexByte(b, '\n')
	if i < 0 {
		return b, nil
	}
	return bytes.TrimSuffix(b[:i], []byte("\r")), b[i+1:]
}

// ParseRequest takes the head of a request apart. It reports false when the first
// line is no request line. Blanks behind the version are ignored (RFC 9112
// section 3); without a version they are part of the target.
func (h *Head) ParseRequest(b []byte) bool {
	h.clear()
	l, rest := line(b)
	i := bytes.IndexByte(l, ' ')
	if i <= 0 || !token(l[:i]) {
		return false
	}
	h.Method = l[:i]
	l = l[i+1:]
	h.Target = l
	l = bytes.TrimRight(l, " \t")
	if j := bytes.LastIndexByte(l, ' '); j >= 0 {
		if v, ok := bytes.CutPrefix(l[j+1:], []byte("HTTP/")); ok {
			h.Target, h.Version = l[:j], v
		}
	}
	h.fields(rest)
	return true
}

// ParseResponse takes the head of a response apart. It reports false when the
// first line is no status line. A missing reason phrase, with or without its
// space, is common and accepted.
func (h *Head) ParseResponse(b []byte) bool {
	h.clear()
	l, rest := line(b)
	l, ok := bytes.CutPrefix(l, []byte("HTTP/"))
	if !ok {
		return false
	}
	i := bytes.IndexByte(l, ' ')
	if i <= 0 || len(l) < i+4 {
		return false
	}
	h.Version = l[:i]
	for _, c := range l[i+1 : i+4] {
		if c < '0' || c > '9' {
			return false
		}
		h.Status = h.Status*10 + int(c-'0')
	}
	if l = l[i+4:]; len(l) > 0 {
		if l[0] != ' ' {
			return false
		}
		h.Reason = l[1:]
	}
	h.fields(rest)
	return h.Status >= 100
}

func (h *Head) clear() {
	*h = Head{Fields: h.Fields[:0]}
}

// fields takes the field lines apart. A line that begins with a blank continues
// the line before it (obsolete folding, RFC 9112 section 5.2), and where that is
// no field it is none either: section 2.2 forbids to take it for one.
func (h *Head) fields(b []byte) {
	var folds *Field // what a line that begins with a blank continues
	for dropped := false; len(b) > 0; {
		l, rest := line(b)
		b = rest
		if len(l) == 0 {
			return
		}
		if l[0] == ' ' || l[0] == '\t' {
			if folds != nil {
				end := cap(folds.Value) - cap(l) + len(l) // both alias one buffer, l stands behind
				folds.Value = folds.Value[:end]
			} else if !dropped {
				h.Malformed++
			}
			continue
		}
		folds, dropped = nil, false
		i := bytes.IndexByte(l, ':')
		switch {
		case i <= 0:
			h.Malformed++
		case len(h.Fields) == MaxFields:
			h.More, dropped = true, true
		default:
			h.Fields = append(h.Fields, Field{Name: l[:i], Value: trim(l[i+1:])})
			folds = &h.Fields[len(h.Fields)-1]
		}
	}
}

// trim removes optional whitespace (RFC 9110 section 5.6.3) and keeps the
// capacity, by which a folded line finds its place.
func trim(b []byte) []byte {
	for len(b) > 0 && (b[0] == ' ' || b[0] == '\t') {
		b = b[1:]
	}
	for len(b) > 0 && (b[len(b)-1] == ' ' || b[len(b)-1] == '\t') {
		b = b[:len(b)-1]
	}
	return b
}

// Unfold replaces the line ends inside a folded value, and the blanks around
// them, by one space each.
func Unfold(v []byte) []byte {
	if bytes.IndexByte(v, '\n') < 0 {
		return v
	}
	var out []byte
	for i, part := range bytes.Split(v, []byte("\n")) {
		if i > 0 {
			out = append(out, ' ')
		}
		out = append(out, bytes.Trim(part, " \t\r")...)
	}
	return bytes.Trim(out, " ") // a value may begin or end with a line that is blank
}

// token reports whether b is a token (RFC 9110 section 5.6.2).
func token(b []byte) bool {
	for _, c := range b {
		if !tokenByte(c) {
			return false
		}
	}
	return len(b) > 0
}

func tokenByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' ||
		bytes.IndexByte([]byte("!#$%&'*+-.^_`|~"), c) >= 0
}
