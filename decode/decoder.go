// Package decode puts the protocol layers on top of each other and makes one
// Attempt, the record that everything after it sees, of each WebSocket handshake
// in a stream of packets. It states facts and judges none of them: reasons are
// found by rules over its records.
package decode

import (
	"slices"

	"wstap/capture/packet"
	"wstap/decode/http1"
	"wstap/decode/link"
	"wstap/decode/tcp"
	"wstap/decode/tls"
	"wstap/decode/websocket"
)

// Connects says which failed connects become rows.
type Connects string

// The choices of Options.Connects.
const (
	ConnectsKnown Connects = "known" // those to an endpoint that is known to speak WebSocket
	ConnectsAll   Connects = "all"
	ConnectsNone  Connects = "none"
)

// Options says what a Decoder looks for. The zero value is usable.
type Options struct {
	Connects  Connects // empty for ConnectsKnown
	Endpoints []string // further known endpoints, each "HOST" or "HOST:PORT"; names are compared, never looked up
	Open      bool     // give a row of kind KindOpen when a handshake is answered
	Payload   bool     // look into messages: inflate them and check text for UTF-8
	// Connections: note for each row which packets and bytes are its connection's, see
	// Row.Connection and Decoder.Ended.
	Connections bool
	ManyFiles   bool // name the file of each packet in Attempt.Files
	FileName    func(i int) string
	Limits      tcp.Limits // the zero value for tcp.DefaultLimits
	Keys        tls.Keys   // what there is to decrypt TLS with
}

// group is how many segments' connections are touched before the first of them is
// pushed, so that the loads of several connections overlap.
const group = 32

// Decoder makes Attempts of packets. It is not safe for use by several
// goroutines at once.
type Decoder struct {
	options Options
	link    *link.Decoder
	table   *tcp.Table
	own     Batch // of Block
	kinds   [link.Kinds]uint64
	touched int64      // keeps the loads of table.Touch alive
	dropped tcp.ConnID // plus one, of the connection given up last; the events of one stand together

	sessions []*[sessionChunk]session // by tcp.ConnID
	scratch  websocket.Scratch
	event    websocket.Event
	request  http1.Head
	response http1.Head
	judged   [2]http1.Head // request and response of a 101

	endpoints   endpoints
	names       names
	races       races
	missed      missed
	rows        []*Row
	delayed     []delayed     // see announce
	nextDelayed int64         // when the first of them is due
	wakeup      int64         // when that, or a lookup, is due, or earlier
	ended       []*Connection // see Ended
	n           int
	summary     Summary
	bounded     boundCounters
	trackers    []*tls.Tracker // of TLS, and of TLS inside it
	tls         TLSCounts
	sealed      int // connections that are followed although there are no keys
	greetings   map[*session]greeting
	generation  uint64 // of Keys.Log, when it was last looked what it has for records that wait
	firstTime   int64
	lastTime    int64
	linked      link.Counters // as of the last batch: Link may be ahead
}

// boundCounters counts how often the bounds of this package bit.
type boundCounters struct {
	pipelined uint64
	heads     uint64
	waiting   uint64
	known     uint64

	waitingNames uint64
	waitingTLS   uint64
	tls          uint64
	sealed       uint64
}

// New returns a Decoder for o.
func New(o Options) *Decoder {
	if o.Connects == "" {
		o.Connects = ConnectsKnown
	}
	if o.Limits == (tcp.Limits{}) {
		o.Limits = tcp.DefaultLimits()
	}
	d := &Decoder{
		options:     o,
		endpoints:   newEndpoints(o.Endpoints),
		names:       newNames(),
		greetings:   make(map[*session]greeting),
		nextDelayed: never,
		wakeup:      never,
		summary:     Summary{Kind: "summary", V: recordVersion, Attempts: make(map[Verdict]int)},
	}
	d.table = tcp.NewTable(o.Limits, d.sniff)
	return d
}

// recordVersion is the version of Attempt and Summary.
const recordVersion = 1

// Batch is a run of packets taken apart down to their segments. It is filled by
// Link and used by Batch; the packets' data must stay valid until then.
type Batch struct {
	segments  []link.Segment
	names     []named              // DNS messages among them
	packets   []int                // with Options.Connections: the index of each segment's packet
	fragments []int                // and those of packets that are fragments
	pieces    map[int][]link.Piece // of segments, by their index, that came in fragments
	errors    []quoted
	missed    []packet.Missed
	datagrams link.Memory   // of segments that came in fragments
	link      link.Counters // up to here
	kinds     [link.Kinds]uint64
	firstTime int64
	lastTime  int64
}

