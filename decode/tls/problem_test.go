package tls

import (
	"bytes"
	"crypto/rsa"
	stdtls "crypto/tls"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"wstap/decode/tls/keylog"
)

// only returns the lines of a key log that begin with one of words.
func only(log *bytes.Buffer, words ...string) *keylog.Store {
	out := &bytes.Buffer{}
	for line := range strings.Lines(log.String()) {
		for _, w := range words {
			if strings.HasPrefix(line, w+" ") {
				out.WriteString(line)
			}
		}
	}
	return keyLog(out)
}

// drop cuts the first chunks off that a direction sent, as many as n says.
func drop(p *player, chunks []chunk, n [2]int) (rest []chunk) {
	for _, x := range chunks {
		if n[x.dir] > 0 {
			n[x.dir]--
			p.gap(x.dir, 0)
			continue
		}
		rest = append(rest, x)
	}
	return rest
}

const (
	clientTraffic, serverTraffic     = "CLIENT_TRAFFIC_SECRET_0", "SERVER_TRAFFIC_SECRET_0"
	clientHandshake, serverHandshake = "CLIENT_HANDSHAKE_TRAFFIC_SECRET", "SERVER_HANDSHAKE_TRAFFIC_SECRET"
)

// TestProblems: what is missing is said, and what can be read is read.
func TestProblems(t *testing.T) {
	said := []string{"ping", "pong", "ping again", "pong again"}
	client1 := bytesOf([]string{"pingping again"})
	server1 := bytesOf([]string{"pongpong again"})
	log, log12, other := &bytes.Buffer{}, &bytes.Buffer{}, &bytes.Buffer{}
	c13, s13 := configs(log, stdtls.VersionTLS13)
	d13 := talk(t, c13, s13, said...)
	c12, s12 := configs(log12, stdtls.VersionTLS12)
	d12 := talk(t, c12, s12, said...)
	c13.KeyLogWriter = other
	talk(t, c13, s13, said...)
	wrong := bytes.NewBuffer(bytes.ReplaceAll(log12.Bytes(), []byte("0"), []byte("1")))
	wrong = bytes.NewBuffer(append(append([]byte{}, log12.Bytes()[:13+64+1]...), wrong.Bytes()[13+64+1:]...))
	all := bytesOf(said)
	for _, x := range []struct {
		name string
		keys Keys
		d    *dialogue
		drop [2]int
		want Problem
		read [][]byte
	}{
		{"all", Keys{Log: keyLog(log)}, d13, [2]int{}, NoProblem, all},
		{"none", Keys{}, d13, [2]int{}, NoKeys, nil},
		{"none, TLS 1.2", Keys{}, d12, [2]int{}, NoKeys, nil},
		{"another's", Keys{Log: keyLog(other)}, d13, [2]int{}, NoKeyForRandom, nil},
		{"another's, TLS 1.2", Keys{Log: keyLog(other)}, d12, [2]int{}, NoKeyForRandom, nil},
		{"client's", Keys{Log: only(log, clientHandshake, clientTraffic)}, d13, [2]int{}, ServerSecretsMissing, client1},
		{"server's", Keys{Log: only(log, serverHandshake, serverTraffic)}, d13, [2]int{}, ClientSecretsMissing, server1},
		{"no handshake's", Keys{Log: only(log, clientTraffic, serverTraffic)}, d13, [2]int{}, NoProblem, all},
		{"late", Keys{Log: keyLog(log)}, d13, [2]int{1, 1}, NoProblem, all},
		{"late, another's", Keys{Log: keyLog(other)}, d13, [2]int{1, 1}, StartsLate, nil},
		{"late, TLS 1.2", Keys{Log: keyLog(log12)}, d12, [2]int{2, 2}, StartsLate, nil},
		{"no ServerHello", Keys{Log: keyLog(log)}, d13, [2]int{0, 1}, NoProblem, all},
		{"no ServerHello, TLS 1.2", Keys{Log: keyLog(log12)}, d12, [2]int{0, 1}, HandshakeIncomplete, nil},
		{"wrong, TLS 1.2", Keys{Log: keyLog(wrong)}, d12, [2]int{}, KeysDoNotFit, nil},
		{"RSA", Keys{RSA: []*rsa.PrivateKey{certificates().rsa.PrivateKey.(*rsa.PrivateKey)}}, d13, [2]int{}, NotRSA, nil},
	} {
		t.Run(x.name, func(t *testing.T) {
			c := NewTracker(x.keys).NewConn()
			p := &player{c: c, size: whole}
			p.all(drop(p, x.d.wire.chunks, x.drop))
			if diff := cmp.Diff(x.read, texts(p.end())); diff != "" {
				t.Errorf("plaintext (-said +read):\n%s", diff)
			}
			if got := c.Facts().Problem; got != x.want {
				t.Errorf("problem %q, want %q", got, x.want)
			}
			if got := c.Facts().Decrypted; got != (x.read != nil) {
				t.Errorf("decrypted: %v", got)
			}
		})
	}
}

