package report

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"wstap/decode"
)

// maxSorted is how many rows are sorted and laid out together. A person reads no
// more, the rows of a chunk take a few kilobytes each, and laying them out takes
// a tenth of a second.
const maxSorted = 5000

// tableForm writes a table for reading.
type tableForm struct {
	w       io.Writer
	o       TableOptions
	rows    []*decode.Attempt // not yet written
	written int               // rows
	chunks  int
	live    *grid  // the fixed plan of a live table, once there is one
	clock   *clock // of a live table
	legend  legend
	reasons reasons
	told    map[string]bool // ids of live attempts whose reason stood at the answer
}

// maxTold bounds told: attempts that were refused and whose connections go on. Beyond
// it a reason may stand twice.
const maxTold = 4096

func newTable(w io.Writer, o TableOptions) *tableForm {
	if o.Width <= 0 {
		o.Width = DefaultWidth
	}
	return &tableForm{w: w, o: o}
}

// Attempt keeps a row until Flush, when live, or until enough can be sorted.
func (f *tableForm) Attempt(a *decode.Attempt) error {
	f.rows = append(f.rows, a)
	if !f.o.Live && len(f.rows) >= maxSorted {
		return f.chunk()
	}
	return nil
}

// Flush writes what has come, when live. Otherwise rows wait to be sorted.
func (f *tableForm) Flush() error {
	if !f.o.Live || len(f.rows) == 0 {
		return nil
	}
	var b strings.Builder
	if f.live == nil {
		first := f.rows[0].UnixNano
		f.clock = newClock(f.o.Times, f.o.Width >= wideScreen, f.start(), first, first)
		sample := []*row{sampleRow(f.clock, first)}
		f.clock.before = 0
		f.live = &grid{newLayout(f.o.Width, sample, false), f.o.Color}
		head, err := f.live.head()
		if err != nil {
			return err
		}
		b.WriteString(head + "\n")
	}
	if err := f.print(&b, f.live, f.clock); err != nil {
		return err
	}
	_, err := io.WriteString(f.w, b.String())
	return err
}

// chunk sorts and writes the rows that are waiting.
func (f *tableForm) chunk() error {
	if len(f.rows) == 0 {
		return nil
	}
	slices.SortStableFunc(f.rows, func(a, b *decode.Attempt) int { return cmp.Compare(a.UnixNano, b.UnixNano) })
	first, last := f.rows[0].UnixNano, f.rows[len(f.rows)-1].UnixNano
	wide := f.o.Width >= wideScreen
	start := f.start()
	plan := newClock(f.o.Times, wide, start, first, last)
	g := &grid{newLayout(f.o.Width, newRows(f.rows, plan), true), f.o.Color}
	head, err := g.head()
	if err != nil {
		return err
	}
	var b strings.Builder
	if f.chunks++; f.chunks > 1 {
		b.WriteString("\n")
	}
	b.WriteString(head + "\n")
	if err := f.print(&b, g, newClock(f.o.Times, wide, start, first, last)); err != nil {
		return err
	}
	if g.layout.host != "" {
		b.WriteString(f.dim("all to "+g.layout.host) + "\n")
	}
	_, err = io.WriteString(f.w, b.String())
	return err
}

// print adds the waiting rows, each with its details, and forgets them.
func (f *tableForm) print(b *strings.Builder, g *grid, c *clock) error {
	rows := newRows(f.rows, c)
	lines, err := g.lines(rows)
	if err != nil {
		return err
	}
	for i, line := range lines {
		b.WriteString(line + "\n")
		f.why(b, f.rows[i])
		f.legend.note(g.layout, rows[i])
		if f.rows[i].Kind != decode.KindOpen {
			f.written++
		}
	}
	f.rows = f.rows[:0]
	return nil
}

// why adds what stands under a row, or keeps it for the end of the table.
func (f *tableForm) why(b *strings.Builder, a *decode.Attempt) {
	switch {
	case f.o.Verbose:
		writeDetail(b, a)
	case f.o.Quiet:
	case !f.o.Live:
		f.reasons.note(a)
	case f.told[a.ID]:
		delete(f.told, a.ID)
	default:
		f.reasons.writeLive(b, a, &f.o)
		if a.Kind == decode.KindOpen && failed(a) && len(f.told) < maxTold {
			if f.told == nil {
				f.told = make(map[string]bool)
			}
			f.told[a.ID] = true
		}
	}
}

func (f *tableForm) start() int64 {
	if f.o.Start == nil {
		return 0
	}
	return f.o.Start()
}

// End writes the rows that are left, the legend, and the last line.
func (f *tableForm) End(s *decode.Summary) error {
	if f.o.Live {
		if err := f.Flush(); err != nil {
			return err
		}
	} else if err := f.chunk(); err != nil {
		return err
	}
	var b strings.Builder
	if text := f.legend.text(); text != "" {
		b.WriteString(f.dim(text) + "\n")
	}
	if f.chunks > 1 {
		b.WriteString(f.dim(fmt.Sprintf("sorted by time within each %d rows", maxSorted)) + "\n")
	}
	if !f.o.Live {
		f.reasons.writeAll(&b, &f.o)
	}
	if !f.o.Quiet {
		if f.written > 0 && (!f.o.Verbose || b.Len() > 0) { // -v ends each row with a blank line
			b.WriteString("\n")
		}
		writeSummary(&b, s, f.written, &f.o)
	}
	_, err := io.WriteString(f.w, b.String())
	return err
}

func (f *tableForm) dim(s string) string {
	if f.o.Color {
		return sgrDim.paint(s)
	}
	return s
}

func newRows(attempts []*decode.Attempt, c *clock) []*row {
	rows := make([]*row, len(attempts))
	for i, a := range attempts {
		rows[i] = newRow(a, c)
	}
	return rows
}

// sampleRow is what a live table is planned for, because its rows are not known
// yet: cells as wide as nearly all are.
func sampleRow(c *clock, ns int64) *row {
	const addr = "192.168.100.100:65535"
	long := strings.Repeat("x", 500)
	time := c.show(ns)
	return &row{
		time: time, wholeTime: c.whole(time), client: addr, clientHost: hostOf(addr), server: addr, target: long, path: long,
		status: "101", statusReason: "101 Switching Protocols", subprotocol: "graphql-transport-ws", up: "9999", down: "9999", countsDoubtful: true, open: "12m 34s",
		closed: "1006* server", closedLetter: "1006* s", closedDerived: "1006 (derived) server",
		closedReason: "1006 (derived) server, FIN", verdict: string(decode.VerdictBadHandshake), packets: "999999 999999 999999",
	}
}

// legend explains the signs that the rows used.
type legend struct {
	announced, star, letter, doubt, breach bool
}

func (l *legend) note(plan *layout, r *row) {
	l.announced = l.announced || r.announced
	l.star = l.star || plan.stars && r.derived
	l.letter = l.letter || plan.letters && r.closedLetter != r.closed
	l.doubt = l.doubt || plan.messages && r.up != "" && r.countsDoubtful
	l.breach = l.breach || plan.messages && r.up != "" && r.breach
}

func (l *legend) text() string {
	var parts []string
	if l.announced {
		parts = append(parts, "not yet: written at the answer; the end has a line of the same time")
	}
	if l.star {
		parts = append(parts, "* 1006 is derived: the connection ended without a Close frame")
	}
	if l.letter {
		parts = append(parts, "c, s: client or server closed first")
	}
	if l.doubt {
		parts = append(parts, "? not all of it is in the capture")
	}
	if l.breach {
		parts = append(parts, "! frames broke the protocol: -v shows which")
	}
	return strings.Join(parts, "\n")
}
