package decode

import (
	"wstap/decode/http1"
	"wstap/decode/tcp"
	"wstap/decode/websocket"
)

// answersThis reports whether an answer that was captured before its request is the
// answer to the one whose bytes are from seq to end: it acknowledges them, and
// nothing after them, where another request may be. The end of a head that was cut
// is not known; then it must be the very next thing that the server sent.
func (s *session) answersThis(seq, end uint32, cut bool) bool {
	if s.early == nil {
		return false
	}
	ack := s.early.response0.ack
	return int32(ack-seq) > 0 && (int32(ack-end) <= 0 || cut && s.early.next)
}

// answeredEarly pairs a request with the answer that was captured before it.
func (d *Decoder) answeredEarly(s *session, p *pending) bool {
	was, a := s.early, p.attempt
	if p.method == methodHead {
		if server := s.client.Other(); s.mode[server] == modeBody {
			s.body[server], s.mode[server] = http1.Body{}, modeHead // it has none after all
		}
		was.bodyOfHEAD()
	}
	s.early = nil
	if a == nil {
		if s.current == was {
			return false
		}
		d.afterEarly(s)
		return true
	}
	was.request, was.requestAt, was.requestRef, was.requestCut = a.request, a.requestAt, a.requestRef, a.requestCut
	was.first, was.whole = a.first, a.whole
	was.connect, was.maybe, was.orphan = a.connect, a.maybe, false
	was.before = d.trafficSoFar(s) // with the request
	s.current = was
	s.crossing = true
	d.afterEarly(s)
	d.announce(s, was)
	return true
}

// afterEarly sets what the client's next bytes are, once its request and an
// earlier answer were paired.
func (d *Decoder) afterEarly(s *session) {
	if a := s.current; a != nil && a.status == 101 {
		d.judge(a)
		s.mode[s.client] = modeFrames
		s.walk[s.client] = d.walker(s, a, true, a.requestCut)
		return
	}
	s.mode[s.client] = modeHead
	if !s.body[s.client].Done() {
		s.mode[s.client] = modeBody
	}
}

// ahead handles bytes that a client sends before the answer to its handshake was
// captured: the next request, or frames after an answer that the capture misses
// or holds later.
func (d *Decoder) ahead(s *session, e *tcp.Event, b []byte) {
	if http1.RequestStart(b, false) || http1.AnyRequestLine(b) {
		s.mode[e.Dir] = modeHead
		return
	}
	if masked, ok := websocket.PlausibleStart(b); ok && masked && d.assume(s, e, s.gapped[e.Dir]) {
		return
	}
	s.mode[e.Dir] = modeSeek
}

// assume takes what follows for frames although the answer that opens them was not
// seen. When a request may be missing too they need not belong to the one that was
// seen: then they are a connection's without a handshake.
func (d *Decoder) assume(s *session, e *tcp.Event, lost bool) bool {
	a := s.expecting()
	if a == nil || a.connect {
		return false
	}
	missing := uint64(s.missing[s.client])
	if s.within == nil {
		_, all := d.table.Conn(s.id).Gaps() // with those of events to come
		missing += all - uint64(s.lost)
	}
	if a != s.current && missing >= leastHandshake {
		for len(s.queue) > 0 {
			s.unanswered(s.queue[0])
			s.pop()
		}
		d.settle(s)
		d.headless(s, e, s.isClient(e.Dir))
		return s.mode[e.Dir] == modeFrames
	}
	a.assumed = a.assumed || a != s.current
	s.walk[e.Dir] = d.walker(s, a, s.isClient(e.Dir), lost)
	s.mode[e.Dir] = modeFrames
	return true
}

// neverOpened takes back what was assumed: what looked like frames was not.
func (a *attempt) neverOpened() {
	a.assumed = false
	a.closes = [2]closeFrame{}
	a.violations, a.more = nil, 0
}

// leastHandshake is less than the bytes of any handshake request: method, target,
// and the five fields that RFC 6455 section 4.1 asks for take 140.
const leastHandshake = 128

// expecting returns the attempt whose answer, seen or not, opens the frames.
func (s *session) expecting() *attempt {
	if s.current != nil && (s.current.status == 101 || s.current.assumed || s.current.headless) {
		return s.current
	}
	if n := len(s.queue); n > 0 { // the latest request comes right before the frames
		return s.queue[n-1].attempt
	}
	return nil
}
