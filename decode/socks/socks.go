// Package socks reads the messages by which a client asks a SOCKS proxy for a
// connection: SOCKS 5 (RFC 1928, with RFC 1929 and the outside of RFC 1961), SOCKS 4
// and 4a. It is made for an observer: it reads both sides and says what is there.
//
// Each function looks at the beginning of the bytes of one side that are not used
// yet. It returns the length of the message that stands there; 0 when more bytes are
// needed; and false when there is no such message.
package socks

import (
	"bytes"
	"encoding/binary"
	"net"
	"net/netip"
	"strconv"
)

// Methods of authentication (RFC 1928 section 3).
const (
	NoAuth       = 0x00
	GSSAPI       = 0x01
	Password     = 0x02
	NoAcceptable = 0xff // the server takes none of those that were offered
)

const version5, version4 = 5, 4

// Hello reports whether b, all that a client sent at first, asks a SOCKS proxy for
// something, and of which version. It is strict, because the first bytes of many
// binary protocols are small numbers: the message must be whole and nothing more.
func Hello(b []byte) (version int, ok bool) {
	if methods, n, ok := Greeting(b); ok && n > 0 && n == len(b) {
		return version5, plausible(methods)
	}
	if r, n, ok := Request4(b); ok && n > 0 && n == len(b) {
		return version4, r.Port != 0 && (r.Command == Connect || r.Command == Bind) && printable(b[8:n-1])
	}
	return 0, false
}

// plausible reports whether methods are some that a client offers: each once, and
// not the answer that means none.
func plausible(methods []byte) bool {
	for i, m := range methods {
		if m == NoAcceptable || bytes.IndexByte(methods[i+1:], m) >= 0 {
			return false
		}
	}
	return true
}

// printable reports whether b, which may be texts divided by NUL, is ASCII.
func printable(b []byte) bool {
	for _, c := range b {
		if c != 0 && (c < ' ' || c > '~') {
			return false
		}
	}
	return true
}

// Greeting reads the methods that a client offers (RFC 1928 section 3).
func Greeting(b []byte) (methods []byte, n int, ok bool) {
	if !begins(b, version5) || len(b) > 1 && b[1] == 0 {
		return nil, 0, false
	}
	if len(b) < 2 || len(b) < 2+int(b[1]) {
		return nil, 0, true
	}
	n = 2 + int(b[1])
	return b[2:n], n, true
}

// begins reports whether b can begin with the byte first.
func begins(b []byte, first byte) bool { return len(b) == 0 || b[0] == first }

// Choice reads the method that the server takes.
func Choice(b []byte) (method byte, n int, ok bool) { return two(b, version5) }

// two reads a message of a known byte and one that says something.
func two(b []byte, first byte) (said byte, n int, ok bool) {
	if !begins(b, first) || len(b) < 2 {
		return 0, 0, begins(b, first)
	}
	return b[1], 2, true
}

// Span is a run of bytes, from Begin up to End.
type Span struct{ Begin, End int }

const subVersion = 1 // of RFC 1929 and RFC 1961

// Credentials reads a name and a password, and says where they are (RFC 1929 section 2).
func Credentials(b []byte) (secrets [2]Span, n int, ok bool) {
	if !begins(b, subVersion) {
		return secrets, 0, false
	}
	n = 1
	for i := range secrets {
		if len(b) <= n || len(b) < n+1+int(b[n]) {
			return [2]Span{}, 0, true
		}
		secrets[i] = Span{n + 1, n + 1 + int(b[n])}
		n = secrets[i].End
	}
	return secrets, n, true
}

// Status reads what the server says to them: 0 is success.
func Status(b []byte) (status byte, n int, ok bool) { return two(b, subVersion) }

// Abort is the type of the GSSAPI message that refuses (RFC 1961 section 3.7).
const Abort = 0xff

