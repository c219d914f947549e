package capture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

// TestBadLengths holds captures in which one length or reference is a lie. Each begins
// with one good packet, which must be given.
func TestBadLengths(t *testing.T) {
	good := sample{at * 1e6, frame(1, 20), 20}
	start := func() *composer {
		c := &composer{order: binary.LittleEndian}
		c.section()
		c.iface(1, 0)
		c.enhanced(0, good)
		return c
	}
	huge := func(at int, kind uint32, body []byte) func(c *composer) {
		return func(c *composer) {
			n := c.Len()
			c.block(kind, body)
			binary.LittleEndian.PutUint32(c.Bytes()[n+at:], 0xfffffff0)
		}
	}
	packetBody := frame(0, 40)
	binary.LittleEndian.PutUint32(packetBody, 0) // the interface
	for name, spoil := range map[string]func(c *composer){
		"block length beyond the cap":     huge(4, 6, packetBody),
		"captured length beyond the cap":  huge(8+12, 6, packetBody),
		"obsolete packet beyond the cap":  huge(8+12, 2, packetBody),
		"simple packet beyond the cap":    huge(8, 3, packetBody),
		"secrets beyond their block":      huge(8+4, 10, packetBody),
		"enhanced packet too short":       func(c *composer) { c.block(6, make([]byte, 16)) },
		"obsolete packet too short":       func(c *composer) { c.block(2, make([]byte, 16)) },
		"simple packet without a body":    func(c *composer) { c.block(3, nil) },
		"secrets too short":               func(c *composer) { c.block(10, make([]byte, 4)) },
		"interface too short":             func(c *composer) { c.block(1, make([]byte, 4)) },
		"unknown interface":               func(c *composer) { c.enhanced(1, good) },
		"block length not a multiple":     func(c *composer) { c.u32(6); c.u32(41); c.Write(make([]byte, 60)) },
		"block length zero":               func(c *composer) { c.Write(make([]byte, 64)) },
		"lengths at both ends differ":     func(c *composer) { c.enhanced(0, good); c.Truncate(c.Len() - 4); c.u32(12) },
		"packet longer than its block":    func(c *composer) { n := c.Len(); c.enhanced(0, good); c.Bytes()[n+20] = 21 },
		"byte-order magic":                func(c *composer) { n := c.Len(); c.section(); c.Bytes()[n+8] = 0 },
		"version":                         func(c *composer) { n := c.Len(); c.section(); c.Bytes()[n+12] = 2 },
		"interface of the last section":   func(c *composer) { c.section(); c.enhanced(0, good) },
		"simple packet without interface": func(c *composer) { c.section(); c.simple(nil, 0) },
		"option beyond its block":         func(c *composer) { c.iface(1, 0, []byte{9, 0, 90, 0}) },
		"resolution of two bytes":         func(c *composer) { c.iface(1, 0, c.option(9, []byte{6, 6})) },
		"resolution 10^-20":               func(c *composer) { c.iface(1, 0, c.option(9, []byte{20})) },
		"resolution 2^-64":                func(c *composer) { c.iface(1, 0, c.option(9, []byte{0x80 | 64})) },
		"resolution 2^-127":               func(c *composer) { c.iface(1, 0, c.option(9, []byte{0xff})) },
	} {
		t.Run(name, func(t *testing.T) {
			c := start()
			offset := int64(c.Len())
			spoil(c)
			c.enhanced(0, good)
			got := readBytes(t, c.Bytes())
			// Where a section was begun rightly the lie stands after it.
			if name == "interface of the last section" || name == "simple packet without interface" {
				offset += 28
			}
			requireDamage(t, got, offset)
		})
	}
}

// requireDamage wants one good packet and one ErrFormat at the offset.
func requireDamage(t *testing.T, got result, offset int64) {
	t.Helper()
	if len(got.packets) != 1 {
		t.Errorf("%d packets, want the good one", len(got.packets))
	}
	if len(got.problems) != 1 {
		t.Fatalf("problems %v, want one", got.problems)
	}
	var e *FileError
	if !errors.As(got.problems[0], &e) {
		t.Fatalf("%T is no *FileError", got.problems[0])
	}
	if !errors.Is(e, ErrFormat) || errors.Is(e, ErrTruncated) || e.Offset != offset || e.Packet != 1 {
		t.Errorf("%q (offset %d, packet %d): want ErrFormat at offset %d after packet 1", e, e.Offset, e.Packet, offset)
	}
}

