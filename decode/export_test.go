package decode

import "net/netip"

// CommunityID is communityID for tests.
func CommunityID(a, b string) string {
	return communityID(netip.MustParseAddrPort(a), netip.MustParseAddrPort(b))
}
