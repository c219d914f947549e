package keylog

import (
	"fmt"
	"hash/maphash"
	"slices"
	"sync"
	"sync/atomic"
)

const (
	// MaxSecrets is how many secrets a Store keeps when it is not told otherwise: the
	// shortest line with one has 154 bytes, so that a key log of 100 MB holds at most
	// 680,000. They take 104 bytes each and 8 in the index, 112 MiB in all.
	MaxSecrets = 1 << 20
	// MaxAlternatives is how many secrets are kept of one label for one connection, the
	// newest. There should be one; several processes that write the same file, and
	// clients whose randoms are not random, make more (RFC 9850 section 3).
	MaxAlternatives = 4
	// maxSecret is the longest secret: a premaster secret of Diffie-Hellman with the
	// largest group of RFC 7919, 8192 bits.
	maxSecret = 1024
)

// Store keeps secrets. Its methods may be called by several goroutines at once.
type Store struct {
	generation atomic.Uint64
	mu         sync.RWMutex
	entries    ring
	index      []uint32 // open addressing: 1 + slot of an entry, 0 for none
	indexed    int
	newest     [labels]uint64 // 1 + number of the newest entry of a label
	seed       maphash.Seed   // decides on places in the index, and on nothing that is seen
	counts     Counts
}

// NewStore returns an empty Store that keeps about limit secrets, the newest; 0 stands
// for MaxSecrets. A secret of more than 64 bytes counts as several.
func NewStore(limit int) *Store {
	if limit <= 0 {
		limit = MaxSecrets
	}
	return &Store{entries: ring{limit: uint64(max(limit, maxSecret/secretSize))}, index: make([]uint32, 64), seed: maphash.MakeSeed()}
}

// key is by what a secret is found: a client random, or something shorter.
type key struct {
	b    [RandomSize]byte
	size uint8
}

func keyOf(b []byte) (k key) {
	k.size = uint8(copy(k.b[:], b))
	return k
}

// Secrets returns what is known for a label that goes by client random, newest first,
// at most MaxAlternatives.
func (s *Store) Secrets(l Label, random [RandomSize]byte) []Secret {
	return s.find(l, key{random, RandomSize})
}

// Session returns the master secrets of a session ID (SessionMaster), as Secrets does.
func (s *Store) Session(id []byte) []Secret {
	if len(id) == 0 || len(id) > RandomSize {
		return nil
	}
	return s.find(SessionMaster, keyOf(id))
}

// RSA returns the premaster secrets (RSAPremaster) for what a ClientKeyExchange holds
// without its length, as Secrets does.
func (s *Store) RSA(encrypted []byte) []Secret {
	if len(encrypted) < rsaKeySize {
		return nil
	}
	return s.find(RSAPremaster, keyOf(encrypted[:rsaKeySize]))
}

// rsaKeySize is how much of an encrypted premaster secret stands in a key log.
const rsaKeySize = 8

// Has returns the labels for which a secret of a connection is known.
func (s *Store) Has(random [RandomSize]byte) (set Labels) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	k := key{random, RandomSize}
	for at := s.home(&k); s.index[at] != 0; at = s.after(at) {
		if e := s.entries.slot(s.index[at] - 1); e.key == k && e.label < RSAPremaster {
			set |= 1 << e.label
		}
	}
	return set
}

// Captured reports whether a secret of a connection came with a capture, and not from a
// key log beside it.
func (s *Store) Captured(random [RandomSize]byte) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	k := key{random, RandomSize}
	for at := s.home(&k); s.index[at] != 0; at = s.after(at) {
		if e := s.entries.slot(s.index[at] - 1); e.key == k && e.size&fromCapture != 0 {
			return true
		}
	}
	return false
}

// Recent returns the newest secrets of a label that goes by client random, at most n,
// newest first: those to try on a connection whose handshake was not captured.
func (s *Store) Recent(l Label, n int) (list []Found) {
	if l >= RSAPremaster {
		return nil
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	for number := s.newest[l]; len(list) < n && number > s.entries.first; {
		e := s.entries.entry(number - 1)
		if e.label == l {
			list = append(list, Found{e.key.b, secretOf(s.entries.secret(number - 1))})
		}
		if e.back == 0 {
			break
		}
		number -= uint64(e.back)
	}
	return list
}

// Generation returns a number that changes with each new secret.
func (s *Store) Generation() uint64 { return s.generation.Load() }

// Counts returns what became of all lines so far.
func (s *Store) Counts() Counts {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.counts
}

// Format writes that there is a Store, and nothing of what it keeps, for every verb.
func (s *Store) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(hidden)) }

func (s *Store) find(l Label, k key) (list []Secret) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var of [MaxAlternatives]uint64
	for _, number := range s.numbers(of[:0], l, &k) {
		list = append(list, secretOf(s.entries.secret(number)))
	}
	slices.Reverse(list)
	return list
}

// numbers appends the numbers of the entries for l and k, oldest first.
func (s *Store) numbers(to []uint64, l Label, k *key) []uint64 {
	for at := s.home(k); s.index[at] != 0; at = s.after(at) {
		slot := s.index[at] - 1
		if e := s.entries.slot(slot); e.label == l && e.key == *k {
			to = append(to, s.entries.number(slot))
		}
	}
	slices.Sort(to)
	return to
}

// insert keeps a secret, and says what became of it in c.
func (s *Store) insert(l Label, k key, secret []byte, captured bool, c *Counts) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var of [MaxAlternatives]uint64
	same := s.numbers(of[:0], l, &k)
	for _, number := range same {
		if string(s.entries.secret(number)) == string(secret) {
			c.Duplicates++
			return
		}
	}
	if len(same) > 0 {
		c.Conflicts++
	}
	if len(same) == MaxAlternatives {
		s.drop(same[0], c)
	}
	for !s.entries.fits(len(secret)) {
		if s.entries.entry(s.entries.first).label != none {
			s.drop(s.entries.first, c)
		}
		s.entries.first++
	}
	number := s.entries.add(l, k, secret)
	if captured {
		s.entries.entry(number).size |= fromCapture
	}
	if before := s.newest[l]; before > s.entries.first {
		s.entries.entry(number).back = uint32(number + 1 - before)
	}
	s.newest[l] = number + 1
	s.enter(s.entries.place(number), &k)
	c.Secrets++
	s.generation.Add(1)
}

// drop forgets an entry. Its slot stays in line.
func (s *Store) drop(number uint64, c *Counts) {
	s.leave(s.entries.place(number))
	s.entries.entry(number).label = none
	c.Evicted++
}
