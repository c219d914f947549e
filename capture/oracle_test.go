//go:build cgo && !nopcap

package capture

import (
	"io"
	"strings"
	"testing"

	"github.com/google/gopacket/pcap"

	"wstap/capture/packet"
)

// dltOf maps the link types of files to libpcap's own numbers where they differ.
func dltOf(l packet.LinkType) int {
	if l == packet.LinkRaw || l == packet.LinkRawOpen {
		return libpcapRaw
	}
	return int(l)
}

// requireSameAsLibpcap reads a plain capture with both and compares every packet.
// libpcap's own error, if any, must have a counterpart in our problems.
func requireSameAsLibpcap(t *testing.T, path string) {
	t.Helper()
	handle, err := pcap.OpenOffline(path)
	got := readAll(t, Options{}, path)
	if err != nil {
		if len(got.problems) == 0 {
			t.Errorf("libpcap cannot open the file (%v), we report nothing", err)
		}
		return
	}
	defer handle.Close()
	for i := 0; ; i++ {
		data, info, err := handle.ReadPacketData()
		if err == io.EOF {
			if i != len(got.packets) {
				t.Errorf("%d packets, libpcap has %d", len(got.packets), i)
			}
			if len(got.problems) != 0 {
				t.Errorf("libpcap reads to the end, we report %v", got.problems)
			}
			return
		}
		if err != nil {
			if i != len(got.packets) {
				t.Errorf("%d packets, libpcap has %d before it fails with %v", len(got.packets), i, err)
			}
			if len(got.problems) == 0 {
				t.Errorf("libpcap fails with %v, we report nothing", err)
			}
			return
		}
		if i >= len(got.packets) {
			t.Errorf("only %d packets, libpcap has more; our problems: %v", len(got.packets), got.problems)
			return
		}
		p := got.packets[i]
		switch {
		case string(p.Data) != string(data):
			t.Errorf("packet %d: %d bytes of data differ from libpcap's %d", i+1, len(p.Data), len(data))
		case p.Time != info.Timestamp.UnixNano():
			t.Errorf("packet %d: time %d, libpcap has %d", i+1, p.Time, info.Timestamp.UnixNano())
		case int(p.OrigLen) != info.Length:
			t.Errorf("packet %d: original length %d, libpcap has %d", i+1, p.OrigLen, info.Length)
		case dltOf(p.Link)&0xff != int(handle.LinkType())&0xff: // gopacket keeps 8 bits
			t.Errorf("packet %d: link type %v, libpcap has %v", i+1, p.Link, handle.LinkType())
		case p.Ref != packet.NewRef(0, uint64(i+1)):
			t.Errorf("packet %d: numbered %d", i+1, p.Ref.Number())
		default:
			continue
		}
		return
	}
}

func TestCapturesAgainstLibpcap(t *testing.T) {
	for _, path := range realCaptures(t) {
		t.Run(path, func(t *testing.T) { requireSameAsLibpcap(t, path) })
	}
}

func TestComposedAgainstLibpcap(t *testing.T) {
	for _, v := range variants() {
		t.Run(v.name, func(t *testing.T) {
			if v.notLibpcap != "" {
				t.Skip("libpcap: " + v.notLibpcap)
			}
			requireSameAsLibpcap(t, writeTemp(t, "v.cap", v.bytes))
		})
	}
}

// TestCopyAgainstLibpcap reads copies with libpcap, which wants one link type and snaplen.
func TestCopyAgainstLibpcap(t *testing.T) {
	for _, path := range realCaptures(t) {
		t.Run(path, func(t *testing.T) {
			written := copied(t, path)
			if r := readAll(t, Options{}, path); len(r.packets) == 0 && len(r.problems) > 0 {
				t.Skip("no capture")
			}
			requireSameAsLibpcap(t, writeTemp(t, "copy.pcapng", written))
		})
	}
	for _, v := range variants() {
		t.Run(v.name, func(t *testing.T) {
			if strings.HasPrefix(v.name, "pcapng simple") {
				t.Skip("libpcap: wants one snaplen")
			}
			path := writeTemp(t, "v.cap", v.bytes)
			requireSameAsLibpcap(t, writeTemp(t, "copy.pcapng", copied(t, path)))
		})
	}
}
