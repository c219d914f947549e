package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"wstap/capture"
	"wstap/capture/packet"
)

// lab is a network namespace of its own, with pairs of interfaces: what is written to the
// near end of a pair arrives at its far end, where wstap listens. Nothing leaves it. It
// belongs to the thread of the test that made it: tests of a lab have no subtests.
type lab struct {
	t     *testing.T
	dir   string // everybody may read it
	wstap string // the program, which everybody may run
	near  []int  // sockets, one for each pair
}

// patience is how long anything may take before a test gives up.
const patience = 20 * time.Second

// farEnd is the name of the interface of a pair on which wstap listens.
func farEnd(pair int) string { return fmt.Sprintf("vfar%d", pair) }

func nearEnd(pair int) string { return fmt.Sprintf("vnear%d", pair) }

// newLab returns a lab, or skips the test where there cannot be one.
func newLab(t *testing.T, pairs int) *lab {
	t.Helper()
	if !capture.WithLive {
		t.Skip("this build has no live capture")
	}
	if os.Geteuid() != 0 {
		t.Skip("network namespaces and live capture need root")
	}
	for _, tool := range []string{"ip", "tcpdump"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip(err)
		}
	}
	// Not unlocked: the thread, and the namespace with it, end with the test.
	runtime.LockOSThread()
	if err := syscall.Unshare(syscall.CLONE_NEWNET); err != nil {
		t.Skipf("no network namespace: %v", err)
	}
	l := &lab{t: t}
	var err error
	if l.dir, err = os.MkdirTemp("", "wstap-lab"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(l.dir) })
	if err := os.Chmod(l.dir, 0o755); err != nil {
		t.Fatal(err)
	}
	l.wstap = filepath.Join(l.dir, "wstap")
	l.install(l.wstap)
	// Without IPv6 the kernel itself sends nothing on an interface that comes up.
	for _, which := range []string{"all", "default"} {
		if err := os.WriteFile("/proc/sys/net/ipv6/conf/"+which+"/disable_ipv6", []byte("1"), 0); err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Skipf("IPv6 cannot be turned off: %v", err)
		}
	}
	for i := range pairs {
		if out, err := exec.Command("ip", "link", "add", nearEnd(i), "type", "veth", "peer", "name", farEnd(i)).CombinedOutput(); err != nil {
			t.Skipf("no pair of interfaces: %s", out)
		}
		for _, end := range []string{nearEnd(i), farEnd(i)} {
			l.ip("link", "set", end, "mtu", "65535", "up")
		}
		l.near = append(l.near, l.socket(nearEnd(i)))
		l.carries(i)
	}
	return l
}

// carries waits until packets pass from end to end of a pair, which they do some time
// after it is up. It returns how many it took to know.
func (l *lab) carries(pair int) (passed int) {
	l.t.Helper()
	_, before := l.transmitted(farEnd(pair))
	l.eventually(func() bool {
		_ = l.trySend(pair, make([]byte, 60))
		_, after := l.transmitted(farEnd(pair))
		passed = int(after - before)
		return passed > 0
	}, func() string { return farEnd(pair) + " never gets a packet" })
	return passed
}

// install writes the program, which is that of the test, to a file.
func (l *lab) install(to string) {
	l.t.Helper()
	self, err := os.Executable()
	if err != nil {
		l.t.Fatal(err)
	}
	b, err := os.ReadFile(self)
	if err != nil {
		l.t.Fatal(err)
	}
	if err := os.WriteFile(to, b, 0o755); err != nil {
		l.t.Fatal(err)
	}
}

func (l *lab) ip(args ...string) {
	l.t.Helper()
	if out, err := exec.Command("ip", args...).CombinedOutput(); err != nil {
		l.t.Fatalf("ip %q: %v: %s", args, err, out)
	}
}

// socket returns one that sends on an interface.
func (l *lab) socket(name string) int {
	l.t.Helper()
	index := -1
	out, err := exec.Command("ip", "-o", "link", "show", "dev", name).Output()
	if number, _, ok := strings.Cut(string(out), ":"); err == nil && ok {
		index, err = strconv.Atoi(number)
	}
	if err != nil || index < 0 {
		l.t.Fatalf("%s: %q, %v", name, out, err)
	}
	fd, err := syscall.Socket(syscall.AF_PACKET, syscall.SOCK_RAW, 0)
	if err != nil {
		l.t.Fatal(err)
	}
	l.t.Cleanup(func() { syscall.Close(fd) })
	if err := syscall.Bind(fd, &syscall.SockaddrLinklayer{Ifindex: index}); err != nil {
		l.t.Fatal(err)
	}
	return fd
}

// send puts a packet on the wire of a pair.
func (l *lab) send(pair int, data []byte) {
	l.t.Helper()
	if err := l.trySend(pair, data); err != nil {
		l.t.Fatal(err)
	}
}

func (l *lab) trySend(pair int, data []byte) error {
	if n, err := syscall.Write(l.near[pair], data); err != nil || n != len(data) {
		return fmt.Errorf("sent %d of %d bytes: %w", n, len(data), err)
	}
	return nil
}

// replay puts the packets of captures on the wire, one at a time, on the pair that choose
// gives (nil: the first). It returns how many.
func (l *lab) replay(choose func(data []byte) int, names ...string) (sent int) {
	l.t.Helper()
	for i := range names {
		set, err := capture.Open([]string{l.capture(names[i])}, capture.Options{})
		if err != nil {
			l.t.Fatal(err)
		}
		for b := new(packet.Block); set.Next(b) == nil; {
			for j := range b.Packets {
				pair := 0
				if choose != nil {
					pair = choose(b.Packets[j].Data)
				}
				l.send(pair, b.Packets[j].Data)
				sent++
			}
		}
		if err := errors.Join(append(set.Problems(), set.Close())...); err != nil || sent == 0 {
			l.t.Fatalf("%s: %d packets, %v", names[i], sent, err)
		}
	}
	return sent
}

