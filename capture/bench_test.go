package capture

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"

	"wstap/capture/packet"
)

// benchPackets makes a file of about 100 MB, far beyond any cache.
const benchPackets = 500_000

// benchFile writes a capture of 196-byte packets, the mean of WebSocket traffic.
func benchFile(b *testing.B, pcapng bool, start int) string {
	b.Helper()
	c := &composer{order: binary.LittleEndian}
	data := frame(0, 196)
	if pcapng {
		c.section()
		c.iface(1, 0)
	} else {
		c.pcapHeader(0xa1b2c3d4, 4, 1)
	}
	for i := range benchPackets {
		if pcapng {
			c.enhanced(0, sample{at*1e6 + uint64(2*i+start), data, 196})
		} else {
			c.record(at, uint32(2*i+start), data, 196)
		}
	}
	path := filepath.Join(b.TempDir(), "bench.cap")
	if err := os.WriteFile(path, c.Bytes(), 0o600); err != nil {
		b.Fatal(err)
	}
	return path
}

// benchRead reads the files once per iteration and reports the cost of a packet.
func benchRead(b *testing.B, o Options, names ...string) {
	b.Helper()
	b.ReportAllocs()
	var block packet.Block
	for b.Loop() {
		s, err := Open(names, o)
		if err != nil {
			b.Fatal(err)
		}
		for s.Next(&block) == nil {
		}
		s.Close()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*benchPackets*len(names)), "ns/packet")
}

func BenchmarkReadPcap(b *testing.B)   { benchRead(b, Options{}, benchFile(b, false, 0)) }
func BenchmarkReadPcapng(b *testing.B) { benchRead(b, Options{}, benchFile(b, true, 0)) }

// BenchmarkReadTwo merges two files whose packets alternate: the worst case.
func BenchmarkReadTwo(b *testing.B) {
	benchRead(b, Options{}, benchFile(b, false, 0), benchFile(b, false, 1))
}

func BenchmarkReadFiltered(b *testing.B) {
	if !WithLibpcap {
		b.Skip("built without libpcap")
	}
	benchRead(b, Options{Filter: "tcp port 443"}, benchFile(b, false, 0))
}

// BenchmarkCat is what the operating system takes for the same bytes.
func BenchmarkCat(b *testing.B) {
	path := benchFile(b, false, 0)
	buf := bytes.Repeat([]byte{0}, bufferSize)
	for b.Loop() {
		f, err := os.Open(path)
		if err != nil {
			b.Fatal(err)
		}
		for {
			if n, err := f.Read(buf); n == 0 || err != nil {
				break
			}
		}
		f.Close()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*benchPackets), "ns/packet")
}
