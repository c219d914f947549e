package decode_test

import (
	"encoding/binary"
	"testing"
	"time"

	"wstap/capture/packet"
	"wstap/decode"
)

// FuzzDecoder feeds a capture that fuzzing makes: records of a time step, a link
// type, a length and that many bytes. Whatever it is, every packet is accounted
// for and every row can be made.
func FuzzDecoder(f *testing.F) {
	w := newWire()
	w.success()
	w.another()
	w.open()
	w.data(client, handshake)
	w.data(server, response)
	w.data(client, text(client, "hello"))
	w.lose(server, text(server, "lost"))
	w.data(server, closeFrame(server, 1000, "bye"))
	w.close(server)
	w.another()
	w.refused()
	var seed []byte
	for _, p := range w.packets {
		seed = append(seed, 1, byte(p.Link))
		seed = binary.BigEndian.AppendUint16(seed, uint16(len(p.Data)))
		seed = append(seed, p.Data...)
	}
	f.Add(seed)
	f.Fuzz(func(t *testing.T, b []byte) {
		links := []packet.LinkType{
			packet.LinkEthernet, packet.LinkNull, packet.LinkRaw, packet.LinkLinuxSLL, packet.LinkLinuxSLL2, packet.LinkLoop, 9999,
		}
		now := start
		var packets []packet.Packet
		for len(b) >= 4 {
			now += int64(b[0]) * int64(50*time.Millisecond)
			link := packet.LinkEthernet
			if int(b[1]) != int(packet.LinkEthernet) {
				link = links[int(b[1])%len(links)]
			}
			n := min(int(binary.BigEndian.Uint16(b[2:])), len(b)-4)
			packets = append(packets, packet.Packet{
				Time: now, Data: b[4 : 4+n], OrigLen: uint32(n) + uint32(b[1]>>7)*100, Link: link,
				Ref: packet.NewRef(0, uint64(len(packets)+1)),
			})
			b = b[4+n:]
		}
		d := decode.New(decode.Options{Connects: decode.ConnectsAll, Payload: true})
		d.Block(&packet.Block{Packets: packets})
		d.Finish()
		rows := d.Take()
		s := d.Summary()
		p := s.Packets
		if p.Total != uint64(len(packets)) || p.Total != p.TCP+p.NotTCP+p.Fragments+p.Malformed+p.UnknownLink {
			t.Errorf("%d packets: %+v", len(packets), p)
		}
		total := 0
		for _, n := range s.Attempts {
			total += n
		}
		if total != len(rows) {
			t.Errorf("%d rows, %d in the summary", len(rows), total)
		}
		for i, a := range rows {
			if a.N != i+1 || a.Verdict == "" || a.Ending == "" || a.Client == "" || a.Server == "" || a.ID == "" {
				t.Errorf("row %d lacks something: %+v", i, a)
			}
			if c := a.Close; c != nil && c.By == "" && a.WebSocket.CountsComplete != nil && *a.WebSocket.CountsComplete {
				t.Errorf("row %d: nothing was missed, and the first Close is not known", i)
			}
		}
	})
}

// Packets of an open WebSocket cost no memory.
func TestAllocs(t *testing.T) {
	w := newWire()
	w.open()
	w.data(client, handshake)
	w.data(server, response)
	begin := len(w.packets)
	for range 1000 {
		w.data(client, text(client, "hello"))
		w.data(server, text(server, "hello")+frame(server, 0x89, "ping"))
		w.data(client, frame(client, 0x8a, "ping"))
	}
	d := decode.New(decode.Options{})
	d.Block(&packet.Block{Packets: w.packets[:begin+8]})
	rest := w.packets[begin+8:]
	const runs = 50
	step := len(rest) / (runs + 1)
	at := 0
	allocs := testing.AllocsPerRun(runs, func() {
		d.Block(&packet.Block{Packets: rest[at : at+step]})
		at += step
	})
	if allocs > 1 { // the Block itself may escape
		t.Errorf("%v allocations for %d packets", allocs, step)
	}
	d.Finish()
	if a := d.Take()[0]; a.WebSocket.Messages.Client != 1000 && at == len(rest) {
		t.Errorf("messages: %+v", a.WebSocket.Messages)
	}
}
