package main

import (
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"syscall"

	"wstap/classify"
	"wstap/classify/condition"
	"wstap/classify/secret"
	"wstap/cmd/wstap/report"
	"wstap/decode"
)

// printerQueue is how many batches of rows may wait for the printer. A batch is
// what one block of packets gave; a few keep both sides busy and bound what waits.
const printerQueue = 8

// printer writes rows in its own goroutine, so that reading does not wait for
// filtering, redaction and encoding.
type printer struct {
	form    report.Form
	where   *condition.Program
	failOn  *condition.Program // of --fail-on, or nil
	why     *classify.Classifier
	redact  *secret.Redactor // nil: secrets are shown
	perRow  bool             // flush after each row
	perTake bool             // flush after each batch
	export  *exportFile      // of -w, or nil
	inline  bool             // print in the goroutine that adds rows

	batches chan printed
	done    chan struct{}
	failed  atomic.Bool
	err     error // the first; valid when done is closed
	held    bool  // --fail-on held for an attempt; valid when done is closed
}

// printed is what one block of packets gave.
type printed struct {
	rows  []*decode.Row
	ended []*decode.Connection // for -w
}

// printer returns a printer of rows as the flags ask for them. perTake says that
// every batch is to be seen at once.
func (o *settings) printer(form report.Form, perTake bool) *printer {
	p := &printer{form: form, where: o.where, failOn: o.failOn, why: classify.New(o.rules), perRow: o.flush, perTake: perTake}
	if !o.secrets {
		p.redact = secret.NewRedactor()
	}
	if t := &o.report.Table; o.report.Format == "table" && !t.Verbose && o.where == nil && o.failOn == nil && o.write == "" {
		p.why.LeaveOutInfo()
	}
	return p
}

// start begins to print.
func (p *printer) start() {
	if p.inline {
		return
	}
	p.batches = make(chan printed, printerQueue)
	p.done = make(chan struct{})
	go func() {
		defer close(p.done)
		for b := range p.batches {
			if p.err != nil {
				continue // let the sender come to its end
			}
			if p.err = p.print(b.rows); p.err != nil {
				p.failed.Store(true)
			}
			if p.export != nil {
				p.export.ended(b.ended)
			}
		}
	}()
}

// add hands rows to the printer, which then owns them, and with -w the connections that
// ended.
func (p *printer) add(rows []*decode.Row, ended []*decode.Connection) {
	switch {
	case p.inline && (p.err != nil || len(rows) == 0):
	case p.inline:
		if p.err = p.print(rows); p.err != nil {
			p.failed.Store(true)
		}
	case len(rows)+len(ended) > 0:
		p.batches <- printed{rows, ended}
	}
}

// end waits until every row is printed, writes the summary, and returns the first
// error.
func (p *printer) end(s *decode.Summary) error {
	if !p.inline {
		close(p.batches)
		<-p.done
	}
	if p.err != nil {
		return p.err
	}
	return p.form.End(s)
}

func (p *printer) print(rows []*decode.Row) error {
	for _, row := range rows {
		a := row.Attempt()
		shown := a
		if p.redact != nil {
			shown = p.redact.Redact(a)
		}
		p.why.Explain(a, shown)
		p.held = p.held || p.failOn != nil && p.failOn.Match(a)
		if p.where != nil && !p.where.Match(a) {
			continue
		}
		if p.export != nil && (a.Kind != decode.KindOpen || p.where == nil) {
			p.export.add(row, shown)
		}
		if err := p.form.Attempt(shown); err != nil {
			return err
		}
		if p.perRow {
			if err := p.form.Flush(); err != nil {
				return err
			}
		}
	}
	if p.perTake {
		return p.form.Flush()
	}
	return nil
}

// isClosedPipe reports whether the reader of the output has gone, as head does
// when it has seen enough. That is no error.
func isClosedPipe(err error) bool {
	return errors.Is(err, syscall.EPIPE) || errors.Is(err, io.ErrClosedPipe)
}

// written returns what there is to say of an error of the output.
func written(err error) error {
	if err != nil && !isClosedPipe(err) {
		return fmt.Errorf("the output could not be written: %w", err)
	}
	return nil
}
