package link

import (
	"encoding/binary"
	"math/rand/v2"
	"net/netip"
	"testing"

	"wstap/capture/packet"
)

// rawTCP returns a raw IP packet with an empty segment.
func rawTCP(from, to netip.AddrPort) []byte {
	var b []byte
	if from.Addr().Is4() {
		b = append(b, 0x45, 0, 0, 40, 0, 1, 0, 0, 64, 6, 0, 0)
	} else {
		b = append(b, 0x60, 0, 0, 0, 0, 20, 6, 64)
	}
	b = append(b, from.Addr().AsSlice()...)
	b = append(b, to.Addr().AsSlice()...)
	b = binary.BigEndian.AppendUint16(b, from.Port())
	b = binary.BigEndian.AppendUint16(b, to.Port())
	return append(b, 0, 0, 0, 1, 0, 0, 0, 2, 0x50, 0x10, 0, 1, 0, 0, 0, 0)
}

// Both directions of a connection must meet in one flow, from opposite ends.
// Addresses and ports are drawn from few values, so that ties are common.
func TestFlowCanonical(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	d := New([2]uint64{r.Uint64(), r.Uint64()})
	few := []byte{0, 1, 0x7f, 0x80, 0xff}
	address := func(v6 bool) netip.Addr {
		b := make([]byte, 4)
		if v6 {
			b = make([]byte, 16)
		}
		for i := range b {
			b[i] = few[r.IntN(len(few))]
		}
		if v6 && r.IntN(2) > 0 {
			clear(b[:15]) // the upper half ties
		}
		a, _ := netip.AddrFromSlice(b)
		return a
	}
	flows := map[Flow]uint64{}
	for range 5000 {
		v6 := r.IntN(2) > 0
		from := netip.AddrPortFrom(address(v6), uint16(r.IntN(3)))
		to := netip.AddrPortFrom(address(v6), uint16(r.IntN(3)))
		if from.Addr().Is4In6() || to.Addr().Is4In6() || from == to {
			continue
		}
		var out, back Segment
		for s, b := range map[*Segment][]byte{&out: rawTCP(from, to), &back: rawTCP(to, from)} {
			p := captured(packet.LinkRaw, b, 0)
			if k := d.Decode(&p, s); k != TCP {
				t.Fatalf("%v → %v: %v", from, to, k)
			}
		}
		switch {
		case !out.Flow.Equal(&back.Flow) || out.Flow != back.Flow:
			t.Fatalf("%v and %v: flows %v and %v", from, to, out.Flow, back.Flow)
		case out.Hash != back.Hash:
			t.Fatalf("%v and %v: hashes %x and %x", from, to, out.Hash, back.Hash)
		case out.Dir == back.Dir || out.Dir.Other() != back.Dir:
			t.Fatalf("%v and %v: directions %d and %d", from, to, out.Dir, back.Dir)
		case out.Flow.Sender(out.Dir) != from || out.Flow.Sender(back.Dir) != to:
			t.Fatalf("%v → %v reads %v → %v", from, to, out.Flow.Sender(out.Dir), out.Flow.Sender(back.Dir))
		}
		flows[out.Flow] = out.Hash
	}
	hashes := map[uint64]bool{}
	for _, h := range flows {
		hashes[h] = true
	}
	if len(hashes) != len(flows) {
		t.Errorf("%d flows have %d hashes", len(flows), len(hashes))
	}
}

// Equal must look at every field.
func TestFlowEqual(t *testing.T) {
	base := Flow{AHi: 1, ALo: 2, BHi: 3, BLo: 4, APort: 5, BPort: 6}
	same := base
	if !base.Equal(&same) {
		t.Error("a flow differs from itself")
	}
	for i, change := range []func(*Flow){
		func(f *Flow) { f.AHi++ }, func(f *Flow) { f.ALo++ }, func(f *Flow) { f.BHi++ },
		func(f *Flow) { f.BLo++ }, func(f *Flow) { f.APort++ }, func(f *Flow) { f.BPort++ },
	} {
		other := base
		if change(&other); base.Equal(&other) {
			t.Errorf("change %d is not seen", i)
		}
	}
}

// Without the key nobody can tell which flows collide.
func TestHashKeyed(t *testing.T) {
	p := captured(packet.LinkRaw, rawTCP(netip.MustParseAddrPort("192.0.2.1:1"), netip.MustParseAddrPort("192.0.2.2:2")), 0)
	var a, b Segment
	New([2]uint64{1, 2}).Decode(&p, &a)
	New([2]uint64{1, 3}).Decode(&p, &b)
	if a.Hash == b.Hash {
		t.Error("two keys give one hash")
	}
}
