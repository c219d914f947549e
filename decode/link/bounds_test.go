package link

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"
	"time"

	"wstap/capture/packet"
)

// firsts returns a maker of first fragments, each of another datagram, with a
// payload of size bytes.
func firsts(size int) func(i int) made {
	m := plain(false, 40000, string(make([]byte, max(0, size+8-tcpHeader)))).fragments(1, cut{0, size})[0]
	return func(i int) made {
		binary.BigEndian.PutUint16(m.b[4:], uint16(i))
		binary.BigEndian.PutUint16(m.b[12:], uint16(i>>16))
		return m
	}
}

// A flood of first fragments takes the table that is there, and grows nothing; what
// it pushes out is counted, and a datagram that comes in one piece after the other
// passes through.
func TestFragmentFlood(t *testing.T) {
	f := newFeeder()
	next := firsts(64)
	i := 0
	frame := next(0).frame().b
	p := packet.Packet{Link: packet.LinkEthernet, Data: frame, OrigLen: uint32(len(frame))}
	flood := func() {
		copy(frame[ethernetHeader:], next(i).b)
		p.Time = f.now + int64(i)*1000
		if k := f.d.Decode(&p, &f.s); k != Fragment {
			t.Fatal(k)
		}
		i++
	}
	for range 3 * maxDatagrams {
		flood()
	}
	if n := testing.AllocsPerRun(50_000, flood); n != 0 {
		t.Errorf("%v allocations per fragment", n)
	}
	c := f.d.Counters()
	if want := uint64(i - maxDatagrams); c.FragmentedDatagrams != want || c.FragmentsWaiting != maxDatagrams || c.FragmentBytes != 0 {
		t.Errorf("%+v of %d", c, i)
	}
	f.now += int64(i) * 1000
	for k, m := range plain(true, 40000, string(make([]byte, 100))).fragments(7, cut{0, 64}, cut{64, 120}) {
		if got := f.decode(m); (got == TCP) != (k == 1) {
			t.Errorf("part %d of a datagram: %v", k, got)
		}
	}
}

// Large fragments are bounded by their bytes; the memory of what is given up is
// used again.
func TestFragmentBytesBounded(t *testing.T) {
	f := newFeeder()
	for _, size := range []int{60000, 8000, 1480, 8, 60000} {
		next := firsts(size)
		for i := range 3 * maxFragmentBytes / max(size, 4096) {
			f.now -= int64(time.Millisecond) // all at once
			if k := f.decode(next(i)); k != Fragment {
				t.Fatal(k)
			}
		}
		p := &f.d.fragments.blockPool
		if len(p.blocks) > maxBlocks || len(p.slabs) > maxBlocks/slabBlocks {
			t.Fatalf("%d blocks in %d slabs, the limit is %d", len(p.blocks), len(p.slabs), maxBlocks)
		}
	}
	c := f.d.Counters()
	if c.FragmentBytes == 0 {
		t.Errorf("%+v", c)
	}
	f.now += 2 * fragmentWait
	f.decode(firsts(8)(1))
	if p := &f.d.fragments.blockPool; p.count != len(p.blocks)-1 {
		t.Errorf("%d of %d blocks are free after all has expired but one", p.count, len(p.blocks))
	}
}

func TestFragmentsOfDatagramBounded(t *testing.T) {
	for _, n := range []int{maxFragments, maxFragments + 1} {
		f := newFeeder()
		kind := Fragment
		for _, m := range plain(false, 40000, string(make([]byte, 8*n-tcpHeader))).fragments(7, evenly(8*n, 8)...) {
			kind = f.decode(m)
		}
		over := n > maxFragments
		if c := f.d.Counters(); (kind == TCP) == over || (c.FragmentsOfDatagram == 1) != over || c.FragmentsWaiting != 0 {
			t.Errorf("%d fragments: %v, %+v", n, kind, c)
		}
	}
}

// The rest of a datagram is waited for as long as hosts do, whatever the clock of
// one packet said.
func TestFragmentsExpire(t *testing.T) {
	parts := plain(false, 40000, string(make([]byte, 100))).fragments(7, cut{0, 64}, cut{64, 120})
	for _, c := range []struct {
		name string
		wait int64
		kind Kind
	}{
		{"in time", int64(29 * time.Second), TCP},
		{"too late", int64(31 * time.Second), Fragment},
		{"an hour before", -int64(time.Hour), Fragment},
	} {
		f := newFeeder()
		f.now = int64(100 * time.Hour)
		f.decode(parts[0])
		f.now += c.wait
		if k := f.decode(parts[1]); k != c.kind || (f.d.Counters().FragmentsExpired == 1) != (k == Fragment) {
			t.Errorf("%s: %v, %+v", c.name, k, f.d.Counters())
		}
	}
}

