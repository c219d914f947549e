package decode

import (
	"net"
	"strconv"
	"strings"

	"wstap/decode/tcp"
)

// record is an Attempt with all that it can point to, in one piece of memory.
type record struct {
	Attempt
	http        HTTP
	websocket   WebSocket
	frames      Frames
	messages    Pair
	bytes       Pair
	complete    bool
	bodyBytes   uint64
	tcp         TCP
	icmp        ICMP
	peerTTL     PeerTTL
	stuck       Stuck
	alternative Alternative
	proxy       Proxy
	dns         DNS
	tcpBytes    Pair
	unacked     Pair
	sent        Pair
	sentAgain   Pair
	unponged    Pair
	timing      Timing
	packets     Packets
	capture     Capture
	tls         TLS
	alert       Alert
	certificate Certificate
	flags       [4]bool
	nflags      int
	ms          [12]float64
	nms         int
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
	if a.unannounced {
		d.announceNow(s, a)
	}
	row := &Row{}
	d.outcome(&row.outcome, s, a, e)
	o := &row.outcome
	if a.assumed && o.saidNothing() {
		a.assumed = false // the client did not wait, and there was nothing to wait for
	}
	if !o.shown() {
		return
	}
	for x := s.within; x != nil; x = x.outer.within {
		x.reported = true
	}
	row.verdict = o.verdict()
	row.ending = o.ending(row.verdict)
	row.options = &d.options
	if d.options.Connections {
		row.connection = d.connection(s)
		row.connection.rows = true
	}
	if a.connect {
		d.failed(waiting{row: row, host: strings.ToLower(a.target()), server: o.conn.Addr(o.server)})
		return
	}
	if a.tls {
		w := s.secured.waiting(o.conn.Addr(o.server))
		w.row, w.sealed = row, row.verdict == VerdictEncrypted
		d.failed(w)
		return
	}
	if a.request == nil && a.proxy == nil {
		begin := a.first.time
		if a.whole {
			begin, _ = o.conn.First()
		}
		row.name = d.names.nameOf(o.conn.Addr(o.client).Addr(), o.conn.Addr(o.server).Addr(), begin)
	}
	if a.headless {
		d.learn(o.conn.Addr(o.server), nil)
	}
	d.emit(row)
}

func (o *outcome) buildTCP(r *record) {
	r.tcp = TCP{
		Retransmissions: Pair{Client: uint64(o.conn.Retransmissions(o.client)), Server: uint64(o.conn.Retransmissions(o.server))},
		Duplicates:      uint64(o.conn.Duplicates()),
		OutOfOrder:      uint64(o.conn.OutOfOrder()),
		ZeroWindows:     uint64(o.conn.ZeroWindows()),
		SYNCount:        uint64(o.conn.SYNs()),
	}
	if d, ok := o.conn.FirstFIN(); ok && o.over {
		r.tcp.FirstFIN = sideName(o.side(d))
	}
	if d, ok := o.conn.FirstRST(); ok && o.over {
		r.tcp.FirstRST = sideName(o.side(d))
	}
	if d, ok := o.conn.EndedBy(); ok && o.over {
		r.tcp.ClosedBy = sideName(o.side(d))
	}
	o.buildRST(r)
	if o.icmp != nil {
		r.buildICMP(o.icmp)
	}
	o.buildAmounts(r)
	r.TCP = &r.tcp
}

// buildAmounts fills in how much was sent, as far as the capture shows both sides.
func (o *outcome) buildAmounts(r *record) {
	if o.oneSided() {
		return
	}
	client, ok := o.conn.Bytes(o.client)
	server, also := o.conn.Bytes(o.server)
	if ok && also {
		r.tcpBytes = Pair{Client: client, Server: server}
		r.tcp.Bytes = &r.tcpBytes
	}
	if t, ok := o.beforeAnswer(); ok {
		r.sent = Pair{Client: uint64(t.segments[o.client]), Server: uint64(t.segments[o.server])}
		r.sentAgain = Pair{Client: uint64(t.again[o.client]), Server: uint64(t.again[o.server])}
		r.tcp.SegmentsBeforeAnswer, r.tcp.RetransmissionsBeforeAnswer = &r.sent, &r.sentAgain
	}
	if !o.over || o.a.followed || o.reason == tcp.EndEvicted || o.tailMissed || o.dropped > 0 || o.unrecorded > 0 {
		return
	}
	fromClient, ok := o.conn.Unacked(o.client)
	fromServer, also := o.conn.Unacked(o.server)
	if ok && also {
		r.unacked = Pair{Client: uint64(fromClient), Server: uint64(fromServer)}
		r.tcp.Unacked = &r.unacked
	}
	if s := o.stuck; s != nil && s.Dir == o.client && ok && also && o.a.whole && server == 0 && !o.conn.Midstream() && o.conn.SYNAckTime() != 0 {
		r.stuck = Stuck{Bytes: uint64(s.Length), Retransmissions: uint64(s.Times), Acks: uint64(s.Acks)}
		r.tcp.Stuck = &r.stuck
	}
}

