package capture

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"wstap/capture/packet"
)

// inNamespace is set for the process that TestRealRings starts in a namespace of its own.
const inNamespace = "WSTAP_TEST_IN_NAMESPACE"

// TestRealRings follows what tcpdump and dumpcap write on a loopback interface of
// its own, and reads it again when it is complete.
func TestRealRings(t *testing.T) {
	if os.Getenv(inNamespace) != "" {
		t.Skip("this is the other process")
	}
	if testing.Short() {
		t.Skip("takes seconds")
	}
	if err := exec.Command("unshare", "--net", "ip", "link", "set", "lo", "up").Run(); err != nil {
		t.Skip("needs root, unshare and ip: ", err)
	}
	for _, tt := range []struct {
		name   string
		whole  bool // nothing is overwritten
		folder bool // the first name is not known before
		args   []string
	}{
		{"tcpdump -w", true, false, []string{"tcpdump", "-w", "x.pcap"}},
		{"tcpdump -C", true, false, []string{"tcpdump", "-C", "1", "-w", "x.pcap"}},
		{"tcpdump -C -W", false, true, []string{"tcpdump", "-C", "1", "-W", "3", "-w", "x.pcap"}},
		{"tcpdump -G", true, true, []string{"tcpdump", "-G", "1", "-w", "x-%Y%m%d-%H%M%S.pcap"}},
		{"dumpcap -b files", false, true, []string{"dumpcap", "-b", "filesize:1000", "-b", "files:3", "-w", "x.pcapng"}},
		{"dumpcap -b duration", true, true, []string{"dumpcap", "-b", "duration:1", "-w", "x.pcapng"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if _, err := exec.LookPath(tt.args[0]); err != nil {
				t.Skip(err)
			}
			dir := t.TempDir()
			if err := os.Chmod(dir, 0o777); err != nil { // #nosec: for programs that drop privileges
				t.Fatal(err)
			}
			named := dir
			if !tt.folder {
				named = filepath.Join(dir, "x.pcap")
			}
			switch tt.args[0] {
			case "tcpdump":
				tt.args = append(tt.args, "-U", "-Z", "root", "-n", "-i", "lo", "udp")
			case "dumpcap":
				tt.args = append(tt.args, "-q", "-P", "-i", "lo", "-f", "udp")
			}
			cmd := exec.Command("unshare", append([]string{"--net", os.Args[0], "-test.run", "^TestInNamespace$", "-test.v", "--", named, fmt.Sprint(tt.whole)}, tt.args...)...)
			cmd.Dir = dir
			cmd.Env = append(os.Environ(), inNamespace+"=1")
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

// TestInNamespace is what TestRealRings does in the other process.
func TestInNamespace(t *testing.T) {
	if os.Getenv(inNamespace) == "" {
		t.Skip("TestRealRings calls it")
	}
	args := os.Args[1:]
	for args[0] != "--" {
		args = args[1:]
	}
	named, whole, args := args[1], args[2] == "true", args[3:]
	if out, err := exec.Command("ip", "link", "set", "lo", "up").CombinedOutput(); err != nil {
		t.Fatalf("%v %s", err, out)
	}
	writer := exec.Command(args[0], args[1:]...)
	writer.Stderr = os.Stderr
	if err := writer.Start(); err != nil {
		t.Fatal(err)
	}
	stopped := false
	stop := func() {
		if !stopped {
			stopped = true
			if err := errors.Join(writer.Process.Signal(os.Interrupt), writer.Wait()); err != nil {
				t.Error(err)
			}
		}
	}
	defer stop()
	conn, err := net.Dial("udp", "127.0.0.1:9")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()

	// The first datagrams may come before the writer listens: they all bear 0.
	const datagrams, length = 200, 40_000
	send := func(n uint32) {
		b := make([]byte, length)
		binary.BigEndian.PutUint32(b, n)
		for range 2 { // that nobody listens is said instead of sending the next
			if _, err := conn.Write(b); err == nil {
				return
			}
		}
	}
	for deadline := time.Now().Add(10 * time.Second); !written(named); {
		send(0)
		time.Sleep(50 * time.Millisecond)
		if time.Now().After(deadline) {
			t.Fatal("nothing is written")
		}
	}
	f := follow(t, named)
	go func() {
		for i := range datagrams {
			send(uint32(i + 1))
			time.Sleep(15 * time.Millisecond)
		}
	}()
	var got []uint32
	seen := 0
	for deadline := time.Now().Add(30 * time.Second); len(got) < datagrams && time.Now().Before(deadline); {
		if err := f.next(); err != nil {
			t.Fatal(err)
		}
		got = append(got, numbers(f.got[seen:])...)
		seen = len(f.got)
	}
	stop()
	f.still()
	f.quiet()
	requireAll(t, got, datagrams)
	if gaps, n := f.set.Gaps(); n > 0 {
		t.Errorf("gaps: %v", gaps)
	}
	if whole {
		complete := readAll(t, Options{}, ".")
		if len(complete.problems) > 0 {
			t.Error(complete.problems)
		}
		requireAll(t, numbers(complete.packets), datagrams)
	}
	t.Logf("%d files", f.set.Files())
}

// written reports whether a file, or one in a folder, has anything in it.
func written(name string) bool {
	return slices.ContainsFunc(find([]string{name}).list, func(f found) bool { return f.err == nil && f.info.Size() > 0 })
}

// numbers returns the numbers of the datagrams but 0, from Ethernet, IPv4 and UDP.
func numbers(packets []packet.Packet) []uint32 {
	var list []uint32
	for _, p := range packets {
		if n := binary.BigEndian.Uint32(p.Data[14+20+8:]); n > 0 {
			list = append(list, n)
		}
	}
	return list
}

// requireAll holds the numbers 1 to n, each once and in order.
func requireAll(t *testing.T, got []uint32, n uint32) {
	t.Helper()
	for i := range n {
		if int(i) >= len(got) || got[i] != i+1 {
			t.Fatalf("%d datagrams of %d, the first wrong one in place %d: %v", len(got), n, i, got)
		}
	}
	if len(got) > int(n) {
		t.Errorf("more datagrams than were sent: %v", got[n:])
	}
}
