package decode

import (
	"strconv"

	"wstap/decode/link"
)

// quoted is an ICMP error among the segments of a Batch.
type quoted struct {
	link.Quote
	before int // index of the segment that comes after it
	packet int // its index in its block
}

// icmp handles an ICMP error about a TCP segment.
func (d *Decoder) icmp(q *link.Quote) {
	if q.Time >= d.nextDelayed {
		d.announceLate(q.Time)
	}
	d.events(d.table.ICMP(q))
}

// buildICMP fills in an ICMP error.
func (r *record) buildICMP(e *link.ICMPError) {
	r.icmp = ICMP{Type: int(e.Type), Code: int(e.Code), From: e.From().String(), Name: icmpName(e)}
	if e.MTU != 0 {
		r.icmp.MTU = uint64(e.MTU)
	}
	r.tcp.ICMP = &r.icmp
}

// The codes of "destination unreachable" in the words of RFC 792, RFC 1122 section
// 3.2.2.1 and RFC 1812 section 5.2.7.1, and of RFC 4443 and RFC 8883 for ICMPv6.
var (
	icmpUnreachable = [...]string{
		"net unreachable", "host unreachable", "protocol unreachable", "port unreachable", "fragmentation needed and DF set",
		"source route failed", "destination network unknown", "destination host unknown", "source host isolated",
		"communication with destination network administratively prohibited", "communication with destination host administratively prohibited",
		"network unreachable for type of service", "host unreachable for type of service", "communication administratively prohibited",
		"host precedence violation", "precedence cutoff in effect",
	}
	icmp6Unreachable = [...]string{
		"no route to destination", "communication with destination administratively prohibited", "beyond scope of source address",
		"address unreachable", "port unreachable", "source address failed ingress/egress policy", "reject route to destination",
		"error in source routing header", "headers too long",
	}
)

// icmpName says what an ICMP error means.
func icmpName(e *link.ICMPError) string {
	code := int(e.Code)
	name := ""
	switch {
	case e.V6 && e.Type == link.ICMP6Unreachable:
		name = "destination unreachable"
		if code < len(icmp6Unreachable) {
			return icmp6Unreachable[code]
		}
	case e.V6 && e.Type == link.ICMP6TooBig:
		return "packet too big"
	case e.V6 && e.Type == link.ICMP6Timeout && code == 0:
		return "hop limit exceeded in transit"
	case !e.V6 && e.Type == link.ICMPUnreachable:
		name = "destination unreachable"
		if code < len(icmpUnreachable) {
			return icmpUnreachable[code]
		}
	case !e.V6 && e.Type == link.ICMPTimeout && code == 0:
		return "time to live exceeded in transit"
	case e.V6 && e.Type == link.ICMP6Timeout, !e.V6 && e.Type == link.ICMPTimeout:
		if code == 1 {
			return "fragment reassembly time exceeded"
		}
		name = "time exceeded"
	default:
		name = "parameter problem"
	}
	return name + ", code " + strconv.Itoa(code)
}
