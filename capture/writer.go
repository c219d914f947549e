package capture

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"wstap/capture/packet"
)

const (
	// writeBuffer is how many bytes are gathered before they are written.
	writeBuffer = 256 << 10

	// maxComment is how many bytes of a comment are written: what a person reads, and
	// well within the 65,535 of an option. maxComments is how many a packet can have.
	maxComment  = 4 << 10
	maxComments = 64

	optionComment     = 1 // of any block (draft-ietf-opsawg-pcapng section 3.5)
	optionApplication = 4 // shb_userappl (section 4.1)
	unknownLength     = ^uint64(0)
)

// WriterOptions says what a Writer writes about the capture as a whole.
type WriterOptions struct {
	Application string // what wrote it; "" for nothing
	Comment     string // "" for none
}

// Writer writes packets as pcapng (draft-ietf-opsawg-pcapng): each with the link type,
// the interface and the time resolution that it was captured with. Its methods must be
// called from one goroutine. After an error every call returns that error.
type Writer struct {
	w          *bufio.Writer
	block      []byte // the block that is being made
	interfaces map[InterfaceDescription]uint32
	last       InterfaceDescription // of the packet before, and its number
	lastID     uint32
	err        error
}

// NewWriter begins a capture in w.
func NewWriter(w io.Writer, o WriterOptions) (*Writer, error) {
	out := &Writer{w: bufio.NewWriterSize(w, writeBuffer), interfaces: make(map[InterfaceDescription]uint32)}
	out.begin(blockSection)
	out.uint32(sectionMagic)
	out.uint16(sectionMajor)
	out.uint16(0)
	out.uint64(unknownLength)
	out.text(optionComment, o.Comment)
	out.text(optionApplication, o.Application)
	return out, out.end()
}

// Packet writes a packet that was captured on the interface d, with comments. Their
// control characters and what is longer than 4 KiB are left out.
func (w *Writer) Packet(p *packet.Packet, d InterfaceDescription, comments ...string) error {
	id, err := w.interfaceID(d)
	if err != nil {
		return err
	}
	if len(p.Data) > maxPacket {
		return w.fail(fmt.Errorf("a packet of %d bytes where %d is the most", len(p.Data), maxPacket))
	}
	t := d.timestamp(p.Time)
	w.begin(blockEnhanced)
	w.uint32(id)
	w.uint32(uint32(t >> 32))
	w.uint32(uint32(t))
	w.uint32(uint32(len(p.Data)))
	w.uint32(max(p.OrigLen, uint32(len(p.Data))))
	w.padded(p.Data)
	for i, c := range comments {
		if i == maxComments {
			break
		}
		w.text(optionComment, c)
	}
	return w.end()
}

// Secrets writes key material. It must come before the packets that it opens.
func (w *Writer) Secrets(s packet.Secrets) error {
	if len(s.Data) > maxBlock-minBlock-secretsLen-paddingMultiple {
		return w.fail(fmt.Errorf("secrets of %d bytes do not fit into a block", len(s.Data)))
	}
	w.begin(blockSecrets)
	w.uint32(s.Type)
	w.uint32(uint32(len(s.Data)))
	w.padded(s.Data)
	return w.end()
}

// Flush hands on everything that was written so far.
func (w *Writer) Flush() error {
	if w.err == nil {
		w.err = w.w.Flush()
	}
	return w.err
}

// Close ends the capture. It does not close what the Writer writes to.
func (w *Writer) Close() error { return w.Flush() }

// interfaceID returns the number of an interface, described when it is new.
func (w *Writer) interfaceID(d InterfaceDescription) (uint32, error) {
	if w.err != nil {
		return 0, w.err
	}
	if d == w.last && len(w.interfaces) > 0 {
		return w.lastID, nil
	}
	id, known := w.interfaces[d]
	if !known {
		if len(w.interfaces) == maxInterfaces {
			return 0, w.fail(fmt.Errorf("more than %d interfaces", maxInterfaces))
		}
		id = uint32(len(w.interfaces))
		w.interfaces[d] = id
		w.begin(blockInterface)
		w.uint16(uint16(d.Link))
		w.uint16(0)
		w.uint32(d.SnapLen)
		w.text(optionName, d.Name)
		w.text(optionDescription, d.Description)
		w.option(optionResolution, []byte{d.resolution()})
		if d.Offset != 0 {
			w.option(optionOffset, binary.LittleEndian.AppendUint64(nil, uint64(d.Offset)))
		}
		if err := w.end(); err != nil {
			return 0, err
		}
	}
	w.last, w.lastID = d, id
	return id, nil
}

func (w *Writer) fail(err error) error {
	if w.err == nil {
		w.err = err
	}
	return w.err
}

// begin starts a block; its length is set by end.
func (w *Writer) begin(kind uint32) {
	w.block = w.block[:0]
	w.uint32(kind)
	w.uint32(0)
}

// end writes the block that was made.
func (w *Writer) end() error {
	if w.err != nil {
		return w.err
	}
	total := uint32(len(w.block) + blockTrailerLen)
	binary.LittleEndian.PutUint32(w.block[4:], total)
	w.uint32(total)
	_, w.err = w.w.Write(w.block)
	return w.err
}

func (w *Writer) uint16(v uint16) { w.block = binary.LittleEndian.AppendUint16(w.block, v) }
func (w *Writer) uint32(v uint32) { w.block = binary.LittleEndian.AppendUint32(w.block, v) }
func (w *Writer) uint64(v uint64) { w.block = binary.LittleEndian.AppendUint64(w.block, v) }

// padded adds bytes and what brings the block to a multiple of four.
func (w *Writer) padded(b []byte) {
	w.block = append(w.block, b...)
	for len(w.block)%paddingMultiple != 0 {
		w.block = append(w.block, 0)
	}
}

// option adds an option. The end of options may be left out where the block ends
// (section 3.5).
func (w *Writer) option(code uint16, value []byte) {
	w.uint16(code)
	w.uint16(uint16(len(value)))
	w.padded(value)
}

// text adds an option that is a text, if there is any.
func (w *Writer) text(code uint16, s string) {
	if s = printable(s); s != "" {
		w.option(code, []byte(s))
	}
}

// printable returns s without control characters and what is no UTF-8, cut at
// maxComment bytes.
func printable(s string) string {
	s = strings.Map(func(r rune) rune {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, s)
	if len(s) > maxComment {
		s = strings.ToValidUTF8(s[:maxComment], "")
	}
	return s
}
