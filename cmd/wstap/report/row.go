package report

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"wstap/classify/secret"
	"wstap/decode"
)

// row is an attempt as the table shows it: every cell, escaped, in the forms that
// different widths need.
type row struct {
	time           string
	wholeTime      string // without the fraction of the second, where that still tells the time
	client         string // ip:port
	clientHost     string // ip
	server         string // ip:port
	host           string // "" where the URI is absolute
	uri            string
	target         string // host and URI
	path           string // the same, without the host where it is the server's address
	status         string
	statusReason   string
	subprotocol    string
	up, down       string // messages of client and server; empty where none were counted
	open           string
	closed         string // "1006* server"
	closedLetter   string // "1006* s"
	closedDerived  string // "1006 (derived) server"
	closedReason   string // with what the Close frame or the segment said
	verdict        string
	packets        string
	statusColor    sgr
	verdictColor   sgr
	derived        bool // the close code is not on the wire
	countsDoubtful bool // the capture misses part of the session
	breach         bool // frames broke the protocol
	announced      bool // the handshake was answered; the end comes in a row of its own
}

func newRow(a *decode.Attempt, c *clock) *row {
	r := &row{
		time:         c.show(a.UnixNano),
		client:       Escape(a.Client),
		server:       Escape(a.Server),
		verdict:      Escape(string(a.Verdict)),
		verdictColor: verdictColor(a.Verdict),
	}
	r.wholeTime = c.whole(r.time)
	r.clientHost = hostOf(r.client)
	r.setTarget(a)
	if a.HTTP != nil && a.HTTP.Status != 0 {
		r.status = strconv.Itoa(a.HTTP.Status)
		r.statusReason = strings.TrimSpace(r.status + " " + cutEnd(Escape(a.HTTP.Reason), maxReason))
		r.statusColor = statusColor(a.HTTP.Status, a.Verdict)
	}
	if w := a.WebSocket; w != nil {
		r.subprotocol = Escape(w.Subprotocol)
		r.breach = len(w.Violations) > 0
		if w.Messages != nil && a.Ending != decode.EndingNone && a.Kind != decode.KindOpen {
			r.up, r.down = count(w.Messages.Client), count(w.Messages.Server)
			r.countsDoubtful = w.CountsComplete != nil && !*w.CountsComplete
		}
	}
	if a.Timing != nil && a.Timing.OpenMS != nil && a.Ending != decode.EndingNone {
		r.open = duration(*a.Timing.OpenMS)
	}
	r.setClosed(a)
	if p := a.Packets; p != nil {
		r.packets = packetRange(p.Request, p.Response, p.End)
	}
	return r
}

// maxReason and maxCloseReason are how many columns of a reason help to tell rows
// apart; -v shows all of it.
const (
	maxReason      = 24
	maxCloseReason = 24
)

func (r *row) setTarget(a *decode.Attempt) {
	host, uri := a.ServerName, ""
	if a.HTTP != nil {
		uri = secret.ShortMasks(a.HTTP.URI)
		if a.HTTP.Host != "" {
			host = a.HTTP.Host
		}
	} else if a.Proxy != nil {
		uri = a.Proxy.Target // as a CONNECT's
	}
	if host == "" {
		host = a.Server
	}
	r.host, r.uri = Escape(host), Escape(uri)
	absolute := uri != "" && uri[0] != '/' // ws://host/path, or a CONNECT's host:port
	switch {
	case absolute:
		r.target, r.path, r.host = r.uri, r.uri, ""
	case host == a.Server:
		r.target, r.path = r.host+r.uri, r.uri
	default:
		r.target = r.host + r.uri
		r.path = r.target
	}
}

// setClosed sets how the connection ended, in four lengths.
func (r *row) setClosed(a *decode.Attempt) {
	if a.Kind == decode.KindOpen {
		r.announced = true
		r.sameClosed("not yet")
		return
	}
	switch a.Ending {
	case decode.EndingNone, "":
		return
	case decode.EndingOpen:
		r.sameClosed("still open")
		r.closedLetter = "open"
		return
	case decode.EndingLost:
		r.sameClosed("lost")
		return
	default: // a Close frame, FIN or RST was seen
	}
	by, code, extra := "", "", ""
	switch {
	case a.Close != nil:
		by, code = a.Close.By, closeCode(a.Close)
		if a.Close.Reason != "" {
			extra = " “" + cutEnd(Escape(a.Close.Reason), maxCloseReason) + "”"
		} else if a.Ending == decode.EndingOneSided {
			extra = ", one-sided"
		}
		r.closedDerived = code
	default:
		code, r.closedDerived, r.derived = "1006*", "1006 (derived)", true
		if t := a.TCP; t != nil {
			by, extra = t.FirstFIN, ", FIN"
			if a.Ending == decode.EndingRST {
				by, extra = t.FirstRST, ", RST"
			}
		}
	}
	by = Escape(by)
	r.closed = strings.TrimSpace(code + " " + by)
	r.closedLetter = strings.TrimSpace(code + " " + by[:min(1, len(by))])
	r.closedDerived = strings.TrimSpace(r.closedDerived + " " + by)
	r.closedReason = r.closedDerived + extra
}

// closeCode is the code of the first Close frame, or says that there was one whose
// code lies in a hole.
func closeCode(c *decode.Close) string {
	if c.Code == nil {
		return "Close"
	}
	return strconv.Itoa(*c.Code)
}

func (r *row) sameClosed(s string) {
	r.closed, r.closedLetter, r.closedDerived, r.closedReason = s, s, s, s
}

// hostOf returns the address of "ip:port" without brackets.
func hostOf(addr string) string {
	if i := strings.LastIndexByte(addr, ':'); i > 0 {
		addr = addr[:i]
	}
	return strings.Trim(addr, "[]")
}

// count writes a number of messages in at most five columns.
func count(n uint64) string {
	switch {
	case n < 100_000:
		return strconv.FormatUint(n, 10)
	case n < 10_000_000:
		return strconv.FormatUint(n/1000, 10) + "k"
	case n < 10_000_000_000:
		return strconv.FormatUint(n/1_000_000, 10) + "M"
	default:
		return strconv.FormatUint(n/1_000_000_000, 10) + "G"
	}
}

// duration writes milliseconds in two units at most.
func duration(ms float64) string {
	d := time.Duration(ms * float64(time.Millisecond))
	switch {
	case ms < 9.95:
		return strconv.FormatFloat(ms, 'f', 1, 64) + " ms"
	case d < time.Second:
		return strconv.FormatFloat(ms, 'f', 0, 64) + " ms"
	case d < time.Minute:
		return strconv.FormatFloat(ms/1000, 'f', 1, 64) + " s"
	case d < time.Hour:
		return fmt.Sprintf("%dm %02ds", int(d.Minutes()), int(d.Seconds())%60)
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh %02dm", int(d.Hours()), int(d.Minutes())%60)
	default:
		return fmt.Sprintf("%dd %02dh", int(d.Hours())/24, int(d.Hours())%24)
	}
}

// packetRange writes the packets of request, answer and end, "-" for one that was
// not seen.
func packetRange(numbers ...uint64) string {
	parts := make([]string, len(numbers))
	seen := false
	for i, n := range numbers {
		parts[i] = "-"
		if n != 0 {
			parts[i], seen = strconv.FormatUint(n, 10), true
		}
	}
	if !seen {
		return ""
	}
	return strings.Join(parts, " ")
}
