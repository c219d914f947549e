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
	case keys.Log == nil && len(keys.RSA) == 0:
		return NoKeys
	case c.keys == nil: // Skip was called
		return f.Problem
	case c.keys.tooLate:
		return BufferTooSmall
	}
	if !c.keys.fit {
		switch p := c.params; {
		case f.ClientHello == (Pos{}) && f.ServerHello == (Pos{}):
			return StartsLate
		case f.ClientHello == (Pos{}) || f.ServerHello == (Pos{}):
			return HandshakeIncomplete
		case p != nil && (p.suite == nil || !p.suite.Opens(p.version)):
			return CipherUnsupported
		}
	}
	if p := c.missing(); p != NoProblem {
		return p
	}
	if c.keys.misfit || c.keys.exhausted || !c.keys.fit {
		return KeysDoNotFit
	}
	return NoProblem
}

// missing says which secrets are not there.
func (c *Conn) missing() Problem {
	log := c.t.keys.Log
	if c.facts.Version == suite.TLS13 {
		if log == nil {
			return NotRSA
		}
		has := log.Has(c.keys.random)
		client, server := has.Has(keylog.ClientTraffic0), has.Has(keylog.ServerTraffic0)
		switch {
		case client && server:
			return NoProblem
		case client:
			return ServerSecretsMissing
		case server:
			return ClientSecretsMissing
		case has.Has(keylog.ClientHandshakeTraffic) || has.Has(keylog.ServerHandshakeTraffic):
			return KeysDoNotFit // a log that was cut
		}
		return NoKeyForRandom
	}
	p := c.params
	switch {
	case p == nil || !p.hasServer || p.suite == nil || p.master != nil || len(p.masters) > 0:
		return NoProblem
	case p.suite.KeyExchange != suite.RSA && log == nil:
		return NotRSA
	case p.hasClient && len(p.encrypted) > 0 && log == nil:
		return KeysDoNotFit
	}
	return NoKeyForRandom
}
