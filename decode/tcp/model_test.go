package tcp

import (
	"testing"
	"time"

	"wstap/capture/packet"
	"wstap/decode/link"
)

// model plays both ends of a connection and the network between them. It knows of
// every byte whether the capture ever held it, and so what a Table must say.
//
// Its orders are two bytes each, a letter and a size. A capital is the client's, a
// small letter the server's; any byte is some letter. The first three bytes of the
// input are the two initial sequence numbers and the mode.
type model struct {
	t        *testing.T
	table    *Table
	ends     [2]peer // client, server
	client   link.Dir
	now      int64
	n        uint64
	delayed  []delayed
	last     *link.Segment
	over     bool // End was given
	reset    bool // RST seen
	lossless bool // so far nothing was done that could make a hole
	events   int
}

// peer is one end: what it sent, and what became of that.
type peer struct {
	isn     uint32
	sent    int    // bytes sent, the FIN not included
	arrived []bool // at the other end
	held    []bool // by the capture
	fin     bool   // FIN sent
	finHere bool   // FIN arrived

	ipID     uint16
	captured int // end of the furthest captured segment
	finSeen  bool
	acked    int // what the other end was seen to acknowledge
	named    int // where its own segments without data were seen to stand
	at       int // how far the events have come
}

type delayed struct {
	seg  link.Segment
	left int // packets that still go before it
}

// Bits of the mode.
const (
	modeFromB    = 1 << iota // the client is end B
	modeSwapped              // the SYN-ACK is captured before the SYN
	modeNoSYN                // the SYN is not captured
	modeFewBytes             // little may be held
)

// flowHash is the hash of the only flow.
const flowHash = 5

// newTable is NewTable with openings that were in use before, by segments with the
// given hashes: to clear all of them would be most of what a short run costs.
func newTable(l Limits, s Sniffer, spare *openings, hashes ...uint64) *Table {
	if spare.sets == nil {
		spare.init()
	}
	for _, hash := range hashes {
		set, _ := openTag(hash)
		spare.sets[set] = openSet{}
		spare.due[set/(openSets/openParts)] = never
	}
	spare.next = never
	t := &Table{limits: l, sniff: s, slots: make([]slot, 1<<4), mask: 1<<4 - 1, openings: *spare}
	t.one[0].Kind = Data
	return t
}

// contentOf returns the byte that an end sends at an offset.
func contentOf(end, offset int) byte {
	x := uint32(offset)*2654435761 + uint32(end)*40503
	return byte(x>>24 ^ x>>11)
}

func play(t *testing.T, spare *openings, input []byte) {
	var head [3]byte
	input = input[copy(head[:], input):]
	limits := DefaultLimits()
	if head[2]&modeFewBytes != 0 {
		limits.HeldBytes = 2000
	}
	m := &model{
		t: t, table: newTable(limits, func([]byte, bool) Class { return Keep }, spare, flowHash), now: int64(time.Hour),
		client: link.Dir(head[2] & modeFromB), lossless: head[2]&modeFewBytes == 0,
	}
	for i := range m.ends { // near the wrap more often than not
		m.ends[i].isn = uint32(head[i]&1)<<31 - uint32(head[i]>>1)
	}
	m.handshake(head[2])
	const most = 150 // few enough for heldSegments and heldPerDirection
	for i := 0; i+1 < len(input) && i < 2*most; i += 2 {
		end := 1
		if input[i]&0x20 == 0 {
			end = 0
		}
		m.order(end, input[i]&0x1f|0x60, int(input[i+1]&0x3f))
	}
	m.release(true)
	for end := range m.ends {
		m.repair(end)
	}
	m.finish()
}

func (m *model) handshake(mode byte) {
	syn := m.segment(0, -1, -1, link.SYN)
	synAck := m.segment(1, -1, -1, link.SYN|link.ACK)
	order := []*link.Segment{&syn, &synAck}
	switch {
	case mode&modeNoSYN != 0:
		order = order[1:]
	case mode&modeSwapped != 0:
		order = []*link.Segment{&synAck, &syn}
	}
	for _, s := range order {
		m.push(s)
	}
	m.acknowledge(0)
}

