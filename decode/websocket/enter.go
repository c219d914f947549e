package websocket

// enter begins the frame whose header was gathered. last tells that the segment
// ends with the header.
func (w *Walker) enter(s *Scratch, ev *Event, last bool) {
	h := parseHeader(w.hdr[:headerLen(w.hdr[1])])
	bad := w.check(&h)
	if w.flags&flagEverLost != 0 {
		if bad != 0 || !h.plausible(w.flags&flagRSV1 != 0) {
			w.lose()
			return
		}
		if w.flags&flagUnsure != 0 && h.fin() {
			if w.guess.headers++; w.guess.headers > confirmations {
				w.confirm()
			}
		}
	}
	w.broke(bad)
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
	if bad&(1<<LengthHighBit) != 0 {
		w.lose() // no later header can be found by this length
		return
	}
	if h.length == 0 {
		if w.flags&flagPayload != 0 && w.flags&flagInMessage != 0 {
			w.piece(nil, ev) // a frame without payload still begins or ends a message
		}
		w.leave(s, ev, last)
	}
}

// check returns the rules that a header breaks, a bit for each. After a hole that
// hid a header they are no breaches but prove a guess wrong.
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

// open notes the start of a data frame, reserved opcodes left out.
func (w *Walker) open(h *header) {
	if kindOf[h.opcode] == KindOther {
		return
	}
	w.flags |= flagInMessage
	if h.opcode != Continuation || w.flags&flagMessage == 0 {
		w.message = h.opcode
		w.flags &^= flagCompress | flagMessage
		if h.b0&bitRSV1 != 0 {
			w.flags |= flagCompress
		}
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
		w.piece(part, ev)
	}
	w.pass(uint64(n))
	w.Offset += uint64(n)
	if w.opcode.control() && w.ctlLen < MaxControl && w.flags&flagBroken == 0 {
		w.collect(part, s)
	}
	if w.remain == 0 {
		w.leave(s, ev, n == len(b))
	}
	return n
}

// piece tells of payload at the current place of the current data frame.
func (w *Walker) piece(part []byte, ev *Event) {
	h := parseHeader(w.hdr[:headerLen(w.hdr[1])])
	at := h.length - w.remain
	*ev = Event{
		Kind: Payload, Opcode: w.message, Compress: w.flags&flagCompress != 0,
		Start: at == 0 && h.opcode != Continuation, Offset: w.frameAt, Payload: part,
		Key: h.key, KeyAt: int(at & 3),
		End: uint64(len(part)) == w.remain && h.fin(),
	}
}

// pass counts n payload bytes of the current frame, captured or not.
func (w *Walker) pass(n uint64) {
	w.remain -= n
	switch {
	case w.flags&flagInMessage == 0:
	case w.flags&flagUnsure != 0:
		w.guess.bytes += n
	default:
		w.Bytes += n
	}
}

// leave ends the current frame. last tells that the segment ends with it.
func (w *Walker) leave(s *Scratch, ev *Event, last bool) {
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
	w.flags &^= flagMessage | flagMaybe
	switch {
	case w.flags&flagFIN == 0:
		w.flags |= flagMessage
	case w.flags&flagUnsure != 0:
		w.guess.messages++
	default:
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
