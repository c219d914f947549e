package tls

import (
	"crypto/sha256"

	"wstap/decode/tls/suite"
)

// shared keeps what many connections have in common once: clients offer the same
// again and again, and servers show the same certificate. Each table has maxShared
// entries at most; what comes then is kept by its connection alone.
type shared struct {
	texts        map[string]string
	alpn         map[string][]string
	offers       map[string][]suite.Version
	certificates map[[32]byte]*Certificate
}

func newShared() shared {
	return shared{
		texts: make(map[string]string), alpn: make(map[string][]string),
		offers: make(map[string][]suite.Version), certificates: make(map[[32]byte]*Certificate),
	}
}

func (s *shared) text(b []byte) string {
	return once(s.texts, b, func(b []byte) string { return string(b) })
}

func (s *shared) protocols(list []byte) []string { return once(s.alpn, list, protocols) }

func (s *shared) versions(list []byte) []suite.Version { return once(s.offers, list, versions) }

// once returns what make makes of b, and keeps it.
func once[T any](table map[string]T, b []byte, make func([]byte) T) T {
	if v, ok := table[string(b)]; ok {
		return v
	}
	v := make(b)
	const longest = 512 // bytes of a key: what is longer is seldom seen twice
	if len(table) < maxShared && len(b) <= longest {
		table[string(b)] = v
	}
	return v
}

// certificate returns the one that was kept of the same message, or made.
func (s *shared) certificate(message []byte, made *Certificate) *Certificate {
	sum := sha256.Sum256(message)
	if c, ok := s.certificates[sum]; ok {
		return c
	}
	if len(s.certificates) < maxShared {
		s.certificates[sum] = made
	}
	return made
}
