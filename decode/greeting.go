package decode

import (
	"bytes"
	"encoding/binary"
	"slices"

	"wstap/decode/tcp"
)

// greeting is what a server said before its client said anything: it speaks no HTTP.
type greeting struct {
	text []byte // bodyKept bytes at most
	at   packetPos
}

// greets reports whether b begins as a server does that speaks first: SSH (RFC 4253
// section 4.2), SMTP and FTP, POP3, IMAP, RFB (RFC 6143), MySQL, HTTP/2. Who opens TLS or a
// WebSocket there has the wrong port.
func greets(b []byte) bool {
	for _, begin := range [...]string{"SSH-", "220 ", "220-", "+OK", "* OK", "RFB 0"} {
		if bytes.HasPrefix(b, []byte(begin)) {
			return true
		}
	}
	const packetHeader, protocol = 4, 10
	if len(b) > packetHeader && b[2] == 0 && b[3] == 0 && b[packetHeader] == protocol {
		return true
	}
	return isSettings(b)
}

// isSettings reports whether b begins with a SETTINGS frame as a server of HTTP/2 sends
// it first (RFC 9113 sections 3.4 and 6.5).
func isSettings(b []byte) bool {
	const frameHeader, settings, setting = 9, 4, 6
	return len(b) >= frameHeader && b[0] == 0 && b[3] == settings && b[4] == 0 &&
		binary.BigEndian.Uint32(b[5:]) == 0 && binary.BigEndian.Uint16(b[1:])%setting == 0
}

// greeted keeps a greeting until the client speaks.
func (d *Decoder) greeted(s *session, e *tcp.Event, b []byte) {
	d.greetings[s] = greeting{slices.Clone(b[:min(len(b), bodyKept)]), posOf(e)}
	s.mode[e.Dir] = modeOff
}

// answersGreeted notes that what the server said first is all the answer that a request
// will get.
func (d *Decoder) answersGreeted(s *session, a *attempt) {
	g, ok := d.greetings[s]
	if !ok {
		return
	}
	delete(d.greetings, s)
	a.notHTTP = true
	a.response0.seq = g.at.seq
	a.before = d.trafficSoFar(s)
	a.responseAt, a.responseRef = a.requestAt, g.at.ref
	a.addBody(g.text)
}
