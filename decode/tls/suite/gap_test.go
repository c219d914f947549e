package suite

import (
	"crypto/rsa"
	"crypto/tls"
	"testing"
)

// chainedRecords returns the Opener of the client and its encrypted records, from the
// beginning, of a connection with crypto/tls.
func chainedRecords(t *testing.T, key *rsa.PrivateKey, v Version, id uint16) (fresh func() *Opener, encrypted [][]byte) {
	t.Helper()
	config := &tls.Config{Certificates: []tls.Certificate{certificate(t, key)}, MinVersion: uint16(v), MaxVersion: uint16(v), CipherSuites: []uint16{id}}
	tr := talk(t, config, says)
	r := tr.read(t)
	list := records(t, tr.sent[client])
	for i, record := range list {
		if record[0] == changeCipherSpec {
			encrypted = list[i+1:]
		}
	}
	if len(encrypted) < 4 {
		t.Fatalf("%d records are too few", len(encrypted))
	}
	return func() *Opener {
		o, _, ok := r.suite.Openers(r.version, r.etm, tr.secrets(t)["CLIENT_RANDOM"], r.random[client], r.random[server])
		if !ok {
			t.Fatal("no keys")
		}
		return o
	}, encrypted
}

// TestGap loses the second record, and opens what can be opened after it.
func TestGap(t *testing.T) {
	key := rsaKey(t)
	for _, c := range []struct {
		v    Version
		id   uint16
		skip string // what is said of the lost record, to an Opener of the kind
		want [2]bool
	}{
		{TLS10, tls.TLS_RSA_WITH_AES_128_CBC_SHA, "lost", [2]bool{false, true}},
		{TLS10, tls.TLS_RSA_WITH_AES_128_CBC_SHA, "seen", [2]bool{true, true}},
		{TLS10, tls.TLS_RSA_WITH_AES_128_CBC_SHA, "end seen", [2]bool{true, true}},
		{TLS10, tls.TLS_RSA_WITH_3DES_EDE_CBC_SHA, "lost", [2]bool{false, true}},
		{TLS10, tls.TLS_RSA_WITH_3DES_EDE_CBC_SHA, "end seen", [2]bool{true, true}},
		{TLS11, tls.TLS_RSA_WITH_AES_128_CBC_SHA, "lost", [2]bool{true, true}},
		{TLS12, tls.TLS_RSA_WITH_AES_128_GCM_SHA256, "lost", [2]bool{true, true}},
		{TLS12, tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256, "lost", [2]bool{true, true}},
		{TLS12, tls.TLS_RSA_WITH_RC4_128_SHA, "lost", [2]bool{false, false}},
		{TLS12, tls.TLS_RSA_WITH_RC4_128_SHA, "seen", [2]bool{true, true}},
	} {
		fresh, list := chainedRecords(t, key, c.v, c.id)
		o := fresh()
		if _, _, ok := open(o, 0, list[0]); !ok {
			t.Fatal("the first record is not opened")
		}
		body := list[1][headerSize:]
		switch c.skip {
		case "lost":
			o.Lost()
		case "end seen":
			o.Lost()
			o.Skip(body[len(body)-21:])
		case "seen":
			o.Skip(body)
		}
		for i, want := range c.want {
			record := list[2+i]
			// What fails changes nothing, so that another number can be tried.
			if _, _, ok := open(o, 1000, record); ok {
				t.Errorf("%s %v: opened with a wrong number", tls.CipherSuiteName(c.id), c.v)
			}
			if _, _, ok := open(o, uint64(2+i), record); ok != want {
				t.Errorf("%s %v, %s: record %d after the gap: %v, want %v", tls.CipherSuiteName(c.id), c.v, c.skip, i, ok, want)
			} else if !ok {
				o.Skip(record[headerSize:])
			}
		}
	}
}
