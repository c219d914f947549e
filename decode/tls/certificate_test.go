package tls

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"math/big"
	"net"
	"testing"
	"time"
)

// oddCertificates are seeds: beginnings, and a version that is none.
var oddCertificates = []string{"3000", "30023000", "3006300402010130", "30053003a0010101"}

// TestCertificate reads what crypto/x509 makes.
func TestCertificate(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ca := &x509.Certificate{Subject: pkix.Name{CommonName: "Example CA", Organization: []string{"CA Org"}}, SerialNumber: big.NewInt(1)}
	var many []string
	for i := range 100 {
		many = append(many, fmt.Sprintf("n%d.example", i))
	}
	from, to := time.Date(1999, 12, 31, 23, 59, 59, 0, time.UTC), time.Date(2051, 1, 2, 3, 4, 5, 0, time.UTC) // UTCTime and GeneralizedTime
	template := &x509.Certificate{
		Subject: pkix.Name{CommonName: "Ünïcode"}, SerialNumber: big.NewInt(0xabcdef), NotBefore: from, NotAfter: to,
		DNSNames: many, IPAddresses: []net.IP{net.ParseIP("2001:db8::1")},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, ca, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	c, names := parseCertificate(der)
	if c.Malformed || c.Subject != "Ünïcode" || c.Issuer != "Example CA" || c.Organization != "CA Org" || c.Serial != "00abcdef" || c.SelfIssued ||
		c.NotBefore != from.Unix() || c.NotAfter != to.Unix() || len(c.Names) != maxNames || c.Names[3] != "n3.example" || c.MoreNames != 101-maxNames {
		t.Errorf("%+v", c)
	}
	for host, want := range map[string]bool{"n99.example": true, "N5.EXAMPLE": true, "n100.example": false, "2001:db8::1": true, "": false} {
		if names.cover(host) != want {
			t.Errorf("covers %q: %v", host, !want)
		}
	}
	// crypto/x509 refuses a negative serial number; the rest can be read all the same.
	x, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	serial, err := asn1.Marshal(big.NewInt(0xabcdef))
	if err != nil {
		t.Fatal(err)
	}
	for i := range der {
		if string(der[i:i+len(serial)]) == string(serial) {
			der[i+2] = 0x80
			break
		}
	}
	if _, err := x509.ParseCertificate(der); err == nil {
		t.Error("crypto/x509 takes a negative serial number")
	}
	if c, _ := parseCertificate(der); c.Subject != x.Subject.CommonName || c.NotAfter != to.Unix() || c.Malformed {
		t.Errorf("%+v", c)
	}
	for n := range der {
		parseCertificate(der[:n])
	}
}
