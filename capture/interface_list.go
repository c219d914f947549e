package capture

import (
	"sync"

	"wstap/capture/packet"
)

// maxInterfaceText is how many bytes of names, descriptions and filters are kept
// of one file: some thousands of interfaces with the longest names that systems
// give. An interface beyond it is described without text, see TextLeftOut.
const maxInterfaceText = 1 << 20

// InterfaceDescription says how packets were captured, as an interface description
// block of draft-ietf-opsawg-pcapng section 4.2 does. Two that are equal describe
// the same interface. Text is as the file has it: any bytes.
type InterfaceDescription struct {
	Name        string // if_name: "eth0"; "" when the file does not say
	Description string // if_description; "" when the file does not say
	Filter      string // if_filter: the expression that was captured with; "" when the file does not say
	TextLeftOut bool   // the file has more text on interfaces than is kept

	Link    packet.LinkType
	SnapLen uint32 // the most that was kept of a packet, in bytes; 0 for no limit

	// Resolution is the unit of the timestamps, as if_tsresol states it: 10^-n s,
	// or 2^-n s with the highest bit set. 6 is microseconds, 9 nanoseconds.
	Resolution uint8
	// Offset is what the timestamps were relative to, in seconds since 1970-01-01
	// UTC: if_tsoffset. It is in Packet.Time already.
	Offset int64

	// twin is how many interfaces before it in its section were described alike.
	twin int
}

// interfaceList holds the interfaces of one file. They are numbered as they come,
// and what a later section of a pcapng file describes again keeps its number: a
// file may be the concatenation of very many. The zero value is empty.
type interfaceList struct {
	mu    sync.Mutex
	list  []*InterfaceDescription
	known map[InterfaceDescription]uint16 // nil while there are less than two
	twins map[InterfaceDescription]int    // in this section; nil while it has less than two
	first *InterfaceDescription           // of this section
	text  int                             // bytes kept
}

// section begins a new section.
func (l *interfaceList) section() { l.first, l.twins = nil, nil }

// add returns the number of an interface that the current section describes.
func (l *interfaceList) add(d InterfaceDescription) (uint16, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	d.twin = l.twin(d)
	n, ok := l.find(d)
	if ok {
		return n, nil
	}
	if len(l.list) == maxInterfaces {
		return 0, badFormat("more than %d interfaces that differ", maxInterfaces)
	}
	if size := len(d.Name) + len(d.Description) + len(d.Filter); l.text+size > maxInterfaceText {
		d.Name, d.Description, d.Filter, d.TextLeftOut = "", "", "", true
		if n, ok := l.find(d); ok {
			return n, nil
		}
	} else {
		l.text += size
	}
	n = uint16(len(l.list))
	l.list = append(l.list, &d)
	if l.known != nil {
		l.known[d] = n
	}
	return n, nil
}

// twin counts the interfaces of the section that are described like d.
func (l *interfaceList) twin(d InterfaceDescription) int {
	if l.first == nil {
		l.first = &d
		return 0
	}
	if l.twins == nil {
		l.twins = map[InterfaceDescription]int{*l.first: 1}
	}
	n := l.twins[d]
	l.twins[d] = n + 1
	return n
}

// find returns the number of an interface that was added before.
func (l *interfaceList) find(d InterfaceDescription) (uint16, bool) {
	switch {
	case len(l.list) == 0:
		return 0, false
	case len(l.list) == 1:
		return 0, *l.list[0] == d
	case l.known == nil:
		l.known = make(map[InterfaceDescription]uint16, len(l.list))
		for i, k := range l.list {
			l.known[*k] = uint16(i)
		}
	}
	n, ok := l.known[d]
	return n, ok
}

// get returns the interface of that number, or nil.
func (l *interfaceList) get(n uint16) *InterfaceDescription {
	l.mu.Lock()
	defer l.mu.Unlock()
	if int(n) >= len(l.list) {
		return nil
	}
	return l.list[n]
}

// Interface returns the interface on which a packet of the set was captured, or nil
// when the packet is not of this set. It stays valid, and must not be changed. It may
// be called while Next runs, and after Close.
func (s *Set) Interface(p *packet.Packet) *InterfaceDescription {
	in := s.input(p.Ref.File())
	if in == nil {
		return nil
	}
	return in.interfaces.get(p.Interface)
}

// input returns the input of that index, or nil.
func (s *Set) input(i int) *input {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i >= len(s.inputs) {
		return nil
	}
	return s.inputs[i]
}
