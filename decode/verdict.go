package decode

import (
	"cmp"
	"slices"
	"time"

	"wstap/capture/packet"
	"wstap/decode/link"
	"wstap/decode/tcp"
	"wstap/decode/tls"
	"wstap/decode/websocket"
)

const (
	// answerWait is how long an answer is waited for when the capture ends first:
	// the shortest handshake timer in common use that is not a test's (daphne's
	// 5 s). Before it, nobody can tell a slow answer from none.
	answerWait = int64(5 * time.Second)
	// unheard is how many retransmissions of a request show that it does not
	// arrive, whatever the capture's end.
	unheard = 2
	// connectRetry is when a client sends its second SYN (RFC 6298: 1 s). A SYN
	// followed by less than that tells nothing.
	connectRetry = int64(time.Second)
	// closingWait is how long the other end's FIN, or what it sends before, may take:
	// one round trip of any real path.
	closingWait = int64(time.Second)
	// headlessFrames is how many frames must agree before a connection without a
	// handshake is called a WebSocket.
	headlessFrames = 3
)

// outcome is an attempt and all that is known of its connection, apart from the
// Decoder: what a row is made of.
type outcome struct {
	a      *attempt
	conn   tcp.Conn
	walk   [2]websocket.Walker
	framed [2]bool // walk is valid
	gapped [2]bool
	client link.Dir
	server link.Dir
	reason tcp.EndReason
	over   bool // the connection's events have ended

	icmp     *link.ICMPError // about a segment of the connection, nil without
	stuck    *tcp.Stuck      // what of its data does not arrive, nil without
	pings    *websocket.Pings
	carrier  []string // link-layer wraps of the connection
	lastData int64
	prevRef  packet.Ref // last data before what made the attempt a row while its connection goes on
	now      int64      // time of the last packet of the capture so far

	tls    *tls.Facts // of what was read, or could not be; nil without TLS
	plain  []byte     // what came in the place of TLS
	plains packetPos
	dsb    bool // the keys came with the capture

	dropped      uint64 // packets that the capture is known to have dropped in the attempt's time
	unrecorded   int64  // how much of that time no file holds, in nanoseconds
	answerMissed bool   // an answer may be among packets that are known to be missing
	tailMissed   bool   // the capture ended first, and packets are known to be missing since the connection's last
}

// outcome gathers what is known of an attempt. e is nil when its connection goes
// on.
func (d *Decoder) outcome(o *outcome, s *session, a *attempt, e *tcp.Event) {
	o.a, o.conn = a, *d.table.Conn(s.id)
	o.client, o.server = s.client, s.client.Other()
	for dir, m := range s.mode {
		if o.framed[dir] = m == modeFrames; o.framed[dir] {
			o.walk[dir] = s.walk[dir]
		}
	}
	o.gapped, o.lastData, o.prevRef, o.now = s.gapped, s.lastData, s.prevRef, d.lastTime
	o.pings, o.icmp, o.stuck = s.pings, d.table.ICMPOf(s.id), d.table.StuckOf(s.id)
	o.carrier = d.link.Carrier(o.conn.Carrier())
	if e != nil {
		o.over, o.reason = true, e.Reason
	}
	if x := cmp.Or(s.secured, s.within); a.tls || s.within != nil {
		if !a.tls {
			x = s.within
		}
		facts := *x.conn.Facts()
		if e == nil { // the connection goes on, and its facts change
			facts.Alerts, facts.Records = slices.Clone(facts.Alerts), slices.Clone(facts.Records)
		}
		o.tls, o.plain, o.plains = &facts, x.plain, x.plains
		o.dsb = facts.KeysFrom == tls.FromLog && d.options.Keys.Log.Captured(facts.ClientRandom)
		if !a.tls {
			o.notRead(facts.Problem)
		}
	}
	if len(d.missed.spans) > 0 {
		o.doubt(&d.missed)
	}
	if a.assumed && o.refuted(s.mode[o.server]) {
		a.neverOpened()
	}
}

