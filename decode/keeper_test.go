package decode_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"wstap/capture/packet"
	"wstap/decode"
)

// drive runs packets through a decoder and its keeper in small blocks, as they come
// from an interface, and calls ended for each connection that ended with a row.
func drive(t *testing.T, packets []packet.Packet, memory int, ended func(k *decode.Keeper, c *decode.Connection, rows []*decode.Row)) *decode.Decoder {
	t.Helper()
	d := decode.New(decode.Options{Connects: decode.ConnectsAll, Connections: true})
	k := decode.NewKeeper(d, memory)
	var batch decode.Batch
	rows := make(map[*decode.Connection][]*decode.Row)
	take := func() {
		for _, r := range d.Rows() {
			rows[r.Connection()] = append(rows[r.Connection()], r)
		}
		for _, c := range d.Ended() {
			ended(k, c, rows[c])
		}
	}
	r := rand.New(rand.NewPCG(1, 2))
	for len(packets) > 0 {
		n := min(1+r.IntN(40), len(packets))
		b := packet.Block{Packets: packets[:n]}
		packets = packets[n:]
		d.Link(&b, &batch)
		k.Keep(&b, &batch)
		d.Batch(&batch)
		take()
	}
	d.Finish()
	take()
	return d
}

// What is kept of a connection is what a second reading of the capture finds.
func TestKeeperAgainstSelection(t *testing.T) {
	for _, c := range loadTruth(t) {
		packets := load(t, c.Paths())
		var conns []*decode.Connection
		kept := make(map[*decode.Connection][]decode.Found)
		drive(t, packets, 64<<20, func(k *decode.Keeper, c *decode.Connection, _ []*decode.Row) {
			conns = append(conns, c)
			found, lost := k.Take(c)
			if lost > 0 {
				t.Errorf("%v: %d packets lost", c.Client, lost)
			}
			for _, f := range found {
				f.Packet.Data, f.Payload = slices.Clone(f.Packet.Data), slices.Clone(f.Payload)
				kept[c] = append(kept[c], f)
			}
		})
		want := make(map[*decode.Connection][]decode.Found)
		for _, f := range decode.NewSelection(conns).Block(&packet.Block{Packets: packets}) {
			want[f.Connection] = append(want[f.Connection], f)
		}
		for _, conn := range conns {
			got, want := kept[conn], want[conn]
			if len(got) != len(want) {
				t.Errorf("%s: %v -> %v: %d packets kept, %d found", c.Name, conn.Client, conn.Server, len(got), len(want))
				continue
			}
			for i := range got {
				g, w := &got[i], &want[i]
				if g.Packet.Ref != w.Packet.Ref || g.Packet.Time != w.Packet.Time || g.FromClient != w.FromClient || g.Seq != w.Seq ||
					!bytes.Equal(g.Packet.Data, w.Packet.Data) || !bytes.Equal(g.Payload, w.Payload) {
					t.Fatalf("%s: packet %d kept, %d found", c.Name, g.Packet.Ref.Number(), w.Packet.Ref.Number())
				}
			}
		}
	}
}

// A long connection beside many others loses packets from its middle, says how
// many, and keeps its handshake and its end; memory does not grow.
func TestKeeperIsBounded(t *testing.T) {
	w := newWire()
	w.open()
	w.data(client, handshake)
	w.data(server, response)
	long := [2]any{w.ports, w.next}
	for i := range 40 {
		w.ports, w.next = [2]uint16{41000 + uint16(i), 8085}, [2]uint32{1, 1}
		w.open()
		w.data(client, handshake)
		w.data(server, response)
		for range 20 {
			w.data(server, text(server, string(bytes.Repeat([]byte{'y'}, 20_000))))
		}
		w.close(client)
	}
	w.ports, w.next = long[0].([2]uint16), long[1].([2]uint32)
	for i := range 100 {
		w.data(client, text(client, fmt.Sprint("message ", i)))
	}
	w.close(server)
	checked := false
	drive(t, w.packets, decode.LeastKept, func(k *decode.Keeper, c *decode.Connection, rows []*decode.Row) {
		found, lost := k.Take(c)
		if c.Client.Port() != 40000 {
			return
		}
		checked = true
		all := 0
		for _, p := range w.packets {
			if port := uint16(p.Data[34])<<8 | uint16(p.Data[35]); port == 40000 || uint16(p.Data[36])<<8|uint16(p.Data[37]) == 40000 {
				all++
			}
		}
		if len(found)+int(lost) != all {
			t.Errorf("%d packets kept and %d lost of %d", len(found), lost, all)
		}
		a := rows[0].Attempt()
		for _, n := range []uint64{a.Packets.Request, a.Packets.Response, a.Packets.End} {
			if !slices.ContainsFunc(found, func(f decode.Found) bool { return f.Packet.Ref.Number() == n }) {
				t.Errorf("packet %d has gone", n)
			}
		}
		if !slices.IsSortedFunc(found, func(a, b decode.Found) int { return int(a.Packet.Time - b.Packet.Time) }) {
			t.Error("not in the order of time")
		}
	})
	if !checked {
		t.Fatal("the long connection did not end")
	}
}

// Packets of a connection that is wanted come out when the memory gets too small for
// them, or at the end; each once.
func TestKeeperGivesWhatIsWanted(t *testing.T) {
	w := newWire()
	w.open()
	w.data(client, handshake)
	w.data(server, response)
	for i := range 3000 {
		w.data(server, text(server, string(bytes.Repeat([]byte{byte(i)}, 2000))))
	}
	w.close(client)
	w.wait(5 * time.Second)
	w.another()
	w.success()
	d := decode.New(decode.Options{Connections: true, Open: true})
	k := decode.NewKeeper(d, decode.LeastKept)
	var batch decode.Batch
	var numbers []uint64
	early := 0
	collect := func(found []decode.Found) {
		for _, f := range found {
			want := &w.packets[f.Packet.Ref.Number()-1]
			if !bytes.Equal(f.Packet.Data, want.Data) || !bytes.HasSuffix(want.Data, f.Payload) {
				t.Fatalf("packet %d is not as it was captured", f.Packet.Ref.Number())
			}
			if f.Connection.Client.Port() == 40000 {
				numbers = append(numbers, f.Packet.Ref.Number())
			}
		}
	}
	rows := func() {
		for _, r := range d.Rows() {
			if r.Attempt().Kind == decode.KindOpen {
				k.Want(r.Connection())
			}
		}
		for _, c := range d.Ended() {
			early = max(early, len(numbers))
			found, lost := k.Take(c)
			if lost > 0 {
				t.Errorf("%d packets lost", lost)
			}
			collect(found)
		}
	}
	for i := 0; i < len(w.packets); i += 100 {
		b := packet.Block{Packets: w.packets[i:min(i+100, len(w.packets))]}
		d.Link(&b, &batch)
		collect(k.Keep(&b, &batch))
		d.Batch(&batch)
		rows()
	}
	d.Finish()
	rows()
	for i, n := range numbers {
		if n != uint64(i+1) { // else who reads them meets frames before their handshake
			t.Fatalf("packet %d in place %d", n, i+1)
		}
	}
	if len(numbers) != 3+2+2+6000+3 {
		t.Errorf("%d packets, want %d", len(numbers), 3+2+2+6000+3)
	}
	if early == 0 {
		t.Error("the memory was never too small: the test does not test what it says")
	}
}
