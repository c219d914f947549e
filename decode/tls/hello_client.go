package tls

import (
	"slices"

	"golang.org/x/crypto/cryptobyte"

	"wstap/decode/tls/suite"
)

// Extensions that are looked at (IANA).
const (
	extServerName        = 0
	extSignatures        = 13
	extALPN              = 16
	extEncryptThenMAC    = 22
	extExtendedMaster    = 23
	extSessionTicket     = 35
	extPreSharedKey      = 41
	extEarlyData         = 42
	extSupportedVersions = 43
	extECH               = 0xfe0d
)

// offer is what a ClientHello says. Slices lie in the message.
type offer struct {
	version    suite.Version
	random     [32]byte
	sessionID  []byte
	ciphers    []uint16
	extensions []uint16 // in order
	signatures []uint16 // in order
	sni        []byte
	hasSNI     bool
	alpn       []byte // the list as sent
	versions   []byte // the list as sent
	ticket     []byte
	psk        bool
	early      bool
	ech        bool
}

// parseClientHello reads a ClientHello without its header (RFC 8446 section 4.1.2, RFC
// 5246 section 7.4.1.2). An extension that is malformed counts as present and says
// nothing.
func parseClientHello(b []byte) (o offer, ok bool) {
	s := cryptobyte.String(b)
	var version uint16
	var id, ciphers, compressions, extensions cryptobyte.String
	if !s.ReadUint16(&version) || !s.CopyBytes(o.random[:]) || !s.ReadUint8LengthPrefixed(&id) || len(id) > 32 ||
		!s.ReadUint16LengthPrefixed(&ciphers) || len(ciphers)%2 != 0 || !s.ReadUint8LengthPrefixed(&compressions) {
		return o, false
	}
	o.version, o.sessionID, o.ciphers = suite.Version(version), id, numbers(ciphers)
	if s.Empty() {
		return o, true
	}
	if !s.ReadUint16LengthPrefixed(&extensions) {
		return o, false
	}
	for !extensions.Empty() {
		var t uint16
		var body cryptobyte.String
		if !extensions.ReadUint16(&t) || !extensions.ReadUint16LengthPrefixed(&body) {
			return o, false
		}
		o.extensions = append(o.extensions, t)
		o.extension(t, body)
	}
	return o, true
}

func (o *offer) extension(t uint16, body cryptobyte.String) {
	var list, name cryptobyte.String
	switch t {
	case extServerName: // RFC 6066 section 3
		o.hasSNI = true
		var kind uint8
		if body.ReadUint16LengthPrefixed(&list) && list.ReadUint8(&kind) && kind == 0 && list.ReadUint16LengthPrefixed(&name) {
			o.sni = name
		}
	case extALPN: // RFC 7301 section 3.1
		if body.ReadUint16LengthPrefixed(&list) {
			o.alpn = list
		}
	case extSupportedVersions:
		if body.ReadUint8LengthPrefixed(&list) {
			o.versions = list
		}
	case extSignatures:
		if body.ReadUint16LengthPrefixed(&list) {
			o.signatures = numbers(list)
		}
	case extSessionTicket:
		o.ticket = body
	case extPreSharedKey:
		o.psk = true
	case extEarlyData:
		o.early = true
	case extECH:
		o.ech = true
	}
}

// numbers reads a list of numbers of 16 bits.
func numbers(b []byte) []uint16 {
	list := make([]uint16, 0, len(b)/2)
	for ; len(b) >= 2; b = b[2:] {
		list = append(list, uint16(b[0])<<8|uint16(b[1]))
	}
	return list
}

// grease reports whether v means nothing (RFC 8701).
func grease(v uint16) bool { return v&0x0f0f == 0x0a0a && v>>8 == v&0xff }

// protocols reads a list of ALPN.
func protocols(list []byte) []string {
	var names []string
	s := cryptobyte.String(list)
	for !s.Empty() && len(names) < maxALPN {
		var name cryptobyte.String
		if !s.ReadUint8LengthPrefixed(&name) {
			break
		}
		names = append(names, string(name))
	}
	return names
}

// versions reads a list of versions.
func versions(list []byte) []suite.Version {
	out := []suite.Version{}
	for _, v := range numbers(list) {
		if !grease(v) && len(out) < maxVersions {
			out = append(out, suite.Version(v))
		}
	}
	return out
}

// clientHello takes a ClientHello.
func (c *Conn) clientHello(d uint8, msg []byte, at Pos) {
	o, ok := parseClientHello(msg[messageHeader:])
	if !ok {
		c.facts.Truncated = true
		return
	}
	c.SetClient(d)
	f := c.facts
	if f.ClientHello == (Pos{}) {
		f.ClientHello = at
		c.offered(&o)
		c.early = o.early
	}
	p := &params{client: o.random, hasClient: true, offered: o.version, offeredID: slices.Clone(o.sessionID)}
	if p.hasTicket = len(o.ticket) > 0; p.hasTicket {
		p.ticket = sessionKey(o.ticket)
	}
	p.listens = c.keys != nil
	p.hear(msg)
	c.params = p
}

// offered fills in what the first ClientHello says.
func (c *Conn) offered(o *offer) {
	f, s := c.facts, &c.t.shared
	f.ClientRandom, f.LegacyVersion = o.random, o.version
	f.SNI = s.text(o.sni)
	f.ALPNOffered = s.protocols(o.alpn)
	if o.versions != nil {
		f.VersionsOffered = s.versions(o.versions)
	}
	f.CiphersOffered = len(o.ciphers)
	f.ECHOffered, f.EarlyOffered = o.ech, o.early
	f.ResumeOffered = o.psk || len(o.ticket) > 0 || len(o.sessionID) > 0 && o.versions == nil
	f.JA4 = s.text([]byte(ja4(o)))
}
