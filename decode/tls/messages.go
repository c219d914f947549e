package tls

import "wstap/decode/tls/suite"

// Handshake messages that are looked at (RFC 8446 section 4, RFC 5246 section 7.4).
const (
	helloRequest          = 0
	clientHello           = 1
	serverHello           = 2
	newSessionTicket      = 4
	endOfEarlyData        = 5
	encryptedExtensions   = 8
	certificate           = 11
	certificateRequest    = 13
	clientKeyExchange     = 16
	finished              = 20
	keyUpdate             = 24
	compressedCertificate = 25

	messageHeader = 4
)

// handshake puts messages together, which may be split over records.
type handshake struct{ dir [2]messages }

// messages are those of one direction.
type messages struct {
	part []byte // of a message
	skip int    // bytes of one that is too long
}

// messages returns those of a direction.
func (c *Conn) messages(d uint8) *messages {
	if c.hs == nil {
		c.hs = &handshake{}
	}
	return &c.hs.dir[d]
}

// open reports whether a message has begun and not ended.
func (m *messages) open() bool { return len(m.part) > 0 || m.skip > 0 }

// damage forgets what has begun.
func (m *messages) damage(t *Tracker) {
	t.parts -= len(m.part)
	*m = messages{}
}

// endMessages frees what is left of messages.
func (c *Conn) endMessages() {
	if c.hs != nil {
		c.hs.dir[0].damage(c.t)
		c.hs.dir[1].damage(c.t)
		c.hs = nil
	}
}

// isMessage reports whether b looks like the beginning of one.
func isMessage(b []byte) bool {
	if len(b) < messageHeader || lengthOf(b) > maxMessage {
		return false
	}
	switch b[0] {
	case helloRequest, clientHello, serverHello, newSessionTicket, certificate, certificateRequest, clientKeyExchange:
		return true
	case 12, 14, 15, 22: // ServerKeyExchange, ServerHelloDone, CertificateVerify, CertificateStatus
		return true
	}
	return false
}

func lengthOf(b []byte) int { return int(b[1])<<16 | int(b[2])<<8 | int(b[3]) }

// feed takes the content of the next record.
func (m *messages) feed(c *Conn, d uint8, b []byte, at Pos) {
	for len(b) > 0 {
		if m.skip > 0 {
			n := min(m.skip, len(b))
			m.skip, b = m.skip-n, b[n:]
			continue
		}
		if len(m.part) == 0 && len(b) >= messageHeader && len(b) >= messageHeader+lengthOf(b) {
			n := messageHeader + lengthOf(b)
			c.message(d, b[:n], at)
			b = b[n:]
			continue
		}
		need := messageHeader
		if len(m.part) >= messageHeader {
			need += lengthOf(m.part)
		}
		n := min(need-len(m.part), len(b))
		m.part, b = append(m.part, b[:n]...), b[n:]
		c.t.parts += n
		if len(m.part) < messageHeader {
			return
		}
		switch whole := messageHeader + lengthOf(m.part); {
		case whole-messageHeader > maxMessage, c.t.parts > maxPartsAll:
			c.facts.Truncated = true
			c.spoil()
			skip := whole - len(m.part)
			m.damage(c.t)
			m.skip = skip
		case len(m.part) == whole:
			part := m.part
			m.damage(c.t)
			c.message(d, part, at)
		}
	}
}

// spoil notes that the messages of this handshake are not all known.
func (c *Conn) spoil() {
	if c.params != nil {
		c.params.hole, c.params.transcript = true, nil
	}
}

// message reads one handshake message, with its header.
func (c *Conn) message(d uint8, b []byte, at Pos) {
	body := b[messageHeader:]
	switch b[0] {
	case clientHello:
		c.clientHello(d, b, at)
		return
	case serverHello:
		c.serverHello(d, b, at)
		return
	case helloRequest:
		return // no part of the transcript (RFC 5246 section 7.4.1.1)
	}
	if p := c.params; p != nil {
		p.hear(b)
	}
	f, before13 := c.facts, c.facts.Version != suite.TLS13
	switch b[0] {
	case newSessionTicket:
		if before13 {
			c.ticket(body)
		}
	case endOfEarlyData:
		c.endOfEarlyData(d)
	case encryptedExtensions:
		if !before13 {
			c.encryptedExtensions(d, body)
		}
	case certificate:
		c.certificate(d, body)
	case compressedCertificate:
		*c.certificateOf(d) = &Certificate{Compressed: true}
	case certificateRequest:
		f.CertificateRequested = true
	case clientKeyExchange:
		if before13 {
			c.clientKeyExchange(body)
		}
	case finished:
		c.finished(d, at)
	case keyUpdate:
		if !before13 {
			c.keyUpdate(d)
		}
	}
}

// settleHandshake frees what is not needed any more.
func (c *Conn) settleHandshake() {
	if c.hs != nil && !c.hs.dir[0].open() && !c.hs.dir[1].open() {
		c.hs = nil
	}
	if c.keys == nil && c.half[0].protected && c.half[1].protected {
		c.params = nil
	}
}

// certificate reads a chain (RFC 8446 section 4.4.2, RFC 5246 section 7.4.2).
func (c *Conn) certificate(d uint8, body []byte) {
	chain, ok := splitChain(body, c.facts.Version == suite.TLS13)
	if !ok && len(chain) == 0 {
		return
	}
	if client, known := c.Client(); known && d == client && len(chain) == 0 {
		c.facts.ClientCertificateNone = true
		return
	}
	if len(chain) == 0 {
		return
	}
	cert, names := parseCertificate(chain[0])
	cert.Chain = len(chain)
	cert.Malformed = cert.Malformed || !ok
	to := c.certificateOf(d)
	if to == &c.facts.ServerCertificate {
		c.facts.NameCovered = names.cover(c.facts.SNI)
		c.matchRSA(chain[0])
	}
	*to = c.t.shared.certificate(body, cert)
}

// certificateOf returns where the certificate of direction d belongs.
func (c *Conn) certificateOf(d uint8) **Certificate {
	if client, known := c.Client(); known && d == client {
		return &c.facts.ClientCertificate
	}
	return &c.facts.ServerCertificate
}
