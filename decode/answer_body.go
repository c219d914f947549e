package decode

import (
	"wstap/decode/http1"
	"wstap/decode/tcp"
)

// bodyState says how far the body of an attempt's final answer was read.
type bodyState uint8

const (
	bodyNone    bodyState = iota // there is none to be read
	bodyReading                  // its end is still to come
	bodyWhole                    // it was read to its end
	bodyBroken                   // its end will not be found
)

// bodyBegins notes that the head of a's final answer has ended.
func (a *attempt) bodyBegins(b *http1.Body) {
	a.bodyState, a.bodySize = bodyReading, 0
	a.bodyRead(b)
}

// bodyRead notes how far the body of a's answer was read.
func (a *attempt) bodyRead(b *http1.Body) {
	switch {
	case a.bodyState != bodyReading:
	case b.Done():
		a.bodyState = bodyWhole
	case b.Lost():
		a.bodyState = bodyBroken
	}
}

// bodyGap notes n bytes that the capture misses of the body that a direction reads.
func (s *session) bodyGap(e *tcp.Event, n uint64) {
	body := &s.body[e.Dir]
	toEnd := body.UntilClose()
	content := body.Gap(n)
	if a := s.answering(); a != nil && !s.isClient(e.Dir) {
		if a.bodyState == bodyReading {
			a.bodySize += content
		}
		if toEnd && !e.Truncated && a.bodyState == bodyReading {
			a.bodyState = bodyBroken // what is missing need not have been all
		}
	}
}

// bodyEnds notes the end of a body that goes on until the connection closes.
func (d *Decoder) bodyEnds(s *session) {
	server := s.client.Other()
	a := s.answering()
	if a != nil && a.bodyState == bodyReading && s.body[server].UntilClose() && d.table.Conn(s.id).Finished(server) {
		a.bodyState = bodyWhole
	}
}

// bodyOfHEAD notes that the answer whose body was being read was one to HEAD, which
// has none whatever its fields say.
func (a *attempt) bodyOfHEAD() {
	switch {
	case a.bodyState == bodyNone:
	case a.bodySize > 0:
		a.bodyState = bodyBroken // those bytes were the next answer's
	default:
		a.bodyState = bodyWhole
	}
}
