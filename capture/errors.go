package capture

import (
	"errors"
	"fmt"
)

var (
	// ErrTruncated says that a file ends in the middle of its header, a packet
	// or a block. Every packet before the cut has been given.
	ErrTruncated = errors.New("cut short")

	// ErrFormat says that a file is not a capture, or that from some offset on
	// its bytes are not what the format demands. Every packet before that offset
	// has been given.
	ErrFormat = errors.New("not in a capture format")

	// ErrNotSupported says that this build of wstap lacks what was asked for.
	ErrNotSupported = errors.New("not supported by this build")

	// ErrFilter says that a capture filter is not a valid BPF expression, or not
	// for the link type at hand.
	ErrFilter = errors.New("bad capture filter")
)

var (
	// errNotCapture says that nothing of a file is as in a capture.
	errNotCapture error = &detailedError{"not a capture file", ErrFormat}
	// errEmpty says that a file has no bytes, compressed or not.
	errEmpty error = &detailedError{"an empty file", ErrTruncated}
)

// unknownOffset stands in FileError.Offset where no byte of the file is to
// blame, for instance when it could not be opened.
const unknownOffset = -1

// FileError is what was wrong with one input file.
type FileError struct {
	File   string // the file's name as Set.Name gives it
	Offset int64  // of the first byte not understood, within the uncompressed file; -1 when the file could not be opened
	Packet uint64 // number of the last packet that could be read, 0 when none
	Err    error  // wraps ErrTruncated, ErrFormat, ErrFilter or an error of the operating system
}

// Error names the file, what is wrong and where.
func (e *FileError) Error() string {
	switch {
	case e.Offset == unknownOffset:
		return fmt.Sprintf("%s: %v", e.File, e.Err)
	case e.Packet == 0:
		return fmt.Sprintf("%s: %v at offset %d", e.File, e.Err, e.Offset)
	default:
		return fmt.Sprintf("%s: %v at offset %d, after packet %d", e.File, e.Err, e.Offset, e.Packet)
	}
}

// Unwrap gives the cause.
func (e *FileError) Unwrap() error { return e.Err }

// detailedError is an error of one of the classes above that says what was found.
type detailedError struct {
	text  string
	class error
}

func (e *detailedError) Error() string { return e.text }

func (e *detailedError) Unwrap() error { return e.class }

// badFormat makes an error that wraps ErrFormat.
func badFormat(format string, args ...any) error {
	return &detailedError{fmt.Sprintf(format, args...), ErrFormat}
}

// truncated makes an error that wraps ErrTruncated.
func truncated(format string, args ...any) error {
	return &detailedError{fmt.Sprintf(format, args...), ErrTruncated}
}
