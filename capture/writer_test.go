package capture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/gopacket/pcapgo"

	"wstap/capture/packet"
)

// newTestWriter returns a writer and what it writes.
func newTestWriter(t testing.TB, o WriterOptions) (*Writer, *bytes.Buffer) {
	t.Helper()
	var out bytes.Buffer
	w, err := NewWriter(&out, o)
	if err != nil {
		t.Fatal(err)
	}
	return w, &out
}

// finish closes a writer and checks that it counted the bytes.
func finish(t testing.TB, w *Writer, out *bytes.Buffer) []byte {
	t.Helper()
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if n := w.Counts().Bytes; n != uint64(out.Len()) {
		t.Errorf("%d bytes counted, %d written", n, out.Len())
	}
	return out.Bytes()
}

// copied writes all packets of the captures again, with what they say of them.
func copied(t testing.TB, names ...string) []byte {
	t.Helper()
	set, err := Open(names, Options{Annotations: true})
	if err != nil {
		t.Fatal(err)
	}
	defer set.Close()
	w, out := newTestWriter(t, WriterOptions{})
	var b packet.Block
	for set.Next(&b) == nil {
		for i := range b.Secrets {
			if err := w.Secrets(&b.Secrets[i]); err != nil {
				t.Fatal(err)
			}
		}
		rest := b.Annotations
		for i := range b.Packets {
			p := &b.Packets[i]
			var a *packet.Annotation
			if len(rest) > 0 && rest[0].Ref == p.Ref {
				a, rest = &rest[0], rest[1:]
			}
			if err := w.Annotated(p, set.Interface(p), a); err != nil {
				t.Fatal(err)
			}
		}
	}
	// tcpdump takes no file without an interface.
	if d := set.Interface(&packet.Packet{}); d != nil && w.Counts().Packets == 0 {
		if err := w.Describe(d); err != nil {
			t.Fatal(err)
		}
	}
	return finish(t, w, out)
}

// unnumbered removes from packets what a copy changes: where they stand.
func unnumbered(packets []packet.Packet) []packet.Packet {
	list := append([]packet.Packet(nil), packets...)
	for i := range list {
		list[i].Ref, list[i].Interface = 0, 0
	}
	return list
}

var equalBytes = cmp.Comparer(func(a, b []byte) bool { return bytes.Equal(a, b) })

// requireCopy reads what was written and compares it with what went in.
func requireCopy(t *testing.T, want result, written []byte) {
	t.Helper()
	got := readBytes(t, written)
	if len(got.problems) > 0 {
		t.Fatalf("problems:\n%s", problemText(got.problems))
	}
	if diff := cmp.Diff(unnumbered(want.packets), unnumbered(got.packets), equalBytes); diff != "" {
		t.Errorf("packets (-in +out):\n%.3000s", diff)
	}
	if len(want.secrets) != len(got.secrets) {
		t.Errorf("%d secrets, want %d", len(got.secrets), len(want.secrets))
	}
	for i := range min(len(want.secrets), len(got.secrets)) {
		if w, g := want.secrets[i], got.secrets[i]; w.Type != g.Type || !bytes.Equal(w.Data, g.Data) {
			t.Errorf("secrets %d differ", i)
		}
	}
}

