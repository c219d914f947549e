package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/renderer"
	"github.com/olekukonko/tablewriter/tw"
)

// grid lays out rows by a plan: the only code that knows the table library.
// Cells reach the library escaped, cut and padded, so it has nothing left to
// decide.
type grid struct {
	layout *layout
	color  bool
}

// head returns the line of titles.
func (g *grid) head() (string, error) {
	cells := make([]string, len(g.layout.columns))
	for i := range g.layout.columns {
		c := &g.layout.columns[i]
		cells[i] = g.fit(c, c.title)
		if g.color {
			cells[i] = sgrBold.paint(cells[i])
		}
	}
	lines, err := render([][]string{cells})
	if err != nil {
		return "", err
	}
	return lines[0], nil
}

// lines returns one line for each row.
func (g *grid) lines(rows []*row) ([]string, error) {
	if len(rows) == 0 {
		return nil, nil
	}
	table := make([][]string, len(rows))
	for i, r := range rows {
		table[i] = make([]string, len(g.layout.columns))
		for j := range g.layout.columns {
			c := &g.layout.columns[j]
			table[i][j] = g.fit(c, c.cell(r))
			if g.color && c.color != nil {
				table[i][j] = c.color(r).paint(table[i][j])
			}
		}
	}
	return render(table)
}

// fit cuts and pads a cell to its column.
func (g *grid) fit(c *spec, cell string) string {
	cell = cutMiddle(cell, c.width)
	if c.right {
		return padLeft(cell, c.width)
	}
	return pad(cell, c.width)
}

// render returns cells as lines, with gap blanks between columns and nothing
// around them.
func render(cells [][]string) ([]string, error) {
	var out strings.Builder
	blank := tw.Padding{Right: strings.Repeat(" ", gap), Overwrite: true}
	table := tablewriter.NewTable(&out,
		tablewriter.WithRenderer(renderer.NewBlueprint(tw.Rendition{
			Borders: tw.BorderNone,
			Symbols: tw.NewSymbols(tw.StyleNone),
			Settings: tw.Settings{
				Separators: tw.SeparatorsNone,
				Lines:      tw.LinesNone,
			},
		})),
		tablewriter.WithPadding(blank),
		tablewriter.WithTrimSpace(tw.Off),
		tablewriter.WithTrimLine(tw.Off),
		tablewriter.WithRowAutoWrap(tw.WrapNone),
		tablewriter.WithRowAutoFormat(tw.Off),
		tablewriter.WithRowAlignment(tw.AlignLeft),
		tablewriter.WithEastAsian(tw.Off),
	)
	if err := table.Bulk(cells); err != nil {
		return nil, err
	}
	if err := table.Render(); err != nil {
		return nil, err
	}
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	if len(lines) != len(cells) {
		return nil, fmt.Errorf("table of %d rows came out as %d lines", len(cells), len(lines))
	}
	for i := range lines {
		lines[i] = trimLine(lines[i])
	}
	return lines, nil
}

// trimLine takes away the blanks at the end of a line and the resets that the
// library adds around blanks. Cells bring the resets that they need.
func trimLine(line string) string {
	blanks := strings.Repeat(" ", gap)
	line = strings.ReplaceAll(line, sgrReset+blanks+sgrReset, sgrReset+blanks)
	for {
		trimmed := strings.TrimRight(line, " ")
		if rest, ok := strings.CutSuffix(trimmed, sgrReset); ok && (strings.HasSuffix(rest, " ") || strings.HasSuffix(rest, sgrReset)) {
			// Blanks in colour: the reset has to stay behind what is coloured.
			line = strings.TrimRight(strings.TrimSuffix(strings.TrimRight(rest, " "), sgrReset), " ") + sgrReset
			continue
		}
		return trimmed
	}
}

// columns writes lines of cells in columns that are as wide as they have to be.
func columns(w io.Writer, cells [][]string) error {
	widths := make([]int, len(cells[0]))
	for _, row := range cells {
		for j := range row {
			widths[j] = max(widths[j], Width(row[j]))
		}
	}
	for _, row := range cells {
		for j := range row {
			row[j] = pad(row[j], widths[j])
		}
	}
	lines, err := render(cells)
	if err != nil {
		return err
	}
	_, err = io.WriteString(w, strings.Join(lines, "\n")+"\n")
	return err
}
