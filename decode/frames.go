package decode

import (
	"wstap/decode/link"
	"wstap/decode/tcp"
	"wstap/decode/websocket"
)

// frames walks through bytes of an open WebSocket.
func (d *Decoder) frames(s *session, e *tcp.Event, b []byte) {
	if !s.sawFrame {
		s.sawFrame = true
		s.expecting().firstFrameAt = e.Time
	}
	if s.headless && !d.believable(s, e) {
		return
	}
	w := &s.walk[e.Dir]
	ev := &d.event
	all := b
	for {
		n := w.Next(b, &d.scratch, ev)
		b = b[n:]
		switch ev.Kind {
		case websocket.More:
			if d.options.Connections && w.Lost() && s.headBroken(e.Dir) {
				d.plainRest(s, e, all)
			}
			return
		case websocket.Control:
			s.control(ev, e)
		case websocket.Breach:
			s.expecting().violate(s.side(e.Dir), ev.Rule, ev.Offset, e.Ref)
		case websocket.Payload:
			a := s.expecting()
			if m := a.messages[s.side(e.Dir)]; m != nil {
				if rule, broken := m.Feed(ev); broken {
					a.violate(s.side(e.Dir), rule, ev.Offset, e.Ref)
				}
			}
		}
	}
}

// headBroken reports whether the end of a direction's head was not captured, and no
// frame since: what is read may be the rest of it.
func (s *session) headBroken(dir link.Dir) bool {
	a := s.expecting()
	if a.headless || s.walk[dir].Frames() > 0 {
		return false
	}
	if s.isClient(dir) {
		return a.request == nil || a.requestCut
	}
	return a.response == nil || a.responseCut
}

// believable gives up a connection that was taken for a WebSocket by its first
// bytes and shows no frames.
func (d *Decoder) believable(s *session, e *tcp.Event) bool {
	if s.walk[0].Frames()+s.walk[1].Frames() > 0 {
		s.headless = false
		return true
	}
	if s.tries++; s.tries > headlessPatience {
		d.drop(s, e.Conn)
		return false
	}
	return true
}

// control notes a control frame.
func (s *session) control(ev *websocket.Event, e *tcp.Event) {
	side := s.side(e.Dir)
	switch ev.Opcode {
	case websocket.Close:
		s.expecting().close(side, ev, e)
	case websocket.Ping, websocket.Pong:
		if ev.Partial {
			return
		}
		if s.pings == nil {
			s.pings = websocket.NewPings()
		}
		if ev.Opcode == websocket.Ping {
			s.pings.Ping(side, ev.Payload, e.Time)
		} else {
			s.pings.Pong(side, ev.Payload, e.Time)
		}
	default: // data frames are counted by the Walker
	}
}

// close notes the first Close frame of one side. Of one whose end lies in a hole
// only the code may be known.
func (a *attempt) close(side int, ev *websocket.Event, e *tcp.Event) {
	c := &a.closes[side]
	if c.seen {
		return
	}
	a.closed(side, e)
	code, reason := websocket.CloseBody(ev.Payload)
	switch {
	case !ev.Partial:
		c.code, c.reason, c.known = code, string(reason), true
	case len(ev.Payload) >= 2:
		c.code, c.known = code, true
	}
}

// closed notes the first Close frame of one side, or a hole that hides what is in
// it.
func (a *attempt) closed(side int, e *tcp.Event) {
	if c := &a.closes[side]; !c.seen {
		*c = closeFrame{seen: true, at: posOf(e)}
	}
}
