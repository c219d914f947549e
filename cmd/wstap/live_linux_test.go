package main

import (
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestLivePassive counts what the interface sends on which wstap listens: nothing, while
// what arrives becomes rows.
func TestLivePassive(t *testing.T) {
	l := newLab(t, 1)
	tx, rx := l.transmitted(farEnd(0))
	p := l.start("live", "-i", farEnd(0), "-T", "json")
	sent := l.replay(nil, "pyws_rejects.pcap", "closings.pcap", "ipv6.pcap", "vlan.pcap")
	p.settle(sent)
	if status := p.stop(syscall.SIGINT); status != exitDone {
		t.Errorf("status %d: %s", status, p.said())
	}
	if n := len(p.records("attempt")); n < 25 {
		t.Errorf("%d attempts", n)
	}
	txAfter, rxAfter := l.transmitted(farEnd(0))
	if txAfter != tx || rxAfter-rx != uint64(sent) {
		t.Errorf("the interface sent %d packets and received %d of %d", txAfter-tx, rxAfter-rx, sent)
	}
	// That the count would have shown a packet:
	l.near[0] = l.socket(farEnd(0))
	l.send(0, make([]byte, 60))
	if after, _ := l.transmitted(farEnd(0)); after != tx+1 {
		t.Errorf("sending a packet counts %d", after-tx)
	}
}

// withoutTime removes what differs between two programs that see the same packet: each is
// told its own time.
func withoutTime(list []map[string]any) []map[string]any {
	for _, r := range list {
		for _, name := range []string{"id", "time", "timing", "first_time", "last_time"} {
			delete(r, name)
		}
	}
	return list
}

// besideTcpdump compares the rows of live with those of read from what tcpdump, beside
// it, has written.
func besideTcpdump(t *testing.T, l *lab, device, link string, seen func(sent int) int, filter ...string) {
	t.Helper()
	file := filepath.Join(l.dir, device+".pcap")
	args := append([]string{"-i", device, "-w", file, "-U", "-Z", "root", "-s", "0"}, filter...)
	tcpdump := l.run(exec.Command("tcpdump", args...), "listening on")
	p := l.start(append([]string{"live", "-i", device, "-T", "json"}, filter...)...)
	if want := "wstap: listening on " + device + ", link-type " + link + ", snapshot length 262144 bytes"; p.said() != want {
		t.Errorf("said %q, want %q", p.said(), want)
	}
	if !strings.Contains(tcpdump.said(), strings.TrimPrefix(p.said(), "wstap: ")) {
		t.Errorf("tcpdump said %q", tcpdump.said())
	}
	sent := l.replay(nil, "pyws_rejects.pcap", "closings.pcap", "nginx_proxy.pcap", "reordered.pcap")
	p.settle(seen(sent))
	if status := p.stop(syscall.SIGTERM); status != exitDone {
		t.Errorf("status %d: %s", status, p.said())
	}
	time.Sleep(1200 * time.Millisecond) // tcpdump may read a second late
	tcpdump.stop(syscall.SIGINT)
	read, err := exec.Command(l.wstap, "read", "-T", "json", file).Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []string{"attempt", "summary"} {
		want, got := withoutTime(records(t, kind, read)), withoutTime(p.records(kind))
		if len(want) == 0 {
			t.Errorf("tcpdump's file has no %s", kind)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-read of tcpdump's file +live):\n%s", kind, diff)
		}
	}
	// And the same counts at the end.
	ours, theirs := p.said(), tcpdump.said()
	for _, what := range []string{"captured", "received by filter", "dropped by kernel"} {
		if got, want := lineWith(ours, what), lineWith(theirs, what); got == "" || got != want {
			t.Errorf("live says %q, tcpdump %q", got, want)
		}
	}
}

// lineWith returns the last line that ends so.
func lineWith(text, end string) (found string) {
	for line := range strings.SplitSeq(text, "\n") {
		if strings.HasSuffix(line, end) && !strings.HasPrefix(line, "wstap: ") {
			found = line
		}
	}
	return found
}

func TestLiveRowsAreThoseOfTcpdump(t *testing.T) {
	l := newLab(t, 1)
	besideTcpdump(t, l, farEnd(0), "EN10MB (Ethernet)", func(sent int) int { return sent })
}

// TestLiveFilter gives a capture filter as tcpdump takes it.
func TestLiveFilter(t *testing.T) {
	l := newLab(t, 1)
	besideTcpdump(t, l, farEnd(0), "EN10MB (Ethernet)", func(int) int { return 144 }, "tcp", "port", "8081")
}

// TestLiveAny reads all interfaces at once: each packet is seen leaving and arriving.
func TestLiveAny(t *testing.T) {
	l := newLab(t, 1)
	besideTcpdump(t, l, "any", "LINUX_SLL2 (Linux cooked v2)", func(sent int) int { return 2 * sent })
}

// TestLiveTwoInterfaces has each direction of the connections on another interface, as a
// tap with two outputs gives them: only in the right order are they what they were.
func TestLiveTwoInterfaces(t *testing.T) {
	l := newLab(t, 2)
	p := l.start("live", "-i", farEnd(0), "-i", farEnd(1), "-T", "json")
	sent := l.replay(func(data []byte) int {
		const destinationPort = 14 + 20 + 2 // Ethernet, IPv4 without options
		if data[destinationPort] == 8081>>8 && data[destinationPort+1] == 8081&0xff {
			return 0
		}
		return 1
	}, "pyws_rejects.pcap")
	p.settle(sent)
	if status := p.stop(syscall.SIGINT); status != exitDone {
		t.Errorf("status %d: %s", status, p.said())
	}
	read, err := exec.Command(l.wstap, "read", "-T", "json", l.capture("pyws_rejects.pcap")).Output()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(withoutTime(records(t, "attempt", read)), withoutTime(p.records("attempt"))); diff != "" {
		t.Errorf("attempts (-capture +two interfaces):\n%s", diff)
	}
	// tcpdump -r … tcp dst port 8081 finds 73.
	for _, counts := range []string{"vfar0: 73", "vfar1: 71"} {
		if !strings.Contains(p.said(), "\n"+counts+" packets received by filter, 0 dropped by kernel, 0 by interface") {
			t.Errorf("%s is missing:\n%s", counts, p.said())
		}
	}
}

// TestLiveInterfaceDown takes the interface down and up again: that is said, and what comes
// then is read.
func TestLiveInterfaceDown(t *testing.T) {
	l := newLab(t, 1)
	p := l.start("live", "-i", farEnd(0), "-T", "json")
	l.ip("link", "set", farEnd(0), "down")
	p.saying("^wstap: interface vfar0: interface is down: it is read on when it comes up again$")
	l.ip("link", "set", farEnd(0), "up")
	passed := l.carries(0)
	p.settle(passed + l.openConnection())
	if status := p.stop(syscall.SIGINT); status != exitInput {
		t.Errorf("status %d", status)
	}
	p.requireOpen()
}

// TestLiveInterfaceGoes removes the interface: what was open becomes a row.
func TestLiveInterfaceGoes(t *testing.T) {
	l := newLab(t, 2)
	p := l.start("live", "-i", farEnd(0), "-T", "json")
	both := l.start("live", "-i", farEnd(0), "-i", farEnd(1), "-T", "json")
	sent := l.openConnection()
	p.settle(sent)
	both.settle(sent)
	l.ip("link", "delete", nearEnd(0))
	if status := p.wait(); status != exitInput {
		t.Errorf("status %d", status)
	}
	p.requireOpen()
	message := "wstap: interface " + farEnd(0) + ": interface is down: "
	if !strings.Contains(p.said(), message) {
		t.Errorf("said:\n%s", p.said())
	}
	both.saying(message)
	more := 0
	for _, packet := range newComposed().frames() {
		l.send(1, packet)
		more++
	}
	both.settle(sent + more)
	if status := both.stop(syscall.SIGINT); status != exitInput {
		t.Errorf("status %d with one of two left", status)
	}
	both.requireOpen()
}

// openConnection sends a handshake whose connection stays open.
func (l *lab) openConnection() (sent int) {
	c := newComposed()
	c.handshake("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n")
	for _, packet := range c.frames() {
		l.send(0, packet)
		sent++
	}
	return sent
}

// requireOpen checks that there is one attempt, and that it is open.
func (p *program) requireOpen() {
	p.l.t.Helper()
	list := p.records("attempt")
	if len(list) != 1 || list[0]["ending"] != "open" || list[0]["verdict"] != "accepted" {
		p.l.t.Errorf("%d attempts: %v\n%s", len(list), list, p.said())
	}
	if n := len(p.records("summary")); n != 1 {
		p.l.t.Errorf("%d summaries", n)
	}
}

// TestLiveEnds has every way in which a user ends it, with a connection that is open.
func TestLiveEnds(t *testing.T) {
	l := newLab(t, 1)
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		p := l.start("live", "-i", farEnd(0), "-T", "json")
		p.settle(l.openConnection())
		if status := p.stop(sig); status != exitDone {
			t.Errorf("%v: status %d", sig, status)
		}
		p.requireOpen()
		if !strings.HasSuffix(p.said(), "\n5 packets captured\n5 packets received by filter\n0 packets dropped by kernel") {
			t.Errorf("%v: said\n%s", sig, p.said())
		}
	}
	for _, limit := range [][]string{{"-c", "5"}, {"-a", "packets:5"}, {"-a", "packets:5", "-c", "7"}} {
		p := l.start(append([]string{"live", "-i", farEnd(0), "-T", "json"}, limit...)...)
		l.openConnection()
		l.openConnection()
		if status := p.wait(); status != exitDone {
			t.Errorf("%v: status %d", limit, status)
		}
		p.requireOpen()
		if !strings.Contains(p.said(), "\n5 packets captured\n") {
			t.Errorf("%v: said\n%s", limit, p.said())
		}
	}
	begin := time.Now()
	p := l.start("live", "-i", farEnd(0), "-T", "json", "-a", "duration:0.7")
	l.openConnection()
	if status := p.wait(); status != exitDone {
		t.Errorf("duration: status %d", status)
	}
	if took := time.Since(begin); took < 700*time.Millisecond || took > 5*time.Second {
		t.Errorf("0.7 seconds took %v", took)
	}
	p.requireOpen()
}

