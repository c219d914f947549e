package decode

import "wstap/decode/link"

// Followed returns how many connections have been followed so far: those that did not
// merely try to connect, or carry something else.
func (d *Decoder) Followed() uint64 { return d.table.Counters().Conns }

// Summary says what was read and what was bounded so far.
func (d *Decoder) Summary() Summary {
	s := d.summary
	for k, n := range d.kinds {
		s.Packets.Total += n
		switch link.Kind(k) {
		case link.TCP:
			s.Packets.TCP = n
		case link.NotTCP:
			s.Packets.NotTCP = n
		case link.ICMP:
			s.Packets.ICMP = n
		case link.Fragment:
			s.Packets.Fragments = n
		case link.Malformed:
			s.Packets.Malformed = n
		case link.UnknownLink:
			s.Packets.UnknownLink = n
		case link.DNS:
			s.Packets.DNS = n
		}
	}
	c := d.table.Counters()
	s.Connections += c.Conns
	d.addTLS(&s, c.TLS)
	s.Gaps, s.LostBytes = c.Gaps, c.LostBytes
	s.Bounded = make(map[string]uint64)
	l := d.linked
	bounded := map[string]uint64{
		"carriers":                l.Carriers,
		"wraps_too_deep":          l.WrapsTooDeep,
		"fragment_bytes":          l.FragmentBytes,
		"fragmented_datagrams":    l.FragmentedDatagrams,
		"fragments_of_datagram":   l.FragmentsOfDatagram,
		"fragments_overlapping":   l.FragmentsOverlapping,
		"fragments_expired":       l.FragmentsExpired,
		"fragments_incomplete":    l.FragmentsWaiting,
		"connections":             c.Evicted,
		"held_bytes":              c.HeldTotal,
		"held_bytes_of_direction": c.HeldDirection,
		"connects":                c.OpeningsDropped,
		"icmp_errors":             c.QuotedDropped,
		"stuck_segments":          c.StuckDropped,
		"pipelined_requests":      d.bounded.pipelined,
		"head_bytes":              d.bounded.heads,
		"waiting_connects":        d.bounded.waiting,
		"known_endpoints":         d.bounded.known,
		"missed_spans":            d.missed.bounded,
		"lookups":                 d.names.overflow,
		"waiting_lookups":         d.bounded.waitingNames,
		"unshown_endpoints":       d.endpoints.uncounted,
		"names":                   d.names.found.names.forgotten,
	}
	d.boundTLS(bounded)
	for name, n := range bounded {
		if n > 0 {
			s.Bounded[name] = n
		}
	}
	if d.firstTime != 0 {
		s.FirstTime, s.LastTime = rfc3339(d.firstTime), rfc3339(d.lastTime)
	}
	s.addDNS(d.names.counts)
	if n, endpoints := d.endpoints.unshown(); n > 0 {
		s.Unshown = &Unshown{Connects: n, Endpoints: endpoints}
	}
	return s
}
