package main

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"
)

// enterNamespace gives the calling thread, and what it starts, a network of its own with
// one pair of interfaces: what is sent on near arrives at far.
func enterNamespace() error {
	runtime.LockOSThread()
	if err := syscall.Unshare(syscall.CLONE_NEWNET); err != nil {
		return fmt.Errorf("no network namespace (this needs root): %w", err)
	}
	// Without IPv6 the kernel itself sends nothing. Where it has none, that is as well.
	for _, which := range []string{"all", "default"} {
		if err := os.WriteFile("/proc/sys/net/ipv6/conf/"+which+"/disable_ipv6", []byte("1"), 0); err != nil && !os.IsNotExist(err) {
			return err
		}
	}
	for _, args := range [][]string{
		{"link", "add", near, "type", "veth", "peer", "name", far},
		{"link", "set", near, "mtu", "65535", "up"}, // captures hold what offload has put together
		{"link", "set", far, "mtu", "65535", "up"},
	} {
		if out, err := exec.Command("ip", args...).CombinedOutput(); err != nil {
			return fmt.Errorf("ip %v: %w: %s", args, err, out)
		}
	}
	return nil
}
