package decode

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

// Whatever the lengths, a packet that has not been let go is as it was, and only the
// oldest are let go.
func TestRingKeepsTheLatest(t *testing.T) {
	for seed := range uint64(50) {
		r := rand.New(rand.NewPCG(seed, 3))
		ring := newRing(10_000 + r.IntN(10_000))
		model := make(map[uint64][]byte)
		for range 2000 {
			data := bytes.Repeat([]byte{byte(r.Uint32())}, r.IntN(len(ring.bytes)/2))
			for ring.full(len(data)) != nil {
				delete(model, ring.first)
				ring.first++
			}
			model[ring.add(kept{}, data)] = data
			for n, want := range model {
				e := ring.at(n)
				if e == nil || !bytes.Equal(ring.data(e), want) {
					t.Fatalf("seed %d: packet %d is not as it was", seed, n)
				}
			}
		}
	}
}
