package report

// spec is one column of the table: its title and how to take its cell out of a
// row.
type spec struct {
	title string
	cell  func(r *row) string
	right bool // numbers: aligned to the right
	keep  bool // shown even when every cell is empty
	limit int  // columns at most, 0 for no limit; longer cells are cut in the middle
	color func(r *row) sgr

	width int // settled by the plan
}

// layout is the plan of a table: which columns, and how wide.
type layout struct {
	columns  []spec
	target   int    // index of the column that takes what is left
	stars    bool   // derived close codes are shown with a star, which needs a legend
	letters  bool   // who closed is shown by a letter, which needs a legend
	messages bool   // messages are shown, of which some may be missing
	host     string // of all rows, where their cells leave it out; else ""
}

// gap is the number of blanks between columns.
const gap = 2

// wideScreen is from how many columns on there is room for what is nice to have:
// microseconds, reason phrases, packet numbers.
const wideScreen = 180

// detail says what a table shows. It starts with everything; reductions take the
// least useful away until the rest fits.
type detail struct {
	packets, statusReason, closeReason, derivedInFull bool
	server, clientPort, open, subprotocol, messages   bool
	fullNames                                         bool // "server", not "s"
	compact                                           bool // short titles
	fraction                                          bool // of the second
	address                                           int  // limit for addresses
	subprotocolLimit                                  int
}

// reductions in the order in which they are made. Status and verdict are not
// among them.
func reductions() []func(d *detail) {
	return []func(d *detail){
		func(d *detail) { d.packets = false },
		func(d *detail) { d.statusReason = false },
		func(d *detail) { d.closeReason = false },
		func(d *detail) { d.subprotocolLimit = 20 },
		func(d *detail) { d.derivedInFull = false },
		func(d *detail) { d.address = 21 },
		func(d *detail) { d.subprotocolLimit = 12 },
		func(d *detail) { d.clientPort = false },
		func(d *detail) { d.server = false },
		func(d *detail) { d.subprotocol = false },
		func(d *detail) { d.fullNames = false },
		func(d *detail) { d.open = false },
		func(d *detail) { d.address = 15 },
		func(d *detail) { d.compact = true },
		func(d *detail) { d.fraction = false },
		func(d *detail) { d.messages = false },
	}
}

// newLayout plans a table of the given width for these rows. Columns that would
// be empty are left out where hideEmpty says so.
func newLayout(width int, rows []*row, hideEmpty bool) *layout {
	d := detail{
		packets: width >= wideScreen, statusReason: width >= wideScreen, closeReason: width >= wideScreen, derivedInFull: true,
		server: true, clientPort: true, open: true, subprotocol: true, messages: true, fullNames: true, fraction: true,
		address: 47, subprotocolLimit: 32,
	}
	cuts := reductions()
	for i := 0; ; i++ {
		l := d.layout(rows, hideEmpty)
		wanted := min(natural(&l.columns[l.target], rows), max(goodTarget, width/5))
		if i == len(cuts)-1 { // messages are worth more than a comfortable URI
			wanted = min(wanted, minTarget)
		}
		if rest := width - l.fixed(); i == len(cuts) || rest >= wanted {
			l.columns[l.target].width = max(rest, minTarget)
			l.shrink(rows)
			return l
		}
		cuts[i](&d)
	}
}

// goodTarget is how many columns of host and URI tell rows apart as a rule, and
// minTarget the least that is left of them on a screen too narrow for anything.
const (
	goodTarget = 24
	minTarget  = 15
)

// fixed returns how much room the other columns and the gaps take.
func (l *layout) fixed() int {
	sum := gap * (len(l.columns) - 1)
	for i := range l.columns {
		if i != l.target {
			sum += l.columns[i].width
		}
	}
	return sum
}

// shrink gives back what the target column does not need.
func (l *layout) shrink(rows []*row) {
	c := &l.columns[l.target]
	c.width = min(c.width, natural(c, rows))
}

// natural returns how wide a column is when nothing is cut.
func natural(c *spec, rows []*row) int {
	width := Width(c.title)
	for _, r := range rows {
		width = max(width, Width(c.cell(r)))
	}
	if c.limit > 0 {
		width = min(width, max(c.limit, Width(c.title)))
	}
	return width
}

