package websocket

import (
	"fmt"
	"testing"
)

const second = int64(1e9)

func wantTrips(t *testing.T, p *Pings, shortest, median, longest int64) {
	t.Helper()
	a, b, c, ok := p.RoundTrips()
	if !ok || a != shortest || b != median || c != longest {
		t.Errorf("%d, %d, %d, %v; want %d, %d, %d", a, b, c, ok, shortest, median, longest)
	}
}

func TestPings(t *testing.T) {
	for _, c := range []struct {
		name  string
		do    func(*Pings)
		trips []int64 // shortest, median, longest; none: no round trip
	}{
		{"one", func(p *Pings) { p.Ping(0, []byte("a"), 10); p.Pong(1, []byte("a"), 25) }, []int64{15, 15, 15}},
		{"at the start of time", func(p *Pings) { p.Ping(0, nil, 0); p.Pong(1, nil, 7) }, []int64{7, 7, 7}},
		{"in no time", func(p *Pings) { p.Ping(1, nil, 5); p.Pong(0, nil, 5) }, []int64{0, 0, 0}},
		{"both ways", func(p *Pings) {
			p.Ping(0, []byte("a"), 10)
			p.Ping(1, []byte("a"), 11)
			p.Pong(0, []byte("a"), 12)
			p.Pong(1, []byte("a"), 20)
		}, []int64{1, 5, 10}},
		{"out of order", func(p *Pings) {
			p.Ping(0, []byte("a"), 1)
			p.Ping(0, []byte("b"), 2)
			p.Pong(1, []byte("b"), 4)
			p.Pong(1, []byte("a"), 6)
		}, []int64{2, 3, 5}},
		{"only the newest is answered (RFC 6455 section 5.5.3)", func(p *Pings) {
			for i := range 20 {
				p.Ping(0, []byte{byte(i)}, int64(i)*100)
			}
			p.Pong(1, []byte{19}, 1950)
		}, []int64{50, 50, 50}},
		{"same payload twice: the pong answers the newer", func(p *Pings) {
			p.Ping(0, nil, 100)
			p.Ping(0, nil, 200)
			p.Pong(1, nil, 230)
		}, []int64{30, 30, 30}},
		{"an unsolicited pong", func(p *Pings) { p.Pong(1, nil, 5) }, nil},
		{"a pong with another payload", func(p *Pings) { p.Ping(0, []byte("a"), 1); p.Pong(1, []byte("b"), 2) }, nil},
		{"a pong of the side that pinged", func(p *Pings) { p.Ping(0, []byte("a"), 1); p.Pong(0, []byte("a"), 2) }, nil},
		{"the same pong twice answers once", func(p *Pings) {
			p.Ping(0, []byte("a"), 1)
			p.Pong(1, []byte("a"), 3)
			p.Pong(1, []byte("a"), 900)
		}, []int64{2, 2, 2}},
		{"a pong that was captured before its ping", func(p *Pings) { p.Ping(0, []byte("a"), 9); p.Pong(1, []byte("a"), 8) }, nil},
		{"a ping that too many others followed", func(p *Pings) {
			for i := range outstanding + 1 {
				p.Ping(0, []byte{byte(i)}, int64(i))
			}
			p.Pong(1, []byte{0}, 100)
		}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := NewPings()
			c.do(p)
			if c.trips == nil {
				if _, _, _, ok := p.RoundTrips(); ok {
					t.Error("there is a round trip")
				}
				return
			}
			wantTrips(t, p, c.trips[0], c.trips[1], c.trips[2])
			p.Reset()
			if _, _, _, ok := p.RoundTrips(); ok {
				t.Error("Reset leaves a round trip")
			}
		})
	}
}

// A connection that is pinged for days keeps a bounded sample, and the extremes.
func TestPingsThinned(t *testing.T) {
	p := NewPings()
	const n = 100_000
	at := int64(0)
	for i := range n {
		payload := fmt.Append(nil, i)
		p.Ping(0, payload, at)
		trip := int64(i%1000) * 1e6 // 0 to 999 ms
		p.Pong(1, payload, at+trip)
		at += second
	}
	if len(p.times) >= roundTrips || cap(p.times) > 4*roundTrips {
		t.Errorf("%d kept in %d", len(p.times), cap(p.times))
	}
	shortest, median, longest, ok := p.RoundTrips()
	if !ok || shortest != 0 || longest != 999e6 {
		t.Errorf("%d to %d", shortest, longest)
	}
	if median < 300e6 || median > 700e6 {
		t.Errorf("median %d ms of evenly spread 0 to 999", median/1e6)
	}
}
