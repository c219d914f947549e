package keylog

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"strings"
	"testing"
)

func pemOf(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

func TestParsePrivateKeys(t *testing.T) {
	var keys [2]*rsa.PrivateKey
	var err error
	for i := range keys {
		if keys[i], err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
			t.Fatal(err)
		}
	}
	pkcs1 := pemOf("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(keys[0]))
	der, err := x509.MarshalPKCS8PrivateKey(keys[1])
	if err != nil {
		t.Fatal(err)
	}
	pkcs8 := pemOf("PRIVATE KEY", der)
	other := pemOf("CERTIFICATE", []byte("not looked at"))
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	sec1, err := x509.MarshalECPrivateKey(ec)
	if err != nil {
		t.Fatal(err)
	}
	ec8, err := x509.MarshalPKCS8PrivateKey(ec)
	if err != nil {
		t.Fatal(err)
	}
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, []byte("a word between\n")) }
	for _, c := range []struct {
		name string
		text []byte
		n    int
		err  error
	}{
		{"PKCS #1", pkcs1, 1, nil},
		{"both, and a certificate", join(other, pkcs1, pkcs8), 2, nil},
		{"CRLF", bytes.ReplaceAll(join(pkcs1, pkcs8), []byte("\n"), []byte("\r\n")), 2, nil},
		{"nothing", nil, 0, ErrNoKey},
		{"a certificate", other, 0, ErrNoKey},
		{"DER", der, 0, ErrNoKey},
		{"encrypted PKCS #8", join(pkcs1, pemOf("ENCRYPTED PRIVATE KEY", der)), 0, ErrEncrypted},
		{"encrypted PKCS #1", []byte("-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAAAA\n-----END RSA PRIVATE KEY-----\n"), 0, ErrEncrypted},
		{"EC", pemOf("EC PRIVATE KEY", sec1), 0, ErrNotRSA},
		{"EC in PKCS #8", pemOf("PRIVATE KEY", ec8), 0, ErrNotRSA},
		{"damaged", pemOf("PRIVATE KEY", der[:len(der)/2]), 0, ErrDamaged},
	} {
		got, err := ParsePrivateKeys(c.text)
		if !errors.Is(err, c.err) || len(got) != c.n {
			t.Errorf("%s: %d keys, %v; want %d, %v", c.name, len(got), err, c.n, c.err)
		}
	}
	got, err := ParsePrivateKeys(join(pkcs1, pkcs8))
	if err != nil || !got[0].Equal(keys[0]) || !got[1].Equal(keys[1]) {
		t.Errorf("other keys, %v", err)
	}
	if _, err := ParsePrivateKeys(pemOf("EC PRIVATE KEY", sec1)); !strings.Contains(err.Error(), "RSA key exchange") {
		t.Errorf("%v does not say what is needed", err)
	}
}

func FuzzParsePrivateKeys(f *testing.F) {
	f.Add([]byte("-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		keys, err := ParsePrivateKeys(text)
		if (err == nil) != (len(keys) > 0) {
			t.Fatalf("%d keys and %v", len(keys), err)
		}
	})
}
