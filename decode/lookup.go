package decode

import (
	"net/netip"
	"slices"
	"time"

	"wstap/capture/packet"
	"wstap/decode/dns"
)

const (
	// nameSettles is how long a lookup without success waits for what makes it none:
	// another resolver's answer, or the name that was meant (search domains). Clients
	// go on at once; a second resolver that has to ask its way takes a second.
	nameSettles = int64(2 * time.Second)
	// nameWait is how long an answer is waited for after the last query: twice the
	// 5 s after which resolver libraries ask again.
	nameWait = int64(10 * time.Second)
	// nameAgain is when a question that was answered for good begins another lookup.
	// Resolvers that are asked together answer within it.
	nameAgain = int64(20 * time.Millisecond)
	// nameElse is how long after a resolver's failure the next query belongs to the
	// same lookup: libraries turn to the next resolver at once.
	nameElse = int64(250 * time.Millisecond)
	// nameCopy is within what the same query with the same identification is the same
	// packet, captured twice: two SPAN sessions that are merged are a millisecond apart.
	nameCopy = int64(5 * time.Millisecond)
	// maxQuestions is how many queries of a lookup are remembered: three types
	// asked of three resolvers, which is as many as a resolv.conf holds, and retries.
	maxQuestions = 16
	// maxResolvers and maxTried bound lists of the record: resolv.conf holds three
	// resolvers and six search domains.
	maxResolvers = 4
	maxTried     = 8
)

// Families index lookup.families.
const (
	familyA = iota
	familyAAAA
	familyHTTPS
	families
)

func familyOf(t dns.Type) (int, bool) {
	switch t {
	case dns.A:
		return familyA, true
	case dns.AAAA:
		return familyAAAA, true
	case dns.HTTPS:
		return familyHTTPS, true
	default:
		return 0, false
	}
}

// standing is how good what is known of one type is.
type standing uint8

const (
	notAsked standing = iota
	asked
	resolverFailed // SERVFAIL, REFUSED and the like: another resolver may know
	unreadable     // an answer of which a part is missing, or which is to be had over TCP
	nothingThere   // no such name, or nothing of this type
	found
)

// family is what became of one type that was asked for.
type family struct {
	standing standing
	rcode    uint8
}

// question is a query, which waits for its answer or has it.
type question struct {
	id       uint16
	family   uint8
	answered bool
	copy     uint32 // see link.Segment
	client   netip.AddrPort
	server   netip.AddrPort
	time     int64
}

// lookup is one search for the address of a name by a client: all types that were
// asked for, of all resolvers, with retries.
type lookup struct {
	name      string
	client    netip.AddrPort // of the first query
	server    netip.AddrPort // who gave the answer that counts, or was asked first
	resolvers []netip.AddrPort
	families  [families]family
	questions []question
	queries   int
	retries   int

	first, last, lastQuery, lastAnswer     int64
	firstRef, queryRef, answerRef, lastRef packet.Ref
	took                                   int64 // of the answer that counts, nanoseconds

	addresses []netip.Addr
	aliases   []string
	tried     []string // the same name with search domains
	carrier   uint16
	answered  bool // any answer at all
	done      bool
	reached   bool // the client got to a host of this name all the same
	cut       bool // what decides it may have come after the capture
	unheard   bool // no answer to this client was ever seen: perhaps only one direction was captured
}

// best returns how good the best answer for an address is, and its type.
func (l *lookup) best() (standing, int) {
	if l.families[familyA].standing >= l.families[familyAAAA].standing {
		return l.families[familyA].standing, familyA
	}
	return l.families[familyAAAA].standing, familyAAAA
}

// pending reports whether an address was asked for and no resolver has answered.
func (l *lookup) pending() bool {
	return l.families[familyA].standing == asked || l.families[familyAAAA].standing == asked
}

// denied reports whether a resolver said that there is no such name, of whatever type.
func (l *lookup) denied() bool {
	for _, f := range l.families {
		if f.standing == nothingThere && f.rcode == dns.NXDomain {
			return true
		}
	}
	return false
}

// due returns when the lookup is decided.
func (l *lookup) due() int64 {
	if best, _ := l.best(); l.pending() && best != found {
		return l.lastQuery + nameWait
	}
	return l.last + nameSettles
}

