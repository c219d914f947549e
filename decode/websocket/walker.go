package websocket

// Kind groups opcodes for counting.
type Kind uint8

// The kinds of frame that are counted.
const (
	KindText Kind = iota
	KindBinary
	KindContinuation
	KindClose
	KindPing
	KindPong
	KindOther
	kinds
)

var kindOf = [16]Kind{
	Continuation: KindContinuation, Text: KindText, Binary: KindBinary,
	3: KindOther, 4: KindOther, 5: KindOther, 6: KindOther, 7: KindOther,
	Close: KindClose, Ping: KindPing, Pong: KindPong,
	11: KindOther, 12: KindOther, 13: KindOther, 14: KindOther, 15: KindOther,
}

// Config says what a Walker should expect.
type Config struct {
	Client   bool // the sender is the client: its frames are masked
	Deflate  bool // permessage-deflate was agreed: RSV1 may be set
	Unsure   bool // what was agreed was not captured
	Payload  bool // give Payload events, as long as no hole hides a header
	Headless bool // the walk does not begin at a frame header
}

// Bits of Walker.flags.
const (
	flagClient    uint16 = 1 << iota
	flagRSV1             // RSV1 is allowed on the first frame of a message
	flagPayload          // payloads are wanted
	flagMessage          // a fragmented message is open
	flagMaybe            // after a hole: whether a message is open is not known
	flagClosed           // a Close frame was seen
	flagLost             // the place of the next header is not known
	flagUnsure           // a header was guessed and not yet confirmed
	flagEverLost         // the place was lost once: what looks like a breach may be a wrong guess
	flagBroken           // a hole is inside the current frame
	flagFIN              // of the current frame
	flagCompress         // the current message has RSV1 set
	flagInMessage        // the current frame is a data frame
	flagPending          // pending is not empty
	flagCutClose         // a Close whose end is missing is still to be told of
	flagMissed           // a hole may hide frames; without it, the place was lost by a length that leads nowhere
)

// Walker follows one direction. It holds no pointers and may be copied; the zero
// value is not usable, see Config.Walker.
type Walker struct {
	// These 64 bytes are read for every segment; the rest is not.
	flags    uint16
	nhdr     uint8 // bytes of hdr gathered
	opcode   Opcode
	message  Opcode        // of the open message
	ctlLen   uint8         // bytes of the control payload seen
	remain   uint64        // payload bytes of the current frame still to come
	Offset   uint64        // bytes walked or known to be missing, from the first frame on
	Bytes    uint64        // payload bytes of data frames, walked or known to be missing
	Messages uint32        // complete data messages
	Counts   [kinds]uint32 // frames, by Kind

	pending uint32 // breaches of the current frame still to be reported, a bit for each Rule
	control uint32 // handle of a control payload that came in part, 0 for none
	frameAt uint64 // Offset of the current frame
	hdr     [maxHeader]byte
	guess   guess

	_ [8]byte // to two cache lines
}

// guess keeps what is counted while a guessed header is not confirmed.
type guess struct {
	counts   [kinds]uint8
	messages uint8
	headers  uint8
	bytes    uint64
}

// confirmations is how many further plausible headers in a row confirm a guessed
// one. Arbitrary bytes look like a header in one of 40 places, so that four in a
// row are one in two million. Only headers with FIN count: tables of small numbers
// look like fragments without end. A frame that ends exactly where its segment
// does confirms a guess too: one in 5,000 for arbitrary segments of up to 127
// bytes, and next to never for longer ones.
const confirmations = 3

// Walker returns a Walker for c.
func (c Config) Walker() Walker {
	var w Walker
	for _, set := range [...]struct {
		on  bool
		bit uint16
	}{
		{c.Client, flagClient}, {c.Deflate || c.Unsure, flagRSV1},
		{c.Payload && !c.Headless, flagPayload},
		{c.Headless, flagLost | flagMaybe | flagEverLost | flagMissed},
	} {
		if set.on {
			w.flags |= set.bit
		}
	}
	return w
}

// Closed reports whether a Close frame was seen.
func (w *Walker) Closed() bool { return w.flags&flagClosed != 0 }

// Complete reports whether every frame so far was counted: neither a hole hid a
// header, nor a length with its top bit set.
func (w *Walker) Complete() bool { return w.flags&flagEverLost == 0 }

// Missed reports whether frames may have gone by that were not captured: a hole hid
// a header, or the first bytes are not known to be one.
func (w *Walker) Missed() bool { return w.flags&flagMissed != 0 }

// Lost reports whether the walk has lost its place and not found it again.
func (w *Walker) Lost() bool { return w.flags&(flagLost|flagUnsure) != 0 }

// MidFrame reports whether the bytes so far end inside a frame.
func (w *Walker) MidFrame() bool { return w.remain > 0 || w.nhdr > 0 }

// Frames returns how many frames were counted.
func (w *Walker) Frames() (n uint64) {
	for _, c := range w.Counts {
		n += uint64(c)
	}
	return n
}

