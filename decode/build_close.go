package decode

import "wstap/decode/link"

func sideName(side int) string {
	if side == 0 {
		return "client"
	}
	return "server"
}

// firstClose returns the side that sent the first Close frame, by the packets
// that carried them: one may be delivered late because it stood behind a hole.
func (a *attempt) firstClose() (side int, ok bool) {
	client, server := &a.closes[0], &a.closes[1]
	switch {
	case client.seen && server.seen:
		if server.time < client.time || server.time == client.time && server.ref < client.ref {
			return 1, true
		}
		return 0, true
	case server.seen:
		return 1, true
	default:
		return 0, client.seen
	}
}

func (o *outcome) buildClose() *Close {
	side, ok := o.a.firstClose()
	if !ok {
		return nil
	}
	first := &o.a.closes[side]
	c := &Close{Code: first.code, Reason: text([]byte(first.reason)), By: sideName(side)}
	if other := &o.a.closes[1-side]; !other.seen && o.lossyFrom(o.direction(1-side)) {
		c.By = "" // the other side's Close may have come first, unseen
	}
	if f := &o.a.closes[0]; f.known {
		c.ClientCode = &f.code
	}
	if f := &o.a.closes[1]; f.known {
		c.ServerCode = &f.code
	}
	return c
}

// direction is the opposite of session.side.
func (o *outcome) direction(side int) link.Dir {
	if side == 0 {
		return o.client
	}
	return o.server
}