// notRead notes which directions inside TLS need not have been read whole: what they lack
// is as good as not captured.
func (o *outcome) notRead(p tls.Problem) {
	switch p {
	case tls.NoProblem:
	case tls.ServerSecretsMissing:
		o.gapped[o.server] = true
	case tls.ClientSecretsMissing:
		o.gapped[o.client] = true
	default:
		o.gapped = [2]bool{true, true}
	}
}

// refuted reports whether the capture shows that there was no answer, whatever the
// client sent: the server's bytes are all there, up to its end, and the place where
// an answer would begin, as m says, was never passed.
func (o *outcome) refuted(m mode) bool {
	gaps, _ := o.conn.Gaps()
	return (m == modeHead || m == modeSniff) && o.a.status == 0 && !o.a.lostAnswer &&
		gaps == 0 && !o.gapped[o.server] && !o.oneSided() && o.heardOut()
}

// doubt notes what is known to be missing in the attempt's time.
func (o *outcome) doubt(m *missed) {
	begin, last := o.a.first.time, o.now
	if o.a.whole {
		begin, _ = o.conn.First()
	}
	heard, _ := o.conn.Last()
	if o.closed() {
		last = heard
	}
	o.dropped, o.unrecorded = m.between(begin, last)
	since := o.a.requestAt
	if last-heard >= closingWait {
		since = heard // what went by unseen before that would have been acknowledged, or sent again, by now
	}
	o.answerMissed = o.a.status == 0 && m.any(since, last)
	o.tailMissed = o.reason == tcp.EndCapture && !o.closed() && m.any(heard, o.now)
}

// oneSided reports whether only one direction of the connection was captured.
func (o *outcome) oneSided() bool { return o.conn.Packets(0) == 0 || o.conn.Packets(1) == 0 }

// closed reports whether the connection was seen to end.
func (o *outcome) closed() bool {
	_, ref := o.conn.Ended()
	return o.over && ref != 0 && o.reason != tcp.EndEvicted
}

// missed reports whether the capture may not hold all that was sent: what seems
// cut was perhaps sent whole.
func (o *outcome) missed() bool {
	return o.gapped[0] || o.gapped[1] || o.conn.Truncated() || !o.closed()
}

// opened reports whether frames may have been exchanged.
func (o *outcome) opened() bool { return o.a.status == 101 || o.a.headless || o.a.assumed }

// shown reports whether there is enough for a row.
func (o *outcome) shown() bool {
	a, frames := o.a, o.frames(o.client)+o.frames(o.server)
	switch {
	case a.headless:
		return frames >= headlessFrames
	case a.proxy != nil:
		return a.proxy.refused || a.proxy.target != ""
	case a.maybe && !a.connect:
		return a.status == 101 && (a.requestCut || a.responseCut) || a.assumed && frames >= headlessFrames
	default:
		return true
	}
}

func (o *outcome) frames(d link.Dir) uint64 {
	if !o.framed[d] {
		return 0
	}
	return o.walk[d].Frames()
}

func (o *outcome) verdict() Verdict {
	a := o.a
	switch {
	case a.tls:
		return o.tlsVerdict()
	case a.headless:
		return VerdictHeadless
	case a.connect && a.status >= 200 && a.status < 300, a.proxy != nil && a.proxy.granted:
		return VerdictUnreached
	case a.connect && a.status != 0, a.proxy != nil && a.proxy.refused:
		return VerdictProxyFailed
	case a.status == 101:
		return o.switched()
	case a.status != 0 && a.orphan:
		return VerdictIncomplete
	case a.status != 0:
		return VerdictRejected
	case a.notHTTP:
		return VerdictBadHandshake
	default:
		return o.silence()
	}
}

// switched judges a 101 by the checks that a client must make (RFC 6455 section
// 4.1), as far as both heads are there. Where they are not, frames of the client
// show that it was content.
func (o *outcome) switched() Verdict {
	a := o.a
	if !a.responseCut && !a.acceptable || a.responseCut && !o.missed() {
		return VerdictBadHandshake // the latter: the server closed in the middle of its head
	}
	if (a.orphan || a.requestCut || a.responseCut) && o.frames(o.client) == 0 {
		return VerdictIncomplete
	}
	return VerdictAccepted
}