// requireSameInGopacket reads what was written with gopacket's reader.
func requireSameInGopacket(t *testing.T, want []packet.Packet, written []byte) {
	t.Helper()
	r, err := pcapgo.NewNgReader(bytes.NewReader(written), pcapgo.NgReaderOptions{WantMixedLinkType: true})
	if err == io.EOF && len(want) == 0 {
		return // it wants an interface
	}
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; ; i++ {
		data, info, err := r.ReadPacketData()
		if err == io.EOF && i == len(want) {
			return
		}
		if err != nil || i == len(want) {
			t.Fatalf("packet %d of %d: %v", i+1, len(want), err)
		}
		p, iface := want[i], must(r.Interface(info.InterfaceIndex))
		switch {
		case !bytes.Equal(data, p.Data):
			t.Errorf("packet %d: other bytes", i+1)
		case uint32(info.Length) != p.OrigLen:
			t.Errorf("packet %d: original length %d, want %d", i+1, info.Length, p.OrigLen)
		case info.Timestamp.UnixNano() != p.Time:
			t.Errorf("packet %d: time %d, want %d", i+1, info.Timestamp.UnixNano(), p.Time)
		case uint8(iface.LinkType) != uint8(p.Link): // gopacket keeps 8 bits
			t.Errorf("packet %d: link type %v, want %v", i+1, iface.LinkType, p.Link)
		}
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// TestWriteCaptures copies every capture of real traffic.
func TestWriteCaptures(t *testing.T) {
	for _, path := range realCaptures(t) {
		t.Run(path, func(t *testing.T) {
			want := readAll(t, Options{}, path)
			written := copied(t, path)
			requireCopy(t, want, written)
			requireSameInGopacket(t, want.packets, written)
			if !bytes.Equal(written, copied(t, path)) {
				t.Error("the second copy differs from the first")
			}
		})
	}
}

// TestWriteVariants copies what no capture of real traffic has.
func TestWriteVariants(t *testing.T) {
	for _, v := range variants() {
		t.Run(v.name, func(t *testing.T) {
			path := writeTemp(t, "v.cap", v.bytes)
			want, written := readAll(t, Options{}, path), copied(t, path)
			requireCopy(t, want, written)
			switch {
			case strings.HasPrefix(v.name, "pcapng seconds"): // gopacket takes them for milliseconds
			case strings.HasPrefix(v.name, "pcapng 2^-10 s"): // and calculates these in floating point
			default:
				requireSameInGopacket(t, want.packets, written)
			}
			// The copy of a copy is the copy: nothing of the description is lost on the way.
			if again := copied(t, writeTemp(t, "again.pcapng", written)); !bytes.Equal(written, again) {
				t.Error("the copy of the copy differs from it")
			}
		})
	}
}

// TestWriteMixed merges files of different link types, units and lengths.
func TestWriteMixed(t *testing.T) {
	var names []string
	for _, v := range variants() {
		names = append(names, writeTemp(t, "v.cap", v.bytes))
	}
	names = append(names, realCaptures(t)...)
	want, written := readAll(t, Options{}, names...), copied(t, names...)
	if len(want.packets) < 1000 {
		t.Fatalf("only %d packets", len(want.packets))
	}
	requireCopy(t, want, written)
}

// TestWriteBytes holds the blocks against those that are composed after the draft.
func TestWriteBytes(t *testing.T) {
	w, out := newTestWriter(t, WriterOptions{Application: "wstap 1.2", Comment: "ticket 5"})
	d := &InterfaceDescription{Name: "eth0", Description: "uplink", Filter: "tcp", Link: 1, SnapLen: 96, Resolution: 9, Offset: -10}
	p := &packet.Packet{Time: 5, Data: frame(1, 21), OrigLen: 60, Link: 1}
	if err := errors.Join(
		w.Secrets(&packet.Secrets{Type: 0x544c534b, Data: []byte("CLIENT")}),
		w.Annotated(p, d, &packet.Annotation{Flags: 2, Comments: []string{"of the input"}}, "one", "", "two"),
		w.Packet(p, d),
		w.Statistics(d, &InterfaceStatistics{Start: 1, End: 1 << 40, Received: new(uint64(7)), OSDropped: new(uint64(0))}),
	); err != nil {
		t.Fatal(err)
	}
	c := &composer{order: binary.LittleEndian}
	c.block(0x0a0d0d0a, c.body(func(b *composer) {
		b.u32(0x1a2b3c4d)
		b.u16(1)
		b.u16(0)
		b.u64(^uint64(0))
		b.Write(c.option(1, []byte("ticket 5")))
		b.Write(c.option(4, []byte("wstap 1.2")))
		b.u32(0)
	}))
	c.secrets(0x544c534b, []byte("CLIENT"))
	c.iface(1, 96, c.option(2, []byte("eth0")), c.option(3, []byte("uplink")), c.option(9, []byte{9}),
		c.option(11, []byte("\x00tcp")), c.option(14, c.body(func(b *composer) { b.u64(^uint64(9)) })))
	s := sample{10_000_000_005, p.Data, 60}
	c.enhanced(0, s, c.option(2, []byte{2, 0, 0, 0}), c.option(1, []byte("of the input")),
		c.option(1, []byte("one")), c.option(1, []byte("two")), c.option(0, nil))
	c.enhanced(0, s)
	at := uint64(1<<40 + 1e10)
	c.block(5, c.body(func(b *composer) {
		b.u32(0)
		b.u32(uint32(at >> 32))
		b.u32(uint32(at))
		b.Write(c.option(2, c.body(func(b *composer) { b.u32(2); b.u32(1e10 + 1 - 2<<32) })))
		b.Write(c.option(3, c.body(func(b *composer) { b.u32(uint32(at >> 32)); b.u32(uint32(at)) })))
		b.Write(c.option(4, c.body(func(b *composer) { b.u64(7) })))
		b.Write(c.option(7, c.body(func(b *composer) { b.u64(0) })))
		b.u32(0)
	}))
	if diff := cmp.Diff(c.take(), finish(t, w, out)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestWriteContradictions writes packets that are not as their interface says. They come
// back as they went in.
func TestWriteContradictions(t *testing.T) {
	micro := &InterfaceDescription{Name: "eth0", Link: 1, SnapLen: 30, Resolution: 6}
	binary := &InterfaceDescription{Name: "eth1", Link: 1, Resolution: 0x80 | 10, Offset: -5}
	data := frame(1, 20)
	in := []struct {
		packet packet.Packet
		desc   *InterfaceDescription
		second bool // described a second time
	}{
		{packet.Packet{Time: 1000, Data: data, Link: 1}, micro, false},
		{packet.Packet{Time: 1001, Data: data, Link: 1}, micro, true},
		{packet.Packet{Time: -1000, Data: data, Link: 1}, micro, true},
		{packet.Packet{Time: -maxSeconds * second, Data: data, Link: 1}, micro, true},
		{packet.Packet{Time: math.MaxInt64, Data: data, Link: 1}, micro, true},
		{packet.Packet{Time: math.MaxInt64, Data: data, Link: 1}, binary, true},
		{packet.Packet{Time: maxSeconds * second, Data: data, Link: 1}, binary, true},
		{packet.Packet{Time: -4.5e9, Data: data, Link: 1}, binary, false},
		{packet.Packet{Time: 976562, Data: data, Link: 1}, binary, false}, // 2^-10 s are 976,562.5 ns
		{packet.Packet{Time: 976563, Data: data, Link: 1}, binary, true},
		{packet.Packet{Time: 1000, Data: data, Link: 101}, micro, true},
		{packet.Packet{Time: 1000, Data: frame(1, 31), Link: 1}, micro, true},
		{packet.Packet{Time: 1234, Data: data, Link: 7}, nil, false},
		{packet.Packet{Time: 1000, Link: 1}, micro, false},
		{packet.Packet{Time: 1000, Data: frame(1, maxPacket), OrigLen: math.MaxUint32, Link: 1}, micro, true},
	}
	var want result
	w, out := newTestWriter(t, WriterOptions{})
	for _, i := range in {
		if err := w.Packet(&i.packet, i.desc); err != nil {
			t.Fatal(err)
		}
		want.packets = append(want.packets, i.packet)
	}
	written := finish(t, w, out)
	requireCopy(t, want, written)
	got, _ := described(t, written)
	for i, d := range got {
		want := in[i].desc
		if want == nil {
			want = &InterfaceDescription{Link: in[i].packet.Link, Resolution: 9}
		}
		if d.Name != want.Name || d.Link != in[i].packet.Link {
			t.Errorf("packet %d: of %+v", i, d)
		}
		if same := d == *want; same == in[i].second {
			t.Errorf("packet %d: of %+v, described as %+v", i, d, *want)
		}
	}
	for name, p := range map[string]packet.Packet{
		"too long":  {Data: make([]byte, maxPacket+1), Link: 1},
		"too early": {Time: -maxSeconds*second - 1, Link: 1},
	} {
		w, out := newTestWriter(t, WriterOptions{})
		if err := w.Packet(&p, nil); !errors.Is(err, ErrFormat) {
			t.Errorf("%s: %v, want ErrFormat", name, err)
		}
		if err := w.Packet(&in[0].packet, micro); err != nil {
			t.Errorf("%s: the packet after it: %v", name, err)
		}
		requireCopy(t, result{packets: want.packets[:1]}, finish(t, w, out))
	}
}

// comments reads the comments on the only packet of a capture.
func comments(t *testing.T, b []byte) []string {
	t.Helper()
	set, err := Open([]string{Stdin}, Options{Stdin: bytes.NewReader(b), Annotations: true})
	if err != nil {
		t.Fatal(err)
	}
	defer set.Close()
	var block packet.Block
	if err := set.Next(&block); err != nil || len(block.Packets) != 1 {
		t.Fatalf("%v, %d packets, problems %v", err, len(block.Packets), set.Problems())
	}
	if len(block.Annotations) == 0 {
		return nil
	}
	return block.Annotations[0].Comments
}

func TestWriteComments(t *testing.T) {
	long := strings.Repeat("x", 65534)
	var many, most []string
	for i := range maxComments + 3 {
		many = append(many, strings.Repeat(string(rune('A'+i%26)), 65535))
	}
	most = many[:maxComments]
	for name, tc := range map[string]struct {
		in, kept, want []string
		counts         WriterCounts
	}{
		"none":               {},
		"empty":              {in: []string{"", ""}},
		"plain":              {in: []string{"a", "b & c"}, want: []string{"a", "b & c"}, counts: WriterCounts{Comments: 2}},
		"UTF-8":              {in: []string{"naïve ✓"}, want: []string{"naïve ✓"}, counts: WriterCounts{Comments: 1}},
		"escape sequence":    {in: []string{"\x1b[31mred\x00\x7f"}, want: []string{"\ufffd[31mred\ufffd\ufffd"}, counts: WriterCounts{Comments: 1}},
		"lines":              {in: []string{"a\r\nb\tc\u2028d\u0085e"}, want: []string{"a  b c d e"}, counts: WriterCounts{Comments: 1}},
		"not UTF-8":          {in: []string{"a\xffb\xe2\x82"}, want: []string{"a\ufffdb\ufffd\ufffd"}, counts: WriterCounts{Comments: 1}},
		"written backwards":  {in: []string{"\u202egpj"}, want: []string{"\ufffdgpj"}, counts: WriterCounts{Comments: 1}},
		"lines of the input": {kept: []string{"a\r\n\tb\x1b"}, in: []string{"c"}, want: []string{"a\r\n\tb\ufffd", "c"}, counts: WriterCounts{Comments: 2}},
		"longest":            {in: []string{long + "y"}, want: []string{long + "y"}, counts: WriterCounts{Comments: 1}},
		"too long":           {in: []string{long + "yz"}, want: []string{long[:65532] + "…"}, counts: WriterCounts{Comments: 1, CommentsCut: 1}},
		"cut within a character": {in: []string{long[:65531] + "éééé"}, want: []string{long[:65531] + "…"},
			counts: WriterCounts{Comments: 1, CommentsCut: 1}},
		"too many": {in: many, want: most, counts: WriterCounts{Comments: maxComments, CommentsLeftOut: 3}},
		"too many with those of the input": {kept: many[:10], in: many[10:], want: most,
			counts: WriterCounts{Comments: maxComments, CommentsLeftOut: 3}},
	} {
		t.Run(name, func(t *testing.T) {
			w, out := newTestWriter(t, WriterOptions{})
			// The longest comments on the longest packet.
			p := &packet.Packet{Data: make([]byte, maxPacket), Link: 1}
			if err := w.Annotated(p, nil, &packet.Annotation{Comments: tc.kept}, tc.in...); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, comments(t, finish(t, w, out))); diff != "" {
				t.Errorf("(-want +got):\n%.1000s", diff)
			}
			tc.counts.Packets, tc.counts.Interfaces, tc.counts.Bytes = 1, 1, w.Counts().Bytes
			if diff := cmp.Diff(tc.counts, w.Counts()); diff != "" {
				t.Errorf("counts (-want +got):\n%s", diff)
			}
		})
	}
}

// TestWriteErrors writes where nothing can be written.
func TestWriteErrors(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip(err)
	}
	defer full.Close()
	if _, err := NewWriter(full, WriterOptions{}); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("full from the start: %v, want ENOSPC", err)
	}
	reader, pipe, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer pipe.Close()
	p := &packet.Packet{Data: frame(1, 60), Link: 1}
	for name, tc := range map[string]struct {
		to    io.Writer
		spoil func()
		want  error
	}{
		"full later":  {&fullAfter{28}, func() {}, syscall.ENOSPC},
		"pipe closed": {pipe, func() { reader.Close() }, syscall.EPIPE},
	} {
		t.Run(name, func(t *testing.T) {
			w, err := NewWriter(tc.to, WriterOptions{})
			if err != nil {
				t.Fatal(err)
			}
			tc.spoil()
			// Until the buffer is full nobody can know.
			for i := 0; err == nil && i < 2*writeBuffer/len(p.Data); i++ {
				err = w.Packet(p, nil)
			}
			if !errors.Is(err, tc.want) {
				t.Fatalf("%v, want %v", err, tc.want)
			}
			for _, again := range []error{
				w.Packet(p, nil), w.Secrets(&packet.Secrets{}), w.Statistics(&InterfaceDescription{}, &InterfaceStatistics{}),
				w.Flush(), w.Close(), w.Close(), w.Packet(p, nil),
			} {
				if !errors.Is(again, err) {
					t.Errorf("later: %v, want %v", again, err)
				}
			}
		})
	}
	t.Run("only at the end", func(t *testing.T) {
		w, err := NewWriter(&fullAfter{28}, WriterOptions{})
		if err := errors.Join(err, w.Packet(p, nil)); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("%v, want ENOSPC", err)
		}
	})
	t.Run("after Close", func(t *testing.T) {
		w, out := newTestWriter(t, WriterOptions{})
		written := len(finish(t, w, out))
		if w.Packet(p, nil) == nil || w.Flush() == nil || w.Close() != nil || out.Len() != written {
			t.Error("a closed file can be written to")
		}
	})
}

