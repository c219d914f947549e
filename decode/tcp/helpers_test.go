package tcp

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"wstap/capture/packet"
	"wstap/decode/link"
)

// step is one thing that happens in a test: a segment, time that passes, or a
// mark that tells in the events when it happened.
type step struct {
	from    byte // 'c' or 's'; 0 for a step that is no segment
	flags   uint8
	seq     int // relative: the SYN is 0, the first byte of data 1
	ack     int // relative; -1 for none
	data    string
	wire    int // bytes that snaplen cut off
	id      uint16
	print   uint32 // a fingerprint in place of id
	wait    int    // milliseconds since the step before, 1 when 0, none when negative
	window  uint16
	advance bool
	mark    string
	isn     uint32 // added to every number: another incarnation
	times   int
	carrier uint16
	to      uint32 // from here on it is another client
	ttl     uint8
	icmp    uint8 // the type of an ICMP error about this segment, in place of it
	code    uint8 // of that
}

// data sends a segment with ACK.
func data(from byte, seq, ack int, text string) step {
	return step{from: from, flags: link.ACK, seq: seq, ack: ack, data: text, window: 1000}
}

func c(seq, ack int, text string) step { return data('c', seq, ack, text) }
func s(seq, ack int, text string) step { return data('s', seq, ack, text) }

func (st step) with(flags uint8) step    { st.flags |= flags; return st }
func (st step) without(flags uint8) step { st.flags &^= flags; return st }
func (st step) after(ms int) step        { st.wait = ms; return st }
func (st step) atOnce() step             { st.wait = -1; return st }
func (st step) ipID(id uint16) step      { st.id = id; return st }
func (st step) weak(n uint32) step       { st.print = 1<<31 | n; return st }
func (st step) in(n uint16) step         { st.carrier = n; return st }
func (st step) cut(n int) step           { st.wire = n; return st }
func (st step) win(n uint16) step        { st.window = n; return st }
func (st step) again(n int) step         { st.times = n; return st }
func (st step) other(isn uint32) step    { st.isn = isn; return st }

// unreachable is an ICMP error, type 3, about the segment.
func (st step) unreachable(code uint8) step {
	st.icmp, st.code = link.ICMPUnreachable, code
	return st
}

func (st step) hops(ttl uint8) step { st.ttl = ttl; return st }
func (st step) fin() step           { return st.with(link.FIN) }
func (st step) rst() step           { return st.with(link.RST) }
func (st step) bareRST() step       { return st.with(link.RST).without(link.ACK) }

var (
	syn    = step{from: 'c', flags: link.SYN, ack: -1, window: 1000}
	synAck = step{from: 's', flags: link.SYN | link.ACK, ack: 1, window: 1000}
	ack    = c(1, 1, "")
	here   = step{mark: "|"}
)

// opened is a handshake followed by steps.
func opened(steps ...step) []step { return slices.Concat([]step{syn, synAck, ack}, steps) }

// pass lets ms go by without packets.
func pass(ms int) step { return step{advance: true, wait: ms} }

// world is how a run of steps appears on the wire: facts must not depend on it.
type world struct {
	isn    [2]uint32 // of client and server
	client link.Dir
	key    uint64
}

var worlds = []world{
	{isn: [2]uint32{1000, 5000}, client: link.FromA, key: 1},
	{isn: [2]uint32{0xfffffffc, 0xfffffffe}, client: link.FromB, key: 2},
	{isn: [2]uint32{0x7ffffffd, 0}, client: link.FromA, key: 3},
	{isn: [2]uint32{0xffffffff, 0x80000000}, client: link.FromB, key: 4},
}

// run is a Table fed with steps, and what it said.
type run struct {
	table *Table
	world world
	now   int64
	n     uint64
	flow  link.Flow
	hash  uint64
	text  []string
	ended []Conn // at their End
	fails []Failed
	drop  func(e *Event) bool
}

func newRun(w world, l Limits) *run {
	r := &run{table: NewTable(l, testSniff), world: w, now: int64(time.Hour)}
	r.to(1)
	return r
}

// testSniff keeps everything but what says that it is something else.
func testSniff(b []byte, start bool) Class {
	switch {
	case strings.HasPrefix(string(b), "\x16"):
		return TLS
	case strings.HasPrefix(string(b), "junk"), strings.HasPrefix(string(b), "?") && !start:
		return Ignore
	}
	return Keep
}

// to makes the steps that follow those of another pair of addresses.
func (r *run) to(n uint32) {
	const mapped = 0xffff << 32
	r.flow = link.Flow{ALo: mapped | 10<<24 | uint64(n), APort: 80, BLo: mapped | 11<<24, BPort: 9000}
	h := (uint64(n) + r.world.key) * 0x9e3779b97f4a7c15
	r.hash = (h ^ h>>29) * (r.world.key<<1 | 0xbf58476d1ce4e5b9)
}

