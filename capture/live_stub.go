//go:build !cgo || nopcap || windows

package capture

import (
	"fmt"
	"net"
	"net/netip"
)

// WithLive says whether this build can read interfaces.
const WithLive = false

// LibpcapVersion returns what libpcap calls itself, or "" in a build without it.
func LibpcapVersion() string { return "" }

func liveNotSupported() error {
	return fmt.Errorf("live capture: %w: it was built without libpcap; build with cgo and without the tag nopcap, or pipe tcpdump -U -w - into wstap read", ErrNotSupported)
}

func openTap(string, LiveOptions) (tap, error) { return nil, liveNotSupported() }

// Interfaces returns the interfaces of this machine. It needs no privilege. Without
// libpcap there may be ones that could not be read.
func Interfaces() ([]Interface, error) {
	list, err := net.Interfaces()
	if err != nil {
		return nil, err
	}
	out := make([]Interface, len(list))
	for i, n := range list {
		out[i] = Interface{
			Name: n.Name, Up: n.Flags&net.FlagUp != 0, Running: n.Flags&net.FlagRunning != 0, Loopback: n.Flags&net.FlagLoopback != 0,
		}
		addresses, err := n.Addrs()
		if err != nil {
			return nil, err
		}
		for _, a := range addresses {
			if prefix, err := netip.ParsePrefix(a.String()); err == nil {
				out[i].Addresses = append(out[i].Addresses, prefix)
			}
		}
	}
	return out, nil
}
