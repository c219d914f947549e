package condition

import "strings"

// Outline returns a text with … in the place of each value, without compiling it.
func Outline(source string) string {
	var b strings.Builder
	for {
		brace := strings.IndexByte(source, '{')
		if brace < 0 {
			b.WriteString(source)
			return b.String()
		}
		b.WriteString(source[:brace])
		source = source[brace+1:]
		if strings.HasPrefix(source, "{") {
			b.WriteByte('{')
			source = source[1:]
			continue
		}
		end := closing(source)
		if end < 0 {
			b.WriteByte('{')
			continue
		}
		b.WriteString("…")
		source = source[end+1:]
	}
}
