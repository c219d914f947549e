package capture

import (
	"encoding/binary"
	"math"
	"strings"
	"unicode"
	"unicode/utf8"

	"wstap/capture/packet"
)

const (
	// maxComments is how many comments a packet is given: with 65,535 bytes each and
	// the largest packet its block stays far below maxBlock, beyond which no reader
	// believes it.
	maxComments = 64

	// maxOption is how long the value of an option can be: its length has 16 bits.
	maxOption = math.MaxUint16

	// ellipsis ends text that was cut.
	ellipsis = "…"
)

var padding [paddingMultiple]byte

// begin starts a block. Its fields and options follow, and then end.
func (w *Writer) begin() {
	w.fixed = append(w.fixed[:0], make([]byte, blockHeaderLen)...)
	w.options = w.options[:0]
}

// end writes the block that was begun, with data between its fields and its options.
func (w *Writer) end(kind uint32, data []byte) error {
	if len(w.options) > 0 {
		w.option(optionEnd, 0)
	}
	room := padded(len(data))
	total := uint32(len(w.fixed) + room + len(w.options) + blockTrailerLen)
	binary.LittleEndian.PutUint32(w.fixed, kind)
	binary.LittleEndian.PutUint32(w.fixed[4:], total)
	w.options = binary.LittleEndian.AppendUint32(w.options, total)
	w.out.Write(w.fixed)
	w.out.Write(data)
	w.out.Write(padding[:room-len(data)])
	_, w.err = w.out.Write(w.options) // which returns the error of those before, too
	w.counts.Bytes += uint64(total)
	return w.err
}

// The file is in little-endian order whatever the machine: the same input gives the
// same bytes.

func (w *Writer) uint16(v uint16) { w.fixed = binary.LittleEndian.AppendUint16(w.fixed, v) }
func (w *Writer) uint32(v uint32) { w.fixed = binary.LittleEndian.AppendUint32(w.fixed, v) }
func (w *Writer) uint64(v uint64) { w.fixed = binary.LittleEndian.AppendUint64(w.fixed, v) }

// option appends the header of an option.
func (w *Writer) option(code, size uint16) {
	w.options = binary.LittleEndian.AppendUint16(w.options, code)
	w.options = binary.LittleEndian.AppendUint16(w.options, size)
}

// optionUint64 appends an option of eight bytes.
func (w *Writer) optionUint64(code uint16, v uint64) {
	w.option(code, 8)
	w.options = binary.LittleEndian.AppendUint64(w.options, v)
}

// textOption appends an option with text, unless there is none.
func (w *Writer) textOption(code uint16, s string) {
	s, _ = optionValue(s, false, maxOption)
	w.rawText(code, "", s)
}

// rawText appends an option with text that may stand in one, after a prefix.
func (w *Writer) rawText(code uint16, prefix, s string) {
	if s == "" {
		return
	}
	size := len(prefix) + len(s)
	w.option(code, uint16(size))
	w.options = append(append(w.options, prefix...), s...)
	w.options = append(w.options, padding[:padded(size)-size]...)
}

// packetOptions appends the options of a packet.
func (w *Writer) packetOptions(a *packet.Annotation, comments []string) {
	room := maxComments
	if a != nil {
		if a.Flags != 0 {
			w.option(optionFlags, optionFlagsLen)
			w.options = binary.LittleEndian.AppendUint32(w.options, a.Flags)
		}
		room -= w.comments(a.Comments, true, room)
	}
	w.comments(comments, false, room)
}

// comments appends at most so many comments, and returns how many.
func (w *Writer) comments(list []string, lines bool, most int) int {
	n := 0
	for _, s := range list {
		s, cut := optionValue(s, lines, maxOption)
		switch {
		case s == "":
			continue
		case n == most:
			w.counts.CommentsLeftOut++
			continue
		case cut:
			w.counts.CommentsCut++
		}
		w.counts.Comments++
		w.rawText(optionComment, "", s)
		n++
	}
	return n
}

// optionValue makes text fit to stand in an option: UTF-8 that can be printed, in one
// line unless lines are kept, and of at most so many bytes. It says whether it was cut.
func optionValue(s string, lines bool, most int) (string, bool) {
	if !plain(s) {
		s = strings.Map(func(r rune) rune {
			switch {
			case lines && (r == '\n' || r == '\r' || r == '\t'):
				return r
			case unicode.IsSpace(r):
				return ' '
			case !unicode.IsPrint(r):
				return utf8.RuneError
			}
			return r
		}, s)
	}
	if len(s) <= most {
		return s, false
	}
	end := most - len(ellipsis)
	for !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + ellipsis, true
}

// plain reports whether all of s is printable ASCII.
func plain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}
