package decode

import (
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
	for {
		n := w.Next(b, &d.scratch, ev)
		b = b[n:]
		switch ev.Kind {
		case websocket.More:
			return
		case websocket.Control:
			a := s.expecting()
			a.control(s.side(e.Dir), ev, e)
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

// control notes a control frame of one side.
func (a *attempt) control(side int, ev *websocket.Event, e *tcp.Event) {
	switch ev.Opcode {
	case websocket.Close:
		if c := &a.closes[side]; !c.seen {
			a.closed(side, e)
			if !ev.Partial {
				code, reason := websocket.CloseBody(ev.Payload)
				c.code, c.reason, c.known = code, string(reason), true
			}
		}
	case websocket.Ping:
		if ev.Partial {
			return
		}
		if a.pings == nil {
			a.pings = websocket.NewPings()
		}
		a.pings.Ping(side, ev.Payload, e.Time)
	case websocket.Pong:
		if a.pings != nil && !ev.Partial {
			a.pings.Pong(side, ev.Payload, e.Time)
		}
	default: // data frames are counted by the Walker
	}
}

// closed notes the first Close frame of one side, or a hole that hides what is in
// it.
func (a *attempt) closed(side int, e *tcp.Event) {
	if c := &a.closes[side]; !c.seen {
		*c = closeFrame{seen: true, at: posOf(e)}
	}
}
