package capture

import (
	"bytes"
	"encoding/binary"
)

// take returns what was composed and begins anew.
func (c *composer) take() []byte {
	b := bytes.Clone(c.Bytes())
	c.Reset()
	return b
}

// classic composes a file of three packets: whole, cut by snaplen, empty.
func classic(c *composer, name string, magic uint32, minor uint16, network uint32, unit int64) variant {
	c.pcapHeader(magic, minor, network)
	v := variant{name: name}
	for i, n := range []int{60, 33, 0} {
		data := frame(i, n)
		c.record(at+uint32(i), 123456, data, uint32(60+i))
		v.want = append(v.want, want{(at+int64(i))*1e9 + 123456*unit, data, uint32(60 + i), uint16(network), 0})
	}
	v.bytes = c.take()
	return v
}

func pcapVariants(c *composer) []variant {
	vs := []variant{
		classic(c, "pcap µs", 0xa1b2c3d4, 4, 1, 1000),
		classic(c, "pcap ns", 0xa1b23c4d, 4, 1, 1),
		classic(c, "pcap SLL2", 0xa1b2c3d4, 4, 276, 1000),
		classic(c, "pcap raw", 0xa1b2c3d4, 4, 101, 1000),
	}
	// Frame check sequences of 4 bytes: length in 16-bit words in the upper 4 bits,
	// and the bit that says so (draft-ietf-opsawg-pcap, figure 2).
	fcs := classic(c, "pcap with FCS", 0xa1b2c3d4, 4, 1|2<<28|1<<26, 1000)
	for i := range fcs.want {
		fcs.want[i].link = 1
	}
	return append(vs, fcs, modified(c), swapped(c, 2), swapped(c, 3))
}

// modified composes a file of the patched libpcap of 1998, with 8 more bytes in each
// record header.
func modified(c *composer) variant {
	c.pcapHeader(0xa1b2cd34, 4, 1)
	c.u32(at)
	c.u32(7)
	c.u32(3)
	c.u32(99)
	c.u32(2)           // interface index
	c.u16(0x0800)      // protocol
	c.Write([]byte{4}) // packet type
	c.Write([]byte{0})
	c.WriteString("abc")
	return variant{
		name:  "pcap modified",
		bytes: c.take(),
		want:  []want{{at*1e9 + 7000, []byte("abc"), 99, 1, 0}},
	}
}

// swapped composes a file of an old version, in which the original length came first.
func swapped(c *composer, minor uint16) variant {
	c.pcapHeader(0xa1b2c3d4, minor, 1)
	c.u32(at)
	c.u32(7)
	c.u32(99)
	c.u32(3)
	c.WriteString("abc")
	return variant{
		name:  "pcap 2." + string(rune('0'+minor)),
		bytes: c.take(),
		want:  []want{{at*1e9 + 7000, []byte("abc"), 99, 1, 0}},
	}
}

// resolution composes a file whose timestamps count in units of an if_tsresol.
func resolution(c *composer, name string, value byte, ticks uint64, ns int64) variant {
	c.section()
	c.iface(1, 0, c.option(2, []byte("eth0")), c.option(9, []byte{value}))
	data := frame(1, 21)
	c.enhanced(0, sample{ticks, data, 21})
	return variant{name: "pcapng " + name, bytes: c.take(), want: []want{{ns, data, 21, 1, 0}}}
}

func pcapngVariants(c *composer) []variant {
	finest := resolution(c, "2^-63 s", 0x80|63, 1<<63|1<<62, 1e9+5e8)
	finest.notLibpcap = "loses the fraction, which overflows there"
	return []variant{
		resolution(c, "seconds", 0, at, at*1e9),
		resolution(c, "milliseconds", 3, at*1e3+5, at*1e9+5e6),
		resolution(c, "nanoseconds", 9, at*1e9+5, at*1e9+5),
		resolution(c, "picoseconds", 12, 1_000_000*1e12+5000, 1_000_000*1e9+5),
		resolution(c, "10^-19 s", 19, 1e19+5e10, 1e9+5),
		resolution(c, "2^-0 s", 0x80, at, at*1e9),
		resolution(c, "2^-10 s", 0x80|10, at<<10|512, at*1e9+5e8),
		resolution(c, "2^-20 s", 0x80|20, at<<20|1, at*1e9+953),
		resolution(c, "2^-32 s", 0x80|32, at<<32|1<<31, at*1e9+5e8),
		resolution(c, "2^-31 s", 0x80|31, 5<<31|1<<30, 5e9+5e8),
		finest,
		offsetVariant(c), sectionsVariant(c), simpleVariant(c), secretsVariant(c), noiseVariant(c),
	}
}

