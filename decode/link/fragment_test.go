package link

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"wstap/capture/packet"
)

// cut is a fragment of a datagram's payload.
type cut struct{ from, to int }

// fragments makes the fragments of an IP packet at these places, of any size. IPv6
// gets its fragment header.
func (m made) fragments(id uint32, cuts ...cut) []made {
	header := ipv4Header
	if m.t == etherIPv6 {
		header = ipv6Header
	}
	payload := m.b[header:]
	var out []made
	for _, c := range cuts {
		h := slices.Clone(m.b[:header])
		more := uint16(0)
		if c.to < len(payload) {
			more = 1
		}
		if m.t == etherIPv4 {
			binary.BigEndian.PutUint16(h[2:], uint16(header+c.to-c.from))
			binary.BigEndian.PutUint16(h[4:], uint16(id))
			binary.BigEndian.PutUint16(h[6:], more<<13|uint16(c.from/8))
		} else {
			binary.BigEndian.PutUint16(h[4:], uint16(fragmentHeader+c.to-c.from))
			h = join(h, []byte{h[6], 0}, be16(uint16(c.from)|more), be32(id))
			h[6] = protoFragment
		}
		out = append(out, made{m.t, join(h, payload[c.from:c.to])})
	}
	return out
}

// evenly cuts n bytes into pieces of size bytes, a multiple of 8.
func evenly(n, size int) (cuts []cut) {
	for at := 0; at < n; at += size {
		cuts = append(cuts, cut{at, min(at+size, n)})
	}
	return cuts
}

func (m made) payloadLength() int {
	if m.t == etherIPv6 {
		return len(m.b) - ipv6Header
	}
	return len(m.b) - ipv4Header
}

// feeder decodes packets one after the other, a millisecond apart.
type feeder struct {
	d   *Decoder
	now int64
	n   uint64
	s   Segment
}

func newFeeder() *feeder { return &feeder{d: New([2]uint64{5, 6}), now: int64(time.Hour)} }

func (f *feeder) packet(b []byte) packet.Packet {
	f.n++
	f.now += int64(time.Millisecond)
	return packet.Packet{Link: packet.LinkEthernet, Data: b, OrigLen: uint32(len(b)), Time: f.now, Ref: packet.NewRef(0, f.n)}
}

func (f *feeder) decode(m made) Kind {
	p := f.packet(m.frame().b)
	return f.d.Decode(&p, &f.s)
}

func random(r *rand.Rand, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return string(b)
}

// Datagrams of both versions, bare, wrapped, and wrapping, in fragments of any
// size, in any order, several at once, each fragment perhaps twice, give what they
// were made of, once, with the packet that completed them.
func TestFragmentsModel(t *testing.T) {
	r := rand.New(rand.NewPCG(21, 22))
	f := newFeeder()
	f.d.KeepPieces(true)
	for round := range 400 {
		type sent struct {
			port    uint16
			payload string
			carrier []string
			left    int // packets still to come
		}
		type order struct {
			m  made
			of *sent
		}
		var all []order
		for i := range 1 + r.IntN(4) {
			s := &sent{port: uint16(20000 + i), payload: random(r, r.IntN(5000))}
			m := plain(r.IntN(2) > 0, s.port, s.payload)
			m, s.carrier = nest(r, m, r.IntN(3), wrappers)
			cuts, ok := []cut{}, m.isIP()
			size := 8 * (1 + r.IntN(300))
			if ok && m.payloadLength()/size < maxFragments-1 {
				cuts = evenly(m.payloadLength(), size)
			}
			pieces := []made{m}
			if len(cuts) > 1 {
				pieces = m.fragments(uint32(round*10+i), cuts...)
			}
			s.left = len(pieces)
			var around *wrapper
			if w := wrappers[r.IntN(4)]; r.IntN(2) > 0 && !m.isFrame() { // in a VLAN
				around = &w
				s.carrier = append([]string{w.named(5)}, s.carrier...)
			}
			for _, p := range pieces {
				if around != nil {
					p, _ = around.around(p, 5, false)
				}
				all = append(all, order{p, s})
			}
		}
		r.Shuffle(len(all), func(i, k int) { all[i], all[k] = all[k], all[i] })
		for i, o := range all {
			o.of.left--
			got := f.decode(o.m)
			if (got == TCP) != (o.of.left == 0) || got != TCP && got != Fragment {
				t.Fatalf("round %d, packet %d: %v with %d to come in %q", round, i, got, o.of.left, o.of.carrier)
			}
			if got == TCP {
				s := &f.s
				if string(s.Payload) != o.of.payload || int(s.Length) != len(o.of.payload) || s.Flow.Sender(s.Dir).Port() != o.of.port ||
					s.Ref.Number() != f.n || s.Time != f.now || !slices.Equal(f.d.Carrier(s.Carrier), o.of.carrier) {
					t.Fatalf("round %d, packet %d: %d of %d bytes, %v, %q, want %d bytes in %q", round, i, len(s.Payload), s.Length,
						s.Flow.Sender(s.Dir), f.d.Carrier(s.Carrier), len(o.of.payload), o.of.carrier)
				}
			}
			for range r.IntN(2) { // captured twice
				if again := f.decode(o.m); again != Fragment && !(again == TCP && got == TCP && len(f.d.Pieces()) == 0) {
					t.Fatalf("round %d, packet %d again: %v", round, i, again)
				}
			}
		}
	}
	if c := f.d.Counters(); c != (Counters{}) {
		t.Errorf("%+v", c)
	}
	if p := &f.d.fragments.blockPool; p.count != len(p.blocks) {
		t.Errorf("%d of %d blocks are free", p.count, len(p.blocks))
	}
}

