package decode

import (
	"bytes"
	"slices"

	"wstap/decode/http1"
	"wstap/decode/link"
	"wstap/decode/tcp"
	"wstap/decode/websocket"
)

// responseHead handles the head of a response.
func (d *Decoder) responseHead(s *session, e *tcp.Event, head []byte, cut bool) {
	dir := e.Dir
	h := &d.response
	lines := head
	if end := bytes.LastIndexByte(head, '\n') + 1; cut && end > 0 {
		lines = head[:end]
	}
	if !h.ParseResponse(lines) {
		if cut {
			s.partialAnswer(head)
			s.mode[dir] = modeSeek
		} else {
			d.notHTTP(s, e, head)
		}
		return
	}
	if h.Status < 200 && h.Status != 101 {
		if a := s.waiting(); a != nil && len(a.interim) < maxInterim {
			a.interim = append(a.interim, h.Status)
		}
		s.mode[dir] = modeHead
		return
	}
	p, ok := s.dequeue(h.Status == 101)
	d.settle(s)
	if !ok {
		p = d.orphan(s, h)
	}
	s.answers++
	if !cut {
		s.body[dir] = h.ResponseBody(p.method.bytes())
	} else {
		s.body[dir] = http1.Body{}
	}
	a := p.attempt
	if a == nil {
		d.plainAnswer(s, e, h, cut)
		return
	}
	a.status = h.Status
	a.before = d.trafficSoFar(s)
	a.response = slices.Clone(lines)
	a.responseCut = cut
	a.response0 = s.partAt[dir]
	a.responseAt, a.responseRef = e.Time, e.Ref
	if !ok {
		s.early = a
	}
	switch {
	case h.Status == 101:
		d.switched(s, e, a, ok)
	case a.connect && h.Status < 300:
		d.carries(s, a, "connect")
	default:
		if ok {
			s.current = a
		}
		d.refused(s, e, a, cut)
	}
	if ok {
		d.announce(s, a)
	}
}

// partialAnswer keeps the beginning of a head whose status was not sent, for the
// request that it would have answered.
func (s *session) partialAnswer(head []byte) {
	if len(s.queue) == 0 {
		return
	}
	p, server := &s.queue[0], s.client.Other()
	at := &s.partAt[server]
	if p.attempt == nil || p.lost || s.gapped[server] || at.ack != 0 && int32(at.ack-p.end) < 0 {
		return // the capture may miss the rest, or the answer
	}
	p.attempt.partial = slices.Clone(head[:min(len(head), bodyKept)])
}

// maxInterim bounds the 1xx answers that are listed: more than a few are a
// server's keep-alive trick.
const maxInterim = 16

// waiting returns the attempt that the next response belongs to.
func (s *session) waiting() *attempt {
	if len(s.queue) == 0 {
		return nil
	}
	return s.queue[0].attempt
}

// dequeue takes the request that a response answers. A response that does not
// acknowledge a request is not its answer. Where bytes of the server are missing,
// one that acknowledges bytes of the client that were not captured may be the
// answer to a request among them. Requests whose response
// may lie in a hole are passed over when a later request waits too. A 101 is the
// last answer of a connection, and to the last request: who asked to change
// protocol waits.
func (s *session) dequeue(last bool) (pending, bool) {
	server := s.client.Other()
	at := s.partAt[server]
	if at.ack != 0 && s.missing[server] > 0 && int32(at.ack-s.seen[s.client]) > 0 {
		for len(s.queue) > 0 {
			s.unanswered(s.queue[0])
			s.pop()
		}
	}
	for last && len(s.queue) > 1 {
		s.unanswered(s.queue[0])
		s.pop()
	}
	for len(s.queue) > 0 {
		p := s.queue[0]
		if at.ack != 0 && int32(at.ack-p.end) < 0 {
			break
		}
		passed := p.lost && len(s.queue) > 1 && int32(at.ack-s.queue[1].end) >= 0
		if passed && int32(s.queue[1].ack-p.ack) <= 0 {
			// The next request was sent before anything was received for this
			// one: which of them is answered here nobody can tell.
			break
		}
		s.pop()
		if !passed {
			return p, true
		}
		s.unanswered(p)
	}
	return pending{}, false
}

func (s *session) pop() {
	n := copy(s.queue, s.queue[1:])
	s.queue[n] = pending{}
	s.queue = s.queue[:n]
}

// unanswered keeps an attempt whose answer is in a hole until it becomes a row.
func (s *session) unanswered(p pending) {
	if p.attempt != nil {
		p.attempt.lostAnswer = true
		s.overdue = append(s.overdue, p.attempt)
	}
}

