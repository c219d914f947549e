package decode

import (
	"wstap/decode/tcp"
	"wstap/decode/websocket"
)

// frames walks through bytes of an open WebSocket.
func (d *Decoder) frames(s *session, e *tcp.Event, b []byte) {
	a := s.expecting()
	if s.current != nil {
		a = s.current
	}
	if !s.sawFrame {
		s.sawFrame = true
		a.firstFrameAt = e.Time
	}
	if a.headless && s.walk[0].Frames()+s.walk[1].Frames() == 0 {
		if s.tries++; s.tries > headlessPatience {
			d.drop(s, e.Conn)
			return
		}
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
			a.control(s.side(e.Dir), ev, e)
		case websocket.Breach:
			a.violate(s.side(e.Dir), ev.Rule, ev.Offset, e.Ref)
		case websocket.Payload:
			if m := a.messages[s.side(e.Dir)]; m != nil {
				if rule, broken := m.Feed(ev); broken {
					a.violate(s.side(e.Dir), rule, ev.Offset, e.Ref)
				}
			}
		}
	}
}

// control notes a control frame of one side.
func (a *attempt) control(side int, ev *websocket.Event, e *tcp.Event) {
	switch ev.Opcode {
	case websocket.Close:
		c := &a.closes[side]
		if c.seen {
			return
		}
		c.seen = true
		if !ev.Partial {
			code, reason := websocket.CloseBody(ev.Payload)
			c.code, c.reason = code, string(reason)
			c.known = true
		}
		if a.closeRef == 0 {
			a.closeRef, a.closeFirst = e.Ref, side
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
	}
}
