package decode

import (
	"bytes"

	"wstap/capture/packet"
	"wstap/decode/http1"
	"wstap/decode/link"
	"wstap/decode/tcp"
	"wstap/decode/websocket"
)

const (
	// bodyKept is how much of an answer's body the record shows.
	bodyKept = 512
	// maxViolations is how many breaches are listed; the rest is counted.
	maxViolations = 16
)

// attempt is an Attempt in the making.
type attempt struct {
	first packetPos // first packet, where the attempt does not begin with its connection
	whole bool      // begins with its connection

	request     []byte // head, as sent
	response    []byte
	body        []byte
	partial     []byte // the beginning of an answer that was cut off before its status
	interim     []int
	carrier     []string
	status      int
	requestAt   int64
	responseAt  int64
	requestRef  packet.Ref
	responseRef packet.Ref
	response0   packetPos // first byte of the response

	requestCut  bool
	responseCut bool
	connect     bool // a CONNECT, not a handshake
	tls         bool // stands for TLS in which nothing could be read
	maybe       bool // no WebSocket intent was seen yet
	orphan      bool // the request was not captured
	next        bool // of an orphan: no bytes of the server are missing before it
	headless    bool
	assumed     bool       // frames were seen where the answer was not
	proxy       *proxyTalk // of what is asked of a SOCKS proxy
	notHTTP     bool       // the answer is no HTTP
	lostAnswer  bool       // the answer lies in a hole
	acceptable  bool       // the 101 passes a client's checks, as far as they can be made

	bodySize  uint64 // content of the answer's body so far
	bodyState bodyState

	before       traffic // of the connection, up to the answer
	resentBefore uint32  // of the client's segments, how many had been retransmitted before the request
	earlyBytes   uint64  // that the client sent after its head and before the answer

	unannounced bool // it waits in Decoder.delayed
	followed    bool // it waited for its answer to the end, and so did a later request on its connection

	firstFrameAt int64
	closes       [2]closeFrame // by side: client, server
	violations   []violation
	more         int
	messages     [2]*websocket.Messages
}

type closeFrame struct {
	seen   bool
	at     packetPos
	known  bool // code and reason were captured
	code   int
	reason string
}

type violation struct {
	rule   websocket.Rule
	side   int
	ref    packet.Ref
	offset uint64
}

// traffic counts the data segments of a connection so far, by link.Dir.
type traffic struct {
	segments [2]uint32
	again    [2]uint32 // of these, retransmitted
}

func trafficOf(c *tcp.Conn) (t traffic) {
	for d := range t.segments {
		t.segments[d], t.again[d] = c.Segments(link.Dir(d)), c.Retransmissions(link.Dir(d))
	}
	return t
}

// trafficSoFar returns what was sent until what is handled now, nothing where that is not
// known any more.
func (d *Decoder) trafficSoFar(s *session) traffic {
	if s.isLate() {
		return traffic{}
	}
	return trafficOf(d.table.Conn(s.id))
}

func newAttempt(s *session, at packetPos, whole bool) *attempt {
	return &attempt{first: at, whole: whole, carrier: s.carrier}
}

// target returns the target of the request, empty where it cannot be read.
func (a *attempt) target() string {
	if a.proxy != nil {
		return text([]byte(a.proxy.target))
	}
	var h http1.Head
	if !h.ParseRequest(a.request) {
		return ""
	}
	return text(h.Target)
}

func (a *attempt) addBody(b []byte) {
	switch a.bodyState {
	case bodyWhole:
		return // what follows is not its own
	case bodyReading:
		a.bodySize += uint64(len(b))
	case bodyNone, bodyBroken:
	}
	if room := bodyKept - len(a.body); room > 0 {
		a.body = append(a.body, b[:min(room, len(b))]...)
	}
}

func (a *attempt) violate(side int, r websocket.Rule, offset uint64, ref packet.Ref) {
	if len(a.violations) == maxViolations {
		a.more++
		return
	}
	a.violations = append(a.violations, violation{rule: r, side: side, ref: ref, offset: offset})
}

// payloads makes ready to look into messages, by the extension that was agreed.
func (a *attempt) payloads(extensions []byte) {
	if a.messages[0] != nil {
		return
	}
	for side, name := range [2]string{"client_no_context_takeover", "server_no_context_takeover"} {
		a.messages[side] = websocket.NewMessages(bytes.Contains(extensions, []byte(name)))
	}
}

// deflateAgreed reports whether a Sec-WebSocket-Extensions answer names
// permessage-deflate (RFC 7692 section 7).
func deflateAgreed(extensions []byte) bool {
	for e := range bytes.SplitSeq(extensions, []byte(",")) {
		name, _, _ := bytes.Cut(e, []byte(";"))
		if http1.EqualFold(bytes.TrimSpace(name), "permessage-deflate") {
			return true
		}
	}
	return false
}

// settle makes a row of the attempt that was answered last: something new begins
// on its connection.
func (d *Decoder) settle(s *session) {
	for _, a := range s.overdue {
		d.finish(s, a, nil)
	}
	s.overdue = s.overdue[:0]
	if a := s.current; a != nil {
		s.current = nil
		if s.early == a {
			s.early = nil
		}
		d.finish(s, a, nil)
	}
}

// end handles the end of a connection.
func (d *Decoder) end(e *tcp.Event) {
	s := d.session(e.Conn)
	d.ends(s, e)
	d.endConnection(s)
	d.clear(s)
}

// ends makes rows of what a session holds when its connection ends.
func (d *Decoder) ends(s *session, e *tcp.Event) {
	if s.secured != nil {
		d.recordsEnd(s, e)
	}
	for dir, part := range s.partial {
		if len(part) > 0 && s.mode[dir] != modeNames { // a head that never ended
			cut := *e
			cut.Dir = link.Dir(dir)
			s.partial[dir] = part[:0]
			d.message(s, &cut, part, true)
		}
	}
	d.bodyEnds(s)
	early := s.early
	for _, a := range s.overdue {
		d.finish(s, a, e)
	}
	switch a := s.current; {
	case a == nil:
	case len(s.queue) > 0 && a.status != 0 && a.status != 101:
		d.finish(s, a, nil) // the end is that of the requests behind it
	default:
		d.finish(s, a, e)
	}
	if early != nil && early != s.current && !early.maybe {
		d.finish(s, early, e)
	}
	for i := range s.queue {
		if a := s.queue[i].attempt; a != nil {
			a.lostAnswer = a.lostAnswer || s.queue[i].lost
			a.followed = i+1 < len(s.queue)
			d.finish(s, a, e)
		}
	}
	if a := s.tunnel; a != nil {
		d.finish(s, a, e)
	}
}
