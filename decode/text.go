package decode

import (
	"strings"
	"unicode/utf8"

	"wstap/decode/link"
	"wstap/decode/websocket"
)

// text returns captured bytes as a string of valid UTF-8: what is not is written
// as \xHH, so that nothing is lost.
func text(b []byte) string {
	if utf8.Valid(b) {
		return string(b)
	}
	const hex = "0123456789abcdef"
	var out strings.Builder
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		if r == utf8.RuneError && n == 1 {
			out.WriteString(`\x`)
			out.WriteByte(hex[b[0]>>4])
			out.WriteByte(hex[b[0]&15])
		} else {
			out.Write(b[:n])
		}
		b = b[n:]
	}
	return out.String()
}

func texts(in []string) []string {
	for i := range in {
		in[i] = text([]byte(in[i]))
	}
	return in
}

// nothing is the Walker of a direction that carried no frames.
var nothing = websocket.Config{}.Walker()

func (o *outcome) walker(d link.Dir) *websocket.Walker {
	if !o.framed[d] {
		return &nothing
	}
	return &o.walk[d]
}

func frameCounts(w *websocket.Walker) FrameCounts {
	c := &w.Counts
	return FrameCounts{
		Text: c[websocket.KindText], Binary: c[websocket.KindBinary], Continuation: c[websocket.KindContinuation],
		Close: c[websocket.KindClose], Ping: c[websocket.KindPing], Pong: c[websocket.KindPong], Other: c[websocket.KindOther],
	}
}
