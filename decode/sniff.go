package decode

import (
	"wstap/decode/dns"
	"wstap/decode/http1"
	"wstap/decode/socks"
	"wstap/decode/tcp"
	"wstap/decode/tls"
	"wstap/decode/tls/suite"
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

// beginsRecord reports whether b begins as a TLS record does (RFC 8446 section 5.1), whose
// content type is returned.
func beginsRecord(b []byte) (tls.RecordType, bool) {
	if len(b) < 3 || b[1] != 3 || b[2] > 4 {
		return 0, false
	}
	t := tls.RecordType(b[0])
	return t, t >= tls.ChangeCipherSpec && t <= tls.ApplicationData
}

// isTLS reports whether b begins with a TLS handshake record that holds a
// ClientHello or ServerHello (RFC 8446 sections 5.1 and 4).
func isTLS(b []byte) bool {
	t, ok := beginsRecord(b)
	return ok && t == tls.Handshake && len(b) >= 6 && (b[5] == 1 || b[5] == 2)
}

// isRecord reports whether b begins with a TLS record that carries application data, as
// it may where the capture starts after the handshake (RFC 8446 section 5.2).
func isRecord(b []byte) bool {
	t, ok := beginsRecord(b)
	return ok && t == tls.ApplicationData && len(b) >= 5 && int(b[3])<<8|int(b[4]) <= suite.MaxRecord
}

// sniffed decides what a direction carries by its first bytes, and leaves them to
// the mode that it sets.
func (d *Decoder) sniffed(s *session, e *tcp.Event, b []byte) {
	dir, other, tunnel := e.Dir, e.Dir.Other(), s.tunnel
	start := d.fromStart(s)
	if s.isClient(dir) {
		s.tunnel = nil // something is said inside: the tunnel itself did not fail
	}
	switch {
	case isTLS(b), !start && len(s.carrier) == 0 && isRecord(b):
		d.tlsBegins(s, e, b, tunnel)
		return
	case http1.RequestStart(b, start) || http1.AnyRequestLine(b):
		s.orient(dir)
	case http1.ResponseStart(b, start):
		s.orient(other)
	default:
		if version, ok := socks.Hello(b); ok && start && s.isClient(dir) {
			d.proxyBegins(s, e, version)
			return
		}
		if start && dns.StreamStart(b) { // perhaps on another port: then it is nothing that is looked at
			s.mode = [2]mode{modeNames, modeNames}
			return
		}
		if start && s.oriented && dir != s.client && greets(b) && !s.tunnelled() {
			d.greeted(s, e, b)
			return
		}
		if start && len(s.carrier) > 0 {
			s.mode = [2]mode{modeOff, modeOff}
			return
		}
		if masked, ok := websocket.PlausibleStart(b); ok {
			d.headless(s, e, masked)
			return
		}
		s.mode[dir] = modeOff
		if s.mode[other] == modeSniff {
			s.mode[other] = modeOff
		}
		return
	}
	s.mode[dir] = modeHead
	if s.mode[other] == modeSniff {
		s.mode[other] = modeHead
	}
}

// tunnelled reports whether the session is of what goes through a proxy.
func (s *session) tunnelled() bool {
	return len(s.carrier) > 0 && (s.within == nil || !s.within.whole)
}

// fromStart reports whether the session's first bytes are those of its connection, or of
// its tunnel.
func (d *Decoder) fromStart(s *session) bool {
	switch {
	case s.within != nil:
		return s.within.fromStart()
	case len(s.carrier) > 0:
		return true
	default:
		return !d.table.Conn(s.id).Midstream()
	}
}

// seek looks at the start of a segment for something to take up again. It
// reports false when there is nothing.
func (d *Decoder) seek(s *session, e *tcp.Event, b []byte) bool {
	client := s.isClient(e.Dir)
	switch {
	case client && (http1.RequestStart(b, false) || http1.AnyRequestLine(b)),
		!client && http1.ResponseStart(b, false):
		s.mode[e.Dir] = modeHead
		return true
	default:
		masked, ok := websocket.PlausibleStart(b)
		return ok && masked == client && d.assume(s, e, true)
	}
}
