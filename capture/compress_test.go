package capture

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"testing"

	"github.com/klauspost/compress/zstd"
)

func gzipped(t testing.TB, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func zstandard(t testing.TB, b []byte) []byte {
	t.Helper()
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	return w.EncodeAll(b, nil)
}

// TestCompressed reads variants wrapped in each way, under a name that does not tell.
func TestCompressed(t *testing.T) {
	skippable := []byte{0x5e, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 'a', 'b', 'c'}
	for _, v := range variants() {
		half := len(v.bytes) / 2
		for name, b := range map[string][]byte{
			"gzip":                         gzipped(t, v.bytes),
			"gzip of two members":          append(gzipped(t, v.bytes[:half]), gzipped(t, v.bytes[half:])...),
			"zstd":                         zstandard(t, v.bytes),
			"zstd of two frames":           append(zstandard(t, v.bytes[:half]), zstandard(t, v.bytes[half:])...),
			"zstd after a skippable frame": append(bytes.Clone(skippable), zstandard(t, v.bytes)...),
		} {
			t.Run(v.name+"/"+name, func(t *testing.T) {
				requireVariant(t, v, readAll(t, Options{}, writeTemp(t, "plain.pcap", b)))
				requireVariant(t, v, readBytes(t, b))
			})
		}
	}
}

// TestCompressedTruncation cuts a compressed capture after every byte: what could be
// decompressed is given, then the cut is reported.
func TestCompressedTruncation(t *testing.T) {
	c := &composer{order: binary.LittleEndian}
	c.pcapHeader(0xa1b2c3d4, 4, 1)
	const packets = 40
	for i := range packets {
		c.record(at, uint32(i), frame(i*i, 50), 50)
	}
	plain := c.take()
	for name, b := range map[string][]byte{"gzip": gzipped(t, plain), "zstd": zstandard(t, plain)} {
		t.Run(name, func(t *testing.T) {
			most := 0
			for n := 2; n < len(b); n++ { // one byte alone tells nothing
				if name == "zstd" && n < 4 {
					continue
				}
				got := readBytes(t, b[:n])
				if len(got.problems) != 1 || !errors.Is(got.problems[0], ErrTruncated) {
					t.Fatalf("cut at %d of %d: problems %v", n, len(b), got.problems)
				}
				for i, p := range got.packets {
					if !bytes.Equal(p.Data, frame(i*i, 50)) {
						t.Fatalf("cut at %d: packet %d differs", n, i+1)
					}
				}
				most = max(most, len(got.packets))
			}
			if name == "gzip" && most != packets {
				t.Errorf("with only the checksum cut off, %d of %d packets", most, packets)
			}
		})
	}
}

func TestDamagedCompression(t *testing.T) {
	c := &composer{order: binary.LittleEndian}
	c.pcapHeader(0xa1b2c3d4, 4, 1)
	c.record(at, 1, frame(1, 50), 50)
	b := gzipped(t, c.take())
	b[len(b)-5] ^= 1 // the checksum
	got := readBytes(t, b)
	if len(got.packets) != 1 {
		t.Errorf("%d packets before the damage, want 1", len(got.packets))
	}
	if len(got.problems) != 1 || !errors.Is(got.problems[0], ErrFormat) {
		t.Errorf("problems %v, want one of the format", got.problems)
	}
}

// TestLargeZstd holds a stream that is much longer than the memory granted for its window.
func TestLargeZstd(t *testing.T) {
	if testing.Short() {
		t.Skip("150 MB to compress")
	}
	c := &composer{order: binary.LittleEndian}
	c.pcapHeader(0xa1b2c3d4, 4, 1)
	header, data := c.take(), frame(1, 60_000)
	const packets = 2500
	plain := header
	for i := range packets {
		c.record(at, uint32(i), data, 60_000)
		plain = append(plain, c.take()...)
	}
	if len(plain) < maxZstdWindow {
		t.Fatal("not a test")
	}
	got := readBytes(t, zstandard(t, plain))
	if len(got.packets) != packets || len(got.problems) != 0 {
		t.Errorf("%d packets of %d, problems %v", len(got.packets), packets, got.problems)
	}
}
