package tls

import (
	"crypto/rsa"

	"wstap/decode/tls/keylog"
)

// Keys is what there is to read TLS with. All may be nil.
type Keys struct {
	Log *keylog.Store     // may grow: records wait for it
	RSA []*rsa.PrivateKey // of servers, for RSA key exchange; maxRSA at most are tried
}

// Tracker holds what connections share: sessions that may be resumed, the budget of
// memory, scratch buffers, counters. It and its connections are not safe for several
// goroutines.
type Tracker struct {
	keys     Keys
	counters Counters
}

// Counters says what limits cost, and what was tried.
type Counters struct {
	DroppedRecords    uint64 // records that did not wait for keys, since the buffer was full
	DroppedBytes      uint64 // their bytes
	EvictedConns      uint64 // connections whose waiting records were dropped for others
	SplitDropped      uint64 // records in several segments that were not put together, since there were too many
	SessionsForgotten uint64 // TLS 1.2 sessions that can no longer be followed
	Trials            uint64 // records that were tried with keys or sequence numbers which did not fit
	TrialsExhausted   uint64 // connections that were given up for it
}

// NewTracker returns a Tracker for k.
func NewTracker(k Keys) *Tracker { return &Tracker{keys: k} }

// NewConn returns a new connection.
func (t *Tracker) NewConn() *Conn { return &Conn{t: t} }

// Counters returns the counters.
func (t *Tracker) Counters() Counters { return t.counters }
