package decode

import (
	"wstap/decode/dns"
	"wstap/decode/http1"
	"wstap/decode/socks"
	"wstap/decode/tcp"
	"wstap/decode/websocket"
)

// sniff judges the first bytes of a connection for the TCP layer.
func (d *Decoder) sniff(b []byte, start bool) tcp.Class {
	switch {
	case isTLS(b):
		return tcp.Keep
	case !start && isRecord(b): // a capture that starts after the handshake
		if d.options.Keys.Any() {
			return tcp.Keep
		}
		return tcp.TLS
	case http1.RequestStart(b, start), http1.ResponseStart(b, start), http1.AnyRequestLine(b):
		return tcp.Keep
	case start:
		if _, ok := socks.Hello(b); ok || dns.StreamStart(b) || greets(b) {
			return tcp.Keep
		}
	default:
		if _, ok := websocket.PlausibleStart(b); ok {
			return tcp.Keep
		}
	}
	return tcp.Ignore
}

// isTLS reports whether b begins with a TLS handshake record that holds a
// ClientHello or ServerHello (RFC 8446 sections 5.1 and 4).
func isTLS(b []byte) bool {
	return len(b) >= 6 && b[0] == 22 && b[1] == 3 && b[2] <= 4 && (b[5] == 1 || b[5] == 2)
}
