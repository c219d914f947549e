package capture

import "net/netip"

// Interface is a network interface that packets may be captured on.
type Interface struct {
	Name        string
	Description string // empty where the system gives none
	Up          bool
	Running     bool // it has a carrier
	Loopback    bool
	Wireless    bool
	Addresses   []netip.Prefix // with the length of their network
}
