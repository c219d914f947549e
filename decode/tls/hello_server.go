package tls

import (
	"bytes"
	"fmt"
	"slices"

	"golang.org/x/crypto/cryptobyte"

	"wstap/decode/tls/suite"
)

// answer is what a ServerHello says. Slices lie in the message.
type answer struct {
	version        suite.Version // with supported_versions
	random         [32]byte
	sessionID      []byte
	cipher         uint16
	alpn           []byte
	psk            bool
	early          bool
	encryptThenMAC bool
	extendedMaster bool
}

// parseServerHello reads a ServerHello without its header (RFC 8446 section 4.1.3, RFC
// 5246 section 7.4.1.3).
func parseServerHello(b []byte) (a answer, ok bool) {
	s := cryptobyte.String(b)
	var version uint16
	var id cryptobyte.String
	var compression uint8
	if !s.ReadUint16(&version) || !s.CopyBytes(a.random[:]) || !s.ReadUint8LengthPrefixed(&id) || len(id) > 32 ||
		!s.ReadUint16(&a.cipher) || !s.ReadUint8(&compression) {
		return a, false
	}
	a.version, a.sessionID = suite.Version(version), id
	return a, s.Empty() || a.extensions(s)
}

// extensions reads those of a ServerHello or of EncryptedExtensions (RFC 8446 section
// 4.3.1).
func (a *answer) extensions(s cryptobyte.String) bool {
	var list cryptobyte.String
	if !s.ReadUint16LengthPrefixed(&list) {
		return false
	}
	for !list.Empty() {
		var t uint16
		var body, names, name cryptobyte.String
		if !list.ReadUint16(&t) || !list.ReadUint16LengthPrefixed(&body) {
			return false
		}
		switch t {
		case extALPN:
			if body.ReadUint16LengthPrefixed(&names) && names.ReadUint8LengthPrefixed(&name) {
				a.alpn = name
			}
		case extSupportedVersions:
			var v uint16
			if body.ReadUint16(&v) {
				a.version = suite.Version(v)
			}
		case extPreSharedKey:
			a.psk = true
		case extEarlyData:
			a.early = true
		case extEncryptThenMAC:
			a.encryptThenMAC = true
		case extExtendedMaster:
			a.extendedMaster = true
		}
	}
	return true
}

// retry is the random of a HelloRetryRequest (RFC 8446 section 4.1.3).
var retry = [32]byte{
	0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
	0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
}

// serverHello takes a ServerHello.
func (c *Conn) serverHello(d uint8, msg []byte, at Pos) {
	a, ok := parseServerHello(msg[messageHeader:])
	if !ok {
		c.facts.Truncated = true
		return
	}
	c.SetClient(1 - d)
	f := c.facts
	if a.random == retry {
		f.HelloRetry = true
		c.early = false // RFC 8446 section 4.2.10: what was sent early is lost
		return
	}
	p := c.params
	if p == nil {
		p = &params{hole: true}
		c.params = p
	}
	p.hear(msg)
	if f.ServerHello == (Pos{}) {
		f.ServerHello, f.Version, f.Cipher = at, a.version, a.cipher
		f.CipherName = fmt.Sprintf("0x%04x", a.cipher)
		if s := c.t.suite(a.cipher); s != nil {
			f.CipherName = s.Name
		}
	} else {
		f.Renegotiations++
	}
	p.agree(&a, c.t.suite(a.cipher))
	if a.version == suite.TLS13 {
		if a.psk {
			f.Resumed = ResumedPSK
		}
		p.transcript, p.listens = nil, false
		c.half[0].protected, c.half[1].protected = true, true
		return
	}
	f.ALPN, f.ALPNKnown = c.t.shared.text(a.alpn), true
	if len(a.sessionID) > 0 && bytes.Equal(a.sessionID, p.offeredID) {
		c.resumed(p)
	}
}

// resumed notes that a handshake of TLS 1.2 or before is a short one.
func (c *Conn) resumed(p *params) {
	c.facts.Resumed = ResumedSession
	if p.hasTicket {
		c.facts.Resumed = ResumedTicket
	}
}

// agree takes over what was agreed on.
func (p *params) agree(a *answer, s *suite.Suite) {
	p.version, p.suite, p.server, p.hasServer = a.version, s, a.random, true
	p.sessionID = slices.Clone(a.sessionID)
	p.encryptThenMAC, p.extendedMaster = a.encryptThenMAC, a.extendedMaster
}

// encryptedExtensions takes what TLS 1.3 hides from those without keys.
func (c *Conn) encryptedExtensions(d uint8, body []byte) {
	var a answer
	if client, known := c.Client(); known && d == client || !a.extensions(body) {
		return
	}
	f := c.facts
	f.ALPN, f.ALPNKnown = c.t.shared.text(a.alpn), true
	f.EarlyAccepted = a.early
}
