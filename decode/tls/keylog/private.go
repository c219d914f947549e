package keylog

import (
	"crypto/rsa"
	"errors"
)

// What ParsePrivateKeys returns.
var (
	ErrEncrypted = errors.New("the private key is encrypted: decrypt it first, for example with openssl pkey")
	ErrNotRSA    = errors.New("not an RSA key: a private key decrypts connections with RSA key exchange only")
	ErrNoKey     = errors.New("no private key in PEM form")
)

// ParsePrivateKeys reads the RSA keys of a PEM file.
func ParsePrivateKeys(pem []byte) ([]*rsa.PrivateKey, error) { panic("skeleton") }
