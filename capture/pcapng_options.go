package capture

import (
	"encoding/binary"
	"strings"

	"wstap/capture/packet"
)

// Options of draft-ietf-opsawg-pcapng: those of any block (section 3.5), of the
// section header (4.1), of interface descriptions (4.2), of packets (4.3) and of
// interface statistics (4.6).
const (
	optionEnd     = 0
	optionComment = 1

	optionApplication = 4 // shb_userappl

	optionName        = 2  // if_name
	optionDescription = 3  // if_description
	optionResolution  = 9  // if_tsresol
	optionFilter      = 11 // if_filter
	optionOffset      = 14 // if_tsoffset

	optionFlags = 2 // epb_flags

	optionStart        = 2 // isb_starttime
	optionEndTime      = 3 // isb_endtime
	optionReceived     = 4 // isb_ifrecv
	optionDropped      = 5 // isb_ifdrop
	optionFilterAccept = 6 // isb_filteraccept
	optionOSDropped    = 7 // isb_osdrop
	optionDelivered    = 8 // isb_usrdeliv

	optionHeaderLen     = 4 // code, length
	optionResolutionLen = 1
	optionOffsetLen     = 8
	optionFlagsLen      = 4

	// filterExpression is the first byte of an if_filter that holds an expression,
	// not a program.
	filterExpression = 0
)

// interfaceOptions parses the options of an interface description block into d. An
// option's length is 16 bits, and all lie within the block, so that maxBlock
// bounds them.
func (p *pcapngParser) interfaceOptions(b []byte, d *InterfaceDescription) error {
	for len(b) >= optionHeaderLen {
		code, size := p.uint16(b), int(p.uint16(b[2:]))
		b = b[optionHeaderLen:]
		if code == optionEnd {
			break
		}
		if size > len(b) {
			return badFormat("interface option %d of %d bytes with room for %d", code, size, len(b))
		}
		switch {
		case code == optionResolution && size == optionResolutionLen:
			d.Resolution = b[0]
		case code == optionOffset && size == optionOffsetLen:
			d.Offset = int64(p.uint64(b))
		case code == optionResolution || code == optionOffset:
			return badFormat("interface option %d with a length of %d", code, size)
		case code == optionName:
			d.Name = optionText(b[:size])
		case code == optionDescription:
			d.Description = optionText(b[:size])
		case code == optionFilter && size > 0 && b[0] == filterExpression:
			d.Filter = optionText(b[1:size])
		}
		b = afterOption(b, size)
	}
	return nil
}

// annotation parses the options of a packet, which is the last of out. They change
// nothing about how it is understood, so that where they are damaged the rest of
// them is left out.
func (p *pcapngParser) annotation(b []byte, out *packet.Block) {
	a := packet.Annotation{Ref: p.last}
	for len(b) >= optionHeaderLen {
		code, size := p.uint16(b), int(p.uint16(b[2:]))
		b = b[optionHeaderLen:]
		if code == optionEnd || size > len(b) {
			break
		}
		switch {
		case code == optionComment:
			a.Comments = append(a.Comments, optionText(b[:size]))
		case code == optionFlags && size == optionFlagsLen:
			a.Flags = p.uint32(b)
		}
		b = afterOption(b, size)
	}
	if a.Flags != 0 || len(a.Comments) > 0 {
		out.Annotations = append(out.Annotations, a)
	}
}

// optionText copies text. It is not terminated, but some programs do that.
func optionText(b []byte) string { return strings.TrimRight(string(b), "\x00") }

// afterOption returns what follows a value of that size and its padding.
func afterOption(b []byte, size int) []byte {
	return b[min(padded(size), len(b)):]
}

// padded rounds a length up to the alignment of blocks and options.
func padded(n int) int { return (n + paddingMultiple - 1) &^ (paddingMultiple - 1) }

func (p *pcapngParser) uint64(b []byte) uint64 {
	if p.big {
		return binary.BigEndian.Uint64(b)
	}
	return binary.LittleEndian.Uint64(b)
}
