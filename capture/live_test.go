package capture

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"wstap/capture/packet"
)

// play is a tap that gives what it was told to, when it was told to.
type play struct {
	name    string
	reads   []playRead
	counts  []tapStats // in turn, the last one for ever
	wait    time.Duration
	endless bool // another idleWait follows the last read, instead of the end
}

// playRead is what one read gives after a delay.
type playRead struct {
	after time.Duration
	times []int64 // of the packets
	err   error
}

var errUnplugged = errors.New("unplugged")

func (p *play) read(b *batch) error {
	if len(p.reads) == 0 {
		if !p.endless {
			return errUnplugged
		}
		time.Sleep(idleWait)
		return nil
	}
	r := &p.reads[0]
	if r.after > p.wait+idleWait {
		time.Sleep(idleWait)
		p.wait += idleWait
		return nil
	}
	time.Sleep(r.after - p.wait)
	for i, t := range r.times {
		b.data[i] = byte(t)
		b.packets = append(b.packets, packet.Packet{Time: t, Data: b.data[i : i+1], OrigLen: 1})
	}
	err := r.err
	p.reads, p.wait = p.reads[1:], 0
	return err
}

func (p *play) stats() (tapStats, error) {
	if len(p.counts) == 0 {
		return tapStats{}, errors.New("none")
	}
	c := p.counts[0]
	if len(p.counts) > 1 {
		p.counts = p.counts[1:]
	}
	return c, nil
}

func (p *play) up() bool                { return true }
func (p *play) describe() LiveInterface { return LiveInterface{Name: p.name} }
func (p *play) close()                  {}

func listen(t *testing.T, plays ...*play) *Live {
	t.Helper()
	var taps []tap
	for _, p := range plays {
		taps = append(taps, p)
	}
	l, err := newLive(taps, LiveOptions{SnapLen: 64})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// drainLive reads to the end: what it gave, and after what time each packet.
func drainLive(l *Live) (times []int64, when []time.Duration, missed []packet.Missed) {
	begin := time.Now()
	for b := new(packet.Block); l.Next(b) != io.EOF; {
		for i := range b.Packets {
			times, when = append(times, b.Packets[i].Time), append(when, time.Since(begin))
		}
		missed = append(missed, b.Missed...)
	}
	return times, when, missed
}

// TestLiveMerge reads two interfaces whose packets come late by up to readTimeout.
func TestLiveMerge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const ms = time.Millisecond
		l := listen(t,
			&play{name: "a", reads: []playRead{{20 * ms, []int64{1, 3, 5, 7}, nil}, {20 * ms, []int64{22, 24}, nil}, {500 * ms, nil, nil}}},
			&play{name: "b", reads: []playRead{{30 * ms, []int64{2, 4, 6}, nil}, {25 * ms, []int64{23, 30}, nil}, {500 * ms, nil, nil}}})
		got, _, _ := drainLive(l)
		if want := []int64{1, 2, 3, 4, 5, 6, 7, 22, 23, 24, 30}; !slices.Equal(got, want) {
			t.Errorf("came in the order %v", got)
		}
		if n := l.Stats().Late; n != 0 {
			t.Errorf("%d late", n)
		}
	})
}

// TestLiveMergeIdle has an interface on which nothing comes: it holds the other back for
// the window and no longer.
func TestLiveMergeIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const ms = time.Millisecond
		l := listen(t,
			&play{name: "busy", reads: []playRead{{10 * ms, []int64{1}, nil}, {100 * ms, []int64{2}, nil}, {300 * ms, nil, nil}}},
			&play{name: "idle", reads: []playRead{{600 * ms, nil, nil}}})
		got, when, _ := drainLive(l)
		if !slices.Equal(got, []int64{1, 2}) {
			t.Fatalf("came: %v", got)
		}
		if want := []time.Duration{10*ms + mergeWindow, 110*ms + mergeWindow}; !slices.Equal(when, want) {
			t.Errorf("came after %v, want %v", when, want)
		}
	})
}

// TestLiveMergeLate counts what comes behind the window, and gives it all the same.
func TestLiveMergeLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := listen(t,
			&play{name: "a", reads: []playRead{{0, []int64{100}, nil}, {time.Second, nil, nil}}},
			&play{name: "b", reads: []playRead{{2 * mergeWindow, []int64{50}, nil}, {time.Second, nil, nil}}})
		got, _, _ := drainLive(l)
		if n := l.Stats().Late; !slices.Equal(got, []int64{100, 50}) || n != 1 {
			t.Errorf("came %v, %d of them late", got, n)
		}
	})
}

