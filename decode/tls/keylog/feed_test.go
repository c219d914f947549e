package keylog

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
)

const wholeLine = "CLIENT_RANDOM " + random2 + " " + master2

func TestFeed(t *testing.T) {
	r1, r2 := random(t, random1), random(t, random2)
	s := NewStore(0)
	f := s.NewFeed()
	write := func(text string) {
		t.Helper()
		if n, err := f.Write([]byte(text)); n != len(text) || err != nil {
			t.Fatal(n, err)
		}
	}
	write(wholeLine[:50])
	write(wholeLine[50:])
	if got := s.Secrets(ClientRandom, r2); got != nil {
		t.Error("a line is taken before its end has come")
	}
	write("\n")
	check(t, "a line in parts", s.Secrets(ClientRandom, r2), master2)
	write("CLIENT_TRAFFIC_SECRET_0 " + random1 + " " + client1[:10])
	f.Reset()
	write("SERVER_TRAFFIC_SECRET_0 " + random1 + " " + server1 + "\n")
	check(t, "after a rotation", s.Secrets(ServerTraffic0, r1), server1)
	if c := s.Counts(); c != (Counts{Secrets: 2}) {
		t.Errorf("%+v", c)
	}
	write("CLIENT_TRAFFIC_SECRET_0 " + random1 + " " + client1)
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	check(t, "a last line without end", s.Secrets(ClientTraffic0, r1), client1)
	write(wholeLine[:50])
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if c := s.Counts(); c != (Counts{Secrets: 3, Malformed: 1}) {
		t.Errorf("%+v", c)
	}
}

// TestLongLine has lines around the limit, in one piece and in many.
func TestLongLine(t *testing.T) {
	for _, size := range []int{1, 1000, maxLine} {
		s := NewStore(0)
		f := s.NewFeed()
		text := wholeLine + strings.Repeat(" ", maxLine-len(wholeLine)) + "\n" + // as long as may be
			"#" + strings.Repeat(" ", maxLine) + "\n" + strings.Repeat("x", 10*maxLine) + "\n" + wholeLine + "\n"
		for len(text) > 0 {
			n := min(size, len(text))
			if _, err := f.Write([]byte(text[:n])); err != nil {
				t.Fatal(err)
			}
			if cap(f.half) > 2*maxLine {
				t.Fatalf("%d bytes of a line are kept", cap(f.half))
			}
			text = text[n:]
		}
		if c := s.Counts(); c != (Counts{Secrets: 1, Duplicates: 1, TooLong: 2}) {
			t.Errorf("in pieces of %d: %+v", size, c)
		}
	}
}

// TestNothingIsPrinted prints everything with every verb.
func TestNothingIsPrinted(t *testing.T) {
	s := NewStore(0)
	f := s.NewFeed()
	if _, err := f.Write([]byte(wholeLine + "\n" + wholeLine)); err != nil {
		t.Fatal(err)
	}
	secret := s.Secrets(ClientRandom, random(t, random2))[0]
	b := secret.Bytes()
	decimal := func(v any) string { return strings.Trim(fmt.Sprintf("%d", v), "[]") }
	leaks := []string{master2[:16], fmt.Sprintf("%X", b[:8]), string(b[:8]), decimal(b[:8]), "0x3d, 0x85",
		decimal([]byte(master2[:8])), fmt.Sprintf("%x", master2[:8])}
	safe := func(how, text string) {
		t.Helper()
		for _, leak := range leaks {
			if strings.Contains(text, leak) {
				t.Errorf("%s shows a secret: %.300q", how, text)
				return
			}
		}
	}
	values := []any{secret, &secret, s, f, *f, []Secret{secret}, map[string]Secret{"": secret}, Found{Secret: secret},
		struct {
			secret Secret
			s      *Store
			f      *Feed
			list   []Secret
			found  *Found
		}{secret, s, f, []Secret{secret}, &Found{Secret: secret}}}
	for _, v := range values {
		for _, verb := range "vsqxXdobcUtpeg" {
			for _, flag := range []string{"", "+", "#", " "} {
				how := fmt.Sprintf("%%%s%c of %T", flag, verb, v)
				safe(how, fmt.Sprintf("%"+flag+string(verb), v))
			}
		}
		if b, err := json.Marshal(v); err == nil {
			safe(fmt.Sprintf("JSON of %T", v), string(b))
		}
		var out strings.Builder
		slog.New(slog.NewTextHandler(&out, nil)).Info("x", "v", v)
		slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "v", v)
		safe(fmt.Sprintf("slog of %T", v), out.String())
	}
	if got := fmt.Sprintf("%v %x %d", secret, secret, secret); got != "[secret] [secret] [secret]" {
		t.Errorf("%q", got)
	}
	if b := (Secret{}).Bytes(); b != nil {
		t.Errorf("%x of the zero Secret", b)
	}
}

