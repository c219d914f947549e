//go:build cgo && !nopcap

package capture

import (
	"encoding/binary"
	"errors"
	"io"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/gopacket/pcap"
)

// TestFilterAgainstLibpcap filters real captures with both.
func TestFilterAgainstLibpcap(t *testing.T) {
	expressions := []string{
		"tcp", "not tcp", "tcp[tcpflags] & (tcp-syn|tcp-fin|tcp-rst) != 0", "greater 200", "less 80",
		"src port 8080 or dst portrange 1-1024", "ip6", "vlan and tcp", "host 127.0.0.1",
		"tcp port 80 and (((ip[2:2] - ((ip[0]&0xf)<<2)) - ((tcp[12]&0xf0)>>2)) != 0)",
	}
	for _, path := range realCaptures(t) {
		for _, expression := range expressions {
			t.Run(filepath.Base(path)+"/"+expression, func(t *testing.T) { requireSameFiltered(t, path, expression) })
		}
	}
}

// requireSameFiltered compares which packets pass a filter with which pass libpcap's.
func requireSameFiltered(t *testing.T, path, expression string) {
	t.Helper()
	handle, err := pcap.OpenOffline(path)
	if err != nil {
		t.Skip("not a capture")
	}
	defer handle.Close()
	program, err := handle.NewBPF(expression)
	if err != nil {
		t.Skipf("libpcap refuses it for this link type: %v", err)
	}
	var want, got []uint64
	number := uint64(0)
	for {
		data, info, err := handle.ReadPacketData()
		if err != nil {
			if err != io.EOF {
				t.Skip("damaged, compared elsewhere")
			}
			break
		}
		number++
		if program.Matches(info, data) {
			want = append(want, number)
		}
	}
	s, err := Open([]string{path}, Options{Filter: expression})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, p := range drain(t, s).packets {
		got = append(got, p.Ref.Number())
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("numbers that pass (-libpcap +got):\n%s", diff)
	}
	if s.Filtered()+uint64(len(got)) != number {
		t.Errorf("%d left out and %d passed of %d", s.Filtered(), len(got), number)
	}
}

// ipv4 is a TCP packet from port 1 to port 2, without a link-layer header.
func ipv4() []byte {
	b := make([]byte, 40)
	b[0], b[3], b[9] = 0x45, 40, 6
	b[21], b[23] = 1, 2
	return b
}

// TestFilterByLinkType has a packet of each link type in one file: the expression must be
// compiled for each.
func TestFilterByLinkType(t *testing.T) {
	c := &composer{order: binary.LittleEndian}
	c.section()
	header := map[uint16][]byte{
		1:   append(make([]byte, 12), 8, 0),
		101: nil,
		12:  nil,
		228: nil,
		113: append(make([]byte, 14), 8, 0),
		276: append([]byte{8, 0}, make([]byte, 18)...),
		0:   {2, 0, 0, 0},
		108: {0, 0, 0, 2},
	}
	links := []uint16{1, 101, 12, 228, 113, 276, 0, 108}
	for i, link := range links {
		c.iface(link, 0)
		data := append(append([]byte(nil), header[link]...), ipv4()...)
		c.enhanced(uint32(i), sample{uint64(i), data, uint32(len(data))})
	}
	path := writeTemp(t, "links.pcapng", c.take())
	if got := readAll(t, Options{Filter: "tcp src port 1 and dst port 2"}, path); len(got.packets) != len(links) || len(got.problems) != 0 {
		for _, p := range got.packets {
			t.Logf("passed: %v", p.Link)
		}
		t.Errorf("%d packets of %d pass, problems %v", len(got.packets), len(links), got.problems)
	}
	if got := readAll(t, Options{Filter: "tcp port 3"}, path); len(got.packets) != 0 || len(got.problems) != 0 {
		t.Errorf("%d packets pass that should not, problems %v", len(got.packets), got.problems)
	}
}

// TestFilterUnknownLink has a link type for which libpcap cannot compile: nothing passes
// and that is said, once.
func TestFilterUnknownLink(t *testing.T) {
	c := &composer{order: binary.LittleEndian}
	c.pcapHeader(0xa1b2c3d4, 4, 147) // LINKTYPE_USER0
	c.record(at, 1, ipv4(), 40)
	c.record(at, 2, ipv4(), 40)
	path := writeTemp(t, "user0.pcap", c.take())
	got := readAll(t, Options{Filter: "tcp"}, path)
	if len(got.packets) != 0 || len(got.problems) != 1 || !errors.Is(got.problems[0], ErrFilter) {
		t.Errorf("%d packets pass, problems %v", len(got.packets), got.problems)
	}
}

func TestFilterExpressions(t *testing.T) {
	for expression, want := range map[string]error{
		"":               nil,
		"tcp port 80":    nil,
		"wlan type data": nil, // means something on 802.11 only
		"tcp prot 80":    ErrFilter,
		"port 99999":     ErrFilter,
		"(":              ErrFilter,
	} {
		s, err := Open(nil, Options{Filter: expression})
		if !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", expression, err, want)
		}
		if err == nil {
			s.Close()
		}
	}
}
