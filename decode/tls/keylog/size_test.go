package keylog

import (
	"fmt"
	"strings"
	"testing"
	"unsafe"
)

// TestSize keeps the figures that MaxSecrets is reasoned with.
func TestSize(t *testing.T) {
	if n := unsafe.Sizeof(entry{}); n != 104 {
		t.Errorf("an entry has %d bytes, not 104", n)
	}
	line := fmt.Sprintf("SERVER_TRAFFIC_SECRET_0 %064x %064x\n", 0, 0)
	if n := len(line); n != 154 || 100<<20/n > MaxSecrets {
		t.Errorf("the shortest line has %d bytes, and 100 MiB of them are %d", n, 100<<20/n)
	}
}

// connections is a key log of n connections, as TLS 1.3 writes it with SHA-256.
func connections(from, n int) string {
	var b strings.Builder
	for i := from; i < from+n; i++ {
		for k, l := range []string{"CLIENT_HANDSHAKE_TRAFFIC_SECRET", "SERVER_HANDSHAKE_TRAFFIC_SECRET", "CLIENT_TRAFFIC_SECRET_0", "SERVER_TRAFFIC_SECRET_0", "EXPORTER_SECRET"} {
			fmt.Fprintf(&b, "%s %064x %064x\n", l, i, 8*i+k)
		}
	}
	return b.String()
}

// TestManySecrets goes far beyond what a Store keeps.
func TestManySecrets(t *testing.T) {
	const limit, n = 1000, 5000
	s := NewStore(limit)
	f := s.NewFeed()
	for i := 0; i < n; i += 100 {
		if _, err := f.Write([]byte(connections(i, 100))); err != nil {
			t.Fatal(err)
		}
		if slots, index := len(s.entries.chunks)*chunkSize, len(s.index); slots > limit+chunkSize || index > 4*limit {
			t.Fatalf("%d slots and %d places in the index for %d secrets", slots, index, limit)
		}
	}
	if c := s.Counts(); c != (Counts{Secrets: 4 * n, Unused: n, Evicted: 4*n - limit}) {
		t.Errorf("%+v", c)
	}
	for i, want := range map[int]bool{n - 1: true, n - limit/4: true, n - limit/4 - 1: false, 0: false} {
		if got := s.Has([RandomSize]byte(unhex(t, fmt.Sprintf("%064x", i)))) != 0; got != want {
			t.Errorf("connection %d is known: %v", i, got)
		}
	}
}

func TestMissesAllocateNothing(t *testing.T) {
	s := NewStore(0)
	s.Add([]byte(connections(0, 100)))
	if n := testing.AllocsPerRun(100, func() {
		s.Has([RandomSize]byte{1})
		s.Secrets(ClientRandom, [RandomSize]byte{1})
		s.Generation()
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkAdd(b *testing.B) {
	text := []byte(connections(0, 10000))
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if c := NewStore(0).Add(text); c.Secrets != 40000 {
			b.Fatal(c)
		}
	}
}
