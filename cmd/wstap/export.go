package main

import (
	"fmt"
	"strings"

	"wstap/capture/packet"
	"wstap/classify/secret"
	"wstap/cmd/wstap/report"
	"wstap/decode"
)

// export gathers which connections -w writes out, and what there is to say about
// their packets. It is used by one goroutine at a time: that of the printer, then that
// of the writer of packets.
type export struct {
	secrets  bool // leave secrets in the packets
	redactor *secret.Redactor
	chosen   map[*decode.Connection]*choice
	fresh    []*decode.Connection // of these, those that were chosen since they were last looked at
	attempts int
}

// choice is a connection whose packets are to be written.
type choice struct {
	comments map[packet.Ref][]string
	early    map[packet.Ref][]string // the same of attempts whose rows are still to come
	opened   bool                    // carries frames from now on, and no more HTTP
	mask     *mask                   // nil before it is needed, which is when the connection has opened or ended

	lines      []byte // of a key log, that were written
	generation uint64 // of the store, when they were looked up
}

func newExport(secrets bool) export {
	return export{secrets: secrets, redactor: secret.NewRedactor(), chosen: make(map[*decode.Connection]*choice)}
}

// add chooses the connection of a row. a is its record as it may be shown.
func (x *export) add(r *decode.Row, a *decode.Attempt) {
	c := r.Connection()
	if c == nil { // a name that was not found: nothing was connected
		return
	}
	to := x.chosen[c]
	if to == nil {
		to = &choice{comments: make(map[packet.Ref][]string), early: make(map[packet.Ref][]string)}
		x.chosen[c] = to
		x.fresh = append(x.fresh, c)
	}
	if a.Kind == decode.KindOpen {
		if a.Ending == decode.EndingOpen && !to.opened {
			to.opened = true
			x.fresh = append(x.fresh, c)
		}
		for _, cited := range r.Cited() {
			to.early[cited.Ref] = append(to.early[cited.Ref], comment(a, cited))
		}
		return // its row will say more
	}
	x.attempts++
	for _, cited := range r.Cited() {
		to.comments[cited.Ref] = append(to.comments[cited.Ref], comment(a, cited))
		delete(to.early, cited.Ref)
	}
	if ref, text := why(r, a); text != "" {
		to.comments[ref] = append(to.comments[ref], text)
	}
}

// why returns the first finding in words, and the last of the packets that prove it,
// which is where a reader knows everything.
func why(r *decode.Row, a *decode.Attempt) (packet.Ref, string) {
	if len(a.Findings) == 0 || a.Findings[0].Severity == decode.SeverityInfo {
		return 0, ""
	}
	f := &a.Findings[0]
	for i := len(f.Packets) - 1; i >= 0; i-- {
		for _, cited := range r.Cited() {
			if cited.Ref.Number() == f.Packets[i] {
				text := fmt.Sprintf("%s, %s: %s: %s", f.ID, f.Certainty, f.Title, f.Because)
				return cited.Ref, fmt.Sprintf("%s: %s", commentName(a), report.Escape(text))
			}
		}
	}
	return 0, ""
}

// ended notes where the secrets of connections are that have ended, so that their heads
// need not be kept until the captures are read again.
func (x *export) ended(connections []*decode.Connection) {
	for _, c := range connections {
		if to := x.chosen[c]; to != nil {
			to.mask = x.newMask(c)
			c.Plain = nil
		}
	}
}

// of returns what there is to say about a packet.
func (to *choice) of(r packet.Ref) []string {
	if texts := to.comments[r]; len(texts) > 0 {
		return texts
	}
	return to.early[r]
}

// comment says in one line what a packet shows of an attempt.
func comment(a *decode.Attempt, c decode.Cited) string {
	text := ""
	switch c.Role {
	case decode.RoleSYN:
		text = "first SYN"
	case decode.RoleRequest:
		if a.HTTP == nil {
			text = "request to the SOCKS proxy"
			break
		}
		text = fmt.Sprintf("request %s %s", a.HTTP.Method, a.HTTP.URI)
	case decode.RoleResponse:
		if a.HTTP == nil {
			text = "reply of the SOCKS proxy"
			if p := a.Proxy; p != nil && p.Reply != nil {
				text = fmt.Sprintf("%s: %d %s", text, *p.Reply, p.ReplyName)
			}
			break
		}
		text = fmt.Sprintf("response %d %s", a.HTTP.Status, a.HTTP.Reason)
		if a.HTTP.Status == 0 {
			text = "response, not HTTP"
		}
	case decode.RoleClose:
		text = "first Close frame"
		if a.Close.Code != nil {
			text = strings.TrimSpace(fmt.Sprintf("%s: %d %s", text, *a.Close.Code, a.Close.Reason))
		}
	case decode.RoleICMP:
		text = fmt.Sprintf("ICMP error: %s", a.TCP.ICMP.Name)
	case decode.RoleEnd:
		text = "first FIN or RST; ending " + string(a.Ending)
	case decode.RoleViolation:
		text = "breaks the protocol: " + c.Rule
	}
	return fmt.Sprintf("%s: %s", commentName(a), report.Escape(strings.TrimSpace(text)))
}

// commentName says which attempt a comment is about.
func commentName(a *decode.Attempt) string {
	if a.N == 0 { // it has not ended
		return fmt.Sprintf("wstap attempt (%s)", a.Verdict)
	}
	return fmt.Sprintf("wstap attempt %d (%s)", a.N, a.Verdict)
}

// mask is where secrets stand in the two streams of a connection.
type mask struct {
	spans    []streamSpan
	repeated [][]byte // secrets that may stand elsewhere, too
}

type streamSpan struct {
	fromClient bool
	seq        uint32
	length     uint32
}

// maskByte is what secrets are overwritten with.
const maskByte = 'x'

// hide overwrites the secrets in a packet of a connection that was chosen.
func (x *export) hide(f *decode.Found) {
	to := x.chosen[f.Connection]
	if to.mask == nil {
		to.mask = x.newMask(f.Connection)
	}
	m := to.mask
	for _, s := range m.spans {
		if s.fromClient == f.FromClient {
			f.Overwrite(s.seq, s.length, maskByte)
		}
	}
	for _, secret := range m.repeated {
		f.OverwriteText(secret, maskByte)
	}
}

// newMask finds the secrets of a connection. What nobody can read is taken for one.
func (x *export) newMask(c *decode.Connection) *mask {
	m := new(mask)
	if x.secrets {
		return m
	}
	for _, p := range c.Plain {
		if p.Head == nil {
			m.spans = append(m.spans, streamSpan{p.FromClient, p.Seq, p.Length})
			continue
		}
		spans, repeated := x.redactor.Spans(p.Head)
		for _, s := range spans {
			m.spans = append(m.spans, streamSpan{p.FromClient, p.Seq + uint32(s.Begin), uint32(s.End - s.Begin)})
		}
		for _, r := range repeated {
			m.repeated = append(m.repeated, []byte(r))
		}
	}
	return m
}
