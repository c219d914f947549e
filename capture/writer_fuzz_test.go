package capture

import (
	"bytes"
	"errors"
	"math"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"wstap/capture/packet"
)

// FuzzWriter writes any packet on any interface with any text, and reads it again.
func FuzzWriter(f *testing.F) {
	f.Add([]byte("data"), int64(at*second), uint32(60), uint16(1), uint32(0), uint8(6), int64(0), "eth0", "tcp", "403", uint32(0))
	f.Add([]byte{}, int64(-1), uint32(0), uint16(276), uint32(3), uint8(0x80|20), int64(-10), "\x00", "\xff", "\x1b[0m\n", uint32(2))
	f.Add([]byte("data"), int64(math.MaxInt64), uint32(4), uint16(1), uint32(0), uint8(0x80|29), int64(math.MinInt64), "", "", "", uint32(1))
	f.Add([]byte("data"), int64(5), uint32(4), uint16(1), uint32(0), uint8(19), int64(math.MaxInt64), "a", "", "\u202e", uint32(1))
	f.Fuzz(func(t *testing.T, data []byte, time int64, origLen uint32, link uint16, snapLen uint32, resolution uint8, offset int64,
		name, filter, comment string, flags uint32) {
		if len(data) > maxPacket {
			return
		}
		desc := &InterfaceDescription{Name: name, Filter: filter, Link: packet.LinkType(link), SnapLen: snapLen, Resolution: resolution, Offset: offset}
		in := []packet.Packet{
			{Time: time, Data: data, OrigLen: origLen, Link: desc.Link},
			{Time: time / 1000 * 1000, Data: data[:len(data)/2], OrigLen: origLen, Link: desc.Link},
			{Time: time, Data: data, OrigLen: origLen, Link: 1},
		}
		w, out := newTestWriter(t, WriterOptions{Application: name, Comment: comment})
		var want result
		for i := range in {
			err := w.Annotated(&in[i], desc, &packet.Annotation{Flags: flags, Comments: []string{comment}}, comment)
			if early := in[i].Time < -maxSeconds*second; early != errors.Is(err, ErrFormat) || !early && err != nil {
				t.Fatal(err)
			}
			if err == nil {
				want.packets = append(want.packets, in[i])
			}
		}
		written := finish(t, w, out)
		requireCopy(t, want, written)

		set, err := Open([]string{Stdin}, Options{Stdin: bytes.NewReader(written), Annotations: true})
		if err != nil {
			t.Fatal(err)
		}
		defer set.Close()
		var b packet.Block
		for set.Next(&b) == nil {
			for i := range b.Packets {
				if d := set.Interface(&b.Packets[i]); d == nil || d.Link != b.Packets[i].Link || !printable(d.Name+d.Filter, false) {
					t.Fatalf("packet %d is of %+v", i, d)
				}
			}
			if comment != "" && len(b.Annotations) != len(b.Packets) {
				t.Fatalf("%d annotations of %d packets", len(b.Annotations), len(b.Packets))
			}
			for _, a := range b.Annotations {
				if a.Flags != flags {
					t.Fatalf("flags %#x, want %#x", a.Flags, flags)
				}
				for i, c := range a.Comments {
					if !printable(c, i == 0) {
						t.Fatalf("the comment %q of %q", c, comment)
					}
				}
				if plain(comment) && comment != "" && len(comment) <= maxOption {
					if diff := cmp.Diff([]string{comment, comment}, a.Comments); diff != "" {
						t.Fatal(diff)
					}
				}
			}
		}
	})
}

// printable reports whether text has nothing in it that acts on a terminal.
func printable(s string, lines bool) bool {
	for _, r := range s {
		if !unicode.IsPrint(r) && !(lines && (r == '\n' || r == '\r' || r == '\t')) {
			return false
		}
	}
	return utf8.ValidString(s)
}
