package tls

import (
	"bytes"
	"crypto/rsa"
	stdtls "crypto/tls"
	"crypto/x509"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// reads plays s and checks what is read.
func reads(t *testing.T, tracker *Tracker, s *dialogue, said []string) *Facts {
	t.Helper()
	if s.errs[0] != nil || s.errs[1] != nil {
		t.Fatal(s.errs)
	}
	c := tracker.NewConn()
	if diff := cmp.Diff(bytesOf(said), texts(play(c, s.wire.chunks, whole))); diff != "" {
		t.Errorf("plaintext (-said +read): %.400s", diff)
	}
	return c.Facts()
}

// TestResumption: the second connection's secrets are not in the log of TLS 1.2.
func TestResumption(t *testing.T) {
	said := []string{"ping", "pong"}
	for _, version := range []uint16{stdtls.VersionTLS10, stdtls.VersionTLS12, stdtls.VersionTLS13} {
		log := &bytes.Buffer{}
		client, server := configs(log, version)
		client.ClientSessionCache = stdtls.NewLRUClientSessionCache(4)
		first := talk(t, client, server, said...)
		known := bytes.Clone(log.Bytes())
		second := talk(t, client, server, said...)
		third := talk(t, client, server, said...)
		if version == stdtls.VersionTLS13 {
			known = log.Bytes()
		}
		tracker := NewTracker(Keys{Log: keyLog(bytes.NewBuffer(known))})
		if f := reads(t, tracker, first, said); f.Resumed != NotResumed || f.KeysFrom != FromLog {
			t.Errorf("first: %v %v", f.Resumed, f.KeysFrom)
		}
		for _, s := range []*dialogue{second, third} {
			f := reads(t, tracker, s, said)
			want, from := ResumedTicket, FromResumed
			if version == stdtls.VersionTLS13 {
				want, from = ResumedPSK, FromLog
			}
			if f.Resumed != want || f.KeysFrom != from || !s.client.DidResume {
				t.Errorf("%x: %v %v, crypto/tls says %v", version, f.Resumed, f.KeysFrom, s.client.DidResume)
			}
		}
	}
}

func TestRSAKey(t *testing.T) {
	said := []string{"ping", "pong"}
	key := certificates().rsa.PrivateKey.(*rsa.PrivateKey)
	for _, version := range []uint16{stdtls.VersionTLS10, stdtls.VersionTLS11, stdtls.VersionTLS12} {
		client, server := configs(nil, version, stdtls.TLS_RSA_WITH_AES_128_CBC_SHA)
		s := talk(t, client, server, said...)
		if f := reads(t, NewTracker(Keys{RSA: []*rsa.PrivateKey{key}}), s, said); f.KeysFrom != FromRSA || f.Problem != NoProblem {
			t.Errorf("%x: %v, %v", version, f.KeysFrom, f.Problem)
		}
	}
	client, server := configs(nil, stdtls.VersionTLS12, stdtls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256)
	c := NewTracker(Keys{RSA: []*rsa.PrivateKey{key}}).NewConn()
	if events := play(c, talk(t, client, server, said...).wire.chunks, whole); len(events) > 0 || c.Facts().Problem != NotRSA {
		t.Errorf("ECDHE: %v, %v", events, c.Facts().Problem)
	}
}

// TestHandshakes reads handshakes of other forms.
func TestHandshakes(t *testing.T) {
	said := []string{"ping", "pong"}
	for _, version := range []uint16{stdtls.VersionTLS12, stdtls.VersionTLS13} {
		log := &bytes.Buffer{}
		client, server := configs(log, version)
		server.ClientAuth = stdtls.RequestClientCert
		s := talk(t, client, server, said...)
		if f := reads(t, NewTracker(Keys{Log: keyLog(log)}), s, said); !f.CertificateRequested || !f.ClientCertificateNone || f.ClientCertificate != nil {
			t.Errorf("%x: no client certificate: %+v", version, f)
		}
		client.Certificates = []stdtls.Certificate{certificates().ecdsa}
		s = talk(t, client, server, said...)
		if f := reads(t, NewTracker(Keys{Log: keyLog(log)}), s, said); f.ClientCertificateNone || f.ClientCertificate == nil || f.ClientCertificate.Subject != "wss.example" {
			t.Errorf("%x: client certificate: %+v", version, f)
		}
	}
	log := &bytes.Buffer{}
	client, server := configs(log, stdtls.VersionTLS13)
	client.CurvePreferences = []stdtls.CurveID{stdtls.X25519, stdtls.CurveP384}
	server.CurvePreferences = []stdtls.CurveID{stdtls.CurveP384}
	s := talk(t, client, server, said...)
	if f := reads(t, NewTracker(Keys{Log: keyLog(log)}), s, said); !f.HelloRetry || !s.client.HelloRetryRequest {
		t.Errorf("HelloRetryRequest: %v, crypto/tls says %v", f.HelloRetry, s.client.HelloRetryRequest)
	}
}

// TestRefused: who says what when a handshake fails, with keys and without.
func TestRefused(t *testing.T) {
	roots := x509.NewCertPool()
	for _, x := range []struct {
		name    string
		version uint16
		change  func(client, server *stdtls.Config)
		alert   string // "" for one that cannot be read without keys
		keyed   string
		by      uint8
	}{
		{"no trust, TLS 1.2", stdtls.VersionTLS12, func(c, _ *stdtls.Config) { c.InsecureSkipVerify, c.RootCAs = false, roots }, "bad_certificate", "bad_certificate", 0},
		{"no trust, TLS 1.3", stdtls.VersionTLS13, func(c, _ *stdtls.Config) { c.InsecureSkipVerify, c.RootCAs = false, roots }, "", "bad_certificate", 0},
		{"no protocol", stdtls.VersionTLS13, func(c, _ *stdtls.Config) { c.NextProtos = []string{"x"} }, "no_application_protocol", "no_application_protocol", 1},
		{"no version", stdtls.VersionTLS13, func(_, s *stdtls.Config) { s.MinVersion, s.MaxVersion = 0x0303, 0x0303 }, "protocol_version", "protocol_version", 1},
		{"client certificate", stdtls.VersionTLS13, func(_, s *stdtls.Config) { s.ClientAuth = stdtls.RequireAnyClientCert }, "", "certificate_required", 1},
	} {
		log := &bytes.Buffer{}
		client, server := configs(log, x.version)
		x.change(client, server)
		s := talk(t, client, server, "ping", "pong")
		if s.errs[1] == nil && s.errs[0] == nil {
			t.Fatalf("%s: no error", x.name)
		}
		for i, keys := range []Keys{{}, {Log: keyLog(&bytes.Buffer{})}, {Log: keyLog(log)}} {
			want := x.alert
			if i == 2 {
				want = x.keyed
			}
			c := NewTracker(keys).NewConn()
			play(c, s.wire.chunks, whole)
			found := false
			for _, a := range c.Facts().Alerts {
				found = found || a.Dir == x.by && a.Name == want && (a.Readable && a.Level == 2) == (want != "")
			}
			if i == 2 && c.Facts().Problem != NoProblem {
				t.Errorf("%s: %v", x.name, c.Facts().Problem)
			}
			if !found {
				t.Errorf("%s, keys %d: want %q by %d, got %+v", x.name, i, want, x.by, c.Facts().Alerts)
			}
		}
	}
}
