package capture

import "wstap/capture/packet"

// InterfaceDescription is what a capture says of the interface that its packets were
// captured on, as far as it is needed to write them out again. It serves as a map key.
type InterfaceDescription struct {
	Name        string // "" where the capture does not tell, as pcap never does
	Description string
	Link        packet.LinkType
	SnapLen     uint32 // in bytes; 0 for no limit
	// Resolution is the unit of times as if_tsresol has it (section 4.2 of
	// draft-ietf-opsawg-pcapng): 6 for microseconds, 9 for nanoseconds. Finer units
	// and powers of 2 are read, and become nanoseconds.
	Resolution uint8
	Offset     int64 // in seconds, which the capture adds to each time
}

// resolution returns the unit in which times are written.
func (d *InterfaceDescription) resolution() uint8 {
	if d.Resolution > nanoResolution { // binary ones have the highest bit
		return nanoResolution
	}
	return d.Resolution
}

// timestamp returns a time, in nanoseconds since 1970, in the interface's unit. Times
// before the first that it can name become that.
func (d *InterfaceDescription) timestamp(ns int64) uint64 {
	ns = addClamped(ns, -clampSeconds(d.Offset))
	return uint64(max(ns, 0)) / power10(nanoResolution-d.resolution())
}

const (
	// maxDescribed is how many interfaces of a file are remembered with what is said of
	// them: more than any machine has. Others are known by their link type alone.
	maxDescribed = 4096
	// maxDescription is how many bytes of a name or description are kept: interface
	// names have up to 15 on Linux and 256 on Windows.
	maxDescription = 256
)

// Interface returns what is known of the interface that p, which Next gave, was
// captured on. It must not be called while Next runs.
func (s *Set) Interface(p *packet.Packet) InterfaceDescription {
	plain := InterfaceDescription{Link: p.Link, Resolution: nanoResolution}
	if p.Ref.File() >= len(s.inputs) {
		return plain
	}
	in := s.inputs[p.Ref.File()]
	list := in.described
	if in.reader != nil && in.reader.format != nil {
		list = in.reader.format.described()
	}
	if int(p.Interface) >= len(list) || list[p.Interface].Link != p.Link {
		return plain
	}
	return list[p.Interface]
}
