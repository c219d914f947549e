package capture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"wstap/capture/packet"
)

// frameFields are what tshark knows of a packet without looking into it. That of the
// interface's number is last.
var frameFields = []string{
	"frame.time_epoch", "frame.cap_len", "frame.len", "frame.encap_type", "frame.md5_hash",
	"frame.packet_flags", "frame.comment", "frame.interface_name", "frame.interface_description", "frame.interface_id",
}

// tsharkFrames returns these fields of each packet.
func tsharkFrames(t *testing.T, path string, more ...string) [][]string {
	t.Helper()
	args := []string{"-n", "-r", path, "-o", "frame.generate_md5_hash:TRUE", "-T", "fields"}
	for _, f := range frameFields {
		args = append(args, "-e", f)
	}
	var frames [][]string
	for line := range strings.Lines(run(t, "tshark", append(args, more...)...)) {
		frames = append(frames, strings.Split(strings.TrimSuffix(line, "\n"), "\t"))
	}
	return frames
}

// requireSameFrames compares a copy with its original as tshark sees both. What has no
// interface in a pcap file has one without a name in the copy.
func requireSameFrames(t *testing.T, want, got [][]string) {
	t.Helper()
	if len(want) != len(got) {
		t.Fatalf("%d packets, the original has %d", len(got), len(want))
	}
	id := len(frameFields) - 1
	to, from := map[string]string{}, map[string]string{}
	for i := range want {
		if want[i][id] == "" {
			want[i][id], want[i][id-2] = "0", "unknown"
		}
		if diff := cmp.Diff(want[i][:id], got[i][:id]); diff != "" {
			t.Fatalf("packet %d (-original +copy):\n%s", i+1, diff)
		}
		w, g := want[i][id], got[i][id]
		if was, ok := to[w]; ok && was != g {
			t.Fatalf("packet %d: interface %s is both %s and %s in the copy", i+1, w, was, g)
		}
		if was, ok := from[g]; ok && was != w {
			t.Fatalf("packet %d: interface %s of the copy is both %s and %s", i+1, g, was, w)
		}
		to[w], from[g] = g, w
	}
}

// TestCopyAgainstTshark copies every capture of testdata, compressed ones as well.
func TestCopyAgainstTshark(t *testing.T) {
	paths, err := filepath.Glob("../testdata/*.pcap*")
	if err != nil || len(paths) < 40 {
		t.Fatalf("%v, %d captures", err, len(paths))
	}
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			t.Parallel()
			if len(readAll(t, Options{}, path).problems) > 0 {
				// tshark ends with an error: compare what editcap can still read of it.
				whole := filepath.Join(t.TempDir(), "whole.pcapng")
				failure := exec.Command("editcap", "-F", "pcapng", path, whole).Run()
				if _, err := os.Stat(whole); err != nil {
					t.Skipf("editcap cannot read it: %v", failure)
				}
				path = whole
			}
			copy := writeTemp(t, "copy.pcapng", copied(t, path))
			requireSameFrames(t, tsharkFrames(t, path), tsharkFrames(t, copy))
		})
	}
}

// TestCopyVariantsAgainstTshark copies what no capture of testdata has.
func TestCopyVariantsAgainstTshark(t *testing.T) {
	c := &composer{order: binary.LittleEndian}
	for _, v := range []variant{
		annotatedVariant(), sectionsVariant(c), offsetVariant(c), secretsVariant(c), mixedOrders(),
		resolution(c, "picoseconds", 12, 1_000_000*1e12+5000, 1_000_000*1e9+5),
		resolution(c, "2^-20 s", 0x80|20, at<<20|1, at*1e9+953),
		resolution(c, "seconds", 0, at, at*1e9),
	} {
		t.Run(v.name, func(t *testing.T) {
			t.Parallel()
			path := writeTemp(t, "v.cap", v.bytes)
			copy := writeTemp(t, "copy.pcapng", copied(t, path))
			want := tsharkFrames(t, path)
			if strings.HasPrefix(v.name, "pcapng sections") || strings.HasPrefix(v.name, "pcapng mixed") {
				for i := range want { // which numbers interfaces within their section
					want[i][len(frameFields)-1] = fmt.Sprint(readAll(t, Options{}, path).packets[i].Interface)
				}
			}
			requireSameFrames(t, want, tsharkFrames(t, copy))
		})
	}
}