// fullAfter is a disk with room for so many bytes.
type fullAfter struct{ room int }

func (f *fullAfter) Write(b []byte) (int, error) {
	n := min(f.room, len(b))
	f.room -= n
	if n < len(b) {
		return n, syscall.ENOSPC
	}
	return n, nil
}

// TestWriteInterfaceLimit describes more interfaces than a reader would take.
func TestWriteInterfaceLimit(t *testing.T) {
	w, out := newTestWriter(t, WriterOptions{})
	p := &packet.Packet{Data: frame(1, 20), Link: 1}
	var want result
	for i := range maxInterfaces + 2 {
		err := w.Packet(p, &InterfaceDescription{Name: fmt.Sprint(i), Link: 1, Resolution: 9})
		if beyond := i >= maxInterfaces; errors.Is(err, ErrFormat) != beyond || (err == nil) == beyond {
			t.Fatalf("interface %d: %v", i, err)
		}
		if err == nil {
			want.packets = append(want.packets, *p)
		}
	}
	requireCopy(t, want, finish(t, w, out))
}

func TestWriteSecretsLimit(t *testing.T) {
	w, out := newTestWriter(t, WriterOptions{})
	most := &packet.Secrets{Type: 1, Data: make([]byte, maxBlock-20)}
	if err := w.Secrets(most); err != nil {
		t.Fatal(err)
	}
	if err := w.Secrets(&packet.Secrets{Data: make([]byte, len(most.Data)+1)}); !errors.Is(err, ErrFormat) {
		t.Errorf("%v, want ErrFormat", err)
	}
	requireCopy(t, result{secrets: []packet.Secrets{*most}}, finish(t, w, out))
}

