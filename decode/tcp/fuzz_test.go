package tcp

import (
	"encoding/binary"
	"testing"
	"time"

	"wstap/capture/packet"
	"wstap/decode/link"
)

// push lets the capture see a packet, and then those that were overtaken by it.
func (m *model) push(s *link.Segment) {
	m.now += int64(time.Millisecond)
	m.check(m.table.Advance(m.now))
	s.Time = m.now
	end := int(s.Dir ^ m.client)
	p, o := &m.ends[end], &m.ends[1-end]
	from := int(int32(s.Seq - p.isn - 1))
	if s.Flags&link.SYN == 0 {
		for i := range s.Payload {
			p.held[from+i] = true
		}
		if s.Length > 0 {
			p.captured = max(p.captured, from+int(s.Length))
		}
		if s.Flags&link.FIN != 0 {
			p.finSeen = true
		}
	}
	events := m.table.Push(s)
	if s.Flags&link.ACK != 0 && m.table.live > 0 {
		o.acked = max(o.acked, int(int32(s.Ack-o.isn-1)))
	}
	if s.Length == 0 && s.Flags&(link.SYN|link.FIN|link.RST) == 0 && m.table.live > 0 {
		p.named = max(p.named, from)
	}
	// What lies before a RST was sent. Before any data the first one is remembered.
	if s.Flags&link.RST != 0 && (m.table.live > 0 || !m.reset) {
		p.acked = max(p.acked, from)
		m.reset = true
	}
	m.check(events)
	kept := *s
	m.last = &kept
	m.release(false)
}

// release lets delayed packets through whose time has come, or all.
func (m *model) release(all bool) {
	waiting := m.delayed
	m.delayed = nil
	for _, d := range waiting {
		if d.left--; all || d.left <= 0 {
			m.push(&d.seg)
		} else {
			m.delayed = append(m.delayed, d)
		}
	}
}

// check compares events with what they may be.
func (m *model) check(events []Event) {
	for i := range events {
		e := &events[i]
		if e.Kind == Unreached {
			continue
		}
		if m.over {
			m.t.Fatalf("event of kind %d after End", e.Kind)
		}
		m.events++
		end := int(e.Dir ^ m.client)
		p := &m.ends[end]
		switch e.Kind {
		case Data:
			if got := int(int32(e.Seq - p.isn - 1)); got != p.at {
				m.t.Fatalf("end %d: data at %d, but the events have come to %d", end, got, p.at)
			}
			for _, b := range e.Data {
				if p.at >= p.sent || !p.held[p.at] || b != contentOf(end, p.at) {
					m.t.Fatalf("end %d: wrong byte at %d", end, p.at)
				}
				p.at++
			}
		case Gap:
			if m.lossless {
				m.t.Fatalf("end %d: gap of %d at %d, but the capture held every byte", end, e.Lost, p.at)
			}
			if e.Lost == 0 {
				m.t.Fatal("empty gap")
			}
			p.at += int(e.Lost)
		case End:
			m.over = true
			for end := range m.ends {
				if p := &m.ends[end]; p.at != p.shown() {
					m.t.Fatalf("end %d: the events came to %d of %d", end, p.at, p.shown())
				}
			}
		default: // no connect fails here
		}
	}
}

// shown is how many bytes the capture shows to have been sent.
func (p *peer) shown() int {
	switch {
	case p.finSeen:
		return p.sent
	case max(p.acked, p.named) > p.captured+1: // else it is the FIN
		return max(p.acked, p.named)
	default:
		return p.captured
	}
}

// finish ends the capture.
func (m *model) finish() {
	m.check(finished(m.table))
	if m.events > 0 && !m.over {
		m.t.Fatal("no End")
	}
	m.check(m.table.Advance(m.now + int64(time.Hour)))
	released(m.t, m.table)
}

// released checks that a finished table holds nothing back.
func released(t *testing.T, table *Table) {
	t.Helper()
	table.settle()
	if table.used != 0 || len(table.freeHold) != len(table.holds) {
		t.Fatalf("%d bytes still held, %d of %d holds free", table.used, len(table.freeHold), len(table.holds))
	}
	for i := range table.holds {
		if q := &table.holds[i]; q.active || q.bytes != 0 || len(q.segments) != 0 {
			t.Fatalf("hold %d: active %v, %d bytes, %d segments", i, q.active, q.bytes, len(q.segments))
		}
	}
}

