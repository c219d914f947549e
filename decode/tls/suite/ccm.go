package suite

import (
	"crypto/cipher"
	"crypto/subtle"
	"encoding/binary"
	"errors"
)

// ccm is Counter with CBC-MAC (RFC 3610, NIST SP 800-38C) over a cipher with blocks of
// 16 bytes. The standard library has none. Its arrays are used anew by each call, so
// that nothing is allocated; one goroutine may use it at a time.
type ccm struct {
	block   cipher.Block
	nonce   int // bytes of a nonce, 7 to 13
	tag     int // bytes of a tag, even, 4 to 16
	mac     [ccmBlock]byte
	counter [ccmBlock]byte
	stream  [ccmBlock]byte
}

const ccmBlock = 16

var errOpen = errors.New("message authentication failed")

func newCCM(block cipher.Block, nonce, tag int) cipher.AEAD {
	return &ccm{block: block, nonce: nonce, tag: tag}
}

func (c *ccm) NonceSize() int { return c.nonce }
func (c *ccm) Overhead() int  { return c.tag }

// Seal appends the encryption of plaintext and its tag to dst. They must not overlap.
func (c *ccm) Seal(dst, nonce, plaintext, data []byte) []byte {
	from := len(dst)
	dst = append(dst, plaintext...)
	c.authenticate(nonce, plaintext, data)
	c.crypt(nonce, dst[from:])
	return append(dst, c.mac[:c.tag]...)
}

// Open appends what ciphertext holds to dst. They must not overlap.
func (c *ccm) Open(dst, nonce, ciphertext, data []byte) ([]byte, error) {
	size := len(ciphertext) - c.tag
	if size < 0 {
		return nil, errOpen
	}
	from := len(dst)
	dst = append(dst, ciphertext[:size]...)
	tag := ciphertext[size:]
	c.crypt(nonce, dst[from:])
	c.authenticate(nonce, dst[from:], data)
	if subtle.ConstantTimeCompare(c.mac[:c.tag], tag) != 1 {
		clear(dst[from:])
		return nil, errOpen
	}
	return dst, nil
}

// crypt encrypts or decrypts b in place, with the counter from 1 on (RFC 3610 section
// 2.3).
func (c *ccm) crypt(nonce, b []byte) {
	c.start(nonce)
	for len(b) > 0 {
		c.step()
		n := subtle.XORBytes(b, b, c.stream[:])
		b = b[n:]
	}
}

// start sets the counter to 0.
func (c *ccm) start(nonce []byte) {
	c.counter = [ccmBlock]byte{byte(ccmBlock - 2 - c.nonce)}
	copy(c.counter[1:], nonce[:c.nonce])
}

// step counts on, within the bytes behind the nonce, and encrypts the counter.
func (c *ccm) step() {
	for i := ccmBlock - 1; i > c.nonce; i-- {
		if c.counter[i]++; c.counter[i] != 0 {
			break
		}
	}
	c.block.Encrypt(c.stream[:], c.counter[:])
}

// authenticate leaves the encrypted tag in c.mac (RFC 3610 section 2.2).
func (c *ccm) authenticate(nonce, plaintext, data []byte) {
	const withData = 1 << 6
	c.mac = [ccmBlock]byte{}
	first := &c.stream
	*first = [ccmBlock]byte{byte((c.tag-2)/2<<3 | (ccmBlock - 2 - c.nonce))}
	binary.BigEndian.PutUint64(first[ccmBlock-8:], uint64(len(plaintext)))
	copy(first[1:], nonce[:c.nonce])
	if len(data) > 0 {
		first[0] |= withData
	}
	c.absorb(first[:])
	if n := len(data); n > 0 {
		// The length of data stands before it: in two bytes, or in six with a mark.
		const long, mark = 0xff00, 0xfffe
		head := 2
		*first = [ccmBlock]byte{}
		if n < long {
			binary.BigEndian.PutUint16(first[:], uint16(n))
		} else {
			head = 6
			binary.BigEndian.PutUint16(first[:], mark)
			binary.BigEndian.PutUint32(first[2:], uint32(n))
		}
		n = copy(first[head:], data)
		c.absorb(first[:])
		c.absorb(data[n:])
	}
	c.absorb(plaintext)
	c.start(nonce)
	c.block.Encrypt(c.stream[:], c.counter[:])
	subtle.XORBytes(c.mac[:], c.mac[:], c.stream[:])
}

// absorb takes b into the MAC, the last block of it filled up with zeros.
func (c *ccm) absorb(b []byte) {
	for len(b) > 0 {
		n := subtle.XORBytes(c.mac[:], c.mac[:], b)
		c.block.Encrypt(c.mac[:], c.mac[:])
		b = b[n:]
	}
}
