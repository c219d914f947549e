package tls

import (
	"encoding/binary"

	"wstap/decode/tls/suite"
)

// half is one direction's way through records.
type half struct {
	body   []byte // of the current record, as far as it came, where it is kept and split
	remain int    // bytes of the current body still to come
	hole   uint64 // bytes since the place was lost
	lost   uint64 // see Event.Lost: of what is still to be told
	lostAt Pos
	data   uint64 // records that carry application data by their place
	hdr    [headerSize]byte
	nhdr   uint8 // bytes of hdr
	state  halfState
	keep   bool // the current body is wanted
	broken bool // a hole is in the current body

	protected bool // what comes is encrypted, by what was seen
	everLost  bool // the place was lost once: what is no header may be a wrong guess
	begun     bool // a header was seen
	anyLost   bool // a Lost is to be told
	exact     bool // … and lost is exact
	finished  bool // TLS 1.2: the record after ChangeCipherSpec was seen
}

type halfState uint8

const (
	inOrder halfState = iota
	astray            // the place of the next header is not known
	foreign           // no TLS any more
)

// header returns the head of the current record.
func (h *half) header() suite.Header {
	return suite.Header{
		Type: h.hdr[0], Version: suite.Version(binary.BigEndian.Uint16(h.hdr[1:])),
		Length: binary.BigEndian.Uint16(h.hdr[3:]),
	}
}

// plausible reports whether b begins a record's header.
func plausible(b []byte) bool {
	if len(b) > 0 && (b[0] < byte(ChangeCipherSpec) || b[0] > byte(Heartbeat)) {
		return false
	}
	if len(b) > 1 && b[1] != 3 || len(b) > 2 && b[2] > 4 {
		return false
	}
	if len(b) < headerSize {
		return true
	}
	n := int(b[3])<<8 | int(b[4])
	return n <= maxBody && (n > 0 || b[0] == byte(ApplicationData))
}

// likely is plausible for bytes that may be anything: of 16 KiB of ciphertext, one in
// a thousand holds such a header by chance. minor is that of the version in headers, 0
// where it is not known.
func likely(b []byte, minor byte) bool {
	if !plausible(b) || len(b) > 2 && (b[2] == 0 || b[2] == 4 || minor > 0 && b[2] != minor) {
		return false
	}
	const short = 128 // an alert or ChangeCipherSpec with the longest MAC and padding
	n := 0
	if len(b) > 3 {
		n = int(b[3]) << 8
	}
	if len(b) > 4 {
		n |= int(b[4])
		if n == 0 {
			return false
		}
	}
	return len(b) < 1 || b[0] != byte(Heartbeat) && (n <= short || b[0] >= byte(Handshake))
}

// Data takes the next bytes of a direction; b is valid during the call only.
func (c *Conn) Data(dir uint8, b []byte, at Pos) []Event {
	c.begin()
	c.look()
	c.walk(dir&1, b, at)
	return c.t.events
}

// walk goes through b record by record.
func (c *Conn) walk(d uint8, b []byte, at Pos) {
	h := &c.half[d]
	end := at.Seq + uint32(len(b))
	for {
		at.Seq = end - uint32(len(b)) - 1 // of the byte before b
		switch {
		case h.nhdr == headerSize: // a body
			if h.remain == 0 {
				c.complete(d, h.body, at)
				continue
			}
			if len(b) == 0 {
				return
			}
			n := min(h.remain, len(b))
			part := b[:n]
			b, h.remain = b[n:], h.remain-n
			if h.remain == 0 && len(h.body) == 0 && h.keep {
				at.Seq = end - uint32(len(b)) - 1
				c.complete(d, part, at)
			} else if h.keep {
				c.gather(h, part)
			}
		case len(b) == 0:
			return
		case h.state == foreign:
			c.emit(Event{Kind: NotTLS, Dir: d, Data: b, At: Pos{at.Ref, at.Time, end - 1, at.Ack}})
			return
		case h.state == astray:
			b = c.find(d, b, at)
		default:
			b = c.head(d, b, at)
		}
	}
}

