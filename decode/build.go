package decode

import (
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"wstap/capture/packet"
	"wstap/decode/http1"
	"wstap/decode/link"
	"wstap/decode/tcp"
	"wstap/decode/websocket"
)

// finish makes a row of an attempt. e is the end of its connection, nil when that
// goes on.
func (d *Decoder) finish(s *session, a *attempt, e *tcp.Event) {
	o := d.outcome(s, a, e)
	if !o.shown() {
		return
	}
	client, server := o.c.Addr(o.client), o.c.Addr(o.server)
	r := &Attempt{
		Client: client.String(), Server: server.String(),
		Carrier: append(append([]string(nil), d.link.Carrier(o.c.Carrier())...), a.carrier...),
	}
	r.Verdict = o.verdict()
	r.Ending = o.ending(r.Verdict)
	begin := a.first.time
	if a.whole {
		begin, _ = o.c.First()
	}
	d.identify(r, client, server, begin)
	r.HTTP = d.buildHTTP(a)
	if r.HTTP != nil {
		r.ServerName = hostName(r.HTTP.Host)
	}
	if !a.connect {
		r.WebSocket = d.buildWebSocket(o)
	}
	r.Close = o.buildClose()
	r.TCP = o.buildTCP()
	r.Timing = o.buildTiming()
	d.name(r, o.refs())
	gaps, lost := o.c.Gaps()
	r.Capture = &Capture{
		Midstream: o.c.Midstream(), OneSided: o.oneSided(), Gaps: uint64(gaps), LostBytes: lost, Truncated: o.c.Truncated(),
	}
	if !a.connect {
		host := ""
		if r.HTTP != nil {
			host = r.HTTP.Host
		}
		d.learn(server, host)
		d.emit(r)
		return
	}
	d.failed(waiting{row: r, host: strings.ToLower(r.HTTP.URI)})
}

// identify sets what names an attempt.
func (d *Decoder) identify(r *Attempt, client, server netip.AddrPort, begin int64) {
	r.Kind, r.V = "attempt", recordVersion
	r.UnixNano = begin
	r.Time = rfc3339(begin)
	r.CommunityID = communityID(client, server)
	r.ID = r.CommunityID + "@" + strconv.FormatInt(begin, 10)
	r.Filter = displayFilter(client, server)
}

func rfc3339(ns int64) string {
	return time.Unix(0, ns).UTC().Format("2006-01-02T15:04:05.000000000Z07:00")
}

func milliseconds(ns int64) *float64 {
	ms := float64(ns) / 1e6
	return &ms
}

// communityID returns the Community ID v1 of a TCP connection with seed 0
// (https://github.com/corelight/community-id-spec).
func communityID(a, b netip.AddrPort) string {
	if b.Addr().Less(a.Addr()) || a.Addr() == b.Addr() && b.Port() < a.Port() {
		a, b = b, a
	}
	const tcpProtocol = 6
	buf := make([]byte, 2, 2+16+16+2+4)
	buf = append(buf, a.Addr().AsSlice()...)
	buf = append(buf, b.Addr().AsSlice()...)
	buf = append(buf, tcpProtocol, 0)
	buf = binary.BigEndian.AppendUint16(buf, a.Port())
	buf = binary.BigEndian.AppendUint16(buf, b.Port())
	sum := sha1.Sum(buf)
	return "1:" + base64.StdEncoding.EncodeToString(sum[:])
}

// displayFilter returns a Wireshark display filter for a connection.
func displayFilter(client, server netip.AddrPort) string {
	family := "ip"
	if client.Addr().Is6() {
		family = "ipv6"
	}
	return family + ".addr == " + client.Addr().String() + " && tcp.port == " + strconv.Itoa(int(client.Port())) +
		" && " + family + ".addr == " + server.Addr().String() + " && tcp.port == " + strconv.Itoa(int(server.Port()))
}

// hostName returns the name in a Host field's value, empty where it is an
// address.
func hostName(host string) string {
	name := host
	if i := strings.LastIndexByte(host, ':'); i >= 0 && !strings.HasSuffix(host, "]") {
		name = host[:i]
	}
	if _, err := netip.ParseAddr(strings.Trim(name, "[]")); err == nil {
		return ""
	}
	return name
}

