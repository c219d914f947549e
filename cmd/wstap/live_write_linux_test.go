package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestLiveWrite has wstap write the packets of some rows while tcpdump writes all: what
// is written are the packets that a second reading of tcpdump's file finds for the same
// rows, and the rows that come of it are those that were shown.
func TestLiveWrite(t *testing.T) {
	l := newLab(t, 1)
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	for _, where := range []string{"", "http.status == 403", "close.code == 4001"} {
		all, live, again := filepath.Join(l.dir, "all.pcap"), filepath.Join(dir, "live.pcapng"), filepath.Join(dir, "again.pcapng")
		tcpdump := l.run(exec.Command("tcpdump", "-i", farEnd(0), "-w", all, "-U", "-Z", "root"), "listening on")
		args := []string{"-T", "json"}
		if where != "" {
			args = append(args, "-Y", where)
		}
		p := l.start(append([]string{"live", "-i", farEnd(0), "-w", live}, args...)...)
		sent := l.replay(nil, "pyws_rejects.pcap", "closings.pcap")
		p.settle(sent)
		if status := p.stop(syscall.SIGINT); status != exitDone {
			t.Fatalf("status %d: %s", status, p.said())
		}
		time.Sleep(1200 * time.Millisecond) // tcpdump may read a second late
		tcpdump.stop(syscall.SIGINT)
		if out, err := exec.Command(l.wstap, append([]string{"read", "-w", again, all}, args...)...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		facts := []string{"frame.time_epoch", "frame.len", "frame.md5_hash"}
		got, want := tshark(t, live, "frame", facts...), tshark(t, again, "frame", facts...)
		slices.Sort(got) // connections are written as they end
		slices.Sort(want)
		if len(want) < 12 {
			t.Fatalf("%q: only %d packets are wanted", where, len(want))
		}
		if diff := cmp.Diff(timeless(want), timeless(got)); diff != "" {
			t.Errorf("%q: packets (-read again +live):\n%s", where, diff)
		}
		if !strings.Contains(p.said(), "live.pcapng: ") || strings.Contains(p.said(), "missing") {
			t.Errorf("%q: said %q", where, p.said())
		}
		read, err := exec.Command(l.wstap, "read", "-T", "json", live).Output()
		if err != nil {
			t.Fatal(err)
		}
		shown, found := p.records("attempt"), records(t, "attempt", read)
		if len(shown) != len(found) || len(shown) == 0 {
			t.Errorf("%q: %d rows were shown, the file has %d", where, len(shown), len(found))
		}
	}
}

// timeless leaves of lines that begin with a time only the rest: the two programs open
// sockets of their own, whose clocks may differ by a nanosecond's rounding.
func timeless(lines []string) (out []string) {
	for _, line := range lines {
		_, rest, _ := strings.Cut(line, "\t")
		out = append(out, rest)
	}
	slices.Sort(out)
	return out
}