// head takes bytes of a header and returns the rest.
func (c *Conn) head(d uint8, b []byte, at Pos) []byte {
	h := &c.half[d]
	n := copy(h.hdr[h.nhdr:], b)
	had := int(h.nhdr)
	h.nhdr += uint8(n)
	if plausible(h.hdr[:h.nhdr]) {
		if h.nhdr == headerSize {
			c.enter(d)
		}
		return b[n:]
	}
	h.nhdr = 0
	if h.everLost {
		h.hole += uint64(had)
		h.state = astray
		return b
	}
	h.state = foreign
	c.foreign(d, h.hdr[:had+n])
	if had > 0 { // they were in a segment before
		c.emit(Event{Kind: NotTLS, Dir: d, Data: c.t.copied(h.hdr[:had]), At: at})
	}
	return b
}

// find looks for a header and returns what follows it.
func (c *Conn) find(d uint8, b []byte, at Pos) []byte {
	h := &c.half[d]
	minor := byte(min(c.facts.Version, suite.TLS12)) // TLS 1.3 writes that of 1.2 (RFC 8446 section 5.1)
	for i, x := range b {
		h.hdr[h.nhdr] = x
		h.nhdr++
		h.hole++
		for h.nhdr > 0 && !likely(h.hdr[:h.nhdr], minor) {
			copy(h.hdr[:], h.hdr[1:h.nhdr])
			h.nhdr--
		}
		if h.nhdr == headerSize {
			h.hole -= headerSize
			h.state = inOrder
			c.missed(d, at)
			c.enter(d)
			return b[i+1:]
		}
	}
	return nil
}

// enter begins the body that the header announces.
func (c *Conn) enter(d uint8) {
	h := &c.half[d]
	h.begun = true
	h.remain = int(h.header().Length)
	h.broken = false
	h.body = nil
	h.keep = c.wanted(d, RecordType(h.hdr[0]))
	t := &c.facts.Sent[d]
	t.Records[h.hdr[0]-byte(ChangeCipherSpec)]++
	t.Bytes[h.hdr[0]-byte(ChangeCipherSpec)] += uint64(h.remain)
}

// gather keeps a part of a body.
func (c *Conn) gather(h *half, part []byte) {
	if h.body == nil {
		if h.body = c.t.take(int(h.header().Length)); h.body == nil {
			h.keep, h.broken = false, true
			return
		}
	}
	h.body = append(h.body, part...)
}

// complete ends the current record.
func (c *Conn) complete(d uint8, body []byte, at Pos) {
	h := &c.half[d]
	own := h.body
	r := record{dir: d, head: h.header(), body: body, broken: h.broken, at: at}
	if h.broken && len(body) > tail {
		r.body = body[len(body)-tail:]
	}
	h.nhdr, h.body = 0, nil
	if !h.keep {
		r.body, r.broken = nil, h.broken || len(body) < int(r.head.Length)
	}
	c.record(&r)
	c.t.give(own)
}

// tail is how much of the end of a broken body is of use: the last block of CBC in
// TLS 1.0, and the MAC behind it.
const tail = 64

// Gap takes note of n bytes of a direction that the capture does not hold; 0 says that
// nobody knows how many, as where a capture begins inside a connection.
func (c *Conn) Gap(dir uint8, n uint64, at Pos) []Event {
	c.begin()
	c.look()
	c.gap(dir&1, n, at)
	return c.t.events
}

func (c *Conn) gap(d uint8, n uint64, at Pos) {
	h := &c.half[d]
	if h.state == foreign {
		return
	}
	h.everLost = true
	if h.nhdr == headerSize && h.state == inOrder && h.remain > 0 && n > 0 {
		h.broken = true
		h.body = h.body[:0]
		skipped := min(uint64(h.remain), n)
		h.remain -= int(skipped)
		if h.remain == 0 {
			c.complete(d, h.body, at)
		}
		if n -= skipped; n == 0 {
			return
		}
	} else if h.nhdr == headerSize && n == 0 { // where its body ends cannot be known
		h.broken = true
		c.complete(d, nil, at)
	}
	h.hole += n + uint64(h.nhdr)
	h.nhdr = 0
	h.state = astray
	if n == 0 {
		h.hole = unknown
	}
}

// unknown stands for a hole whose length nobody knows: more than any search covers.
const unknown = maxSearch * shortest
