package suite

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"crypto/hmac"
	"crypto/rc4"

	"golang.org/x/crypto/chacha20poly1305"
)

// opener makes an Opener of keys with the lengths that the suite asks for.
func (s *Suite) opener(v Version, encryptThenMAC bool, mac, key, iv []byte) (*Opener, bool) {
	t := s.Cipher.traits()
	o := &state{version: v, mode: t.mode, tag: t.tag, overhead: s.Cipher.overhead(v, len(mac))}
	o.chains = s.Cipher == RC4 || t.mode == modeCBC && v == TLS10
	o.known, o.numbered = true, true
	copy(o.iv[:], iv)
	if len(mac) > 0 {
		o.mac = hmac.New(s.MAC.New, mac)
	}
	var err error
	switch t.mode {
	case modeGCM, modeCCM:
		var block cipher.Block
		if block, err = aes.NewCipher(key); err != nil {
			return nil, false
		}
		if t.mode == modeCCM {
			o.aead = newCCM(block, nonceSize, t.tag)
		} else {
			o.aead, err = cipher.NewGCM(block)
		}
	case modeChaCha:
		o.aead, err = chacha20poly1305.New(key)
	case modeCBC:
		o.encryptThenMAC = encryptThenMAC
		copy(o.chain[:], iv)
		o.cbc, err = newCBC(s.Cipher, key)
	case modeStream:
		if s.Cipher == RC4 {
			var c *rc4.Cipher
			if c, err = rc4.NewCipher(key); err == nil {
				o.rc4 = &keyStream{Cipher: *c}
			}
		}
	case modeNone:
		return nil, false
	}
	return &Opener{o}, err == nil
}

// newCBC returns a decrypter whose IV is set before each use.
func newCBC(c Cipher, key []byte) (chained, error) {
	make := aes.NewCipher
	if c == TripleDESCBC {
		make = des.NewTripleDESCipher
	}
	block, err := make(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewCBCDecrypter(block, (&[longestBlock]byte{})[:block.BlockSize()]).(chained), nil
}
