package tls

import "crypto/sha256"

// session names a session of TLS 1.2 or before: the hash of its id or of a ticket.
type session [16]byte

func sessionKey(b []byte) session {
	sum := sha256.Sum256(b)
	return session(sum[:16])
}

// sessions keeps the master secrets of sessions that may be resumed, the newest.
type sessions struct {
	masters    map[session][]byte
	order      []session // a ring
	next       int
	generation uint64
}

func newSessions() sessions { return sessions{masters: make(map[session][]byte)} }

func (s *sessions) get(id session) (secret []byte, ok bool) {
	secret, ok = s.masters[id]
	return secret, ok
}

// remember keeps the master secret of a session.
func (t *Tracker) remember(id session, secret []byte) {
	s := &t.sessions
	if _, ok := s.masters[id]; !ok {
		if len(s.order) < maxSessions {
			s.order = append(s.order, id)
		} else {
			t.counters.SessionsForgotten++
			delete(s.masters, s.order[s.next])
			s.order[s.next] = id
			s.next = (s.next + 1) % maxSessions
		}
		s.generation++
	}
	s.masters[id] = secret
}
