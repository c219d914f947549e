// Benchgen writes a big synthetic capture and, beside it in FILE.truth.json,
// what it holds. The same flags give the same bytes.
//
//	go run ./testdata/benchgen -kind ws -scale 0.1 -out /tmp/ws.pcap
package main

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"wstap/testdata/benchgen/traffic"
)

func main() {
	var p traffic.Plan
	flag.StringVar(&p.Kind, "kind", "ws", "what to make: "+strings.Join(traffic.Kinds, ", "))
	flag.Float64Var(&p.Scale, "scale", 1, "size in relation to the captures of the documentation")
	flag.Uint64Var(&p.Seed, "seed", 1, "seed of all random numbers")
	out := flag.String("out", "", "capture to write")
	flag.Parse()
	if err := run(*out, p); err != nil {
		fmt.Fprintln(os.Stderr, "benchgen:", err)
		os.Exit(2)
	}
}

func run(name string, p traffic.Plan) error {
	if name == "" {
		return fmt.Errorf("-out FILE is missing")
	}
	if err := os.Remove(traffic.TruthFile(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	t, err := traffic.Make(name, p)
	if err != nil {
		return err
	}
	fmt.Printf("%s: %d packets, %d bytes, %d attempts\n", name, t.Packets, t.Bytes, t.Attempts)
	return nil
}
