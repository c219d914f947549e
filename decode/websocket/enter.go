package websocket

// enter begins the frame whose header was gathered. It reports true when there
// is something to tell already. last tells that the segment ends with the header.
func (w *Walker) enter(s *Scratch, ev *Event, last bool) bool {
	h := parseHeader(w.hdr[:headerLen(w.hdr[1])])
	if w.flags&flagEverLost != 0 {
		if h.masked != (w.flags&flagClient != 0) || !h.plausible(w.flags&flagRSV1 != 0) {
			w.lose()
			return false
		}
		if w.flags&flagUnsure != 0 {
			if w.guess.headers++; w.guess.headers > confirmations {
				w.confirm()
			}
		}
	} else {
		w.broke(w.check(&h))
	}
	w.count(kindOf[h.opcode])
	w.opcode = h.opcode
	w.remain = h.length
	w.flags &^= flagFIN | flagBroken | flagInMessage
	if h.fin() {
		w.flags |= flagFIN
	}
	if h.opcode.control() {
		w.ctlLen = 0
	} else {
		w.open(&h)
	}
	if w.pending&(1<<LengthHighBit) != 0 {
		w.lose() // no later header can be found by this length
	}
	if h.length == 0 {
		w.leave(nil, s, ev, last)
	}
	if ev.Kind == More && w.flags&flagPending != 0 {
		w.breach(ev)
	}
	return ev.Kind != More
}

// check returns the rules that a header breaks, a bit for each. It is not asked
// after a hole that hid a header.
func (w *Walker) check(h *header) (bad uint32) {
	set := func(r Rule, broken bool) {
		if broken {
			bad |= 1 << r
		}
	}
	client := w.flags&flagClient != 0
	control := h.opcode.control()
	set(MaskMissing, client && !h.masked)
	set(MaskPresent, !client && h.masked)
	rsv1 := w.flags&flagRSV1 != 0 && (h.opcode == Text || h.opcode == Binary)
	set(RSVSet, h.b0&bitsRSV != 0 && !(rsv1 && h.b0&bitsRSV == bitRSV1))
	set(OpcodeReserved, kindOf[h.opcode] == KindOther)
	set(LengthNotMinimal, h.wide)
	set(LengthHighBit, h.length>>63 != 0)
	set(ControlFragmented, control && !h.fin())
	set(ControlTooLong, control && h.length > MaxControl)
	if w.flags&flagMaybe == 0 {
		set(ContinuationAlone, h.opcode == Continuation && w.flags&flagMessage == 0)
		set(MessageInterleaved, (h.opcode == Text || h.opcode == Binary) && w.flags&flagMessage != 0)
	}
	set(DataAfterClose, !control && w.flags&flagClosed != 0)
	set(CloseBodyOneByte, h.opcode == Close && h.length == 1)
	return bad
}

// open notes the start of a data frame, reserved opcodes included.
func (w *Walker) open(h *header) {
	if kindOf[h.opcode] == KindOther {
		return
	}
	w.flags |= flagInMessage
	if h.opcode != Continuation {
		w.message = h.opcode
		w.flags &^= flagCompress | flagMessage
		if h.b0&bitRSV1 != 0 {
			w.flags |= flagCompress
		}
	}
	if w.flags&flagUnsure != 0 {
		w.guess.bytes += h.length
	} else {
		w.Bytes += h.length
	}
}

// payload uses up payload bytes of the current frame.
func (w *Walker) payload(b []byte, s *Scratch, ev *Event) int {
	n := len(b)
	if uint64(n) > w.remain {
		n = int(w.remain)
	}
	part := b[:n]
	if w.flags&flagPayload != 0 && w.flags&flagInMessage != 0 {
		total := parseHeader(w.hdr[:headerLen(w.hdr[1])])
		at := total.length - w.remain
		*ev = Event{
			Kind: Payload, Opcode: w.message, Compress: w.flags&flagCompress != 0,
			Start: at == 0 && w.flags&flagMessage == 0, Offset: w.frameAt, Payload: part,
			Key: total.key, KeyAt: int(at & 3),
			End: uint64(n) == w.remain && w.flags&flagFIN != 0,
		}
	}
	w.remain -= uint64(n)
	w.Offset += uint64(n)
	if w.opcode.control() && w.ctlLen < MaxControl {
		w.collect(part, s)
	}
	if w.remain == 0 {
		w.leave(part, s, ev, n == len(b))
	}
	return n
}

// leave ends the current frame. last tells that the segment ends with it.
func (w *Walker) leave(part []byte, s *Scratch, ev *Event, last bool) {
	if last && w.flags&flagUnsure != 0 {
		w.confirm()
	}
	if w.opcode.control() {
		w.endControl(s, ev)
		return
	}
	if w.flags&flagInMessage == 0 {
		return
	}
	empty := part == nil && w.flags&flagPayload != 0
	if empty { // a frame without payload still begins or ends a message
		*ev = Event{
			Kind: Payload, Opcode: w.message, Compress: w.flags&flagCompress != 0,
			Start: w.flags&flagMessage == 0, End: w.flags&flagFIN != 0, Offset: w.frameAt,
		}
	}
	if w.flags&flagFIN == 0 {
		w.flags |= flagMessage
		return
	}
	w.flags &^= flagMessage | flagMaybe
	if w.flags&flagUnsure != 0 {
		w.guess.messages++
	} else {
		w.Messages++
	}
}

func (w *Walker) count(k Kind) {
	if w.flags&flagUnsure != 0 {
		w.guess.counts[k]++
	} else {
		w.Counts[k]++
	}
}

// broke notes breaches of the current frame.
func (w *Walker) broke(bad uint32) {
	if bad != 0 {
		w.pending |= bad
		w.flags |= flagPending
	}
}

// breach tells the next pending breach.
func (w *Walker) breach(ev *Event) {
	for r := range rules {
		if bit := uint32(1) << r; w.pending&bit != 0 {
			if w.pending &^= bit; w.pending == 0 {
				w.flags &^= flagPending
			}
			*ev = Event{Kind: Breach, Rule: r, Offset: w.frameAt}
			return
		}
	}
}
