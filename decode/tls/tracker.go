package tls

import (
	"crypto/rsa"

	"wstap/decode/tls/keylog"
	"wstap/decode/tls/suite"
)

// Keys is what there is to read TLS with. All may be nil.
type Keys struct {
	Log     *keylog.Store
	Growing bool              // Log is still written: records wait for it
	RSA     []*rsa.PrivateKey // of servers, for RSA key exchange; MaxRSA at most are tried
}

// Any reports whether there is anything to read TLS with, or may be later.
func (k *Keys) Any() bool {
	return len(k.RSA) > 0 || k.Log != nil && (k.Growing || k.Log.Generation() > 0)
}

// Tracker holds what connections share: sessions that may be resumed, the budget of
// memory, scratch buffers, counters. It and its connections are not safe for several
// goroutines.
type Tracker struct {
	keys     Keys
	counters Counters
	events   []Event // of the current call
	scratch  []byte  // plaintext of the current call
	free     [len(classes)][][]byte
	split    int // bytes of bodies that are put together
	parts    int // bytes of handshake messages that are put together

	waiting  int   // bytes of records that wait for keys
	oldest   *wait // connections with such records, in the order in which they began to wait
	newest   *wait
	late     int // trials without a handshake
	sessions sessions
	suites   map[uint16]*suite.Suite
	shared   shared
}

// Counters says what limits cost, and what was tried.
type Counters struct {
	DroppedRecords    uint64 // records that did not wait for keys, since a buffer was full
	DroppedBytes      uint64 // their bytes
	EvictedConns      uint64 // connections whose waiting records were dropped for others
	SplitDropped      uint64 // records in several segments that were not put together, since there were too many
	SessionsForgotten uint64 // TLS 1.2 sessions that can no longer be followed
	Trials            uint64 // records that were tried with keys or sequence numbers which did not fit
	TrialsExhausted   uint64 // connections that were given up for it
}

// NewTracker returns a Tracker for k.
func NewTracker(k Keys) *Tracker {
	return &Tracker{keys: k, suites: make(map[uint16]*suite.Suite), sessions: newSessions(), shared: newShared()}
}

// NewConn returns a new connection.
func (t *Tracker) NewConn() *Conn {
	c := &Conn{t: t, facts: &Facts{}}
	if t.keys.Any() {
		c.keys = &keying{}
	}
	return c
}

// Counters returns the counters.
func (t *Tracker) Counters() Counters { return t.counters }

// generation changes when there may be secrets that were not there before.
func (t *Tracker) generation() uint64 {
	g := t.sessions.generation
	if t.keys.Log != nil {
		g += t.keys.Log.Generation()
	}
	return g
}

// suite returns the cipher suite with number id, nil where there is none.
func (t *Tracker) suite(id uint16) *suite.Suite {
	s, ok := t.suites[id]
	if !ok {
		if found, known := suite.Lookup(id); known {
			s = &found
		}
		t.suites[id] = s // 65,536 at most
	}
	return s
}

// classes are the sizes of buffers for bodies: of a message, of what some segments
// hold, of the longest record.
var classes = [...]int{1 << 10, 4 << 10, maxBody}

// maxFree is how many buffers of a class are kept for later.
const maxFree = 64

// take returns an empty buffer for n bytes, nil where there are too many in use.
func (t *Tracker) take(n int) []byte {
	i := 0
	for classes[i] < n {
		i++
	}
	if t.split+classes[i] > maxSplitAll {
		t.counters.SplitDropped++
		return nil
	}
	t.split += classes[i]
	if l := len(t.free[i]); l > 0 {
		b := t.free[i][l-1]
		t.free[i] = t.free[i][:l-1]
		return b[:0]
	}
	return make([]byte, 0, classes[i])
}

// give takes back what take returned.
func (t *Tracker) give(b []byte) {
	for i, size := range classes {
		if cap(b) != size {
			continue
		}
		t.split -= size
		if len(t.free[i]) < maxFree {
			t.free[i] = append(t.free[i], b)
		}
	}
}

// maxScratch is how much scratch memory is kept between calls: what one segment with
// offload carries, and more than any record.
const maxScratch = 128 << 10

// room returns n bytes of capacity that stay untouched until the next call.
func (t *Tracker) room(n int) []byte {
	if cap(t.scratch)-len(t.scratch) < n {
		t.scratch = make([]byte, 0, max(n, maxScratch))
	}
	return t.scratch[len(t.scratch) : len(t.scratch) : len(t.scratch)+n]
}

// use says that the first n bytes of room are in use.
func (t *Tracker) use(n int) { t.scratch = t.scratch[:len(t.scratch)+n] }

// copied returns a copy of b that lives as long as the events.
func (t *Tracker) copied(b []byte) []byte {
	r := append(t.room(len(b)), b...)
	t.use(len(b))
	return r
}