// refs are the packets that an attempt's claims rest on.
type refs struct {
	first, syn, request, response, close, end, last packet.Ref
}

// name writes packet numbers, and their files where there are several.
func (d *Decoder) name(r *Attempt, p refs) {
	r.Packets = &Packets{
		First: p.first.Number(), SYN: p.syn.Number(), Request: p.request.Number(), Response: p.response.Number(),
		Close: p.close.Number(), End: p.end.Number(), Last: p.last.Number(),
	}
	if !d.options.ManyFiles || d.options.FileName == nil {
		return
	}
	file := func(x packet.Ref) string {
		if x == 0 {
			return ""
		}
		return d.options.FileName(x.File())
	}
	r.Files = &Files{
		First: file(p.first), SYN: file(p.syn), Request: file(p.request), Response: file(p.response),
		Close: file(p.close), End: file(p.end), Last: file(p.last),
	}
}

func (o *outcome) refs() refs {
	a := o.a
	p := refs{first: a.first.ref, request: a.requestRef, response: a.responseRef}
	if side, ok := a.firstClose(); ok {
		p.close = a.closes[side].ref
	}
	if a.whole {
		_, p.first = o.c.First()
		_, p.syn = o.c.SYN()
	}
	if o.over {
		_, p.last = o.c.Last()
		_, p.end = o.c.Ended()
	} else {
		p.last = o.s.prevRef
	}
	return p
}

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

func (o *outcome) buildTCP() *TCP {
	t := &TCP{
		Retransmissions: Pair{Client: uint64(o.c.Retransmissions(o.client)), Server: uint64(o.c.Retransmissions(o.server))},
		Duplicates:      uint64(o.c.Duplicates()),
		OutOfOrder:      uint64(o.c.OutOfOrder()),
		ZeroWindows:     uint64(o.c.ZeroWindows()),
		SYNCount:        uint64(o.c.SYNs()),
	}
	if d, ok := o.c.FirstFIN(); ok {
		t.FirstFIN = sideName(o.s.side(d))
	}
	if d, ok := o.c.FirstRST(); ok {
		t.FirstRST = sideName(o.s.side(d))
	}
	return t
}

func (o *outcome) buildTiming() *Timing {
	a, t := o.a, &Timing{}
	if syn, ref := o.c.SYN(); a.whole && ref != 0 && o.c.SYNAckTime() >= syn {
		t.ConnectMS = milliseconds(o.c.SYNAckTime() - syn)
	}
	if a.requestAt != 0 && a.responseAt >= a.requestAt && a.status != 0 {
		t.AnswerMS = milliseconds(a.responseAt - a.requestAt)
	}
	last, _ := o.c.Last()
	end, ref := o.c.Ended()
	if o.closed() && ref != 0 {
		last = end
		if o.opened() && end >= o.s.lastData {
			t.IdleBeforeEndMS = milliseconds(end - o.s.lastData)
		}
	}
	if a.status == 101 {
		if a.firstFrameAt >= a.responseAt {
			t.FirstFrameMS = milliseconds(a.firstFrameAt - a.responseAt)
		}
		if last >= a.responseAt {
			t.OpenMS = milliseconds(last - a.responseAt)
		}
	}
	return t
}

