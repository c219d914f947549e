package suite

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// transcripts reads what testdata/transcripts.py made.
func transcripts(t testing.TB) (names []string, list []*transcript) {
	t.Helper()
	b, err := os.ReadFile("testdata/transcripts.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(b)) {
		word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		if word == "name" {
			names, list = append(names, rest), append(list, &transcript{})
			continue
		}
		switch word {
		case "client":
			list[len(list)-1].sent[client] = unhex(t, rest)
		case "server":
			list[len(list)-1].sent[server] = unhex(t, rest)
		case "key":
			list[len(list)-1].keylog += rest + "\n"
		}
	}
	return names, list
}

// backwards is how s_server answers each line.
func backwards(s string) string {
	b := []byte(s)
	slices.Reverse(b)
	return string(b)
}

func TestOpenSSL(t *testing.T) {
	const first, second = "first line of the client", "second line of the client"
	etm := map[bool]int{}
	names, list := transcripts(t)
	for i, tr := range list {
		r := tr.read(t)
		if got, want := string(r.data[client]), first+"\n"+second+"\n"; got != want {
			t.Errorf("%s: the client said %q, want %q", names[i], got, want)
		}
		if got, want := string(r.data[server]), backwards(first)+"\n"+backwards(second)+"\n"; got != want {
			t.Errorf("%s: the server said %q, want %q", names[i], got, want)
		}
		if r.version == TLS13 && r.updates != 2 {
			t.Errorf("%s: %d KeyUpdates, want one of each end", names[i], r.updates)
		}
		if r.suite.Cipher.traits().mode == modeCBC {
			etm[r.etm]++
		}
	}
	if etm[true] < 5 || etm[false] < 3 {
		t.Errorf("%d connections with encrypt-then-MAC and %d without: the transcripts are not all there", etm[true], etm[false])
	}
}
