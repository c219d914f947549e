package report

import (
	"io"
	"reflect"

	"wstap/decode"
)

// writeSize is how many bytes of rows are gathered before they are written: one
// pipe's capacity, so that one write call serves about forty rows.
const writeSize = 64 << 10

// jsonForm writes one object per line: the attempts, then the summary.
type jsonForm struct {
	w       io.Writer
	buf     []byte
	attempt encoder
	summary encoder
}

func newJSON(w io.Writer) (*jsonForm, error) {
	attempt, err := newEncoder(reflect.TypeFor[decode.Attempt]())
	if err != nil {
		return nil, err
	}
	summary, err := newEncoder(reflect.TypeFor[decode.Summary]())
	if err != nil {
		return nil, err
	}
	return &jsonForm{w: w, buf: make([]byte, 0, writeSize+writeSize/4), attempt: attempt, summary: summary}, nil
}

// Attempt adds one line.
func (f *jsonForm) Attempt(a *decode.Attempt) error {
	f.buf = f.attempt(f.buf, reflect.ValueOf(a).Elem())
	f.buf = append(f.buf, '\n')
	if len(f.buf) < writeSize {
		return nil
	}
	return f.Flush()
}

// Flush writes the lines gathered so far.
func (f *jsonForm) Flush() error {
	if len(f.buf) == 0 {
		return nil
	}
	_, err := f.w.Write(f.buf)
	f.buf = f.buf[:0]
	return err
}

// End writes the summary as the last line.
func (f *jsonForm) End(s *decode.Summary) error {
	f.buf = f.summary(f.buf, reflect.ValueOf(s).Elem())
	f.buf = append(f.buf, '\n')
	return f.Flush()
}
