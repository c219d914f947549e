package report

import (
	"fmt"
	"strconv"
	"strings"

	"wstap/decode"
)

// indent is what stands before the lines of -v.
const indent = "    "

// writeDetail writes what -v shows under a row: where to find it in Wireshark,
// both heads with ">" for the client and "<" for the server, the start of a body,
// violations and the Close reason. Everything from the wire is escaped.
func writeDetail(b *strings.Builder, a *decode.Attempt) {
	line := func(format string, args ...any) { fmt.Fprintf(b, indent+format+"\n", args...) }
	if p := packetList(a); p != "" {
		line("packets %s", p)
	}
	if a.Filter != "" {
		line("filter  %s", Escape(a.Filter))
	}
	if len(a.Carrier) > 0 {
		line("inside  %s", Escape(strings.Join(a.Carrier, ", ")))
	}
	if a.TLS != nil {
		writeTLS(b, a.TLS)
	}
	if p := a.Proxy; p != nil {
		line("> %s", Escape(strings.TrimSpace(p.Protocol+" "+p.Target)))
		switch {
		case p.Reply != nil:
			line("< %d %s", *p.Reply, Escape(p.ReplyName))
		case p.Auth == "refused":
			line("< authentication refused")
		}
	}
	if h := a.HTTP; h != nil {
		if h.Method != "" || h.URI != "" {
			line("> %s", Escape(strings.TrimSpace(h.Method+" "+h.URI+" "+version(h.Version))))
		}
		for _, header := range h.RequestHeaders {
			line("> %s: %s", Escape(header[0]), Escape(header[1]))
		}
		for _, status := range h.Interim {
			line("< %d (interim)", status)
		}
		if h.Status != 0 {
			line("< %s", Escape(strings.TrimSpace(fmt.Sprintf("%d %s", h.Status, h.Reason))))
		}
		for _, header := range h.ResponseHeaders {
			line("< %s: %s", Escape(header[0]), Escape(header[1]))
		}
		writeText(b, "body", h.ResponseBody)
		if len(h.Missing) > 0 {
			line("the request lacks %s", Escape(strings.Join(h.Missing, ", ")))
		}
		if len(h.Duplicate) > 0 {
			line("more than once: %s", Escape(strings.Join(h.Duplicate, ", ")))
		}
		if h.Truncated {
			line("a head is cut: the capture does not hold all of it")
		}
	}
	writeSession(b, a)
	writeFindings(b, a)
	b.WriteString("\n")
}

// writeSession writes what was said after the handshake.
func writeSession(b *strings.Builder, a *decode.Attempt) {
	line := func(format string, args ...any) { fmt.Fprintf(b, indent+format+"\n", args...) }
	if w := a.WebSocket; w != nil {
		if w.AcceptValid != nil && !*w.AcceptValid {
			line("Sec-WebSocket-Accept is wrong: %s instead of %s", Escape(w.Accept), Escape(w.AcceptExpected))
		}
		if m := w.FirstMessage; m != nil {
			writeText(b, "client's first message", m.Client)
			writeText(b, "server's first message", m.Server)
		}
		for _, v := range w.Violations {
			line("violation %s by the %s, packet %d, byte %d of its frames", Escape(v.Rule), Escape(v.Direction), v.Packet, v.Offset)
		}
		if w.ViolationsMore > 0 {
			line("and %d violations more", w.ViolationsMore)
		}
	}
	switch c := a.Close; {
	case a.Kind == decode.KindOpen:
		line("answered just now: the end comes in a row of its own")
	case c != nil:
		reason := ""
		if c.Reason != "" {
			reason = " “" + Escape(c.Reason) + "”"
		}
		code := ", its code not captured,"
		if c.Code != nil {
			code = " " + strconv.Itoa(*c.Code)
		}
		line("close%s by the %s%s%s, ending %s", code, Escape(c.By), reason, answer(c), Escape(string(a.Ending)))
	case a.Ending == decode.EndingOpen:
		line("still open when the capture ends")
	case a.Ending == decode.EndingLost:
		line("how it ended is not in the capture")
	case a.Ending != decode.EndingNone && a.Ending != "":
		line("no Close frame, ending %s", Escape(string(a.Ending)))
	}
}

// answer returns the second Close frame of a connection.
func answer(c *decode.Close) string {
	switch {
	case c.By == "client" && c.ServerCode != nil:
		return fmt.Sprintf(", answered with %d", *c.ServerCode)
	case c.By == "server" && c.ClientCode != nil:
		return fmt.Sprintf(", answered with %d", *c.ClientCode)
	default:
		return ", not answered"
	}
}

func version(v string) string {
	if v == "" {
		return ""
	}
	return "HTTP/" + v
}

// packetList names the packets that prove the row, with their files where there
// are several.
func packetList(a *decode.Attempt) string {
	p := a.Packets
	if p == nil {
		return ""
	}
	var f decode.Files
	if a.Files != nil {
		f = *a.Files
	}
	var out strings.Builder
	before := ""
	for _, x := range []struct {
		name   string
		number uint64
		file   string
	}{
		{"first", p.First, f.First}, {"SYN", p.SYN, f.SYN}, {"ClientHello", p.Hello, f.Hello}, {"ServerHello", p.ServerHello, f.ServerHello}, {"alert", p.Alert, f.Alert}, {"request", p.Request, f.Request},
		{"response", p.Response, f.Response}, {"close", p.Close, f.Close}, {"end", p.End, f.End}, {"ICMP", p.ICMP, f.ICMP}, {"last", p.Last, f.Last},
	} {
		if x.number == 0 {
			continue
		}
		if out.Len() > 0 {
			out.WriteString(", ")
		}
		if x.file != before { // name each file once
			before = x.file
			out.WriteString("in " + Escape(x.file) + ": ")
		}
		fmt.Fprintf(&out, "%s %d", x.name, x.number)
	}
	return out.String()
}

// maxTextLines is how many lines of a body are shown: an error page says what it
// has to say at its top.
const maxTextLines = 12

// writeText writes captured text, one line per line of it.
func writeText(b *strings.Builder, name, text string) {
	if text == "" {
		return
	}
	fmt.Fprintf(b, "%s%s, %d bytes shown:\n", indent, name, len(text))
	lines := strings.Split(strings.TrimRight(text, "\r\n"), "\n")
	for i, l := range lines {
		if i == maxTextLines {
			fmt.Fprintf(b, "%s  | … %d lines more\n", indent, len(lines)-i)
			break
		}
		fmt.Fprintf(b, "%s  | %s\n", indent, Escape(strings.TrimSuffix(l, "\r")))
	}
}
