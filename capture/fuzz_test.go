package capture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"testing"

	"wstap/capture/packet"
)

// maxFuzzOutput bounds how many packets a fuzzed input may expand to when compressed.
const maxFuzzOutput = 1 << 16

// requireSane reads any bytes and checks what must hold whatever they are.
func requireSane(t *testing.T, r io.Reader, consecutive bool) {
	s, err := Open([]string{Stdin}, Options{Stdin: r, Annotations: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var b packet.Block
	number := uint64(0)
	for number < maxFuzzOutput {
		err := s.Next(&b)
		if err == io.EOF {
			break
		}
		if err != nil || len(b.Packets)+len(b.Secrets) == 0 {
			t.Fatalf("Next gives %v with %d packets", err, len(b.Packets))
		}
		for _, p := range b.Packets {
			// Some blocks of pcapng count without being packets: there numbers may skip.
			if n := p.Ref.Number(); n <= number || consecutive && n != number+1 || p.Ref.File() != 0 {
				t.Fatalf("packet %d of file %d after packet %d", n, p.Ref.File(), number)
			}
			number = p.Ref.Number()
			if d := s.Interface(&p); d == nil || d.Link != p.Link {
				t.Fatalf("packet %d of link type %v is of interface %+v", number, p.Link, d)
			}
			if len(p.Data) > maxPacket || cap(p.Data) != len(p.Data) {
				t.Fatalf("packet %d has %d bytes with room for %d", number, len(p.Data), cap(p.Data))
			}
		}
		if rest := b.Annotations; len(rest) > 0 {
			for _, p := range b.Packets {
				if len(rest) > 0 && rest[0].Ref == p.Ref {
					rest = rest[1:]
				}
			}
			if len(rest) > 0 {
				t.Fatalf("%d annotations are of no packet of their block", len(rest))
			}
		}
		for _, in := range s.active {
			if n := len(in.reader.win.buf); n > maxBuffer {
				t.Fatalf("a buffer of %d bytes", n)
			}
		}
	}
	if len(s.Problems()) > 1 {
		t.Fatalf("problems %v, want at most one", s.Problems())
	}
	for _, p := range s.Problems() {
		var e *FileError
		if !errors.As(p, &e) || !errors.Is(e, ErrFormat) && !errors.Is(e, ErrTruncated) {
			t.Fatalf("%v is of no known class", p)
		}
		if e.Packet < number || consecutive && e.Packet != number || e.Offset < 0 {
			t.Fatalf("%v: last good packet %d, %d were given", e, e.Packet, number)
		}
	}
}

func FuzzPcap(f *testing.F) {
	for _, v := range pcapVariants(&composer{order: binary.LittleEndian}) {
		f.Add(v.bytes)
	}
	for _, v := range pcapVariants(&composer{order: binary.BigEndian}) {
		f.Add(v.bytes)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		pcapng := len(b) > 0 && b[0] == 0x0a // or compressed
		requireSane(t, bytes.NewReader(b), !pcapng && detectCompression(b) == compressionNone)
	})
}

func FuzzPcapng(f *testing.F) {
	for _, v := range pcapngVariants(&composer{order: binary.LittleEndian}) {
		f.Add(v.bytes)
	}
	for _, v := range pcapngVariants(&composer{order: binary.BigEndian}) {
		f.Add(v.bytes)
	}
	f.Add(mixedOrders().bytes)
	f.Add(annotatedVariant().bytes)
	f.Fuzz(func(t *testing.T, b []byte) { requireSane(t, bytes.NewReader(b), false) })
}

// FuzzOpen feeds compressed captures, in pieces of a size that varies.
func FuzzOpen(f *testing.F) {
	for _, v := range variants()[:4] {
		f.Add(gzipped(f, v.bytes), uint8(0))
		f.Add(zstandard(f, v.bytes), uint8(7))
		f.Add(v.bytes, uint8(1))
	}
	f.Fuzz(func(t *testing.T, b []byte, piece uint8) {
		requireSane(t, &pieces{b, int(piece)}, false)
	})
}

// pieces gives its bytes a few at a time, or as many as asked for when n is 0.
type pieces struct {
	b []byte
	n int
}

func (p *pieces) Read(b []byte) (int, error) {
	if len(p.b) == 0 {
		return 0, io.EOF
	}
	if p.n > 0 && len(b) > p.n {
		b = b[:p.n]
	}
	n := copy(b, p.b)
	p.b = p.b[n:]
	return n, nil
}
