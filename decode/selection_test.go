package decode_test

import (
	"bytes"
	"encoding/binary"
	"testing"

	"wstap/capture/packet"
	"wstap/decode"
)

// checksum returns the TCP checksum of an Ethernet, IPv4 packet as RFC 9293 section
// 3.1 has it: 0 when the one in the packet is right.
func checksum(frame []byte) uint16 {
	ip := frame[14:34]
	tcp := frame[34 : 14+binary.BigEndian.Uint16(ip[2:])]
	sum := uint32(6) + uint32(len(tcp))
	for i := 12; i < 20; i += 2 {
		sum += uint32(binary.BigEndian.Uint16(ip[i:]))
	}
	for i := 0; i < len(tcp); i++ {
		if i%2 == 0 {
			sum += uint32(tcp[i]) << 8
		} else {
			sum += uint32(tcp[i])
		}
	}
	for sum > 0xffff {
		sum = sum&0xffff + sum>>16
	}
	return ^uint16(sum)
}

// selected decodes w, then finds the packets of the rows that want picks.
func selected(w *wire, want func(*decode.Attempt) bool) []decode.Found {
	d := decode.New(decode.Options{Connects: decode.ConnectsAll, Connections: true})
	d.Block(&packet.Block{Packets: w.packets})
	d.Finish()
	var conns []*decode.Connection
	for _, r := range d.Rows() {
		if want(r.Attempt()) {
			conns = append(conns, r.Connection())
		}
	}
	return decode.NewSelection(conns).Block(&packet.Block{Packets: w.packets})
}

// The packets of a connection are found from SYN to the last ACK, those of others on
// the same addresses and of the next one on the same ports are not.
func TestSelection(t *testing.T) {
	w := newWire()
	w.success()
	w.another()
	first := len(w.packets)
	w.success()
	last := len(w.packets)
	w.ports[client]--
	w.next = [2]uint32{777_000, 888_000}
	w.wait(20_000_000_000)
	w.success() // the first one's ports again
	w.another()
	w.another()
	w.refused()

	for _, test := range []struct {
		name     string
		from, to int
	}{
		{"the first", 0, first},
		{"another port", first, last},
		{"the first one's ports again", last, 2*last - first},
		{"refused", 2*last - first, len(w.packets)},
	} {
		found := selected(w, func(a *decode.Attempt) bool { return a.Packets.First == uint64(test.from+1) })
		if len(found) != test.to-test.from {
			t.Errorf("%s: %d packets, want %d", test.name, len(found), test.to-test.from)
			continue
		}
		for i, f := range found {
			if got, want := f.Packet.Ref.Number(), uint64(test.from+i+1); got != want {
				t.Errorf("%s: packet %d, want %d", test.name, got, want)
			}
		}
	}
}

// Overwriting leaves a right checksum right and a wrong one wrong, and changes
// nothing but the bytes named.
func TestOverwrite(t *testing.T) {
	w := newWire()
	w.success()
	for i := range w.packets {
		sum := checksum(w.packets[i].Data)
		binary.BigEndian.PutUint16(w.packets[i].Data[34+16:], sum)
	}
	wrong := w.packets[3].Data // the request, as before offloading
	wrong[34+16] ^= 0x5a
	before := make([][]byte, len(w.packets))
	for i := range w.packets {
		before[i] = bytes.Clone(w.packets[i].Data)
	}
	found := selected(w, func(*decode.Attempt) bool { return true })
	for i := range found {
		f := &found[i]
		if f.FromClient {
			f.Overwrite(f.Seq+4, 6, 'x') // "/chat " and the byte after it
		} else {
			f.OverwriteText([]byte("Switching"), 'x')
		}
	}
	for i, p := range w.packets {
		right, was := checksum(p.Data) == 0, checksum(before[i]) == 0
		if right != was {
			t.Errorf("packet %d: checksum right before: %v, after: %v", i+1, was, right)
		}
		want := before[i]
		switch i {
		case 3:
			copy(want[54+4:], "xxxxxx")
		case 5:
			copy(want[bytes.Index(want, []byte("Switching")):], "xxxxxxxxx")
		}
		copy(want[34+16:], p.Data[34+16:34+18])
		if !bytes.Equal(want, p.Data) {
			t.Errorf("packet %d:\n got %q\nwant %q", i+1, p.Data, want)
		}
	}
}
