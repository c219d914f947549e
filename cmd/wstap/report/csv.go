package report

import (
	"encoding/csv"
	"io"
	"strings"
	"unicode/utf8"

	"wstap/decode"
)

// csvColumns returns the columns that CSV has without -e.
func csvColumns() []string {
	return []string{
		"n", "time", "client", "server", "http.host", "http.uri", "http.origin", "http.status", "http.reason",
		"websocket.subprotocol", "websocket.messages.client", "websocket.messages.server", "timing.answer_ms",
		"timing.open_ms", "close.code", "close.by", "close.reason", "ending", "verdict", "answered_by.name", "findings.id",
		"packets.request", "packets.response", "packets.end", "filter",
	}
}

// csvForm writes a line of names and then one record per attempt, safe to open in
// a spreadsheet.
type csvForm struct {
	w       *csv.Writer
	columns []column
	record  []string
	started bool
}

func newCSV(w io.Writer, names []string) (*csvForm, error) {
	if len(names) == 0 {
		names = csvColumns()
	}
	columns, err := newColumns(names)
	if err != nil {
		return nil, err
	}
	return &csvForm{w: csv.NewWriter(w), columns: columns, record: make([]string, len(columns))}, nil
}

// start writes the line of names once.
func (f *csvForm) start() error {
	if f.started {
		return nil
	}
	f.started = true
	for i := range f.columns {
		f.record[i] = cell(f.columns[i].name)
	}
	return f.w.Write(f.record)
}

// Attempt writes one record.
func (f *csvForm) Attempt(a *decode.Attempt) error {
	if a.Kind == decode.KindOpen {
		return nil // a spreadsheet counts lines
	}
	if err := f.start(); err != nil {
		return err
	}
	for i := range f.columns {
		f.record[i] = cell(strings.Join(f.columns[i].values(a), "; "))
	}
	return f.w.Write(f.record)
}

// Flush writes what is buffered.
func (f *csvForm) Flush() error {
	f.w.Flush()
	return f.w.Error()
}

// End writes the line of names where there was no attempt. CSV has no summary.
func (f *csvForm) End(*decode.Summary) error {
	if err := f.start(); err != nil {
		return err
	}
	return f.Flush()
}

// cell returns text as a spreadsheet may see it: escaped, and with an apostrophe
// before what a spreadsheet would take for a formula.
func cell(raw string) string {
	first, _ := utf8.DecodeRuneInString(raw)
	switch first {
	case '=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠':
		return "'" + Escape(raw)
	default:
		return Escape(raw)
	}
}