// TestLateKeys: secrets that come after the packets.
func TestLateKeys(t *testing.T) {
	for _, version := range []uint16{stdtls.VersionTLS12, stdtls.VersionTLS13} {
		log := &bytes.Buffer{}
		client, server := configs(log, version)
		d := talk(t, client, server, conversation...)
		want := play(NewTracker(Keys{Log: keyLog(log)}).NewConn(), d.wire.chunks, whole)
		for _, lines := range []int{1, 2, 9} {
			store := keylog.NewStore(0)
			c := NewTracker(Keys{Log: store, Growing: true}).NewConn()
			p := &player{c: c, size: whole}
			p.all(d.wire.chunks)
			if len(p.out) > 0 {
				t.Fatalf("%x: %d events without keys", version, len(p.out))
			}
			n := 0
			for line := range strings.Lines(log.String()) {
				store.Add([]byte(line))
				if n++; n%lines == 0 {
					p.out = keep(p.out, c.Retry())
				}
			}
			if lines == 9 {
				p.out = keep(p.out, c.Retry())
			}
			if diff := cmp.Diff(want, p.end(), cmp.AllowUnexported(got{})); diff != "" {
				t.Errorf("%x: (-keys first +keys last): %.500s", version, diff)
			}
			if p := c.Facts().Problem; p != NoProblem {
				t.Errorf("%x: %v", version, p)
			}
		}
	}
}

// TestTooLate: more goes by than can wait.
func TestTooLate(t *testing.T) {
	for _, version := range []uint16{stdtls.VersionTLS12, stdtls.VersionTLS13} {
		log := &bytes.Buffer{}
		client, server := configs(log, version)
		big := strings.Repeat("0123456789abcdef", maxWaiting/32)
		d := talk(t, client, server, "ask", big, "more", big, "still", big, "bye", "BYE")
		store := keylog.NewStore(0)
		tracker := NewTracker(Keys{Log: store, Growing: true})
		c := tracker.NewConn()
		p := &player{c: c, size: whole}
		last := len(d.wire.chunks) - 6
		p.all(d.wire.chunks[:last])
		store.Add(log.Bytes())
		p.all(d.wire.chunks[last:])
		p.end()
		if f := c.Facts(); f.Problem != BufferTooSmall || tracker.Counters().DroppedRecords == 0 {
			t.Errorf("%x: %v, %+v", version, f.Problem, tracker.Counters())
		}
		read := texts(p.out)
		if len(read) < 4 || string(read[0]) != "ask" || string(read[len(read)-1]) != "BYE" || string(read[len(read)-2]) != "bye" {
			t.Errorf("%x: %d turns read", version, len(read))
		}
		lost := false
		for _, e := range p.out {
			lost = lost || e.kind == Lost
		}
		if !lost {
			t.Errorf("%x: nothing is said to be lost", version)
		}
		if tracker.waiting != 0 {
			t.Errorf("%d bytes still wait", tracker.waiting)
		}
	}
}
