package tls

import (
	"encoding/hex"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"wstap/decode/tls/keylog"
)

// transcript is a connection of testdata/transcripts.txt.
type transcript struct {
	name   string
	chunks []chunk
	keys   string
	said   [2]string
}

func transcripts(t testing.TB) (list []*transcript) {
	t.Helper()
	b, err := os.ReadFile("testdata/transcripts.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(b)) {
		word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		if word == "name" {
			list = append(list, &transcript{name: rest})
			continue
		}
		if len(list) == 0 {
			continue
		}
		x := list[len(list)-1]
		switch word {
		case "client", "server":
			raw, err := hex.DecodeString(rest)
			if err != nil {
				t.Fatal(err)
			}
			x.chunks = append(x.chunks, chunk{uint8(strings.Index("cs", word[:1])), raw})
		case "key":
			x.keys += rest + "\n"
		case "said":
			x.said[0] += rest + "\n"
		case "answered":
			x.said[1] += rest + "\n"
		}
	}
	return list
}

// reversed is what s_server -rev answers.
func reversed(lines string) string {
	var out strings.Builder
	for line := range strings.Lines(lines) {
		b := []byte(strings.TrimSuffix(line, "\n"))
		slices.Reverse(b)
		out.Write(b)
		out.WriteByte('\n')
	}
	return out.String()
}

// spoken is the plaintext of each direction.
func spoken(events []got) (out [2]string) {
	for _, e := range events {
		if e.kind == Plain {
			out[e.dir] += e.data
		}
	}
	return out
}

// TestOpenSSL reads what crypto/tls cannot say.
func TestOpenSSL(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	byName := map[string]*Facts{}
	tracker := NewTracker(Keys{Log: keylog.NewStore(0), Growing: true})
	for _, x := range transcripts(t) {
		if x.name != "session id, second" && x.name != "ticket, second" { // found by the first
			tracker.keys.Log.Add([]byte(x.keys))
		}
		for _, size := range []func() int{whole, func() int { return 1 + r.IntN(40) }} {
			c := tracker.NewConn()
			events := play(c, x.chunks, size)
			read := spoken(events)
			if diff := cmp.Diff(x.said[0], read[0]); diff != "" {
				t.Errorf("%s: plaintext of the client (-said +read):\n%s", x.name, diff)
			}
			if !strings.HasPrefix(read[1], x.said[1]) || !strings.HasPrefix(reversed(x.said[0]), read[1]) {
				t.Errorf("%s: read %q of the server, its client %q", x.name, read[1], x.said[1])
			}
			for _, e := range events {
				if e.kind == Lost {
					t.Errorf("%s: lost %+v", x.name, e)
				}
			}
			if p := c.Facts().Problem; p != NoProblem {
				t.Errorf("%s: %v", x.name, p)
			}
			byName[x.name] = c.Facts()
		}
	}
	for name, want := range map[string]Resumption{
		"session id, first": NotResumed, "session id, second": ResumedSession, "ticket, first": NotResumed, "ticket, second": ResumedTicket,
		"0-RTT, first": NotResumed, "0-RTT, second": ResumedPSK, "0-RTT, refused": NotResumed, "0-RTT and HelloRetryRequest": NotResumed, // OpenSSL gives the ticket up, for its hash is another
	} {
		if f := byName[name]; f == nil || f.Resumed != want {
			t.Errorf("%s: %+v", name, f)
		}
	}
	for name, want := range map[string][4]bool{ // offered, seen, accepted; HelloRetryRequest
		"0-RTT, first": {}, "0-RTT, second": {true, true, true, false}, "0-RTT, refused": {true, true, false, false},
		"0-RTT and HelloRetryRequest": {true, true, false, true},
	} {
		f := byName[name]
		if got := [4]bool{f.EarlyOffered, f.EarlySeen, f.EarlyAccepted, f.HelloRetry}; got != want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
	for name, want := range map[string]int{"renegotiation": 1, "renegotiation with CBC": 1, "renegotiation, TLS 1.0": 1, "CCM": 0} {
		if got := byName[name].Renegotiations; got != want {
			t.Errorf("%s: %d renegotiations", name, got)
		}
	}
}

// TestAnotherCipher: with encrypt-then-MAC the MAC is the same for all ciphers with one
// hash, and proves a wrong one.
func TestAnotherCipher(t *testing.T) {
	for _, x := range transcripts(t) {
		if !strings.HasPrefix(x.name, "encrypt-then-MAC, TLS 1.") {
			continue
		}
		log := keylog.NewStore(0)
		log.Add([]byte(x.keys))
		for _, id := range []byte{0x2f, 0x02} { // TLS_RSA_WITH_AES_128_CBC_SHA, TLS_RSA_WITH_NULL_SHA
			hello := slices.Clone(x.chunks[1].b)
			const at = 5 + 4 + 2 + 32 // of the session id's length
			cipher := at + 1 + int(hello[at])
			if hello[cipher] != 0 || hello[cipher+1] != 0x35 {
				t.Fatalf("%s: cipher suite %x", x.name, hello[cipher:cipher+2])
			}
			hello[cipher+1] = id
			chunks := slices.Clone(x.chunks)
			chunks[1].b = hello
			c := NewTracker(Keys{Log: log}).NewConn()
			if s := spoken(play(c, chunks, whole)); s != [2]string{} || c.Facts().Problem != KeysDoNotFit {
				t.Errorf("%s as %x: read %q, %v", x.name, id, s, c.Facts().Problem)
			}
		}
	}
}
