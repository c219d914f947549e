package link

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
	"github.com/google/gopacket/pcapgo"

	"wstap/capture/packet"
)

// wrapped is one packet that scapy made, see testdata/wraps.py.
type wrapped struct {
	packet.Packet
	carrier []string
	v6      bool
}

func fromScapy(t *testing.T) (list []wrapped) {
	t.Helper()
	f, err := os.Open("testdata/wraps.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var link int
		var carrier, data string
		if _, err := fmt.Sscan(lines.Text(), &link, &carrier, &data); err != nil {
			t.Fatal(err)
		}
		b, err := hex.DecodeString(data)
		if err != nil {
			t.Fatal(err)
		}
		w := wrapped{Packet: captured(packet.LinkType(link), b, 0), v6: !bytes.Contains(b, []byte("\xc0\x00\x02\x01"))}
		if carrier != "-" {
			w.carrier = strings.Split(strings.ReplaceAll(carrier, "_", " "), ",")
		}
		list = append(list, w)
	}
	return list
}

// scapy knows the layouts by itself.
func TestWrapsOfScapy(t *testing.T) {
	list := fromScapy(t)
	if len(list) < 50 {
		t.Fatalf("%d packets", len(list))
	}
	d := New([2]uint64{1, 2})
	for i := range list {
		holds(t, d, &list[i].Packet, list[i].v6, list[i].carrier)
	}
}

// knownToTshark leaves out what Wireshark 4.0 does not dissect: the tag 0x9200,
// VXLAN on Linux' old port, VXLAN-GPE whose header leaves the protocol out, and
// tags directly in GRE.
func knownToTshark() (of []wrapper) {
	for _, w := range wrappers {
		m, ok := w.around(plain(false, 1, "").frame(), 1, false)
		if !ok {
			m, _ = w.around(plain(false, 1, ""), 1, false)
		}
		switch {
		case m.t == etherQinQOld2, bytes.Contains(m.b, be16(portVXLANLinux)), bytes.Contains(m.b, be16(portVXLANGPE)) && bytes.Contains(m.b, be32(8<<24)):
			continue
		case strings.HasPrefix(w.name, "gre"):
			of = append(of, wrapper{w.name, func(m made, n uint32, v6 bool) (made, bool) {
				out, ok := w.around(m, n, v6)
				return out, ok && (m.isIP() || m.isFrame() || m.t == etherMPLS)
			}})
		default:
			of = append(of, w)
		}
	}
	return of
}

// tshark must find the same innermost segment in everything that the builder
// nests, and in what scapy does.
func TestWrapsOfTshark(t *testing.T) {
	if _, err := exec.LookPath("tshark"); err != nil {
		t.Skip("tshark is not on the PATH")
	}
	of := knownToTshark()
	r := rand.New(rand.NewPCG(41, 42))
	var frames [][]byte
	var want []string
	for i := range 600 {
		v6 := r.IntN(2) > 0
		m, carrier := nest(r, plain(v6, uint16(10000+i), fmt.Sprintf("number %d", i)), r.IntN(6), of)
		frames = append(frames, m.frame().b)
		from := "192.0.2.1"
		if v6 {
			from = "2001:db8::1"
		}
		want = append(want, fmt.Sprintf("%s %d %x %q", from, 10000+i, fmt.Sprintf("number %d", i), carrier))
	}
	for _, w := range fromScapy(t) {
		if w.Link != packet.LinkEthernet || bytes.Contains(w.Data, be16(31337)) {
			continue
		}
		frames = append(frames, w.Data)
		from := "192.0.2.1"
		if w.v6 {
			from = "2001:db8::1"
		}
		want = append(want, fmt.Sprintf("%s %d %x %q", from, 40000, "wss!", w.carrier))
	}
	name := filepath.Join(t.TempDir(), "wraps.pcap")
	var file bytes.Buffer
	out := pcapgo.NewWriter(&file)
	if err := out.WriteFileHeader(1<<16, layers.LinkTypeEthernet); err != nil {
		t.Fatal(err)
	}
	for _, b := range frames {
		if err := out.WritePacket(gopacket.CaptureInfo{CaptureLength: len(b), Length: len(b)}, b); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(name, file.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	said, err := exec.Command("tshark", "-n", "-r", name, "-T", "fields", "-E", "separator=,", "-E", "occurrence=l",
		"-e", "ip.src", "-e", "ipv6.src", "-e", "tcp.srcport", "-e", "tcp.payload").Output()
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(said)), "\n")
	if len(lines) != len(want) {
		t.Fatalf("%d lines for %d packets", len(lines), len(want))
	}
	d := New([2]uint64{1, 2})
	for i, line := range lines {
		p := captured(packet.LinkEthernet, frames[i], 0)
		var s Segment
		kind := d.Decode(&p, &s)
		from := s.Flow.Sender(s.Dir)
		ours := fmt.Sprintf("%v %d %x %q", from.Addr(), from.Port(), s.Payload, d.Carrier(s.Carrier))
		if kind != TCP || ours != want[i] {
			t.Errorf("packet %d: %v, %s, want %s", i+1, kind, ours, want[i])
		}
		x := strings.Split(line, ",")
		theirs := x[0]
		if from.Addr().Is6() {
			theirs = x[1]
		}
		if got := fmt.Sprintf("%s %s %s", theirs, x[2], x[3]); !strings.HasPrefix(want[i], got+" ") {
			t.Errorf("packet %d: tshark says %s, not %s\n% x", i+1, got, want[i], frames[i])
		}
	}
}
