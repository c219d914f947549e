package capture

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"wstap/capture/packet"
)

// result is all that a Set gave, with the packets' data copied.
type result struct {
	packets  []packet.Packet
	secrets  []packet.Secrets
	problems []error
}

// readAll reads the named files to the end.
func readAll(t testing.TB, o Options, names ...string) result {
	t.Helper()
	s, err := Open(names, o)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	return drain(t, s)
}

// drain reads a set to its end.
func drain(t testing.TB, s *Set) result {
	t.Helper()
	var res result
	var b packet.Block
	for {
		err := s.Next(&b)
		if err != nil && err != io.EOF {
			t.Fatalf("Next: %v, which only ever returns io.EOF", err)
		}
		if err == io.EOF && len(b.Packets)+len(b.Secrets) > 0 {
			t.Fatal("packets together with io.EOF")
		}
		for _, p := range b.Packets {
			p.Data = bytes.Clone(p.Data)
			res.packets = append(res.packets, p)
		}
		res.secrets = append(res.secrets, b.Secrets...)
		if err == io.EOF {
			break
		}
	}
	if err := s.Next(&b); err != io.EOF {
		t.Fatalf("Next after the end: %v", err)
	}
	res.problems = s.Problems()
	return res
}

// readBytes reads one capture from standard input.
func readBytes(t testing.TB, b []byte) result {
	t.Helper()
	return readAll(t, Options{Stdin: bytes.NewReader(b)}, Stdin)
}

// writeTemp writes a file into the test's own folder.
func writeTemp(t testing.TB, name string, b []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// realCaptures returns the uncompressed captures of real traffic, of which the
// project's own are always there and a larger corpus may stand beside the checkout.
func realCaptures(t testing.TB) []string {
	t.Helper()
	var paths []string
	for _, dir := range []string{"../../shared/captures", "../testdata"} {
		for _, pattern := range []string{"*.pcap", "*.pcapng"} {
			found, err := filepath.Glob(filepath.Join(dir, pattern))
			if err != nil {
				t.Fatal(err)
			}
			paths = append(paths, found...)
		}
	}
	if len(paths) == 0 {
		t.Skip("no captures of real traffic here")
	}
	return paths
}

// problemText joins problems for a message.
func problemText(problems []error) string {
	var lines []string
	for _, p := range problems {
		lines = append(lines, p.Error())
	}
	return strings.Join(lines, "\n")
}
