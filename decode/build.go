package decode

import (
	"strings"

	"wstap/decode/tcp"
	"wstap/decode/websocket"
)

// record is an Attempt with all that it can point to, in one piece of memory.
type record struct {
	Attempt
	http      HTTP
	websocket WebSocket
	frames    Frames
	messages  Pair
	bytes     Pair
	complete  bool
	tcp       TCP
	timing    Timing
	packets   Packets
	capture   Capture
	ms        [6]float64
	nms       int
}

// milliseconds keeps a time given in nanoseconds and returns where.
func (r *record) milliseconds(ns int64) *float64 {
	p := &r.ms[r.nms]
	r.nms++
	*p = float64(ns) / 1e6
	return p
}

// finish makes a row of an attempt. e is the end of its connection, nil when that
// goes on.
func (d *Decoder) finish(s *session, a *attempt, e *tcp.Event) {
	o := d.outcome(s, a, e)
	if !o.shown() {
		return
	}
	o.request.parse(a.request, true)
	o.response.parse(a.response, false)
	if key, ok := o.request.Get("Sec-WebSocket-Key"); ok && o.request.ok {
		o.expected = websocket.AcceptFor(string(key))
	}
	client, server := o.c.Addr(o.client), o.c.Addr(o.server)
	r := new(record)
	r.Carrier = a.carrier
	if wraps := d.link.Carrier(o.c.Carrier()); len(wraps) > 0 {
		r.Carrier = append(append([]string(nil), wraps...), a.carrier...)
	}
	r.Verdict = o.verdict()
	r.Ending = o.ending(r.Verdict)
	begin := a.first.time
	if a.whole {
		begin, _ = o.c.First()
	}
	d.identify(&r.Attempt, client, server, begin)
	o.buildHTTP(r)
	if !a.connect {
		o.buildWebSocket(r)
	}
	r.Close = o.buildClose()
	o.buildTCP(r)
	o.buildTiming(r)
	d.name(&r.Attempt, &r.packets, o.refs())
	gaps, lost := o.c.Gaps()
	r.capture = Capture{
		Midstream: o.c.Midstream(), OneSided: o.oneSided(), Gaps: uint64(gaps), LostBytes: lost, Truncated: o.c.Truncated(),
	}
	r.Capture = &r.capture
	if a.connect {
		d.failed(waiting{row: &r.Attempt, host: strings.ToLower(r.http.URI)})
		return
	}
	d.learn(server, r.http.Host)
	d.emit(&r.Attempt)
}

func (o *outcome) buildTCP(r *record) {
	r.tcp = TCP{
		Retransmissions: Pair{Client: uint64(o.c.Retransmissions(o.client)), Server: uint64(o.c.Retransmissions(o.server))},
		Duplicates:      uint64(o.c.Duplicates()),
		OutOfOrder:      uint64(o.c.OutOfOrder()),
		ZeroWindows:     uint64(o.c.ZeroWindows()),
		SYNCount:        uint64(o.c.SYNs()),
	}
	if d, ok := o.c.FirstFIN(); ok {
		r.tcp.FirstFIN = sideName(o.s.side(d))
	}
	if d, ok := o.c.FirstRST(); ok {
		r.tcp.FirstRST = sideName(o.s.side(d))
	}
	r.TCP = &r.tcp
}

func (o *outcome) buildTiming(r *record) {
	a, t := o.a, &r.timing
	r.Timing = t
	if syn, ref := o.c.SYN(); a.whole && ref != 0 && o.c.SYNAckTime() >= syn {
		t.ConnectMS = r.milliseconds(o.c.SYNAckTime() - syn)
	}
	if a.requestAt != 0 && a.responseAt >= a.requestAt && a.status != 0 {
		t.AnswerMS = r.milliseconds(a.responseAt - a.requestAt)
	}
	last, _ := o.c.Last()
	if end, ref := o.c.Ended(); o.closed() && ref != 0 {
		last = end
		if o.opened() && end >= o.s.lastData {
			t.IdleBeforeEndMS = r.milliseconds(end - o.s.lastData)
		}
	}
	if a.status != 101 {
		return
	}
	if a.firstFrameAt >= a.responseAt {
		t.FirstFrameMS = r.milliseconds(a.firstFrameAt - a.responseAt)
	}
	if last >= a.responseAt {
		t.OpenMS = r.milliseconds(last - a.responseAt)
	}
}

// unreached handles a connect that carried no data.
func (d *Decoder) unreached(f *tcp.Failed) {
	d.summary.Connections++
	r := new(record)
	r.Verdict, r.Ending = VerdictUnreached, EndingNone
	if f.Kind == tcp.Unanswered && f.SYNs < 2 && d.lastTime-f.Time < connectRetry {
		r.Verdict = VerdictIncomplete // the answer may have come after the capture
	}
	r.Carrier = d.link.Carrier(f.Carrier)
	r.tcp.SYNCount = uint64(f.SYNs)
	r.capture.OneSided = f.Kind == tcp.Unanswered
	r.TCP, r.Timing, r.Capture = &r.tcp, &r.timing, &r.capture
	d.identify(&r.Attempt, f.Client, f.Server, f.Time)
	if f.Kind != tcp.Unanswered {
		r.timing.ConnectMS = r.milliseconds(f.AnswerTime - f.Time)
	}
	if f.Kind == tcp.Refused || f.ServerRST {
		r.tcp.FirstRST = "server"
	} else if f.Kind == tcp.Cut {
		r.tcp.FirstFIN = "server"
	}
	d.name(&r.Attempt, &r.packets, refs{first: f.SYN, syn: f.SYN, end: f.End, last: f.Last})
	d.failed(waiting{row: &r.Attempt, server: f.Server})
}
