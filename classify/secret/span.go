package secret

import (
	"bytes"
	"strings"
)

// Span is a run of bytes, from Begin up to End.
type Span struct{ Begin, End int }

// Spans returns where in a message head, as it stood on the wire, there are secrets:
// those that Redact would take out. A head that was cut is fine. The secrets
// themselves, if they are not short, are for finding what repeats them.
func (r *Redactor) Spans(head []byte) (spans []Span, repeated []string) {
	s := secrets{names: r.names, bare: true}
	for at := 0; at < len(head); {
		end := lineEnd(head, at)
		for at > 0 && end < len(head) && (head[end] == ' ' || head[end] == '\t') {
			end = lineEnd(head, end) // a folded field (RFC 9112 section 5.2)
		}
		line := string(head[at:end])
		begin, value, clean := 0, line, ""
		if name, rest, ok := strings.Cut(line, ":"); at > 0 && ok {
			begin, value = len(name)+1, rest
			blanks := len(value) - len(strings.TrimLeft(value, " \t"))
			begin, value = begin+blanks, strings.TrimRight(value[blanks:], " \t\r\n")
			clean = s.header(name, value)
		} else {
			clean = s.firstLine(value)
		}
		if a, b, ok := differs(value, clean); ok {
			spans = append(spans, Span{at + begin + a, at + begin + b})
		}
		at = end
	}
	return spans, s.found
}

// firstLine returns a request line, or a line that is none, without secrets.
func (s *secrets) firstLine(line string) string {
	method, rest, ok := strings.Cut(line, " ")
	if !ok || strings.HasPrefix(method, "HTTP/") {
		return line
	}
	target, version := rest, ""
	if i := strings.LastIndexByte(rest, ' '); i >= 0 {
		target, version = rest[:i], rest[i:]
	}
	return method + " " + s.uriField(target) + version
}

// lineEnd returns where the line at from ends, its line feed included.
func lineEnd(b []byte, from int) int {
	if i := bytes.IndexByte(b[from:], '\n'); i >= 0 {
		return from + i + 1
	}
	return len(b)
}

// differs returns the bytes of value between what it has in common with clean at
// either end.
func differs(value, clean string) (begin, end int, ok bool) {
	if value == clean {
		return 0, 0, false
	}
	for begin < len(value) && begin < len(clean) && value[begin] == clean[begin] {
		begin++
	}
	end = len(value)
	for n := len(clean); end > begin && n > begin && value[end-1] == clean[n-1]; n-- {
		end--
	}
	return begin, end, true
}