// continues reports whether a query for family f at now belongs to the lookup.
func (l *lookup) continues(f int, now int64) bool {
	if now >= l.due() {
		return false
	}
	switch l.families[f].standing {
	case notAsked:
		return l.pending() || now-l.last < nameElse
	case asked, unreadable:
		return true
	case resolverFailed:
		return now-l.last < nameElse
	default:
		return now-l.lastAnswer < nameAgain
	}
}

// ask adds a query.
func (l *lookup) ask(q question, ref packet.Ref) {
	for i := range l.questions {
		o := &l.questions[i]
		if o.id == q.id && o.family == q.family && o.client == q.client && o.server == q.server && o.copy == q.copy && q.time-o.time < nameCopy {
			return
		}
	}
	if len(l.questions) == maxQuestions {
		l.questions = append(l.questions[:0], l.questions[1:]...)
	}
	l.questions = append(l.questions, q)
	l.queries++
	l.last, l.lastQuery, l.lastRef = q.time, q.time, ref
	if f := &l.families[q.family]; f.standing == notAsked {
		f.standing = asked
	} else {
		l.retries++
	}
	if !slices.Contains(l.resolvers, q.server) && len(l.resolvers) < maxResolvers {
		l.resolvers = append(l.resolvers, q.server)
	}
}

// answer takes in an answer to one of the queries. It reports false where it is none.
func (l *lookup) answer(m *dns.Message, f int, client, server netip.AddrPort, now int64, ref packet.Ref) bool {
	i := slices.IndexFunc(l.questions, func(q question) bool {
		return !q.answered && q.id == m.ID && int(q.family) == f && q.client == client && q.server == server
	})
	if i < 0 {
		return false
	}
	took := now - l.questions[i].time
	l.questions[i].answered = true
	l.answered = true
	l.last, l.lastAnswer, l.lastRef = now, now, ref
	got := standingOf(m, f)
	before, _ := l.best()
	x := &l.families[f]
	if got < x.standing {
		return true // a better answer was there before
	}
	*x = family{standing: got, rcode: uint8(min(m.RCode, 255))}
	if f != familyHTTPS && got >= before {
		l.server, l.took, l.answerRef = server, took, ref
		l.aliases = m.Aliases
	}
	for _, a := range m.Addresses {
		if !slices.Contains(l.addresses, a) && len(l.addresses) < 2*maxTried {
			l.addresses = append(l.addresses, a)
		}
	}
	return true
}

func standingOf(m *dns.Message, f int) standing {
	switch {
	case len(m.Addresses) > 0, f == familyHTTPS && m.HTTPS:
		return found
	case m.RCode == dns.NXDomain:
		return nothingThere
	case m.RCode != dns.NoError:
		return resolverFailed
	case m.Truncated, !m.Whole:
		return unreadable
	default:
		return nothingThere
	}
}

// failed reports whether no address came of it, which the capture shows.
func (l *lookup) failed() bool {
	best, _ := l.best()
	switch {
	case l.reached, best == notAsked, best == unreadable:
		return false
	case best == found:
		return l.blocked()
	default:
		return l.families[familyA].standing != unreadable && l.families[familyAAAA].standing != unreadable
	}
}

// blocked reports whether all addresses are such as filters give, where nothing can
// be reached: none at all, or the client itself.
func (l *lookup) blocked() bool {
	for _, a := range l.addresses {
		if !a.IsUnspecified() && (!a.IsLoopback() || l.client.Addr().IsLoopback()) {
			return false
		}
	}
	return len(l.addresses) > 0
}

// rcode returns the response code that says how it ended. ok is false where a type
// that was asked for was never answered, and no answer speaks for all types.
func (l *lookup) rcode() (code int, ok bool) {
	a, b := l.families[familyA], l.families[familyAAAA]
	switch {
	case a.standing == found || b.standing == found:
		return dns.NoError, true
	case l.denied():
		return dns.NXDomain, true
	}
	for _, f := range []family{a, b} {
		if f.standing == resolverFailed {
			return int(f.rcode), true
		}
	}
	return dns.NoError, l.answered && !l.pending()
}

// extends reports whether l's name is o's with a search domain behind it.
func (l *lookup) extends(o *lookup) bool {
	n := len(o.name)
	return len(l.name) > n && l.name[n] == '.' && l.name[:n] == o.name
}
