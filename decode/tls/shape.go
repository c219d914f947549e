package tls

import (
	"crypto"

	"wstap/decode/tls/suite"
)

// Sizes of records of TLS 1.3 whose content their size tells: a Finished is a header
// and a hash, an alert two bytes; inner type and tag come on top.
const (
	sealed13    = 1 + 16
	finished256 = messageHeader + 32 + sealed13
	finished384 = messageHeader + 48 + sealed13
	alert13     = 2 + sealed13
	shorterTag  = 8 // with CCM_8
)

// protectedShape says what an encrypted record is by its place and size.
func (c *Conn) protectedShape(r *record) {
	f, h := c.facts, &c.half[r.dir]
	t := RecordType(r.head.Type)
	if f.Version == 0 {
		f.EarlySeen = f.EarlySeen || c.awaitsHello(r.dir)
		return
	}
	client := r.dir == c.client
	if f.Version != suite.TLS13 {
		if t == Handshake && !h.finished {
			h.finished = true
			c.inferFinished(client, r.at)
		}
		switch t {
		case ApplicationData:
			h.data++
		case AlertRecord:
			c.noteAlert(Alert{At: r.at, Dir: r.dir})
		default:
		}
		return
	}
	size, alert := c.sizes13()
	if f.ClientFinished.At != (Pos{}) {
		if int(r.head.Length) != alert {
			h.data++
		}
		return
	}
	if client && int(r.head.Length) == size {
		c.inferFinished(true, r.at)
		if last := f.Last[1-r.dir]; last.Protected {
			c.inferFinished(false, last.At)
		}
	} else if client && int(r.head.Length) == alert && !c.early {
		c.noteAlert(Alert{At: r.at, Dir: r.dir, Guessed: true})
	}
}

// sizes13 returns the sizes of a Finished and of an alert in TLS 1.3.
func (c *Conn) sizes13() (finished, alert int) {
	s := c.t.suite(c.facts.Cipher)
	switch {
	case s == nil:
		return finished256, alert13
	case s.Hash == crypto.SHA384:
		return finished384, alert13
	case s.Cipher == suite.AES128CCM8:
		return finished256 - shorterTag, alert13 - shorterTag
	default:
		return finished256, alert13
	}
}

// inferFinished notes a Finished that was not read.
func (c *Conn) inferFinished(client bool, at Pos) {
	f := &c.facts.ServerFinished
	if client {
		f = &c.facts.ClientFinished
	}
	if f.At == (Pos{}) {
		*f = Finished{At: at, Inferred: true}
	}
}

// lastAlerts notes, at the end, the last record of a direction that has the size of an
// alert: close_notify, most likely.
func (c *Conn) lastAlerts() {
	f := c.facts
	if f.Version != suite.TLS13 || f.Decrypted {
		return
	}
	_, alert := c.sizes13()
	for _, last := range f.Last {
		known := false
		for _, a := range f.Alerts {
			known = known || a.At == last.At
		}
		if last.Protected && int(last.Length) == alert && !known {
			c.noteAlert(Alert{At: last.At, Dir: last.Dir, Guessed: true})
		}
	}
}
