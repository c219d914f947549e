package decode_test

import (
	"bytes"
	"net/netip"
	"strings"
	"testing"
	"time"

	"wstap/capture/packet"
	"wstap/decode"
	"wstap/decode/link"
)

// bytesAt collects from the packets of a connection what stands at n sequence
// numbers from seq on; where the capture holds nothing there are blanks.
func bytesAt(packets []packet.Packet, c *decode.Connection, p *decode.Plain) []byte {
	out := bytes.Repeat([]byte{0}, int(p.Length))
	dec := link.New([2]uint64{1, 2})
	var s link.Segment
	for i := range packets {
		q := &packets[i]
		if q.Time < c.First || q.Time > c.Last || dec.Decode(q, &s) != link.TCP {
			continue
		}
		from, to := c.Client, c.Server
		if !p.FromClient {
			from, to = to, from
		}
		if s.Flow.Sender(s.Dir) != from || s.Flow.Sender(s.Dir.Other()) != to {
			continue
		}
		first := s.Seq
		if s.Flags&link.SYN != 0 {
			first++ // the SYN takes the first sequence number
		}
		for j, b := range s.Payload {
			if at := first + uint32(j) - p.Seq; at < p.Length && out[at] == 0 {
				out[at] = b
			}
		}
	}
	return out
}

// The connection of a row holds the row's packets, and the heads that the record
// shows stand in its streams where Plain says.
func TestConnections(t *testing.T) {
	for _, c := range undamaged(t) {
		packets := load(t, c.Paths())
		d := decode.New(decode.Options{Connects: decode.ConnectsAll, Connections: true})
		d.Block(&packet.Block{Packets: packets})
		d.Finish()
		ended := make(map[*decode.Connection]bool)
		for _, conn := range d.Ended() {
			ended[conn] = true
			for i := range conn.Plain {
				p := &conn.Plain[i]
				if p.Head != nil && (len(p.Head) != int(p.Length) || !bytes.Equal(p.Head, bytesAt(packets, conn, p))) {
					t.Errorf("%s: %v -> %v: %q is not at %d, there is %q", c.Name, conn.Client, conn.Server, p.Head, p.Seq, bytesAt(packets, conn, p))
				}
			}
		}
		for _, r := range d.Rows() {
			a, conn := r.Attempt(), r.Connection()
			if conn == nil || !ended[conn] {
				t.Errorf("%s: the row of %s has no connection that ended", c.Name, a.Client)
				continue
			}
			if conn.Client.String() != a.Client || conn.Server.String() != a.Server {
				t.Errorf("%s: row of %s -> %s, connection of %v -> %v", c.Name, a.Client, a.Server, conn.Client, conn.Server)
			}
			for _, n := range []uint64{a.Packets.First, a.Packets.Request, a.Packets.Response, a.Packets.Close, a.Packets.End, a.Packets.Last} {
				for i := range packets {
					if q := &packets[i]; n != 0 && len(c.Paths()) == 1 && q.Ref.Number() == n && (q.Time < conn.First || q.Time > conn.Last) {
						t.Errorf("%s: packet %d of %s is outside of its connection", c.Name, n, a.Client)
					}
				}
			}
			if a.WebSocket == nil || a.WebSocket.Key == "" {
				continue
			}
			found := false
			for i := range conn.Plain {
				found = found || bytes.Contains(conn.Plain[i].Head, []byte(a.WebSocket.Key))
			}
			if !found {
				t.Errorf("%s: no head of %s holds its key", c.Name, a.Client)
			}
		}
	}
}

// Whatever of HTTP cannot be parsed is listed too: a cookie may stand in it.
func TestPlainBytesThatAreNoHead(t *testing.T) {
	const cookie = "Cookie: session=s3cr3t-"
	for _, test := range []struct {
		name string
		make func(w *wire)
	}{
		{"the middle of a head is missing", func(w *wire) {
			w.send(client, ack, "GET /chat HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n")
			w.lose(client, strings.Repeat("x", 100))
			w.data(client, "\r\n"+cookie+"1\r\n\r\n")
		}},
		{"a request body", func(w *wire) {
			w.data(client, "POST /login HTTP/1.1\r\nHost: a\r\nContent-Length: 30\r\n\r\n")
			w.data(client, cookie+"1234567")
			w.data(server, "HTTP/1.1 204 No Content\r\n\r\n")
			w.data(client, handshake)
			w.data(server, response)
		}},
		{"an answer's body that is no attempt's", func(w *wire) {
			w.data(client, "GET /token HTTP/1.1\r\nHost: a\r\n\r\n")
			w.data(server, "HTTP/1.1 200 OK\r\nContent-Length: 24\r\n\r\n"+cookie+"1")
			w.data(client, handshake)
			w.data(server, response)
		}},
		{"what follows is no HTTP", func(w *wire) {
			w.data(client, handshake)
			w.data(server, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
			w.data(client, "\x16\x03 "+cookie+"1\r\n")
		}},
		{"a request that never ends", func(w *wire) {
			w.data(client, handshake)
			w.data(server, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
			w.data(client, "GET / HTTP/1.1\r\n"+cookie+"1")
		}},
		{"too many heads to keep", func(w *wire) {
			for range 400 {
				w.data(client, "GET / HTTP/1.1\r\nHost: a\r\n"+cookie+"1\r\n\r\n")
				w.data(server, "HTTP/1.1 204 No Content\r\n\r\n")
			}
			w.data(client, handshake)
			w.data(server, response)
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWire()
			w.open()
			test.make(w)
			w.close(client)
			d := decode.New(decode.Options{Connections: true})
			d.Block(&packet.Block{Packets: w.packets})
			d.Finish()
			conns := d.Ended()
			if len(conns) != 1 {
				t.Fatalf("%d connections", len(conns))
			}
			c := conns[0]
			if c.Client != netip.MustParseAddrPort("192.0.2.10:40000") || c.Last-c.First < int64(time.Millisecond) {
				t.Errorf("connection %+v", c)
			}
			// Every byte of a cookie on the wire must lie within a listed run.
			dec := link.New([2]uint64{1, 2})
			var s link.Segment
			for i := range w.packets {
				dec.Decode(&w.packets[i], &s)
				at := bytes.Index(s.Payload, []byte("s3cr3t-"))
				if at < 0 {
					continue
				}
				seq, listed := s.Seq+uint32(at), false
				for _, p := range c.Plain {
					fromClient := s.Flow.Sender(s.Dir) == c.Client
					listed = listed || p.FromClient == fromClient && seq-p.Seq < p.Length
				}
				if !listed {
					t.Errorf("the cookie in packet %d is not listed: %+v", i+1, c.Plain)
				}
			}
		})
	}
}
