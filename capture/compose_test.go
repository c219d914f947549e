package capture

import (
	"bytes"
	"encoding/binary"
)

// sample is one packet of a composed capture. Its time is in units of the file.
type sample struct {
	time    uint64
	data    []byte
	origLen uint32
}

// frame returns n bytes that differ from those of other frames.
func frame(seed, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(seed*31 + i)
	}
	return b
}

// composer writes captures byte by byte after the drafts, for want of a writer that
// knows every variant.
type composer struct {
	bytes.Buffer
	order interface {
		binary.ByteOrder
		binary.AppendByteOrder
	}
}

func (c *composer) u16(v uint16) { c.Write(c.order.AppendUint16(nil, v)) }
func (c *composer) u32(v uint32) { c.Write(c.order.AppendUint32(nil, v)) }
func (c *composer) u64(v uint64) { c.Write(c.order.AppendUint64(nil, v)) }

// pcapHeader writes a classic file header.
func (c *composer) pcapHeader(magic uint32, minor uint16, network uint32) {
	c.u32(magic)
	c.u16(2)
	c.u16(minor)
	c.u64(0)
	c.u32(65535)
	c.u32(network)
}

// record writes a classic record.
func (c *composer) record(sec, frac uint32, data []byte, origLen uint32) {
	c.u32(sec)
	c.u32(frac)
	c.u32(uint32(len(data)))
	c.u32(origLen)
	c.Write(data)
}

// block writes a pcapng block around the body, which it pads.
func (c *composer) block(kind uint32, body []byte) {
	padding := -len(body) & 3
	total := uint32(12 + len(body) + padding)
	c.u32(kind)
	c.u32(total)
	c.Write(body)
	c.Write(make([]byte, padding))
	c.u32(total)
}

// body returns what f writes, in the composer's byte order.
func (c *composer) body(f func(b *composer)) []byte {
	b := &composer{order: c.order}
	f(b)
	return b.Bytes()
}

// section writes a section header block.
func (c *composer) section() {
	c.block(0x0a0d0d0a, c.body(func(b *composer) {
		b.u32(0x1a2b3c4d)
		b.u16(1)
		b.u16(0)
		b.u64(^uint64(0))
	}))
}

// option returns one option, padded.
func (c *composer) option(code uint16, value []byte) []byte {
	return c.body(func(b *composer) {
		b.u16(code)
		b.u16(uint16(len(value)))
		b.Write(value)
		b.Write(make([]byte, -len(value)&3))
	})
}

// iface writes an interface description block.
func (c *composer) iface(link uint16, snapLen uint32, options ...[]byte) {
	c.block(1, c.body(func(b *composer) {
		b.u16(link)
		b.u16(0)
		b.u32(snapLen)
		for _, o := range options {
			b.Write(o)
		}
		if len(options) > 0 {
			b.u32(0) // opt_endofopt
		}
	}))
}

// enhanced writes an enhanced packet block.
func (c *composer) enhanced(id uint32, s sample, options ...[]byte) {
	c.block(6, c.body(func(b *composer) {
		b.u32(id)
		b.u32(uint32(s.time >> 32))
		b.u32(uint32(s.time))
		b.u32(uint32(len(s.data)))
		b.u32(s.origLen)
		b.Write(s.data)
		b.Write(make([]byte, -len(s.data)&3))
		for _, o := range options {
			b.Write(o)
		}
	}))
}

// obsolete writes a packet block of type 2.
func (c *composer) obsolete(id uint16, s sample) {
	c.block(2, c.body(func(b *composer) {
		b.u16(id)
		b.u16(3) // drops
		b.u32(uint32(s.time >> 32))
		b.u32(uint32(s.time))
		b.u32(uint32(len(s.data)))
		b.u32(s.origLen)
		b.Write(s.data)
	}))
}

// simple writes a simple packet block.
func (c *composer) simple(data []byte, origLen uint32) {
	c.block(3, c.body(func(b *composer) {
		b.u32(origLen)
		b.Write(data)
	}))
}

// secrets writes a decryption secrets block.
func (c *composer) secrets(kind uint32, data []byte) {
	c.block(10, c.body(func(b *composer) {
		b.u32(kind)
		b.u32(uint32(len(data)))
		b.Write(data)
	}))
}

// want is what a packet of a composed capture must turn out to be.
type want struct {
	time    int64
	data    []byte
	origLen uint32
	link    uint16
	iface   uint16 // in the file
}

// variant is a composed capture and what it holds.
type variant struct {
	name       string
	bytes      []byte
	want       []want
	secrets    []string
	notLibpcap string // why libpcap cannot be the oracle for it
}

// at is a time in October 2023 in whole seconds.
const at = 1_697_000_000

// variants returns one capture for each way in which the formats let them differ.
func variants() []variant {
	var all []variant
	for _, o := range []struct {
		name  string
		order interface {
			binary.ByteOrder
			binary.AppendByteOrder
		}
	}{{"little", binary.LittleEndian}, {"big", binary.BigEndian}} {
		for _, v := range append(pcapVariants(&composer{order: o.order}), pcapngVariants(&composer{order: o.order})...) {
			v.name += " " + o.name
			all = append(all, v)
		}
	}
	return append(all, mixedOrders())
}