// annotatedVariant composes packets with flags and comments on interfaces with names.
func annotatedVariant() variant {
	c := &composer{order: binary.BigEndian}
	c.section()
	c.iface(1, 0, c.option(2, []byte("eth0")), c.option(3, []byte("uplink")))
	c.iface(113, 96, c.option(2, []byte("any")), c.option(9, []byte{9}))
	s := sample{at * 1e9, frame(1, 33), 60}
	c.enhanced(1, s, c.option(2, []byte{0, 0, 0, 2}), c.option(1, []byte("ä comment")), c.option(1, []byte("another")), c.option(0, nil))
	s.time = at*1e6 + 1
	c.enhanced(0, s, c.option(1, []byte("of eth0")))
	c.enhanced(0, s, c.option(2, []byte{0, 0, 0, 1}))
	c.enhanced(0, s)
	return variant{name: "pcapng annotated", bytes: c.take()}
}

// TestMergeAgainstMergecap merges files of all link types, units and lengths that
// testdata has, and compares with what mergecap makes of them. Packets of equal times
// are in another order there.
func TestMergeAgainstMergecap(t *testing.T) {
	var names []string
	for _, path := range realCaptures(t) {
		if len(readAll(t, Options{}, path).problems) == 0 {
			names = append(names, path)
		}
	}
	merged := filepath.Join(t.TempDir(), "merged.pcapng")
	run(t, "mergecap", append([]string{"-F", "pcapng", "-w", merged}, names...)...)
	lines := func(path string) []string {
		var list []string
		for _, f := range tsharkFrames(t, path) {
			list = append(list, strings.Join(f[:len(f)-1], " "))
		}
		slices.Sort(list)
		return list
	}
	want, got := lines(merged), lines(writeTemp(t, "copy.pcapng", copied(t, names...)))
	if diff := cmp.Diff(want, got); diff != "" || len(got) < 1000 {
		t.Errorf("%d packets (-mergecap +here):\n%.3000s", len(got), diff)
	}
}

// fullFile writes a file with all that a writer can be told.
func fullFile(t *testing.T) string {
	t.Helper()
	w, out := newTestWriter(t, WriterOptions{Application: "wstap 1.2.3", Comment: "ticket 5:\x1b 403 ✓"})
	lo := &InterfaceDescription{Name: "lo", Description: "Loopback", Filter: "tcp port 80", Link: 1, SnapLen: 262144, Resolution: 9}
	any := &InterfaceDescription{Name: "any", Link: 276, SnapLen: 96, Resolution: 6}
	for i := range 4 {
		p := &packet.Packet{Time: at*second + 123_456_789, Data: frame(i, 60+i), OrigLen: uint32(100 + i), Link: 1}
		if err := w.Packet(p, lo, []string{"rejected: 403\nForbidden ✓", "then a second comment"}[:i%3]...); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(
		w.Packet(&packet.Packet{Time: at*second + 5000, Link: 276}, any, "empty"),
		w.Statistics(lo, &InterfaceStatistics{Start: at * second, End: (at + 1) * second, Received: new(uint64(1234)), Dropped: new(uint64(56)), OSDropped: new(uint64(7))}),
	); err != nil {
		t.Fatal(err)
	}
	return writeTemp(t, "full.pcapng", finish(t, w, out))
}

func TestCommentsAgainstTshark(t *testing.T) {
	var got []string
	for _, f := range tsharkFrames(t, fullFile(t), "-E", "aggregator=|") {
		got = append(got, strings.Join(append(slices.Clone(f[:3]), f[6:]...), " "))
	}
	if diff := cmp.Diff([]string{
		"1697000000.123456789 60 100  lo Loopback 0",
		"1697000000.123456789 61 101 rejected: 403 Forbidden ✓ lo Loopback 0",
		"1697000000.123456789 62 102 rejected: 403 Forbidden ✓|then a second comment lo Loopback 0",
		"1697000000.123456789 63 103  lo Loopback 0",
		"1697000000.000005000 0 0 empty any  1",
	}, got); diff != "" {
		t.Errorf("(-want +tshark):\n%s", diff)
	}
}

func TestHeaderAgainstCapinfos(t *testing.T) {
	got := strings.Join(strings.Fields(run(t, "capinfos", "-M", fullFile(t))), " ")
	for _, want := range []string{
		"Capture application: wstap 1.2.3", "Capture comment: ticket 5:\ufffd 403 ✓",
		"Number of packets: 5", "Number of interfaces in file: 2",
		"Name = lo Description = Loopback Encapsulation = Ethernet (1 - ether) Capture length = 262144 Time precision = nanoseconds (9)",
		"Filter string = tcp port 80", "Number of stat entries = 1 Number of packets = 4",
		"Name = any Encapsulation = Linux cooked-mode capture v2", "Capture length = 96 Time precision = microseconds (6)",
		"Number of stat entries = 0 Number of packets = 1",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("capinfos does not say %q:\n%s", want, got)
		}
	}
	for _, secret := range []string{"hardware", "Operating system", "Capture oper-sys"} {
		if strings.Contains(got, secret) {
			t.Errorf("the file says %q", secret)
		}
	}
}