// TestTogether writes with one goroutine and reads with others; the race detector
// looks on.
func TestTogether(t *testing.T) {
	s := NewStore(100)
	var wait sync.WaitGroup
	for range 2 {
		wait.Go(func() {
			f := s.NewFeed()
			for i := range 2000 {
				fmt.Fprintf(f, "CLIENT_RANDOM %064x %096x\n", i%300, i)
			}
		})
		wait.Go(func() {
			for i := range 2000 {
				r := [RandomSize]byte{RandomSize - 1: byte(i)}
				s.Has(r)
				for _, x := range s.Secrets(ClientRandom, r) {
					if len(x.Bytes()) != masterSize {
						t.Errorf("%d bytes", len(x.Bytes()))
					}
				}
				s.Recent(ClientRandom, 3)
				s.Counts()
				s.Generation()
			}
		})
	}
	wait.Wait()
	if c := s.Counts(); c.Secrets+c.Duplicates != 4000 || s.Generation() != c.Secrets {
		t.Errorf("%+v, generation %d", c, s.Generation())
	}
}

func FuzzFeed(f *testing.F) {
	f.Add([]byte("# comment\r\n"+wholeLine+"\r\n"+wholeLine), uint16(3), uint16(70))
	f.Add([]byte("CLIENT_TRAFFIC_SECRET_0 "+random1+" "+client1+"\nCLIENT_TRAFFIC_SECRET_0 "+random1+" "+server1+"\n"), uint16(90), uint16(1))
	f.Add([]byte("RSA 0123456789abcdef "+master2+"\nRSA Session-ID:a1b2c3 Master-Key:"+master2), uint16(1), uint16(1))
	f.Add([]byte("PMS_CLIENT_RANDOM "+random2+" "+strings.Repeat("cd", 256)+"\nNEW "+random2+" 00\n\xef\xbb\xbf#"), uint16(100), uint16(400))
	f.Add([]byte(strings.Repeat("y", maxLine+1)+"\n"+strings.Repeat("y", maxLine)), uint16(1), uint16(maxLine))
	f.Fuzz(func(t *testing.T, text []byte, a, b uint16) {
		whole, parts := NewStore(64), NewStore(64)
		whole.Add(text)
		feed := parts.NewFeed()
		for turn := 0; len(text) > 0; turn++ {
			n := min(len(text), int([]uint16{a, b}[turn%2])+turn%2)
			if _, err := feed.Write(text[:n]); err != nil {
				t.Fatal(err)
			}
			text = text[n:]
		}
		if err := feed.Close(); err != nil {
			t.Fatal(err)
		}
		if whole.Counts() != parts.Counts() {
			t.Fatalf("whole %+v, in parts %+v", whole.Counts(), parts.Counts())
		}
		for l := range labels {
			x, y := whole.Recent(l, 100), parts.Recent(l, 100)
			if len(x) != len(y) {
				t.Fatalf("%v: %d secrets, in parts %d", l, len(x), len(y))
			}
			for i := range x {
				if x[i].Random != y[i].Random || string(x[i].Secret.Bytes()) != string(y[i].Secret.Bytes()) {
					t.Fatalf("%v: secret %d is another in parts", l, i)
				}
				if !whole.Has(x[i].Random).Has(l) {
					t.Fatalf("%v: not found by its client random", l)
				}
			}
		}
	})
}
