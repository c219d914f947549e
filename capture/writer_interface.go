package capture

import (
	"encoding/binary"
	"math"

	"wstap/capture/packet"
)

// maxExactBinary is the largest exponent with which a unit of 2^-n s is no less than a
// nanosecond, so that from a time in nanoseconds the timestamp can be found again.
const maxExactBinary = 29

// outInterface is an interface of the file that is written.
type outInterface struct {
	desc   InterfaceDescription
	id     uint32
	offset int64 // nanoseconds: if_tsoffset

	// A unit of the timestamp is 2^-shift s when binary, else unit nanoseconds.
	binary bool
	shift  uint8
	unit   uint64
}

// newOutInterface returns an interface as it is to be written. Its unit is the
// nanosecond where desc has a finer one, which no packet.Packet has.
func newOutInterface(desc InterfaceDescription) outInterface {
	o := outInterface{desc: desc, unit: nanosecond}
	exponent := desc.Resolution &^ resolutionBinary
	switch {
	case desc.Resolution&resolutionBinary == 0 && exponent <= nanoResolution:
		o.unit = power10(nanoResolution - exponent)
	case desc.Resolution&resolutionBinary != 0 && exponent <= maxExactBinary:
		o.binary, o.shift = true, exponent
	default:
		o.desc.Resolution = nanoResolution
	}
	o.offset = clampSeconds(desc.Offset)
	o.desc.Offset = o.offset / second
	return o
}

// ticks converts a time to a timestamp of the interface. It returns false when that
// would not be the same time.
func (o *outInterface) ticks(t int64) (uint64, bool) {
	if t < o.offset {
		return 0, false
	}
	ns := uint64(t) - uint64(o.offset)
	if ns > math.MaxInt64 {
		return 0, false
	}
	if !o.binary {
		return ns / o.unit, ns%o.unit == 0
	}
	if ns/second >= maxSeconds {
		return 0, false // it would be read as the end of time
	}
	// A timestamp is read as the nanosecond that it lies in, so the next one up from
	// that nanosecond's begin was meant.
	rest := (ns%second<<o.shift + second - 1) / second
	return ns/second<<o.shift + rest, rest*second>>o.shift == ns%second
}

// fits reports whether an interface can have had the packet.
func (o *outInterface) fits(p *packet.Packet) bool {
	return o.desc.Link == p.Link && (o.desc.SnapLen == 0 || uint64(len(p.Data)) <= uint64(o.desc.SnapLen))
}

// interfaceOf returns the interface to write a packet for, which is described by then,
// and the packet's timestamp.
func (w *Writer) interfaceOf(p *packet.Packet, desc *InterfaceDescription) (*outInterface, uint64, error) {
	to := w.lastOut
	if desc == nil || desc != w.last {
		d := InterfaceDescription{Link: p.Link, Resolution: nanoResolution}
		if desc != nil {
			d = *desc
		}
		var err error
		if to, err = w.describe(d); err != nil {
			return nil, 0, err
		}
		w.last, w.lastOut = desc, to
	}
	if to.fits(p) {
		if t, ok := to.ticks(p.Time); ok {
			return to, t, nil
		}
	}
	return w.second(p, to.desc)
}

// second returns an interface for a packet that contradicts its own.
func (w *Writer) second(p *packet.Packet, d InterfaceDescription) (*outInterface, uint64, error) {
	d.Link = p.Link
	if uint64(len(p.Data)) > uint64(d.SnapLen) {
		d.SnapLen = 0
	}
	o := newOutInterface(d)
	t, ok := o.ticks(p.Time)
	if !ok {
		d.Resolution, d.Offset = nanoResolution, 0
		if p.Time < 0 {
			d.Offset = -maxSeconds
		}
		o = newOutInterface(d)
		if t, ok = o.ticks(p.Time); !ok {
			return nil, 0, badFormat("packet %d has the time %d ns, which no capture file can tell", p.Ref.Number(), p.Time)
		}
	}
	to, err := w.describe(d)
	return to, t, err
}

// Describe describes an interface that has had no packet yet, unless it has been. tcpdump
// takes no file in which there is none.
func (w *Writer) Describe(desc *InterfaceDescription) error {
	if err := w.failed(); err != nil {
		return err
	}
	_, err := w.describe(*desc)
	return err
}

// describe returns the interface of that description. A new one is written.
func (w *Writer) describe(d InterfaceDescription) (*outInterface, error) {
	if o := w.interfaces[d]; o != nil {
		return o, nil
	}
	if len(w.interfaces) == maxInterfaces {
		return nil, badFormat("more than %d interfaces in one file", maxInterfaces)
	}
	o := newOutInterface(d)
	o.id = uint32(len(w.interfaces))
	w.begin()
	w.uint16(uint16(o.desc.Link))
	w.uint16(0) // reserved
	w.uint32(o.desc.SnapLen)
	w.textOption(optionName, d.Name)
	w.textOption(optionDescription, d.Description)
	w.option(optionResolution, optionResolutionLen)
	w.options = append(w.options, o.desc.Resolution, 0, 0, 0)
	expression, _ := optionValue(d.Filter, false, maxOption-1)
	w.rawText(optionFilter, string(rune(filterExpression)), expression)
	if o.desc.Offset != 0 {
		w.option(optionOffset, optionOffsetLen)
		w.options = binary.LittleEndian.AppendUint64(w.options, uint64(o.desc.Offset))
	}
	if err := w.end(blockInterface, nil); err != nil {
		return nil, err
	}
	w.interfaces[d] = &o
	return &o, nil
}
