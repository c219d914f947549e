package suite

import "hash"

// RandomSize is the length of the randoms of both ends, in bytes.
const RandomSize = 32

// Master returns the master secret, 48 bytes, from the premaster secret and the
// randoms (RFC 5246 section 8.1). v is one of TLS 1.0 to 1.2.
func (s *Suite) Master(v Version, premaster []byte, clientRandom, serverRandom [RandomSize]byte) []byte {
	return s.prf(v, premaster, "master secret", append(clientRandom[:], serverRandom[:]...), masterSize)
}

// ExtendedMaster returns the master secret where both ends agreed to bind it to the
// handshake (RFC 7627 section 4). session is the hash of the handshake messages from
// ClientHello up to and including ClientKeyExchange, made with TranscriptHash.
func (s *Suite) ExtendedMaster(v Version, premaster, session []byte) []byte {
	return s.prf(v, premaster, "extended master secret", session, masterSize)
}

// TranscriptHash returns a new hash of handshake messages: the suite's in TLS 1.2 and
// 1.3, MD5 and SHA-1 one behind the other before.
func (s *Suite) TranscriptHash(v Version) hash.Hash {
	if v >= TLS12 {
		return s.Hash.New()
	}
	return newDouble()
}

// Finished returns what stands in the Finished message of TLS 1.0 to 1.2, 12 bytes
// (RFC 5246 section 7.4.9). transcript is the TranscriptHash of the messages before it.
func (s *Suite) Finished(v Version, master []byte, client bool, transcript []byte) []byte {
	label := "server finished"
	if client {
		label = "client finished"
	}
	return s.prf(v, master, label, transcript, finishedSize)
}

const (
	masterSize   = 48
	finishedSize = 12
)

// Openers returns those of both ends from the master secret (RFC 5246 section 6.3).
// encryptThenMAC says that both agreed to RFC 7366; it matters with CBC only. ok is
// false where s does not open records of v, or master has not 48 bytes.
func (s *Suite) Openers(v Version, encryptThenMAC bool, master []byte, clientRandom, serverRandom [RandomSize]byte) (client, server *Opener, ok bool) {
	if v == TLS13 || !s.Opens(v) || len(master) != masterSize {
		return nil, nil, false
	}
	t := s.Cipher.traits()
	mac, iv := 0, t.salt
	if s.MAC != 0 {
		mac = s.MAC.Size()
	}
	if t.mode == modeCBC && v == TLS10 {
		iv = t.block
	}
	block := s.prf(v, master, "key expansion", append(serverRandom[:], clientRandom[:]...), 2*(mac+t.key+iv))
	var macs, keys, ivs [2][]byte
	for _, part := range [...]struct {
		of   *[2][]byte
		size int
	}{{&macs, mac}, {&keys, t.key}, {&ivs, iv}} {
		for i := range part.of {
			part.of[i], block = block[:part.size], block[part.size:]
		}
	}
	var of [2]*Opener
	for i := range of {
		if of[i], ok = s.opener(v, encryptThenMAC, macs[i], keys[i], ivs[i]); !ok {
			return nil, nil, false
		}
	}
	return of[0], of[1], true
}
