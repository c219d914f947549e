package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// wstap runs the program and returns its output.
func wstap(t *testing.T, stdin []byte, want int, args ...string) (stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	if got := run(context.Background(), args, bytes.NewReader(stdin), &out, &errs); got != want {
		t.Fatalf("wstap %q: exit status %d, want %d\n%s", args, got, want, &errs)
	}
	return out.String(), errs.String()
}

// tshark returns lines of fields of the packets that match a display filter.
func tshark(t *testing.T, file, filter string, fields ...string) []string {
	t.Helper()
	path, err := exec.LookPath("tshark")
	if err != nil {
		t.Skip("tshark is not installed")
	}
	args := []string{"-n", "-r", file, "-Y", filter, "-o", "frame.generate_md5_hash:TRUE", "-T", "fields", "-d", "udp.port==8472,vxlan"}
	for _, f := range fields {
		args = append(args, "-e", f)
	}
	out, err := exec.Command(path, args...).Output()
	if err != nil {
		t.Fatalf("tshark %q: %v", args, err)
	}
	return strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
}

// records decodes the records of a kind in what -T json wrote.
func records(t *testing.T, kind string, text []byte) (list []map[string]any) {
	t.Helper()
	for line := range bytes.Lines(text) {
		var r map[string]any
		if err := json.Unmarshal(line, &r); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		if r["kind"] == kind {
			list = append(list, r)
		}
	}
	return list
}

// What -w writes of a row is, packet for packet, what tshark takes for the TCP stream of
// its request: bytes, times and lengths. Read from a pipe, of which packets are kept in
// memory, it is the same.
func TestWriteAgainstTshark(t *testing.T) {
	if testing.Short() {
		t.Skip("tshark takes long to start")
	}
	dir := capturesDir(t)
	facts := []string{"frame.time_epoch", "frame.len", "frame.cap_len", "frame.md5_hash"}
	for _, name := range []string{"pyws_rejects.pcap", "keepalive.pcap", "port_reuse.pcap", "ipv6.pcap", "nanosecond.pcap", "sll2.pcap",
		"vxlan.pcap", "nested_gre6.pcap", "dumpcap.pcapng", "refused.pcap", "raw_ip.pcap"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(dir, name)
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			out, _ := wstap(t, nil, 0, "read", "-T", "json", "--connects", "all", path)
			for i, r := range records(t, "attempt", []byte(out)) {
				if i == 3 {
					break
				}
				first := int(r["packets"].(map[string]any)["first"].(float64))
				stream := tshark(t, path, "frame.number == "+itoa(first), "tcp.stream")[0]
				want := tshark(t, path, "tcp.stream == "+lastOf(stream), facts...)
				where := `packets.first == ` + itoa(first)
				for _, from := range []string{path, "-"} {
					file := filepath.Join(t.TempDir(), "out.pcapng")
					wstap(t, data, 0, "read", "--connects", "all", "--show-secrets", "-Y", where, "-w", file, from)
					if got := tshark(t, file, "frame", facts...); !slices.Equal(got, want) {
						t.Errorf("row of packet %d, from %s: %d packets\n%s\ntshark has %d\n%s", first, from, len(got), strings.Join(got, "\n"), len(want), strings.Join(want, "\n"))
					}
				}
			}
		})
	}
}

func itoa(n int) string { b, _ := json.Marshal(n); return string(b) }

// lastOf returns the last of several values that tshark gives of one field.
func lastOf(s string) string { return s[strings.LastIndexByte(s, ',')+1:] }

// Comments stand on the packets that the record names, and say what is in the record.
func TestWriteComments(t *testing.T) {
	if testing.Short() {
		t.Skip("tshark takes long to start")
	}
	path := filepath.Join(capturesDir(t), "closings.pcap")
	file := filepath.Join(t.TempDir(), "out.pcapng")
	out, _ := wstap(t, nil, 0, "read", "-T", "json", "-Y", "close.code == 4001", "-w", file, path)
	comments := make(map[string][]string) // by time
	for _, line := range tshark(t, file, "frame.comment", "frame.time_epoch", "frame.comment") {
		when, text, _ := strings.Cut(line, "\t")
		comments[when] = append(comments[when], text)
	}
	rows := records(t, "attempt", []byte(out))
	if len(rows) == 0 {
		t.Fatal("no rows")
	}
	for _, r := range rows {
		p := r["packets"].(map[string]any)
		for role, text := range map[string]string{"syn": "first SYN", "request": "request GET ", "response": "response 101", "close": "first Close frame: 4001", "end": "first FIN or RST"} {
			number := itoa(int(p[role].(float64)))
			when := tshark(t, path, "frame.number == "+number, "frame.time_epoch")[0]
			want := "wstap attempt " + itoa(int(r["n"].(float64))) + " (accepted): " + text
			if !strings.Contains(strings.Join(comments[when], "\n"), want) {
				t.Errorf("packet %s: comments %q, want %q", number, comments[when], want)
			}
		}
	}
}