// buildRST fills in what tells whether a RST is its sender's.
func (o *outcome) buildRST(r *record) {
	ttl, ok := o.conn.RSTTTL()
	if !ok || !o.over {
		return
	}
	d, _ := o.conn.FirstRST()
	r.tcp.RSTTTL, r.tcp.DataAfterRST = ttl, uint64(o.conn.DataAfterRST())
	r.tcp.RSTIDGap = int(o.conn.RSTIDGap())
	if least, greatest := o.conn.TTL(d); least != 0 {
		r.peerTTL = PeerTTL{Min: least, Max: greatest}
		r.tcp.PeerTTL = &r.peerTTL
	}
}

func (o *outcome) buildTiming(r *record) {
	a, t := o.a, &r.timing
	r.Timing = t
	if syn, ref := o.conn.SYN(); a.whole && ref != 0 && o.conn.SYNAckTime() >= syn {
		t.ConnectMS = r.milliseconds(o.conn.SYNAckTime() - syn)
	}
	if a.requestAt != 0 && a.responseAt >= a.requestAt && (a.status != 0 || a.proxy != nil) {
		t.AnswerMS = r.milliseconds(a.responseAt - a.requestAt)
	}
	last, _ := o.conn.Last()
	if end, ref := o.conn.Ended(); o.closed() && ref != 0 {
		last = end
		if o.opened() && end >= o.lastData {
			t.IdleBeforeEndMS = r.milliseconds(end - o.lastData)
		}
	}
	if ns, ok := o.waited(); ok {
		t.WaitMS = r.milliseconds(ns)
	}
	if a.status != 101 {
		return
	}
	if side, ok := a.firstClose(); ok && !o.earlierClose(side) && a.closes[side].at.time >= a.responseAt {
		t.CloseMS = r.milliseconds(a.closes[side].at.time - a.responseAt)
	}
	if a.firstFrameAt >= a.responseAt {
		t.FirstFrameMS = r.milliseconds(a.firstFrameAt - a.responseAt)
	}
	if last >= a.responseAt {
		t.OpenMS = r.milliseconds(last - a.responseAt)
	}
}

// beforeAnswer returns what was sent until the answer. ok is false where the capture
// does not show it.
func (o *outcome) beforeAnswer() (t traffic, ok bool) {
	a := o.a
	if !a.whole || a.request == nil || a.lostAnswer || a.assumed || o.conn.Midstream() {
		return t, false
	}
	if a.status != 0 || a.notHTTP {
		return a.before, a.before != traffic{}
	}
	return trafficOf(&o.conn), o.over
}

// waited returns for how long there was no answer. ok is false where there was one,
// or where nobody can tell.
func (o *outcome) waited() (ns int64, ok bool) {
	a := o.a
	gaps, _ := o.conn.Gaps()
	if a.request == nil && a.proxy == nil || a.requestCut || a.status != 0 || a.responseAt != 0 || a.assumed || a.lostAnswer ||
		o.answerMissed || gaps > 0 || o.gapped[o.server] || o.oneSided() {
		return 0, false
	}
	until := o.now
	if o.closed() {
		until, _ = o.conn.Ended()
	} else if o.reason != tcp.EndCapture {
		return 0, false
	}
	return until - a.requestAt, o.over && until >= a.requestAt
}

// unreached handles a connect that carried no data.
func (d *Decoder) unreached(f *tcp.Failed) {
	d.summary.Connections++
	w := waiting{failed: f, server: f.Server}
	if w.name = d.names.nameOf(f.Client.Addr(), f.Server.Addr(), f.Time); w.name != nil {
		w.named = net.JoinHostPort(w.name.name, strconv.Itoa(int(f.Server.Port())))
	}
	d.failed(w)
}

// provenSYNs is how many SYNs without an answer prove that none came although the
// capture misses packets: it would have to have missed one after each.
const provenSYNs = 3

// failedRow makes a row of a connect that carried no data.
func (d *Decoder) failedRow(f *tcp.Failed) *Row {
	row := &Row{verdict: VerdictUnreached, ending: EndingNone, failed: f, options: &d.options}
	row.carrier = d.link.Carrier(f.Carrier)
	if d.options.Connections {
		row.connection = failedConnection(f)
		d.ended = append(d.ended, row.connection)
	}
	if f.Kind == tcp.Unanswered && f.SYNs < 2 && d.lastTime-f.Time < connectRetry {
		row.verdict = VerdictIncomplete // the answer may have come after the capture
	}
	if f.Missed > 0 {
		row.verdict = VerdictIncomplete // a request may have been among these bytes
	}
	if len(d.missed.spans) > 0 {
		until := f.LastTime
		if f.Kind == tcp.Unanswered {
			until = max(until, min(d.lastTime, f.LastTime+answerWait))
		}
		row.dropped, row.unrecorded = d.missed.between(f.Time, until)
		doubtful := f.Kind == tcp.Cut || f.Kind == tcp.Unanswered && f.SYNs < provenSYNs
		if doubtful && (row.dropped > 0 || row.unrecorded > 0) {
			row.verdict = VerdictIncomplete // an answer, or the request, may be among what is missing
		}
	}
	return row
}
