package suite

import (
	"crypto/cipher"
	"encoding/binary"
	"fmt"
)

// MaxPlaintext and MaxRecord are the most bytes that a record carries, and that its
// body may have (RFC 5246 section 6.2.3; RFC 8446 section 5.2 allows less).
const (
	MaxPlaintext = 1 << 14
	MaxRecord    = MaxPlaintext + 2048
)

// Header is the head of a record as it stood on the wire.
type Header struct {
	Type    byte
	Version Version // in TLS 1.3 always that of TLS 1.2
	Length  uint16  // bytes of the body
}

// Opener opens the records that one end sends under one set of keys. It is made by
// Suite.Opener or Suite.Openers. One goroutine may use it at a time. It takes 1,000
// bytes with AES-GCM, 250 with ChaCha20, up to 1,600 with CBC and 3,000 with RC4.
//
// A record with CBC in TLS 1.0 needs the last block of the one before, and one with
// RC4 all that went before. An Opener keeps that, and has to be told of records that
// it does not open: see Skip and Lost. Until then it opens them in their order only.
// All others stand alone and need their sequence number.
//
// Its keys are two pointers away from where it is kept, and fmt does not go so far.
type Opener struct{ *state }

// state is what an Opener works with.
type state struct {
	version  Version
	mode     mode
	overhead int
	tag      int

	aead  cipher.AEAD
	iv    [nonceSize]byte // in TLS 1.2 with GCM and CCM, only the salt
	nonce [nonceSize]byte
	aad   [aadSize]byte
	ahead uint64 // how far sequence numbers are ahead of explicit nonces, see Search

	legacy
}

// aadSize is what TLS 1.2 authenticates beside the data: sequence number, type,
// version and length. The MACs of before are over the same, followed by the data.
const aadSize = 8 + headerSize

const headerSize = 5

// Open opens the record with head h, body payload and sequence number seq, and
// returns what it carries and of what type that is; for TLS 1.3 these come from
// inside, without padding, and typ is 0 when there was nothing but padding. ok is
// false when the record does not fit the keys or seq, or is not whole; no state has
// changed then, and the same record may be tried with another seq.
//
// plain lies in the memory of dst, from its beginning, when its capacity is at least
// len(payload), and nothing is allocated then. The two must not overlap. What stood
// in dst is lost in any case.
func (o *Opener) Open(seq uint64, h Header, dst, payload []byte) (plain []byte, typ byte, ok bool) {
	if len(payload) < o.overhead || int(h.Length) != len(payload) || !o.reaches(seq) {
		return nil, 0, false
	}
	if cap(dst) < len(payload) {
		dst = make([]byte, 0, len(payload))
	}
	dst = dst[:0]
	switch {
	case o.version == TLS13:
		return o.open13(seq, h, dst, payload)
	case o.mode == modeCBC && o.encryptThenMAC:
		plain, ok = o.openEncryptThenMAC(seq, h, dst, payload)
	case o.mode == modeCBC:
		plain, ok = o.openCBC(seq, h, dst, payload)
	case o.mode == modeStream:
		plain, ok = o.openStream(seq, h, dst, payload)
	default:
		plain, ok = o.openAEAD(seq, h, dst, payload)
	}
	return plain, h.Type, ok
}

// open13 follows RFC 8446 sections 5.2 to 5.4.
func (o *state) open13(seq uint64, h Header, dst, payload []byte) (plain []byte, typ byte, ok bool) {
	o.mixNonce(seq)
	aad := o.aad[:headerSize]
	aad[0] = h.Type
	binary.BigEndian.PutUint16(aad[1:], uint16(h.Version))
	binary.BigEndian.PutUint16(aad[3:], h.Length)
	plain, err := o.aead.Open(dst, o.nonce[:], payload, aad)
	if err != nil {
		return nil, 0, false
	}
	end := len(plain) - 1
	for end >= 0 && plain[end] == 0 {
		end--
	}
	if end < 0 {
		return plain[:0], 0, true
	}
	return plain[:end], plain[end], true
}

// mixNonce makes the nonce of TLS 1.3, and of ChaCha20 in TLS 1.2 (RFC 7905 section 2).
func (o *state) mixNonce(seq uint64) {
	o.nonce = o.iv
	low := o.nonce[nonceSize-8:]
	binary.BigEndian.PutUint64(low, binary.BigEndian.Uint64(low)^seq)
}

// openAEAD opens a record of TLS 1.2 (RFC 5246 section 6.2.3.3).
func (o *state) openAEAD(seq uint64, h Header, dst, payload []byte) (plain []byte, ok bool) {
	if o.mode == modeChaCha {
		o.mixNonce(seq)
	} else {
		o.nonce = o.iv
		copy(o.nonce[saltSize:], payload[:explicit])
		payload = payload[explicit:]
	}
	plain, err := o.aead.Open(dst, o.nonce[:], payload, o.head(seq, h, len(payload)-o.tag))
	if err != nil {
		return nil, false
	}
	o.ahead = seq - binary.BigEndian.Uint64(o.nonce[saltSize:])
	return plain, true
}

// head is what is authenticated beside n bytes of data before TLS 1.3.
func (o *state) head(seq uint64, h Header, n int) []byte {
	binary.BigEndian.PutUint64(o.aad[:], seq)
	o.aad[8] = h.Type
	binary.BigEndian.PutUint16(o.aad[9:], uint16(h.Version))
	binary.BigEndian.PutUint16(o.aad[11:], uint16(n))
	return o.aad[:]
}

// Format writes that there is an Opener, and nothing of its keys, for every verb.
func (o Opener) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("TLS keys")) }