// silence judges an attempt without an answer. None is claimed to be missing
// where the capture may merely not hold it.
func (o *outcome) silence() Verdict {
	a := o.a
	gaps, _ := o.conn.Gaps()
	switch {
	case gaps > 0, a.assumed, a.lostAnswer, a.headless, o.oneSided(), o.gapped[o.server],
		a.requestCut && o.missed():
		return VerdictIncomplete
	case (o.answerMissed || o.conn.MissedFIN(o.client) || o.conn.MissedFIN(o.server)) && !o.heardOut():
		return VerdictIncomplete // packets are known to be missing
	case o.closed(), o.conn.Retransmissions(o.client)-a.resentBefore >= unheard, o.now-a.requestAt >= answerWait:
		return VerdictUnanswered
	default:
		return VerdictIncomplete
	}
}

// saidNothing reports whether the server ended the connection that begins with this
// attempt without a byte of its own: no answer can have gone by unseen.
func (o *outcome) saidNothing() bool {
	if !o.a.whole || o.a.status != 0 || o.oneSided() || o.answerMissed || !o.conn.Finished(o.server) || o.gapped[o.server] {
		return false
	}
	sent, known := o.conn.Bytes(o.server)
	if o.tls != nil {
		sent = o.tls.Sent[o.server].Data
	}
	gaps, _ := o.conn.Gaps()
	return known && sent == 0 && gaps == 0 && !o.conn.Midstream()
}

// heardOut reports whether the server's end was captured, so that it shows whether
// anything before it is missing. The client's does not: its RST may well be what it
// has to say to an answer.
func (o *outcome) heardOut() bool {
	rst, ok := o.conn.FirstRST()
	return o.over && (o.conn.Finished(o.server) || ok && rst == o.server)
}

// mayHaveOpened reports whether an answer may have gone by unseen.
func (o *outcome) mayHaveOpened() bool {
	return o.a.lostAnswer || o.answerMissed || o.oneSided() || o.gapped[o.server] || o.reason == tcp.EndReused || o.reason == tcp.EndEvicted
}

func (o *outcome) ending(v Verdict) Ending {
	a := o.a
	if !o.opened() && !a.notHTTP {
		if v == VerdictIncomplete && a.status == 0 && o.mayHaveOpened() {
			return EndingLost
		}
		return EndingNone
	}
	client, server := a.closes[0].seen, a.closes[1].seen
	switch {
	case client && server:
		return EndingClean
	case o.tailMissed:
		return EndingLost // a Close or FIN may be among what is missing
	case o.reason == tcp.EndCapture && !o.oneSided() && (!o.closed() || o.closing()):
		return EndingOpen
	case v == VerdictBadHandshake && !o.gapped[0] && !o.gapped[1] && o.closed():
		// Nothing agreed on what the bytes are: only TCP's end counts.
	case o.lossy():
		return EndingLost
	}
	switch {
	case client || server:
		return EndingOneSided
	}
	fin, rst := o.conn.Tail()
	switch {
	case rst:
		return EndingRST
	case fin:
		return EndingAbnormalFIN
	default:
		return EndingLost
	}
}

// closing reports whether the capture ended while the connection was being closed:
// one end had sent FIN a moment before, and the other might still have spoken.
func (o *outcome) closing() bool {
	_, rst := o.conn.FirstRST()
	last, _ := o.conn.Last()
	return !rst && o.now-last < closingWait
}

// lossy reports whether a Close frame may have gone by unseen.
func (o *outcome) lossy() bool {
	if o.oneSided() || !o.closed() {
		return true
	}
	return o.lossyFrom(o.client) || o.lossyFrom(o.server)
}

// lossyFrom is lossy for the frames of one direction.
func (o *outcome) lossyFrom(d link.Dir) bool {
	if o.conn.Packets(d) == 0 {
		return true
	}
	if !o.framed[d] {
		return o.gapped[d]
	}
	return o.walk[d].Missed()
}
