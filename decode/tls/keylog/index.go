package keylog

import "hash/maphash"

// The index goes by key alone, so that all secrets of a connection lie side by side.

// home returns where in the index the search for k begins.
func (s *Store) home(k *key) int {
	return int(maphash.Bytes(s.seed, k.b[:]) & uint64(len(s.index)-1))
}

func (s *Store) after(at int) int { return (at + 1) & (len(s.index) - 1) }

// enter adds a slot, whose key is k.
func (s *Store) enter(slot uint32, k *key) {
	if s.indexed++; 2*s.indexed > len(s.index) {
		old := s.index
		s.index = make([]uint32, 2*len(old))
		for _, i := range old {
			if i != 0 {
				s.put(i, &s.entries.slot(i-1).key)
			}
		}
	}
	s.put(slot+1, k)
}

func (s *Store) put(i uint32, k *key) {
	at := s.home(k)
	for s.index[at] != 0 {
		at = s.after(at)
	}
	s.index[at] = i
}

// leave takes a slot out and closes the hole: what stands behind it and would not be
// found any more moves up.
func (s *Store) leave(slot uint32) {
	at := s.home(&s.entries.slot(slot).key)
	for s.index[at] != slot+1 {
		at = s.after(at)
	}
	s.indexed--
	hole := at
	for at = s.after(at); s.index[at] != 0; at = s.after(at) {
		home := s.home(&s.entries.slot(s.index[at] - 1).key)
		if (at-home)&(len(s.index)-1) >= (at-hole)&(len(s.index)-1) {
			s.index[hole], hole = s.index[at], at
		}
	}
	s.index[hole] = 0
}