// TestStatisticsAgainstTshark looks at the counters with the only tool that shows them.
func TestStatisticsAgainstTshark(t *testing.T) {
	out := run(t, "tshark", "-n", "-r", fullFile(t), "-X", "read_format:MIME Files Format", "-V")
	got := strings.Join(strings.Fields(out), " ")
	for _, want := range []string{
		"Interface: 0 Timestamp (High): 395113602 Timestamp (Low): 2205239808 [Timestamp: Oct 11, 2023 04:53:21.000000000 UTC]",
		"Number of Received Packets = 1234", "Number of Dropped Packets = 56", "Number of Packets Dropped by OS = 7",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("tshark does not say %q:\n%.4000s", want, out)
		}
	}
}

// TestThroughEditcap reads what Wireshark's own writer makes of a file of ours.
func TestThroughEditcap(t *testing.T) {
	path := fullFile(t)
	through := filepath.Join(t.TempDir(), "through.pcapng")
	run(t, "editcap", "-F", "pcapng", path, through)
	want, got := readAll(t, Options{Annotations: true}, path), readAll(t, Options{Annotations: true}, through)
	if diff := cmp.Diff(want.packets, got.packets, equalBytes); diff != "" {
		t.Errorf("(-before +after):\n%s", diff)
	}
	a, b := must(os.ReadFile(path)), must(os.ReadFile(through))
	before, _ := described(t, a)
	after, _ := described(t, b)
	if diff := cmp.Diff(before, after, ignoreTwin); diff != "" {
		t.Errorf("(-before +after):\n%s", diff)
	}
	requireSameFrames(t, tsharkFrames(t, path), tsharkFrames(t, through))
}

// TestCopyAgainstTcpdump prints originals and copies with tcpdump, which needs the same
// link type and snaplen on all interfaces.
func TestCopyAgainstTcpdump(t *testing.T) {
	for _, path := range realCaptures(t) {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			if len(readAll(t, Options{}, path).problems) > 0 {
				t.Skip("damaged")
			}
			args := []string{"--time-stamp-precision=nano", "-nn", "-tt", "-e", "-xx", "-r"}
			want := run(t, "tcpdump", append(args, path)...)
			got := run(t, "tcpdump", append(args, writeTemp(t, "copy.pcapng", copied(t, path)))...)
			if want != got || !bytes.Contains([]byte(got), []byte("0x0000")) && len(got) > 0 {
				t.Errorf("tcpdump prints another text for the copy:\n%.1000s\nof the original:\n%.1000s", got, want)
			}
		})
	}
}
