// Package report writes attempts in the forms that users choose with -T: a table
// to read, JSON, CSV, and tab-separated fields. Whatever comes from the wire is
// escaped here; secrets have been taken out before.
package report

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"wstap/decode"
)

// Form writes attempts in one form. Its methods must be called from one goroutine.
type Form interface {
	// Attempt writes one row, or keeps it until it can be written.
	Attempt(a *decode.Attempt) error
	// Flush hands on everything that is ready to be seen.
	Flush() error
	// End writes what was kept and, where the form has one, the summary.
	End(s *decode.Summary) error
}

// Options say how to write. The zero value is JSON.
type Options struct {
	Format      string   // "table", "json", "csv" or "fields"; "" is "json"
	Fields      []string // names after -e, for "fields" and "csv"
	FieldFormat FieldFormat
	Table       TableOptions
}

// TableOptions are for the table only.
type TableOptions struct {
	Width   int       // columns of the screen; 0 is DefaultWidth
	Color   bool      // colour status and verdict
	Live    bool      // print rows as they come instead of sorting them by time
	Quiet   bool      // leave out the last line
	Verbose bool      // heads, body and violations under each row
	Times   TimeStyle // how times are shown
	// Start returns the time of the first packet in nanoseconds since
	// 1970-01-01 UTC: the zero of relative times. It may be nil.
	Start func() int64
}

// Formats returns the names that Options.Format can have.
func Formats() []string { return []string{"table", "json", "csv", "fields"} }

// New returns the Form that o asks for, writing to w. The caller must call Flush
// or End to see everything.
func New(w io.Writer, o Options) (Form, error) {
	if len(o.Fields) > 0 && o.Format != "fields" && o.Format != "csv" {
		return nil, errors.New("-e goes with -T fields or -T csv")
	}
	var form Form
	var err error
	switch o.Format {
	case "", "json":
		form, err = newJSON(w)
	case "table":
		form = newTable(w, o.Table)
	case "csv":
		form, err = newCSV(w, o.Fields)
	case "fields":
		form, err = newFields(w, o.Fields, o.FieldFormat)
	default:
		err = fmt.Errorf("unknown form %q: use %s", o.Format, strings.Join(Formats(), ", "))
	}
	if err != nil {
		return nil, err
	}
	return form, nil
}

// DefaultWidth is the width of a table that does not go to a terminal.
const DefaultWidth = 120

// unixTime turns the record's nanoseconds into a time.
func unixTime(ns int64) time.Time { return time.Unix(0, ns) }
