package tls

import (
	"crypto/rsa"
	"crypto/x509"

	"golang.org/x/crypto/cryptobyte"

	"wstap/decode/tls/keylog"
	"wstap/decode/tls/suite"
)

// params are those of one handshake. Keys of TLS 1.2 and before come of them; of TLS
// 1.3 they say version and cipher suite.
type params struct {
	version        suite.Version
	offered        suite.Version // legacy version of the ClientHello
	suite          *suite.Suite
	client, server [suite.RandomSize]byte
	hasClient      bool
	hasServer      bool
	encryptThenMAC bool // RFC 7366
	extendedMaster bool // RFC 7627
	hole           bool // messages are missing
	exchanged      bool // there was a ClientKeyExchange: the handshake is a full one
	hasTicket      bool
	proven         bool // a Finished was opened
	offeredID      []byte
	sessionID      []byte  // of the ServerHello
	ticket         session // that the client offered
	issued         session // that the server gave
	hasIssued      bool

	listens    bool   // the session hash may be needed
	transcript []byte // messages so far, while listens
	hash       []byte // session hash (RFC 7627 section 3)
	encrypted  []byte // premaster secret, for RSA key exchange
	key        *rsa.PrivateKey

	masters  []master // that may be the one
	asked    uint64   // generation in which they were looked up, plus one
	triedRSA bool
	master   []byte // that was proven
	from     KeysSource
	openers  [2]*suite.Opener // of the client, of the server
}

// master is a master secret that may fit.
type master struct {
	secret []byte
	from   KeysSource
}

// hear adds a message to the transcript.
func (p *params) hear(b []byte) {
	if !p.listens {
		return
	}
	if p.hole || len(p.transcript)+len(b) > maxTranscript {
		p.transcript, p.listens = nil, false
		return
	}
	p.transcript = append(p.transcript, b...)
}

// clientKeyExchange takes what the master secret comes of (RFC 5246 section 7.4.7).
func (c *Conn) clientKeyExchange(body []byte) {
	p := c.params
	if p == nil {
		return
	}
	p.exchanged = true
	if p.listens && p.suite != nil && p.extendedMaster {
		h := p.suite.TranscriptHash(p.version)
		h.Write(p.transcript)
		p.hash = h.Sum(nil)
	}
	p.listens, p.transcript = false, nil
	s, encrypted := cryptobyte.String(body), cryptobyte.String(nil)
	const longest = 2048 // bytes: an RSA key of 16,384 bits
	if c.keys != nil && p.suite != nil && p.suite.KeyExchange == suite.RSA && s.ReadUint16LengthPrefixed(&encrypted) && len(encrypted) <= longest {
		p.encrypted = append([]byte(nil), encrypted...)
	}
}

// matchRSA finds the private key that belongs to a server's certificate.
func (c *Conn) matchRSA(der []byte) {
	p := c.params
	if p == nil || c.keys == nil || len(c.t.keys.RSA) == 0 {
		return
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return // all keys are tried
	}
	for _, k := range c.t.keys.RSA {
		if k.PublicKey.Equal(cert.PublicKey) {
			p.key = k
		}
	}
}

// find looks up secrets that may be the master secret, where there can be new ones.
func (p *params) find(t *Tracker) {
	if !p.hasClient || !p.hasServer || p.suite == nil || !p.suite.Opens(p.version) || p.asked == t.generation()+1 {
		return
	}
	p.asked = t.generation() + 1
	kept := p.masters[:0]
	for _, m := range p.masters {
		if m.from == FromRSA { // does not change, and takes a millisecond
			kept = append(kept, m)
		}
	}
	p.masters = kept
	add := func(from KeysSource, list ...keylog.Secret) {
		for _, s := range list {
			p.masters = append(p.masters, master{s.Bytes(), from})
		}
	}
	if log := t.keys.Log; log != nil {
		add(FromLog, log.Secrets(keylog.ClientRandom, p.client)...)
		if len(p.sessionID) > 0 {
			add(FromLog, log.Session(p.sessionID)...)
		}
		for _, s := range log.Secrets(keylog.Premaster, p.client) {
			p.derive(s.Bytes(), FromLog)
		}
		if len(p.encrypted) > 0 {
			for _, s := range log.RSA(p.encrypted) {
				p.derive(s.Bytes(), FromLog)
			}
		}
	}
	for _, id := range p.resumable() {
		if m, ok := t.sessions.get(id); ok {
			p.masters = append(p.masters, master{m, FromResumed})
		}
	}
	p.decrypt(t.keys.RSA)
}

// derive adds the master secret of a premaster secret.
func (p *params) derive(premaster []byte, from KeysSource) {
	switch {
	case !p.extendedMaster:
		p.masters = append(p.masters, master{p.suite.Master(p.version, premaster, p.client, p.server), from})
	case p.hash != nil:
		p.masters = append(p.masters, master{p.suite.ExtendedMaster(p.version, premaster, p.hash), from})
	}
}

// decrypt tries private keys.
func (p *params) decrypt(keys []*rsa.PrivateKey) {
	if p.triedRSA || len(p.encrypted) == 0 {
		return
	}
	p.triedRSA = true
	if p.key != nil {
		keys = []*rsa.PrivateKey{p.key}
	}
	for i, k := range keys {
		if i == MaxRSA {
			return
		}
		if k.Size() != len(p.encrypted) {
			continue
		}
		if premaster, ok := suite.RSAPremaster(k, p.encrypted, p.offered, p.version); ok {
			p.derive(premaster, FromRSA)
		}
	}
}

// resumable returns the sessions that this handshake may resume.
func (p *params) resumable() (ids []session) {
	if p.exchanged {
		return nil
	}
	if p.hasTicket {
		ids = append(ids, p.ticket)
	}
	if len(p.sessionID) > 0 {
		ids = append(ids, sessionKey(p.sessionID))
	}
	return ids
}

// ticket takes a NewSessionTicket of TLS 1.2 (RFC 5077 section 3.3).
func (c *Conn) ticket(body []byte) {
	s, p := cryptobyte.String(body), c.params
	var lifetime uint32
	var ticket cryptobyte.String
	if p == nil || c.keys == nil || !s.ReadUint32(&lifetime) || !s.ReadUint16LengthPrefixed(&ticket) || len(ticket) == 0 {
		return
	}
	p.issued, p.hasIssued = sessionKey(ticket), true
	if p.master != nil {
		c.t.remember(p.issued, p.master)
	}
}

// settle notes that m is the master secret: a record proved it.
func (c *Conn) settle(p *params, m master, client, server *suite.Opener) {
	p.master, p.from, p.openers = m.secret, m.from, [2]*suite.Opener{client, server}
	p.masters, p.encrypted = nil, nil
	if len(p.sessionID) > 0 {
		c.t.remember(sessionKey(p.sessionID), m.secret)
	}
	if p.hasIssued {
		c.t.remember(p.issued, m.secret)
	}
	if p.hasTicket && !p.exchanged {
		c.resumed(p)
	}
}
