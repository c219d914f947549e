package tls

import (
	"crypto"

	"wstap/decode/tls/suite"
)

// sealed13 is what inner type and tag add to a record of TLS 1.3; CCM_8 has a tag of 8
// bytes.
const (
	sealed13     = 1 + 16
	sealed13CCM8 = 1 + 8
)

// shapes13 returns the sizes of two records of TLS 1.3 whose content their size tells: a
// Finished is a header and a hash, an alert two bytes.
func (c *Conn) shapes13() (finished, alert uint16) {
	hash, sealed := uint16(32), uint16(sealed13)
	if s := c.t.suite(c.facts.Cipher); s != nil {
		if s.Hash == crypto.SHA384 {
			hash = 48
		}
		if s.Cipher == suite.AES128CCM8 {
			sealed = sealed13CCM8
		}
	}
	return messageHeader + hash + sealed, 2 + sealed
}

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
	finished, alert := c.shapes13()
	if f.ClientFinished.At != (Pos{}) {
		if r.head.Length != alert {
			h.data++
		}
		return
	}
	if client && r.head.Length == finished {
		c.inferFinished(true, r.at)
		if last := f.Last[1-r.dir]; last.Protected {
			c.inferFinished(false, last.At)
		}
	} else if client && r.head.Length == alert && !c.early {
		c.noteAlert(Alert{At: r.at, Dir: r.dir, Guessed: true})
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
	_, alert := c.shapes13()
	for _, last := range f.Last {
		known := false
		for _, a := range f.Alerts {
			known = known || a.At == last.At
		}
		if last.Protected && last.Length == alert && !known {
			c.noteAlert(Alert{At: last.At, Dir: last.Dir, Guessed: true})
		}
	}
}
