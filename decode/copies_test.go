package decode_test

import (
	"encoding/binary"
	"io"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"wstap/capture"
	"wstap/capture/packet"
	"wstap/decode"
)

// packetsOf reads the packets of a capture to keep.
func packetsOf(t testing.TB, name string) (list []packet.Packet) {
	t.Helper()
	set, err := capture.Open([]string{name}, capture.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer set.Close()
	var b packet.Block
	for set.Next(&b) != io.EOF {
		for _, p := range b.Packets {
			p.Data = slices.Clone(p.Data)
			list = append(list, p)
		}
	}
	return list
}

// copied is a way to see a packet a second time.
type copied struct {
	name  string
	first func(p packet.Packet) packet.Packet // how it is seen at first
	again func(p packet.Packet) packet.Packet // and then
	after time.Duration
}

func asItIs(p packet.Packet) packet.Packet { return p }

// prefixed puts bytes before a packet's, from its given byte on.
func prefixed(p packet.Packet, from int, prefix []byte, link packet.LinkType) packet.Packet {
	p.OrigLen += uint32(len(prefix) - from)
	p.Data = slices.Concat(prefix, p.Data[from:])
	p.Link = link
	return p
}

// inVXLAN is what the network beneath an overlay carries.
func inVXLAN(p packet.Packet) packet.Packet {
	n := len(p.Data)
	b := []byte{2, 0, 0, 0, 0, 9, 2, 0, 0, 0, 0, 8, 8, 0, 0x45, 0, 0, 0, 0, 0, 0, 0, 64, 17, 0, 0, 10, 9, 9, 1, 10, 9, 9, 2,
		0xd0, 0, 0x12, 0xb5, 0, 0, 0, 0, 8, 0, 0, 0, 0, 0, 42, 0}
	binary.BigEndian.PutUint16(b[16:], uint16(36+n))
	binary.BigEndian.PutUint16(b[38:], uint16(16+n))
	return prefixed(p, 0, b, packet.LinkEthernet)
}

// onInterface is what -i any writes of one interface.
func onInterface(i byte) func(p packet.Packet) packet.Packet {
	return func(p packet.Packet) packet.Packet {
		return prefixed(p, 14, []byte{p.Data[12], p.Data[13], 0, 0, 0, 0, 0, i, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0}, packet.LinkLinuxSLL2)
	}
}

// overIPv6 makes a packet of TCP over IPv4 one over IPv6.
func overIPv6(p packet.Packet) packet.Packet {
	b := p.Data
	if b[12] != 8 || b[13] != 0 || b[23] != 6 {
		return p
	}
	header := int(b[14]&15) * 4
	length := int(binary.BigEndian.Uint16(b[16:])) - header
	six := make([]byte, 54)
	copy(six, b[:12])
	six[12], six[13], six[14], six[20], six[21] = 0x86, 0xdd, 0x60, 6, 64
	binary.BigEndian.PutUint16(six[18:], uint16(length))
	six[22], six[38] = 0xfd, 0xfd
	copy(six[34:], b[26:30])
	copy(six[50:], b[30:34])
	return prefixed(p, 14+header, six, packet.LinkEthernet)
}

// withoutID clears the identification, as systems do that never fragment.
func withoutID(p packet.Packet) packet.Packet {
	if p.Data[12] == 8 && p.Data[13] == 0 {
		p.Data = slices.Clone(p.Data)
		p.Data[18], p.Data[19] = 0, 0
	}
	return p
}

// factsOf returns the rows of packets, stripped.
func factsOf(t *testing.T, packets []packet.Packet) []*decode.Attempt {
	t.Helper()
	d := decode.New(decode.Options{Connects: decode.ConnectsAll, Payload: true})
	d.Block(&packet.Block{Packets: packets})
	d.Finish()
	return strip(d.Take())
}

// strip takes out of rows what copies may change.
func strip(rows []*decode.Attempt) []*decode.Attempt {
	for _, a := range rows {
		a.Packets = nil
		if a.TCP != nil {
			a.TCP.Duplicates = 0
		}
		if a.Timing != nil && (a.Ending == decode.EndingOpen || a.Ending == decode.EndingLost) {
			a.Timing.OpenMS = nil // until the capture's last packet, which is a copy
		}
		if a.Timing != nil && a.TCP.ClosedBy == "" {
			a.Timing.WaitMS = nil // the same
		}
		if a.WebSocket != nil {
			for i := range a.WebSocket.Violations {
				a.WebSocket.Violations[i].Packet = 0
			}
		}
	}
	return rows
}

// A packet that is captured at two places is one packet: nothing in the rows but
// the count of duplicates says otherwise.
func TestCopies(t *testing.T) {
	files, err := filepath.Glob("../testdata/*.pcap")
	if err != nil {
		t.Fatal(err)
	}
	same := copied{"", asItIs, asItIs, 3 * time.Microsecond}
	ways := []copied{
		{"both ports of a SPAN session", same.first, same.again, same.after},
		{"at one time", asItIs, asItIs, 0},
		{"two SPAN sessions, merged", asItIs, asItIs, 2 * time.Millisecond},
		{"two SPAN sessions of IPv6, merged", overIPv6, overIPv6, 2 * time.Millisecond},
		{"before and in an overlay", asItIs, inVXLAN, 20 * time.Microsecond},
		{"in an overlay and out of it", inVXLAN, asItIs, 20 * time.Microsecond},
		{"two interfaces of any", onInterface(2), onInterface(3), 5 * time.Microsecond},
		{"IPv6", overIPv6, overIPv6, 3 * time.Microsecond},
		{"IPv6 in an overlay", overIPv6, func(p packet.Packet) packet.Packet { return inVXLAN(overIPv6(p)) }, 20 * time.Microsecond},
		{"without identification", withoutID, withoutID, 3 * time.Microsecond},
	}
	compared := 0
	for _, name := range files {
		packets := packetsOf(t, name)
		ethernet := len(packets) > 0 && !slices.ContainsFunc(packets, func(p packet.Packet) bool { return p.Link != packet.LinkEthernet || len(p.Data) < 34 || p.Truncated() })
		if !ethernet {
			continue
		}
		for _, way := range ways {
			var once, twice []packet.Packet
			for _, p := range packets {
				first, again := way.first(p), way.again(p)
				again.Time += int64(way.after)
				once, twice = append(once, first), append(twice, first, again)
			}
			slices.SortStableFunc(twice, func(a, b packet.Packet) int { return int(a.Time - b.Time) })
			want, got := factsOf(t, once), factsOf(t, twice)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s, %s:\n%s", filepath.Base(name), way.name, diff)
			}
			compared += len(want)
		}
	}
	if compared < 1000 {
		t.Errorf("only %d rows compared", compared)
	}
}
