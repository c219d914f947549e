package decode

import "wstap/decode/link"

func sideName(side int) string {
	if side == 0 {
		return "client"
	}
	return "server"
}

// firstClose returns the side that sent the first Close frame. Who acknowledges the
// other's Close with its own was second, in whatever order they were captured; two
// that crossed are told apart by time.
func (a *attempt) firstClose() (side int, ok bool) {
	client, server := &a.closes[0], &a.closes[1]
	if !client.seen || !server.seen {
		if server.seen {
			return 1, true
		}
		return 0, client.seen
	}
	serverKnew := int32(server.at.ack-client.at.seq) > 0
	clientKnew := int32(client.at.ack-server.at.seq) > 0
	first := server.at.time < client.at.time || server.at.time == client.at.time && server.at.ref < client.at.ref
	if serverKnew != clientKnew {
		first = clientKnew
	}
	if first {
		return 1, true
	}
	return 0, true
}

func (o *outcome) buildClose() *Close {
	side, ok := o.a.firstClose()
	if !ok {
		return nil
	}
	first := &o.a.closes[side]
	c := &Close{Reason: text([]byte(first.reason)), By: sideName(side)}
	if first.known {
		c.Code = &first.code
	}
	if o.earlierClose(side) {
		c.By = ""
	}
	if f := &o.a.closes[0]; f.known {
		c.ClientCode = &f.code
	}
	if f := &o.a.closes[1]; f.known {
		c.ServerCode = &f.code
	}
	return c
}

// earlierClose reports whether the other side's Close may have come before that of
// side, unseen.
func (o *outcome) earlierClose(side int) bool {
	return !o.a.closes[1-side].seen && o.lossyFrom(o.direction(1-side))
}

// direction is the opposite of session.side.
func (o *outcome) direction(side int) link.Dir {
	if side == 0 {
		return o.client
	}
	return o.server
}
