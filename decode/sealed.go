package decode

import (
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"wstap/decode/link"
	"wstap/decode/tls"
	"wstap/decode/tls/suite"
)

// tlsAttempt returns an attempt that stands for TLS in which nothing could be read.
func tlsAttempt(s *session) *attempt {
	x := s.secured
	a := newAttempt(s, x.first, x.whole)
	a.tls, a.carrier = true, x.carrier()
	return a
}

// passOver stops following TLS that cannot be read and went on as it should, where
// nothing says that anybody wants to know its end: its handshake is over, both sides have
// said something, and its shape was noted. Its row waits for its endpoint to become known.
func (d *Decoder) passOver(s *session) {
	x := s.secured
	f := x.conn.Facts()
	if len(f.Records) < tls.MaxShape || f.Sent[0].Data == 0 || f.Sent[1].Data == 0 {
		return
	}
	x.judged = true
	c := d.table.Conn(s.id)
	w := x.waiting(c.Addr(s.client.Other()))
	if !s.oriented || d.endpoints.isKnown(&w) || s.connection != nil && s.connection.rows {
		return
	}
	d.finish(s, tlsAttempt(s), nil)
	d.countTLS(x)
	d.drop(s, s.id)
}

// waiting returns what the client wanted to reach at server: what a proxy was asked for,
// or else what it named in TLS.
func (x *secured) waiting(server netip.AddrPort) waiting {
	w := waiting{server: server, host: x.target}
	if f := x.conn.Facts(); x.target == "" && f.SNI != "" && !f.ECHOffered {
		w.named = net.JoinHostPort(strings.ToLower(f.SNI), strconv.Itoa(int(server.Port())))
	}
	return w
}

// countTLS counts a connection whose records are not followed any more.
func (d *Decoder) countTLS(x *secured) {
	f, t := x.conn.Facts(), &d.tls
	t.Seen++
	switch {
	case f.Decrypted:
		t.Decrypted++
	case len(f.ALPNOffered) == 1 && f.ALPNOffered[0] == "http/1.1":
		t.HTTP1Only++
	}
	if p := f.Problem; p != tls.NoProblem {
		if t.Problems == nil {
			t.Problems = make(map[string]uint64)
		}
		t.Problems[p.String()]++
	}
}

// tlsVerdict judges TLS in which no request could be read. That it failed is claimed
// where the capture shows it: by an alert, by an answer that is no TLS, or because it
// ended, or stands still, before the handshake was complete.
func (o *outcome) tlsVerdict() Verdict {
	f, unsure := o.tls, o.tlsUnsure()
	switch {
	case len(o.plain) > 0 && f.ClientHello.Ref != 0:
		return VerdictTLSFailed
	case f.Sent[0].Data > 0 && f.Sent[1].Data > 0:
		return VerdictEncrypted
	case o.refusal() != nil && (!unsure || !f.Decrypted): // in the clear it is the handshake's
		return VerdictTLSFailed
	case f.ClientFinished.At.Ref != 0 && f.ServerHello.Ref != 0:
		if f.Decrypted && o.closed() && !unsure && f.Sent[o.client].Data == 0 {
			return VerdictTLSFailed // and nothing was asked
		}
		return VerdictEncrypted
	case f.ClientHello.Ref == 0, o.maybeFinished():
		return VerdictEncrypted
	case unsure:
		return VerdictIncomplete
	case o.closed(), o.now-f.ClientHello.Time >= answerWait:
		return VerdictTLSFailed
	default:
		return VerdictIncomplete
	}
}

// maybeFinished reports whether the client sent something that may have been its Finished
// though it is not of the size: records of TLS 1.3 may be padded.
func (o *outcome) maybeFinished() bool {
	if o.tls.Version != suite.TLS13 || o.tls.Decrypted {
		return false
	}
	return slices.ContainsFunc(o.tls.Records, func(r tls.Record) bool { return r.Protected && link.Dir(r.Dir) == o.client })
}

// tlsUnsure reports whether a part of the handshake may have gone by unseen.
func (o *outcome) tlsUnsure() bool {
	gaps, _ := o.conn.Gaps()
	return gaps > 0 || o.gapped[0] || o.gapped[1] || o.conn.Truncated() || o.oneSided() || o.dropped > 0 || o.unrecorded > 0 ||
		o.tls.ClientHello.Ref == 0
}

// refusal returns the alert that ended the handshake, nil without one: a fatal one, or
// one in the place of the client's Finished that is none but by its size (TLS 1.3).
func (o *outcome) refusal() *tls.Alert {
	for i := range o.tls.Alerts {
		a := &o.tls.Alerts[i]
		switch {
		case a.Readable && (a.Level == tls.Fatal || o.tls.Version == suite.TLS13 && a.Code != tls.CloseNotify && a.Code != tls.UserCanceled):
			return a
		case a.Guessed && o.insteadOfFinished(a) && !o.tlsUnsure():
			return a
		}
	}
	return nil
}

// insteadOfFinished reports whether an alert that is one by its size is the first that the
// client encrypted.
func (o *outcome) insteadOfFinished(a *tls.Alert) bool {
	if link.Dir(a.Dir) != o.client || o.tls.ClientFinished.At.Ref != 0 {
		return false
	}
	for _, r := range o.tls.Records {
		if r.Protected && link.Dir(r.Dir) == o.client {
			return r.At == a.At
		}
	}
	return false
}