func TestGarbageInPcap(t *testing.T) {
	for name, garbage := range map[string][]byte{
		"text":  []byte(strings.Repeat("no packet ", 10)),
		"zeros": make([]byte, 100),
		"ones":  bytes.Repeat([]byte{0xff}, 100),
	} {
		t.Run(name, func(t *testing.T) {
			c := &composer{order: binary.LittleEndian}
			c.pcapHeader(0xa1b2c3d4, 4, 1)
			c.record(at, 1, frame(1, 10), 10)
			offset := int64(c.Len())
			c.Write(garbage)
			requireDamage(t, readBytes(t, c.Bytes()), offset)
		})
	}
}

func TestNotACapture(t *testing.T) {
	c := &composer{order: binary.LittleEndian}
	c.pcapHeader(0xa1b2c3d4, 4, 1)
	good := c.take()
	newer := bytes.Clone(good)
	newer[4] = 3
	for name, tc := range map[string]struct {
		bytes []byte
		is    error
		text  string
	}{
		"text":        {[]byte("Hello, world"), ErrFormat, "x.cap: not a capture file: it begins with 48 65 6c 6c at offset 0"},
		"short text":  {[]byte("Hi"), ErrFormat, "x.cap: not a capture file: it begins with 48 69 at offset 0"},
		"empty":       {nil, ErrTruncated, "x.cap: an empty file at offset 0"},
		"pcap 3.4":    {newer, ErrFormat, "x.cap: pcap version 3.4 is not known at offset 0"},
		"header only": {good, nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			got := readAll(t, Options{}, writeTemp(t, "x.cap", tc.bytes))
			if len(got.packets) != 0 {
				t.Errorf("%d packets", len(got.packets))
			}
			if tc.is == nil {
				if len(got.problems) != 0 {
					t.Errorf("problems %v", got.problems)
				}
				return
			}
			if len(got.problems) != 1 || !errors.Is(got.problems[0], tc.is) || got.problems[0].Error() != tc.text {
				t.Errorf("problems %v, want %q", got.problems, tc.text)
			}
		})
	}
}

func TestCannotOpen(t *testing.T) {
	dir := t.TempDir()
	got := readAll(t, Options{}, filepath.Join(dir, "absent.pcap"), dir, Stdin)
	if len(got.problems) != 3 {
		t.Fatalf("problems %v, want three", got.problems)
	}
	if !errors.Is(got.problems[0], fs.ErrNotExist) || got.problems[0].Error() != "absent.pcap: no such file or directory" {
		t.Errorf("absent file: %v", got.problems[0])
	}
	if !strings.Contains(got.problems[1].Error(), "is a folder") {
		t.Errorf("folder: %v", got.problems[1])
	}
	if !strings.Contains(got.problems[2].Error(), "-: there is no standard input") {
		t.Errorf("stdin: %v", got.problems[2])
	}
}

// TestLargeBlocks holds what is larger than the buffer.
func TestLargeBlocks(t *testing.T) {
	c := &composer{order: binary.LittleEndian}
	c.section()
	c.iface(1, 0)
	big, small := frame(1, maxPacket), frame(2, 60)
	keys := bytes.Repeat([]byte("k"), 3<<20)
	c.enhanced(0, sample{1, small, 60})
	c.enhanced(0, sample{2, big, maxPacket})
	c.block(0x7abc, make([]byte, 5<<20)) // to be skipped
	c.secrets(0x544c534b, keys)
	for i := range 5000 {
		c.enhanced(0, sample{uint64(3 + i), small, 60})
	}
	v := variant{bytes: c.take(), secrets: []string{string(keys)}}
	v.want = []want{{1000, small, 60, 1, 0}, {2000, big, maxPacket, 1, 0}}
	for i := range 5000 {
		v.want = append(v.want, want{int64(3+i) * 1000, small, 60, 1, 0})
	}
	requireVariant(t, v, readBytes(t, v.bytes))
}
