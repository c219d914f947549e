package capture

import (
	"bufio"
	"errors"
	"io"

	"wstap/capture/packet"
)

// writeBuffer is what one write gives to the system: as much as the largest packet,
// so that nearly every packet goes out together with others.
const writeBuffer = maxPacket

// errWriterClosed is the error of a call after Close.
var errWriterClosed = errors.New("the capture file has been closed")

// WriterOptions says what stands in the header of a file. Neither the operating system
// nor the hardware does.
type WriterOptions struct {
	// Application is the program that writes the file: "wstap 1.2.0" (shb_userappl).
	Application string
	// Comment is on the file as a whole (opt_comment of the section header).
	Comment string
}

// WriterCounts says what was written, and what was not for a bound that bit.
type WriterCounts struct {
	Packets         uint64
	Bytes           uint64 // of the file, with those that are still in the buffer
	Interfaces      int
	Comments        uint64 // on packets, with those of Annotations
	CommentsCut     uint64 // of these, those longer than an option can be
	CommentsLeftOut uint64 // more than maxComments on one packet
}

// Writer writes packets as a pcapng file of one section, draft-ietf-opsawg-pcapng, so
// that they can be read back exactly: bytes, time and its unit, original length, link
// type and interface. It is for one goroutine.
//
// Three things of an input are not in a packet.Packet and are lost: a time finer than
// a nanosecond, the length of a frame check sequence, and options of packets and
// interfaces other than those in packet.Annotation and InterfaceDescription.
//
// libpcap, and so tcpdump, reads only files whose interfaces have one link type and
// one SnapLen. Wireshark reads any.
type Writer struct {
	out    *bufio.Writer
	err    error // the first in writing, which stays
	closed bool

	interfaces map[InterfaceDescription]*outInterface
	last       *InterfaceDescription // of the packet before
	lastOut    *outInterface         // what it was written as

	// The block that is being made, but for the bytes of a packet, which stand in between.
	fixed   []byte // header, and the fields that every block of its type has
	options []byte

	counts WriterCounts
}

// NewWriter begins a file on w. The header is written at once, so that a place that
// cannot be written to is known before anything is read. w is not closed.
func NewWriter(w io.Writer, o WriterOptions) (*Writer, error) {
	n := &Writer{
		out:        bufio.NewWriterSize(w, writeBuffer),
		interfaces: make(map[InterfaceDescription]*outInterface),
	}
	n.begin()
	n.uint32(sectionMagic)
	n.uint16(sectionMajor)
	n.uint16(0)          // minor version
	n.uint64(^uint64(0)) // length of the section: it cannot be known on a pipe
	n.textOption(optionComment, o.Comment)
	n.textOption(optionApplication, o.Application)
	if err := n.end(blockSection, nil); err != nil {
		return nil, err
	}
	if err := n.Flush(); err != nil {
		return nil, err
	}
	return n, nil
}

// Packet writes a packet as it was captured on the interface desc, which must not be
// changed afterwards, with comments on it. Text from the wire may be in them: what is
// not UTF-8 or cannot be printed becomes U+FFFD, and any white space a space.
//
// An interface is described when its first packet is written; those that are equal
// become one. Where a packet contradicts desc, by another link type, a time that is
// not a whole number of its units, or more bytes than its SnapLen, a second interface
// is described that says what holds for the packet. A nil desc is an interface of which
// nothing but the link type is known.
//
// An error in writing stays, and every later call returns it. Only for a packet that no
// reader would take, of more than 256 KiB or of a time before 1677-09-21, nothing is
// written and the file stays good: that error wraps ErrFormat.
func (w *Writer) Packet(p *packet.Packet, desc *InterfaceDescription, comments ...string) error {
	return w.Annotated(p, desc, nil, comments...)
}

// Annotated is Packet for a packet of which the input said more: its flags, and its
// comments, which stand before the others and keep their line breaks and tabs. a may
// be nil.
func (w *Writer) Annotated(p *packet.Packet, desc *InterfaceDescription, a *packet.Annotation, comments ...string) error {
	if err := w.failed(); err != nil {
		return err
	}
	if len(p.Data) > maxPacket {
		return badFormat("packet %d has %d bytes where %d is the most", p.Ref.Number(), len(p.Data), maxPacket)
	}
	to, ticks, err := w.interfaceOf(p, desc)
	if err != nil {
		return err
	}
	w.begin()
	w.uint32(to.id)
	w.uint32(uint32(ticks >> 32))
	w.uint32(uint32(ticks))
	w.uint32(uint32(len(p.Data)))
	w.uint32(p.OrigLen)
	if a != nil || len(comments) > 0 {
		w.packetOptions(a, comments)
	}
	if err := w.end(blockEnhanced, p.Data); err != nil {
		return err
	}
	w.counts.Packets++
	return nil
}

// Counts returns what has been written so far.
func (w *Writer) Counts() WriterCounts {
	c := w.counts
	c.Interfaces = len(w.interfaces)
	return c
}

// Flush writes what is still in the buffer. Afterwards the file is whole up to here.
func (w *Writer) Flush() error {
	if err := w.failed(); err != nil {
		return err
	}
	w.err = w.out.Flush()
	return w.err
}

// Close writes what is still in the buffer and ends the file. It returns the first error
// that there was in writing, also when it is called again.
func (w *Writer) Close() error {
	if !w.closed {
		err := w.Flush()
		w.err, w.closed = err, true
	}
	return w.err
}

// failed returns why nothing can be written.
func (w *Writer) failed() error {
	if w.err == nil && w.closed {
		return errWriterClosed
	}
	return w.err
}
