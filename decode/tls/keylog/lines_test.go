package keylog

import (
	"bytes"
	"encoding/hex"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// every is a key log with one line of each label that is kept, of two connections.
func every() []string {
	long := strings.Repeat("cd", 256) // DHE with 2048 bits: it takes several slots
	return []string{
		"CLIENT_HANDSHAKE_TRAFFIC_SECRET " + random1 + " " + client1,
		"CLIENT_RANDOM " + random2 + " " + master2,
		"SERVER_HANDSHAKE_TRAFFIC_SECRET " + random1 + " " + server1,
		"PMS_CLIENT_RANDOM " + random2 + " " + long,
		"RSA 0123456789abcdef 0303" + strings.Repeat("ab", 46),
		"CLIENT_TRAFFIC_SECRET_0 " + random1 + " " + client1,
		"RSA Session-ID:a1b2c3 Master-Key:" + master2,
		"SERVER_TRAFFIC_SECRET_0 " + random1 + " " + server1,
		"CLIENT_EARLY_TRAFFIC_SECRET " + random1 + " " + server1,
	}
}

func text(lines []string) string { return strings.Join(lines, "\n") + "\n" }

// of returns the lines with a client random.
func of(lines []string, random string) (list []string) {
	for _, line := range lines {
		if strings.Contains(line, random) {
			list = append(list, line)
		}
	}
	return list
}

func TestAppendLines(t *testing.T) {
	s := NewStore(0)
	s.Add([]byte(text(every())))
	for _, r := range []string{random1, random2} {
		got := s.AppendLines([]byte("before\n"), random(t, r))
		if want := "before\n" + text(of(every(), r)); string(got) != want {
			t.Errorf("lines of %s:\n%s\nwant\n%s", r, got, want)
		}
	}
	if got := s.AppendLines(nil, [RandomSize]byte{1}); got != nil {
		t.Errorf("a client random that is not known has lines: %q", got)
	}
}

func TestAppendSince(t *testing.T) {
	s := NewStore(0)
	lines := every()
	s.Add([]byte(text(lines[:4])))
	middle := s.Newest()
	s.Add([]byte(text(lines[4:])))
	for _, most := range []int{1, 200, 1 << 20} {
		for _, from := range []struct {
			since uint64
			want  []string
		}{{0, lines}, {middle, lines[4:]}, {s.Newest(), nil}} {
			var got []byte
			since := from.since
			for {
				part, next := s.AppendSince(nil, since, most)
				if next == since {
					break
				}
				if limit := most + 2*maxLine; len(part) > limit {
					t.Errorf("%d bytes were asked for, and there are %d", most, len(part))
				}
				got, since = append(got, part...), next
			}
			if want := strings.Join(from.want, "\n"); strings.TrimSuffix(string(got), "\n") != want {
				t.Errorf("since %d, %d bytes at a time:\n%s\nwant\n%s", from.since, most, got, want)
			}
		}
	}
}

// What was dropped for newer secrets is not written, and what is there is whole.
func TestAppendSinceEvicted(t *testing.T) {
	s := NewStore(16)
	var lines []string
	for i := range 40 {
		name := bytes.Repeat([]byte{byte(i)}, RandomSize)
		secret := master2
		if i%3 == 0 {
			secret = strings.Repeat(master2, 3) // a premaster secret in several slots
		}
		lines = append(lines, "PMS_CLIENT_RANDOM "+hex.EncodeToString(name)+" "+secret)
		s.Add([]byte(lines[i]))
	}
	got, _ := s.AppendSince(nil, 0, 1<<20)
	rest := strings.Split(strings.TrimSpace(string(got)), "\n")
	if len(rest) == 0 || !slices.Equal(rest, lines[len(lines)-len(rest):]) {
		t.Errorf("these are not the newest lines:\n%s", got)
	}
	for _, line := range rest {
		if found := s.Secrets(Premaster, random(t, strings.Fields(line)[1])); len(found) != 1 {
			t.Errorf("a line of a secret that the store does not give: %s", line)
		}
	}
}

// Lines that were written give the same secrets when they are read.
func TestLinesRoundTrip(t *testing.T) {
	s, again := NewStore(0), NewStore(0)
	s.Add([]byte(text(every())))
	lines, _ := s.AppendSince(nil, 0, 1<<20)
	c := again.Add(lines)
	if c.Secrets != uint64(len(every())) || c.Malformed+c.Unknown+c.Duplicates != 0 {
		t.Errorf("read again: %+v", c)
	}
	for l := range RSAPremaster {
		for _, r := range []string{random1, random2} {
			check(t, l.String(), again.Secrets(l, random(t, r)), all(s.Secrets(l, random(t, r)))...)
		}
	}
	check(t, "session", again.Session([]byte{0xa1, 0xb2, 0xc3}), master2)
	check(t, "RSA", again.RSA(unhex(t, "0123456789abcdef")), all(s.RSA(unhex(t, "0123456789abcdef")))...)
}

// TestLinesTshark gives tshark the lines of a connection and has it decrypt a capture.
func TestLinesTshark(t *testing.T) {
	tshark, err := exec.LookPath("tshark")
	if err != nil {
		t.Skip("tshark is not installed")
	}
	c := record(t)
	dir := t.TempDir()
	capture, keys := filepath.Join(dir, "tls.pcap"), filepath.Join(dir, "keys")
	for _, lines := range []struct {
		text  []byte
		reads bool
	}{{c.store.AppendLines(nil, c.random), true}, {c.store.AppendLines(nil, [RandomSize]byte{}), false}} {
		if err := os.WriteFile(keys, lines.text, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(capture, c.pcap, 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command(tshark, "-r", capture, "-d", "tcp.port==4433,tls", "-o", "tls.keylog_file:"+keys,
			"-Y", "http.request", "-T", "fields", "-e", "http.request.uri").Output()
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.TrimSpace(string(out)) == "/of-the-test"; got != lines.reads {
			t.Errorf("with %d bytes of lines tshark reads %q", len(lines.text), out)
		}
	}
}