func (d *detail) layout(rows []*row, hideEmpty bool) *layout {
	l := &layout{stars: !d.derivedInFull, letters: !d.fullNames, messages: d.messages}
	target := spec{title: "HOST AND URI", cell: func(r *row) string { return r.target }, keep: true}
	switch host, same := commonHost(rows); {
	case d.server:
		target.cell = func(r *row) string { return r.path }
	case same && hideEmpty && !d.clientPort: // room is short: say once what is the same everywhere
		l.host = host
		target.title, target.cell = "URI", func(r *row) string { return r.uri }
	}
	title := target.title
	client := spec{title: "CLIENT", cell: func(r *row) string { return r.client }, keep: true, limit: d.address}
	if !d.clientPort {
		client.cell = func(r *row) string { return r.clientHost }
	}
	status := spec{title: d.title("STATUS", "CODE"), cell: func(r *row) string { return r.status }, keep: true, color: func(r *row) sgr { return r.statusColor }}
	if d.statusReason {
		status.cell = func(r *row) string { return r.statusReason }
	}
	closed := spec{title: "CLOSED", cell: d.closed()}
	all := []struct {
		shown bool
		spec
	}{
		{true, spec{title: "TIME", cell: d.time(), keep: true}},
		{true, client},
		{d.server, spec{title: "SERVER", cell: func(r *row) string { return r.server }, keep: true, limit: d.address}},
		{true, target},
		{true, status},
		{d.subprotocol, spec{title: "SUBPROTOCOL", cell: func(r *row) string { return r.subprotocol }, limit: d.subprotocolLimit}},
		{d.messages, d.messageCounts(rows)},
		{d.open, spec{title: "OPEN", cell: func(r *row) string { return r.open }, right: true}},
		{true, closed},
		{true, spec{title: "VERDICT", cell: func(r *row) string { return r.verdict }, keep: true, color: func(r *row) sgr { return r.verdictColor }}},
		{d.packets, spec{title: "PACKETS", cell: func(r *row) string { return r.packets }}},
	}
	for _, c := range all {
		if !c.shown || hideEmpty && !c.keep && emptyColumn(&c.spec, rows) {
			continue
		}
		if c.title == title {
			l.target = len(l.columns)
		}
		c.width = natural(&c.spec, rows)
		l.columns = append(l.columns, c.spec)
	}
	return l
}

// commonHost returns the host that every row is about, if there is one and it
// stands in the table more than once.
func commonHost(rows []*row) (string, bool) {
	for _, r := range rows {
		if r.host == "" || r.host != rows[0].host {
			return "", false
		}
	}
	return rows[0].host, len(rows) > 1
}

func (d *detail) closed() func(r *row) string {
	switch {
	case d.closeReason:
		return func(r *row) string { return r.closedReason }
	case d.derivedInFull:
		return func(r *row) string { return r.closedDerived }
	case d.fullNames:
		return func(r *row) string { return r.closed }
	default:
		return func(r *row) string { return r.closedLetter }
	}
}

func (d *detail) title(full, short string) string {
	if d.compact {
		return short
	}
	return full
}

func (d *detail) time() func(r *row) string {
	if d.fraction {
		return func(r *row) string { return r.time }
	}
	return func(r *row) string { return r.wholeTime }
}

// messageCounts returns the column of messages each way, with the arrows beneath
// each other.
func (d *detail) messageCounts(rows []*row) spec {
	up, down := 0, 0
	for _, r := range rows {
		up, down = max(up, len(r.up)), max(down, len(r.down))
	}
	return spec{title: d.title("MESSAGES", "MSGS"), cell: func(r *row) string {
		if r.up == "" {
			return ""
		}
		s := padLeft(r.up, up) + "↑ " + padLeft(r.down, down) + "↓"
		if r.countsDoubtful {
			s += "?"
		}
		if r.breach {
			s += "!"
		}
		return s
	}}
}

func emptyColumn(c *spec, rows []*row) bool {
	for _, r := range rows {
		if c.cell(r) != "" {
			return false
		}
	}
	return true
}
