package link

import (
	"testing"

	"wstap/capture/packet"
)

// BenchmarkDecode takes apart what is seen most: packets of many connections
// without wraps.
func BenchmarkDecode(b *testing.B) {
	for _, c := range []struct {
		name, hex string
		source    int // the last byte of the sender's address
	}{
		{"ipv4", ethIP4 + "45 00 00 38" + ip4[12:] + tcpOptions + four, 29},
		{"ipv6", ethIP6 + six("00 24", "06", tcpOptions+four), 37},
		{"vlan", macs + "81 00 00 0a 08 00 " + ip4 + tcp + four, 33},
		{"udp", ethIP4 + "45 00 00 20 00 00 00 00 40 11" + ip4[30:] + "00 35 00 35 00 0c 00 00" + four, 29},
	} {
		b.Run(c.name, func(b *testing.B) {
			const n = 64
			packets := make([]packet.Packet, n)
			for i := range packets {
				data := unhex(b, c.hex)
				data[c.source] = byte(i)
				packets[i] = captured(packet.LinkEthernet, data, 0)
			}
			d := New([2]uint64{1, 2})
			segments := make([]Segment, n)
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				d.Decode(&packets[i%n], &segments[i%n])
				i++
			}
		})
	}
}
