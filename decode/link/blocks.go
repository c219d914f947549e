package link

import (
	"bytes"

	"wstap/capture/packet"
)

const (
	// blockSize holds a fragment that fits an Ethernet frame; a longer one takes
	// several.
	blockSize = 2 << 10
	// slabBlocks is how many blocks are allocated at once.
	slabBlocks = 64
	maxBlocks  = maxFragmentBytes / blockSize
)

// block describes one block of memory, and as the first of a piece the piece.
type block struct {
	ref    packet.Ref
	next   int32  // the piece behind it in its datagram, -1 for none
	more   int32  // the next block of the same piece, or of the free ones; -1 for none
	offset uint16 // in the datagram
	length uint16 // on the wire
	have   uint16 // captured
}

// blockPool is the memory of all pieces. Blocks are never given back, but used
// again.
type blockPool struct {
	slabs  [][]byte
	blocks []block
	unused int32 // list of free blocks, valid iff count is not 0
	count  int   // free blocks
}

func (p *blockPool) bytesOf(i int32) []byte {
	at := i % slabBlocks * blockSize
	return p.slabs[i/slabBlocks][at : at+blockSize]
}

// blocksFor returns how many blocks n bytes take.
func blocksFor(n int) int { return max(1, (n+blockSize-1)/blockSize) }

// enough makes sure that there is room for n bytes, and reports whether there is.
func (p *blockPool) enough(n int) bool {
	need := blocksFor(n)
	for p.count < need && len(p.blocks) < maxBlocks {
		p.slabs = append(p.slabs, make([]byte, slabBlocks*blockSize))
		for range slabBlocks {
			p.blocks = append(p.blocks, block{})
			p.free(int32(len(p.blocks) - 1))
		}
	}
	return p.count >= need
}

func (p *blockPool) free(i int32) {
	p.blocks[i].more = -1
	if p.count > 0 {
		p.blocks[i].more = p.unused
	}
	p.unused = i
	p.count++
}

func (p *blockPool) take() int32 {
	i := p.unused
	p.unused = p.blocks[i].more
	p.count--
	p.blocks[i] = block{next: -1, more: -1}
	return i
}

// store copies data into free blocks, of which there are enough, and returns the
// first.
func (p *blockPool) store(data []byte) int32 {
	first := p.take()
	p.blocks[first].have = uint16(len(data))
	for i := first; ; {
		data = data[copy(p.bytesOf(i), data):]
		if len(data) == 0 {
			return first
		}
		next := p.take()
		p.blocks[i].more = next
		i = next
	}
}

// read copies the piece that begins with block i to the front of b, and returns
// its length.
func (p *blockPool) read(i int32, b []byte) int {
	have := int(p.blocks[i].have)
	for n := 0; n < have; i = p.blocks[i].more {
		n += copy(b[n:have], p.bytesOf(i))
	}
	return have
}

// equal reports whether data is what is held of a piece, as far as both were
// captured.
func (p *blockPool) equal(i int32, data []byte) bool {
	data = data[:min(len(data), int(p.blocks[i].have))]
	for len(data) > 0 {
		n := min(len(data), blockSize)
		if !bytes.Equal(data[:n], p.bytesOf(i)[:n]) {
			return false
		}
		data, i = data[n:], p.blocks[i].more
	}
	return true
}

// release frees a list of pieces.
func (p *blockPool) release(piece int32) {
	for piece >= 0 {
		next := p.blocks[piece].next
		for i := piece; i >= 0; {
			more := p.blocks[i].more
			p.free(i)
			i = more
		}
		piece = next
	}
}
