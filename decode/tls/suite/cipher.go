package suite

import "strings"

// Cipher is the encryption of records, with the length of its key and its mode.
type Cipher uint8

// The ciphers whose records can be opened.
const (
	OtherCipher Cipher = iota // known by the suite's name only: Camellia, ARIA, DES, IDEA …
	Null                      // no encryption, but a MAC
	RC4
	TripleDESCBC
	AES128CBC
	AES256CBC
	AES128GCM
	AES256GCM
	AES128CCM
	AES256CCM
	AES128CCM8 // with a tag of 8 bytes
	AES256CCM8
	ChaCha20Poly1305
	lastCipher = ChaCha20Poly1305
)

// mode is how a record is laid out.
type mode uint8

const (
	modeNone   mode = iota
	modeStream      // bytes and MAC
	modeCBC         // bytes, MAC and padding in blocks
	modeGCM         // these are AEAD
	modeCCM
	modeChaCha
)

// traits are the sizes of a cipher, in bytes.
type traits struct {
	name  string // within the names of suites
	mode  mode
	key   int
	block int // of CBC, and so of its IV
	tag   int // of AEAD
	salt  int // the part of an AEAD nonce in TLS 1.2 that the key block gives
}

const (
	tagSize   = 16
	tagSize8  = 8
	nonceSize = 12 // of every AEAD here
	saltSize  = 4  // RFC 5288 section 3, RFC 6655 section 3
	explicit  = nonceSize - saltSize
)

var ciphers = [...]traits{
	OtherCipher:      {name: "other"},
	Null:             {name: "NULL", mode: modeStream},
	RC4:              {name: "RC4_128", mode: modeStream, key: 16},
	TripleDESCBC:     {name: "3DES_EDE_CBC", mode: modeCBC, key: 24, block: 8},
	AES128CBC:        {name: "AES_128_CBC", mode: modeCBC, key: 16, block: 16},
	AES256CBC:        {name: "AES_256_CBC", mode: modeCBC, key: 32, block: 16},
	AES128GCM:        {name: "AES_128_GCM", mode: modeGCM, key: 16, tag: tagSize, salt: saltSize},
	AES256GCM:        {name: "AES_256_GCM", mode: modeGCM, key: 32, tag: tagSize, salt: saltSize},
	AES128CCM:        {name: "AES_128_CCM", mode: modeCCM, key: 16, tag: tagSize, salt: saltSize},
	AES256CCM:        {name: "AES_256_CCM", mode: modeCCM, key: 32, tag: tagSize, salt: saltSize},
	AES128CCM8:       {name: "AES_128_CCM_8", mode: modeCCM, key: 16, tag: tagSize8, salt: saltSize},
	AES256CCM8:       {name: "AES_256_CCM_8", mode: modeCCM, key: 32, tag: tagSize8, salt: saltSize},
	ChaCha20Poly1305: {name: "CHACHA20_POLY1305", mode: modeChaCha, key: 32, tag: tagSize, salt: nonceSize},
}

func (c Cipher) traits() traits { return ciphers[min(int(c), len(ciphers)-1)] }

// String returns how the names of suites call c.
func (c Cipher) String() string { return c.traits().name }

// AEAD reports whether c protects a record as a whole, without a MAC of its own.
func (c Cipher) AEAD() bool { return c.traits().mode >= modeGCM }

// KeySize returns the length of a key in bytes.
func (c Cipher) KeySize() int { return c.traits().key }

// overhead returns how many bytes a record of version v has at least beyond its
// plaintext: explicit nonce or IV, tag or MAC, padding, and the inner type of TLS 1.3.
// mac is the length of the MAC where c is no AEAD.
func (c Cipher) overhead(v Version, mac int) int {
	t := c.traits()
	switch {
	case v == TLS13:
		return t.tag + 1
	case t.mode == modeGCM || t.mode == modeCCM:
		return explicit + t.tag
	case t.mode == modeChaCha:
		return t.tag
	case t.mode == modeCBC && v >= TLS11:
		return t.block + mac + 1
	case t.mode == modeCBC:
		return mac + 1
	}
	return mac
}

// cipherOf finds a cipher at the beginning of what stands behind WITH, and returns
// what follows. The longest name fits: CCM_8 begins like CCM.
func cipherOf(name string) (c Cipher, rest string) {
	for i := Null; i <= lastCipher; i++ {
		after, ok := strings.CutPrefix(name, ciphers[i].name)
		if ok && (after == "" || after[0] == '_') && (c == OtherCipher || len(after) < len(rest)) {
			c, rest = i, after
		}
	}
	if c == OtherCipher {
		rest = name[strings.LastIndexByte(name, '_')+1:]
	}
	return c, strings.TrimPrefix(rest, "_")
}
