package traffic

import (
	"encoding/binary"
	"math/rand/v2"
)

// side is who sends: the client or the server of a connection.
type side uint8

const (
	client side = iota
	server
)

func (s side) other() side { return 1 - s }

// TCP flags.
const (
	fin = 1 << iota
	syn
	rst
	psh
	ack
)

// mss is the payload of a full segment on Ethernet with timestamps.
const mss = 1448

// segment is one TCP segment before it is put into a packet.
type segment struct {
	data  []byte
	seq   uint32
	ack   uint32
	from  side
	flags uint8
	// barrier marks data that its sender can only send after everything that
	// the other side sent before it: an answer, or the first frame after a 101.
	barrier bool
}

// flow is one TCP connection: all its segments in the order of sending.
type flow struct {
	r        *rand.Rand
	t        *Truth
	ip       [2][16]byte // by side; IPv4 in the first 4 bytes
	port     [2]uint16
	next     [2]uint32
	segments []segment
	at       int // next segment to write
	v6, vlan bool
	waiting  [2]bool // the next data of this side is a barrier
}

// newFlow draws addresses: a tenth IPv6, a fiftieth in a VLAN.
func newFlow(t *Truth, seed, number uint64) *flow {
	f := &flow{t: t, r: rand.New(rand.NewPCG(seed, number))}
	r := f.r
	f.v6, f.vlan = r.IntN(10) == 0, r.IntN(50) == 0
	f.port = [2]uint16{uint16(1024 + r.IntN(64000)), []uint16{80, 80, 80, 8080, 8000, 3000}[r.IntN(6)]}
	if f.v6 {
		for s, prefix := range []uint64{0x20010db800000000, 0x20010db8ffff0000} {
			binary.BigEndian.PutUint64(f.ip[s][:], prefix)
		}
		binary.BigEndian.PutUint64(f.ip[client][8:], r.Uint64())
		f.ip[server][15] = byte(1 + r.IntN(50))
	} else {
		binary.BigEndian.PutUint32(f.ip[client][:], 10<<24|uint32(r.IntN(1<<24)))
		copy(f.ip[server][:], []byte{192, 0, 2, byte(1 + r.IntN(50))})
	}
	return f
}

// send appends data as full segments; SYN and FIN take a sequence number.
func (f *flow) send(from side, flags uint8, data []byte) {
	for first := true; first || len(data) > 0; first = false {
		n := min(len(data), mss)
		s := segment{data: data[:n], seq: f.next[from], ack: f.next[from.other()], from: from, flags: flags}
		if len(data) > n {
			s.flags &^= fin | psh
		}
		if n > 0 && f.waiting[from] {
			s.barrier, f.waiting[from] = true, false
		}
		f.next[from] += uint32(n)
		if s.flags&(syn|fin) != 0 {
			f.next[from]++
		}
		f.segments = append(f.segments, s)
		data = data[n:]
	}
}

// acknowledge sends a segment without data.
func (f *flow) acknowledge(from side) { f.send(from, ack, nil) }

// answer makes the next data of a side wait for all that came before.
func (f *flow) answer(from side) { f.waiting[from] = true }

// open is the three-way handshake. Every 25th connection crosses 2^32 soon.
func (f *flow) open() {
	for s := range f.next {
		f.next[s] = f.r.Uint32()
		if f.r.IntN(50) == 0 {
			f.next[s] = 0xffffffff - uint32(f.r.IntN(3000))
		}
	}
	f.send(client, syn, nil)
	f.segments[0].ack = 0
	f.send(server, syn|ack, nil)
	f.acknowledge(client)
}

// close ends the connection: mostly by FIN, now and then by RST or not at all.
func (f *flow) close() {
	from := side(f.r.IntN(2))
	switch f.r.IntN(20) {
	case 0: // still open when the capture ends
	case 1:
		f.send(from, rst|ack, nil)
	default:
		f.send(from, fin|ack, nil)
		f.send(from.other(), fin|ack, nil)
		f.acknowledge(from)
	}
}

// textPool is printable text that payloads are cut from.
var textPool = func() []byte {
	r := rand.New(rand.NewPCG(7, 7))
	b := make([]byte, 1<<20)
	for i := range b {
		b[i] = byte(' ' + r.IntN(95))
	}
	return b
}()

// text is n printable bytes, shared: they must not be written to.
func text(r *rand.Rand, n int) []byte {
	at := r.IntN(len(textPool) - n)
	return textPool[at : at+n : at+n]
}

// token is n characters as they stand in cookies and paths.
func token(r *rand.Rand, n int) string {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	b := make([]byte, n)
	for i := range b {
		b[i] = letters[r.IntN(len(letters))]
	}
	return string(b)
}

func pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }
