package decode

import (
	"bytes"
	"slices"

	"wstap/decode/http1"
	"wstap/decode/tcp"
)

// head takes bytes of a message head and returns those after it.
func (d *Decoder) head(s *session, e *tcp.Event, b []byte) []byte {
	dir := e.Dir
	old := len(s.partial[dir])
	if old == 0 {
		if s.isClient(dir) {
			b = b[http1.SkipBlank(b):]
			if len(b) == 0 {
				return nil
			}
		}
		s.partAt[dir] = posOf(e)
		s.partAt[dir].seq += uint32(len(e.Data) - len(b)) // b is the rest of the segment
		if !s.begins(e, b) {
			if s.isClient(dir) || s.gapped[dir] {
				d.plainRest(s, e, b)
			}
			d.sentEarly(s, e, len(b))
			d.notHTTP(s, e, b)
			return nil
		}
		if n, ok := http1.HeadEnd(b, 0); ok {
			d.message(s, e, b[:n], false)
			return b[n:]
		}
	}
	s.partial[dir] = append(s.partial[dir], b...)
	whole := s.partial[dir]
	n, ok := http1.HeadEnd(whole, old)
	if !ok {
		if len(whole) > http1.MaxHead {
			d.bounded.heads++
			d.headGap(s, e)
		} else if old < len("OPTIONS ") && !s.begins(e, whole) {
			d.plain(s, dir, s.partAt[dir].seq, len(whole), nil)
			d.notHTTP(s, e, whole)
		}
		return nil
	}
	rest := b[n-old:]
	s.partial[dir] = whole[:0]
	d.message(s, e, whole[:n], false)
	return rest
}

// begins reports whether b can be the start of a message of e's direction.
func (s *session) begins(e *tcp.Event, b []byte) bool {
	if s.isClient(e.Dir) {
		return http1.RequestStart(b, true) || http1.AnyRequestLine(b)
	}
	return http1.ResponseStart(b, true)
}

// message handles a whole head, or what there is of one that was cut.
func (d *Decoder) message(s *session, e *tcp.Event, head []byte, cut bool) {
	at := s.partAt[e.Dir]
	d.plain(s, e.Dir, at.seq, len(head), head)
	if cut { // its end is nowhere: what there is of it is where it begins
		begun := *e
		begun.Time, begun.Ref = at.time, at.ref
		e = &begun
	}
	if s.isClient(e.Dir) {
		d.requestHead(s, e, head, at, cut)
	} else {
		d.responseHead(s, e, head, cut)
	}
	if !cut {
		s.gapped[e.Dir], s.missing[e.Dir] = false, 0
	}
}

// headGap handles a hole where a head stands or should begin.
func (d *Decoder) headGap(s *session, e *tcp.Event) {
	dir := e.Dir
	s.mode[dir] = modeSeek
	if part := s.partial[dir]; len(part) > 0 {
		s.partial[dir] = part[:0]
		d.message(s, e, part, true)
		return
	}
	if !s.isClient(dir) {
		s.answersLost()
	}
}

// answersLost notes that any answer that is waited for may lie in a hole.
func (s *session) answersLost() {
	for i := range s.queue {
		s.queue[i].lost = true
	}
}

// notHTTP handles bytes that are no HTTP where a message should begin.
func (d *Decoder) notHTTP(s *session, e *tcp.Event, b []byte) {
	s.partial[e.Dir] = s.partial[e.Dir][:0]
	s.mode[e.Dir] = modeSeek
	if s.isClient(e.Dir) || s.gapped[e.Dir] {
		if s.answers == 0 && len(s.queue) == 0 && s.current == nil && s.early == nil {
			s.mode = [2]mode{modeOff, modeOff}
		}
		return
	}
	begin := e.Seq
	if at := &s.partAt[e.Dir]; at.ref != e.Ref {
		begin = at.seq
	}
	for i := range s.queue {
		// Other bytes may have gone before these. Inside TLS that shows in the numbers of
		// records, and what is acknowledged counts other records, too.
		if p := &s.queue[i]; p.ack != begin && s.within == nil {
			s.answersLost()
			return
		}
		if a := s.queue[i].attempt; a != nil && !a.lostAnswer {
			a.notHTTP = true
			a.response0.seq = begin
			a.before = d.trafficSoFar(s)
			a.responseAt, a.responseRef = e.Time, e.Ref
			a.addBody(b)
			s.mode[e.Dir] = modeOff
			d.announce(s, a)
			return
		}
	}
	s.mode = [2]mode{modeOff, modeOff}
}

// wantsWebSocket reports whether a request has any WebSocket intent.
func wantsWebSocket(h *http1.Head) bool {
	if h.Lists("Upgrade", "websocket") || h.Prefixed("Sec-WebSocket-") {
		return true
	}
	return bytes.Contains(h.Target, []byte("transport=websocket")) && bytes.Contains(h.Target, []byte("EIO="))
}

// cutIntent reports whether a head that was cut ends in the middle of a
// WebSocket field's name.
func cutIntent(head []byte) bool {
	last := head[bytes.LastIndexByte(head, '\n')+1:]
	const name, enough = "sec-websocket-", len("sec-web")
	n := min(len(last), len(name))
	return n >= enough && http1.EqualFold(last[:n], name[:n])
}