// A ticket may be read by anybody: what is secret in HTTP is not in the file, in clear
// text or as a part of it, and the rows are still the same.
func TestWriteHidesSecrets(t *testing.T) {
	path := filepath.Join(capturesDir(t), "squid_connect.pcap")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(data, []byte("Proxy-Authorization: Basic "))
	if at < 0 {
		t.Fatal("the capture has no credentials")
	}
	secret, _, _ := bytes.Cut(data[at+len("Proxy-Authorization: Basic "):], []byte("\r"))
	for _, from := range []string{path, "-"} {
		file := filepath.Join(t.TempDir(), "out.pcapng")
		before, said := wstap(t, data, 0, "read", "-T", "json", "--connects", "all", "-w", file, from)
		written, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(written, secret) || !bytes.Contains(written, []byte("Proxy-Authorization: Basic xxx")) {
			t.Errorf("from %s: the credentials are in the file, or their place is not", from)
		}
		if !strings.Contains(said, "without secrets of HTTP") {
			t.Errorf("nothing is said of it: %q", said)
		}
		after, _ := wstap(t, nil, 0, "read", "-T", "fields", "-e", "http.uri", "-e", "http.status", "-e", "verdict", "-e", "ending", "--connects", "all", file)
		again, _ := wstap(t, nil, 0, "read", "-T", "fields", "-e", "http.uri", "-e", "http.status", "-e", "verdict", "-e", "ending", "--connects", "all", path)
		if sortedLines(after) != sortedLines(again) || len(records(t, "attempt", []byte(before))) == 0 {
			t.Errorf("from %s: rows of the file\n%s\nof the capture\n%s", from, after, again)
		}
		kept := filepath.Join(t.TempDir(), "kept.pcapng")
		wstap(t, data, 0, "read", "--connects", "all", "--show-secrets", "-w", kept, from)
		if written, _ := os.ReadFile(kept); !bytes.Contains(written, secret) {
			t.Errorf("from %s: --show-secrets does not keep them", from)
		}
	}
}

func sortedLines(s string) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// A file without packets is one that tcpdump reads, too.
func TestWriteNothing(t *testing.T) {
	tcpdump, err := exec.LookPath("tcpdump")
	if err != nil {
		t.Skip("tcpdump is not installed")
	}
	path := filepath.Join(capturesDir(t), "ws_basic.pcap")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, from := range []string{path, "-"} {
		file := filepath.Join(t.TempDir(), "out.pcapng")
		wstap(t, data, 0, "read", "-w", file, "-Y", "http.status == 999", from)
		if out, err := exec.Command(tcpdump, "-r", file).CombinedOutput(); err != nil || !strings.Contains(string(out), "EN10MB") {
			t.Errorf("from %s: %v: %s", from, err, out)
		}
	}
}

// What is wrong with the file of -w is said, and leaves the captures alone.
func TestWriteErrors(t *testing.T) {
	path := filepath.Join(capturesDir(t), "ws_basic.pcap")
	own := filepath.Join(t.TempDir(), "own.pcap")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(own, data, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		file, want string
	}{
		{own, "that is one of the captures to read"},
		{filepath.Join(t.TempDir(), "none", "out.pcapng"), "no such file or directory"},
		{"-", "rows go to standard output"},
		{"/dev/full", "no space left on device"},
	} {
		if _, said := wstap(t, nil, 2, "read", "-w", test.file, own); !strings.Contains(said, test.want) {
			t.Errorf("-w %s: %q, want %q", test.file, said, test.want)
		}
	}
	if after, err := os.ReadFile(own); err != nil || !bytes.Equal(after, data) {
		t.Errorf("the capture was changed: %v", err)
	}
}
