package main

import (
	"fmt"

	"wstap/capture"
)

// maxToldGaps is how many gaps between files are told one by one: a screenful with
// what else there is to say. Of thousands nobody reads more than how many they are.
const maxToldGaps = 10

// toldGaps tells of gaps between files, each once.
type toldGaps struct {
	s    *streams
	set  *capture.Set
	told int
}

// tell tells of the gaps that have been found since, as far as there is room. Gaps
// come in order of time here, as files that are followed do.
func (g *toldGaps) tell() {
	if g.told == maxToldGaps {
		return
	}
	gaps, _ := g.set.Gaps()
	for ; g.told < min(len(gaps), maxToldGaps); g.told++ {
		g.s.say("%s", gaps[g.told])
	}
}

// rest tells at the end what has not been told.
func (g *toldGaps) rest() {
	g.tell()
	if _, n := g.set.Gaps(); n > g.told {
		g.s.say("and %d more gaps between files", n-g.told)
	}
}

// missing returns how many files are certainly missing.
func (g *toldGaps) missing() (n uint64) {
	gaps, _ := g.set.Gaps()
	for _, gap := range gaps {
		n += uint64(gap.Missing)
	}
	return n
}

// leftOut says that a folder holds other files, too.
func leftOut(d capture.LeftOut) string {
	if d.Files == 1 {
		return d.Folder + ": 1 file that is no capture was left out"
	}
	return fmt.Sprintf("%s: %d files that are no captures were left out", d.Folder, d.Files)
}
