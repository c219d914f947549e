// Package dns reads DNS messages (RFC 1035) as far as the lookup of a host's address
// needs: who asked for what, and what the answer said.
package dns

import (
	"errors"
	"net/netip"
	"strings"

	"golang.org/x/net/dns/dnsmessage"
)

// Type is what of a name was asked for.
type Type uint16

// The types that are asked for to reach a host.
const (
	A     Type = 1
	AAAA  Type = 28
	HTTPS Type = 65 // RFC 9460; browsers ask for it beside addresses
)

const typeCNAME = 5

// String returns the type as it is written in zone files, empty for others than those
// above.
func (t Type) String() string {
	switch t {
	case A:
		return "A"
	case AAAA:
		return "AAAA"
	case HTTPS:
		return "HTTPS"
	default:
		return ""
	}
}

// The response codes that tell how a lookup failed (RFC 1035 section 4.1.1).
const (
	NoError  = 0
	ServFail = 2
	NXDomain = 3
	Refused  = 5
)

// rcodes are the names of response codes (IANA).
var rcodes = [...]string{"NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED", "YXDOMAIN", "YXRRSET", "NXRRSET", "NOTAUTH", "NOTZONE"}

// RCode returns the name of a response code.
func RCode(code int) string {
	if code >= 0 && code < len(rcodes) {
		return rcodes[code]
	}
	return "RESERVED"
}

const (
	// maxRecords bounds the answers that are looked at: a message of 64 KiB holds
	// 5,000 of the shortest, and the address of a host is among the first.
	maxRecords = 64
	// maxAddresses and maxAliases bound what is kept of one answer: resolvers give a
	// handful of addresses, and follow 16 aliases at most.
	maxAddresses = 8
	maxAliases   = 16
	// header is the shortest message.
	header = 12
)

// Message is what was read of one.
type Message struct {
	ID        uint16
	Response  bool
	Recursive bool // somebody wants an address, and no resolver asks its way through
	Truncated bool // the whole answer is to be had over TCP
	Whole     bool // all answers were read: without it, what is not here may have been there
	RCode     int
	Type      Type
	Name      string // asked for, in lower case, without the last dot
	Addresses []netip.Addr
	Aliases   []string // that the name leads to, in the order of the chain
	HTTPS     bool     // there is an HTTPS record
	TTL       uint32   // the least of those that lead to an address
}

// Parse reads b into m. It reports false for what is no query for one name of class
// IN, nor an answer to one.
func Parse(b []byte, m *Message) bool {
	*m = Message{}
	if len(b) < header {
		return false
	}
	var p dnsmessage.Parser
	h, err := p.Start(b)
	if err != nil || h.OpCode != 0 {
		return false
	}
	q, err := p.Question()
	if err != nil || q.Class != dnsmessage.ClassINET {
		return false
	}
	if _, err = p.Question(); !errors.Is(err, dnsmessage.ErrSectionDone) {
		return false
	}
	m.ID, m.Response, m.Recursive, m.Truncated = h.ID, h.Response, h.RecursionDesired, h.Truncated
	m.RCode, m.Type, m.Name = int(h.RCode), Type(q.Type), plain(q.Name)
	if m.Name == "" {
		return false
	}
	if m.Response {
		m.Whole = m.answers(&p)
	}
	return true
}

// plain returns a name as hosts are called: in lower case, without the last dot.
func plain(n dnsmessage.Name) string {
	b := n.Data[:n.Length]
	for i, c := range b {
		if 'A' <= c && c <= 'Z' { // and nothing else, whatever characters the bytes stand for
			b[i] = c + 'a' - 'A'
		}
	}
	return strings.TrimSuffix(string(b), ".")
}

// answers reads the answers and follows the aliases from the name that was asked for.
// It reports whether it came to the end of them.
func (m *Message) answers(p *dnsmessage.Parser) bool {
	aliases := make(map[string]string)
	type address struct {
		owner string
		addr  netip.Addr
		ttl   uint32
	}
	var found []address
	whole := false
	for range maxRecords {
		h, err := p.AnswerHeader()
		if err != nil {
			whole = errors.Is(err, dnsmessage.ErrSectionDone)
			break
		}
		switch h.Type {
		case dnsmessage.TypeA:
			var r dnsmessage.AResource
			if r, err = p.AResource(); err == nil {
				found = append(found, address{plain(h.Name), netip.AddrFrom4(r.A), h.TTL})
			}
		case dnsmessage.TypeAAAA:
			var r dnsmessage.AAAAResource
			if r, err = p.AAAAResource(); err == nil {
				found = append(found, address{plain(h.Name), netip.AddrFrom16(r.AAAA), h.TTL})
			}
		case typeCNAME:
			var r dnsmessage.CNAMEResource
			if r, err = p.CNAMEResource(); err == nil {
				aliases[plain(h.Name)] = plain(r.CNAME)
			}
		default:
			m.HTTPS = m.HTTPS || Type(h.Type) == HTTPS
			err = p.SkipAnswer()
		}
		if err != nil {
			break
		}
	}
	owner := m.Name
	for range maxAliases {
		next, ok := aliases[owner]
		if !ok || next == owner {
			break
		}
		m.Aliases = append(m.Aliases, next)
		owner = next
	}
	for _, x := range found {
		if x.owner != owner || len(m.Addresses) == maxAddresses {
			continue
		}
		if len(m.Addresses) == 0 || x.ttl < m.TTL {
			m.TTL = x.ttl
		}
		m.Addresses = append(m.Addresses, x.addr)
	}
	return whole
}

// Stream returns the message at the start of b, bytes that were sent over TCP, and
// what follows it (RFC 1035 section 4.2.2). ok is false where it is not all there.
func Stream(b []byte) (message, rest []byte, ok bool) {
	if len(b) < 2 {
		return nil, b, false
	}
	n := 2 + int(b[0])<<8 + int(b[1])
	if len(b) < n {
		return nil, b, false
	}
	return b[2:n], b[n:], true
}

// StreamStart reports whether b, the first bytes of a connection, may begin a message
// over TCP: a length, and a header with one question and nothing odd in it.
func StreamStart(b []byte) bool {
	const shortest = header + 5 // a name of one letter, its end, type and class
	if len(b) < 2+header || int(b[0])<<8+int(b[1]) < shortest {
		return false
	}
	const opcode, reserved = 0x78, 0x40
	return b[4]&opcode == 0 && b[5]&reserved == 0 && b[6] == 0 && b[7] == 1
}