// offsetVariant composes a file with if_tsoffset, one of them before 1970.
func offsetVariant(c *composer) variant {
	offset := c.body(func(b *composer) { b.u64(at) })
	back := c.body(func(b *composer) { b.u64(^uint64(9)) }) // -10
	c.section()
	c.iface(1, 0, c.option(14, offset))
	c.iface(1, 0, c.option(14, back), c.option(9, []byte{9}))
	data := frame(2, 5)
	c.enhanced(0, sample{1_500_000, data, 5})
	c.enhanced(1, sample{20_000_000_001, data, 5})
	return variant{name: "pcapng tsoffset", bytes: c.take(), want: []want{
		{at*1e9 + 15e8, data, 5, 1, 0},
		{10_000_000_001, data, 5, 1, 1},
	}}
}

// sectionsVariant composes two sections, of which the second numbers its interfaces
// anew and has another resolution, so that it is the third of the file; the obsolete packet block stands in both.
func sectionsVariant(c *composer) variant {
	a, b := frame(3, 64), frame(4, 7)
	c.section()
	c.iface(1, 0)
	c.iface(1, 0, c.option(9, []byte{9}))
	c.enhanced(1, sample{at * 1e9, a, 64})
	c.obsolete(0, sample{at*1e6 + 1, b, 70})
	c.section()
	c.iface(1, 0, c.option(9, []byte{3}))
	c.obsolete(0, sample{at*1e3 + 2, a, 64})
	return variant{name: "pcapng sections", bytes: c.take(), want: []want{
		{at * 1e9, a, 64, 1, 1},
		{at*1e9 + 1000, b, 70, 1, 0},
		{at*1e9 + 2e6, a, 64, 1, 2},
	}}
}

// simpleVariant composes simple packets after one with a time: whole, and cut by the
// interface's snaplen.
func simpleVariant(c *composer) variant {
	a, b, long := frame(5, 12), frame(6, 30), frame(7, 40)
	c.section()
	c.iface(1, 40)
	c.enhanced(0, sample{at * 1e6, a, 12})
	c.simple(b, 30)
	c.simple(long, 1000)
	return variant{name: "pcapng simple", bytes: c.take(), want: []want{
		{at * 1e9, a, 12, 1, 0},
		{at * 1e9, b, 30, 1, 0},
		{at * 1e9, long, 1000, 1, 0},
	}, notLibpcap: "gives simple packets the time 0"}
}

// secretsVariant composes secrets before, between and after the packets.
func secretsVariant(c *composer) variant {
	a := frame(8, 12)
	c.section()
	c.secrets(0x544c534b, []byte("CLIENT_RANDOM 00 11\n"))
	c.iface(1, 0)
	c.enhanced(0, sample{at * 1e6, a, 12})
	c.secrets(0x57474b4c, []byte("wire"))
	c.enhanced(0, sample{at*1e6 + 1, a, 12})
	c.secrets(0x544c534b, nil)
	return variant{name: "pcapng secrets", bytes: c.take(), want: []want{
		{at * 1e9, a, 12, 1, 0},
		{at*1e9 + 1000, a, 12, 1, 0},
	}, secrets: []string{"CLIENT_RANDOM 00 11\n", "wire", ""}}
}

// noiseVariant composes blocks to be skipped around packets with options.
func noiseVariant(c *composer) variant {
	a := frame(9, 13)
	c.section()
	c.block(4, make([]byte, 4)) // name resolution
	c.block(0x7abcdef0, frame(0, 300))
	c.iface(1, 0)
	c.block(5, make([]byte, 12)) // interface statistics
	c.enhanced(0, sample{at * 1e6, a, 13}, c.option(1, []byte("a comment")), c.option(0, nil))
	c.block(0x7fffffff, nil)
	c.enhanced(0, sample{at * 1e6, a, 13})
	return variant{name: "pcapng noise", bytes: c.take(), want: []want{
		{at * 1e9, a, 13, 1, 0},
		{at * 1e9, a, 13, 1, 0},
	}}
}

// mixedOrders composes a file that joins a big-endian section to a little-endian one,
// as a plain cat of two files does.
func mixedOrders() variant {
	a := frame(10, 13)
	var all []byte
	for i, c := range []*composer{{order: binary.LittleEndian}, {order: binary.BigEndian}, {order: binary.LittleEndian}} {
		c.section()
		c.iface(1, 0)
		c.enhanced(0, sample{at*1e6 + uint64(i), a, 13})
		all = append(all, c.take()...)
	}
	return variant{name: "pcapng mixed byte orders", bytes: all, want: []want{
		{at * 1e9, a, 13, 1, 0},
		{at*1e9 + 1000, a, 13, 1, 0},
		{at*1e9 + 2000, a, 13, 1, 0},
	}, notLibpcap: "refuses another byte order in a later section"}
}
