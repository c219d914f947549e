package capture

import (
	"math"
	"math/bits"

	"wstap/capture/packet"
)

const (
	// defaultResolution is if_tsresol where the option is missing: 10^-6 s.
	defaultResolution = 6
	// resolutionBinary is the bit of if_tsresol that says: a power of 2, not of 10.
	resolutionBinary = 0x80
	// maxDecimalResolution and maxBinaryResolution are the largest exponents with
	// which a 64-bit timestamp can still count one second (10^19 < 2^64). libpcap
	// draws the line there as well.
	maxDecimalResolution = 19
	maxBinaryResolution  = 63
	// nanoResolution is the exponent of nanoseconds.
	nanoResolution = 9

	// maxSeconds is how many whole seconds fit into an int64 of nanoseconds.
	maxSeconds = math.MaxInt64 / second
)

// netInterface is what an interface description block (section 4.2) says that
// is needed to understand its packets.
type netInterface struct {
	link    packet.LinkType
	number  uint16 // in the file
	snapLen uint32 // 0: no limit
	offset  int64  // nanoseconds to add to each time: if_tsoffset

	// A unit of the timestamp is 2^-shift s when binary, else mul/div ns.
	binary   bool
	shift    uint8
	mul, div uint64
}

// addInterface parses an interface description block.
func (p *pcapngParser) addInterface(body []byte) error {
	if len(body) < interfaceLen {
		return tooShort("interface description", body)
	}
	if len(p.interfaces) == maxInterfaces {
		return badFormat("more than %d interfaces in one section", maxInterfaces)
	}
	d := InterfaceDescription{Link: packet.LinkType(p.uint16(body)), SnapLen: p.uint32(body[4:]), Resolution: defaultResolution}
	if err := p.interfaceOptions(body[interfaceLen:], &d); err != nil {
		return err
	}
	i := netInterface{
		link:    d.Link,
		snapLen: d.SnapLen,
		offset:  clampSeconds(d.Offset),
	}
	err := i.setResolution(d.Resolution)
	if err != nil {
		return err
	}
	if i.number, err = p.described.add(d); err != nil {
		return err
	}
	p.interfaces = append(p.interfaces, i)
	return nil
}

// setResolution takes the unit of timestamps from an if_tsresol value.
func (i *netInterface) setResolution(v uint8) error {
	exponent := v &^ resolutionBinary
	switch {
	case v&resolutionBinary != 0 && exponent > maxBinaryResolution:
		return badFormat("an interface with a time resolution of 2^-%d s", exponent)
	case v&resolutionBinary != 0:
		i.binary, i.shift = true, exponent
	case exponent > maxDecimalResolution:
		return badFormat("an interface with a time resolution of 10^-%d s", exponent)
	case exponent <= nanoResolution:
		i.mul, i.div = power10(nanoResolution-exponent), 1
	default:
		i.mul, i.div = 1, power10(exponent-nanoResolution)
	}
	return nil
}

// nanoseconds converts a timestamp to nanoseconds since 1970. What does not fit
// becomes the nearest value that does.
func (i *netInterface) nanoseconds(t uint64) int64 {
	if i.binary {
		return addClamped(binaryNanoseconds(t, i.shift), i.offset)
	}
	if i.div > 1 { // a division costs more than all the rest
		t /= i.div
	}
	high, low := bits.Mul64(t, i.mul)
	if high != 0 || low > math.MaxInt64 {
		low = math.MaxInt64
	}
	return addClamped(int64(low), i.offset)
}

// binaryNanoseconds converts a timestamp in units of 2^-shift s; shift is at most
// maxBinaryResolution.
func binaryNanoseconds(t uint64, shift uint8) int64 {
	seconds := t >> shift
	if seconds >= maxSeconds {
		return math.MaxInt64
	}
	high, low := bits.Mul64(t-seconds<<shift, second)
	return int64(seconds)*second + int64(high<<(64-shift)|low>>shift)
}

// clampSeconds converts seconds to nanoseconds.
func clampSeconds(s int64) int64 {
	return min(max(s, -maxSeconds), maxSeconds) * second
}

// addClamped adds without overflow.
func addClamped(a, b int64) int64 {
	sum := a + b
	switch {
	case a > 0 && b > 0 && sum < 0:
		return math.MaxInt64
	case a < 0 && b < 0 && sum >= 0:
		return math.MinInt64
	default:
		return sum
	}
}

// power10 returns 10^n for n up to 19.
func power10(n uint8) uint64 {
	p := uint64(1)
	for range n {
		p *= 10
	}
	return p
}
