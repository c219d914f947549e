package main

import (
	"io"
	"os"
	"testing"
)

// BenchmarkRead reads a big capture as wstap read -T json does. `make pgo` takes
// from it the profile that the compiler optimises for.
func BenchmarkRead(b *testing.B) {
	const name = "../../testdata/bench/ws-1-1.pcap"
	info, err := os.Stat(name)
	if err != nil {
		b.Fatal(err, "; make pgo writes it")
	}
	b.SetBytes(info.Size())
	for b.Loop() {
		if status := run(b.Context(), []string{"read", "-T", "json", name}, nil, io.Discard, os.Stderr); status != 0 {
			b.Fatalf("status %d", status)
		}
	}
}
