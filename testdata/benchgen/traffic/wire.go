package traffic

import (
	"bufio"
	"encoding/binary"
	"io"
	"math/rand/v2"
)

const (
	recordHeader = 16 // of a packet in a pcap file
	maxPacket    = 2048
	protocolTCP  = 6
	protocolUDP  = 17
)

// writer writes packets into a pcap file with time stamps in microseconds.
type writer struct {
	out  *bufio.Writer
	t    *Truth
	r    *rand.Rand
	now  int64 // microseconds since 1970-01-01 UTC
	step int   // most microseconds between two packets
	buf  [recordHeader + maxPacket]byte
}

func newWriter(out io.Writer, t *Truth, seed uint64) *writer {
	w := &writer{out: bufio.NewWriterSize(out, 1<<20), t: t, r: rand.New(rand.NewPCG(seed, 99)), now: 1_700_000_000_000_000, step: 20}
	head := make([]byte, 24)
	binary.LittleEndian.PutUint32(head, 0xa1b2c3d4)
	binary.LittleEndian.PutUint16(head[4:], 2)
	binary.LittleEndian.PutUint16(head[6:], 4)
	binary.LittleEndian.PutUint32(head[16:], 262144)
	binary.LittleEndian.PutUint32(head[20:], 1) // Ethernet
	w.out.Write(head)
	t.Bytes = int64(len(head))
	return w
}

// segment writes one segment of a flow.
func (w *writer) segment(f *flow, s *segment) {
	src, dst := f.ip[s.from][:], f.ip[s.from.other()][:]
	w.packet(f.v6, f.vlan, protocolTCP, src, dst, func(b []byte) int {
		binary.BigEndian.PutUint16(b, f.port[s.from])
		binary.BigEndian.PutUint16(b[2:], f.port[s.from.other()])
		binary.BigEndian.PutUint32(b[4:], s.seq)
		binary.BigEndian.PutUint32(b[8:], s.ack)
		header, ms := 32, uint32(w.now/1000)
		if s.flags&syn != 0 { // maximum segment size, SACK, timestamps, window scale
			header = 40
			copy(b[20:40], []byte{2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0, 0, 0, 0, 0, 0, 0, 1, 3, 3, 7})
			binary.BigEndian.PutUint32(b[28:], ms)
		} else {
			copy(b[20:24], []byte{1, 1, 8, 10})
			binary.BigEndian.PutUint32(b[24:], ms)
			binary.BigEndian.PutUint32(b[28:], ms)
		}
		b[12], b[13] = byte(header/4)<<4, s.flags
		binary.BigEndian.PutUint16(b[14:], 0x2000)
		clear(b[16:20])
		return header + copy(b[header:], s.data)
	})
}

// udp writes one datagram over IPv4.
func (w *writer) udp(src, dst [4]byte, from, to uint16, payload []byte) {
	w.packet(false, false, protocolUDP, src[:], dst[:], func(b []byte) int {
		binary.BigEndian.PutUint16(b, from)
		binary.BigEndian.PutUint16(b[2:], to)
		binary.BigEndian.PutUint16(b[4:], uint16(8+len(payload)))
		clear(b[6:8])
		return 8 + copy(b[8:], payload)
	})
}

// packet writes Ethernet, perhaps a VLAN tag, IP and what fill puts after it.
// fill returns the number of bytes and leaves the checksum zero.
func (w *writer) packet(v6, vlan bool, protocol byte, src, dst []byte, fill func([]byte) int) {
	w.now += int64(1 + w.r.IntN(w.step))
	b := w.buf[recordHeader:]
	copy(b, []byte{2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2})
	at := 12
	if vlan {
		copy(b[at:], []byte{0x81, 0, 0, 42})
		at += 4
	}
	var size int
	if v6 {
		size = at + 42
		n := fill(b[size:])
		ipv6(b[at:], protocol, src, dst, n)
		size += n
	} else {
		size = at + 22
		n := fill(b[size:])
		ipv4(b[at:], protocol, src, dst, n, uint16(w.now))
		size += n
	}
	h := w.buf[:recordHeader]
	binary.LittleEndian.PutUint32(h, uint32(w.now/1e6))
	binary.LittleEndian.PutUint32(h[4:], uint32(w.now%1e6))
	binary.LittleEndian.PutUint32(h[8:], uint32(size))
	binary.LittleEndian.PutUint32(h[12:], uint32(size))
	w.out.Write(w.buf[:recordHeader+size]) // its error stays until Flush
	w.t.Packets++
	w.t.Bytes += int64(recordHeader + size)
}

// ipv4 writes the EtherType and the header in front of n bytes, and both checksums.
func ipv4(b []byte, protocol byte, src, dst []byte, n int, id uint16) {
	b[0], b[1] = 8, 0
	ip, body := b[2:22], b[22:22+n]
	clear(ip)
	ip[0] = 0x45
	binary.BigEndian.PutUint16(ip[2:], uint16(20+n))
	binary.BigEndian.PutUint16(ip[4:], id)
	ip[6], ip[8], ip[9] = 0x40, 64, protocol
	copy(ip[12:16], src)
	copy(ip[16:20], dst)
	binary.BigEndian.PutUint16(ip[10:], ^fold(sum(ip)))
	putChecksum(body, protocol, sum(ip[12:20]))
}

// ipv6 does the same for IPv6.
func ipv6(b []byte, protocol byte, src, dst []byte, n int) {
	b[0], b[1] = 0x86, 0xdd
	ip, body := b[2:42], b[42:42+n]
	clear(ip)
	ip[0] = 0x60
	binary.BigEndian.PutUint16(ip[4:], uint16(n))
	ip[6], ip[7] = protocol, 64
	copy(ip[8:24], src)
	copy(ip[24:40], dst)
	putChecksum(body, protocol, sum(ip[8:40]))
}

func putChecksum(body []byte, protocol byte, addresses uint64) {
	at := 16
	if protocol == protocolUDP {
		at = 6
	}
	binary.BigEndian.PutUint16(body[at:], ^fold(addresses+uint64(protocol)+uint64(len(body))+sum(body)))
}

// sum adds 16-bit words (RFC 1071), eight bytes at a time: 2^16 is 1 modulo
// 2^16-1, so wider words may be added just as well.
func sum(b []byte) uint64 {
	var s uint64
	for ; len(b) >= 8; b = b[8:] {
		v := binary.BigEndian.Uint64(b)
		s += v>>32 + v&0xffffffff
	}
	for ; len(b) >= 2; b = b[2:] {
		s += uint64(b[0])<<8 | uint64(b[1])
	}
	if len(b) == 1 {
		s += uint64(b[0]) << 8
	}
	return s
}

func fold(s uint64) uint16 {
	for s>>16 != 0 {
		s = s&0xffff + s>>16
	}
	return uint16(s)
}
