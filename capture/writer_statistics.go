package capture

import (
	"wstap/capture/packet"
)

// InterfaceStatistics says what an interface had received when a capture ended, as an
// interface statistics block of draft-ietf-opsawg-pcapng section 4.6 does. A counter
// that is nil is not known.
type InterfaceStatistics struct {
	Start, End int64 // of the capture, nanoseconds since 1970-01-01 UTC; 0 when not known

	Received     *uint64 // isb_ifrecv: packets that the interface received
	Dropped      *uint64 // isb_ifdrop: those that it dropped
	FilterAccept *uint64 // isb_filteraccept: packets that the filter accepted
	OSDropped    *uint64 // isb_osdrop: those that the operating system dropped
	Delivered    *uint64 // isb_usrdeliv: those that the program was given
}

// Statistics writes what became of the packets of an interface, which is described if it
// has not been; desc must not be nil. It belongs behind the last packet.
func (w *Writer) Statistics(desc *InterfaceDescription, s *InterfaceStatistics) error {
	if err := w.failed(); err != nil {
		return err
	}
	to, err := w.describe(*desc)
	if err != nil {
		return err
	}
	w.begin()
	w.uint32(to.id)
	at := to.floor(s.End)
	w.uint32(uint32(at >> 32))
	w.uint32(uint32(at))
	for _, t := range []struct {
		code uint16
		ns   int64
	}{{optionStart, s.Start}, {optionEndTime, s.End}} {
		if t.ns != 0 {
			at := to.floor(t.ns)
			w.optionUint64(t.code, at>>32|at<<32) // the upper half stands first
		}
	}
	for _, c := range []struct {
		code  uint16
		value *uint64
	}{
		{optionReceived, s.Received},
		{optionDropped, s.Dropped},
		{optionFilterAccept, s.FilterAccept},
		{optionOSDropped, s.OSDropped},
		{optionDelivered, s.Delivered},
	} {
		if c.value != nil {
			w.optionUint64(c.code, *c.value)
		}
	}
	return w.end(blockStatistics, nil)
}

// floor returns the last timestamp of the interface that is not after t, or 0.
func (o *outInterface) floor(t int64) uint64 {
	if t < o.offset {
		return 0
	}
	ns := uint64(t) - uint64(o.offset)
	if o.binary {
		return ns/second<<o.shift + ns%second<<o.shift/second
	}
	return ns / o.unit
}

// Secrets writes key material as a decryption secrets block (section 4.7). Whoever has
// the file can read what it opens, so it is for those who asked for it. It must
// come before the packets that it opens.
func (w *Writer) Secrets(s *packet.Secrets) error {
	if err := w.failed(); err != nil {
		return err
	}
	if most := maxBlock - minBlock - secretsLen; len(s.Data) > most {
		return badFormat("secrets of %d bytes where %d is the most", len(s.Data), most)
	}
	w.begin()
	w.uint32(s.Type)
	w.uint32(uint32(len(s.Data)))
	return w.end(blockSecrets, s.Data)
}
