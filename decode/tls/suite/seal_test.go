package suite

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"crypto/hmac"
	"crypto/rc4"
	"encoding/binary"
	"fmt"
	"testing"

	"golang.org/x/crypto/chacha20poly1305"
)

// sealer makes records for an Opener of known keys, written down from the RFCs a
// second time and the other way round.
type sealer struct {
	suite   *Suite
	version Version
	etm     bool
	mac     []byte
	key, iv []byte
}

func (s *sealer) opener(t testing.TB) *Opener {
	o, ok := s.suite.opener(s.version, s.etm, s.mac, s.key, s.iv)
	if !ok {
		t.Fatalf("%s: no Opener", s.suite.Name)
	}
	return o
}

// sealers returns one for each way to protect a record.
func sealers(t testing.TB) (list []*sealer) {
	for _, id := range []uint16{
		0x1301, 0x1302, 0x1303, 0x1304, 0x1305, // 1.3
		0xc02f, 0xc030, 0xcca8, 0xc09c, 0xc0a1, // 1.2, AEAD
		0x002f, 0x0035, 0x003c, 0xc028, 0x000a, // CBC
		0x0005, 0x0004, 0x0002, // RC4 and nothing
	} {
		s := lookup(t, id)
		for v := TLS10; v <= TLS13; v++ {
			for _, etm := range []bool{false, true} {
				if !s.Opens(v) || etm && s.Cipher.traits().mode != modeCBC {
					continue
				}
				x := &sealer{suite: s, version: v, etm: etm, key: counting(1, s.Cipher.KeySize()), iv: counting(0x80, s.Cipher.traits().salt)}
				switch {
				case v == TLS13:
					x.iv = counting(0x80, nonceSize)
				case s.Cipher.traits().mode == modeCBC && v == TLS10:
					x.iv = counting(0x80, s.Cipher.traits().block)
				}
				if s.MAC != 0 {
					x.mac = counting(0x40, s.MAC.Size())
				}
				list = append(list, x)
			}
		}
	}
	return list
}

func (s *sealer) String() string { return fmt.Sprintf("%s %v etm=%v", s.suite.Name, s.version, s.etm) }

func (s *sealer) aead(t testing.TB) cipher.AEAD {
	if s.suite.Cipher == ChaCha20Poly1305 {
		a, err := chacha20poly1305.New(s.key)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	block, err := aes.NewCipher(s.key)
	if err != nil {
		t.Fatal(err)
	}
	if tr := s.suite.Cipher.traits(); tr.mode == modeCCM {
		return newCCM(block, nonceSize, tr.tag)
	}
	a, err := cipher.NewGCM(block)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func (s *sealer) sum(seq uint64, typ byte, data []byte) []byte {
	m := hmac.New(s.suite.MAC.New, s.mac)
	m.Write(binary.BigEndian.AppendUint64(nil, seq))
	m.Write([]byte{typ, 3, byte(s.version), byte(len(data) >> 8), byte(len(data))})
	m.Write(data)
	return m.Sum(nil)
}

// seal returns a first record; before 1.3 with CBC padding, which makes whole blocks,
// is taken as it is when it is not nil.
func (s *sealer) seal(t testing.TB, seq uint64, typ byte, plain, padding []byte) (Header, []byte) {
	h := Header{Type: typ, Version: s.version}
	var body []byte
	switch tr := s.suite.Cipher.traits(); {
	case s.version == TLS13:
		h.Type, h.Version = applicationData, TLS12
		inner := append(append(append([]byte{}, plain...), typ), padding...)
		h.Length = uint16(len(inner) + tr.tag)
		a := s.aead(t)
		nonce := append([]byte{}, s.iv...)
		for i := range 8 {
			nonce[4+i] ^= byte(seq >> (56 - 8*i))
		}
		return h, a.Seal(nil, nonce, inner, []byte{h.Type, 3, 3, byte(h.Length >> 8), byte(h.Length)})
	case tr.mode == modeChaCha, tr.mode == modeGCM, tr.mode == modeCCM:
		aad := append(binary.BigEndian.AppendUint64(nil, seq), typ, 3, 3, byte(len(plain)>>8), byte(len(plain)))
		nonce := append([]byte{}, s.iv...)
		if tr.mode == modeChaCha {
			for i := range 8 {
				nonce[4+i] ^= byte(seq >> (56 - 8*i))
			}
		} else {
			body = []byte("explicit")
			nonce = append(nonce, body...)
		}
		body = s.aead(t).Seal(body, nonce, plain, aad)
	case tr.mode == modeCBC:
		body = s.sealCBC(t, seq, typ, plain, padding)
	default:
		body = append(append([]byte{}, plain...), s.sum(seq, typ, plain)...)
		if s.suite.Cipher == RC4 {
			c, err := rc4.NewCipher(s.key)
			if err != nil {
				t.Fatal(err)
			}
			c.XORKeyStream(body, body)
		}
	}
	h.Length = uint16(len(body))
	return h, body
}

func (s *sealer) sealCBC(t testing.TB, seq uint64, typ byte, plain, padding []byte) []byte {
	var block cipher.Block
	var err error
	if s.suite.Cipher == TripleDESCBC {
		block, err = des.NewTripleDESCipher(s.key)
	} else {
		block, err = aes.NewCipher(s.key)
	}
	if err != nil {
		t.Fatal(err)
	}
	b := append([]byte{}, plain...)
	if !s.etm {
		b = append(b, s.sum(seq, typ, plain)...)
	}
	if padding == nil {
		n := byte(block.BlockSize() - 1 - len(b)%block.BlockSize())
		for range int(n) + 1 {
			padding = append(padding, n)
		}
	}
	b = append(b, padding...)
	b = append(b, make([]byte, (block.BlockSize()-len(b)%block.BlockSize())%block.BlockSize())...)
	iv, body := s.iv, []byte(nil)
	if s.version >= TLS11 {
		iv = counting(0x33, block.BlockSize())
		body = append(body, iv...)
	}
	cipher.NewCBCEncrypter(block, iv).CryptBlocks(b, b)
	body = append(body, b...)
	if s.etm {
		body = append(body, s.sum(seq, typ, body)...)
	}
	return body
}