// Overlaps are refused whole, with what comes later (RFC 5722), exact copies are
// not overlaps.
func TestFragmentsOverlapping(t *testing.T) {
	changed := func(m made) made {
		b := slices.Clone(m.b)
		b[len(b)-1] ^= 1
		return made{m.t, b}
	}
	for _, v6 := range []bool{false, true} {
		m := plain(v6, 40000, string(make([]byte, 100))) // 120 bytes
		cuts := func(c ...cut) []made { return m.fragments(7, c...) }
		for _, c := range []struct {
			name    string
			packets []made
			refused bool
		}{
			{"two halves", cuts(cut{0, 64}, cut{64, 120}), false},
			{"backwards", cuts(cut{64, 120}, cut{0, 64}), false},
			{"a copy", cuts(cut{0, 64}, cut{0, 64}, cut{64, 120}), false},
			{"a copy of the last", cuts(cut{64, 120}, cut{64, 120}, cut{0, 64}), false},
			{"a copy with other bytes", []made{cuts(cut{0, 64})[0], changed(cuts(cut{0, 64})[0]), cuts(cut{64, 120})[0]}, true},
			{"into the one before", cuts(cut{0, 64}, cut{56, 120}), true},
			{"into the one behind", cuts(cut{64, 120}, cut{0, 72}), true},
			{"around another", cuts(cut{16, 32}, cut{8, 64}), true},
			{"within another", cuts(cut{0, 64}, cut{16, 32}), true},
			{"the same beginning", cuts(cut{0, 64}, cut{0, 32}), true},
			{"two ends", append(cuts(cut{64, 120}), made{m.t, m.b[:len(m.b)-8]}.fragments(7, cut{72, 112})...), true},
			{"an end before what is there", append(cuts(cut{80, 96}), made{m.t, m.b[:len(m.b)-40]}.fragments(7, cut{64, 80})...), true},
			{"beyond the end", append(made{m.t, m.b[:len(m.b)-40]}.fragments(7, cut{64, 80}), cuts(cut{80, 96})...), true},
		} {
			t.Run(fmt.Sprint(c.name, v6), func(t *testing.T) {
				f := newFeeder()
				last := NotTCP
				for _, p := range c.packets {
					last = f.decode(p)
				}
				if !c.refused {
					if last != TCP || f.d.Counters() != (Counters{}) {
						t.Fatalf("%v, %+v", last, f.d.Counters())
					}
					return
				}
				for _, p := range cuts(cut{0, 64}, cut{64, 120}) { // nothing of it is used any more
					if k := f.decode(p); k != Fragment {
						t.Errorf("then %v", k)
					}
				}
				if got, want := f.d.Counters(), (Counters{FragmentsOverlapping: 1}); got != want {
					t.Errorf("%+v, want %+v", got, want)
				}
				f.now += fragmentWait
				for i, p := range cuts(cut{0, 64}, cut{64, 120}) { // the identification comes again
					if k := f.decode(p); (k == TCP) != (i == 1) {
						t.Errorf("later %v", k)
					}
				}
			})
		}
	}
}

// A fragment that cannot be one is malformed and waits for nothing.
func TestFragmentsMalformed(t *testing.T) {
	for _, v6 := range []bool{false, true} {
		m := plain(v6, 40000, string(make([]byte, 100)))
		edge := m.fragments(1, cut{0, 64})[0]
		at := ipv4Header - 14
		if v6 {
			at = ipv6Header + 2
		}
		put := func(offset, more uint16) made {
			b := slices.Clone(edge.b)
			if v6 {
				binary.BigEndian.PutUint16(b[at:], offset*8|more)
			} else {
				binary.BigEndian.PutUint16(b[at:], more<<13|offset)
			}
			return made{m.t, b}
		}
		for _, c := range []struct {
			name string
			m    made
			kind Kind
		}{
			{"not a multiple of eight", m.fragments(1, cut{0, 63})[0], Malformed},
			{"up to the last byte of the largest datagram", put(0x1ff7, 0), Fragment},
			{"beyond it: the ping of death", put(0x1fff, 0), Malformed},
			{"empty", m.fragments(1, cut{64, 64})[0], Malformed},
		} {
			f := newFeeder()
			if k := f.decode(c.m); k != c.kind {
				t.Errorf("%s (IPv6 %v): %v, want %v", c.name, v6, k, c.kind)
			}
			if n := f.d.Counters().FragmentsWaiting; (n != 0) != (c.kind == Fragment) {
				t.Errorf("%s: %d waiting", c.name, n)
			}
		}
	}
}

