package suite

import (
	"crypto"
	_ "crypto/md5" // linked in, for crypto.Hash to find them
	_ "crypto/sha1"
	_ "crypto/sha256"
	_ "crypto/sha512"
	_ "embed"
	"fmt"
	"strings"
)

// Suite is a cipher suite.
type Suite struct {
	ID          uint16
	Name        string // of the IANA registry
	KeyExchange KeyExchange
	Cipher      Cipher
	MAC         crypto.Hash // of the HMAC over a record; 0 for AEAD, and where it is not known here
	Hash        crypto.Hash // of the PRF of TLS 1.2, or of the key schedule of TLS 1.3
}

// KeyExchange is how the two ends come to a secret.
type KeyExchange uint8

// The ways to a secret. Static and anonymous Diffie-Hellman stand with their kin: for
// an observer there is no difference, but RSA, whose private key opens what was sent.
const (
	OtherExchange KeyExchange = iota
	RSA
	DHE
	ECDHE
	PSK      // and no other
	RSAPSK   // a pre-shared key and RSA; likewise the next two
	DHEPSK   //
	ECDHEPSK //
	AnyTLS13 // TLS 1.3: said in extensions
)

// String returns how the names of suites call it.
func (k KeyExchange) String() string {
	return [...]string{"other", "RSA", "DHE", "ECDHE", "PSK", "RSA_PSK", "DHE_PSK", "ECDHE_PSK", "TLS 1.3"}[min(k, AnyTLS13)]
}

// names has a line for each suite of the registry, its number and its name, and for
// numbers that the registry keeps free because others use them, theirs. They are as
// Wireshark shows them; suites of drafts that were given up are left out.
//
//go:embed names.txt
var names string

// Lookup returns the suite that the IANA registry has under id, whether it can be
// decrypted or not. ok is false where it has none.
func Lookup(id uint16) (s Suite, ok bool) {
	const digits = len("1301 ")
	i := strings.Index(names, fmt.Sprintf("\n%04x ", id)) + 1
	if i == 0 {
		return Suite{}, false
	}
	name, _, _ := strings.Cut(names[i+digits:], "\n")
	return parse(id, name), true
}

// parse reads what a name says: key exchange, cipher, and the hash at the end, which is
// that of the PRF or the key schedule with AEAD, else of the MAC and, when it is none
// of those before TLS 1.2, of the PRF (RFC 5246 section 5, RFC 5289 section 3).
func parse(id uint16, name string) Suite {
	s := Suite{ID: id, Name: name, Hash: crypto.SHA256}
	exchange, rest, found := strings.Cut(strings.TrimPrefix(name, "TLS_"), "_WITH_")
	if !found {
		exchange, rest = "", exchange
	}
	switch {
	case strings.HasSuffix(name, "_SCSV"): // no suite, a signal among the offered ones
		return s
	case !found:
		s.KeyExchange = AnyTLS13
	default:
		s.KeyExchange = exchangeOf(exchange)
	}
	s.Cipher, rest = cipherOf(rest)
	var hash crypto.Hash
	switch rest {
	case "MD5":
		hash = crypto.MD5
	case "SHA":
		hash = crypto.SHA1
	case "SHA256":
		hash = crypto.SHA256
	case "SHA384":
		hash, s.Hash = crypto.SHA384, crypto.SHA384
	}
	if s.Cipher != OtherCipher && !s.Cipher.AEAD() {
		s.MAC = hash
	}
	return s
}

// exchangeOf finds a key exchange by what stands before WITH.
func exchangeOf(name string) KeyExchange {
	for _, k := range [...]struct {
		prefix string
		is     KeyExchange
	}{
		{"RSA_PSK", RSAPSK}, {"RSA", RSA},
		{"DHE_PSK", DHEPSK}, {"PSK_DHE", DHEPSK}, {"PSK", PSK},
		{"ECDHE_PSK", ECDHEPSK}, {"ECDHE", ECDHE}, {"ECDH_", ECDHE},
		{"DHE_", DHE}, {"DH_", DHE},
	} {
		if strings.HasPrefix(name, k.prefix) {
			return k.is
		}
	}
	return OtherExchange
}

// Opens reports whether records of s can be opened in version v. It goes by what the
// suite is made of and not by the RFC that allows it: a server has chosen it.
func (s *Suite) Opens(v Version) bool {
	switch {
	case s.Cipher == OtherCipher || v < TLS10 || v > TLS13:
		return false
	case v == TLS13:
		return s.KeyExchange == AnyTLS13
	case s.KeyExchange == AnyTLS13:
		return false
	case s.Cipher.AEAD():
		return v == TLS12
	}
	return s.MAC != 0
}
