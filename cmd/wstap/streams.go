package main

import (
	"errors"
	"fmt"
	"io"

	"wstap/cmd/wstap/report"
)

// streams are the standard streams of one run and its exit status.
type streams struct {
	in     io.Reader
	out    io.Writer
	err    io.Writer
	status int
}

// say writes a message to standard error. File names and quoted input may be in
// it, so it is escaped.
func (s *streams) say(format string, args ...any) {
	fmt.Fprintf(s.err, "wstap: %s\n", report.Escape(fmt.Sprintf(format, args...)))
}

// complain says what is wrong, and what to do about it where that is known.
func (s *streams) complain(err error) {
	s.say("%v", err)
	var usage *usageError
	if errors.As(err, &usage) && usage.hint != "" {
		s.say("%s", usage.hint)
	}
}

// problem says what is wrong with an input and remembers it for the exit status.
func (s *streams) problem(err error) {
	s.complain(err)
	s.status = exitInput
}

// failed remembers that a condition of --fail-on held. Problems with inputs count
// for more: then not all was seen.
func (s *streams) failed() {
	if s.status == exitDone {
		s.status = exitFailed
	}
}

// usageError is a mistake on the command line.
type usageError struct {
	err  error
	hint string // what to do instead; may be empty
}

// Error returns what is wrong.
func (e *usageError) Error() string { return e.err.Error() }

// Unwrap returns what is wrong.
func (e *usageError) Unwrap() error { return e.err }

// usage returns a usageError.
func usage(hint, format string, args ...any) error {
	return &usageError{fmt.Errorf(format, args...), hint}
}
