package keylog

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"strings"
)

// What is wrong with a file of private keys. None of it holds anything of the file.
var (
	ErrNoKey     = errors.New("no private key in PEM form")
	ErrEncrypted = errors.New("the private key is encrypted: take the passphrase off first, for example with openssl pkey")
	ErrNotRSA    = errors.New("the private key is not an RSA key: only connections with RSA key exchange can be decrypted with the server's private key")
	ErrDamaged   = errors.New("the private key cannot be read")
)

// ParsePrivateKeys returns the RSA keys of a PEM file, PKCS #1 or PKCS #8, one or
// several. Certificates and whatever else is there is passed over. One key that cannot
// be used makes it fail, with one of the errors above.
func ParsePrivateKeys(text []byte) (keys []*rsa.PrivateKey, err error) {
	for {
		var block *pem.Block
		if block, text = pem.Decode(text); block == nil {
			break
		}
		if !strings.HasSuffix(block.Type, "PRIVATE KEY") {
			continue
		}
		key, err := privateKey(block)
		if err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
	if keys == nil {
		return nil, ErrNoKey
	}
	return keys, nil
}

func privateKey(block *pem.Block) (*rsa.PrivateKey, error) {
	if block.Type == "ENCRYPTED PRIVATE KEY" || block.Headers["DEK-Info"] != "" {
		return nil, ErrEncrypted
	}
	var parsed any
	var err error
	switch block.Type {
	case "PRIVATE KEY":
		parsed, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	case "RSA PRIVATE KEY":
		parsed, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	default: // EC, DSA
		return nil, ErrNotRSA
	}
	if err != nil {
		return nil, ErrDamaged
	}
	key, ok := parsed.(*rsa.PrivateKey)
	if !ok {
		return nil, ErrNotRSA
	}
	return key, nil
}
