package decode

import (
	"net/netip"
	"strings"

	"wstap/decode/dns"
	"wstap/decode/link"
)

// DNS is how the server's name was looked up, where that was seen and is of interest:
// the lookup failed, or no address that it gave could be reached.
type DNS struct {
	Name    string   `json:"name"`              // that was asked for, in lower case
	RCode   string   `json:"rcode,omitempty"`   // "NOERROR", "NXDOMAIN" …; absent where no answer came
	Server  string   `json:"server"`            // the resolver whose answer counts, or which was asked first
	MS      *float64 `json:"ms,omitempty"`      // query to that answer
	Asked   []string `json:"asked,omitempty"`   // "A", "AAAA", "HTTPS"
	Silent  []string `json:"silent,omitempty"`  // those of them that nobody answered
	Queries int      `json:"queries,omitempty"` // sent for the name, of all types and to all resolvers
	Retries int      `json:"retries,omitempty"` // those of them that had been asked before
	Servers []string `json:"servers,omitempty"` // all resolvers that were asked, where it was more than one
	Answers []string `json:"answers,omitempty"` // addresses
	Aliases []string `json:"aliases,omitempty"` // names that the name leads to (CNAME)
	Tried   []string `json:"tried,omitempty"`   // the name with search domains behind it, which failed as well
	Blocked *bool    `json:"blocked,omitempty"` // the addresses are such that nothing can be reached there; present where there are any
}

// DNSCounts counts DNS messages, over UDP and TCP.
type DNSCounts struct {
	Queries uint64 `json:"queries"`
	Answers uint64 `json:"answers"`
	Other   uint64 `json:"other"` // not understood, or no question for one name
}

func (s *Summary) addDNS(c DNSCounts) {
	if c != (DNSCounts{}) {
		s.DNS = &c
	}
}

// named is a DNS message among the segments of a Batch.
type named struct {
	link.Segment
	before int // index of the segment that it comes before
	packet int // its index in its block
}

// lookupRow makes a row of a name that was not found.
func (d *Decoder) lookupRow(l *lookup) *Row {
	row := &Row{verdict: VerdictUnreached, ending: EndingNone, lookup: l, options: &d.options}
	row.carrier = d.link.Carrier(l.carrier)
	if l.cut {
		row.verdict = VerdictIncomplete // the answer may have come after the capture
	}
	if len(d.missed.spans) > 0 {
		row.dropped, row.unrecorded = d.missed.between(l.first, l.last+nameSettles)
		if row.dropped > 0 || row.unrecorded > 0 {
			row.verdict = VerdictIncomplete // a good answer may be among what is missing
		}
	}
	return row
}

func (l *lookup) refs() refs {
	return refs{first: l.firstRef, request: l.queryRef, response: l.answerRef, last: l.lastRef}
}

// buildLookup fills in a name that was not found.
func (r *Row) buildLookup(out *record) {
	l := r.lookup
	a := &out.Attempt
	identify(a, l.client, l.server, l.first)
	const udp = 17
	a.CommunityID = communityIDOf(udp, l.client, l.server)
	a.ID = a.CommunityID + a.ID[strings.IndexByte(a.ID, '@'):]
	a.Filter = lookupFilter(l)
	a.ServerName = text([]byte(l.name))
	out.dns = DNS{
		Name: a.ServerName, Server: l.server.String(), Queries: l.queries, Retries: l.retries,
		Answers: addresses(l.addresses), Aliases: texts(append([]string(nil), l.aliases...)), Tried: texts(append([]string(nil), l.tried...)),
	}
	for i, t := range []dns.Type{dns.A, dns.AAAA, dns.HTTPS} {
		if l.families[i].standing != notAsked {
			out.dns.Asked = append(out.dns.Asked, t.String())
		}
		if l.families[i].standing == asked {
			out.dns.Silent = append(out.dns.Silent, t.String())
		}
	}
	if len(l.resolvers) > 1 {
		for _, s := range l.resolvers {
			out.dns.Servers = append(out.dns.Servers, s.String())
		}
	}
	if code, ok := l.rcode(); ok {
		out.dns.RCode = dns.RCode(code)
		out.dns.MS = out.milliseconds(l.took)
	}
	if len(l.addresses) > 0 {
		blocked := l.blocked()
		out.dns.Blocked = &blocked
	}
	a.DNS = &out.dns
	out.capture = Capture{OneSided: !l.answered && l.unheard, Dropped: r.dropped}
	if r.unrecorded > 0 {
		out.capture.UnrecordedMS = out.milliseconds(r.unrecorded)
	}
	a.Capture = &out.capture
	r.options.name(a, &out.packets, l.refs())
}

// buildName fills in the name by which the server was found.
func (r *Row) buildName(out *record) {
	n := r.name
	if n == nil || out.ServerName != "" {
		return
	}
	a := &out.Attempt
	a.ServerName = text([]byte(n.name))
	out.dns = DNS{
		Name: a.ServerName, RCode: dns.RCode(dns.NoError), Server: n.server.String(),
		Answers: addresses(n.addresses), Aliases: texts(append([]string(nil), n.aliases...)),
	}
	if n.took >= 0 {
		out.dns.MS = out.milliseconds(n.took)
	}
	blocked := true
	for _, x := range n.addresses {
		blocked = blocked && (x.IsUnspecified() || x.IsLoopback() && !strings.HasPrefix(a.Client, "127.") && !strings.HasPrefix(a.Client, "[::1]"))
	}
	out.dns.Blocked = &blocked
	a.DNS = &out.dns
}

func addresses(list []netip.Addr) []string {
	var out []string
	for _, a := range list {
		out = append(out, a.String())
	}
	return out
}

// lookupFilter returns a Wireshark display filter for all that was asked and
// answered, or for names that do not stand well in one, of the first query's ports.
func lookupFilter(l *lookup) string {
	for _, c := range []byte(l.name) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '.' && c != '_' {
			return strings.ReplaceAll(displayFilter(l.client, l.server), "tcp.port", "udp.port")
		}
	}
	family := "ip.addr == "
	if l.client.Addr().Is6() {
		family = "ipv6.addr == "
	}
	return family + l.client.Addr().String() + ` && lower(dns.qry.name) == "` + l.name + `"`
}
