package decode

import "wstap/decode/websocket"

// announce makes a row of kind "open" of a handshake that has just been answered,
// so that who watches need not wait for the connection's end. The row that the
// attempt becomes in the end has the same ID.
func (d *Decoder) announce(s *session, a *attempt) {
	if !d.options.Open || a.connect {
		return
	}
	row := &Row{open: true, options: &d.options}
	d.outcome(&row.outcome, s, a, nil)
	o := &row.outcome
	if !o.shown() {
		return
	}
	// The row is put into words by another goroutine while the attempt goes on.
	still := *a
	still.messages = [2]*websocket.Messages{}
	o.a, o.pings, o.framed = &still, nil, [2]bool{}
	o.prevRef = a.responseRef
	row.verdict, row.ending = o.verdict(), EndingNone
	if o.opened() {
		row.ending = EndingOpen
	}
	if d.options.Connections {
		row.connection = d.connection(s)
	}
	d.rows = append(d.rows, row)
}
