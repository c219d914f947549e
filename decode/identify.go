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
)

// identify sets what names an attempt.
func identify(r *Attempt, client, server netip.AddrPort, begin int64) {
	r.Kind, r.V = KindAttempt, recordVersion
	r.Client, r.Server = client.String(), server.String()
	r.UnixNano = begin
	r.Time = rfc3339(begin)
	r.CommunityID = communityID(client, server)
	r.ID = r.CommunityID + "@" + strconv.FormatInt(begin, 10)
	r.Filter = displayFilter(client, server)
}

// timeLayout is RFC 3339 with all nine digits of a second's fraction.
const timeLayout = "2006-01-02T15:04:05.000000000Z07:00"

func rfc3339(ns int64) string {
	var room [len(timeLayout)]byte
	return string(time.Unix(0, ns).UTC().AppendFormat(room[:0], timeLayout))
}

// communityID returns the Community ID v1 of a TCP connection with seed 0
// (https://github.com/corelight/community-id-spec).
func communityID(a, b netip.AddrPort) string { return communityIDOf(6, a, b) }

// communityIDOf is communityID of any protocol with ports, as IANA numbers them.
func communityIDOf(protocol byte, a, b netip.AddrPort) string {
	if b.Addr().Less(a.Addr()) || a.Addr() == b.Addr() && b.Port() < a.Port() {
		a, b = b, a
	}
	var room [2 + 16 + 16 + 2 + 4]byte // the first two are the seed
	buf := room[:2]
	buf = append(buf, a.Addr().AsSlice()...)
	buf = append(buf, b.Addr().AsSlice()...)
	buf = append(buf, protocol, 0)
	buf = binary.BigEndian.AppendUint16(buf, a.Port())
	buf = binary.BigEndian.AppendUint16(buf, b.Port())
	sum := sha1.Sum(buf)
	id := [2 + 28]byte{'1', ':'}
	base64.StdEncoding.Encode(id[2:], sum[:])
	return string(id[:])
}

// displayFilter returns a Wireshark display filter for a connection.
func displayFilter(client, server netip.AddrPort) string {
	family := "ip.addr == "
	if client.Addr().Is6() {
		family = "ipv6.addr == "
	}
	var room [160]byte
	b := room[:0]
	for _, end := range [...]netip.AddrPort{client, server} {
		if len(b) > 0 {
			b = append(b, " && "...)
		}
		b = append(b, family...)
		b = end.Addr().AppendTo(b)
		b = append(b, " && tcp.port == "...)
		b = strconv.AppendUint(b, uint64(end.Port()), 10)
	}
	return string(b)
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
	first, syn, hello, serverHello, alert, request, response, close, end, icmp, last packet.Ref
}

// name writes packet numbers to where, and their files where there are several.
func (o *Options) name(r *Attempt, where *Packets, p refs) {
	r.Packets = where
	*where = Packets{
		First: p.first.Number(), SYN: p.syn.Number(), Hello: p.hello.Number(), ServerHello: p.serverHello.Number(), Alert: p.alert.Number(), Request: p.request.Number(), Response: p.response.Number(),
		Close: p.close.Number(), End: p.end.Number(), ICMP: p.icmp.Number(), Last: p.last.Number(),
	}
	if !o.ManyFiles || o.FileName == nil {
		return
	}
	file := func(x packet.Ref) string {
		if x == 0 {
			return ""
		}
		return o.FileName(x.File())
	}
	r.Files = &Files{
		First: file(p.first), SYN: file(p.syn), Hello: file(p.hello), ServerHello: file(p.serverHello), Alert: file(p.alert), Request: file(p.request), Response: file(p.response),
		Close: file(p.close), End: file(p.end), ICMP: file(p.icmp), Last: file(p.last),
	}
}

func (o *outcome) refs() refs {
	a := o.a
	p := refs{first: a.first.ref, request: a.requestRef, response: a.responseRef}
	if side, ok := a.firstClose(); ok {
		p.close = a.closes[side].at.ref
	}
	if o.icmp != nil {
		p.icmp = o.icmp.Ref
	}
	if f := o.tls; f != nil {
		p.hello, p.serverHello = f.ClientHello.Ref, f.ServerHello.Ref
		if alert := o.refusal(); alert != nil {
			p.alert = alert.At.Ref
		}
		if len(o.plain) > 0 {
			p.response = o.plains.ref
		}
	}
	if a.whole {
		_, p.first = o.conn.First()
		_, p.syn = o.conn.SYN()
	}
	if o.over {
		_, p.last = o.conn.Last()
		_, p.end = o.conn.Ended()
	} else {
		p.last = max(o.prevRef, p.response) // a later request may have gone before the answer
	}
	return p
}
