package decode

import (
	"math"
	"time"

	"wstap/decode/websocket"
)

const (
	// refusalWait is how long the row of a refusal waits for the body: servers send it
	// with the head or right after, and who watches does not wait for 100 ms.
	refusalWait = int64(50 * time.Millisecond)
	// maxDelayed is how many refusals wait: 80,000 a second.
	maxDelayed = 4096
	// never is later than every packet.
	never = math.MaxInt64
)

// delayed is a refusal that is announced when its body was read, or later.
type delayed struct {
	s   *session
	a   *attempt
	due int64
}

// announce makes, now or soon, a row of kind "open" of a handshake that has just been
// answered.
func (d *Decoder) announce(s *session, a *attempt) {
	if !d.options.Open || a.connect {
		return
	}
	if a.bodyState != bodyReading || len(d.delayed) >= maxDelayed {
		d.announceNow(s, a)
		return
	}
	a.unannounced = true
	due := s.lastData + refusalWait
	d.delayed = append(d.delayed, delayed{s, a, due})
	d.nextDelayed = min(d.nextDelayed, due)
	d.wakeup = min(d.wakeup, due)
}

// announceRead announces a refusal whose body was read as far as it is shown.
func (d *Decoder) announceRead(s *session, a *attempt) {
	if a.unannounced && (a.bodyState != bodyReading || len(a.body) >= bodyKept) {
		d.announceNow(s, a)
	}
}

// announceLate announces the refusals that have waited for long enough at now.
func (d *Decoder) announceLate(now int64) {
	if now < d.nextDelayed {
		return
	}
	d.nextDelayed = never
	kept := d.delayed[:0]
	for _, w := range d.delayed {
		switch {
		case !w.a.unannounced:
		case w.due <= now:
			d.announceNow(w.s, w.a)
		default:
			d.nextDelayed = min(d.nextDelayed, w.due)
			kept = append(kept, w)
		}
	}
	clear(d.delayed[len(kept):])
	d.delayed = kept
}

// Announce is the part of Advance that may come early: it gives the rows of kind
// KindOpen that have waited for long enough at unixNano. Packets of before may still
// come.
func (d *Decoder) Announce(unixNano int64) { d.announceLate(unixNano) }

// announceNow makes a row of kind "open" of a handshake that has just been answered,
// so that who watches need not wait for the connection's end. The row that the
// attempt becomes in the end has the same ID.
func (d *Decoder) announceNow(s *session, a *attempt) {
	a.unannounced = false
	row := &Row{open: true, options: &d.options}
	d.outcome(&row.outcome, s, a, nil)
	o := &row.outcome
	if !o.shown() {
		return
	}
	// The row is put into words by another goroutine while the attempt goes on.
	still := *a
	still.messages = [2]*websocket.Messages{}
	o.a, o.pings, o.framed = &still, nil, [2]bool{}
	o.prevRef = a.responseRef
	row.verdict, row.ending = o.verdict(), EndingNone
	if o.opened() {
		row.ending = EndingOpen
	}
	if d.options.Connections {
		row.connection = d.connection(s)
	}
	d.rows = append(d.rows, row)
}