// requestHead handles the head of a request.
func (d *Decoder) requestHead(s *session, e *tcp.Event, head []byte, at packetPos, cut bool) {
	dir := e.Dir
	h := &d.request
	lines := head
	if cut { // what stands after the last line end may be half a line
		lines = head[:bytes.LastIndexByte(head, '\n')+1]
	}
	known := h.ParseRequest(lines)
	if !known && !cut {
		d.notHTTP(s, e, head)
		return
	}
	end := at.seq + uint32(len(head))
	if after := e.Seq + uint32(len(e.Data)); int32(after-end) > 0 {
		end = after // with what of the body came along
	}
	if s.within != nil && known {
		s.within.asked(s, wantsWebSocket(h) || string(h.Method) == "CONNECT")
	}
	early := s.answersThis(at.seq, end, cut)
	if !early || s.current != s.early {
		d.settle(s)
	}
	p := pending{end: at.seq + uint32(len(head)), ack: at.ack}
	switch {
	case known && string(h.Method) == "HEAD":
		p.method = methodHead
	case known && string(h.Method) == "CONNECT" || !known && bytes.HasPrefix(head, []byte("CONNECT ")):
		p.method = methodConnect
	}
	intent := known && wantsWebSocket(h) || cut && cutIntent(head)
	if intent || cut || p.method == methodConnect {
		a := newAttempt(s, at, s.isFirst())
		a.request = slices.Clone(lines)
		a.requestAt, a.requestRef = e.Time, e.Ref
		a.requestCut = cut
		a.resentBefore = d.table.Conn(s.id).Retransmissions(dir)
		a.maybe = !intent
		a.connect = p.method == methodConnect && !intent
		p.attempt = a
		if len(d.greetings) > 0 {
			d.answersGreeted(s, a)
		}
		if !a.connect && !a.maybe {
			host, _ := h.Get("Host")
			c := d.table.Conn(s.id)
			if d.names.counts.Answers > 0 { // else no connect is known to be to the same name
				d.races.wins(c, c.Addr(dir), c.Addr(dir.Other()), host)
			}
			d.learn(c.Addr(dir.Other()), host)
			d.reachedName(d.table.Conn(s.id).Addr(dir).Addr(), host, e.Time)
		}
	}
	if known && !cut {
		s.body[dir] = h.RequestBody()
	} else {
		s.body[dir] = http1.Body{}
	}
	if early && d.answeredEarly(s, &p) {
		return
	}
	if len(s.queue) >= maxPipelined {
		d.bounded.pipelined++
		s.mode = [2]mode{modeOff, modeOff}
		return
	}
	s.queue = append(s.queue, p)
	s.crossing = p.attempt != nil
	if p.attempt != nil && p.attempt.notHTTP { // the server had said its say
		d.announce(s, p.attempt)
	}
	d.afterMessage(s, e)
	if s.mode[dir.Other()] == modeSniff {
		s.mode[dir.Other()] = modeHead
	}
}

// isFirst reports whether the next request is the connection's first, so that the
// attempt begins with the connection itself.
func (s *session) isFirst() bool {
	return s.answers == 0 && len(s.queue) == 0 && (len(s.carrier) == 0 || s.within != nil && s.within.whole)
}

// afterMessage sets what follows a head or a body.
func (d *Decoder) afterMessage(s *session, e *tcp.Event) {
	dir := e.Dir
	switch {
	case s.body[dir].Lost():
		s.mode[dir] = modeSeek
	case !s.body[dir].Done():
		s.mode[dir] = modeBody
	case s.isClient(dir) && s.lastAsks():
		s.mode[dir] = modeAwait
	case s.isClient(dir) && s.lastCut():
		s.mode[dir] = modeSeek
	default:
		s.mode[dir] = modeHead
	}
}

// lastAsks reports whether the last request asked for another protocol.
func (s *session) lastAsks() bool {
	n := len(s.queue)
	return n > 0 && s.queue[n-1].attempt != nil && (!s.queue[n-1].attempt.maybe || s.queue[n-1].method == methodConnect)
}

func (s *session) lastCut() bool {
	n := len(s.queue)
	return n > 0 && s.queue[n-1].attempt != nil && s.queue[n-1].attempt.requestCut
}

// bodyBytes takes bytes of a body and returns those after it.
func (d *Decoder) bodyBytes(s *session, e *tcp.Event, b []byte) []byte {
	body := &s.body[e.Dir]
	content, n := body.Next(b)
	if s.isClient(e.Dir) || s.answering() == nil {
		d.plain(s, e.Dir, e.Seq+uint32(len(e.Data)-len(b)), n, nil)
	}
	if len(content) > 0 && !s.isClient(e.Dir) {
		if a := s.answering(); a != nil {
			a.addBody(content)
		}
	}
	d.bodyMoved(s, e)
	return b[n:]
}

// answering returns the attempt whose response is being read, if any.
func (s *session) answering() *attempt {
	if s.current != nil {
		return s.current
	}
	return s.early
}

func (d *Decoder) bodyMoved(s *session, e *tcp.Event) {
	b := &s.body[e.Dir]
	if a := s.answering(); a != nil && !s.isClient(e.Dir) {
		a.bodyRead(b)
		d.announceRead(s, a)
	}
	if b.Done() || b.Lost() {
		d.afterMessage(s, e)
	}
}