// TestLiveClosedPipe ends when nobody reads the rows, as head does.
func TestLiveClosedPipe(t *testing.T) {
	l := newLab(t, 1)
	p := l.run(exec.Command("sh", "-c", l.wstap+` live -i `+farEnd(0)+` -T json | head -1; echo "ended" >&2`), "listening on")
	l.replay(nil, "pyws_rejects.pcap")
	l.eventually(func() bool { return len(p.lines()) == 1 }, p.said)
	l.replay(nil, "closings.pcap")
	if p.wait(); len(p.lines()) != 1 {
		t.Errorf("%d lines", len(p.lines()))
	}
	if !strings.Contains(p.said(), "captured") || strings.Contains(p.said(), "pipe") {
		t.Errorf("said:\n%s", p.said())
	}
}

// TestLiveRefusals has what cannot be opened, and what is said about it.
func TestLiveRefusals(t *testing.T) {
	l := newLab(t, 1)
	l.ip("link", "add", "vdown", "type", "veth", "peer", "name", "vdown2")
	for _, test := range []struct {
		args   []string
		user   uint32
		stderr string
	}{
		{[]string{"-i", "vfar9"}, 0, "wstap: interface vfar9: no such interface\nwstap: did you mean vfar0"},
		{[]string{"-i", farEnd(0), "-i", "zzz"}, 0, "wstap: interface zzz: no such interface\nwstap: up are "},
		{[]string{"-i", "vdown"}, 0, "wstap: interface vdown: interface is down\nwstap: bring it up: sudo ip link set vdown up\n"},
		{[]string{"-i", farEnd(0), "-f", "tcp port"}, 0, "wstap: interface vfar0: bad capture filter: \"tcp port\": "},
		{[]string{"-i", farEnd(0), "host", "example.com"}, 0, "wstap: bad capture filter: \"host example.com\": \"example.com\" is no word"},
		{[]string{"-i", farEnd(0), "--user", "no-such-user"}, 0, "wstap: --user no-such-user: "},
		{[]string{"-i", farEnd(0)}, 65534, "wstap: interface vfar0: no permission to capture"},
		{[]string{"-i", farEnd(0)}, 65534, "wstap: run it with sudo, or allow it once: sudo setcap cap_net_raw+ep $(command -v wstap)\n"},
	} {
		cmd := exec.Command(l.wstap, append([]string{"live"}, test.args...)...)
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: test.user, Gid: test.user}}
		var stdout, stderr strings.Builder
		cmd.Stdout, cmd.Stderr = &stdout, &stderr
		_ = cmd.Run()
		if cmd.ProcessState.ExitCode() != exitInput || stdout.String() != "" || !strings.Contains(stderr.String(), test.stderr) {
			t.Errorf("%q as %d: status %d, stdout %q, stderr\n%s\nwant %s", test.args, test.user, cmd.ProcessState.ExitCode(), &stdout, &stderr, test.stderr)
		}
	}
}
