package explain

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxText is how much of a question is looked at: more than any line of a log that
// somebody pastes.
const maxText = 1 << 20

// normal is text as it is compared: lower case, straight quotes, single blanks, and
// neither colours of a terminal nor the backslashes of quoted quotes.
type normal struct {
	text string
	from []int32 // where each byte of text begins in the original
	end  int32   // of the original
}

func normalize(s string) *normal {
	n := &normal{from: make([]int32, 0, len(s)), end: int32(len(s))}
	out := make([]byte, 0, len(s))
	put := func(c byte, at int) {
		if c == ' ' && (len(out) == 0 || out[len(out)-1] == ' ') {
			return
		}
		out = append(out, c)
		n.from = append(n.from, int32(at))
	}
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case c == 0x1b:
			i = afterEscape(s, i)
		case c == '\\' && i+1 < len(s) && (s[i+1] == '"' || s[i+1] == '\''):
			i++
		case c == '\\' && i+1 < len(s) && (s[i+1] == 'n' || s[i+1] == 't' || s[i+1] == 'r') && (i+2 == len(s) || !isWord(s[i+2]) || s[i+2] < 'a'):
			put(' ', i)
			i += 2
		case c < utf8.RuneSelf:
			put(lower(c), i)
			i++
		default:
			r, size := utf8.DecodeRuneInString(s[i:])
			switch plain := plainQuote(r); {
			case plain != 0:
				put(plain, i)
			case unicode.IsSpace(r):
				put(' ', i)
			default:
				for j := range size {
					put(s[i+j], i+j)
				}
			}
			i += size
		}
	}
	n.text = strings.TrimRight(string(out), " ")
	return n
}

// fold is normalize for what is compared as a whole.
func fold(s string) string { return normalize(s).text }

// original returns the part of the original that text[from:to] was made of.
func (n *normal) original(s string, from, to int) string {
	end := n.end
	if to < len(n.from) {
		end = n.from[to]
	}
	return strings.TrimSpace(s[n.from[from]:end])
}

// lower returns an ASCII character in lower case; all blanks and control characters
// are spaces.
func lower(c byte) byte {
	switch {
	case c <= ' ' || c == 0x7f:
		return ' '
	case c >= 'A' && c <= 'Z':
		return c + 'a' - 'A'
	default:
		return c
	}
}

// plainQuote returns the quote on a keyboard for one of typography, 0 for others.
func plainQuote(r rune) byte {
	switch r {
	case '‘', '’', '‚', '′', '‹', '›':
		return '\''
	case '“', '”', '„', '″', '«', '»':
		return '"'
	default:
		return 0
	}
}

// afterEscape returns where the control sequence that begins at i ends (ECMA-48).
func afterEscape(s string, i int) int {
	i++
	if i == len(s) || s[i] != '[' {
		return i
	}
	for i++; i < len(s); i++ {
		if c := s[i]; c >= 0x40 && c <= 0x7e {
			return i + 1
		} else if c < 0x20 || c > 0x7e {
			return i
		}
	}
	return i
}

// isWord reports whether a character is part of a word or number.
func isWord(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || isDigit(c) || c >= utf8.RuneSelf
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
