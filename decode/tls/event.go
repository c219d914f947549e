package tls

import "wstap/capture/packet"

// Kind says what an Event tells.
type Kind uint8

// The kinds of event.
const (
	Plain   Kind = iota + 1 // application data of one record
	Lost                    // plaintext that was not captured or cannot be opened
	NotTLS                  // bytes that are no record, where one must begin
	Alerted                 // an alert that could be read, but for close_notify
	Closed                  // close_notify: nothing more comes of this direction
)

// String returns the kind's name.
func (k Kind) String() string {
	switch k {
	case Plain:
		return "plain"
	case Lost:
		return "lost"
	case NotTLS:
		return "not-tls"
	case Alerted:
		return "alert"
	case Closed:
		return "closed"
	default:
		return "invalid"
	}
}

// Pos is where bytes were captured.
type Pos struct {
	Ref  packet.Ref
	Time int64  // nanoseconds since 1970-01-01 UTC
	Seq  uint32 // TCP sequence number: of the first byte that is passed in; of a record's last byte where it comes out
	Ack  uint32 // acknowledgment number of the segment
}

// Event is one thing that the bytes of a connection brought about. Events come in the
// order in which the ends of their records were captured, both directions together,
// also those that waited for keys. Data is valid until the Tracker or one of its
// connections is used again.
type Event struct {
	Kind  Kind
	Dir   uint8  // who sent it: the direction that Data was called with
	Exact bool   // Lost: it is Lost bytes and no other number
	Data  []byte // Plain, NotTLS, where it lies in what was passed in, and Alerted: its two bytes
	// Lost is the most bytes of application data that can be missing, by the sizes of
	// records; 0 when that is not known.
	Lost uint64
	At   Pos // of the record's last byte; for Lost of what showed it
}
