package decode_test

import (
	"encoding/binary"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"wstap/capture/packet"
)

// captured are conversations as systems of today make them: with timestamps, and over
// Ethernet.
var captured = []string{"closings.pcap", "pyws_rejects.pcap", "violations_client.pcap", "veth_ipv6.pcap", "loss.pcap"}

// Copies that another queue has held up are told from retransmissions by their
// timestamps where there is no identification.
func TestCopiesLate(t *testing.T) {
	for _, name := range captured {
		packets := packetsOf(t, filepath.Join("../testdata", name))
		for _, skew := range []time.Duration{5 * time.Millisecond, 20 * time.Millisecond, 60 * time.Millisecond} {
			var once, twice []packet.Packet
			for _, p := range packets {
				p = withoutID(p)
				once, twice = append(once, p), append(twice, p)
				p.Time += int64(skew)
				twice = append(twice, p)
			}
			compareCopies(t, name, once, twice)
		}
	}
}

// halved cuts a segment in two, as offloading does behind the place of capture.
func halved(p packet.Packet) []packet.Packet {
	ip := 14
	if binary.BigEndian.Uint16(p.Data[12:]) != 0x0800 || p.Data[ip+9] != 6 {
		return []packet.Packet{p}
	}
	tcp := ip + int(p.Data[ip]&15)*4
	data := tcp + int(p.Data[tcp+12]>>4)*4
	end := ip + int(binary.BigEndian.Uint16(p.Data[ip+2:]))
	if end > len(p.Data) || end-data < 2 {
		return []packet.Packet{p}
	}
	half := data + (end-data)/2
	first, second := p, p
	first.Data = slices.Clone(p.Data[:half])
	second.Data = slices.Concat(p.Data[:data], p.Data[half:end])
	for _, q := range []*packet.Packet{&first, &second} {
		q.OrigLen = uint32(len(q.Data))
		binary.BigEndian.PutUint16(q.Data[ip+2:], uint16(len(q.Data)-ip))
	}
	const finAndPush = 9
	first.Data[tcp+13] &^= finAndPush
	binary.BigEndian.PutUint16(second.Data[ip+4:], binary.BigEndian.Uint16(second.Data[ip+4:])+1)
	binary.BigEndian.PutUint32(second.Data[tcp+4:], binary.BigEndian.Uint32(second.Data[tcp+4:])+uint32(half-data))
	return []packet.Packet{first, second}
}

// A connection seen in a tunnel and out of it is one, and nothing in it was sent
// again, also where its segments are cut differently.
func TestCopiesCutDifferently(t *testing.T) {
	for _, name := range captured[:4] { // behind a lost packet half a segment tells less than a whole one
		var once, halves, wholes []packet.Packet
		for _, p := range packetsOf(t, filepath.Join("../testdata", name)) {
			parts := halved(p)
			once = append(once, p)
			outer := inVXLAN(p)
			halves = append(append(halves, parts...), outer)
			wholes = append(append(wholes, outer), parts...)
		}
		compareCopies(t, name+", halves first", once, halves)
		compareCopies(t, name+", halves after", once, wholes)
	}
}

func compareCopies(t *testing.T, name string, once, copies []packet.Packet) {
	t.Helper()
	slices.SortStableFunc(copies, func(a, b packet.Packet) int { return int(a.Time - b.Time) })
	want, got := factsOf(t, once), factsOf(t, copies)
	for _, a := range slices.Concat(want, got) {
		a.Carrier = nil
		a.TCP.SegmentsBeforeAnswer = nil // as they were cut where they were captured first
	}
	if diff := cmp.Diff(want, got); diff != "" || len(want) == 0 {
		t.Errorf("%s:\n%s", name, diff)
	}
}
