package tcp

import (
	"testing"

	"wstap/decode/link"
)

// TestRSTIDGap sends a connection with the identifications of a sender that counts, of one
// that draws lots, and of one without, and a RST after each.
func TestRSTIDGap(t *testing.T) {
	tests := []struct {
		name string
		ids  []uint32 // of the server's packets: SYN-ACK, ACK and data
		rst  uint32
		want uint16
	}{
		{"its own", []uint32{100, 101, 102, 103}, 104, 0},
		{"across 2^16", []uint32{0xfffd, 0xfffe, 0xffff}, 0x0010, 0},
		{"somebody else's", []uint32{100, 101, 102, 103}, 50000, 49897},
		{"one before, as when the capture swapped them", []uint32{100, 101, 102, 104}, 103, 0},
		{"at random", []uint32{100, 40000, 7, 23000}, 50000, 0},
		{"too few to tell", []uint32{100, 101}, 50000, 0},
		{"none in the RST", []uint32{100, 101, 102, 103}, 1 << 20, 0}, // a fingerprint
		{"none before it", []uint32{1 << 20, 1 << 21, 1 << 22, 1 << 23}, 100, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			table := NewTable(DefaultLimits(), func([]byte, bool) Class { return Keep })
			flow := link.Flow{ALo: 1, BLo: 2, APort: 40000, BPort: 80}
			now := int64(1e9)
			push := func(dir link.Dir, flags uint8, seq, ack, copied uint32, data string) {
				now += 1e6
				table.Push(&link.Segment{Flow: flow, Hash: 7, Time: now, Ref: 1, Dir: dir, Flags: flags, Seq: seq, Ack: ack, Copy: copied,
					Payload: []byte(data), Length: uint32(len(data)), TTL: 64, Window: 1000})
			}
			push(link.FromA, link.SYN, 99, 0, 1<<20, "")
			push(link.FromB, link.SYN|link.ACK, 199, 100, test.ids[0], "")
			push(link.FromA, link.ACK, 100, 200, 1<<20+1, "GET")
			seq := uint32(200)
			for _, id := range test.ids[1:] {
				push(link.FromB, link.ACK, seq, 103, id, "x")
				seq++
			}
			push(link.FromB, link.RST|link.ACK, seq, 103, test.rst, "")
			if got := table.Conn(0).RSTIDGap(); got != test.want {
				t.Errorf("%d, want %d", got, test.want)
			}
		})
	}
}