// segment makes the segment of a step.
func (r *run) segment(st step) link.Segment {
	dir, me, peer := r.world.client, 0, 1
	if st.from == 's' {
		dir, me, peer = dir.Other(), 1, 0
	}
	r.n++
	seg := link.Segment{
		Flow: r.flow, Hash: r.hash, Time: r.now, Ref: packet.NewRef(0, r.n),
		Payload: []byte(st.data), Seq: r.world.isn[me] + st.isn + uint32(st.seq),
		Length: uint32(len(st.data) + st.wire), Window: st.window, Copy: uint32(st.id) | st.print, Carrier: st.carrier, Flags: st.flags, Dir: dir, TTL: st.ttl,
	}
	if st.flags&link.ACK != 0 {
		seg.Ack = r.world.isn[peer] + st.isn + uint32(st.ack)
	}
	return seg
}

func (r *run) do(steps ...step) {
	for _, st := range steps {
		if st.to != 0 {
			r.to(st.to)
			continue
		}
		for range max(st.times, 1) {
			if st.mark != "" {
				r.text = append(r.text, st.mark)
				continue
			}
			if st.wait >= 0 {
				r.now += int64(max(st.wait, 1)) * int64(time.Millisecond)
			}
			if st.advance {
				r.note(r.table.Advance(r.now))
				continue
			}
			seg := r.segment(st)
			if st.icmp != 0 {
				q := link.Quote{Flow: seg.Flow, Hash: seg.Hash, Seq: seg.Seq, Dir: seg.Dir}
				q.Time, q.Ref, q.Type, q.Code = seg.Time, seg.Ref, st.icmp, st.code
				r.note(r.table.ICMP(&q))
				continue
			}
			r.note(r.table.Push(&seg))
			for i := range seg.Payload {
				seg.Payload[i] = '!' // the reader's buffer is used again
			}
		}
	}
}

func (r *run) finish() {
	r.text = append(r.text, "finish")
	r.note(finished(r.table))
}

// finished returns all events of Table.Finish at once.
func finished(t *Table) (all []Event) {
	for events := range t.Finish() {
		all = append(all, events...)
	}
	return all
}

// note writes events down as words.
func (r *run) note(events []Event) {
	for i := range events {
		e := &events[i]
		if e.Kind == Unreached {
			r.fails = append(r.fails, *e.Failed)
			r.text = append(r.text, fmt.Sprintf("%s %d", failName[e.Failed.Kind], e.Failed.SYNs))
			continue
		}
		from := "c"
		if e.Dir != r.world.client {
			from = "s"
		}
		switch {
		case e.Kind == Data:
			r.text = append(r.text, from+" "+string(e.Data))
		case e.Kind == Gap && e.Truncated:
			r.text = append(r.text, fmt.Sprintf("%s truncated %d", from, e.Lost))
		case e.Kind == Gap:
			r.text = append(r.text, fmt.Sprintf("%s gap %d", from, e.Lost))
		case e.Kind == End:
			r.text = append(r.text, "end "+e.Reason.String())
			r.ended = append(r.ended, *r.table.Conn(e.Conn))
		}
		if r.drop != nil && r.drop(e) {
			r.table.Drop(e.Conn)
			return
		}
	}
}

var failName = map[FailKind]string{Refused: "refused", Unanswered: "unanswered", Cut: "cut", Unreachable: "unreachable"}

// scenario is a situation and what must be said of it, in every world.
type scenario struct {
	name  string
	steps []step
	want  string // events, divided by commas
	check func(t *testing.T, c *Conn, r *run)
}

func runAll(t *testing.T, scenarios []scenario) {
	t.Helper()
	for _, sc := range scenarios {
		t.Run(sc.name, func(t *testing.T) {
			for _, w := range worlds {
				r := newRun(w, DefaultLimits())
				r.do(sc.steps...)
				r.finish()
				if got := strings.Join(r.text, ", "); got != sc.want {
					t.Errorf("world %d:\n got %s\nwant %s", w.key, got, sc.want)
				}
				r.clean(t)
				if sc.check != nil {
					var conn *Conn
					if len(r.ended) > 0 {
						conn = &r.ended[0]
					}
					sc.check(t, conn, r)
				}
				if t.Failed() {
					return
				}
			}
		})
	}
}

// clean checks that a finished table holds nothing back.
func (r *run) clean(t *testing.T) {
	t.Helper()
	tab := r.table
	if tab.used != 0 || len(tab.freeHold) != len(tab.holds) {
		t.Errorf("%d bytes still held, %d of %d holds free", tab.used, len(tab.freeHold), len(tab.holds))
	}
	for i := range tab.holds {
		if q := &tab.holds[i]; q.active || q.bytes != 0 || len(q.segments) != 0 {
			t.Errorf("hold %d: active %v, %d bytes, %d segments", i, q.active, q.bytes, len(q.segments))
		}
	}
}

// equal checks one fact.
func equal[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// side returns the direction in which the client ('c') or server sends.
func (r *run) side(from byte) link.Dir {
	if from == 'c' {
		return r.world.client
	}
	return r.world.client.Other()
}
