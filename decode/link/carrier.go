package link

import (
	"math/bits"
	"strconv"
)

const (
	// maxWraps bounds how deep wraps are nested. The deepest that a network makes on
	// purpose: a mirrored packet (ERSPAN) in a VLAN, of an overlay (VXLAN) in a
	// service of a provider (two tags, two labels) around the customer's own VLAN:
	// seven. A loop that wraps again and again is deeper.
	maxWraps = 8
	// maxCarriers bounds the list of distinct stacks of wraps: every VLAN id once,
	// with room for as many stacks of two. In full, with eight names each, it takes
	// 3 MB.
	maxCarriers = 8192
)

// wrap is one thing around a packet: its wrapKind in the upper half, its number
// in the lower.
type wrap uint64

type wrapKind uint8

const (
	wrapVLAN wrapKind = iota
	wrapMPLS
	wrapPPPoE
	wrapPPP
	wrapBackbone
	wrapGRE
	wrapGREKey
	wrapERSPAN
	wrapERSPANSession
	wrapVXLAN
	wrapGENEVE
	wrapIPIP
	wrap6in4
	wrap4in6
	wrap6in6
	wrapEtherIP
)

// wrapNames are the names in carriers, and whether the wrap's number follows.
var wrapNames = [...]struct {
	name     string
	numbered bool
}{
	wrapVLAN:          {"vlan", true},
	wrapMPLS:          {"mpls", true},
	wrapPPPoE:         {"pppoe", true},
	wrapPPP:           {"ppp", false},
	wrapBackbone:      {"pbb", true},
	wrapGRE:           {"gre", false},
	wrapGREKey:        {"gre", true},
	wrapERSPAN:        {"erspan", false},
	wrapERSPANSession: {"erspan", true},
	wrapVXLAN:         {"vxlan", true},
	wrapGENEVE:        {"geneve", true},
	wrapIPIP:          {"ipip", false},
	wrap6in4:          {"6in4", false},
	wrap4in6:          {"4in6", false},
	wrap6in6:          {"6in6", false},
	wrapEtherIP:       {"etherip", false},
}

func (w wrap) String() string {
	n := wrapNames[w>>32]
	if !n.numbered {
		return n.name
	}
	return n.name + " " + strconv.FormatUint(uint64(uint32(w)), 10)
}

// stack is a list of wraps, outermost first; what is beyond depth is zero.
type stack struct {
	wraps [maxWraps]wrap
	depth uint8
}

// wrapped notes one more wrap of the packet at hand, and reports whether there was
// room for it.
func (d *Decoder) wrapped(kind wrapKind, number uint32) bool {
	if d.depth == maxWraps {
		d.counters.WrapsTooDeep++
		return false
	}
	d.stack[d.depth] = wrap(kind)<<32 | wrap(number)
	d.depth++
	return true
}

// carriers is the list of stacks that were seen around segments.
type carriers struct {
	names  *[maxCarriers][]string // never moves: entries in use are read while others are added
	stacks []stack                // by index in names; the first stands for nothing
	slots  []uint16               // open addressing by hash: index, 0 for an empty slot
}

// carrierSlots is twice maxCarriers, so that probing stays short.
const carrierSlots = 2 * maxCarriers

func (c *carriers) init() {
	c.names = new([maxCarriers][]string)
	c.stacks = make([]stack, 1)
	c.slots = make([]uint16, carrierSlots)
}

// Carrier returns what Segment.Carrier stands for, outermost first, such as
// ["vlan 10", "vxlan 42"]. The caller must not change it. It may be called while
// Decode runs, for a segment that Decode has filled.
func (d *Decoder) Carrier(i uint16) []string { return d.carriers.names[i] }

// carrier returns the index of the packet's stack, 0 when it cannot be named any
// more.
func (d *Decoder) carrier() uint16 {
	c := &d.carriers
	at := d.stackHash() % carrierSlots
	for ; c.slots[at] != 0; at = (at + 1) % carrierSlots {
		if known := &c.stacks[c.slots[at]]; d.wears(known) {
			return c.slots[at]
		}
	}
	if len(c.stacks) == maxCarriers {
		d.counters.Carriers++
		return 0
	}
	i := uint16(len(c.stacks))
	names := make([]string, d.depth)
	for k := range names {
		names[k] = d.stack[k].String()
	}
	c.names[i] = names
	c.stacks = append(c.stacks, d.wraps())
	c.slots[at] = i
	return i
}

// wears reports whether the packet's stack is s.
func (d *Decoder) wears(s *stack) bool {
	if s.depth != d.depth {
		return false
	}
	for i := range s.depth {
		if s.wraps[i] != d.stack[i] {
			return false
		}
	}
	return true
}

// wraps returns the packet's stack.
func (d *Decoder) wraps() stack {
	s := stack{depth: d.depth}
	copy(s.wraps[:], d.stack[:d.depth])
	return s
}

func (d *Decoder) stackHash() uint64 {
	h := uint64(d.depth)
	for _, w := range d.stack[:d.depth] {
		h = d.mix(h, uint64(w))
	}
	return h
}

// mix folds two words into one.
func mix(a, b uint64, key [2]uint64) uint64 {
	hi, lo := bits.Mul64(a^key[0], b^key[1])
	return hi ^ lo
}
