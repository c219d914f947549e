package decode

import "maps"

// TLSCounts says what became of the TLS connections that were seen. TLS inside a tunnel
// inside TLS is a connection of its own.
type TLSCounts struct {
	KeysGiven bool   `json:"keys_given"` // key logs, private keys or secrets of a file: there are some
	Seen      uint64 `json:"seen"`       // connections with a TLS handshake, or that TLS records show
	Decrypted uint64 `json:"decrypted"`  // of these, those of which at least one record was opened
	// HTTP1Only are those that were not decrypted and whose client offered no other ALPN
	// than http/1.1, as browsers do for wss:.
	HTTP1Only uint64 `json:"http1_only"`
	// Problems says why connections were not decrypted, or not all of one, in the words of
	// tls.Problem.
	Problems map[string]uint64 `json:"problems,omitempty"`
}

// addTLS fills in what became of TLS connections. late is how many were not followed, since
// they began before the capture and there are no keys.
func (d *Decoder) addTLS(s *Summary, late uint64) {
	c := d.tls
	c.Seen += late
	s.TLS = c.Seen - c.Decrypted
	if c.Seen == 0 {
		return
	}
	c.KeysGiven = d.options.Keys.Any()
	c.Problems = maps.Clone(c.Problems)
	s.TLSCounts = &c
}

// boundTLS adds how often the bounds of reading TLS bit.
func (d *Decoder) boundTLS(bounded map[string]uint64) {
	for _, t := range d.trackers {
		c := t.Counters()
		bounded["tls_records_waiting"] += c.DroppedRecords
		bounded["tls_records_split"] += c.SplitDropped
		bounded["tls_sessions"] += c.SessionsForgotten
		bounded["tls_trials"] += c.TrialsExhausted
	}
	bounded["waiting_tls"] = d.bounded.waitingTLS
	bounded["tls_too_deep"] = d.bounded.tls
	bounded["tls_connections"] = d.bounded.sealed
}
