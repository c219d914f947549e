package decode

import (
	"wstap/decode/link"
	"wstap/decode/tcp"
	"wstap/decode/websocket"
)

// Row is an Attempt that is decided and not yet put into words. Making the words
// takes longer than all the decoding before it and needs nothing of the Decoder,
// so that it can be done elsewhere.
type Row struct {
	outcome
	open    bool // the handshake was answered and its connection goes on
	n       int
	verdict Verdict
	ending  Ending
	failed  *tcp.Failed // of a connect that carried no data: there is no outcome
	lookup  *lookup     // of a name that was not found, as well
	name    *foundName  // by which the server was found, where no request names it
	instead *connected  // of a connect that failed: the one to another address that did not
	options *Options

	connection *Connection

	request  shownHead
	response shownHead
	expected string // Sec-WebSocket-Accept that answers the request's key, empty without
}

// Rows returns the rows that were made since it was last called, in output order.
func (d *Decoder) Rows() []*Row {
	rows := d.rows
	d.rows = nil
	return rows
}

// Take is Rows with the records made.
func (d *Decoder) Take() []*Attempt {
	rows := d.Rows()
	if len(rows) == 0 {
		return nil
	}
	out := make([]*Attempt, len(rows))
	for i, r := range rows {
		out[i] = r.Attempt()
	}
	return out
}

// Attempt returns the record. It may be called from any goroutine, by one at a
// time.
func (r *Row) Attempt() *Attempt {
	out := new(record)
	out.N, out.Verdict, out.Ending, out.Carrier = r.n, r.verdict, r.ending, r.carrier
	if r.lookup != nil {
		r.buildLookup(out)
		return &out.Attempt
	}
	if r.failed != nil {
		r.buildFailed(out)
		r.buildName(out)
		return &out.Attempt
	}
	a, o := r.a, &r.outcome
	r.request.parse(a.request, true)
	r.response.parse(a.response, false)
	if key, ok := r.request.Get("Sec-WebSocket-Key"); ok && r.request.ok {
		r.expected = websocket.AcceptFor(string(key))
	}
	if len(a.carrier) > 0 {
		out.Carrier = append(append([]string(nil), r.carrier...), a.carrier...)
	}
	begin := a.first.time
	if a.whole {
		begin, _ = o.conn.First()
	}
	identify(&out.Attempt, o.conn.Addr(o.client), o.conn.Addr(o.server), begin)
	r.buildHTTP(out)
	r.buildTLS(out)
	r.buildName(out)
	r.buildProxy(out)
	if !a.connect {
		r.buildWebSocket(out)
	}
	out.Close = o.buildClose()
	o.buildTCP(out)
	o.buildTiming(out)
	r.options.name(&out.Attempt, &out.packets, o.refs())
	gaps, lost := o.conn.Gaps()
	out.capture = Capture{
		Midstream: o.conn.Midstream(), OneSided: o.oneSided(), Gaps: uint64(gaps), LostBytes: lost,
		Truncated: o.conn.Truncated(), Dropped: o.dropped,
	}
	if o.unrecorded > 0 {
		out.capture.UnrecordedMS = out.milliseconds(o.unrecorded)
	}
	out.Capture = &out.capture
	if r.open {
		out.Kind, out.Timing.OpenMS = KindOpen, nil
	}
	return &out.Attempt
}

// buildFailed fills in a connect that carried no data.
func (r *Row) buildFailed(out *record) {
	f := r.failed
	out.tcp.SYNCount = uint64(f.SYNs)
	out.tcp.Refused = f.Kind == tcp.Refused
	out.capture.OneSided = f.Kind == tcp.Unanswered
	out.capture.Dropped = r.dropped
	if f.Missed > 0 {
		out.capture.Gaps, out.capture.LostBytes = 1, uint64(f.Missed)
	}
	if r.unrecorded > 0 {
		out.capture.UnrecordedMS = out.milliseconds(r.unrecorded)
	}
	out.TCP, out.Timing, out.Capture = &out.tcp, &out.timing, &out.capture
	identify(&out.Attempt, f.Client, f.Server, f.Time)
	if f.Kind != tcp.Unanswered {
		out.timing.ConnectMS = out.milliseconds(f.AnswerTime - f.Time)
	}
	if f.Kind == tcp.Cut && f.EndTime >= f.AnswerTime {
		out.timing.IdleBeforeEndMS = out.milliseconds(f.EndTime - f.AnswerTime)
	}
	if f.Kind == tcp.Refused || f.ServerRST {
		out.tcp.FirstRST, out.tcp.ClosedBy = "server", "server"
	} else if f.Kind == tcp.Cut {
		out.tcp.FirstFIN, out.tcp.ClosedBy = "server", "server"
	}
	if f.Kind == tcp.Refused {
		out.tcp.RSTTTL = f.TTL
	}
	if f.Kind == tcp.Unreachable {
		out.buildICMP(&f.ICMP)
	}
	if i := r.instead; i != nil {
		out.alternative = Alternative{Server: i.server.String(), MS: float64(i.time-f.Time) / 1e6, Packet: i.syn.Number()}
		out.tcp.Alternative = &out.alternative
	}
	r.options.name(&out.Attempt, &out.packets, r.failedRefs())
}

// failedRefs is refs of a connect that carried no data.
func (r *Row) failedRefs() refs {
	f := r.failed
	return refs{first: f.SYN, syn: f.SYN, end: f.End, icmp: f.ICMP.Ref, last: f.Last}
}

// side returns 0 for the client's direction and 1 for the server's.
func (o *outcome) side(d link.Dir) int { return int(d ^ o.client) }
