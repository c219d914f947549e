package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"wstap/capture"
)

// threads returns, for each thread of a process, lines of its status.
func threads(t *testing.T, pid int, names ...string) (list []map[string]string) {
	t.Helper()
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", pid))
	if err != nil || len(files) == 0 {
		t.Fatalf("process %d has no threads: %v", pid, err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if errors.Is(err, os.ErrNotExist) || errors.Is(err, syscall.ESRCH) {
			continue // the thread has ended
		}
		if err != nil {
			t.Fatal(err)
		}
		status := map[string]string{}
		for line := range strings.Lines(string(b)) {
			name, value, _ := strings.Cut(line, ":")
			for _, n := range names {
				if n == name {
					status[name] = strings.Join(strings.Fields(value), " ")
				}
			}
		}
		list = append(list, status)
	}
	return list
}

const noCapabilities = "0000000000000000"

// requireDropped checks every thread of a program that is running.
func (p *program) requireDropped(uid, gid int, groups ...string) {
	p.l.t.Helper()
	list := threads(p.l.t, p.cmd.Process.Pid, "Uid", "Gid", "Groups", "CapPrm", "CapEff", "CapInh", "CapAmb")
	if len(list) < 2 {
		p.l.t.Errorf("%d threads", len(list))
	}
	four := func(n int) string { return strings.TrimSpace(strings.Repeat(strconv.Itoa(n)+" ", 4)) }
	for _, s := range list {
		if s["Uid"] != four(uid) || s["Gid"] != four(gid) || groups != nil && s["Groups"] != strings.Join(groups, " ") {
			p.l.t.Errorf("a thread runs as %v", s)
		}
		for _, set := range []string{"CapPrm", "CapEff", "CapInh", "CapAmb"} {
			if s[set] != noCapabilities {
				p.l.t.Errorf("a thread has %s %s", set, s[set])
			}
		}
	}
}

// TestLivePrivileges looks at every thread after the interfaces are open, and that packets
// still come.
func TestLivePrivileges(t *testing.T) {
	l := newLab(t, 1)
	nobody, err := user.Lookup("nobody")
	if err != nil {
		t.Skip(err)
	}
	uid, err1 := strconv.Atoi(nobody.Uid)
	gid, err2 := strconv.Atoi(nobody.Gid)
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	args := []string{"live", "-i", farEnd(0), "-T", "json"}
	for _, test := range []struct {
		args     []string
		env      []string
		uid, gid int
		groups   []string
		said     string
	}{
		{[]string{"--user", "nobody"}, nil, uid, gid, []string{nobody.Gid}, "nobody"},
		{[]string{"--user", nobody.Uid}, []string{"SUDO_UID=1", "SUDO_GID=1"}, uid, gid, []string{nobody.Gid}, "nobody"},
		{nil, []string{"SUDO_UID=" + nobody.Uid, "SUDO_GID=" + nobody.Gid}, uid, gid, []string{nobody.Gid}, "nobody"},
		{nil, []string{"SUDO_UID=54321", "SUDO_GID=54322"}, 54321, 54322, []string{}, "uid 54321"},
	} {
		cmd := exec.Command(l.wstap, append(args, test.args...)...)
		cmd.Env = append(os.Environ(), test.env...)
		p := l.run(cmd, "listening on")
		if want := fmt.Sprintf("wstap: dropped privileges: going on as %s (uid %d)\n", test.said, test.uid); !strings.HasPrefix(p.said(), want) {
			t.Errorf("%v %v: said %q, want %q", test.args, test.env, p.said(), want)
		}
		p.settle(l.openConnection())
		p.requireDropped(test.uid, test.gid, test.groups...)
		if status := p.stop(syscall.SIGINT); status != exitDone {
			t.Errorf("%v %v: status %d", test.args, test.env, status)
		}
		p.requireOpen()
	}
	for _, stays := range []struct{ args, env []string }{
		{[]string{"--user", "root"}, []string{"SUDO_UID=" + nobody.Uid, "SUDO_GID=" + nobody.Gid}},
		{nil, nil},
	} {
		cmd := exec.Command(l.wstap, append(args, stays.args...)...)
		cmd.Env = append(os.Environ(), stays.env...)
		p := l.run(cmd, "listening on")
		for _, s := range threads(t, cmd.Process.Pid, "Uid") {
			if s["Uid"] != "0 0 0 0" {
				t.Errorf("%v: a thread runs as %s", stays.args, s["Uid"])
			}
		}
		p.stop(syscall.SIGINT)
	}
	cmd := exec.Command(l.wstap, args...)
	cmd.Env = append(os.Environ(), "SUDO_UID=-1", "SUDO_GID=x")
	if out, err := cmd.CombinedOutput(); err == nil || !strings.Contains(string(out), `SUDO_UID "-1"`) {
		t.Errorf("no user: %v, %s", err, out)
	}
}

// TestLiveFileCapabilities runs a binary with cap_net_raw+ep as a user without any: it can
// capture, and keeps nothing of it.
func TestLiveFileCapabilities(t *testing.T) {
	l := newLab(t, 1)
	// struct vfs_cap_data of linux/capability.h, as setcap writes it.
	const revision2, effective, netRaw = 0x02000000, 1, 13
	value := make([]byte, 20)
	binary.LittleEndian.PutUint32(value, revision2|effective)
	binary.LittleEndian.PutUint32(value[4:], 1<<netRaw)
	capable := filepath.Join(l.dir, "capable", "wstap")
	if err := os.Mkdir(filepath.Dir(capable), 0o755); err != nil {
		t.Fatal(err)
	}
	l.install(capable)
	if err := syscall.Setxattr(capable, "security.capability", value, 0); err != nil {
		t.Skipf("a file cannot have capabilities here: %v", err)
	}
	const uid, gid = 54321, 54322
	cmd := exec.Command(capable, "live", "-i", farEnd(0), "-T", "json")
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uid, Gid: gid}}
	p := l.run(cmd, "listening on")
	p.settle(l.openConnection())
	p.requireDropped(uid, gid)
	p.stop(syscall.SIGINT)
	p.requireOpen()

	cmd = exec.Command(capable, "live", "-i", farEnd(0), "--user", "nobody")
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uid, Gid: gid}}
	if out, err := cmd.CombinedOutput(); err == nil || !strings.HasPrefix(string(out), "wstap: --user nobody: only root can become another user\n") {
		t.Errorf("--user without root: %v, %s", err, out)
	}
}

// TestInterfacesNeedNoPrivilege lists them as a user who has none.
func TestInterfacesNeedNoPrivilege(t *testing.T) {
	if !capture.WithLive || os.Geteuid() != 0 {
		t.Skip("needs root, to become somebody else")
	}
	l := newLab(t, 1)
	cmd := exec.Command(l.wstap, "interfaces", "-T", "json")
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 54321, Gid: 54322}}
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	found := map[any]any{}
	for _, r := range records(t, "interface", out) {
		found[r["name"]] = fmt.Sprint(r["state"])
	}
	if found[farEnd(0)] != "[up running]" || found["any"] == nil || found["lo"] != "[down loopback]" {
		t.Errorf("found %v", found)
	}
}