// Token reads a message of GSSAPI authentication (RFC 1961 section 3), either side's.
func Token(b []byte) (kind byte, n int, ok bool) {
	if kind, n, ok = two(b, subVersion); !ok || n == 0 || kind == Abort {
		return kind, n, ok
	}
	const header = 4
	if len(b) < header || len(b) < header+int(binary.BigEndian.Uint16(b[2:])) {
		return 0, 0, true
	}
	return kind, header + int(binary.BigEndian.Uint16(b[2:])), true
}

// Commands of a request.
const (
	Connect = 1
	Bind    = 2
)

// Request is what a client asks for.
type Request struct {
	Command byte
	Host    string // a name as sent, or an address
	Port    uint16
}

// Target returns host and port, with IPv6 in brackets.
func (r *Request) Target() string { return net.JoinHostPort(r.Host, strconv.Itoa(int(r.Port))) }

// Request5 reads a request of version 5 (RFC 1928 section 4).
func Request5(b []byte) (r Request, n int, ok bool) {
	const last = 3
	if len(b) > 1 && (b[1] == 0 || b[1] > last) {
		return r, 0, false
	}
	return addressed(b)
}

// Reply5 reads the server's reply to it (RFC 1928 section 6): 0 is success.
func Reply5(b []byte) (code byte, n int, ok bool) {
	r, n, ok := addressed(b)
	return r.Command, n, ok
}

// addressed reads what requests and replies of version 5 have in common.
func addressed(b []byte) (r Request, n int, ok bool) {
	const header, ip4, name, ip6 = 4, 1, 3, 4
	if !begins(b, version5) || len(b) > 2 && b[2] != 0 {
		return r, 0, false
	}
	if len(b) <= header {
		return r, 0, len(b) < header || b[3] == ip4 || b[3] == name || b[3] == ip6
	}
	from, length := header, 0
	switch b[3] {
	case ip4:
		length = 4
	case ip6:
		length = 16
	case name:
		from, length = header+1, int(b[header])
	default:
		return r, 0, false
	}
	const port = 2
	if n = from + length + port; len(b) < n {
		return r, 0, true
	}
	host := b[from : from+length]
	r = Request{Command: b[1], Host: string(host), Port: binary.BigEndian.Uint16(b[from+length:])}
	if ip, isIP := netip.AddrFromSlice(host); isIP && b[3] != name {
		r.Host = ip.String()
	}
	return r, n, true
}

// Request4 reads a request of version 4, or of 4a, which names the host behind an
// address that cannot be one.
func Request4(b []byte) (r Request, n int, ok bool) {
	const header, longest = 8, 255
	if !begins(b, version4) {
		return r, 0, false
	}
	if len(b) < header {
		return r, 0, true
	}
	ip := netip.AddrFrom4([4]byte(b[4:header]))
	r = Request{Command: b[1], Host: ip.String(), Port: binary.BigEndian.Uint16(b[2:])}
	user := bytes.IndexByte(b[header:], 0)
	if user < 0 || user > longest {
		return Request{}, 0, user < 0 && len(b)-header <= longest
	}
	if n = header + user + 1; b[4]|b[5]|b[6] != 0 {
		return r, n, true
	}
	if b[7] == 0 {
		return Request{}, 0, false
	}
	name := bytes.IndexByte(b[n:], 0)
	if name <= 0 || name > longest {
		return Request{}, 0, name < 0 && len(b)-n <= longest
	}
	r.Host = string(b[n : n+name])
	return r, n + name + 1, true
}

// UserID returns where in a request of version 4, which is whole, the user's name is.
func UserID(b []byte) Span { return Span{8, 8 + bytes.IndexByte(b[8:], 0)} }

// Granted4 is the code of a reply of version 4 that means success.
const Granted4 = 90

// Reply4 reads the server's reply to a request of version 4.
func Reply4(b []byte) (code byte, n int, ok bool) {
	const length, highest = 8, 93
	if !begins(b, 0) || len(b) > 1 && (b[1] < Granted4 || b[1] > highest) {
		return 0, 0, false
	}
	if len(b) < length {
		return 0, 0, true
	}
	return b[1], length, true
}
