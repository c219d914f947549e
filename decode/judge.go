package decode

import (
	"wstap/decode/http1"
	"wstap/decode/websocket"
)

// judge finds out whether a conforming client accepts a's 101.
func (d *Decoder) judge(a *attempt) {
	q, h := &d.judged[0], &d.judged[1]
	a.acceptable = a.response != nil && h.ParseResponse(a.response) && acceptable101(h)
	if !a.acceptable || a.request == nil || a.requestCut || !q.ParseRequest(a.request) {
		return
	}
	if key, ok := q.Get("Sec-WebSocket-Key"); ok {
		accept, _ := h.Get("Sec-WebSocket-Accept")
		a.acceptable = websocket.AcceptFor(string(key)) == string(accept)
	}
	if chosen, ok := h.Get("Sec-WebSocket-Protocol"); ok && !offered(q, string(chosen)) {
		a.acceptable = false
	}
	a.acceptable = a.acceptable && extensionsAgree(q, h)
}

// acceptable101 makes the checks for which the request is not needed.
func acceptable101(h *http1.Head) bool {
	return upgradeIs(h) && h.Lists("Connection", "upgrade") &&
		h.Count("Sec-WebSocket-Accept") == 1 && h.Count("Sec-WebSocket-Protocol") <= 1
}

// upgradeIs reports whether the answer upgrades to websocket and nothing else.
func upgradeIs(h *http1.Head) bool {
	v, ok := h.Get("Upgrade")
	return ok && h.Count("Upgrade") == 1 && http1.EqualFold(v, "websocket")
}
