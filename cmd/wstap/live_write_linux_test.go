package main

import (
	"errors"
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

// feed sends what was composed, not more at once than fits into the memory for packets.
func feed(p *program, c *composed) {
	frames := c.frames()
	for i, frame := range frames {
		p.l.send(0, frame)
		if i%20 == 0 {
			p.settle(i + 1)
		}
	}
	p.settle(len(frames))
}

// timeless leaves of lines that begin with a time only the rest, sorted: the two programs
// have sockets of their own, each of which is told its own time, and connections are
// written as they end.
func timeless(lines []string) (out []string) {
	for _, line := range lines {
		_, rest, _ := strings.Cut(line, "\t")
		out = append(out, rest)
	}
	slices.Sort(out)
	return out
}

// TestLiveWriteSmallMemory has more frames than the memory holds while a connection is
// open: the file is in the order of the wire all the same, so that who reads it finds the
// handshake before the frames, and its comments are there.
func TestLiveWriteSmallMemory(t *testing.T) {
	l := newLab(t, 1)
	file := filepath.Join(l.dir, "live.pcapng")
	p := l.start("live", "-i", farEnd(0), "-T", "json", "-w", file, "--memory", "4")
	const pushAck, finAck, messages = 0x18, 0x11, 200
	c := newComposed()
	c.handshake("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n")
	for range messages {
		c.segment(false, pushAck, "\x82\x7e\x75\x30"+strings.Repeat("y", 30_000))
	}
	c.segment(false, finAck, "")
	c.segment(true, finAck, "")
	feed(p, c)
	if status := p.stop(syscall.SIGINT); status != exitDone {
		t.Fatalf("status %d: %s", status, p.said())
	}
	if strings.Contains(p.said(), "missing") {
		t.Errorf("said %q", p.said())
	}
	read, err := exec.Command(l.wstap, "read", "-T", "json", file).Output()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(withoutTime(p.records("attempt")), withoutTime(records(t, "attempt", read))); diff != "" {
		t.Errorf("attempts (-shown +written):\n%s", diff)
	}
	if got := len(tshark(t, file, "websocket", "frame.number")); got != messages {
		t.Errorf("tshark finds %d of %d frames", got, messages)
	}
	for number, want := range map[string]string{"4": "wstap attempt (accepted): request GET /chat", "206": "wstap attempt 1 (accepted): first FIN or RST"} {
		if got := tshark(t, file, "frame.number == "+number, "frame.comment"); !strings.HasPrefix(got[0], want) {
			t.Errorf("packet %s: comment %q, want %q", number, got, want)
		}
	}
}

// TestLiveWriteSecretsLater fills the memory between an answer of 403 and a request with
// credentials on the same connection: they are not in the file.
func TestLiveWriteSecretsLater(t *testing.T) {
	const pushAck, secret = 0x18, "Basic c2VjcmV0OnNlY3JldA=="
	l := newLab(t, 1)
	file := filepath.Join(l.dir, "live.pcapng")
	p := l.start("live", "-i", farEnd(0), "-T", "json", "-w", file, "--memory", "4")
	c := newComposed()
	c.handshake("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
	for range 60 {
		c.segment(true, pushAck, "POST / HTTP/1.1\r\nHost: server.example\r\nContent-Length: 60000\r\n\r\n"+strings.Repeat("z", 60_000))
		c.segment(false, pushAck, "HTTP/1.1 204 No Content\r\n\r\n")
	}
	c.segment(true, pushAck, "GET / HTTP/1.1\r\nHost: server.example\r\nAuthorization: "+secret+"\r\n\r\n")
	c.segment(false, pushAck, "HTTP/1.1 204 No Content\r\n\r\n")
	feed(p, c)
	if status := p.stop(syscall.SIGINT); status != exitDone {
		t.Fatalf("status %d: %s", status, p.said())
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(b), "Authorization: Basic xxx") || strings.Contains(string(b), secret) {
		t.Errorf("the credentials are in the file: %v", strings.Contains(string(b), secret))
	}
	p.saying("[0-9]+ packets of 1 connection missing")
}

// TestLiveWriteFails writes to a pipe whose reader goes: that is said while rows come, and
// once.
func TestLiveWriteFails(t *testing.T) {
	l := newLab(t, 1)
	pipe := filepath.Join(l.dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	reader := l.run(exec.Command("sh", "-c", "echo begins >&2; head -c 300 <"+pipe+" >/dev/null"), "begins")
	p := l.start("live", "-i", farEnd(0), "-T", "json", "-w", pipe)
	c := newComposed()
	c.handshake("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n")
	for range 60 {
		c.segment(false, 0x18, "\x82\x7e\x75\x30"+strings.Repeat("y", 30_000))
	}
	for _, flags := range []byte{0x11, 0x11} {
		c.segment(flags == 0, flags, "")
		c.segment(flags != 0, flags, "")
	}
	for _, frame := range c.frames() {
		l.send(0, frame)
	}
	l.replay(nil, "pyws_rejects.pcap", "closings.pcap")
	reader.wait()
	p.saying("^wstap: -w " + pipe + ": write .*broken pipe$")
	sent := l.replay(nil, "pyws_rejects.pcap")
	l.eventually(func() bool { return len(p.records("attempt")) > sent/14 }, p.said)
	if status := p.stop(syscall.SIGINT); status != exitInput {
		t.Errorf("status %d", status)
	}
	if n := strings.Count(p.said(), "broken pipe"); n != 1 || strings.Contains(p.said(), "packets of") {
		t.Errorf("said %d times:\n%s", n, p.said())
	}
}

// TestLiveWriteAsUser makes the file as the user whom wstap goes on as.
func TestLiveWriteAsUser(t *testing.T) {
	l := newLab(t, 1)
	theirs := filepath.Join(l.dir, "theirs")
	if err := errors.Join(os.Mkdir(theirs, 0o755), os.Chown(theirs, 54321, 54322)); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		file   string
		status int
	}{{filepath.Join(theirs, "out.pcapng"), exitDone}, {filepath.Join(l.dir, "out.pcapng"), exitInput}} {
		cmd := exec.Command(l.wstap, "live", "-i", farEnd(0), "-a", "duration:0.2", "-w", test.file)
		cmd.Env = append(os.Environ(), "SUDO_UID=54321", "SUDO_GID=54322")
		said, _ := cmd.CombinedOutput()
		if cmd.ProcessState.ExitCode() != test.status {
			t.Errorf("%s: status %d: %s", test.file, cmd.ProcessState.ExitCode(), said)
		}
		if test.status == exitDone {
			info, err := os.Stat(test.file)
			if err != nil {
				t.Fatal(err)
			}
			if is := info.Sys().(*syscall.Stat_t); is.Uid != 54321 || is.Gid != 54322 {
				t.Errorf("the file belongs to %d:%d", is.Uid, is.Gid)
			}
		} else if !strings.Contains(string(said), "wstap: it is written as uid 54321 (uid 54321): name a file where that user may write, or stay root with --user root\n") {
			t.Errorf("said %s", said)
		}
	}
}
