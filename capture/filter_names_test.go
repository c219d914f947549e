package capture

import "testing"

// What libpcap looks up in the network is refused; everything in pcap-filter(7)
// that is not a name passes.
func TestLookedUp(t *testing.T) {
	for _, test := range []struct{ expression, name string }{
		{"tcp port 80", ""},
		{"tcp port http or https", ""},
		{"host 10.0.0.1 and not port 22", ""},
		{"net 10.1.0.0/16", ""},
		{"net 10.1", ""},
		{"ip6 host fe80::1", ""},
		{"ether host 00:11:22:aa:bb:cc", ""},
		{"tcp[tcpflags] & (tcp-syn|tcp-fin) != 0", ""},
		{"tcp[13:1] & 0x02 != 0", ""},
		{"ip proto \\tcp", ""},
		{"vlan 10 and tcp", ""},
		{"greater 100 && less 1500", ""},
		{"portrange 6000-6008", ""},
		{"icmp[icmptype] == icmp-echo", ""},
		{"!(tcp port 443)", ""},
		{"host example.com", "example.com"},
		{"src gateway1 and tcp", "gateway1"},
		{"tcp and example.com", "example.com"},
		{"net intranet", "intranet"},
	} {
		name, found := lookedUp(test.expression)
		if name != test.name || found != (test.name != "") {
			t.Errorf("%q: got %q, want %q", test.expression, name, test.name)
		}
	}
}
