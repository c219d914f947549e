package decode

import (
	"math"

	"wstap/capture/packet"
	"wstap/decode/http1"
	"wstap/decode/link"
	"wstap/decode/tcp"
	"wstap/decode/websocket"
)

// mode is what the bytes of one direction are taken for.
type mode uint8

const (
	modeSniff  mode = iota // not known yet: the start of a connection or of a tunnel
	modeHead               // a message head, or the place where one begins
	modeBody               // the body of a message
	modeAwait              // the client asked to change protocol: what follows depends on the answer
	modeSeek               // the place was lost: wait for a segment that begins a message
	modeFrames             // WebSocket frames
	modeProxy              // what a client and a SOCKS proxy say
	modeNames              // DNS messages
	modeTLS                // TLS records: what is in them has a session of its own
	modeOff                // nothing that is looked at
)

const (
	sessionChunk = 1 << 8
	// maxPipelined is how many requests may wait for their responses: browsers
	// send one, load generators a few dozen.
	maxPipelined = 64
	// headlessPatience is how many segments of a connection that might be a
	// WebSocket are looked at before it is given up.
	headlessPatience = 32
)

// session is one connection as the layers above TCP see it. Arrays are indexed by
// link.Dir.
type session struct {
	// The first 64 bytes and the first 64 of a Walker are read for every packet;
	// the rest is not.
	mode     [2]mode
	gapped   [2]bool // bytes are missing since the last message of this direction
	live     bool
	client   link.Dir
	oriented bool // client is known
	sawFrame bool
	headless bool // frames whose handshake was not captured, not yet believed
	tries    uint8
	crossing bool // the client may not have the answer to its last request yet: what it sends is counted
	id       tcp.ConnID
	lastData int64 // time of the last data
	lastRef  packet.Ref
	current  *attempt // answered, and not yet a row
	pings    *websocket.Pings
	early    *attempt // answer whose request was not seen
	tunnel   *attempt // CONNECT or SOCKS request that was granted, until something is said inside

	walk    [2]websocket.Walker
	prevRef packet.Ref // lastRef before the last data of a head or body
	body    [2]http1.Body
	partial [2][]byte    // of a head or a DNS message; empty between these
	partAt  [2]packetPos // first packet of partial
	queue   []pending    // requests that wait for their response
	carrier []string     // tunnels, outermost first
	overdue []*attempt   // their answers lie in a hole
	within  *secured     // of what was inside TLS records
	secured *secured     // in modeTLS
	answers uint32       // final responses so far
	lost    uint32       // bytes lost in both directions so far, as tcp.Conn.Gaps counts them
	missing [2]uint32    // bytes lost since the last message of this direction, but for what snaplen cut off
	seen    [2]uint32    // sequence number after the last captured byte of a head or body

	connection *Connection // with Options.Connections; here the session ends with its ninth cache line
}

// packetPos is where and when bytes were captured.
type packetPos struct {
	ref  packet.Ref
	time int64
	seq  uint32
	ack  uint32
}

func posOf(e *tcp.Event) packetPos {
	return packetPos{ref: e.Ref, time: e.Time, seq: e.Seq, ack: e.Ack}
}

// pending is a request that waits for its response.
type pending struct {
	attempt *attempt // nil for a request that has nothing to do with WebSocket
	method  requestMethod
	lost    bool   // bytes that may hold the response are missing
	end     uint32 // sequence number of the byte after its head
	ack     uint32 // what the client had received of the server when it sent it
}

// requestMethod is what of a method matters for the response's framing.
type requestMethod uint8

const (
	methodOther requestMethod = iota
	methodHead
	methodConnect
)

func (m requestMethod) bytes() []byte {
	switch m {
	case methodHead:
		return []byte("HEAD")
	case methodConnect:
		return []byte("CONNECT")
	default:
		return nil
	}
}

// session returns the session of a connection, made ready when it is new.
func (d *Decoder) session(id tcp.ConnID) *session {
	for int(id) >= len(d.sessions)*sessionChunk {
		d.sessions = append(d.sessions, new([sessionChunk]session))
	}
	s := &d.sessions[id/sessionChunk][id%sessionChunk]
	if !s.live {
		s.live, s.id = true, id
		s.client, s.oriented = d.table.Conn(id).Client()
	}
	return s
}

// touch loads what data will read of a session, see tcp.Table.Touch.
func (d *Decoder) touch(id tcp.ConnID, dir link.Dir) int64 {
	if int(id) >= len(d.sessions)*sessionChunk {
		return 0
	}
	s := &d.sessions[id/sessionChunk][id%sessionChunk]
	return s.lastData + int64(s.walk[dir].Offset)
}

// clear ends the use of a session; its memory is kept for the next connection.
func (d *Decoder) clear(s *session) {
	for x := s; x != nil && len(d.greetings) > 0; { // also of what was inside
		delete(d.greetings, x)
		if x.secured == nil {
			break
		}
		x = x.secured.in
	}
	if s.secured != nil {
		s.secured.conn.Skip() // what it keeps is free
		if s.secured.sealed {
			d.sealed--
		}
	}
	s.walk[0].Release(&d.scratch)
	s.walk[1].Release(&d.scratch)
	queue := s.queue[:cap(s.queue)]
	clear(queue)
	*s = session{queue: queue[:0], partial: [2][]byte{s.partial[0][:0], s.partial[1][:0]}}
	for i, p := range s.partial {
		if cap(p) > keepPartial {
			s.partial[i] = nil
		}
	}
}

