package suite

import (
	"crypto/rsa"
	"encoding/binary"
)

// RSAPremaster decrypts the EncryptedPreMasterSecret of a ClientKeyExchange, without
// the length before it (RFC 5246 section 7.4.7.1). The secret begins with the version
// that the client offered; some clients write the one that was chosen. ok is false
// when it begins with none of versions, or was encrypted for another key.
func RSAPremaster(key *rsa.PrivateKey, encrypted []byte, versions ...Version) (premaster []byte, ok bool) {
	premaster, err := key.Decrypt(nil, encrypted, nil)
	if err != nil || len(premaster) != masterSize {
		return nil, false
	}
	for _, v := range versions {
		ok = ok || Version(binary.BigEndian.Uint16(premaster)) == v
	}
	if !ok {
		return nil, false
	}
	return premaster, true
}