// EventKind says what an Event of a Walker tells.
type EventKind uint8

// The kinds of event.
const (
	More    EventKind = iota // all bytes were used
	Control                  // a control frame ended
	Breach                   // a frame broke a rule
	Payload                  // payload of a data frame, with Config.Payload
)

// Event is what Next found. Payload is valid until the next call.
type Event struct {
	Kind     EventKind
	Rule     Rule   // Breach
	Opcode   Opcode // Control: of the frame; Payload: of the message
	Compress bool   // Payload: the message has RSV1 set
	Start    bool   // Payload: the first bytes of a message
	End      bool   // Payload: the last bytes of a message
	Partial  bool   // Control: a hole is in the payload, and Payload is what precedes it
	Offset   uint64 // of the frame, from the first frame on
	Length   uint64 // Control: length of the payload on the wire
	Payload  []byte // Control: unmasked, at most MaxControl bytes; Payload: as on the wire
	Key      [4]byte
	KeyAt    int // Payload: where in Key the first byte's mask is
}

// Next walks through b, the next bytes of the direction, until something is to be
// told, and returns how many bytes it used. The caller goes on with the rest
// until ev.Kind is More. All bytes of one segment are to be passed before the
// next segment's.
func (w *Walker) Next(b []byte, s *Scratch, ev *Event) (n int) {
	ev.Kind = More
	if w.flags&(flagPending|flagCutClose|flagLost) != 0 && w.resume(b, s, ev) {
		return 0
	}
	if w.flags&flagLost != 0 {
		w.Offset += uint64(len(b))
		return len(b)
	}
	for {
		if w.remain == 0 && w.nhdr == 0 {
			n += w.skim(b[n:])
			if len(b)-n >= 2 && b[n]&^0x0f == bitFIN && Opcode(b[n]&15).control() {
				if k := w.wholeControl(b[n:], s, ev); k > 0 {
					return n + k
				}
			}
		}
		if n == len(b) {
			return n
		}
		if w.remain > 0 {
			n += w.payload(b[n:], s, ev)
		} else if n += w.gather(b[n:]); w.nhdr == 0 {
			w.enter(s, ev, n == len(b))
		} else if w.nhdr >= 2 && w.flags&flagEverLost != 0 {
			w.doubt()
		}
		if w.flags&flagLost != 0 { // a place is only looked for where a segment begins
			w.Offset += uint64(len(b) - n)
			n = len(b)
		}
		if ev.Kind == More && w.flags&flagPending != 0 {
			w.breach(ev)
		}
		if ev.Kind != More {
			return n
		}
	}
}

// resume does what is left to do before bytes are walked: it tells what is still
// to be told, and reports true, or tries to find the place that was lost.
func (w *Walker) resume(b []byte, s *Scratch, ev *Event) bool {
	switch {
	case w.flags&flagCutClose != 0:
		w.flags &^= flagCutClose
		w.tell(s, ev)
	case w.flags&flagPending != 0:
		w.breach(ev)
	default:
		w.find(b)
	}
	return ev.Kind != More
}

// skim walks over whole data frames that break no rule, which most are, and
// returns how many bytes they took.
func (w *Walker) skim(b []byte) (n int) {
	const careful = flagPayload | flagMessage | flagMaybe | flagClosed | flagLost | flagUnsure
	if w.flags&careful != 0 {
		return 0
	}
	mask, header := byte(0), 2
	if w.flags&flagClient != 0 {
		mask, header = bitMask, 6
	}
	rsv1 := byte(0)
	if w.flags&flagRSV1 != 0 {
		rsv1 = bitRSV1
	}
	var counts [2]uint32
	var bytes uint64
	for len(b)-n >= 4 {
		kind := b[n]&^rsv1 - (bitFIN | byte(Text))
		length, size := int(b[n+1]^mask), header
		if length == 126 {
			length, size = int(b[n+2])<<8|int(b[n+3]), header+2
			if length < 126 {
				break
			}
		} else if length > 125 { // masked when it must not be, or a 64-bit length
			break
		}
		if kind > 1 || size+length > len(b)-n {
			break
		}
		counts[kind]++
		bytes += uint64(length)
		n += size + length
	}
	w.Counts[KindText] += counts[0]
	w.Counts[KindBinary] += counts[1]
	w.Messages += counts[0] + counts[1]
	w.Bytes += bytes
	w.Offset += uint64(n)
	return n
}

// gather collects header bytes; nhdr is 0 once the header is whole.
func (w *Walker) gather(b []byte) (n int) {
	for n < len(b) {
		if w.nhdr == 0 {
			w.frameAt = w.Offset
		}
		w.hdr[w.nhdr] = b[n]
		w.nhdr++
		n++
		w.Offset++
		if w.nhdr >= 2 && int(w.nhdr) == headerLen(w.hdr[1]) {
			w.nhdr = 0
			return n
		}
	}
	return n
}
