package capture

import (
	"encoding/binary"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"wstap/capture/packet"
)

// described returns the interface of each packet of a capture.
func described(t *testing.T, b []byte) ([]InterfaceDescription, []*InterfaceDescription) {
	t.Helper()
	set, err := Open([]string{writeTemp(t, "x.pcapng", b)}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer set.Close()
	var values []InterfaceDescription
	var pointers []*InterfaceDescription
	for _, p := range drain(t, set).packets {
		d := set.Interface(&p)
		if d == nil {
			t.Fatalf("packet %d has no interface", p.Ref.Number())
		}
		values, pointers = append(values, *d), append(pointers, d)
	}
	return values, pointers
}

var ignoreTwin = cmpopts.IgnoreUnexported(InterfaceDescription{})

func TestInterfaceOfPcap(t *testing.T) {
	for _, tc := range []struct {
		magic uint32
		want  uint8
	}{{0xa1b2c3d4, 6}, {0xa1b23c4d, 9}} {
		c := &composer{order: binary.BigEndian}
		c.pcapHeader(tc.magic, 4, 276)
		c.record(at, 1, frame(1, 20), 20)
		got, _ := described(t, c.take())
		want := []InterfaceDescription{{Link: 276, SnapLen: 65535, Resolution: tc.want}}
		if diff := cmp.Diff(want, got, ignoreTwin); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}

// TestInterfaceOptions reads the options of draft-ietf-opsawg-pcapng section 4.2.
func TestInterfaceOptions(t *testing.T) {
	c := &composer{order: binary.BigEndian}
	c.section()
	c.iface(113, 96, c.option(2, []byte("eth0\x00")), c.option(3, []byte("uplink")), c.option(9, []byte{0x80 | 20}),
		c.option(11, []byte("\x00tcp port 80")), c.option(12, []byte("an operating system")),
		c.option(14, c.body(func(b *composer) { b.u64(^uint64(9)) })))
	c.enhanced(0, sample{1 << 20, frame(1, 20), 20})
	// A filter that is a program is not an expression.
	c.iface(1, 0, c.option(11, []byte("\x01program ")))
	c.enhanced(1, sample{1, frame(1, 20), 20})
	got, _ := described(t, c.take())
	want := []InterfaceDescription{
		{Name: "eth0", Description: "uplink", Filter: "tcp port 80", Link: 113, SnapLen: 96, Resolution: 0x94, Offset: -10},
		{Link: 1, Resolution: 6},
	}
	if diff := cmp.Diff(want, got, ignoreTwin); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestInterfaceOfSections describes interfaces anew in every section. Packets find
// their own, and what is the same again is the same interface.
func TestInterfaceOfSections(t *testing.T) {
	c := &composer{order: binary.LittleEndian}
	named := func(names ...string) {
		c.section()
		for i, n := range names {
			c.iface(1, 0, c.option(2, []byte(n)))
			c.enhanced(uint32(i), sample{at, frame(i, 20), 20})
		}
	}
	named("a")
	named("b", "a")
	named("a", "a", "a") // three that nobody can tell apart but by their numbers
	named("c", "b", "a", "a")
	got, pointers := described(t, c.take())
	var names []string
	number := map[*InterfaceDescription]int{}
	var numbers []int
	for i, d := range got {
		names = append(names, d.Name)
		if _, ok := number[pointers[i]]; !ok {
			number[pointers[i]] = len(number)
		}
		numbers = append(numbers, number[pointers[i]])
	}
	if want := "a b a a a a c b a a"; strings.Join(names, " ") != want {
		t.Errorf("names %q, want %q", names, want)
	}
	if diff := cmp.Diff([]int{0, 1, 0, 0, 2, 3, 4, 1, 0, 2}, numbers); diff != "" {
		t.Errorf("interfaces (-want +got):\n%s", diff)
	}
}

// TestManySections concatenates more sections than interfaces can be told apart, as
// cat makes of a long-running ring of files.
func TestManySections(t *testing.T) {
	c := &composer{order: binary.LittleEndian}
	for range maxInterfaces + 10 {
		c.section()
		c.iface(1, 0, c.option(2, []byte("eth0")))
		c.iface(1, 0, c.option(2, []byte("eth1")))
	}
	c.enhanced(1, sample{at, frame(1, 20), 20})
	got, _ := described(t, c.take())
	if len(got) != 1 || got[0].Name != "eth1" {
		t.Errorf("%+v, want the packet of eth1", got)
	}
}

// TestInterfaceText bounds what a file can make the program keep of its text.
func TestInterfaceText(t *testing.T) {
	c := &composer{order: binary.LittleEndian}
	c.section()
	const n, size = 100, 60_000
	for i := range n {
		c.iface(1, uint32(i), c.option(3, []byte(strings.Repeat("x", size))))
		c.enhanced(uint32(i), sample{at, frame(1, 20), 20})
	}
	got, _ := described(t, c.take())
	kept := 0
	for i, d := range got {
		if d.SnapLen != uint32(i) {
			t.Fatalf("packet %d is of the interface with snaplen %d", i, d.SnapLen)
		}
		if d.TextLeftOut == (d.Description != "") {
			t.Errorf("interface %d: text of %d bytes, left out %v", i, len(d.Description), d.TextLeftOut)
		}
		kept += len(d.Description)
	}
	if want := maxInterfaceText / size * size; kept != want {
		t.Errorf("%d bytes kept, want %d", kept, want)
	}
}

// TestNoInterface asks for what there is not.
func TestNoInterface(t *testing.T) {
	set, err := Open([]string{writeTemp(t, "x.pcapng", variants()[0].bytes)}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer set.Close()
	for _, p := range []packet.Packet{{}, {Ref: packet.NewRef(1, 1)}, {Interface: 7}} {
		if d := set.Interface(&p); d != nil {
			t.Errorf("%v has %+v", p, d)
		}
	}
}

// TestAnnotations reads the options of packets, of which some are filtered out, from
// two files whose packets alternate.
func TestAnnotations(t *testing.T) {
	compose := func(order interface {
		binary.ByteOrder
		binary.AppendByteOrder
	}, start uint64) []byte {
		c := &composer{order: order}
		c.section()
		c.iface(1, 0)
		for i := range uint64(50) {
			var options [][]byte
			text := fmt.Sprintf("%d of %d", i, start)
			switch i % 5 {
			case 0:
				options = append(options, c.option(1, []byte(text)), c.option(4, make([]byte, 8)), c.option(1, []byte("again")))
			case 1:
				options = append(options, c.option(2, c.body(func(b *composer) { b.u32(uint32(i)) })), c.option(0, nil), c.option(1, []byte("after the end")))
			case 2:
				options = append(options, c.option(1, []byte(text)), []byte{1, 0, 0xff, 0xff})
			case 3:
				options = append(options, c.option(0, nil))
			}
			c.enhanced(0, sample{at*1e6 + 2*i + start, frame(int(i), 21), 21}, options...)
		}
		return c.take()
	}
	names := []string{
		writeTemp(t, "a.pcapng", compose(binary.LittleEndian, 0)),
		writeTemp(t, "b.pcapng", compose(binary.BigEndian, 1)),
	}
	for _, o := range []Options{{}, {Annotations: true}, {Annotations: true, Filter: "ether[0] & 1 = 0"}} {
		if o.Filter != "" && !WithLibpcap {
			continue
		}
		set, err := Open(names, o)
		if err != nil {
			t.Fatal(err)
		}
		defer set.Close()
		var got, want []string
		var b packet.Block
		count := 0
		for set.Next(&b) == nil {
			rest := b.Annotations
			for _, p := range b.Packets {
				count++
				i := p.Ref.Number() - 1
				if o.Annotations && i%5 < 3 {
					text := map[uint64]string{0: fmt.Sprintf("[%d of %d again]", i, p.Ref.File()), 1: "[]", 2: fmt.Sprintf("[%d of %d]", i, p.Ref.File())}[i%5]
					want = append(want, fmt.Sprintf("%x %d %s", p.Ref, map[bool]uint64{true: i}[i%5 == 1], text))
				}
				for len(rest) > 0 && rest[0].Ref == p.Ref {
					got = append(got, fmt.Sprintf("%x %d %v", rest[0].Ref, rest[0].Flags, rest[0].Comments))
					rest = rest[1:]
				}
			}
			if len(rest) > 0 {
				t.Fatalf("%d annotations are of no packet of their block", len(rest))
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%+v (-want +got):\n%s", o, diff)
		}
		if all := 100; count != all && (o.Filter == "" || count != all/2) {
			t.Errorf("%+v: %d packets", o, count)
		}
	}
}

// TestInterfaceWhileReading asks for the interfaces of a block while the next ones are
// read, which the race detector watches.
func TestInterfaceWhileReading(t *testing.T) {
	c := &composer{order: binary.LittleEndian}
	const sections = 5000
	for i := range sections {
		c.section()
		c.iface(1, uint32(i))
		c.enhanced(0, sample{at, frame(i, 200), 200})
	}
	set, err := Open([]string{writeTemp(t, "x.pcapng", c.take())}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer set.Close()
	blocks, done := make(chan []packet.Packet), make(chan int)
	go func() {
		n := 0
		for packets := range blocks {
			for i := range packets {
				if d := set.Interface(&packets[i]); d == nil || d.SnapLen != uint32(n) {
					t.Errorf("packet %d is of %+v", n, d)
				}
				n++
			}
		}
		done <- n
	}()
	for {
		var b packet.Block
		if set.Next(&b) != nil {
			break
		}
		blocks <- b.Packets
	}
	close(blocks)
	if n := <-done; n != sections {
		t.Errorf("%d packets, want %d", n, sections)
	}
}
