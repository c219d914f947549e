package report

import (
	"fmt"
	"strings"

	"wstap/decode"
)

// tlsParts says what became of TLS connections: how to get keys where there were none,
// otherwise how many were decrypted and what was in the way of the others.
func tlsParts(s *decode.Summary) (parts []string) {
	c := s.TLSCounts
	if c == nil {
		c = &decode.TLSCounts{Seen: s.TLS}
	}
	unread := c.Seen - min(c.Decrypted, c.Seen)
	switch {
	case c.Seen == 0:
		return nil
	case unread > 0 && !c.KeysGiven:
		parts = append(parts, fmt.Sprintf("%s not decrypted: wstap explain keylog", Plural(unread, "TLS connection")))
	case unread > 0:
		parts = append(parts, fmt.Sprintf("%d of %s decrypted%s", c.Decrypted, Plural(c.Seen, "TLS connection"), problems(c.Problems)))
	default:
		parts = append(parts, fmt.Sprintf("%s decrypted%s", Plural(c.Seen, "TLS connection"), problems(c.Problems)))
	}
	if c.HTTP1Only > 0 {
		parts = append(parts, fmt.Sprintf("%s offered only http/1.1, as browsers do for wss:", Plural(c.HTTP1Only, "TLS connection")))
	}
	return parts
}

// problems lists them in parentheses, most frequent first.
func problems(counts map[string]uint64) string {
	var list []string
	for _, k := range mostFirst(counts) {
		if counts[k] > 0 {
			list = append(list, fmt.Sprintf("%d × %s", counts[k], Escape(k)))
		}
	}
	if list == nil {
		return ""
	}
	return " (" + strings.Join(list, ", ") + ")"
}
