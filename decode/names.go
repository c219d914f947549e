package decode

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"

	"wstap/decode/dns"
	"wstap/decode/link"
)

const (
	// maxLookups is how many lookups are followed at once, a kilobyte each. At
	// nameWait it is 200 new names a second that nobody answers, and far more that are
	// answered.
	maxLookups = 2048
	// maxAlike is how many of them a client may have whose names begin alike: six search
	// domains, and as much again for what else begins with "www".
	maxAlike = 16
)

// alike finds lookups: those of one client whose names share the first label, which
// is what a name and the same with a search domain have in common.
type alike struct {
	client netip.Addr
	label  string
}

func alikeOf(client netip.Addr, name string) alike {
	label, _, _ := strings.Cut(name, ".")
	return alike{client, label}
}

// names follows lookups, and knows which name an address was found by.
type names struct {
	groups   map[alike][]*lookup
	order    []*lookup // oldest first, done ones among them
	live     int
	sweep    int64 // when the first of them is decided, or earlier
	found    foundNames
	hearing  recent[netip.Addr, struct{}] // clients that were seen to get answers
	askers   askers
	message  dns.Message
	counts   DNSCounts
	overflow uint64
}

func newNames() names {
	return names{groups: make(map[alike][]*lookup), sweep: never}
}

// datagram handles a packet from or to port 53.
func (d *Decoder) datagram(s *link.Segment) {
	from, to := s.Flow.Sender(s.Dir), s.Flow.Sender(s.Dir.Other())
	d.resolve(s.Payload, from, to, s)
}

// resolve handles a DNS message; s says when and where it was captured.
func (d *Decoder) resolve(b []byte, from, to netip.AddrPort, s *link.Segment) {
	n := &d.names
	d.sweepNames(s.Time)
	m := &n.message
	if !dns.Parse(b, m) {
		n.counts.Other++
		return
	}
	family, ok := familyOf(m.Type)
	if m.Response {
		n.counts.Answers++
		if ok && from.Port() == link.PortDNS {
			d.answered(m, family, to, from, s)
		}
		return
	}
	n.counts.Queries++
	if !ok || !m.Recursive || to.Port() != link.PortDNS {
		return
	}
	q := question{id: m.ID, family: uint8(family), client: from, server: to, time: s.Time, copy: s.Copy}
	l := n.find(from.Addr(), m.Name)
	if l != nil && !l.continues(family, s.Time) {
		d.decided(l)
		l = nil
	}
	if l == nil {
		l = &lookup{
			name: m.Name, client: from, server: to, carrier: s.Carrier,
			first: s.Time, firstRef: s.Ref, queryRef: s.Ref,
		}
		d.follow(l)
	}
	l.ask(q, s.Ref)
	d.wake(l.due())
}

// find returns the lookup of a name that is under way.
func (n *names) find(client netip.Addr, name string) *lookup {
	for _, l := range n.groups[alikeOf(client, name)] {
		if l.name == name {
			return l
		}
	}
	return nil
}

// follow adds a lookup, at the cost of the oldest where there is no room.
func (d *Decoder) follow(l *lookup) {
	n := &d.names
	key := alikeOf(l.client.Addr(), l.name)
	if group := n.groups[key]; len(group) == maxAlike {
		d.push(group[0])
	}
	for n.live >= maxLookups {
		if o := n.order[0]; !o.done {
			d.push(o)
		}
		n.order[0] = nil
		n.order = n.order[1:]
	}
	if len(n.order) >= maxLookups*3/2 { // done ones, that nothing has pushed out
		n.order = slices.DeleteFunc(n.order, func(o *lookup) bool { return o.done })
	}
	n.order = append(n.order, l)
	n.groups[key] = append(n.groups[key], l)
	n.live++
}

// push ends a lookup that makes room for another: one that nobody has answered is
// lost.
func (d *Decoder) push(l *lookup) {
	if best, _ := l.best(); best == asked {
		d.names.overflow++
		d.names.remove(l)
		return
	}
	d.decided(l)
}

