package main

import (
	"math"
	"os"
	"runtime/debug"
)

const (
	// smallHeap is what Go may take of memory, in bytes, while few connections are
	// followed. A flood of SYNs and of names leaves 20 MB in use, and ends below 64 MB
	// together with the program itself. To collect garbage that often costs little,
	// since it is made of names and rows only.
	smallHeap = 39 << 20
	// fewConnections is how many may be followed for that to hold: with more of them
	// there would be no room left for garbage, and the collector would run all the time.
	fewConnections = 2000
)

// garbage keeps garbage small as long as there is little else.
type garbage struct{ small bool }

// boundGarbage begins, unless the environment says how much garbage there may be. It is
// for one capture without keys: the buffers of several, key logs, records that wait for
// keys, and packets that are kept (-w) take more than smallHeap by themselves.
func (r *reader) boundGarbage() {
	if r.set.Files() > 1 || r.keys.given() || r.export != nil && r.export.keeper != nil {
		return
	}
	for _, name := range []string{"GOGC", "GOMEMLIMIT"} {
		if _, set := os.LookupEnv(name); set {
			return
		}
	}
	debug.SetMemoryLimit(smallHeap)
	r.garbage.small = true
}

// followed tells how many connections have been followed so far.
func (g *garbage) followed(n uint64) {
	if g.small && n > fewConnections {
		g.small = false
		debug.SetMemoryLimit(math.MaxInt64)
	}
}
