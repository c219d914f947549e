package capture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/bits"

	"wstap/capture/packet"
)

// reader gives the packets of one capture, block by block.
type reader struct {
	win    window
	file   int           // index of the file, for packet.Ref
	format parser        // nil until the header has been read
	zip    *decompressor // nil for a plain file
	ended  bool
	full   bool // parsing stopped at blockPackets: more may be there without a read

	growing    bool           // the end of the file may not be the end: errPause says so
	interfaces *interfaceList // those described so far
	annotate   bool           // fill Block.Annotations
}

// errPause says that a growing file has no more for now.
var errPause = errors.New("no more yet")

// newReader returns a reader of the capture in r. It reads through buf, which
// must not be empty, and grows it where it must.
func newReader(r io.Reader, file int, buf []byte) *reader {
	return &reader{win: newWindow(r, buf), file: file, interfaces: new(interfaceList)}
}

// next replaces the contents of b with the packets that one read gives. It reads
// again only when a read completed no packet. At the end it returns io.EOF, or a
// *FileError without a name; b may hold the last packets then.
func (r *reader) next(b *packet.Block) error {
	b.Reset()
	for !r.ended {
		err := r.step(b)
		if errors.Is(err, errPause) {
			return err
		}
		if err != nil {
			r.ended = true
			return r.locate(err)
		}
		if len(b.Packets)+len(b.Secrets) > 0 {
			return nil
		}
	}
	return io.EOF
}

// step reads once, unless packets are left of what was read, and parses them.
func (r *reader) step(b *packet.Block) error {
	if r.format == nil {
		if err := r.open(); err != nil {
			return err
		}
	} else if r.full {
		r.full = false
	} else if !r.win.fill() {
		if r.growing && r.win.err == io.EOF {
			r.win.err = nil
			return errPause
		}
		return r.end()
	}
	n, err := r.format.parse(r.win.bytes(), b)
	r.win.take(n)
	r.full = len(b.Packets) >= blockPackets
	if r.win.most = 0; n > largePackets*len(b.Packets) {
		r.win.most = largeRead
	}
	return err
}

// finish ends the reading of a growing file where it has paused. It returns what
// next returns at the end.
func (r *reader) finish() error {
	r.ended, r.win.err = true, io.EOF
	return r.locate(r.end())
}

// end tells a regular end from a cut.
func (r *reader) end() error {
	switch {
	case r.win.err != io.EOF:
		return r.win.err
	case len(r.win.bytes()) > 0:
		return truncated("cut short in the middle of a packet or block")
	default:
		return io.EOF
	}
}

// locate says where in the file err happened.
func (r *reader) locate(err error) error {
	if err == io.EOF {
		return err
	}
	e := &FileError{Offset: r.win.offset(), Err: err}
	if r.format != nil {
		e.Packet = r.format.number()
	}
	return e
}

// open unwraps the capture and reads its header.
func (r *reader) open() error {
	head, err := r.need(sniffLen)
	if len(head) == 0 && err != nil {
		return r.empty(err)
	}
	if kind := detectCompression(head); kind != compressionNone {
		plain := bytes.NewReader(bytes.Clone(head))
		r.zip = newDecompressor(kind, io.MultiReader(plain, r.win.r), len(r.win.buf))
		pool := r.win.pool
		r.win = newWindow(r.zip, r.win.buf)
		r.win.pool = pool
		r.growing = false
		if head, err = r.need(sniffLen); len(head) == 0 && err != nil {
			return r.empty(err)
		}
	}
	r.interfaces.section()
	switch detectFormat(head) {
	case formatPcapng:
		r.format = newPcapng(r.file, r.interfaces, r.annotate)
		return nil
	case formatPcap:
		return r.openPcap()
	case formatCut:
		return err
	default:
		return &detailedError{fmt.Sprintf("not a capture file: it begins with % x", head[:min(len(head), sniffLen)]), errNotCapture}
	}
}

func (r *reader) openPcap() error {
	head, err := r.need(pcapHeaderLen)
	if err != nil {
		return err
	}
	p, err := newPcap(head, r.file)
	if err != nil {
		return err
	}
	if _, err := r.interfaces.add(p.description()); err != nil {
		return err
	}
	r.format = p
	r.win.take(pcapHeaderLen)
	return nil
}

// need reads until n bytes are there. With fewer it says why there are no more.
func (r *reader) need(n int) ([]byte, error) {
	switch {
	case r.win.hold(n):
		return r.win.bytes(), nil
	case r.win.err == io.EOF:
		return r.win.bytes(), truncated("cut short in the file header")
	default:
		return r.win.bytes(), r.win.err
	}
}

// empty is the error of a file without a single byte.
func (r *reader) empty(err error) error {
	if r.win.err != io.EOF {
		return err
	}
	return errEmpty
}

// close gives back what the reader holds, but not the file that it reads.
func (r *reader) close() {
	if r.zip != nil {
		r.zip.Close()
	}
}

// format is what a capture's first bytes say it is.
type format int

const (
	formatUnknown format = iota
	formatPcap
	formatPcapng
	formatCut // a capture that ends before it can be told which
)

// detectFormat looks at the magic number, in both byte orders.
func detectFormat(b []byte) format {
	magics := []struct {
		magic uint32
		is    format
	}{
		{blockSection, formatPcapng}, {magicMicro, formatPcap}, {magicNano, formatPcap}, {magicModified, formatPcap},
	}
	for _, m := range magics {
		for _, v := range []uint32{m.magic, bits.ReverseBytes32(m.magic)} {
			want := binary.LittleEndian.AppendUint32(nil, v)
			switch {
			case len(b) >= sniffLen && bytes.Equal(b[:sniffLen], want):
				return m.is
			case len(b) < sniffLen && bytes.HasPrefix(want, b):
				return formatCut
			}
		}
	}
	return formatUnknown
}
