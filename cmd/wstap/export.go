package main

import (
	"fmt"
	"strings"

	"wstap/capture/packet"
	"wstap/cmd/wstap/report"
	"wstap/decode"
)

// export gathers which connections -w writes out, and what there is to say about
// their packets. It is used by the printer's goroutine, and by the writer of packets
// once that has ended.
type export struct {
	secrets     bool // leave secrets in the packets
	redactor    *report.Redactor
	connections []*decode.Connection
	masks       map[*decode.Connection]*mask
	comments    map[packet.Ref][]string
	attempts    int
}

func newExport(secrets bool) *export {
	return &export{
		secrets: secrets, redactor: report.NewRedactor(),
		masks: make(map[*decode.Connection]*mask), comments: make(map[packet.Ref][]string),
	}
}

// add selects the connection of a row.
func (x *export) add(r *decode.Row, a *decode.Attempt) {
	c := r.Connection()
	if _, there := x.masks[c]; !there {
		x.masks[c] = nil // made once the connection has ended
		x.connections = append(x.connections, c)
	}
	if a.Kind == decode.KindOpen {
		return
	}
	x.attempts++
	if !x.secrets {
		a = x.redactor.Redact(a)
	}
	for _, cited := range r.Cited() {
		x.comments[cited.Ref] = append(x.comments[cited.Ref], comment(a, cited))
	}
}

// comment says in one line what a packet shows of an attempt.
func comment(a *decode.Attempt, c decode.Cited) string {
	text := ""
	switch c.Role {
	case decode.RoleSYN:
		text = "first SYN"
	case decode.RoleRequest:
		text = fmt.Sprintf("request %s %s", a.HTTP.Method, a.HTTP.URI)
	case decode.RoleResponse:
		text = fmt.Sprintf("response %d %s", a.HTTP.Status, a.HTTP.Reason)
		if a.HTTP.Status == 0 {
			text = "response, not HTTP"
		}
	case decode.RoleClose:
		text = "first Close frame"
		if a.Close.Code != 0 {
			text = strings.TrimSpace(fmt.Sprintf("%s: %d %s", text, a.Close.Code, a.Close.Reason))
		}
	case decode.RoleEnd:
		text = "first FIN or RST; ending " + string(a.Ending)
	case decode.RoleViolation:
		text = "breaks the protocol: " + c.Rule
	}
	return fmt.Sprintf("wstap attempt %d (%s): %s", a.N, a.Verdict, report.Escape(strings.TrimSpace(text)))
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

// hide overwrites the secrets in a packet of a connection that has ended.
func (x *export) hide(f *decode.Found) {
	if x.secrets {
		return
	}
	m := x.masks[f.Connection]
	if m == nil {
		m = x.newMask(f.Connection)
		x.masks[f.Connection] = m
	}
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
