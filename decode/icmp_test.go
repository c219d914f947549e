package decode_test

import (
	"bytes"
	"testing"

	"wstap/capture/packet"
	"wstap/decode"
)

// An ICMP error is a packet of the connection that it is about, and what it quotes of
// the request stays out: it may hold secrets.
func TestICMPSelected(t *testing.T) {
	packets := packetsOf(t, "../testdata/mtu_blackhole.pcap")
	d := decode.New(decode.Options{Connections: true})
	d.Block(&packet.Block{Packets: packets})
	d.Finish()
	var conns []*decode.Connection
	for _, r := range d.Rows() {
		if a := r.Attempt(); a.TCP.ICMP != nil {
			conns = append(conns, r.Connection())
			if a.Verdict != decode.VerdictAccepted || a.TCP.ICMP.MTU != 1300 || a.Packets.ICMP == 0 {
				t.Errorf("%s: %+v", a.Verdict, a.TCP.ICMP)
			}
		}
	}
	if len(conns) != 1 {
		t.Fatalf("%d connections with an ICMP error", len(conns))
	}
	n := 0
	for _, f := range decode.NewSelection(conns).Block(&packet.Block{Packets: packets}) {
		if f.Packet.Data[23] != 1 {
			continue
		}
		n++
		whole := packets[f.Packet.Ref.Number()-1].Data
		if !bytes.Contains(whole, []byte("GET /told")) || !bytes.HasPrefix(whole, f.Packet.Data) {
			t.Error("not the error")
		}
		if len(f.Packet.Data) != 14+20+8+20+20 || len(f.Payload) > 0 {
			t.Errorf("%d bytes of it", len(f.Packet.Data))
		}
	}
	if n != 1 {
		t.Errorf("%d ICMP errors", n)
	}
}

// A SYN and the ICMP error about it may stand in different blocks, and any number of
// errors may stand behind each other.
func TestICMPBetweenBlocks(t *testing.T) {
	packets := packetsOf(t, "../testdata/icmp_reject.pcap")
	want := factsOf(t, packets)
	for _, size := range []int{1, 2, 3, 7} {
		d := decode.New(decode.Options{Connects: decode.ConnectsAll, Payload: true})
		for rest := packets; len(rest) > 0; {
			n := min(size, len(rest))
			d.Block(&packet.Block{Packets: rest[:n]})
			rest = rest[n:]
		}
		d.Finish()
		got := strip(d.Take())
		if len(got) != len(want) {
			t.Fatalf("%d rows, want %d", len(got), len(want))
		}
		for i := range got {
			if got[i].ID != want[i].ID || got[i].Verdict != want[i].Verdict || (got[i].TCP.ICMP == nil) != (want[i].TCP.ICMP == nil) {
				t.Errorf("row %d differs", i)
			}
		}
		if s := d.Summary(); s.Packets.ICMP == 0 || s.Packets.ICMP+s.Packets.TCP != uint64(len(packets)) {
			t.Errorf("%+v", s.Packets)
		}
	}
}
