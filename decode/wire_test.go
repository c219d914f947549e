package decode_test

import (
	"encoding/binary"
	"testing"
	"time"

	"wstap/capture/packet"
	"wstap/decode"
	"wstap/decode/websocket"
)

// start is the capture time of the first packet of a composed conversation.
var start = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC).UnixNano()

// key is the example of RFC 6455 section 1.3, and accept its answer.
const (
	key    = "dGhlIHNhbXBsZSBub25jZQ=="
	accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
)

// wire composes the packets of one TCP connection as a capture would hold them:
// Ethernet, IPv4, a packet every millisecond.
type wire struct {
	packets []packet.Packet
	now     int64
	ports   [2]uint16
	next    [2]uint32 // sequence number of each side: client, server
	drop    bool      // what is sent is not captured
	snaplen int       // 0 for all
}

const (
	client = 0
	server = 1
)

func newWire() *wire {
	return &wire{now: start, ports: [2]uint16{40000, 8085}, next: [2]uint32{1000, 0xfffffff0}}
}

// another begins a further connection in the same capture, from another port.
func (w *wire) another() {
	w.ports[client]++
	w.next = [2]uint32{5000, 9000}
}

const (
	fin = 1
	syn = 2
	rst = 4
	ack = 16
)

// send adds a packet of one side.
func (w *wire) send(side int, flags byte, data string) {
	w.now += int64(time.Millisecond)
	w.emit(side, flags, w.next[side], data)
	w.next[side] += uint32(len(data))
	if flags&(fin|syn) != 0 {
		w.next[side]++
	}
}

// emit adds a packet with a sequence number of its own.
func (w *wire) emit(side int, flags byte, seq uint32, data string) {
	if w.drop {
		return
	}
	b := make([]byte, 54, 54+len(data))
	b[12] = 8
	ip, tcp := b[14:34], b[34:54]
	ip[0], ip[8], ip[9] = 0x45, 64, 6
	binary.BigEndian.PutUint16(ip[2:], uint16(40+len(data)))
	binary.BigEndian.PutUint16(ip[4:], uint16(len(w.packets)+1))
	addrs := [2][4]byte{{192, 0, 2, 10}, {198, 51, 100, 5}}
	copy(ip[12:], addrs[side][:])
	copy(ip[16:], addrs[1-side][:])
	binary.BigEndian.PutUint16(tcp, w.ports[side])
	binary.BigEndian.PutUint16(tcp[2:], w.ports[1-side])
	binary.BigEndian.PutUint32(tcp[4:], seq)
	if flags&ack != 0 {
		binary.BigEndian.PutUint32(tcp[8:], w.next[1-side])
	}
	tcp[12], tcp[13] = 5<<4, flags
	binary.BigEndian.PutUint16(tcp[14:], 64240)
	b = append(b, data...)
	p := packet.Packet{
		Time: w.now, Data: b, OrigLen: uint32(len(b)), Link: packet.LinkEthernet,
		Ref: packet.NewRef(0, uint64(len(w.packets)+1)),
	}
	if w.snaplen > 0 && len(b) > w.snaplen {
		p.Data = b[:w.snaplen]
	}
	w.packets = append(w.packets, p)
}

// lose lets one side send data that the capture misses; the other side
// acknowledges it.
func (w *wire) lose(side int, data string) {
	w.drop = true
	w.send(side, ack, data)
	w.drop = false
	w.send(1-side, ack, "")
}

func (w *wire) open() {
	w.send(client, syn, "")
	w.send(server, syn|ack, "")
	w.send(client, ack, "")
}

func (w *wire) data(side int, data string) {
	w.send(side, ack, data)
	w.send(1-side, ack, "")
}

func (w *wire) close(first int) {
	w.send(first, fin|ack, "")
	w.send(1-first, fin|ack, "")
	w.send(first, ack, "")
}

func (w *wire) wait(d time.Duration) { w.now += int64(d) }

// handshake is a request that breaks no rule, and response its answer.
const handshake = "GET /chat HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\n" +
	"Connection: Upgrade\r\nSec-WebSocket-Key: " + key + "\r\nSec-WebSocket-Version: 13\r\n\r\n"

const response = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n" +
	"Connection: Upgrade\r\nSec-WebSocket-Accept: " + accept + "\r\n\r\n"

// frame makes a frame; the client's are masked (RFC 6455 section 5.2).
func frame(side int, b0 byte, payload string) string {
	out := []byte{b0}
	mask := byte(0)
	if side == client {
		mask = 0x80
	}
	switch n := len(payload); {
	case n < 126:
		out = append(out, mask|byte(n))
	default:
		out = append(out, mask|126, byte(n>>8), byte(n))
	}
	if side == server {
		return string(append(out, payload...))
	}
	k := [4]byte{0x37, 0xfa, 0x21, 0x3d}
	out = append(out, k[:]...)
	for i := range len(payload) {
		out = append(out, payload[i]^k[i&3])
	}
	return string(out)
}

func text(side int, payload string) string { return frame(side, 0x80|byte(websocket.Text), payload) }

func closeFrame(side int, code int, reason string) string {
	return frame(side, 0x80|byte(websocket.Close), string(binary.BigEndian.AppendUint16(nil, uint16(code)))+reason)
}

// rows decodes what was composed.
func (w *wire) rows(o decode.Options) []*decode.Attempt {
	d := decode.New(o)
	d.Block(&packet.Block{Packets: w.packets})
	d.Finish()
	return d.Take()
}

// one decodes what was composed and expects one row.
func (w *wire) one(t *testing.T) *decode.Attempt {
	t.Helper()
	rows := w.rows(decode.Options{})
	if len(rows) != 1 {
		t.Fatalf("%d rows, want 1", len(rows))
	}
	return rows[0]
}

func wantOutcome(t *testing.T, a *decode.Attempt, v decode.Verdict, e decode.Ending) {
	t.Helper()
	if a.Verdict != v || a.Ending != e {
		t.Errorf("verdict %s, ending %s; want %s, %s", a.Verdict, a.Ending, v, e)
	}
}
