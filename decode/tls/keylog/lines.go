package keylog

import "encoding/hex"

// AppendLines appends the lines of a key log with all secrets that go by a client random,
// in the order in which they came. What it returns is key material, for who asked to
// write it down. Master secrets that go by session ID or by encrypted premaster secret
// are not among them.
func (s *Store) AppendLines(to []byte, random [RandomSize]byte) []byte {
	s.mu.RLock()
	defer s.mu.RUnlock()
	k := key{random, RandomSize}
	var of [int(RSAPremaster) * MaxAlternatives]uint64
	numbers := of[:0]
	for l := range RSAPremaster {
		numbers = s.numbers(numbers, l, &k)
	}
	for _, number := range numbers {
		to = s.appendLine(to, number)
	}
	return to
}

// AppendSince appends the lines of a key log with the secrets of all labels that came
// since an earlier call, as AppendLines does; since is 0 for the first call. It stops
// when it has appended most bytes or a little more; there are no more when next is
// since.
func (s *Store) AppendSince(to []byte, since uint64, most int) (lines []byte, next uint64) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	begin := len(to)
	next = max(since, s.entries.first)
	for next < s.entries.next && len(to)-begin < most {
		e := s.entries.entry(next)
		if e.label == none { // dropped, or the rest of a long one
			next++
			continue
		}
		to = s.appendLine(to, next)
		next += slots(e.length())
	}
	return to, next
}

// Newest returns where AppendSince begins with what comes after now.
func (s *Store) Newest() uint64 {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.entries.next
}

// appendLine appends the line of an entry, with its end. s.mu is held.
func (s *Store) appendLine(to []byte, number uint64) []byte {
	e := s.entries.entry(number)
	before, after := "RSA ", " "
	switch e.label {
	case RSAPremaster:
	case SessionMaster:
		before, after = "RSA Session-ID:", " Master-Key:"
	default:
		before = e.label.String() + " "
	}
	to = append(to, before...)
	to = hex.AppendEncode(to, e.key.b[:e.key.size])
	to = append(to, after...)
	to = hex.AppendEncode(to, s.entries.secret(number))
	return append(to, '\n')
}