// TestWriteAllocations holds that a packet without comments costs no allocation, also
// where packets of two interfaces alternate and where one needs a second description.
func TestWriteAllocations(t *testing.T) {
	w, err := NewWriter(io.Discard, WriterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	a := &InterfaceDescription{Name: "eth0", Link: 1, Resolution: 6}
	b := &InterfaceDescription{Name: "eth1", Link: 1, Resolution: 0x80 | 20}
	p := &packet.Packet{Data: frame(1, 1400), Link: 1, Time: at * second}
	odd := &packet.Packet{Data: frame(1, 1400), Link: 1, Time: at*second + 1}
	note := &packet.Annotation{Flags: 1}
	if n := testing.AllocsPerRun(1000, func() {
		for _, err := range [...]error{w.Packet(p, a), w.Packet(p, a), w.Packet(p, b), w.Packet(odd, a), w.Packet(p, nil), w.Annotated(p, a, note)} {
			if err != nil {
				t.Fatal(err)
			}
		}
	}); n != 0 {
		t.Errorf("%v allocations for six packets", n)
	}
}

func BenchmarkWrite(b *testing.B) {
	w, err := NewWriter(io.Discard, WriterOptions{})
	if err != nil {
		b.Fatal(err)
	}
	d := &InterfaceDescription{Name: "eth0", Link: 1, Resolution: 6}
	p := &packet.Packet{Data: frame(1, 196), OrigLen: 196, Link: 1, Time: at * second}
	b.ReportAllocs()
	for b.Loop() {
		if err := w.Packet(p, d); err != nil {
			b.Fatal(err)
		}
	}
}
