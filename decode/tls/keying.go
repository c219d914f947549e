package tls

import (
	"wstap/decode/tls/keylog"
	"wstap/decode/tls/suite"
)

// keying is what a connection needs to be decrypted.
type keying struct {
	dir    [2]epoch
	wait   wait
	trials int
	suite  *suite.Suite // TLS 1.3: what records are opened with
	random [suite.RandomSize]byte
	seen   uint64 // generation at which secrets were looked up last

	random13  bool    // random is known
	fit       bool    // a record was opened
	closed    [2]bool // a whole record was not opened, by direction
	misfit    bool    // a direction was given up
	tooLate   bool    // keys came for records that could not wait for them
	exhausted bool

	lateTried [2]int // records that were tried without a handshake
	lateSeen  uint64 // generation in which they were
}

// epoch is what one direction's records are opened with at the moment.
type epoch struct {
	open    *suite.Opener
	params  *params // TLS 1.2 and before: whose keys these are
	secret  []byte  // TLS 1.3: the traffic secret
	seq     uint64  // of the next record, if none is missing
	miss    uint64  // records that may be missing before it
	hole    uint64  // bytes of holes before it; unknown stands for any number
	passed  uint64  // records that were missing before the one that was opened last
	over    uint64  // least difference seen between a body and its plaintext
	fails   int     // records in a row that did not open
	flight  int     // records that are the handshake's, or 0-RTT, and were not opened
	stage   stage
	dead    bool // given up
	ignored bool // see Conn.Ignore
}

// stage is how far a direction of TLS 1.3 is (RFC 8446 section 2).
type stage uint8

const (
	handshakeStage stage = iota
	earlyStage           // 0-RTT
	dataStage
)

// release frees what decryption needs.
func (k *keying) release() {
	for d := range k.dir {
		k.dir[d] = epoch{dead: true}
	}
	k.suite = nil
}

// tls13 reports whether records are those of TLS 1.3, as far as is known.
func (c *Conn) tls13() bool {
	return c.facts.Version == suite.TLS13 || c.facts.Version == 0 && c.keys.suite != nil
}

// label returns the name of a secret of direction d in a key log.
func (c *Conn) label(d uint8, s stage) keylog.Label {
	client := d == c.client
	switch {
	case s == earlyStage:
		return keylog.ClientEarlyTraffic
	case s == handshakeStage && client:
		return keylog.ClientHandshakeTraffic
	case s == handshakeStage:
		return keylog.ServerHandshakeTraffic
	case client:
		return keylog.ClientTraffic0
	default:
		return keylog.ServerTraffic0
	}
}

// secrets returns what the key log has for a stage of TLS 1.3.
func (c *Conn) secrets(d uint8, s stage) []keylog.Secret {
	k := c.keys
	if c.t.keys.Log == nil || !k.random13 {
		return nil
	}
	return c.t.keys.Log.Secrets(c.label(d, s), k.random)
}

// agreed takes over what the hellos of TLS 1.3 say, once they are there.
func (c *Conn) agreed() {
	k, p := c.keys, c.params
	if k.suite != nil || p == nil || p.version != suite.TLS13 || p.suite == nil || !p.suite.Opens(suite.TLS13) {
		return
	}
	k.suite = p.suite
	if p.hasClient {
		k.random, k.random13 = p.client, true
	}
	if c.early {
		k.dir[c.client].stage = earlyStage
	}
}

// ready reports whether the next record of a direction can be dealt with, rather than
// wait for keys.
func (c *Conn) ready(d uint8) bool {
	k := c.keys
	e := &k.dir[d]
	if e.dead || c.over || e.open != nil {
		return true
	}
	if c.facts.Version == 0 {
		return false
	}
	if c.facts.Version != suite.TLS13 {
		p := c.params
		if p == nil || !p.hasClient || p.suite == nil || !p.suite.Opens(p.version) {
			c.giveUp(d) // no secret can help
			return true
		}
		if p.master != nil {
			return true
		}
		p.find(c.t)
		return len(p.masters) > 0 || c.t.keys.Log == nil // it will not come any more
	}
	c.agreed()
	if k.suite == nil || !k.random13 {
		c.giveUp(d)
		return true
	}
	switch e.stage {
	case earlyStage:
		return c.acceptance()
	case handshakeStage:
		return len(c.secrets(d, handshakeStage)) > 0 || len(c.secrets(d, dataStage)) > 0
	default:
		return len(c.secrets(d, dataStage)) > 0
	}
}

// acceptance finds out whether the server took 0-RTT data, which its first encrypted
// record says, and reports whether it could. What was not taken comes again after the
// handshake, and must not be told twice.
func (c *Conn) acceptance() bool {
	k, server := c.keys, 1-c.client
	e := &k.dir[c.client]
	if k.dir[server].open != nil {
		if !c.facts.EarlyAccepted {
			e.stage = handshakeStage
		}
		return true
	}
	list := c.secrets(server, handshakeStage)
	for r := k.wait.first; r != nil; r = r.next {
		if r.dir != server || r.hole > 0 {
			continue
		}
		for _, s := range list {
			if plain, ok := c.peek(s.Bytes(), &r.record); ok {
				var a answer
				if len(plain) > messageHeader && plain[0] == encryptedExtensions && a.extensions(plain[messageHeader:min(len(plain), messageHeader+lengthOf(plain))]) && a.early &&
					len(c.secrets(c.client, earlyStage)) > 0 {
					return true
				}
				e.stage = handshakeStage
				return true
			}
		}
		if len(list) > 0 {
			e.stage = handshakeStage
		}
		return len(list) > 0
	}
	return false
}

// peek opens the first record of a handshake epoch and changes nothing.
func (c *Conn) peek(secret []byte, r *record) ([]byte, bool) {
	o, ok := c.keys.suite.Opener(secret)
	if !ok || r.broken {
		return nil, false
	}
	plain, t, ok := o.Open(0, r.head, c.t.room(len(r.body)), r.body)
	return plain, ok && RecordType(t) == Handshake
}