// keepPartial is how large a head buffer may be and still be kept for the next
// connection: most heads are smaller, and large ones are rare.
const keepPartial = 4 << 10

// drop stops following a connection that is not worth it.
func (d *Decoder) drop(s *session, id tcp.ConnID) {
	if s.within != nil {
		s.within.worthless = true // who handles the records drops all
		s.live = false
		return
	}
	d.endConnection(s)
	d.clear(s)
	d.table.Drop(id)
	d.dropped = id + 1
}

// orient fixes which end is the client.
func (s *session) orient(client link.Dir) { s.client, s.oriented = client, true }

func (s *session) isClient(d link.Dir) bool { return s.oriented && d == s.client }

// worthless reports whether nothing that is still to come can make a row.
func (s *session) worthless() bool {
	return s.mode[0] == modeOff && s.mode[1] == modeOff && s.current == nil && s.early == nil &&
		s.tunnel == nil && !s.awaits()
}

// awaits reports whether an attempt waits for its response.
func (s *session) awaits() bool {
	for i := range s.queue {
		if s.queue[i].attempt != nil {
			return true
		}
	}
	return false
}

// data handles the next bytes of a direction.
func (d *Decoder) data(e *tcp.Event) { d.bytes(d.session(e.Conn), e) }

// bytes handles the next bytes of a direction of a session.
func (d *Decoder) bytes(s *session, e *tcp.Event) {
	if s.mode[e.Dir] == modeFrames {
		s.lastData = e.Time
		if s.crossing {
			d.sentEarly(s, e, len(e.Data))
		}
		d.frames(s, e, e.Data)
		return
	}
	s.prevRef = s.lastRef
	s.lastData, s.lastRef = e.Time, e.Ref
	s.seen[e.Dir] = e.Seq + uint32(len(e.Data))
	b := e.Data
	for len(b) > 0 && s.live {
		switch s.mode[e.Dir] {
		case modeSniff:
			d.sniffed(s, e, b)
		case modeHead:
			b = d.head(s, e, b)
		case modeBody:
			rest := d.bodyBytes(s, e, b)
			d.sentEarly(s, e, len(b)-len(rest))
			b = rest
		case modeProxy:
			b = d.proxy(s, e, b)
		case modeNames:
			d.nameBytes(s, e, b)
			return
		case modeTLS:
			d.records(s, e, b)
			return
		case modeAwait:
			d.ahead(s, e, b)
		case modeSeek:
			if !d.seek(s, e, b) {
				d.sentEarly(s, e, len(b))
				d.plainRest(s, e, b)
				s.gapped[e.Dir] = true // as good as not captured
				return
			}
		case modeFrames:
			d.sentEarly(s, e, len(b))
			d.frames(s, e, b)
			return
		case modeOff:
			d.sentEarly(s, e, len(b))
			if len(s.carrier) == 0 { // not in a tunnel, where it is somebody else's protocol
				d.plainRest(s, e, b)
			}
			if s.worthless() && (s.connection == nil || !s.connection.rows) {
				d.drop(s, e.Conn)
			}
			return
		}
	}
}

// gap handles bytes of a direction that the capture does not hold.
func (d *Decoder) gap(e *tcp.Event) { d.hole(d.session(e.Conn), e, uint64(e.Lost)) }

// hole handles n missing bytes of a direction of a session.
func (d *Decoder) hole(s *session, e *tcp.Event, n uint64) {
	s.gapped[e.Dir] = true
	if !e.Truncated {
		s.missing[e.Dir] = addBytes(s.missing[e.Dir], n)
		s.lost = addBytes(s.lost, n)
	}
	if e.Truncated {
		s.seen[e.Dir] += e.Lost
	}
	switch s.mode[e.Dir] {
	case modeFrames:
		w := &s.walk[e.Dir]
		w.Gap(n, &d.scratch)
		d.frames(s, e, nil) // a Close whose end is missing
		if w.Closed() {
			s.expecting().closed(s.side(e.Dir), e)
		}
		if m := s.messages(e.Dir); m != nil {
			m.Gap()
		}
	case modeBody:
		s.bodyGap(e, n)
		if s.body[e.Dir].Lost() && !s.isClient(e.Dir) {
			s.answersLost()
		}
		d.bodyMoved(s, e)
	case modeHead:
		d.headGap(s, e)
	case modeSeek:
		if !s.isClient(e.Dir) {
			s.answersLost()
		}
	case modeProxy:
		d.proxyLost(s)
	case modeNames:
		s.mode[e.Dir] = modeOff
	case modeTLS:
		d.recordsLost(s, e, n)
	case modeSniff, modeAwait, modeOff:
	}
}

// addBytes returns n more bytes than a, or the most that can be counted.
func addBytes(a uint32, n uint64) uint32 { return uint32(min(uint64(a)+n, math.MaxUint32)) }
