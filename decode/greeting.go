package decode

import (
	"bytes"
	"slices"

	"wstap/decode/tcp"
)

// greeting is what a server said before its client said anything: it speaks no HTTP.
type greeting struct {
	text []byte // bodyKept bytes at most
	at   packetPos
}

// greets reports whether b begins as a server does that speaks first: SSH (RFC 4253
// section 4.2), SMTP and FTP, POP3, IMAP, RFB (RFC 6143), MySQL. Who opens TLS or a
// WebSocket there has the wrong port.
func greets(b []byte) bool {
	for _, begin := range [...]string{"SSH-", "220 ", "220-", "+OK", "* OK", "RFB 0"} {
		if bytes.HasPrefix(b, []byte(begin)) {
			return true
		}
	}
	const packetHeader, protocol = 4, 10
	return len(b) > packetHeader && b[2] == 0 && b[3] == 0 && b[packetHeader] == protocol
}

// greeted keeps a greeting until the client speaks.
func (d *Decoder) greeted(s *session, e *tcp.Event, b []byte) {
	d.greetings[s] = greeting{slices.Clone(b[:min(len(b), bodyKept)]), posOf(e)}
	s.mode[e.Dir] = modeOff
}