// Datagrams are told apart by everything that RFC 791 and RFC 8200 name, and by
// what they are wrapped in.
func TestFragmentsKey(t *testing.T) {
	base := plain(false, 40000, string(make([]byte, 100))).fragments(7, cut{0, 64}, cut{64, 120})
	tagged := func(m made, id uint32) made { m, _ = wrappers[0].around(m, id, false); return m }
	change := func(m made, at int, b byte) made { m.b = slices.Clone(m.b); m.b[at] ^= b; return m }
	for name, other := range map[string]made{
		"another identification": change(base[1], 5, 1), "another source": change(base[1], 15, 1), "another destination": change(base[1], 19, 1),
		"another protocol": change(base[1], 9, protoTCP^protoUDP), "a VLAN": tagged(base[1], 1),
	} {
		f := newFeeder()
		if a, b := f.decode(base[0]), f.decode(other); a != Fragment || b != Fragment || f.d.Counters().FragmentsWaiting != 2 {
			t.Errorf("%s: %v, %v, %d waiting", name, a, b, f.d.Counters().FragmentsWaiting)
		}
		if k := f.decode(base[1]); k != TCP {
			t.Errorf("%s: %v in the end", name, k)
		}
	}
	f := newFeeder()
	if a, b := f.decode(tagged(base[0], 1)), f.decode(tagged(base[1], 2)); a != Fragment || b != Fragment {
		t.Errorf("two VLANs: %v, %v", a, b)
	}
	if a, b := f.decode(tagged(base[0], 2)), f.decode(tagged(base[1], 1)); a != TCP || b != TCP {
		t.Errorf("two VLANs: %v, %v", a, b)
	}
}

// What snaplen cut off is not made up: the segment is as long as it was, and its
// payload ends where the capture does.
func TestFragmentsCut(t *testing.T) {
	const n = 100
	payload := bytes.Repeat([]byte("x"), n)
	for _, v6 := range []bool{false, true} {
		for _, c := range []struct {
			name string
			cut  [3]int // bytes missing of each fragment
			have int
			kind Kind
		}{
			{"nothing", [3]int{}, 100, TCP},
			{"the last", [3]int{0, 0, 30}, 70, TCP},
			{"the one between: what is behind it is of no use", [3]int{0, 10, 0}, 34, TCP},
			{"the first", [3]int{4, 40, 40}, 0, TCP},
			{"the header", [3]int{8, 0, 0}, 0, Malformed},
			{"everything behind the IP header", [3]int{24, 40, 56}, 0, Malformed},
		} {
			f := newFeeder()
			f.d.KeepPieces(true)
			kind := Fragment
			for i, m := range plain(v6, 40000, string(payload)).fragments(7, cut{0, 24}, cut{24, 64}, cut{64, 120}) {
				p := f.packet(m.frame().b)
				p.Data = p.Data[:len(p.Data)-c.cut[i]]
				kind = f.d.Decode(&p, &f.s)
			}
			if kind != c.kind {
				t.Errorf("%s (IPv6 %v): %v, want %v", c.name, v6, kind, c.kind)
				continue
			}
			if kind == TCP && (int(f.s.Length) != n || !bytes.Equal(f.s.Payload, payload[:c.have])) {
				t.Errorf("%s (IPv6 %v): %d of %d, want %d", c.name, v6, len(f.s.Payload), f.s.Length, c.have)
			}
			if pieces := f.d.Pieces(); len(pieces) != 3 || pieces[0].Length != 24 || pieces[1].Offset != 24 || pieces[2].Length != 56 {
				t.Errorf("%s: %v", c.name, pieces)
			}
		}
	}
}

// Pieces names the packets of a datagram in order of offset.
func TestPieces(t *testing.T) {
	f := newFeeder()
	m := plain(false, 40000, random(rand.New(rand.NewPCG(1, 1)), 100))
	parts := m.fragments(7, cut{64, 120}, cut{0, 64})
	decode := func() {
		for _, p := range parts {
			f.decode(p)
		}
	}
	decode()
	if got := f.d.Pieces(); len(got) != 0 {
		t.Errorf("not asked for: %v", got)
	}
	f.d.KeepPieces(true)
	f.now += copiesWithin
	decode()
	got := f.d.Pieces()
	if len(got) != 2 || got[0].Ref.Number() != 4 || got[0].Offset != 0 || got[1].Ref.Number() != 3 || got[1].Offset != 64 {
		t.Fatalf("%+v", got)
	}
	for _, p := range got {
		if want := m.b[ipv4Header+p.Offset:][:p.Length]; !bytes.Equal(p.Data, want) {
			t.Errorf("at %d: % x, want % x", p.Offset, p.Data, want)
		}
	}
	f.decode(plain(false, 1, ""))
	if got := f.d.Pieces(); len(got) != 0 {
		t.Errorf("of a packet without fragments: %v", got)
	}
}