func (d *Decoder) buildHTTP(a *attempt) *HTTP {
	if a.request == nil && a.response == nil && !a.notHTTP {
		return nil
	}
	h := &HTTP{Status: a.status, Interim: a.interim, ResponseBody: text(a.body), Truncated: a.requestCut || a.responseCut}
	if q := &d.shown[0]; a.request != nil && q.ParseRequest(a.request) {
		h.Version, h.Method, h.URI = text(q.Version), text(q.Method), text(q.Target)
		h.Host, h.Origin, h.UserAgent = field(q, "Host"), field(q, "Origin"), field(q, "User-Agent")
		h.RequestHeaders = headers(q)
		if !a.connect {
			h.Duplicate = repeated(q, "Host", "Origin", "Sec-WebSocket-Key", "Sec-WebSocket-Version")
		}
		if !a.connect && !a.requestCut {
			for _, name := range [...]string{"Host", "Upgrade", "Connection", "Sec-WebSocket-Key", "Sec-WebSocket-Version"} {
				if q.Count(name) == 0 {
					h.Missing = append(h.Missing, name)
				}
			}
		}
	}
	if p := &d.shown[1]; a.response != nil && p.ParseResponse(a.response) {
		if a.request == nil {
			h.Version = text(p.Version)
		}
		h.Reason = text(p.Reason)
		h.ResponseHeaders = headers(p)
		h.Duplicate = append(h.Duplicate, repeated(p, "Sec-WebSocket-Accept", "Sec-WebSocket-Protocol")...)
		if a.status >= 300 && a.status < 400 {
			h.Redirect = field(p, "Location")
		}
	}
	return h
}

func field(h *http1.Head, name string) string {
	v, _ := h.Get(name)
	return text(http1.Unfold(v))
}

func headers(h *http1.Head) []Header {
	out := make([]Header, len(h.Fields))
	for i, f := range h.Fields {
		out[i] = Header{text(f.Name), text(http1.Unfold(f.Value))}
	}
	return out
}

func repeated(h *http1.Head, names ...string) (out []string) {
	for _, n := range names {
		if h.Count(n) > 1 {
			out = append(out, n)
		}
	}
	return out
}

func (d *Decoder) buildWebSocket(o *outcome) *WebSocket {
	a, w := o.a, &WebSocket{}
	if q := &d.shown[0]; a.request != nil && q.ParseRequest(a.request) {
		w.Version = field(q, "Sec-WebSocket-Version")
		if key, ok := q.Get("Sec-WebSocket-Key"); ok {
			w.Key = text(key)
			valid := websocket.KeyValid(string(key))
			w.KeyValid = &valid
			w.AcceptExpected = expectedAccept(key)
		}
		w.SubprotocolsOffered = texts(list(q, "Sec-WebSocket-Protocol"))
		w.ExtensionsOffered = text([]byte(strings.Join(list(q, "Sec-WebSocket-Extensions"), ", ")))
	}
	if p := &d.shown[1]; a.response != nil && p.ParseResponse(a.response) {
		w.Accept = field(p, "Sec-WebSocket-Accept")
		if a.status == 101 && w.AcceptExpected != "" && !a.responseCut {
			valid := w.Accept == w.AcceptExpected
			w.AcceptValid = &valid
		}
		w.Subprotocol = field(p, "Sec-WebSocket-Protocol")
		w.Extensions = text([]byte(strings.Join(list(p, "Sec-WebSocket-Extensions"), ", ")))
	}
	if !o.opened() {
		return w
	}
	client, server := o.walker(o.client), o.walker(o.server)
	w.Frames = &Frames{Client: frameCounts(client), Server: frameCounts(server)}
	w.Messages = &Pair{Client: uint64(client.Messages), Server: uint64(server.Messages)}
	w.Bytes = &Pair{Client: client.Bytes, Server: server.Bytes}
	complete := client.Complete() && server.Complete() && !client.Lost() && !server.Lost() && !o.oneSided()
	w.CountsComplete = &complete
	for _, v := range a.violations {
		w.Violations = append(w.Violations, Violation{
			Rule: v.rule.String(), Direction: sideName(v.side), Packet: v.ref.Number(), Offset: v.offset,
		})
	}
	w.ViolationsMore = a.more
	if a.pings != nil {
		if lo, mid, hi, ok := a.pings.RoundTrips(); ok {
			w.PingRTT = &RTT{Min: float64(lo) / 1e6, Median: float64(mid) / 1e6, Max: float64(hi) / 1e6}
		}
	}
	if m := a.messages; m[0] != nil {
		w.FirstMessage = &FirstTexts{Client: text(m[0].First), Server: text(m[1].First)}
		w.InflatedBytes = &Pair{Client: m[0].Inflated, Server: m[1].Inflated}
	}
	return w
}
