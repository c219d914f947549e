package suite

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"io"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"
)

// tap is an end of a connection that keeps what is written.
type tap struct {
	net.Conn
	sent *[]byte
}

func (t tap) Write(b []byte) (int, error) {
	*t.sent = append(*t.sent, b...)
	return t.Conn.Write(b)
}

func certificate(t testing.TB, key crypto.Signer) tls.Certificate {
	t.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func rsaKey(t testing.TB) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// talk has crypto/tls of both ends say something to each other.
func talk(t testing.TB, config *tls.Config, says [2][]byte) *transcript {
	t.Helper()
	tr := &transcript{}
	var log strings.Builder
	a, b := net.Pipe()
	c := config.Clone()
	c.InsecureSkipVerify, c.KeyLogWriter = true, &log
	s := config.Clone()
	s.SessionTicketsDisabled = true
	done := make(chan error, 1)
	listen := func() error {
		conn := tls.Server(tap{b, &tr.sent[server]}, s)
		heard := make([]byte, len(says[client]))
		if _, err := io.ReadFull(conn, heard); err != nil {
			return err
		}
		_, err := conn.Write(says[server])
		return err
	}
	go func() { done <- listen() }()
	conn := tls.Client(tap{a, &tr.sent[client]}, c)
	if _, err := conn.Write(says[client]); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(conn, make([]byte, len(says[server]))); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	tr.keylog = log.String()
	return tr
}

// says is more than a record holds, so that there are several.
var says = [2][]byte{
	bytes.Repeat([]byte("GET / HTTP/1.1\r\n"), 3000),
	bytes.Repeat([]byte("HTTP/1.1 101 Switching Protocols\r\n"), 2000),
}

func TestGoTLS(t *testing.T) {
	key := rsaKey(t)
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	certificates := []tls.Certificate{certificate(t, key), certificate(t, ec)}
	seen := map[Version]int{}
	for _, s := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
		for _, v := range s.SupportedVersions {
			config := &tls.Config{Certificates: certificates, MinVersion: v, MaxVersion: v, CipherSuites: []uint16{s.ID}}
			if v == tls.VersionTLS13 && s.ID != tls.TLS_AES_128_GCM_SHA256 {
				continue // crypto/tls chooses among these itself: see TestOpenSSL
			}
			tr := talk(t, config, says)
			r := tr.read(t)
			if r.suite.ID != s.ID && v != tls.VersionTLS13 || r.version != Version(v) || r.suite.Name != tls.CipherSuiteName(r.suite.ID) {
				t.Errorf("%s of %v, want %s of %v", r.suite.Name, r.version, s.Name, Version(v))
			}
			if !bytes.Equal(r.data[client], says[client]) || !bytes.Equal(r.data[server], says[server]) {
				t.Errorf("%s %v: not the data that were sent", s.Name, Version(v))
			}
			seen[r.version]++
			if r.suite.KeyExchange == RSA {
				checkRSA(t, r, key, tr.secrets(t)["CLIENT_RANDOM"])
			}
		}
	}
	for v := TLS10; v <= TLS13; v++ {
		if seen[v] == 0 {
			t.Errorf("no connection of %v", v)
		}
	}
}

// checkRSA comes to the master secret by the server's private key.
func checkRSA(t *testing.T, r *reader, key *rsa.PrivateKey, want []byte) {
	t.Helper()
	encrypted := r.keyExchange[2:]
	premaster, ok := RSAPremaster(key, encrypted, r.version)
	if !ok {
		t.Fatalf("%s %v: the premaster secret is not decrypted", r.suite.Name, r.version)
	}
	h := r.suite.TranscriptHash(r.version)
	h.Write(r.beforeExchange)
	if !r.ems {
		t.Errorf("%v: no extended master secret", r.version)
	}
	if got := r.suite.ExtendedMaster(r.version, premaster, h.Sum(nil)); !bytes.Equal(got, want) {
		t.Errorf("%s %v: another master secret", r.suite.Name, r.version)
	}
	if _, ok := RSAPremaster(key, encrypted, SSL30); ok {
		t.Error("a premaster secret of another version is taken")
	}
	encrypted[len(encrypted)/2] ^= 1
	if _, ok := RSAPremaster(key, encrypted, r.version); ok {
		t.Error("a damaged premaster secret is taken")
	}
	if _, ok := RSAPremaster(key, nil, r.version); ok {
		t.Error("no premaster secret is taken for one")
	}
}
