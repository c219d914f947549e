package decode

import (
	"net/netip"
	"slices"

	"wstap/capture/packet"
	"wstap/decode/link"
	"wstap/decode/tcp"
	"wstap/decode/tls/keylog"
)

// Connection is what somebody who writes packets out again must know of the TCP
// connection of one or several rows: which packets are its own, and where in its
// streams there is HTTP, which may hold secrets. It is made with
// Options.Connections only.
//
// A row names its connection as soon as it is made; what is in it may be read once
// Decoder.Ended has returned it.
type Connection struct {
	Client   netip.AddrPort
	Server   netip.AddrPort
	First    int64 // time of its first packet, nanoseconds since 1970-01-01 UTC
	Last     int64 // of its last
	FirstRef packet.Ref
	Packets  uint64 // how many it has
	// ClientRandom is that of its TLS handshake, by which its secrets are found; zero
	// without one, or where it is not known.
	ClientRandom [keylog.RandomSize]byte
	// Plain is where HTTP stands in the two streams, in the order in which it was
	// read. What is not listed is frames, the inside of a tunnel, or an answer that
	// is no HTTP.
	Plain []Plain

	rows bool // it has had one, so that it is followed to its end
}

// Plain is a run of bytes that are HTTP in the clear.
type Plain struct {
	FromClient bool
	Seq        uint32 // TCP sequence number of the first byte
	Length     uint32 // in bytes
	// Head is the message head that stands here. Nil means that nobody can tell what
	// the bytes are: the rest of a head behind a gap, or the body of a message that
	// belongs to no attempt.
	Head []byte
}

const (
	// maxPlain is how many runs of a connection are kept apart: attempts and other
	// requests on one connection are few. From there on the last one grows over the
	// HTTP that follows.
	maxPlain = 256
	// maxPlainBytes is how many bytes of heads a connection keeps: a few of the
	// largest that servers take, 16 to 64 kB.
	maxPlainBytes = 256 << 10
)

// connection returns the Connection of a session.
func (d *Decoder) connection(s *session) *Connection {
	for s.within != nil {
		s = s.within.outer
	}
	if s.connection == nil {
		c := d.table.Conn(s.id)
		s.connection = &Connection{Client: c.Addr(s.client), Server: c.Addr(s.client.Other())}
		s.connection.First, s.connection.FirstRef = c.First()
	}
	return s.connection
}

// plain notes that n bytes of a direction from seq on are HTTP. head is nil where it
// cannot be told what they are.
func (d *Decoder) plain(s *session, dir link.Dir, seq uint32, n int, head []byte) {
	if !d.options.Connections || n == 0 || s.within != nil { // what is encrypted needs no care
		return
	}
	c := d.connection(s)
	fromClient := s.isClient(dir)
	size := 0
	last := -1 // of the same direction
	for i := range c.Plain {
		size += len(c.Plain[i].Head)
		if c.Plain[i].FromClient == fromClient {
			last = i
		}
	}
	full := len(c.Plain) >= maxPlain || size+len(head) > maxPlainBytes
	if last >= 0 {
		p := &c.Plain[last]
		next := p.Head == nil && head == nil && p.Seq+p.Length == seq
		if next || full && int32(seq-p.Seq) >= 0 {
			p.Length, p.Head = seq+uint32(n)-p.Seq, nil
			return
		}
	}
	if full {
		head = nil
	}
	c.Plain = append(c.Plain, Plain{FromClient: fromClient, Seq: seq, Length: uint32(n), Head: slices.Clone(head)})
}

// plainRest notes that the rest b of an event's bytes is HTTP of which nobody can
// tell what it says.
func (d *Decoder) plainRest(s *session, e *tcp.Event, b []byte) {
	d.plain(s, e.Dir, e.Seq+uint32(len(e.Data)-len(b)), len(b), nil)
}

// endConnection hands on the connection of a session that ends.
func (d *Decoder) endConnection(s *session) {
	if s.connection == nil {
		return
	}
	c := d.table.Conn(s.id)
	s.connection.First, s.connection.FirstRef = c.First()
	s.connection.Last, _ = c.Last()
	s.connection.Packets = uint64(c.Packets(0)) + uint64(c.Packets(1))
	d.ended = append(d.ended, s.connection)
	s.connection = nil
}

// Ended returns the connections that ended since it was last called. Each is
// complete, and belongs to the caller.
func (d *Decoder) Ended() []*Connection {
	out := d.ended
	d.ended = nil
	return out
}

// Connection returns the connection that the row is about; nil without
// Options.Connections. It serves as a name until Decoder.Ended has returned it.
func (r *Row) Connection() *Connection { return r.connection }

// failedConnection makes the Connection of a connect that carried no data.
func failedConnection(f *tcp.Failed) *Connection {
	return &Connection{Client: f.Client, Server: f.Server, First: f.Time, Last: f.LastTime, FirstRef: f.SYN, Packets: uint64(f.Packets)}
}
