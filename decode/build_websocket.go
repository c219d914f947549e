package decode

import (
	"strings"

	"wstap/decode/link"
	"wstap/decode/websocket"
)

func (r *Row) buildWebSocket(out *record) {
	a, w, q, p := r.a, &out.websocket, &r.request, &r.response
	out.WebSocket = w
	if q.ok {
		w.Version = q.field("Sec-WebSocket-Version")
		if key, ok := q.Get("Sec-WebSocket-Key"); ok {
			w.Key = q.value(key)
			valid := websocket.KeyValid(string(key))
			w.KeyValid = &valid
			w.AcceptExpected = r.expected
		}
		w.SubprotocolsOffered = texts(list(&q.Head, "Sec-WebSocket-Protocol"))
		w.ExtensionsOffered = text([]byte(strings.Join(list(&q.Head, "Sec-WebSocket-Extensions"), ", ")))
	}
	if p.ok {
		w.Accept = p.field("Sec-WebSocket-Accept")
		if a.status == 101 && w.AcceptExpected != "" && !a.responseCut {
			valid := w.Accept == w.AcceptExpected
			w.AcceptValid = &valid
		}
		w.Subprotocol = p.field("Sec-WebSocket-Protocol")
		w.Extensions = text([]byte(strings.Join(list(&p.Head, "Sec-WebSocket-Extensions"), ", ")))
	}
	if r.opened() {
		r.buildFrames(out)
	}
}

// unread reports whether frames of a direction may lie in a hole behind which none
// were recognised.
func (o *outcome) unread(d link.Dir) bool { return !o.framed[d] && o.gapped[d] }

// buildFrames fills in what was said after the handshake.
func (o *outcome) buildFrames(r *record) {
	a, w := o.a, &r.websocket
	client, server := o.walker(o.client), o.walker(o.server)
	r.frames = Frames{Client: frameCounts(client), Server: frameCounts(server)}
	r.messages = Pair{Client: uint64(client.Messages), Server: uint64(server.Messages)}
	r.bytes = Pair{Client: client.Bytes, Server: server.Bytes}
	r.complete = client.Complete() && server.Complete() && !client.Lost() && !server.Lost() && !o.oneSided() && !o.tailMissed &&
		!o.unread(o.client) && !o.unread(o.server)
	w.Frames, w.Messages, w.Bytes, w.CountsComplete = &r.frames, &r.messages, &r.bytes, &r.complete
	for _, v := range a.violations {
		w.Violations = append(w.Violations, Violation{
			Rule: v.rule.String(), Direction: sideName(v.side), Packet: v.ref.Number(), Offset: v.offset,
		})
	}
	w.ViolationsMore = a.more
	if o.pings != nil {
		if lo, mid, hi, ok := o.pings.RoundTrips(); ok {
			w.PingRTT = &RTT{Min: float64(lo) / 1e6, Median: float64(mid) / 1e6, Max: float64(hi) / 1e6}
		}
	}
	if r.complete && o.over {
		pings := o.pings
		if pings == nil {
			pings = new(websocket.Pings)
		}
		if n, ok := pings.Unanswered([2]*websocket.Walker{client, server}); ok {
			r.unponged = Pair{Client: uint64(n[0]), Server: uint64(n[1])}
			w.PingsUnanswered = &r.unponged
		}
	}
	if m := a.messages; m[0] != nil {
		w.FirstMessage = &FirstTexts{Client: text(m[0].First), Server: text(m[1].First)}
		w.InflatedBytes = &Pair{Client: m[0].Inflated, Server: m[1].Inflated}
	}
}
