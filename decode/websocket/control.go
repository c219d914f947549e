package websocket

import (
	"encoding/binary"
	"unicode/utf8"
)

// Scratch is working memory that Walkers share: control payloads that came in
// part are kept here, so that a Walker stays small. The zero value is ready.
type Scratch struct {
	out   [MaxControl]byte
	parts [][MaxControl]byte
	free  []uint32
}

func (s *Scratch) take() uint32 {
	if n := len(s.free); n > 0 {
		h := s.free[n-1]
		s.free = s.free[:n-1]
		return h
	}
	s.parts = append(s.parts, [MaxControl]byte{})
	return uint32(len(s.parts))
}

// Release gives back what w keeps in s; w must not be used afterwards.
func (w *Walker) Release(s *Scratch) {
	if w.control != 0 {
		s.free = append(s.free, w.control)
		w.control = 0
	}
}

// collect keeps payload of a control frame, unmasked.
func (w *Walker) collect(part []byte, s *Scratch) {
	if w.control == 0 {
		w.control = s.take()
	}
	buf := &s.parts[w.control-1]
	key := w.key()
	for i := 0; i < len(part) && w.ctlLen < MaxControl; i++ {
		buf[w.ctlLen] = part[i] ^ key[w.ctlLen&3]
		w.ctlLen++
	}
}

func (w *Walker) key() (key [4]byte) {
	n := headerLen(w.hdr[1])
	if w.hdr[1]&bitMask != 0 {
		copy(key[:], w.hdr[n-4:n])
	}
	return key
}

// wholeControl takes a control frame that is all there and breaks no rule of its
// header, as most are, and returns its length; 0 leaves it to the long way.
func (w *Walker) wholeControl(b []byte, s *Scratch, ev *Event) int {
	header, mask := 2, byte(0)
	if w.flags&flagClient != 0 {
		header, mask = 6, bitMask
	}
	op := Opcode(b[0] & 15)
	length := int(b[1] ^ mask)
	if length > MaxControl || header+length > len(b) || kindOf[op] == KindOther ||
		w.flags&(flagLost|flagUnsure) != 0 || op == Close {
		return 0
	}
	payload := b[header : header+length]
	out := s.out[:length]
	if mask != 0 {
		for i, c := range payload {
			out[i] = c ^ b[2+i&3]
		}
	} else {
		copy(out, payload)
	}
	w.Counts[kindOf[op]]++
	*ev = Event{Kind: Control, Opcode: op, Offset: w.Offset, Length: uint64(length), Payload: out}
	w.Offset += uint64(header + length)
	return header + length
}

// endControl tells of the control frame that has just ended.
func (w *Walker) endControl(s *Scratch, ev *Event) {
	if kindOf[w.opcode] == KindOther || w.flags&flagUnsure != 0 {
		w.Release(s)
		return // nothing that a guess alone should claim
	}
	w.tell(s, ev)
	if w.opcode != Close {
		return
	}
	bad := uint32(0)
	if !ev.Partial {
		bad = checkClose(ev.Payload, ev.Length)
	}
	if w.flags&flagEverLost == 0 {
		w.broke(bad)
	} else if bad != 0 { // more likely a wrong guess than a wrong Close
		*ev = Event{}
		w.Counts[KindClose]--
		w.lose()
		return
	}
	w.flags |= flagClosed
}

// tell makes the event of the current control frame.
func (w *Walker) tell(s *Scratch, ev *Event) {
	n := 0
	if w.control != 0 {
		n = copy(s.out[:], s.parts[w.control-1][:w.ctlLen])
		w.Release(s)
	}
	h := parseHeader(w.hdr[:headerLen(w.hdr[1])])
	*ev = Event{
		Kind: Control, Opcode: w.opcode, Offset: w.frameAt, Length: h.length,
		Payload: s.out[:n], Partial: w.flags&flagBroken != 0,
	}
}

// checkClose returns the rules that a Close body breaks, a bit for each. body is
// the start of what is length bytes on the wire.
func checkClose(body []byte, length uint64) (bad uint32) {
	if len(body) < 2 {
		return 0
	}
	if !LegalCloseCode(int(binary.BigEndian.Uint16(body))) {
		bad |= 1 << CloseCodeIllegal
	}
	reason := body[2:]
	for len(reason) > 0 {
		if length > uint64(len(body)) && !utf8.FullRune(reason) {
			break // a character may go on beyond what was kept
		}
		r, n := utf8.DecodeRune(reason)
		if r == utf8.RuneError && n == 1 {
			bad |= 1 << CloseReasonNotUTF8
			break
		}
		reason = reason[n:]
	}
	return bad
}

// NoCode stands for a Close frame whose body carries no code (RFC 6455 section
// 7.1.5).
const NoCode = 1005

// CloseBody takes the payload of a Close frame apart: NoCode where there is none.
func CloseBody(payload []byte) (code int, reason []byte) {
	if len(payload) < 2 {
		return NoCode, nil
	}
	return int(binary.BigEndian.Uint16(payload)), payload[2:]
}
