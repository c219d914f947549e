package report

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"

	"wstap/decode"
)

// FieldFormat is what -E sets, as in tshark. Its zero value is tshark's default:
// no header, tabs, no quotes, all values of a list joined by commas.
type FieldFormat struct {
	Header     bool
	Separator  string // "" is a tab
	Quote      string // "", `"` or `'`
	Occurrence byte   // 'f' first, 'l' last, 'a' or 0 all values of a list
	Aggregator string // between the values of a list; "" is a comma
}

// ParseFieldFormat reads the values of -E, such as "header=y".
func ParseFieldFormat(options []string) (FieldFormat, error) {
	var f FieldFormat
	for _, o := range options {
		name, value, _ := strings.Cut(o, "=")
		var ok bool
		switch name {
		case "header":
			f.Header, ok = value == "y", value == "y" || value == "n"
		case "separator":
			f.Separator, ok = character(value)
		case "aggregator":
			f.Aggregator, ok = character(value)
		case "quote":
			f.Quote, ok = map[string]string{"d": `"`, "s": "'"}[value], value == "d" || value == "s" || value == "n"
		case "occurrence":
			if ok = value == "f" || value == "l" || value == "a"; ok {
				f.Occurrence = value[0]
			}
		}
		if !ok {
			return f, fmt.Errorf("-E %s: use header=y|n, separator=/t|/s|CHAR, quote=d|s|n, occurrence=f|l|a or aggregator=,|/s|CHAR", Escape(o))
		}
	}
	return f, nil
}

// character reads a separator as tshark writes it.
func character(value string) (string, bool) {
	switch value {
	case "/t", `\t`:
		return "\t", true
	case "/s":
		return " ", true
	default:
		return value, len([]rune(value)) == 1
	}
}

// fieldsForm writes the fields that -e names, one line per attempt.
type fieldsForm struct {
	w       *bufio.Writer
	columns []column
	format  FieldFormat
	started bool
}

func newFields(w io.Writer, names []string, format FieldFormat) (*fieldsForm, error) {
	if len(names) == 0 {
		return nil, errors.New("-T fields needs at least one -e FIELD, such as -e http.status")
	}
	columns, err := newColumns(names)
	if err != nil {
		return nil, err
	}
	if format.Separator == "" {
		format.Separator = "\t"
	}
	if format.Aggregator == "" {
		format.Aggregator = ","
	}
	return &fieldsForm{w: bufio.NewWriterSize(w, writeSize), columns: columns, format: format}, nil
}

// Attempt writes one line. bufio keeps the first error for Flush.
func (f *fieldsForm) Attempt(a *decode.Attempt) error {
	if a.Kind == decode.KindOpen {
		return nil // one line for each attempt, as from tshark
	}
	f.start()
	for i := range f.columns {
		if i > 0 {
			f.w.WriteString(f.format.Separator)
		}
		f.w.WriteString(f.value(f.columns[i].values(a)))
	}
	return f.w.WriteByte('\n')
}

// start writes the line of names once, where -E header=y asks for it.
func (f *fieldsForm) start() {
	if f.started || !f.format.Header {
		return
	}
	f.started = true
	for i := range f.columns {
		if i > 0 {
			f.w.WriteString(f.format.Separator)
		}
		f.w.WriteString(Escape(f.columns[i].name))
	}
	f.w.WriteByte('\n')
}

// value joins and quotes the values of one field.
func (f *fieldsForm) value(values []string) string {
	switch {
	case len(values) == 0:
		return ""
	case f.format.Occurrence == 'f':
		values = values[:1]
	case f.format.Occurrence == 'l':
		values = values[len(values)-1:]
	}
	escaped := make([]string, len(values))
	for i, v := range values {
		escaped[i] = Escape(v)
	}
	s := strings.Join(escaped, f.format.Aggregator)
	if q := f.format.Quote; q != "" {
		s = q + strings.ReplaceAll(s, q, q+q) + q
	}
	return s
}

// Flush writes what is buffered.
func (f *fieldsForm) Flush() error { return f.w.Flush() }

// End writes the line of names where there was no attempt. This form has no
// summary.
func (f *fieldsForm) End(*decode.Summary) error {
	f.start()
	return f.w.Flush()
}