// capture returns the path of a capture of testdata.
func (l *lab) capture(name string) string { return filepath.Join(capturesDir(l.t), name) }

// transmitted returns how many packets an interface has sent and received.
func (l *lab) transmitted(name string) (tx, rx uint64) {
	l.t.Helper()
	b, err := os.ReadFile("/proc/thread-self/net/dev")
	if err != nil {
		l.t.Fatal(err)
	}
	for line := range strings.Lines(string(b)) {
		of, counts, _ := strings.Cut(strings.TrimSpace(line), ":")
		if f := strings.Fields(counts); of == name && len(f) >= 16 {
			rx, err1 := strconv.ParseUint(f[1], 10, 64)
			tx, err2 := strconv.ParseUint(f[9], 10, 64)
			if err := errors.Join(err1, err2); err != nil {
				l.t.Fatal(err)
			}
			return tx, rx
		}
	}
	l.t.Fatalf("the kernel has no counts of %s", name)
	return 0, 0
}

// program is a program that runs in a lab.
type program struct {
	l    *lab
	cmd  *exec.Cmd
	done chan struct{} // closed when both streams have ended

	mu     sync.Mutex
	stdout []outputLine
	stderr []string
}

// outputLine is a line and when it came.
type outputLine struct {
	text string
	at   time.Time
}

// start runs wstap and waits until it listens.
func (l *lab) start(args ...string) *program {
	l.t.Helper()
	return l.run(exec.Command(l.wstap, args...), "listening on")
}

// run starts a program and waits until it says a word on standard error.
func (l *lab) run(cmd *exec.Cmd, word string) *program {
	l.t.Helper()
	p := &program{l: l, cmd: cmd, done: make(chan struct{})}
	stdout, err1 := cmd.StdoutPipe()
	stderr, err2 := cmd.StderrPipe()
	if err := errors.Join(err1, err2, cmd.Start()); err != nil {
		l.t.Fatal(err)
	}
	var both sync.WaitGroup
	both.Go(func() {
		for s := lineScanner(stdout); s.Scan(); {
			p.mu.Lock()
			p.stdout = append(p.stdout, outputLine{s.Text(), time.Now()})
			p.mu.Unlock()
		}
	})
	both.Go(func() {
		for s := lineScanner(stderr); s.Scan(); {
			p.mu.Lock()
			p.stderr = append(p.stderr, s.Text())
			p.mu.Unlock()
		}
	})
	go func() { both.Wait(); close(p.done) }()
	l.t.Cleanup(func() { _ = cmd.Process.Kill() })
	p.saying(word)
	return p
}

func lineScanner(r interface{ Read([]byte) (int, error) }) *bufio.Scanner {
	s := bufio.NewScanner(r)
	s.Buffer(nil, 1<<24)
	return s
}

// said returns what came on standard error so far.
func (p *program) said() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(p.stderr, "\n")
}

// saying waits for an expression on standard error.
func (p *program) saying(expression string) {
	p.l.t.Helper()
	re := regexp.MustCompile("(?m)" + expression)
	p.l.eventually(func() bool { return re.MatchString(p.said()) }, func() string {
		return fmt.Sprintf("standard error never had %q, but:\n%s", expression, p.said())
	})
}

// lines returns what came on standard output so far.
func (p *program) lines() []outputLine {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]outputLine(nil), p.stdout...)
}

func (l *lab) eventually(held func() bool, otherwise func() string) {
	l.t.Helper()
	for until := time.Now().Add(patience); !held(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(until) {
			l.t.Fatal(otherwise())
		}
	}
}

// settle waits until wstap has seen all that was sent: it is asked for its counts.
func (p *program) settle(packets int) {
	p.l.t.Helper()
	re := regexp.MustCompile(fmt.Sprintf(`wstap: %d packets? captured,`, packets))
	p.l.eventually(func() bool {
		if err := p.cmd.Process.Signal(syscall.SIGUSR1); err != nil {
			p.l.t.Fatal(err)
		}
		time.Sleep(20 * time.Millisecond)
		return re.MatchString(p.said())
	}, func() string {
		said := p.said()
		return fmt.Sprintf("never captured %d packets, but %s", packets, said[strings.LastIndex(said, "\n")+1:])
	})
}

// stop sends a signal and waits for the end. It returns the exit status.
func (p *program) stop(sig os.Signal) int {
	p.l.t.Helper()
	if err := p.cmd.Process.Signal(sig); err != nil {
		p.l.t.Fatal(err)
	}
	return p.wait()
}

// wait waits for the end and returns the exit status.
func (p *program) wait() int {
	p.l.t.Helper()
	select {
	case <-p.done:
	case <-time.After(patience):
		p.l.t.Fatalf("%q does not end:\n%s", p.cmd.Args, p.said())
	}
	_ = p.cmd.Wait()
	return p.cmd.ProcessState.ExitCode()
}

// records returns the JSON records of a kind that were written so far.
func (p *program) records(kind string) (list []map[string]any) {
	p.l.t.Helper()
	for _, line := range p.lines() {
		list = append(list, records(p.l.t, kind, []byte(line.text))...)
	}
	return list
}