// remove takes a lookup out.
func (n *names) remove(l *lookup) {
	key := alikeOf(l.client.Addr(), l.name)
	group := n.groups[key]
	if i := slices.Index(group, l); i >= 0 {
		group = slices.Delete(group, i, i+1)
		n.live--
	}
	if len(group) == 0 {
		delete(n.groups, key)
	} else {
		n.groups[key] = group
	}
	l.done = true
}

// answered handles an answer.
func (d *Decoder) answered(m *dns.Message, family int, client, server netip.AddrPort, s *link.Segment) {
	n := &d.names
	n.hearing.put(client.Addr(), struct{}{})
	n.askers.note(client.Addr())
	l := n.find(client.Addr(), m.Name)
	mine := l != nil && l.answer(m, family, client, server, s.Time, s.Ref)
	if mine {
		d.wake(l.due())
	}
	if len(m.Addresses) == 0 {
		return
	}
	f := &foundName{name: m.Name, time: s.Time, server: server, addresses: m.Addresses, aliases: m.Aliases, took: -1, request: 0, response: s.Ref}
	if mine {
		f.took, f.request = l.took, l.queryRef
	}
	for _, a := range m.Addresses {
		n.found.add(client.Addr(), a, f)
	}
}

// sweepNames makes rows of the lookups that are decided by now.
func (d *Decoder) sweepNames(now int64) {
	n := &d.names
	if now < n.sweep {
		return
	}
	n.sweep = never
	var due []*lookup
	n.order = slices.DeleteFunc(n.order, func(l *lookup) bool {
		if t := l.due(); !l.done && t <= now {
			due = append(due, l)
		} else if !l.done {
			n.sweep = min(n.sweep, t)
		}
		return l.done || l.due() <= now
	})
	// In the order in which they would be looked at one by one, however much time has
	// passed: the same input gives the same rows.
	slices.SortStableFunc(due, func(a, b *lookup) int { return cmp.Compare(a.due(), b.due()) })
	for _, l := range due {
		if !l.done {
			d.decided(l)
		}
	}
	d.wakeup = min(d.nextDelayed, n.sweep)
}

// wake has the decoder look for what is decided at that time.
func (d *Decoder) wake(at int64) {
	d.names.sweep = min(d.names.sweep, at)
	d.wakeup = min(d.wakeup, at)
}

// finishNames handles the end of the capture.
func (d *Decoder) finishNames() {
	for _, l := range d.names.order {
		if !l.done {
			l.cut = l.pending() && !l.denied() && l.retries == 0 && d.lastTime-l.lastQuery < answerWait
			d.decided(l)
		}
	}
	d.names.order = nil
}

// decided ends a lookup, and makes a row of it where it failed and is wanted.
func (d *Decoder) decided(l *lookup) {
	n := &d.names
	group := n.groups[alikeOf(l.client.Addr(), l.name)]
	_, hears := n.hearing.get(l.client.Addr())
	l.unheard = !hears
	fails := l.failed()
	for _, o := range slices.Clone(group) {
		if o == l || o.first > l.last+nameSettles || l.first > o.last+nameSettles {
			continue
		}
		best, _ := o.best()
		switch succeeds := best == found && !o.blocked(); {
		case o.extends(l) && succeeds, l.extends(o) && succeeds:
			fails = false
		case o.extends(l) && fails:
			l.try(o)
			n.remove(o)
		case l.extends(o) && fails && o.failed():
			o.try(l)
			fails = false
		}
	}
	n.remove(l)
	if fails {
		d.failed(waiting{lookup: l})
	}
}

// try notes that o was the attempt to find l with a search domain.
func (l *lookup) try(o *lookup) {
	if len(l.tried) < maxTried {
		l.tried = append(l.tried, o.name)
	}
}

// reachedName notes that a client sent a request to a host: whatever it asked a resolver
// for that name did not fail.
func (d *Decoder) reachedName(client netip.Addr, host []byte, now int64) {
	n := &d.names
	if n.live == 0 {
		return
	}
	if l := n.find(client, strings.ToLower(hostName(string(host)))); l != nil && now < l.due() {
		l.reached = true
	}
}
