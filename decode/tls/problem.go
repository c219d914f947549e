package tls

import (
	"wstap/decode/tls/keylog"
	"wstap/decode/tls/suite"
)

// Problem says why a connection was not decrypted, or not all of it.
type Problem uint8

// The problems.
const (
	NoProblem            Problem = iota
	NoKeys                       // no keys were given at all
	NoKeyForRandom               // keys were given, none for this client random
	ServerSecretsMissing         // the client's half is there
	ClientSecretsMissing         // the server's half is there
	StartsLate                   // the capture starts after the handshake, and no key that was tried fits
	HandshakeIncomplete          // a part of the handshake was not captured
	KeysDoNotFit                 // there are keys for this client random, and they open nothing
	CipherUnsupported
	BufferTooSmall // keys came after records had to be dropped
	NotRSA         // a private key was given, and the key exchange is not RSA
)

// String returns the problem in words, "" for none.
func (p Problem) String() string {
	switch p {
	case NoKeys:
		return "no keys"
	case NoKeyForRandom:
		return "no key for this client random"
	case ServerSecretsMissing:
		return "server secrets missing"
	case ClientSecretsMissing:
		return "client secrets missing"
	case StartsLate:
		return "capture starts after the handshake"
	case HandshakeIncomplete:
		return "a part of the handshake was not captured"
	case KeysDoNotFit:
		return "the keys do not fit"
	case CipherUnsupported:
		return "cipher suite not supported"
	case BufferTooSmall:
		return "keys came too late: the buffer was too small"
	case NotRSA:
		return "private key given, but the key exchange is not RSA"
	default:
		return ""
	}
}

// problem says why not everything was opened.
func (c *Conn) problem() Problem {
	f, keys := c.facts, c.t.keys
	switch {
	case !c.sealedSeen:
		return NoProblem
	case !keys.Any():
		return NoKeys
	case c.keys == nil: // Skip was called
		return f.Problem
	}
	k := c.keys
	waits := [2]bool{}
	for r := k.wait.first; r != nil && !(waits[0] && waits[1]); r = r.next {
		waits[r.dir] = true
	}
	server := c.client ^ 1
	closed := k.closed[server] || waits[server]
	switch {
	case k.tooLate:
		return BufferTooSmall
	case k.fit && !closed && !k.closed[c.client] && !waits[c.client]:
		return NoProblem
	}
	if !k.fit {
		switch p := c.params; {
		case f.ClientHello == (Pos{}) && f.ServerHello == (Pos{}):
			return StartsLate
		case f.ClientHello == (Pos{}) || f.ServerHello == (Pos{}):
			return HandshakeIncomplete
		case p != nil && (p.suite == nil || !p.suite.Opens(p.version)):
			return CipherUnsupported
		}
	}
	missing := c.missing12
	if f.Version == suite.TLS13 {
		missing = c.missing13
	}
	if p := missing(closed); p != NoProblem {
		return p
	}
	if k.misfit || k.exhausted || !k.fit {
		return KeysDoNotFit
	}
	return NoProblem
}

// missing13 says which secrets of TLS 1.3 are not there; server tells that records of
// the server are closed.
func (c *Conn) missing13(server bool) Problem {
	log := c.t.keys.Log
	if log == nil {
		return NotRSA
	}
	has := log.Has(c.keys.random)
	forClient, forServer := has.Has(keylog.ClientTraffic0), has.Has(keylog.ServerTraffic0)
	switch {
	case forClient && forServer:
		return NoProblem
	case has == 0:
		return NoKeyForRandom
	case forClient || server && !forServer:
		return ServerSecretsMissing
	default:
		return ClientSecretsMissing
	}
}

// missing12 does so for TLS 1.2 and before.
func (c *Conn) missing12(bool) Problem {
	log, p := c.t.keys.Log, c.params
	switch {
	case p == nil || !p.hasServer || p.suite == nil || p.master != nil || len(p.masters) > 0:
		return NoProblem
	case p.suite.KeyExchange != suite.RSA && log == nil:
		return NotRSA
	case len(p.encrypted) > 0 && log == nil:
		return KeysDoNotFit
	}
	return NoKeyForRandom
}
