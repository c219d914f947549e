package websocket

// Gap tells that the next n bytes of the direction are missing. A hole inside a
// payload is stepped over exactly; one that may hide a header loses the place.
// When it hides the end of a Close frame, the next call of Next tells of that
// frame, even if there are no more bytes to pass.
func (w *Walker) Gap(n uint64, s *Scratch) {
	w.Offset += n
	switch {
	case n == 0:
		return
	case w.flags&flagLost != 0:
		w.flags |= flagMissed
		return
	}
	if w.nhdr == 0 && w.remain > 0 { // what the frame still lacks was sent, or the hole would be smaller
		inside := min(n, w.remain)
		n -= inside
		w.pass(inside)
		w.flags |= flagBroken
		if w.remain == 0 {
			w.leaveBroken(s)
		}
	}
	if n > 0 {
		w.flags |= flagMissed
		w.lose()
	}
}

// leaveBroken ends a frame whose last bytes are missing.
func (w *Walker) leaveBroken(s *Scratch) {
	switch {
	case !w.opcode.control():
		w.leave(s, nil, false)
	case w.opcode == Close && w.flags&flagUnsure == 0:
		w.flags |= flagClosed | flagCutClose
	default:
		w.Release(s)
	}
}

// lose gives up the place in the stream. Payloads are not looked at any more: what
// a guess takes for text need not be any.
func (w *Walker) lose() {
	w.flags |= flagLost | flagEverLost | flagMaybe
	w.flags &^= flagUnsure | flagMessage | flagPayload
	w.guess = guess{}
	w.remain, w.nhdr = 0, 0
}

// find tries to take up the walk at b, the start of a segment.
func (w *Walker) find(b []byte) bool {
	if len(b) < 2 {
		return false
	}
	n := headerLen(b[1])
	if n > len(b) {
		return false
	}
	h := parseHeader(b[:n])
	if w.check(&h) != 0 || !h.plausible(w.flags&flagRSV1 != 0) {
		return false
	}
	w.flags &^= flagLost
	w.flags |= flagUnsure
	w.guess = guess{}
	return true
}

// doubt looks at a header of which two bytes are there: a wrong guess need not wait
// for the rest of what is none.
func (w *Walker) doubt() {
	h := header{
		b0: w.hdr[0], opcode: Opcode(w.hdr[0] & 15), masked: w.hdr[1]&bitMask != 0,
		length: uint64(w.hdr[1] & 0x7f), // or more than 125: too long for a control frame either way
	}
	if w.check(&h) != 0 || !h.plausible(w.flags&flagRSV1 != 0) {
		w.lose()
	}
}

// confirm takes over what was counted since the header was guessed.
func (w *Walker) confirm() {
	w.flags &^= flagUnsure
	for k, n := range w.guess.counts {
		w.Counts[k] += uint32(n)
	}
	w.Messages += uint32(w.guess.messages)
	w.Bytes += w.guess.bytes
	w.guess = guess{}
}
