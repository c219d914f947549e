package suite

import (
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rc4"
	"hash"
)

// longestMAC is that of HMAC-SHA384, and longestBlock that of AES.
const longestMAC, longestBlock = 48, 16

// legacy is what an Opener keeps for ciphers with a MAC.
type legacy struct {
	encryptThenMAC bool
	chains         bool // a record needs those before it: CBC in TLS 1.0, RC4
	known          bool // chain, or the place in the key stream, is that of the next record
	numbered       bool // and that record has the number next
	next           uint64
	mac            hash.Hash
	sum            [longestMAC]byte
	cbc            chained
	chain          [longestBlock]byte // last block of the record before, in TLS 1.0
	rc4            *keyStream         // nil with the null cipher
}

// keyStream is RC4 at its place, and a copy to go back to.
type keyStream struct {
	rc4.Cipher
	before rc4.Cipher
}

// chained is a decrypter in CBC mode whose IV can be set, as all of the standard
// library can.
type chained interface {
	cipher.BlockMode
	SetIV([]byte)
}

// openCBC opens a record whose MAC is within what is encrypted (RFC 5246 section
// 6.2.3.2). An observer gives nobody an answer, so that it need not hide what is wrong.
func (o *state) openCBC(seq uint64, h Header, dst, payload []byte) (plain []byte, ok bool) {
	if plain, ok = o.decryptCBC(dst, payload); !ok {
		return nil, false
	}
	size := len(plain) - o.mac.Size()
	if size < 0 || !o.authentic(seq, h, plain[:size], plain[size:]) {
		return nil, false
	}
	o.follow(seq, payload)
	return plain[:size], true
}

// openEncryptThenMAC opens a record whose MAC is over what is encrypted (RFC 7366
// section 3).
func (o *state) openEncryptThenMAC(seq uint64, h Header, dst, payload []byte) (plain []byte, ok bool) {
	size := len(payload) - o.mac.Size()
	if !o.authentic(seq, h, payload[:size], payload[size:]) {
		return nil, false
	}
	if plain, ok = o.decryptCBC(dst, payload[:size]); !ok {
		return nil, false
	}
	o.follow(seq, payload)
	return plain, true
}

// follow says that record seq was opened, and the next one is expected.
func (o *state) follow(seq uint64, payload []byte) {
	if o.chains {
		o.skipCBC(payload)
		o.next, o.numbered = seq+1, true
	}
}

// reaches reports whether record seq may be the next one. With encrypt-then-MAC no MAC
// would tell that the chain is that of another.
func (o *state) reaches(seq uint64) bool {
	return !o.chains || o.known && (!o.numbered || seq == o.next)
}

// decryptCBC decrypts into dst and takes the padding off (RFC 5246 section 6.2.3.2,
// RFC 2246 section 6.2.3.2).
func (o *state) decryptCBC(dst, encrypted []byte) (plain []byte, ok bool) {
	block := o.cbc.BlockSize()
	iv := o.chain[:block]
	if o.version >= TLS11 {
		iv, encrypted = encrypted[:block], encrypted[block:]
	}
	if len(encrypted) == 0 || len(encrypted)%block != 0 {
		return nil, false
	}
	plain = dst[:len(encrypted)]
	o.cbc.SetIV(iv)
	o.cbc.CryptBlocks(plain, encrypted)
	last := len(plain) - 1
	size := last - int(plain[last])
	if size < 0 {
		return nil, false
	}
	for _, b := range plain[size:] {
		if b != plain[last] {
			return nil, false
		}
	}
	return plain[:size], true
}

// openStream opens a record that is encrypted with RC4 or not at all (RFC 5246 section
// 6.2.3.1).
func (o *state) openStream(seq uint64, h Header, dst, payload []byte) (plain []byte, ok bool) {
	plain = dst[:len(payload)]
	if o.rc4 == nil {
		copy(plain, payload)
	} else {
		o.rc4.before = o.rc4.Cipher
		o.rc4.XORKeyStream(plain, payload)
	}
	size := len(plain) - o.mac.Size()
	if !o.authentic(seq, h, plain[:size], plain[size:]) {
		if o.rc4 != nil {
			o.rc4.Cipher = o.rc4.before
		}
		return nil, false
	}
	o.next, o.numbered = seq+1, true
	return plain[:size], true
}

// authentic reports whether mac is that of data.
func (o *state) authentic(seq uint64, h Header, data, mac []byte) bool {
	o.mac.Reset()
	o.mac.Write(o.head(seq, h, len(data)))
	o.mac.Write(data)
	return hmac.Equal(o.mac.Sum(o.sum[:0]), mac)
}

// Skip says that the next record was seen, with this body, and will not be opened. It
// matters with CBC in TLS 1.0 and with RC4. After Lost, the last 64 bytes of a body are
// enough for CBC, a block and the longest MAC, and the record after it can be opened.
func (o *Opener) Skip(payload []byte) {
	if !o.chains {
		return
	}
	o.next++
	if o.mode == modeCBC {
		o.skipCBC(payload)
		return
	}
	var out [256]byte
	for len(payload) > 0 {
		n := min(len(payload), len(out))
		o.rc4.XORKeyStream(out[:n], payload[:n])
		payload = payload[n:]
	}
}

// skipCBC keeps the last block that was encrypted.
func (o *state) skipCBC(payload []byte) {
	if o.encryptThenMAC {
		payload = payload[:max(0, len(payload)-o.mac.Size())]
	}
	block := o.cbc.BlockSize()
	if o.known = len(payload) >= block; o.known {
		copy(o.chain[:], payload[len(payload)-block:])
	}
}

// Lost says that an unknown number of records was not seen. With CBC in TLS 1.0 the
// next record cannot be opened, unless Skip is given the end of the one before it;
// with RC4 none can. All others are as before.
func (o *Opener) Lost() { o.known, o.numbered = !o.chains, false }