// TestLiveOneGoes takes one of two interfaces away: the other goes on.
func TestLiveOneGoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const ms = time.Millisecond
		l := listen(t,
			&play{name: "a", reads: []playRead{{ms, []int64{1}, errUnplugged}}},
			&play{name: "b", reads: []playRead{{2 * ms, []int64{2}, nil}, {100 * ms, []int64{3}, nil}}})
		b := new(packet.Block)
		var got []int64
		for len(got) < 3 {
			if err := l.Next(b); err != nil {
				t.Fatal(err)
			}
			for _, p := range b.Packets {
				got = append(got, p.Time)
				if int(p.Interface) != min(int(p.Time)-1, 1) || p.Ref != packet.NewRef(0, uint64(p.Time)) {
					t.Errorf("packet %d: interface %d, number %d", p.Time, p.Interface, p.Ref.Number())
				}
			}
			if len(got) == 2 && len(l.Problems()) != 1 {
				t.Error("nobody heard that an interface went")
			}
		}
		if err := l.Next(b); err != io.EOF || !slices.Equal(got, []int64{1, 2, 3}) {
			t.Errorf("came %v, then %v", got, err)
		}
		want := []string{"interface a: unplugged", "interface b: unplugged"}
		if diff := cmp.Diff(want, texts(l.Problems())); diff != "" {
			t.Errorf("problems (-want +got):\n%s", diff)
		}
	})
}

func texts(list []error) (out []string) {
	for _, err := range list {
		out = append(out, err.Error())
	}
	return out
}

// TestLiveValidity keeps as many blocks as may be kept.
func TestLiveValidity(t *testing.T) {
	for n := 1; n <= 2; n++ {
		t.Run(fmt.Sprintf("%d interfaces", n), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var plays []*play
				for i := range n {
					p := &play{name: fmt.Sprint(i)}
					for j := range 10 * LiveAhead {
						p.reads = append(p.reads, playRead{time.Millisecond, []int64{int64(n*j + i)}, nil})
					}
					plays = append(plays, p)
				}
				l := listen(t, plays...)
				var blocks [LiveAhead]packet.Block
				seen := 0
				for i := 0; ; i++ {
					err := l.Next(&blocks[i%LiveAhead])
					for j := range blocks {
						for _, p := range blocks[j].Packets {
							if p.Data[0] != byte(p.Time) {
								t.Fatalf("call %d: packet %d was overwritten", i, p.Time)
							}
						}
					}
					if seen += len(blocks[i%LiveAhead].Packets); err != nil {
						break
					}
				}
				if seen != 10*n*LiveAhead {
					t.Errorf("%d packets", seen)
				}
			})
		})
	}
}

// TestLiveMissed says when packets were dropped, and not before the packets until then
// were given: they wait in the kernel's buffer.
func TestLiveMissed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now().UnixNano()
		at := func(ms int64) int64 { return begin + ms*1e6 }
		const ms = time.Millisecond
		l := listen(t, &play{name: "a",
			reads: []playRead{
				{50 * ms, []int64{at(40)}, nil},
				{50 * ms, []int64{at(60)}, nil},   // looks at 100 ms: 3 were dropped
				{10 * ms, []int64{at(90)}, nil},   // still from before
				{10 * ms, []int64{at(110)}, nil},  // the first behind
				{100 * ms, []int64{at(120)}, nil}, // looks at 220 ms: the counter wrapped
				{10 * ms, nil, nil},               // nothing is left
			},
			counts: []tapStats{{10, 3, 0}, {20, 2, 1}},
		})
		// Of what came before the counters wrap, 3 were dropped; 2^32-1 follow.
		type given struct {
			Packets []int64
			Missed  []packet.Missed
		}
		var got []given
		for b := new(packet.Block); l.Next(b) == nil; {
			g := given{Missed: append([]packet.Missed(nil), b.Missed...)}
			for _, p := range b.Packets {
				g.Packets = append(g.Packets, (p.Time-begin)/1e6)
			}
			if len(g.Packets)+len(g.Missed) > 0 {
				got = append(got, g)
			}
		}
		want := []given{
			{Packets: []int64{40}},
			{Packets: []int64{60}},
			{Packets: []int64{90}},
			{Packets: []int64{110}, Missed: []packet.Missed{{From: at(0), To: at(100), Packets: 3}}},
			{Packets: []int64{120}},
			{Missed: []packet.Missed{{From: at(100), To: at(220), Packets: 1<<32 - 1 + 1}}},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("given (-want +got):\n%s", diff)
		}
		s := l.Stats()
		if s.Dropped != 3+1<<32-1 || s.DroppedByInterface != 1 || s.Received != 20 || s.Captured != 5 {
			t.Errorf("counts: %+v", s)
		}
	})
}