func FuzzTable(f *testing.F) {
	for _, seed := range []string{
		"\x10\x10\x00" + "S5s9S7a1",           // in order
		"\x04\x06\x01" + "D5S5S5d9s9s9",       // swapped, across the wrap
		"\x01\x01\x02" + "X5S5A1R1a1O9O8",     // lost after the capture, overlaps
		"\x08\x08\x00" + "L5S5a1S5R1S5",       // lost before the capture
		"\x08\x08\x04" + "S1G5S5a1t9t9a1",     // missed by the capture
		"\x08\x08\x00" + "S1G5a1g5A1",         // missed at the tail
		"\x08\x08\x00" + "S1H9S5h7s1",         // cut by snaplen
		"\x20\x20\x08" + "S1L?S?S?S?S?S?",     // little may be held
		"\x02\x02\x01" + "S1K1s1k1U1u1F1a1f1", // keep-alives, copies, closes
		"\x02\x02\x00" + "S1D5F1S5s5Q1s1t?",   // out of order at the close, RST
		"\x02\x02\x00" + "S1s1G1F\x7fa1s1",    // FIN missed
	} {
		f.Add([]byte(seed))
	}
	var spare openings
	f.Fuzz(func(t *testing.T, input []byte) { play(t, &spare, input) })
}

// FuzzSegments pushes arbitrary segments of a few flows. Each takes 8 bytes:
// flags; time, flow and direction; sequence number; acknowledgment; length; cut.
func FuzzSegments(f *testing.F) {
	segment := func(flags, where byte, seq, ack uint16, length, cut byte) []byte {
		b := []byte{flags, where}
		b = binary.BigEndian.AppendUint16(b, seq)
		b = binary.BigEndian.AppendUint16(b, ack)
		return append(b, length, cut)
	}
	f.Add(append(append(segment(link.SYN, 0, 9, 0, 0, 0), segment(link.SYN|link.ACK, 1, 5, 10, 0, 0)...), segment(link.ACK, 0, 10, 6, 30, 0)...))
	f.Add(append(segment(link.ACK, 2, 10, 6, 30, 7), segment(link.ACK|link.FIN, 3, 99, 6, 30, 200)...))
	f.Add(append(segment(link.SYN|link.RST|link.FIN|link.ACK, 4, 0xffff, 0x8000, 255, 255), segment(link.RST, 5, 0, 0, 0, 0)...))
	payload := make([]byte, 300)
	var spare openings
	f.Fuzz(func(t *testing.T, input []byte) {
		sniff := func(b []byte, _ bool) Class { return Class(len(b)%5) % 3 }
		table := newTable(Limits{Conns: 3, HeldBytes: 5000}, sniff, &spare, 0, 1, 2, 3)
		alive := map[ConnID]bool{}
		check := func(events []Event) {
			for i := range events {
				e := &events[i]
				switch e.Kind {
				case End:
					delete(alive, e.Conn)
				case Data, Gap:
					alive[e.Conn] = true
					if e.Kind == Data && len(e.Data) == 0 || e.Kind == Gap && e.Lost == 0 {
						t.Fatal("empty event")
					}
				case Unreached:
					if e.Failed.Kind == 0 || e.Failed.SYNs == 0 || e.Failed.SYN == 0 || e.Failed.Time == 0 {
						t.Fatalf("%+v", *e.Failed)
					}
				}
			}
			if table.used < 0 || table.used > 5000 || table.live > 3 {
				t.Fatalf("%d bytes held, %d connections", table.used, table.live)
			}
		}
		now := int64(time.Hour)
		for n := uint64(1); len(input) >= 8; n++ {
			b := input[:8]
			input = input[8:]
			now += int64(b[1]>>4) * int64(b[1]>>4) * int64(b[1]>>4) * int64(time.Millisecond)
			flow := uint64(b[1] >> 1 & 3)
			length := int(b[6])
			s := link.Segment{
				Flow: link.Flow{ALo: flow, APort: 1, BPort: 2}, Hash: flow, Time: now, Ref: packet.NewRef(0, n),
				Seq: spread(binary.BigEndian.Uint16(b[2:])), Ack: spread(binary.BigEndian.Uint16(b[4:])),
				Payload: payload[:length], Length: uint32(length) + uint32(b[7])*uint32(b[7]>>7)<<(b[7]>>4),
				Copy: uint32(b[6] & 3), Flags: b[0], Dir: link.Dir(b[1] & 1), Window: uint16(b[1]),
			}
			check(table.Push(&s))
			if b[0]>>6 == 3 {
				for id := range alive {
					table.Drop(id)
					delete(alive, id)
					break
				}
			}
		}
		check(finished(table))
		if len(alive) != 0 {
			t.Fatalf("no End of %d connections", len(alive))
		}
		released(t, table)
	})
}

// spread makes a sequence number of two bytes: mostly small steps, from every
// corner.
func spread(n uint16) uint32 { return uint32(int32(int16(n<<2))>>2) + uint32(n>>14)<<30 }