// Block decodes packets. It keeps nothing of b.
func (d *Decoder) Block(b *packet.Block) {
	d.Link(b, &d.own)
	d.Batch(&d.own)
}

// Link takes packets apart: the first half of Block. It may run in another
// goroutine than the rest of a Decoder, as long as it runs in one only and its
// batches are used in order.
func (d *Decoder) Link(b *packet.Block, out *Batch) {
	out.kinds = [link.Kinds]uint64{}
	out.packets, out.fragments, out.errors, out.names = out.packets[:0], out.fragments[:0], out.errors[:0], out.names[:0]
	clear(out.pieces)
	out.missed = append(out.missed[:0], b.Missed...)
	out.segments = slices.Grow(out.segments[:0], len(b.Packets)+1)[:0]
	if len(b.Packets) == 0 {
		if d.link != nil {
			out.link = d.link.Counters()
		}
		return
	}
	if d.link == nil {
		d.link = link.New(hashKey(&b.Packets[0]))
		d.link.KeepPieces(d.options.Connections)
	}
	d.link.Use(&out.datagrams)
	out.firstTime, out.lastTime = b.Packets[0].Time, b.Packets[0].Time
	room := out.segments[:len(b.Packets)+1]
	n := 0
	for i := range b.Packets {
		p := &b.Packets[i]
		k := d.link.Decode(p, &room[n])
		out.kinds[k]++
		switch k {
		case link.TCP:
			n++
		case link.ICMP:
			out.errors = append(out.errors, quoted{d.link.Quote(), n, i})
		case link.DNS:
			out.names = append(out.names, named{before: n, packet: i, Segment: room[n]})
		default: // nothing that is followed
		}
		if d.options.Connections {
			out.note(d.link, k, i)
		}
		out.lastTime = max(out.lastTime, p.Time)
	}
	out.segments = room[:n]
	out.link = d.link.Counters()
}

// Batch decodes what Link made: the second half of Block.
func (d *Decoder) Batch(b *Batch) {
	for k, n := range b.kinds {
		d.kinds[k] += n
	}
	d.missed.add(b.missed)
	d.linked = b.link
	if d.firstTime == 0 {
		d.firstTime = b.firstTime
	}
	d.lastTime = max(d.lastTime, b.lastTime)
	asides := asides{b.errors, b.names}
	for done := 0; done < len(b.segments) || !asides.none(); {
		until := min(done+group, len(b.segments))
		if before, any := asides.before(); any {
			if before == done {
				d.aside(&asides)
				continue
			}
			until = min(until, before)
		}
		segments := b.segments[done:until]
		done = until
		for i := range segments {
			id, load, ok := d.table.Touch(&segments[i])
			d.touched += load
			if p := segments[i].Payload; len(p) > 0 {
				d.touched += int64(p[0])
			}
			if ok {
				d.touched += d.touch(id, segments[i].Dir)
			}
		}
		for i := range segments {
			if t := segments[i].Time; t >= d.wakeup {
				d.announceLate(t)
				d.sweepNames(t)
				d.wakeup = min(d.nextDelayed, d.names.sweep)
			}
			d.events(d.table.Push(&segments[i]))
		}
	}
	d.announceLate(b.lastTime) // what came last need not have been TCP
	d.sweepNames(b.lastTime)
}

// Advance tells that time has passed without packets, up to unixNano
// (nanoseconds since 1970-01-01 UTC), so that what ended long enough ago becomes
// a row.
func (d *Decoder) Advance(unixNano int64) {
	d.announceLate(unixNano)
	d.retry()
	d.events(d.table.Advance(unixNano))
	d.sweepNames(unixNano)
}

// Finish tells that the capture has ended: every open attempt becomes a row.
func (d *Decoder) Finish() {
	d.finishNames()
	for events := range d.table.Finish() {
		d.events(events)
	}
}

// events handles what the TCP layer gave.
func (d *Decoder) events(events []tcp.Event) {
	d.dropped = 0
	for i := range events {
		e := &events[i]
		if d.dropped == e.Conn+1 && e.Kind != tcp.Unreached {
			continue // the rest of a connection that was just given up
		}
		switch e.Kind {
		case tcp.Data:
			d.data(e)
		case tcp.Gap:
			d.gap(e)
		case tcp.End:
			d.end(e)
		case tcp.Unreached:
			d.unreached(e.Failed)
		}
	}
}

// emit makes a row.
func (d *Decoder) emit(r *Row) {
	d.n++
	r.n = d.n
	d.summary.Attempts[r.verdict]++
	d.rows = append(d.rows, r)
}
