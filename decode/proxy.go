package decode

import (
	"slices"

	"wstap/decode/link"
	"wstap/decode/socks"
	"wstap/decode/tcp"
)

// proxyStep says whose message comes next when a client asks a SOCKS proxy for a
// connection.
type proxyStep uint8

const (
	proxyChoice      proxyStep = iota // server: the method of authentication
	proxyCredentials                  // client: name and password
	proxyStatus                       // server: whether they are right
	proxyToken                        // server: a GSSAPI message
	proxyRequest                      // client
	proxyReply                        // server
	proxyDone
)

// maxProxyBytes is how much of a side is kept that came before its turn: a client's
// first request, where the capture swapped it with the proxy's reply.
const maxProxyBytes = 16 << 10

// proxyTalk is what a client and a SOCKS proxy said. Arrays are by side.
type proxyTalk struct {
	version    int
	step       proxyStep
	methods    []byte // that the client offers
	method     byte   // that the server took
	target     string // host and port that were asked for; empty before
	reply      int    // code of the reply; -1 before
	authStatus int    // of RFC 1929; -1 before
	refused    bool
	granted    bool
	buf        [2][]byte    // not read yet
	at         [2]packetPos // of the last bytes of buf; seq is that of its first byte
}

// proxyBegins begins to follow what a client says to a SOCKS proxy.
func (d *Decoder) proxyBegins(s *session, e *tcp.Event, version int) {
	a := newAttempt(s, posOf(e), s.isFirst())
	a.connect = true
	a.proxy = &proxyTalk{version: version, reply: -1, authStatus: -1}
	if version == 4 {
		a.proxy.step = proxyRequest
	}
	s.queue = append(s.queue, pending{attempt: a})
	s.crossing = false
	s.mode = [2]mode{modeProxy, modeProxy}
}

// proxy takes bytes that are said to a SOCKS proxy or by it, and returns those of b
// that belong to what it carries.
func (d *Decoder) proxy(s *session, e *tcp.Event, b []byte) []byte {
	if len(s.queue) == 0 || s.queue[0].attempt == nil || s.queue[0].attempt.proxy == nil {
		s.mode = [2]mode{modeOff, modeOff}
		return b
	}
	a := s.queue[0].attempt
	p, side := a.proxy, s.side(e.Dir)
	if len(p.buf[side]) == 0 {
		p.at[side].seq = e.Seq + uint32(len(e.Data)-len(b))
	}
	p.at[side].time, p.at[side].ref, p.at[side].ack = e.Time, e.Ref, e.Ack
	p.buf[side] = append(p.buf[side], b...)
	for p.step < proxyDone && !p.refused {
		n, ok := d.proxyMessage(s, a)
		if !ok || len(p.buf[0]) > maxProxyBytes || len(p.buf[1]) > maxProxyBytes {
			d.proxyLost(s)
			return nil
		}
		if n == 0 {
			return nil
		}
	}
	s.pop()
	if p.refused {
		s.current = a
		s.mode = [2]mode{modeOff, modeOff}
		return nil
	}
	rest := b[len(b)-min(len(b), len(p.buf[side])):]
	d.carries(s, a, "socks"+string(rune('0'+p.version)))
	other := e.Dir.Other()
	if early := p.buf[1-side]; len(early) > 0 { // captured too early
		at := p.at[1-side]
		d.bytes(s, &tcp.Event{Kind: tcp.Data, Dir: other, Conn: e.Conn, Seq: at.seq, Ack: at.ack, Data: early, Time: at.time, Ref: at.ref})
	}
	p.buf = [2][]byte{}
	return rest
}

