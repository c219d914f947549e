package decode

import "wstap/decode/tcp"

// sentEarly counts n bytes of e that are no request head, where the client sent them
// behind its last request and could not have the answer to that yet.
func (d *Decoder) sentEarly(s *session, e *tcp.Event, n int) {
	if !s.crossing || !s.isClient(e.Dir) {
		return
	}
	a, limit := d.unanswerable(s)
	switch {
	case a == nil:
		s.crossing = false
	case e.Ack == 0:
	case int32(e.Ack-limit) <= 0:
		a.earlyBytes += uint64(n)
	default:
		s.crossing = false // nor will it be without the answer later
	}
}

// unanswerable returns the attempt of the client's last request, and up to which byte
// of the server the client may have come and certainly not have the answer.
func (d *Decoder) unanswerable(s *session) (a *attempt, limit uint32) {
	server := s.client.Other()
	last := len(s.queue) - 1
	if last < 0 {
		if a = s.current; a == nil || a.status == 0 {
			return nil, 0
		}
		return a, a.response0.seq
	}
	p := &s.queue[last]
	next, known := d.table.Conn(s.id).Next(server)
	switch {
	case p.attempt != nil && p.attempt.notHTTP:
		return p.attempt, p.attempt.response0.seq
	case !known || p.lost || s.gapped[server] || s.mode[server] == modeSeek || s.isLate():
		return p.attempt, p.ack // the answer may be among what was missed, or has come since
	case len(s.partial[server]) > 0:
		return p.attempt, s.partAt[server].seq
	default:
		return p.attempt, next
	}
}
