package link

// Memory holds the datagrams that were put together for a batch of packets, so
// that segments of theirs stay valid for as long as the batch is in use. The zero
// value is ready for use.
type Memory struct {
	chunks [][]byte
	used   int    // chunks that hold something
	room   []byte // what is left of the last of them
}

const (
	// memoryChunk holds four datagrams of the greatest size.
	memoryChunk = 4 * maxDatagram
	// keptChunks is how much of a Memory is kept for its next use: 2 MiB, twice what
	// is read of a file at once. More is needed only when many fragments had waited
	// for what one batch brought.
	keptChunks = 8
)

// Reset forgets what m holds, and keeps some memory for its next use.
func (m *Memory) Reset() {
	if len(m.chunks) > keptChunks {
		clear(m.chunks[keptChunks:])
		m.chunks = m.chunks[:keptChunks]
	}
	m.used, m.room = 0, nil
}

// take returns n bytes, at most maxDatagram, whose contents are undefined.
func (m *Memory) take(n int) []byte {
	if n > len(m.room) {
		if m.used == len(m.chunks) {
			m.chunks = append(m.chunks, make([]byte, memoryChunk))
		}
		m.room = m.chunks[m.used]
		m.used++
	}
	b := m.room[:n:n]
	m.room = m.room[n:]
	return b
}

// Use empties m and makes Decode put datagrams together in it from now on: they
// stay valid until m is used or reset again. Until the first call a datagram is
// valid until the next call of Decode.
func (d *Decoder) Use(m *Memory) {
	m.Reset()
	d.memory = m
}
