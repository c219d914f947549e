package websocket

import "encoding/binary"

// stream is a legal stream of frames of one side, and what is true of it.
type stream struct {
	client  bool
	deflate bool
	calm    bool // wire bytes of payloads can begin no frame, see quiet

	wire     []byte
	frames   []span
	counts   [kinds]uint32
	messages []message
	bytes    uint64
	controls []told

	open   bool // inside a fragmented message
	closed bool
}

// span is where a frame stands.
type span struct {
	start, body, end int // of the header, of the payload, of what follows
	kind             Kind
}

// quiet makes of c a byte that has RSV2 or RSV3 set, which no header has: what
// such bytes are cut to can never be taken for a frame.
func quiet(c byte) byte { return c | 0x10 }

// model builds a stream from ops, three bytes a frame: what it is, how long, and
// with which content. Whatever ops are, the stream is legal.
func model(client, deflate, calm bool, ops []byte) *stream {
	s := &stream{client: client, deflate: deflate, calm: calm}
	for ; len(ops) >= 3; ops = ops[3:] {
		s.frame(ops[0], ops[1], ops[2])
	}
	return s
}

func (s *stream) frame(what, size, seed byte) {
	fin := what&0x80 != 0
	switch what & 7 {
	case 0, 1, 2, 3:
		s.data(Opcode(1+what&1), fin, length(what, size), seed, what&0x40 != 0)
	case 4, 5:
		s.control(Ping, int(size)%(MaxControl+1), seed)
	case 6:
		s.control(Pong, int(size)%(MaxControl+1), seed)
	case 7:
		if what&0x30 == 0 { // not too early
			s.control(Close, int(size)%(MaxControl+1), seed)
		} else {
			s.control(Ping, 0, seed)
		}
	}
}

// length spreads lengths over the three forms.
func length(what, size byte) int {
	switch {
	case what&0x38 == 0x38 && size&3 == 0:
		return 1<<16 + int(size)
	case what&0x18 == 0x10:
		return 126 + int(size)*4
	default:
		return int(size) % 126
	}
}

func (s *stream) data(op Opcode, fin bool, n int, seed byte, rsv1 bool) {
	if s.closed {
		return
	}
	b0 := byte(0)
	if fin {
		b0 = bitFIN
	}
	if s.open {
		s.counts[KindContinuation]++
	} else {
		s.counts[kindOf[op]]++
		b0 |= byte(op)
		if rsv1 = rsv1 && s.deflate; rsv1 {
			b0 |= bitRSV1
		}
		s.messages = append(s.messages, message{opcode: op, compress: rsv1})
	}
	kind := kindOf[b0&15]
	plain := s.emit(b0, n, seed, nil, kind)
	m := &s.messages[len(s.messages)-1]
	m.data = append(m.data, plain...)
	m.done = fin
	s.bytes += uint64(n)
	s.open = !fin
}

func (s *stream) control(op Opcode, n int, seed byte) {
	var body []byte
	if op == Close {
		if s.closed {
			return
		}
		s.closed = true
		if n == 1 {
			n = 2
		}
		if n >= 2 {
			body = binary.BigEndian.AppendUint16(nil, 1000+uint16(seed)%4)
			for i := range n - 2 {
				body = append(body, '0'+(seed+byte(i))%10)
			}
		}
	}
	at := uint64(len(s.wire))
	s.counts[kindOf[op]]++
	s.controls = append(s.controls, control(op, at, string(s.emit(bitFIN|byte(op), n, seed, body, kindOf[op]))))
}

// emit appends a frame with n bytes of payload, those of body or else some made
// from seed, and returns them unmasked.
func (s *stream) emit(b0 byte, n int, seed byte, body []byte, kind Kind) (plain []byte) {
	f := span{start: len(s.wire), kind: kind}
	mask := byte(0)
	var key [4]byte
	if s.client {
		mask = bitMask
		key = [4]byte{seed, seed * 3, seed ^ 0x5a, 0x81}
		if s.calm {
			key = [4]byte{0x20, 0x20, 0x20, 0x20}
		}
	}
	switch {
	case n < 126:
		s.wire = append(s.wire, b0, mask|byte(n))
	case n < 1<<16:
		s.wire = binary.BigEndian.AppendUint16(append(s.wire, b0, mask|126), uint16(n))
	default:
		s.wire = binary.BigEndian.AppendUint64(append(s.wire, b0, mask|127), uint64(n))
	}
	if s.client {
		s.wire = append(s.wire, key[:]...)
	}
	f.body = len(s.wire)
	for i := range n {
		c := seed + byte(i*7) + byte(i>>8)
		if s.calm {
			c = quiet(c)
		}
		if body != nil {
			c = body[i] ^ key[i&3]
		}
		s.wire = append(s.wire, c)
		plain = append(plain, c^key[i&3])
	}
	f.end = len(s.wire)
	s.frames = append(s.frames, f)
	return plain
}

// complete returns how many of the messages have an end.
func (s *stream) complete() (n uint32) {
	for _, m := range s.messages {
		if m.done {
			n++
		}
	}
	return n
}

// config is what a Walker of this stream is told.
func (s *stream) config(payload bool) Config {
	return Config{Client: s.client, Deflate: s.deflate, Payload: payload}
}

// places turns arbitrary bytes into places to cut at, each a distance from the
// one before it.
func places(cuts []byte, n int) (out []int) {
	at := 0
	for _, c := range cuts {
		step := int(c)
		if c&0xe0 == 0xe0 {
			step = int(c&0x1f) * 1021
		}
		if at += step; at > n {
			break
		}
		out = append(out, at)
	}
	return out
}

// opLists are the seeds of the fuzz targets, one stream each.
var opLists = map[string][]byte{
	"hello":        {0x80, 5, 1},
	"fragments":    {0x01, 5, 1, 0x00, 0, 2, 0x04, 3, 3, 0x80, 7, 4},
	"interleaved":  {0x00, 9, 1, 0x04, 125, 2, 0x06, 125, 3, 0x10, 40, 4, 0x04, 0, 5, 0x80, 1, 6, 0x81, 2, 7},
	"long":         {0x90, 0, 1, 0x91, 255, 2, 0xb8, 4, 3, 0x80, 0, 4},
	"empty frames": {0x00, 0, 1, 0x00, 0, 2, 0x80, 0, 3, 0x81, 0, 4, 0x04, 0, 5},
	"deflate":      {0xc0, 20, 1, 0x41, 20, 2, 0xc0, 20, 3, 0xd0, 20, 4},
	"closed":       {0x80, 5, 1, 0x07, 20, 2},
	"closed bare":  {0x80, 5, 1, 0x07, 0, 2, 0x04, 4, 3},
}