// proxyMessage reads the next message and returns its length: 0 where it is not there
// yet. ok is false where something else is.
func (d *Decoder) proxyMessage(s *session, a *attempt) (n int, ok bool) {
	p := a.proxy
	side := 1
	if p.step == proxyCredentials || p.step == proxyRequest || p.step == proxyChoice && p.methods == nil {
		side = 0
	}
	b, at := p.buf[side], p.at[side]
	switch p.step {
	case proxyChoice:
		if side == 0 {
			p.methods, n, ok = socks.Greeting(b)
			p.methods = slices.Clone(p.methods)
			break
		}
		if p.method, n, ok = socks.Choice(b); n > 0 {
			ok = p.chosen()
		}
	case proxyCredentials:
		var secrets [2]socks.Span
		if secrets, n, ok = socks.Credentials(b); n > 0 {
			for _, x := range secrets {
				d.plain(s, s.client, at.seq+uint32(x.Begin), x.End-x.Begin, nil)
			}
			p.step = proxyStatus
		}
	case proxyStatus:
		var status byte
		if status, n, ok = socks.Status(b); n > 0 {
			p.authStatus, p.refused, p.step = int(status), status != 0, proxyRequest
		}
	case proxyToken:
		var kind byte
		kind, n, ok = socks.Token(b)
		p.refused = n > 0 && kind == socks.Abort
		ok = ok && (n == 0 || p.refused || kind == 1) // behind the negotiation all may be encrypted
	case proxyRequest:
		n, ok = d.proxyAsked(s, p, b, at.seq)
	case proxyReply:
		n, ok = p.replied(b)
	case proxyDone:
	}
	if n == 0 || !ok {
		return 0, ok
	}
	switch {
	case side == 0:
		a.requestAt, a.requestRef = at.time, at.ref
		s.queue[0].end = at.seq + uint32(n)
	case p.refused || p.granted:
		a.responseAt, a.responseRef = at.time, at.ref
	}
	p.buf[side] = b[n:]
	p.at[side].seq += uint32(n)
	return n, true
}

// chosen takes the method that the server took.
func (p *proxyTalk) chosen() bool {
	offered := p.method == socks.NoAcceptable || slices.Contains(p.methods, p.method)
	switch p.method {
	case socks.NoAcceptable:
		p.refused = true
	case socks.NoAuth:
		p.step = proxyRequest
	case socks.Password:
		p.step = proxyCredentials
	case socks.GSSAPI:
		p.step = proxyToken
	default: // nobody knows what follows
		return false
	}
	return offered
}

// proxyAsked reads the request.
func (d *Decoder) proxyAsked(s *session, p *proxyTalk, b []byte, seq uint32) (n int, ok bool) {
	var r socks.Request
	if p.version == 4 {
		if r, n, ok = socks.Request4(b); n > 0 {
			user := socks.UserID(b)
			d.plain(s, s.client, seq+uint32(user.Begin), user.End-user.Begin, nil)
		}
	} else {
		r, n, ok = socks.Request5(b)
	}
	if n > 0 && r.Command != socks.Connect {
		return 0, false
	}
	if n > 0 {
		p.target, p.step = r.Target(), proxyReply
	}
	return n, ok
}

// replied reads the reply.
func (p *proxyTalk) replied(b []byte) (n int, ok bool) {
	var code byte
	good := byte(0)
	if p.version == 4 {
		good = socks.Granted4
		code, n, ok = socks.Reply4(b)
	} else {
		code, n, ok = socks.Reply5(b)
	}
	if n > 0 {
		p.reply, p.granted, p.refused, p.step = int(code), code == good, code != good, proxyDone
	}
	return n, ok
}

// proxyLost gives up what is said to a SOCKS proxy: it is no SOCKS, cannot be
// followed, or a part is missing. A request that was seen stays without an answer.
func (d *Decoder) proxyLost(s *session) {
	s.mode = [2]mode{modeOff, modeOff}
	if len(s.queue) == 0 || s.queue[0].attempt == nil || s.queue[0].attempt.proxy == nil {
		return
	}
	a := s.queue[0].attempt
	for side, b := range a.proxy.buf {
		d.plain(s, s.client^link.Dir(side), a.proxy.at[side].seq, len(b), nil)
	}
	a.proxy.buf = [2][]byte{}
	if a.proxy.target == "" {
		s.pop()
		return
	}
	s.queue[0].lost = true
}

// buildProxy fills in what was said to a SOCKS proxy.
func (r *Row) buildProxy(out *record) {
	p := r.a.proxy
	if p == nil {
		return
	}
	x := &out.proxy
	out.Proxy = x
	*x = Proxy{Protocol: "socks5", Target: text([]byte(p.target))}
	if p.version == 4 {
		x.Protocol = "socks4"
	} else {
		x.Auth = p.auth()
	}
	if p.reply >= 0 {
		x.Reply, x.ReplyName = &p.reply, socks.ReplyName(p.version, byte(p.reply))
	}
	if p.authStatus >= 0 {
		x.AuthStatus = &p.authStatus
	}
}

// auth returns how the client showed who it is.
func (p *proxyTalk) auth() string {
	switch {
	case p.refused && p.reply < 0:
		return "refused"
	case p.method == socks.Password:
		return "password"
	default:
		return "none"
	}
}