// orphan makes an attempt of a response whose request was not captured, if there
// is any sign that it was a handshake.
func (d *Decoder) orphan(s *session, h *http1.Head) pending {
	if s.early != nil && s.early != s.current {
		s.early = nil // the one before was nobody's answer
	}
	if s.current != nil && s.mode[s.client] != modeHead && s.mode[s.client] != modeSeek {
		return pending{}
	}
	a := newAttempt(s, s.partAt[s.client.Other()], s.isFirst())
	a.orphan = true
	a.next = s.missing[s.client.Other()] == 0
	a.maybe = !h.Lists("Upgrade", "websocket") && !h.Prefixed("Sec-WebSocket-")
	return pending{attempt: a}
}

// plainAnswer handles a response that is no handshake's.
func (d *Decoder) plainAnswer(s *session, e *tcp.Event, h *http1.Head, cut bool) {
	if h.Status == 101 { // h2c, TLS within HTTP: another protocol
		s.mode = [2]mode{modeOff, modeOff}
		return
	}
	d.afterMessage(s, e)
	if cut {
		s.mode[e.Dir] = modeSeek
	}
}

// switched handles a 101: what follows are frames, both ways.
func (d *Decoder) switched(s *session, e *tcp.Event, a *attempt, requested bool) {
	if a.maybe && requested && !a.requestCut || a.connect {
		s.mode = [2]mode{modeOff, modeOff}
		return
	}
	a.maybe = a.maybe && !a.responseCut && !a.requestCut
	d.judge(a)
	server := e.Dir
	client := server.Other()
	s.current = a
	s.mode[server] = modeFrames
	s.walk[server] = d.walker(s, a, false, a.responseCut)
	if a.assumed && s.mode[client] == modeFrames {
		return // the client's frames were captured before the 101
	}
	if !requested {
		if len(s.partial[client]) == 0 && !d.table.Conn(s.id).Pending(client) {
			s.mode[client] = modeAwait // its request may still come, or frames
		}
		return
	}
	s.walk[client] = d.walker(s, a, true, s.gapped[client] || a.requestCut)
	s.mode[client] = modeFrames
}

// refused handles any other final answer to a handshake.
func (d *Decoder) refused(s *session, e *tcp.Event, a *attempt, cut bool) {
	client := e.Dir.Other()
	if a.assumed {
		a.neverOpened()
		s.walk[client].Release(&d.scratch)
		s.mode[client] = modeSeek
	}
	if s.mode[client] == modeAwait {
		s.mode[client] = modeHead
		if s.gapped[client] {
			s.mode[client] = modeSeek
		}
	}
	if !cut {
		a.bodyBegins(&s.body[e.Dir])
	}
	d.afterMessage(s, e)
	if cut {
		s.mode[e.Dir] = modeSeek
	}
}

// carries handles what lets a connect through a proxy, of the kind that protocol
// names: from here on the connection carries anything.
func (d *Decoder) carries(s *session, a *attempt, protocol string) {
	s.tunnel, s.crossing = a, false
	s.carrier = append(slices.Clip(s.carrier), protocol+" "+d.table.Conn(s.id).Addr(s.client.Other()).String())
	s.mode = [2]mode{modeSniff, modeSniff}
	if len(s.carrier) > maxTunnels {
		s.mode = [2]mode{modeOff, modeOff}
	}
}

// maxTunnels bounds tunnels inside tunnels: a chain of proxies is two or three.
const maxTunnels = 8

// walker returns the Walker for one side of an attempt. lost tells that its first
// bytes are not known to be a frame's.
func (d *Decoder) walker(s *session, a *attempt, client, lost bool) websocket.Walker {
	c := websocket.Config{Client: client, Headless: lost, Unsure: a.response == nil || a.responseCut}
	if !c.Unsure {
		h := &d.response
		h.ParseResponse(a.response)
		ext, _ := h.Get("Sec-WebSocket-Extensions")
		c.Deflate = deflateAgreed(ext)
		if d.options.Payload {
			a.payloads(ext)
		}
	}
	c.Payload = d.options.Payload && a.messages[0] != nil
	return c.Walker()
}

// messages returns what looks into the messages of one direction, nil without
// Options.Payload.
func (s *session) messages(dir link.Dir) *websocket.Messages {
	if s.current == nil {
		return nil
	}
	return s.current.messages[s.side(dir)]
}

// side returns 0 for the client's direction and 1 for the server's.
func (s *session) side(dir link.Dir) int { return int(dir ^ s.client) }

// headless begins to follow frames without a handshake.
func (d *Decoder) headless(s *session, e *tcp.Event, masked bool) {
	client := e.Dir
	if !masked {
		client = e.Dir.Other()
	}
	if s.oriented && s.client != client {
		s.mode = [2]mode{modeOff, modeOff}
		return
	}
	s.orient(client)
	a := newAttempt(s, posOf(e), true)
	a.headless = true
	s.current, s.headless = a, true
	for dir := range s.walk {
		s.walk[dir] = d.walker(s, a, link.Dir(dir) == client, true)
		s.mode[dir] = modeFrames
	}
}