// TestMissedBounded has more spans than are kept: none of the packets is forgotten.
func TestMissedBounded(t *testing.T) {
	var d drops
	m := &merger{sources: make([]mergeSource, 1), latest: -1}
	for i := range uint32(1000) {
		d.look(int64(i), int64(i+1), tapStats{dropped: i + 1})
		m.arrive(arrival{missed: d.take()})
	}
	b := &packet.Block{Packets: make([]packet.Packet, 1)}
	if m.giveMissed(b); len(b.Missed) != 0 {
		t.Errorf("given before its packets: %v", b.Missed)
	}
	b.Reset()
	m.giveMissed(b)
	list, total := b.Missed, uint64(0)
	for i, m := range list {
		total += m.Packets
		if i > 0 && m.From != list[i-1].To {
			t.Errorf("span %d begins at %d, behind %d", i, m.From, list[i-1].To)
		}
	}
	if len(list) != maxMissed || total != 1000 || list[len(list)-1].To != 1000 {
		t.Errorf("%d spans, %d packets, until %d", len(list), total, list[len(list)-1].To)
	}
}

// TestLiveClose closes while another goroutine waits for packets.
func TestLiveClose(t *testing.T) {
	for n := 1; n <= 2; n++ {
		var plays []*play
		for range n {
			plays = append(plays, &play{endless: true})
		}
		l := listen(t, plays...)
		ended := make(chan error)
		go func() {
			for b := new(packet.Block); ; {
				if err := l.Next(b); err != nil {
					ended <- err
					return
				}
			}
		}()
		time.Sleep(idleWait / 2)
		begin := time.Now()
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		select {
		case err := <-ended:
			if err != io.EOF || len(l.Problems()) != 0 {
				t.Errorf("%d interfaces: ended with %v, problems %v", n, err, l.Problems())
			}
		case <-time.After(10 * time.Second):
			t.Fatalf("%d interfaces: Next hangs", n)
		}
		if took := time.Since(begin); took > 20*idleWait {
			t.Errorf("%d interfaces: closing took %v", n, took)
		}
		if err := l.Close(); err != nil {
			t.Errorf("closed again: %v", err)
		}
	}
}

// steady is a tap with packets at any time.
type steady struct{ play }

func (s *steady) read(b *batch) error {
	for i := range 1000 {
		b.packets = append(b.packets, packet.Packet{Time: int64(i), Data: b.data[i : i+1], OrigLen: 1})
	}
	return nil
}

func TestLiveAllocatesNothing(t *testing.T) {
	l, err := newLive([]tap{&steady{}}, LiveOptions{SnapLen: 64})
	if err != nil {
		t.Fatal(err)
	}
	var blocks [LiveAhead]packet.Block
	i := 0
	next := func() {
		if err := l.Next(&blocks[i%LiveAhead]); err != nil || len(blocks[i%LiveAhead].Packets) != 1000 {
			t.Fatal(err)
		}
		i++
	}
	for range 3 * LiveAhead {
		next()
	}
	if n := testing.AllocsPerRun(100, next); n > 0 {
		t.Errorf("%v allocations for 1000 packets", n)
	}
}

// TestOpenLiveRefuses has what is wrong before any interface is opened.
func TestOpenLiveRefuses(t *testing.T) {
	_, err := OpenLive([]string{"lo"}, LiveOptions{Filter: "host example.com"})
	want := ErrFilter
	if !WithLive {
		want = ErrNotSupported
	}
	if !errors.Is(err, want) {
		t.Errorf("a name to look up: %v", err)
	}
	if _, err := OpenLive(nil, LiveOptions{}); err == nil {
		t.Error("no interface is no error")
	}
}

// TestInterfaces finds the loopback interface, which every machine has.
func TestInterfaces(t *testing.T) {
	list, err := Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range list {
		if i.Loopback && i.Name != "" {
			return
		}
	}
	t.Errorf("no loopback interface among %+v", list)
}
