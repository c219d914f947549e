package capture

import "io"

const (
	// bufferSize is what one read asks for. The cost of a read is the same from 128
	// KiB on, but each block is handed to another goroutine: at 1 MiB the whole
	// program took 10 % less time than at 256 KiB, at 2 MiB more again.
	bufferSize = 1024 << 10

	// largePackets is the mean size of packets, in bytes, from which on a read asks for
	// largeRead only. What they cost is the way of their bytes from one processor to
	// another: with 1,448 bytes in each, in TLS that is decrypted, 256 KiB that stay in its
	// cache took three quarters of the time that 1 MiB took.
	largePackets = 512
	largeRead    = 256 << 10

	// Ahead is for how many blocks the packets stay valid, so that one can be used
	// while others are read: one in use, one ready, and two on their way, which
	// hides that waking a goroutine takes as long as reading half a block.
	Ahead = 4

	// blockPackets is the most packets of a block. With packets of 170 bytes and more
	// a read gives no more; of small ones, such as SYNs, it would give twice as many,
	// and what is made of each takes more memory than itself.
	blockPackets = 6144

	// minBufferSize is the least that a file gets when very many are open at
	// once: some dozens of full-sized packets.
	minBufferSize = 32 << 10

	// bufferBudget is shared by the buffers of all files that are open at once, Ahead
	// of each: 16 files get full ones before they begin to shrink.
	bufferBudget = 64 << 20

	// maxIdle is how many buffers are kept that could be used again at once: more
	// than the Ahead that one file needs, for files that are read in turn.
	maxIdle = 4 * Ahead

	// peekSize is enough for the headers and the first packet of nearly any file;
	// where it is not, the buffer grows.
	peekSize = 4 << 10

	// maxBuffer is how far a buffer grows for one packet or block that is larger
	// than it. The parsers refuse a longer one before it is waited for.
	maxBuffer = 2 * maxBlock

	// maxEmptyReads is how often a reader may return nothing and no error, as in
	// package bufio.
	maxEmptyReads = 100
)

// window is a stream of bytes seen through one reusable buffer: a parser takes
// whole packets from the front, fill adds at the back.
type window struct {
	r          io.Reader
	buf        []byte
	start, end int   // the bytes not yet taken are buf[start:end]
	size       int   // normal size of buf
	most       int   // what one read asks for at most; 0 for all that there is room for
	base       int64 // offset within the stream of buf[0]
	err        error // why there will be no more bytes; io.EOF at the regular end

	turn bool // slices of buf are still in use: fill goes on in another buffer
	pool *bufferPool
}

// newWindow returns a window over r that uses buf, which must not be empty. It
// has no pool: turn must not be set.
func newWindow(r io.Reader, buf []byte) window {
	return window{r: r, buf: buf, size: len(buf)}
}

// bytes returns what was read and not yet taken.
func (w *window) bytes() []byte { return w.buf[w.start:w.end] }

// take removes n bytes from the front. Slices of them stay valid until the next
// call of fill, or until Ahead calls with turn set.
func (w *window) take(n int) { w.start += n }

// offset returns where in the stream the front stands.
func (w *window) offset() int64 { return w.base + int64(w.start) }

// fill adds what one read gives to the bytes left over, never waiting for more
// than that. It makes room first, see take. It returns false when nothing more will come; w.err says why.
func (w *window) fill() bool {
	if w.err != nil {
		return false
	}
	w.makeRoom()
	for range maxEmptyReads {
		room := w.buf[w.end:]
		if w.most > 0 && len(room) > w.most {
			room = room[:w.most]
		}
		n, err := w.r.Read(room)
		w.end += n
		w.err = err
		if n > 0 {
			return true
		}
		if err != nil {
			return false
		}
	}
	w.err = io.ErrNoProgress
	return false
}

// hold fills the window until it holds n bytes. It returns false when there are fewer.
func (w *window) hold(n int) bool {
	for len(w.bytes()) < n {
		if !w.fill() {
			return false
		}
	}
	return true
}

// pass takes n bytes, of which not all need be there yet. It returns false when there are
// fewer.
func (w *window) pass(n int) bool {
	for {
		there := min(n, len(w.bytes()))
		w.take(there)
		n -= there
		if n == 0 {
			return true
		}
		if !w.fill() {
			return false
		}
	}
}

// makeRoom moves the bytes left over to the front. When they fill the buffer it
// grows; when it was grown for one large block and that has been taken, it
// returns to its normal size, which stays in the cache.
func (w *window) makeRoom() {
	rest := w.buf[w.start:w.end]
	if w.turn {
		w.turn = false
		old := w.buf
		if len(rest) < w.size {
			w.buf = w.pool.get(w.size)
		} else {
			w.buf = make([]byte, len(old))
		}
		w.giveBack(old)
	}
	switch {
	case len(rest) == len(w.buf):
		w.buf = make([]byte, min(2*len(rest), maxBuffer))
	case len(w.buf) > w.size && len(rest) <= w.size/2:
		w.buf = make([]byte, w.size)
	}
	copy(w.buf, rest)
	w.base += int64(w.start)
	w.start, w.end = 0, len(rest)
}

// giveBack leaves a buffer of normal size to the pool.
func (w *window) giveBack(buf []byte) {
	if len(buf) == w.size {
		w.pool.put(buf)
	}
}

// bufferPool keeps the buffers of a set that no input reads into, so that reading
// many small files takes no more of them than reading a large one.
type bufferPool struct {
	calls uint64 // of Set.Next
	idle  []idleBuffer
}

// idleBuffer is a buffer that packets handed out before may still alias.
type idleBuffer struct {
	buf   []byte
	since uint64 // the call of Set.Next in which it was given back
}

// put takes a buffer back. Those that have long been free make room for it.
func (p *bufferPool) put(buf []byte) {
	if len(p.idle) >= maxIdle && p.free(0) {
		p.idle = append(p.idle[:0], p.idle[1:]...)
	}
	p.idle = append(p.idle, idleBuffer{buf, p.calls})
}

// get returns a buffer of the given size that nothing aliases any more, or a new
// one.
func (p *bufferPool) get(size int) []byte {
	for i := 0; i < len(p.idle) && p.free(i); i++ {
		if buf := p.idle[i].buf; len(buf) == size {
			p.idle = append(p.idle[:i], p.idle[i+1:]...)
			return buf
		}
	}
	return make([]byte, size)
}

// free reports whether buffer i may be written: the oldest come first.
func (p *bufferPool) free(i int) bool { return p.idle[i].since+Ahead-1 <= p.calls }
