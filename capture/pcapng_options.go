package capture

import "encoding/binary"

// Options of an interface description block, draft-ietf-opsawg-pcapng
// sections 3.5 and 4.2.
const (
	optionEnd        = 0
	optionResolution = 9  // if_tsresol
	optionOffset     = 14 // if_tsoffset

	optionHeaderLen     = 4 // code, length
	optionResolutionLen = 1
	optionOffsetLen     = 8
)

// interfaceOptions are those that change how packets are understood.
type interfaceOptions struct {
	resolution uint8 // if_tsresol
	offset     int64 // if_tsoffset, seconds
}

// interfaceOptions parses the options of an interface description block. An
// option's length is 16 bits, and all lie within the block, so that maxBlock
// bounds them.
func (p *pcapngParser) interfaceOptions(b []byte) (interfaceOptions, error) {
	opts := interfaceOptions{resolution: defaultResolution}
	for len(b) >= optionHeaderLen {
		code, size := p.uint16(b), int(p.uint16(b[2:]))
		b = b[optionHeaderLen:]
		if code == optionEnd {
			break
		}
		if size > len(b) {
			return opts, badFormat("interface option %d of %d bytes with room for %d", code, size, len(b))
		}
		switch {
		case code == optionResolution && size == optionResolutionLen:
			opts.resolution = b[0]
		case code == optionOffset && size == optionOffsetLen:
			opts.offset = int64(p.uint64(b))
		case code == optionResolution || code == optionOffset:
			return opts, badFormat("interface option %d with a length of %d", code, size)
		}
		padded := (size + paddingMultiple - 1) / paddingMultiple * paddingMultiple
		b = b[min(padded, len(b)):]
	}
	return opts, nil
}

func (p *pcapngParser) uint64(b []byte) uint64 {
	if p.big {
		return binary.BigEndian.Uint64(b)
	}
	return binary.LittleEndian.Uint64(b)
}
