package report

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Escape returns s so that it can be shown on a terminal or in a spreadsheet cell
// without moving, colouring or reordering anything: control characters, bidi
// controls, other invisible characters and all blanks but the space become \n,
// \t, \r, \xHH, \uHHHH or \UHHHHHHHH, and bytes that are not UTF-8 \xHH. A
// backslash stays as it is, so the result is for reading, not for parsing.
func Escape(s string) string {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c >= 0x7f {
			return escape(s, i)
		}
	}
	return s
}

// escape is Escape from byte i on, the first that may have to be escaped.
func escape(s string, i int) string {
	var b strings.Builder
	b.Grow(len(s) + 16)
	b.WriteString(s[:i])
	for i < len(s) {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			b.WriteString(`\x`)
			writeHex(&b, uint64(s[i]), 2)
		case unicode.IsPrint(r):
			b.WriteString(s[i : i+size])
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case r < 0x80:
			b.WriteString(`\x`)
			writeHex(&b, uint64(r), 2)
		case r <= 0xffff:
			b.WriteString(`\u`)
			writeHex(&b, uint64(r), 4)
		default:
			b.WriteString(`\U`)
			writeHex(&b, uint64(r), 8)
		}
		i += size
	}
	return b.String()
}

func writeHex(b *strings.Builder, v uint64, digits int) {
	h := strconv.FormatUint(v, 16)
	for range digits - len(h) {
		b.WriteByte('0')
	}
	b.WriteString(h)
}

// plainJSON marks the ASCII characters that stand for themselves in a JSON
// string.
var plainJSON = func() (plain [256]bool) {
	for c := ' '; c < 0x7f; c++ {
		plain[c] = c != '"' && c != '\\'
	}
	return plain
}()

// plainWord reports whether eight characters stand for themselves in a JSON
// string. It looks at them as one number: of each byte, the highest bit of the
// result is set where the byte is not plain ASCII, and may be set in bytes after
// the first such.
func plainWord(s string) bool {
	const ones, high = 0x0101010101010101, 0x8080808080808080
	x := uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
	quote, backslash := x^('"'*ones), x^('\\'*ones)
	bad := x | (x + ones) | (x - ' '*ones) | (quote-ones)&^quote | (backslash-ones)&^backslash
	return bad&high == 0
}

// appendJSONString appends s as a JSON string. Beyond what JSON asks for, it
// escapes every character that could drive a terminal or an editor: DEL, the C1
// controls, line and paragraph separators, bidi controls and U+FEFF. Bytes that
// are not UTF-8 become U+FFFD.
func appendJSONString(b []byte, s string) []byte {
	b = append(b, '"')
	start := 0
	for i := 0; i < len(s); {
		for len(s)-i >= 8 && plainWord(s[i:i+8]) {
			i += 8
		}
		if i == len(s) {
			break
		}
		c := s[i]
		if plainJSON[c] {
			i++
			continue
		}
		size := 1
		r := rune(c)
		if c >= utf8.RuneSelf {
			r, size = utf8.DecodeRuneInString(s[i:])
			if !drivesDisplay(r) && (r != utf8.RuneError || size > 1) {
				i += size
				continue
			}
		}
		b = append(b, s[start:i]...)
		b = appendJSONEscape(b, r)
		i += size
		start = i
	}
	b = append(b, s[start:]...)
	return append(b, '"')
}

// appendJSONEscape appends the escape of r, which is at most U+FFFF.
func appendJSONEscape(b []byte, r rune) []byte {
	const hex = "0123456789abcdef"
	switch r {
	case '"', '\\':
		return append(b, '\\', byte(r))
	case '\n':
		return append(b, `\n`...)
	case '\r':
		return append(b, `\r`...)
	case '\t':
		return append(b, `\t`...)
	default:
		return append(b, '\\', 'u', hex[r>>12&15], hex[r>>8&15], hex[r>>4&15], hex[r&15])
	}
}

// drivesDisplay reports whether a character beyond ASCII changes how the
// characters around it are shown.
func drivesDisplay(r rune) bool {
	switch {
	case r >= 0x80 && r <= 0x9f: // C1 controls
	case r == 0x061c, r == 0x200e, r == 0x200f: // bidi marks
	case r == 0x2028, r == 0x2029: // line and paragraph separator
	case r >= 0x202a && r <= 0x202e: // bidi embeddings and overrides
	case r >= 0x2066 && r <= 0x2069: // bidi isolates
	case r == 0xfeff: // byte order mark
	default:
		return false
	}
	return true
}
