package tls

import (
	"bytes"
	stdtls "crypto/tls"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"wstap/decode/tls/suite"
)

// allOf lists the versions, and before TLS 1.3 each suite, that crypto/tls can speak.
func allOf(yield func(name string, version, id uint16)) {
	yield("TLS 1.3", stdtls.VersionTLS13, 0)
	for _, s := range append(stdtls.CipherSuites(), stdtls.InsecureCipherSuites()...) {
		for _, v := range s.SupportedVersions {
			if v != stdtls.VersionTLS13 {
				yield(fmt.Sprintf("%v/%s", suite.Version(v), s.Name), v, s.ID)
			}
		}
	}
}

var conversation = []string{"hello", "HELLO", strings.Repeat("a long one ", 1700), strings.Repeat("and back ", 500), "x", "y", "bye", "BYE"}

func bytesOf(said []string) (out [][]byte) {
	for _, s := range said {
		out = append(out, []byte(s))
	}
	return out
}

// TestSuites reads what crypto/tls says to itself.
func TestSuites(t *testing.T) {
	allOf(func(name string, version, id uint16) {
		t.Run(name, func(t *testing.T) {
			log := &bytes.Buffer{}
			client, server := configs(log, version, id)
			s := talk(t, client, server, conversation...)
			if s.errs[0] != nil || s.errs[1] != nil {
				t.Fatal(s.errs)
			}
			c := NewTracker(Keys{Log: keyLog(log)}).NewConn()
			events := play(c, s.wire.chunks, whole)
			if diff := cmp.Diff(bytesOf(conversation), texts(events)); diff != "" {
				t.Errorf("plaintext (-said +read): %.300s", diff)
			}
			checkFacts(t, c.Facts(), s)
			r := rand.New(rand.NewPCG(1, uint64(id)))
			for i := range 3 {
				c := NewTracker(Keys{Log: keyLog(log)}).NewConn()
				split := play(c, s.wire.chunks, func() int { return 1 + r.IntN(1+i*i*i*200) })
				if diff := cmp.Diff(withoutPos(events), withoutPos(split), cmp.AllowUnexported(got{})); diff != "" {
					t.Errorf("in pieces (-whole +pieces): %.300s", diff)
				}
			}
		})
	})
}

func withoutPos(events []got) (out []got) {
	for _, e := range events {
		e.at = Pos{Seq: e.at.Seq}
		out = append(out, e)
	}
	return out
}

func checkFacts(t *testing.T, f *Facts, s *dialogue) {
	t.Helper()
	type facts struct {
		Version, Cipher      uint16
		Name, SNI, ALPN      string
		Decrypted, HelloSeen bool
		Closed               [2]bool
		Problem              Problem
		Resumed              bool
	}
	want := facts{
		s.client.Version, s.client.CipherSuite, stdtls.CipherSuiteName(s.client.CipherSuite), s.server.ServerName, s.client.NegotiatedProtocol,
		true, true, [2]bool{true, true}, NoProblem, s.client.DidResume,
	}
	have := facts{
		uint16(f.Version), f.Cipher, f.CipherName, f.SNI, f.ALPN, f.Decrypted, f.ClientHello != Pos{} && f.ServerHello != Pos{}, f.Closed, f.Problem,
		f.Resumed != NotResumed,
	}
	if diff := cmp.Diff(want, have); diff != "" {
		t.Errorf("facts (-crypto/tls +read):\n%s", diff)
	}
	if f.ClientFinished.At == (Pos{}) || f.ServerFinished.At == (Pos{}) || f.ClientFinished.Inferred || f.ServerFinished.Inferred {
		t.Errorf("Finished: %+v %+v", f.ClientFinished, f.ServerFinished)
	}
	if c := f.ServerCertificate; !s.client.DidResume && (c == nil || c.Subject != "wss.example" || !f.NameCovered || c.Chain != 1 || c.NotAfter != 1_900_000_000) {
		t.Errorf("certificate: %+v", c)
	}
}