// Copies of fragments that come when the datagram is complete make no other, and
// the identification may be used again soon after.
func TestFragmentsAgain(t *testing.T) {
	parts := plain(false, 40000, string(make([]byte, 100))).fragments(7, cut{0, 64}, cut{64, 120})
	f := newFeeder()
	for i, want := range []Kind{Fragment, TCP, Fragment, Fragment} {
		if k := f.decode(parts[i%2]); k != want {
			t.Errorf("packet %d: %v, want %v", i, k, want)
		}
	}
	if c := f.d.Counters(); c != (Counters{}) {
		t.Errorf("%+v", c)
	}
	f.now += copiesWithin
	for i, want := range []Kind{Fragment, TCP} {
		if k := f.decode(parts[i]); k != want {
			t.Errorf("packet %d of the next: %v, want %v", i, k, want)
		}
	}
}

// A sender may give all datagrams the same identification: they are told from copies
// by what they hold, in any order, and their copies are copies all the same.
func TestFragmentsOfOneIdentification(t *testing.T) {
	f := newFeeder()
	for i := range 20 {
		data := bytes.Repeat([]byte{byte(i)}, 100)
		parts := plain(i%2 > 0, 40000, string(data)).fragments(1, cut{0, 64}, cut{64, 120})
		slices.SortFunc(parts, func(made, made) int { return 1 - i&2 })
		for k, want := range []Kind{Fragment, TCP, Fragment, Fragment} {
			if got := f.decode(parts[k%2]); got != want || want == TCP && !bytes.Equal(f.s.Payload, data) {
				t.Errorf("datagram %d, packet %d: %v, want %v", i, k, got, want)
			}
		}
	}
	if c := f.d.Counters(); c != (Counters{}) {
		t.Errorf("%+v", c)
	}
}

// Fragments of a tunnel that carries fragments are put together twice.
func TestFragmentsInFragments(t *testing.T) {
	f := newFeeder()
	payload := string(bytes.Repeat([]byte("0123456789"), 200))
	m := plain(true, 40000, payload)
	want := []string{"vxlan 42"}
	sent, last := 0, NotTCP
	for i, inner := range m.fragments(9, evenly(m.payloadLength(), 800)...) {
		outer, _ := vxlanWrapper(portVXLAN, 8).around(inner, 42, false)
		for _, p := range outer.fragments(uint32(i), evenly(outer.payloadLength(), 200)...) {
			if last == TCP {
				t.Fatal("complete before the last packet")
			}
			last = f.decode(p)
			sent++
		}
	}
	if last != TCP || string(f.s.Payload) != payload || f.d.Carrier(f.s.Carrier)[0] != want[0] || f.d.Counters() != (Counters{}) {
		t.Errorf("after %d packets: %v, %d bytes, %+v", sent, last, len(f.s.Payload), f.d.Counters())
	}
}

// Segments of a batch stay what they are until its Memory is used again, and the
// Memory does not keep more than it needs.
func TestMemory(t *testing.T) {
	f := newFeeder()
	memories := []Memory{{}, {}}
	var kept []Segment
	for i := range 40 {
		if i%20 == 0 {
			f.d.Use(&memories[i/20])
		}
		m := plain(false, uint16(i), string(bytes.Repeat([]byte{byte(i)}, 60000)))
		for _, p := range m.fragments(uint32(i), evenly(m.payloadLength(), 1480)...) {
			f.decode(p)
		}
		kept = append(kept, f.s)
	}
	for i, s := range kept {
		if len(s.Payload) != 60000 || bytes.Count(s.Payload, []byte{byte(i)}) != 60000 {
			t.Errorf("segment %d has changed", i)
		}
	}
	for range 4 * keptChunks {
		memories[0].take(maxDatagram)
	}
	memories[0].Reset()
	if n := len(memories[0].chunks); n != keptChunks {
		t.Errorf("%d chunks kept", n)
	}
}

// Datagrams that come one after the other cost no allocation each.
func TestFragmentsAllocateNothing(t *testing.T) {
	f := newFeeder()
	m := plain(false, 40000, string(make([]byte, 3000)))
	var packets []packet.Packet
	for _, p := range m.fragments(7, evenly(m.payloadLength(), 1480)...) {
		packets = append(packets, f.packet(p.frame().b))
	}
	var memory Memory
	complete := 0
	round := func() {
		f.d.Use(&memory)
		for i := range packets {
			packets[i].Time += int64(time.Second)
			if f.d.Decode(&packets[i], &f.s) == TCP {
				complete++
			}
		}
	}
	round()
	if n := testing.AllocsPerRun(100, round); n != 0 || complete != 102 {
		t.Errorf("%v allocations, %d of 102 complete", n, complete)
	}
}
