package decode

import (
	"wstap/decode/dns"
	"wstap/decode/link"
	"wstap/decode/tcp"
)

// nameBytes takes bytes of a connection that begins as DNS over TCP does (RFC 1035
// section 4.2.2). A message is 64 KiB at most, and so is what is kept of one.
func (d *Decoder) nameBytes(s *session, e *tcp.Event, b []byte) {
	c := d.table.Conn(s.id)
	from, to := c.Addr(e.Dir), c.Addr(e.Dir.Other())
	if from.Port() != link.PortDNS && to.Port() != link.PortDNS || len(s.carrier) > 0 {
		s.mode = [2]mode{modeOff, modeOff}
		d.drop(s, e.Conn)
		return
	}
	at := link.Segment{Time: e.Time, Ref: e.Ref, Carrier: c.Carrier()}
	whole := b
	if len(s.partial[e.Dir]) > 0 {
		s.partial[e.Dir] = append(s.partial[e.Dir], b...)
		whole = s.partial[e.Dir]
	}
	for {
		message, rest, ok := dns.Stream(whole)
		if !ok {
			s.partial[e.Dir] = append(s.partial[e.Dir][:0], rest...)
			return
		}
		d.resolve(message, from, to, &at)
		whole = rest
	}
}
