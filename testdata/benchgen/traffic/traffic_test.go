package traffic

import (
	"bytes"
	"crypto/sha256"
	"io"
	"maps"
	"testing"
)

// TestSameSeedSameBytes is what makes two benchmarks comparable.
func TestSameSeedSameBytes(t *testing.T) {
	for _, kind := range Kinds {
		t.Run(kind, func(t *testing.T) {
			var sums [3][sha256.Size]byte
			var truths [3]*Truth
			for i, seed := range []uint64{1, 1, 2} {
				h := sha256.New()
				truth, err := Generate(h, Plan{Kind: kind, Seed: seed, Scale: 0.001})
				if err != nil {
					t.Fatal(err)
				}
				if truth.Attempts == 0 || truth.Packets == 0 {
					t.Errorf("nothing in it: %+v", truth)
				}
				h.Sum(sums[i][:0])
				truths[i] = truth
			}
			if kind == "wss" { // its keys are new each time
				if truths[0].Attempts != truths[1].Attempts || !maps.Equal(truths[0].Frames.Server, truths[1].Frames.Server) {
					t.Errorf("the same seed gave %+v and %+v", truths[0], truths[1])
				}
				return
			}
			if sums[0] != sums[1] {
				t.Error("the same seed gave other bytes")
			}
			if sums[0] == sums[2] {
				t.Error("another seed gave the same bytes")
			}
		})
	}
}

func TestTruthOfSize(t *testing.T) {
	var b bytes.Buffer
	truth, err := Generate(&b, Plan{Kind: "ws", Seed: 1, Scale: 0.001})
	if err != nil {
		t.Fatal(err)
	}
	if int64(b.Len()) != truth.Bytes {
		t.Errorf("%d bytes written, the truth says %d", b.Len(), truth.Bytes)
	}
}

// TestDamageKeepsContent checks that only lossless damage is called exact and
// that it does not change what was said.
func TestDamageKeepsContent(t *testing.T) {
	truths := map[string]*Truth{}
	for _, kind := range []string{"ws", "lossy", "drop"} {
		truth, err := Generate(io.Discard, Plan{Kind: kind, Seed: 1, Scale: 0.01})
		if err != nil {
			t.Fatal(err)
		}
		truths[kind] = truth
	}
	ws, lossy, drop := truths["ws"], truths["lossy"], truths["drop"]
	if !ws.Exact || !lossy.Exact || drop.Exact {
		t.Error("exact: ws", ws.Exact, "lossy", lossy.Exact, "drop", drop.Exact)
	}
	if ws.Attempts != lossy.Attempts || !maps.Equal(ws.Frames.Client, lossy.Frames.Client) || !maps.Equal(ws.FirstClose, lossy.FirstClose) {
		t.Error("loss changed what was said")
	}
	if lossy.Lost == 0 || lossy.Reordered == 0 || lossy.Duplicated == 0 || drop.Dropped == 0 {
		t.Errorf("no damage was done: %+v %+v", lossy, drop)
	}
}

// TestAcknowledgements: a peer acknowledges nothing that had not arrived.
func TestAcknowledgements(t *testing.T) {
	truth := newTruth(Plan{Kind: "ws"})
	for n := range uint64(200) {
		f := newFlow(truth, 1, n)
		f.webSocket(50, 100)
		f.damage(Damage{Loss: 0.05}, f.r)
		var highest [2]uint32
		var seen [2]bool
		for i, s := range f.segments {
			end := s.seq + uint32(len(s.data))
			if s.flags&(syn|fin) != 0 {
				end++
			}
			if !seen[s.from] || int32(end-highest[s.from]) > 0 {
				highest[s.from], seen[s.from] = end, true
			}
			if o := s.from.other(); s.flags&ack != 0 && seen[o] && int32(s.ack-highest[o]) > 0 {
				t.Fatalf("flow %d, segment %d acknowledges %d bytes more than were captured", n, i, s.ack-highest[o])
			}
		}
	}
}
