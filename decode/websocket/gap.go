package websocket

// Gap tells that the next n bytes of the direction are missing. A hole inside a
// payload is stepped over exactly; one that may hide a header loses the place.
func (w *Walker) Gap(n uint64, s *Scratch) {
	if w.flags&flagLost != 0 {
		w.Offset += n
		return
	}
	if w.nhdr == 0 && w.remain >= n && w.remain > 0 {
		w.Offset += n
		w.remain -= n
		if w.opcode.control() {
			w.flags |= flagBroken
		}
		if w.remain == 0 {
			w.leaveBroken(s)
		}
		return
	}
	w.Offset += n
	w.lose()
}

// leaveBroken ends a frame whose last bytes are missing.
func (w *Walker) leaveBroken(s *Scratch) {
	if w.opcode == Close && w.flags&flagUnsure == 0 {
		w.flags |= flagClosed
	}
	if w.opcode.control() {
		w.Release(s)
		return
	}
	payload := w.flags & flagPayload
	w.flags &^= flagPayload // nothing to tell of bytes that are not there
	var ev Event
	w.leave([]byte{}, s, &ev, false)
	w.flags |= payload
}

// lose gives up the place in the stream.
func (w *Walker) lose() {
	w.flags |= flagLost | flagEverLost | flagMaybe
	w.flags &^= flagUnsure | flagMessage
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
	if h.masked != (w.flags&flagClient != 0) || !h.plausible(w.flags&flagRSV1 != 0) {
		return false
	}
	w.flags &^= flagLost
	w.flags |= flagUnsure
	w.guess = guess{}
	return true
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
