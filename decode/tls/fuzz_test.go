package tls

import (
	"bytes"
	"crypto/x509"
	"encoding/hex"
	"net"
	"slices"
	"testing"
	"time"

	"wstap/decode/tls/keylog"
)

// packed writes a connection as bytes that unpack reads: direction, length, bytes. Bit
// 1 of the first byte stands for a hole of the length instead.
func packed(chunks []chunk) (out []byte) {
	for _, x := range chunks {
		for b := x.b; len(b) > 0; {
			n := min(len(b), 1<<16-1)
			out = append(out, x.dir, byte(n>>8), byte(n))
			out = append(out, b[:n]...)
			b = b[n:]
		}
	}
	return out
}

// unpack gives b to p in pieces of at most size bytes.
func unpack(p *player, b []byte, size int) {
	for len(b) >= 3 {
		dir, n := b[0], int(b[1])<<8|int(b[2])
		b = b[3:]
		switch {
		case dir&2 != 0:
			p.gap(dir&1, n)
			continue
		case dir&4 != 0:
			p.c.SetClient(dir & 1)
		case dir&8 != 0:
			p.out = keep(p.out, p.c.Retry())
		}
		n = min(n, len(b))
		for part := range slices.Chunk(b[:n], size) {
			p.bytes(dir&1, part)
		}
		b = b[n:]
	}
}

// FuzzConn: whatever comes, pieces say the same as the whole, nothing is read that was
// not said, and nothing stays behind.
func FuzzConn(f *testing.F) {
	log := keylog.NewStore(0)
	said := ""
	for _, x := range transcripts(f) {
		log.Add([]byte(x.keys))
		f.Add(packed(x.chunks), uint8(7))
	}
	for _, x := range transcripts(f) {
		c := NewTracker(Keys{Log: log}).NewConn()
		s := spoken(play(c, x.chunks, whole))
		said += s[0] + "\x00" + s[1] + "\x00"
	}
	f.Fuzz(func(t *testing.T, b []byte, size uint8) {
		if len(b) > 1<<17 {
			return
		}
		for _, keys := range []Keys{{}, {Log: log}} {
			tracker := NewTracker(keys)
			one := &player{c: tracker.NewConn()}
			unpack(one, b, 1<<16)
			one.end()
			many := &player{c: tracker.NewConn()}
			unpack(many, b, int(size)+1)
			many.end()
			if one, many := joined(one.out), joined(many.out); !slices.Equal(one, many) {
				t.Fatalf("whole: %v\npieces: %v", one, many)
			}
			for _, e := range one.out {
				if p := one.c.params; p != nil && p.unbound() && slices.ContainsFunc(one.out, func(e got) bool { return e.kind == Lost }) {
					break // see unbound
				}
				if e.kind == Plain && !bytes.Contains([]byte(said), []byte(e.data)) {
					t.Fatalf("%q was not said", e.data)
				}
			}
			if tracker.waiting+tracker.split+tracker.parts != 0 || tracker.oldest != nil {
				t.Fatalf("%d, %d and %d bytes are left", tracker.waiting, tracker.split, tracker.parts)
			}
			_ = one.c.Facts().Problem.String()
		}
	})
}

// joined is what pieces and the whole have in common: NotTLS comes as it is captured.
func joined(events []got) (out []got) {
	foreign := [2]string{}
	for _, e := range events {
		if e.kind == NotTLS {
			foreign[e.dir] += e.data
			continue
		}
		e.at = Pos{}
		out = append(out, e)
	}
	return append(out, got{data: foreign[0]}, got{data: foreign[1]})
}

// hellos are messages of the transcripts, without their header.
func hellos(f *testing.F, kind byte) (out [][]byte) {
	for _, x := range transcripts(f) {
		for _, c := range x.chunks {
			if b := c.b; len(b) > 9 && b[0] == byte(Handshake) && b[5] == kind {
				out = append(out, b[9:min(len(b), 9+lengthOf(b[5:]))])
			}
		}
	}
	return out
}

func FuzzClientHello(f *testing.F) {
	for _, b := range hellos(f, clientHello) {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		o, ok := parseClientHello(b)
		if !ok {
			return
		}
		if fingerprint := ja4(&o); len(fingerprint) != len("t13d1516h2_8daaf6152771_e5627efa2ab1") {
			t.Errorf("%q", fingerprint)
		}
		c := NewTracker(Keys{}).NewConn()
		c.clientHello(0, append([]byte{clientHello, 0, 0, 0}, b...), Pos{Ref: 1})
		if fact := c.Facts(); len(fact.ALPNOffered) > maxALPN || len(fact.VersionsOffered) > maxVersions || !bytes.Contains(b, []byte(fact.SNI)) || !bytes.Contains(b, fact.ClientRandom[:]) {
			t.Errorf("%+v", fact)
		}
	})
}

func FuzzServerHello(f *testing.F) {
	for _, b := range hellos(f, serverHello) {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		a, ok := parseServerHello(b)
		if ok && (!bytes.Contains(b, a.sessionID) || !bytes.Contains(b, a.alpn) || !bytes.Contains(b, a.random[:])) {
			t.Errorf("%+v", a)
		}
		c := NewTracker(Keys{}).NewConn()
		c.serverHello(1, append([]byte{serverHello, 0, 0, 0}, b...), Pos{Ref: 1})
		c.encryptedExtensions(1, b)
	})
}

// FuzzCertificate: where crypto/x509 can read a certificate, it says the same.
func FuzzCertificate(f *testing.F) {
	f.Add(certificates().ecdsa.Certificate[0])
	f.Add(certificates().rsa.Certificate[0])
	for _, s := range oddCertificates {
		b, err := hex.DecodeString(s)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		c, names := parseCertificate(b)
		if len(c.Names) > maxNames || len(c.Subject) > 3*maxText || len(c.Issuer) > 3*maxText {
			t.Fatalf("%+v", c)
		}
		splitChain(b, true)
		splitChain(b, false)
		x, err := x509.ParseCertificate(b)
		if err != nil {
			return
		}
		if x.Version < 3 { // crypto/x509 does not look for extensions, which it must not have
			return
		}
		if c.Malformed && time.Unix(0, 0).Before(x.NotBefore) && time.Unix(0, 0).Before(x.NotAfter) {
			t.Errorf("crypto/x509 reads it: %+v", c)
		}
		if c.NotBefore != x.NotBefore.Unix() || c.NotAfter != x.NotAfter.Unix() {
			t.Errorf("valid from %d to %d, crypto/x509: %v to %v", c.NotBefore, c.NotAfter, x.NotBefore, x.NotAfter)
		}
		if !slices.Equal(names.dns, x.DNSNames) || !slices.EqualFunc(names.ips, x.IPAddresses, net.IP.Equal) {
			t.Errorf("names %q %v, crypto/x509: %q %v", names.dns, names.ips, x.DNSNames, x.IPAddresses)
		}
		if want := x.Subject.CommonName; want != "" && len(want) < maxText/2 && c.Subject != want {
			t.Errorf("subject %q, crypto/x509: %q", c.Subject, want)
		}
		if got := names.cover("wss.example"); got != (x.VerifyHostname("wss.example") == nil) {
			t.Errorf("covers: %v", got)
		}
	})
}
