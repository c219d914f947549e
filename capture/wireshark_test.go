package capture

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"wstap/capture/packet"
)

// run runs one of Wireshark's tools, or skips the test where it is not installed.
func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	if testing.Short() {
		t.Skip("Wireshark's tools take long to start")
	}
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skip(name + " is not installed")
	}
	cmd := exec.Command(path, args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %q: %v\n%s", name, args, err, &stderr)
	}
	return string(out)
}

// tsharkLines returns number, time and lengths of each packet as tshark sees them.
func tsharkLines(t *testing.T, path string) string {
	t.Helper()
	return run(t, "tshark", "-n", "-r", path, "-T", "fields", "-e", "frame.number", "-e", "frame.time_epoch", "-e", "frame.cap_len", "-e", "frame.len")
}

// ourLines prints packets in the same form.
func ourLines(packets []packet.Packet) string {
	var b strings.Builder
	for _, p := range packets {
		fmt.Fprintf(&b, "%d\t%d.%09d\t%d\t%d\n", p.Ref.Number(), p.Time/second, p.Time%second, len(p.Data), p.OrigLen)
	}
	return b.String()
}

// requireSameAsTshark compares the packets of a file.
func requireSameAsTshark(t *testing.T, path string) {
	t.Helper()
	got := readAll(t, Options{}, path)
	if len(got.problems) != 0 {
		t.Errorf("problems:\n%s", problemText(got.problems))
	}
	if want, have := tsharkLines(t, path), ourLines(got.packets); want != have {
		t.Errorf("packets differ from tshark's.\ntshark:\n%.2000s\nhere:\n%.2000s", want, have)
	}
}

// TestVariantsAgainstTshark holds the variants against a second reader beside libpcap.
func TestVariantsAgainstTshark(t *testing.T) {
	for _, v := range variants() {
		t.Run(v.name, func(t *testing.T) {
			t.Parallel()
			switch {
			case strings.HasPrefix(v.name, "pcapng 10^-19"), strings.HasPrefix(v.name, "pcapng 2^-63"):
				t.Skip("tshark: rounds resolutions that fine")
			case strings.HasPrefix(v.name, "pcapng simple"):
				t.Skip("tshark: gives simple packets no time")
			}
			requireSameAsTshark(t, writeTemp(t, "v.cap", v.bytes))
		})
	}
}

// TestEditcap reads what Wireshark's own writer makes of real captures: pcapng with
// options and secrets, nanoseconds, a cut snaplen, and compressed.
func TestEditcap(t *testing.T) {
	keys := "CLIENT_RANDOM 00112233 44556677\n"
	keyFile := writeTemp(t, "keys.txt", []byte(keys))
	for _, name := range []string{"ws_basic.pcap", "vlan.pcap", "nanosecond.pcap", "sll2.pcap", "snaplen.pcap"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // these tools are slow to start
			path := filepath.Join("..", "testdata", name)
			if _, err := os.Stat(path); err != nil {
				t.Skip(err)
			}
			dir := t.TempDir()
			for name, args := range map[string][]string{
				"plain.pcapng":   {"-F", "pcapng"},
				"nanosec.pcap":   {"-F", "nsecpcap"},
				"modified.pcap":  {"-F", "modpcap"},
				"snap.pcapng":    {"-F", "pcapng", "-s", "60"},
				"shifted.pcapng": {"-F", "pcapng", "-t", "3600.5"},
			} {
				out := filepath.Join(dir, name)
				run(t, "editcap", append(args, path, out)...)
				requireSameAsTshark(t, out)
			}
			out := filepath.Join(dir, "secrets.pcapng")
			run(t, "editcap", "-F", "pcapng", "--inject-secrets", "tls,"+keyFile, path, out)
			requireSameAsTshark(t, out)
			secrets := readAll(t, Options{}, out).secrets
			if len(secrets) != 1 || secrets[0].Type != 0x544c534b || string(secrets[0].Data) != keys {
				t.Errorf("%d secrets, want the one injected", len(secrets))
			}
		})
	}
}

// TestMergecap compares the order of a merge with that of mergecap. Packets of equal
// times, whose order mergecap takes from the command line, are compared as sets.
func TestMergecap(t *testing.T) {
	var names []string
	for _, path := range realCaptures(t) {
		if r := readAll(t, Options{}, path); len(r.packets) > 0 && len(r.problems) == 0 {
			names = append(names, path)
		}
	}
	out := filepath.Join(t.TempDir(), "merged.pcapng")
	run(t, "mergecap", append([]string{"-F", "pcapng", "-w", out}, names...)...)
	want, got := readAll(t, Options{}, out).packets, readAll(t, Options{}, names...).packets
	if len(want) != len(got) || len(got) == 0 {
		t.Fatalf("%d packets, mergecap has %d", len(got), len(want))
	}
	for i := range got {
		if want[i].Time != got[i].Time {
			t.Fatalf("packet %d is of %d, mergecap's of %d", i+1, got[i].Time, want[i].Time)
		}
	}
	if diff := cmp.Diff(contents(want), contents(got)); diff != "" {
		t.Errorf("what there is at each time (-mergecap +here):\n%.3000s", diff)
	}
}

// contents counts how often each packet occurs.
func contents(packets []packet.Packet) map[string]int {
	m := make(map[string]int)
	for _, p := range packets {
		m[fmt.Sprintf("%d %v %d %x", p.Time, p.Link, p.OrigLen, p.Data)]++
	}
	return m
}

// TestNumbersAgainstTshark holds blocks that are no packets but that Wireshark numbers as
// such, so that the packets after them must be numbered accordingly.
func TestNumbersAgainstTshark(t *testing.T) {
	for _, kind := range []uint32{4, 5, 7, 8, 9, 11, 0xbad, 0x40000bad, 0x201, 0x204, 0x205, 0x208, 0x209, 0x216, 0x217, 0x221, 0x222, 0x7abcdef0} {
		t.Run(fmt.Sprintf("%#x", kind), func(t *testing.T) {
			t.Parallel()
			c := &composer{order: binary.LittleEndian}
			c.section()
			c.iface(1, 0)
			a := sample{at * 1e6, frame(1, 60), 60}
			c.enhanced(0, a)
			body := make([]byte, 64)
			if kind == 9 { // must look like a journal's entry
				body = []byte("__REALTIME_TIMESTAMP=1697000000000000\n")
			}
			c.block(kind, body)
			c.enhanced(0, a)
			path := writeTemp(t, "numbers.pcapng", c.take())
			lines := strings.Fields(run(t, "tshark", "-n", "-r", path, "-T", "fields", "-e", "frame.number"))
			packets := readAll(t, Options{}, path).packets
			if got := fmt.Sprint(packets[1].Ref.Number()); got != lines[len(lines)-1] {
				t.Errorf("the packet after the block is number %s, tshark says %s", got, lines[len(lines)-1])
			}
		})
	}
}
