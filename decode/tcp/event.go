// Package tcp puts TCP segments together into connections and their two byte
// streams (RFC 9293), as an observer who may have missed packets. It knows
// nothing of what the bytes mean, but for a function that says which
// connections are worth keeping.
package tcp

import (
	"net/netip"

	"wstap/capture/packet"
	"wstap/decode/link"
)

// ConnID names a connection while it lives in a Table; it is reused afterwards.
type ConnID uint32

// EventKind says what an Event tells.
type EventKind uint8

// The kinds of event.
const (
	Data      EventKind = iota + 1 // the next bytes of one direction
	Gap                            // bytes of one direction that the capture does not hold
	End                            // the connection's last event
	Unreached                      // a connect that failed before any byte of data
)

// Event is one thing that a segment brought about. Events of a direction come in
// stream order. Data is valid until the Table is used again.
type Event struct {
	Kind      EventKind
	Dir       link.Dir // who sent the bytes: Data and Gap
	Truncated bool     // Gap: snaplen cut the packet, the bytes were not lost on the way
	Conn      ConnID   // all kinds but Unreached
	Seq       uint32   // Data: sequence number of its first byte
	Ack       uint32   // Data: acknowledgment number of the segment that carried it, 0 without ACK
	Lost      uint32   // Gap: how many bytes
	Reason    EndReason
	Data      []byte
	Time      int64      // of the packet that carried the bytes
	Ref       packet.Ref // the packet that carried the bytes; for Gap the one that showed the hole
	Failed    *Failed    // Unreached
}

// EndReason says why a connection's events end.
type EndReason uint8

// The reasons.
const (
	EndClosed  EndReason = iota // both sides sent FIN, or one RST
	EndReused                   // a new connection began on the same addresses and ports
	EndCapture                  // the capture ended first
	EndIdle                     // one side sent FIN and nothing followed for a long time
	EndEvicted                  // the table was full
)

// String returns the reason's name.
func (r EndReason) String() string {
	switch r {
	case EndClosed:
		return "closed"
	case EndReused:
		return "reused"
	case EndCapture:
		return "capture-end"
	case EndIdle:
		return "idle"
	case EndEvicted:
		return "evicted"
	default:
		return "invalid"
	}
}

// FailKind says how a connect failed.
type FailKind uint8

// The ways in which a connect fails.
const (
	Refused     FailKind = iota + 1 // RST answered the SYN
	Unanswered                      // nothing answered the SYN
	Cut                             // the server closed or reset before either side sent a byte
	Unreachable                     // an ICMP error answered the SYN
)

// Failed is a connect of which no data was captured, with its retries folded.
type Failed struct {
	Kind       FailKind
	Client     netip.AddrPort
	Server     netip.AddrPort
	Carrier    uint16     // of the first SYN; see link.Segment.Carrier
	SYNs       int        // how often the client's SYN was seen
	Packets    int        // of both sides
	Missed     int        // Cut: bytes of the client that were sent and not captured, at least
	Time       int64      // of the first SYN
	AnswerTime int64      // of the SYN-ACK, the RST or the ICMP error; 0 when none was seen
	EndTime    int64      // of the RST or FIN; 0 when unanswered
	LastTime   int64      // of the last packet
	SYN        packet.Ref // first SYN
	End        packet.Ref // the RST or FIN; the zero Ref when unanswered
	Last       packet.Ref
	TTL        uint8          // of the SYN-ACK, or of the RST that answered the SYN
	ServerRST  bool           // the server ended it with RST, not FIN
	ICMP       link.ICMPError // Unreachable: the first one
}

// Class is what a Sniffer thinks of a connection's bytes.
type Class uint8

// The classes.
const (
	Ignore Class = iota // nothing to keep
	Keep                // follow this connection
	TLS                 // a TLS handshake begins: counted, not kept
)

// Sniffer judges a payload of a connection that is not followed yet. start tells
// that the payload is known to be the first bytes of its direction, so that a
// prefix of something known is enough; otherwise the start was not captured. It
// must not keep the payload.
type Sniffer func(payload []byte, start bool) Class
