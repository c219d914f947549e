package decode_test

import (
	"encoding/binary"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"wstap/capture"
	"wstap/capture/packet"
	"wstap/decode"
)

// inFragments cuts the packets of TCP over IPv4 of a list so that none carries more than size
// bytes, a multiple of 8.
func inFragments(packets []packet.Packet, size int) (out []packet.Packet) {
	for i, p := range packets {
		const header = 14 + 20
		if len(p.Data) <= header+size || p.Data[12] != 8 || p.Data[13] != 0 || p.Data[14] != 0x45 || p.Data[23] != 6 {
			out = append(out, p)
			continue
		}
		length := int(binary.BigEndian.Uint16(p.Data[16:])) - 20
		if length <= size || header+length > len(p.Data) {
			out = append(out, p)
			continue
		}
		size := max(size, length/100&^7+8) // a datagram may have 128
		payload := p.Data[header : header+length]
		var parts []packet.Packet
		for at := 0; at < len(payload); at += size {
			part := payload[at:min(at+size, len(payload))]
			b := slices.Concat(p.Data[:header], part)
			binary.BigEndian.PutUint16(b[16:], uint16(20+len(part)))
			more := uint16(0x2000)
			if at+size >= len(payload) {
				more = 0
			}
			binary.BigEndian.PutUint16(b[20:], more|uint16(at/8))
			q := p
			q.Data, q.OrigLen = b, uint32(len(b))
			parts = append(parts, q)
		}
		if i%2 > 0 { // Linux once sent the last first
			slices.Reverse(parts)
		}
		out = append(out, parts...)
	}
	return out
}

// numbered gives each IPv4 packet an identification of its own.
func numbered(packets []packet.Packet) []packet.Packet {
	for i, p := range packets {
		if p.Data[12] == 8 && p.Data[13] == 0 {
			binary.BigEndian.PutUint16(p.Data[18:], uint16(i+1))
		}
	}
	return packets
}

// pipelined decodes blocks of n packets as a reader does that is ahead of the
// decoder: in two goroutines, with buffers that are used again.
func pipelined(packets []packet.Packet, n int) ([]*decode.Attempt, decode.Summary) {
	type ahead struct {
		block packet.Block
		data  []byte
		batch decode.Batch
	}
	d := decode.New(decode.Options{Connects: decode.ConnectsAll, Payload: true})
	free, full := make(chan *ahead, capture.Ahead), make(chan *ahead, capture.Ahead)
	for range capture.Ahead {
		free <- &ahead{}
	}
	go func() {
		defer close(full)
		for rest := packets; len(rest) > 0; rest = rest[min(n, len(rest)):] {
			a := <-free
			for i := range a.data {
				a.data[i] = '!'
			}
			a.block.Packets, a.data = a.block.Packets[:0], a.data[:0]
			total := 0
			for _, p := range rest[:min(n, len(rest))] {
				total += len(p.Data)
			}
			a.data = slices.Grow(a.data, total)
			for _, p := range rest[:min(n, len(rest))] {
				at := len(a.data)
				a.data = append(a.data, p.Data...)
				p.Data = a.data[at:]
				a.block.Packets = append(a.block.Packets, p)
			}
			d.Link(&a.block, &a.batch)
			full <- a
		}
	}()
	for a := range full {
		d.Batch(&a.batch)
		free <- a
	}
	d.Finish()
	return d.Take(), d.Summary()
}

// Connections whose packets were cut into fragments give the rows that they would
// without, however the fragments lie in blocks, and every packet is accounted for.
func TestFragments(t *testing.T) {
	files, err := filepath.Glob("../testdata/*.pcap")
	if err != nil {
		t.Fatal(err)
	}
	compared := 0
	for _, name := range files {
		if strings.Contains(name, "fragment") {
			continue // what is one already is not cut again
		}
		packets := packetsOf(t, name)
		if len(packets) == 0 || slices.ContainsFunc(packets, func(p packet.Packet) bool {
			return p.Link != packet.LinkEthernet || len(p.Data) < 34 || p.Truncated()
		}) {
			continue
		}
		want, _ := pipelined(numbered(packets), len(packets))
		for _, c := range []struct{ size, block int }{{512, 1000}, {64, 7}, {64, 1}} {
			cut := inFragments(packets, c.size)
			got, s := pipelined(cut, c.block)
			if diff := cmp.Diff(strip(want), strip(got)); diff != "" {
				t.Errorf("%s in fragments of %d, blocks of %d:\n%s", filepath.Base(name), c.size, c.block, diff)
			}
			p := s.Packets
			if p.Total != uint64(len(cut)) || p.Total != p.TCP+p.ICMP+p.DNS+p.NotTCP+p.Fragments+p.Malformed+p.UnknownLink || len(cut)-len(packets) != int(p.Fragments) {
				t.Errorf("%s: %d packets of %d: %+v", filepath.Base(name), len(cut), len(packets), p)
			}
		}
		compared += len(want)
	}
	if compared < 100 {
		t.Errorf("only %d rows compared", compared)
	}
}

// What never became whole is counted: what waited at the end, and what waited for
// too long.
func TestFragmentsNeverWhole(t *testing.T) {
	w := newWire()
	w.open()
	w.data(client, handshake)
	cut := inFragments(w.packets, 64)
	lost := slices.DeleteFunc(cut, func(p packet.Packet) bool { return binary.BigEndian.Uint16(p.Data[20:]) == 0x2008 })
	if len(lost) != len(inFragments(w.packets, 64))-1 {
		t.Fatal("nothing was lost")
	}
	_, s := pipelined(lost, 1)
	if s.Bounded["fragments_incomplete"] != 1 || s.Bounded["fragments_expired"] != 0 {
		t.Errorf("%v", s.Bounded)
	}
	late := lost[slices.IndexFunc(lost, func(p packet.Packet) bool { return p.Data[20] != 0 })]
	late.Data = slices.Clone(late.Data)
	late.Data[18] = 0x77
	late.Time += 60e9
	_, s = pipelined(append(lost, late), 3)
	if s.Bounded["fragments_incomplete"] != 1 || s.Bounded["fragments_expired"] != 1 {
		t.Errorf("%v", s.Bounded)
	}
}
