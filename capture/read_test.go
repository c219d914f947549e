package capture

import (
	"bytes"
	"errors"
	"fmt"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"wstap/capture/packet"
)

// requireVariant compares what was read with what was composed.
func requireVariant(t *testing.T, v variant, got result) {
	t.Helper()
	if len(got.problems) > 0 {
		t.Errorf("problems:\n%s", problemText(got.problems))
	}
	var wantPackets []packet.Packet
	for i, w := range v.want {
		wantPackets = append(wantPackets, packet.Packet{
			Time: w.time, Data: w.data, OrigLen: w.origLen, Ref: packet.NewRef(0, uint64(i+1)),
			Link: packet.LinkType(w.link), Interface: w.iface,
		})
	}
	equalBytes := cmp.Comparer(func(a, b []byte) bool { return bytes.Equal(a, b) })
	if diff := cmp.Diff(wantPackets, got.packets, equalBytes); diff != "" {
		t.Errorf("packets (-want +got):\n%s", diff)
	}
	var secrets []string
	for _, s := range got.secrets {
		secrets = append(secrets, string(s.Data))
	}
	if diff := cmp.Diff(v.secrets, secrets); diff != "" {
		t.Errorf("secrets (-want +got):\n%s", diff)
	}
}

func TestVariants(t *testing.T) {
	for _, v := range variants() {
		t.Run(v.name, func(t *testing.T) {
			requireVariant(t, v, readAll(t, Options{}, writeTemp(t, "v.cap", v.bytes)))
			// A pipe that gives one byte at a time must make no difference.
			slow := iotest.OneByteReader(bytes.NewReader(v.bytes))
			requireVariant(t, v, readAll(t, Options{Stdin: slow}, Stdin))
		})
	}
}

// TestTruncation cuts every variant after every byte. What lies before the cut must
// be given, and the cut reported unless it falls between two packets or blocks.
func TestTruncation(t *testing.T) {
	for _, v := range variants() {
		t.Run(v.name, func(t *testing.T) {
			clean := boundaries(t, v.bytes)
			for n := range v.bytes {
				got := readBytes(t, v.bytes[:n])
				if len(got.packets) > len(v.want) {
					t.Fatalf("cut at %d: %d packets", n, len(got.packets))
				}
				for i, p := range got.packets {
					if !bytes.Equal(p.Data, v.want[i].data) || p.Time != v.want[i].time {
						t.Fatalf("cut at %d: packet %d differs", n, i+1)
					}
				}
				whole, isBoundary := clean[n]
				switch {
				case isBoundary && len(got.problems) != 0:
					t.Fatalf("cut at %d, between two: %v", n, got.problems)
				case isBoundary && len(got.packets) != whole:
					t.Fatalf("cut at %d: %d packets, want %d", n, len(got.packets), whole)
				case !isBoundary && len(got.problems) != 1:
					t.Fatalf("cut at %d: problems %v", n, got.problems)
				case !isBoundary && !errors.Is(got.problems[0], ErrTruncated):
					t.Fatalf("cut at %d: %v", n, got.problems[0])
				}
			}
		})
	}
}

// boundaries finds, for a capture of either format, the offsets at which it may end,
// with the number of packets before each. It walks the lengths only.
func boundaries(t *testing.T, b []byte) map[int]int {
	t.Helper()
	ends, packets := map[int]int{}, 0
	if n := classicHeader(b); n > 0 {
		u32 := uint32Of(b, b[0] == 0xa1)
		minor := b[6] | b[7]
		for off := 24; ; packets++ {
			ends[off] = packets
			if off == len(b) {
				return ends
			}
			capLen := u32(off + 8)
			if minor < 4 {
				capLen = u32(off + 12)
			}
			off += n + int(capLen)
		}
	}
	big := false
	for off := 0; off < len(b); {
		if off > 0 {
			ends[off] = packets
		}
		if b[off] == 0x0a && b[off+1] == 0x0d { // a section header, in either order
			big = b[off+8] == 0x1a
		}
		u32 := uint32Of(b, big)
		switch u32(off) {
		case 2, 3, 6:
			packets++
		}
		off += int(u32(off + 4))
	}
	ends[len(b)] = packets
	return ends
}

// classicHeader returns how long a record's header is in a classic file, else 0.
func classicHeader(b []byte) int {
	magic := fmt.Sprintf("%x", b[:4])
	switch magic {
	case "a1b2c3d4", "d4c3b2a1", "a1b23c4d", "4d3cb2a1":
		return 16
	case "a1b2cd34", "34cdb2a1":
		return 24
	}
	return 0
}

func uint32Of(b []byte, big bool) func(int) uint32 {
	return func(off int) uint32 {
		if big {
			return uint32(b[off])<<24 | uint32(b[off+1])<<16 | uint32(b[off+2])<<8 | uint32(b[off+3])
		}
		return uint32(b[off+3])<<24 | uint32(b[off+2])<<16 | uint32(b[off+1])<<8 | uint32(b[off])
	}
}