// order does what a letter says.
func (m *model) order(end int, letter byte, n int) {
	p := &m.ends[end]
	size := n + 1
	if n&7 == 7 {
		size = 23 * n
	}
	switch letter {
	case 't': // time passes
		m.release(true)
		m.now += int64(n) * int64(10*time.Millisecond)
	case 'a':
		m.acknowledge(end)
	case 'k': // keep-alive with the last byte
		if p.sent > 0 {
			m.send(end, p.sent-1, 1, true, true, 0)
		}
	case 'r': // what is missing is sent again
		m.repair(end)
	case 'o': // sent again with more
		if !p.fin {
			m.send(end, max(p.sent-n, 0), size, true, true, 0)
		}
	case 'u': // the last packet once more
		if m.last != nil {
			again := *m.last
			m.push(&again)
		}
	case 'f':
		m.close(end, n)
	case 'q':
		s := m.segment(end, p.sent, 0, link.RST|link.ACK)
		m.lossless = false
		m.push(&s)
	default:
		if p.fin {
			return
		}
		switch letter {
		case 'l': // lost before it reached the capture
			m.send(end, p.sent, size, false, false, 0)
		case 'x': // lost after the capture
			m.send(end, p.sent, size, true, false, 0)
		case 'g': // missed by the capture
			m.send(end, p.sent, size, false, true, 0)
		case 'd': // captured late
			m.send(end, p.sent, size, true, true, 1+n&3)
		case 'h': // cut by snaplen
			m.cut(end, size)
		default:
			m.send(end, p.sent, size, true, true, 0)
		}
	}
}

// segment makes a packet. Offsets of -1 are the SYN's.
func (m *model) segment(end, from, length int, flags uint8) link.Segment {
	p, o := &m.ends[end], &m.ends[1-end]
	m.n++
	p.ipID++
	s := link.Segment{
		Flow: link.Flow{ALo: 1, BLo: 2, APort: 3, BPort: 4}, Hash: flowHash, Ref: packet.NewRef(0, m.n),
		Seq: p.isn + 1 + uint32(from), Length: uint32(max(length, 0)), Window: 1, Copy: uint32(p.ipID),
		Flags: flags, Dir: m.client ^ link.Dir(end),
	}
	for i := range max(length, 0) {
		s.Payload = append(s.Payload, contentOf(end, from+i))
	}
	if flags&link.ACK != 0 {
		s.Ack = o.isn + 1 + uint32(o.contiguous())
	}
	return s
}

// contiguous is what the other end can acknowledge.
func (p *peer) contiguous() int {
	n := 0
	for n < p.sent && p.arrived[n] {
		n++
	}
	if n == p.sent && p.finHere {
		n++
	}
	return n
}

// send sends bytes from an offset on: to the capture or not, to the other end or
// not, late by some packets or not.
func (m *model) send(end, from, length int, captured, arrives bool, late int) {
	p := &m.ends[end]
	if p.fin {
		length = min(length, p.sent-from)
	}
	for p.sent < from+length {
		p.sent++
		p.arrived, p.held = append(p.arrived, false), append(p.held, false)
	}
	s := m.segment(end, from, length, link.ACK)
	for i := from; arrives && i < from+length; i++ {
		p.arrived[i] = true
	}
	switch {
	case !captured && arrives:
		m.lossless = false
	case late > 0 && captured:
		if len(m.delayed) == 4 { // together they must not come later than ackedWaitPackets
			m.release(true)
		}
		m.delayed = append(m.delayed, delayed{s, late})
	case captured:
		m.push(&s)
	}
}

// cut sends bytes of which the capture holds a part.
func (m *model) cut(end, length int) {
	p := &m.ends[end]
	from := p.sent
	for range length {
		p.sent++
		p.arrived, p.held = append(p.arrived, true), append(p.held, false)
	}
	s := m.segment(end, from, length, link.ACK)
	s.Payload = s.Payload[:length/3]
	m.lossless = false
	m.push(&s)
}

func (m *model) acknowledge(end int) {
	p := &m.ends[end]
	from := p.sent
	if p.fin {
		from++
	}
	s := m.segment(end, from, 0, link.ACK)
	m.push(&s)
}

// repair sends again what did not arrive, and lets it be acknowledged.
func (m *model) repair(end int) {
	p := &m.ends[end]
	for i := 0; i < p.sent; i++ {
		if p.arrived[i] {
			continue
		}
		n := 1
		for i+n < p.sent && !p.arrived[i+n] {
			n++
		}
		m.send(end, i, n, true, true, 0)
	}
	m.acknowledge(1 - end)
}

// close sends a FIN, with data or without. Of a FIN before any data no connection
// comes: that is for other tests.
func (m *model) close(end, n int) {
	p := &m.ends[end]
	if p.fin || m.table.live == 0 || m.over {
		return
	}
	m.release(true)
	m.repair(0)
	m.repair(1)
	p.fin, p.finHere = true, true
	if n == 63 { // missed by the capture
		return
	}
	s := m.segment(end, p.sent, 0, link.FIN|link.ACK)
	m.push(&s)
}
