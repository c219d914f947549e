package capture

import (
	"encoding/binary"
	"fmt"
	"math"

	"golang.org/x/net/bpf"

	"wstap/capture/packet"
)

// The link types on which an expression is tried when the set is opened: it is
// good when it means something on one of them. "wlan" is an error on Ethernet.
var trialLinks = [...]packet.LinkType{
	packet.LinkEthernet,
	packet.LinkRaw,
	packet.LinkLinuxSLL,
	packet.LinkNull,
	105, // LINKTYPE_IEEE802_11
}

// filter leaves out the packets that a BPF expression does not match. libpcap
// compiles the expression for each encapsulation that occurs; the programs run in Go.
type filter struct {
	expression string
	programs   map[encapsulation]*program
}

// encapsulation is what a program is compiled for.
type encapsulation struct {
	link    packet.LinkType
	swapped bool // LINKTYPE_NULL, written by a machine of another byte order
}

// encapsulationOf returns how a packet is wrapped. The address family with which
// LINKTYPE_NULL begins is in the byte order of the machine that wrote it; it is a
// small number, so that the packet itself tells which that was.
func encapsulationOf(p *packet.Packet) encapsulation {
	e := encapsulation{link: p.Link}
	if p.Link == packet.LinkNull && len(p.Data) >= 4 {
		e.swapped = binary.NativeEndian.Uint32(p.Data) > math.MaxUint16
	}
	return e
}

// newFilter checks the expression. Its error wraps ErrFilter or ErrNotSupported.
func newFilter(expression string) (*filter, error) {
	if err := refuseNames(expression); err != nil {
		return nil, err
	}
	f := &filter{expression: expression, programs: make(map[encapsulation]*program)}
	var first error
	for _, link := range trialLinks {
		e := encapsulation{link: link}
		p, err := newProgram(e, expression)
		if err == nil {
			f.programs[e] = p
			return f, nil
		}
		if first == nil {
			first = err
		}
	}
	return nil, first
}

// apply removes from the packets read last those that do not match. Where the
// expression means nothing on a link type none matches, which is a problem of the
// first input that has one.
func (f *filter) apply(s *Set, in *input) {
	kept := in.block.Packets[:0]
	for i := range in.block.Packets {
		p := &in.block.Packets[i]
		e := encapsulationOf(p)
		prog, ok := f.programs[e]
		if !ok {
			var err error
			if prog, err = newProgram(e, f.expression); err != nil {
				s.fail(in, fmt.Errorf("link type %v: %w", p.Link, err))
			}
			f.programs[e] = prog
		}
		if prog.matches(p) {
			kept = append(kept, *p)
		}
	}
	s.filtered.Add(uint64(len(in.block.Packets) - len(kept)))
	in.block.Packets = kept
}

// program is a filter for one link type. A nil program matches nothing.
type program struct {
	vm      *bpf.VM
	code    []bpf.Instruction // the VM's own
	lengths []int             // which instructions load the length of the packet
}

// newProgram compiles the expression for an encapsulation.
func newProgram(e encapsulation, expression string) (*program, error) {
	raw, err := compileFilter(e, expression)
	if err != nil {
		return nil, err
	}
	p := &program{}
	for i, r := range raw {
		ins := r.Disassemble()
		if ext, ok := ins.(bpf.LoadExtension); ok && ext.Num == bpf.ExtLen {
			p.lengths = append(p.lengths, i)
		}
		p.code = append(p.code, ins)
	}
	if p.vm, err = bpf.NewVM(p.code); err != nil {
		return nil, fmt.Errorf("%w: %q: %w", ErrFilter, expression, err)
	}
	return p, nil
}

// matches runs the program. A packet that is too short for what the program asks
// of it does not match, as in libpcap.
func (p *program) matches(pkt *packet.Packet) bool {
	if p == nil {
		return false
	}
	for _, i := range p.lengths {
		// "len" means the length on the wire; the VM knows only what was captured.
		p.code[i] = bpf.LoadConstant{Dst: bpf.RegA, Val: pkt.OrigLen}
	}
	n, err := p.vm.Run(pkt.Data)
	return err == nil && n > 0
}
