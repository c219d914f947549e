package tcp

import "time"

// Limits bounds what a Table keeps. Every bound that bites has a counter in
// Counters.
type Limits struct {
	// Conns is the most connections followed at once.
	Conns int
	// HeldBytes is the most memory for out-of-order bytes of all connections.
	HeldBytes int
}

// DefaultLimits suits a machine with a few gigabytes: a million followed
// connections are 256 MB here, and 64 MB hold what 256 connections in recovery may
// each keep.
func DefaultLimits() Limits {
	return Limits{Conns: 1 << 20, HeldBytes: 64 << 20}
}

const (
	// heldPerDirection is one receive window as most systems open it by default:
	// more than that cannot be in flight behind one hole without ACKs showing it.
	heldPerDirection = 256 << 10
	// heldSegments bounds the walk along a held list: heldPerDirection in
	// segments of the usual 1,448 bytes, with room.
	heldSegments = 256

	// A hole whose bytes the other end acknowledged is a gap of the capture, once it is
	// clear that the capture did not merely swap packets. Ports of a SPAN session are
	// merged within milliseconds, but queues of a loaded capture host may be seconds
	// apart: two, twice the initial RTO of RFC 6298, unless many packets went by. Those
	// may all be copies of a few, so that some milliseconds must have gone by, too.
	ackedWaitPackets = 16
	ackedWaitLeast   = int64(10 * time.Millisecond)
	ackedWait        = int64(2 * time.Second)
	// Without ACKs in sight a hole is given up after the second retransmission
	// should have come (RFC 6298: initial RTO of 1 s, doubled once, would be 3 s).
	blindWait = int64(3 * time.Second)

	// swapped is how late a segment may come and still be called out of order
	// and not retransmitted: Wireshark's default for a connection without a known
	// round-trip time.
	swapped = int64(3 * time.Millisecond)

	// farAway is how far from a connection's next byte a SYN or RST may lie and
	// still be one of its own: 16 MB, the largest window in common use.
	farAway = 16 << 20
	// farAck is how many bytes may be acknowledged and not captured before they are
	// given up: half of what sequence numbers can tell apart, and the largest
	// window (RFC 7323 section 2.3).
	farAck = 1 << 30
	// maxLength is the longest segment that is believed: the largest that
	// offloading makes (BIG TCP) is half of that. A capture may claim 4 GB.
	maxLength = 1 << 20

	// After RST the other end's bytes may still be under way, and after both FINs the
	// last ACK: one round trip of any real path.
	endWait = int64(time.Second)
	// An ended connection is remembered for so long, or until endedConns newer
	// ones ended, so that repeated packets find it. Small: it is walked through
	// the cache.
	endedWait  = int64(10 * time.Second)
	endedConns = 256
	// A connection half closed and silent for so long will not be finished:
	// twice the TIME-WAIT of the slowest system.
	halfClosedWait = int64(4 * time.Minute)

	// maxOpenings is how many connects are remembered while they have carried no
	// data, and connections that carry something else: 32,768 of 128 bytes, with
	// the openSets, are 4.6 MB, whatever a SYN flood sends.
	maxOpenings = 1 << 15
	// connectWait is how long a SYN waits for its answer before it is reported:
	// Linux sends its last retry after 63 s and gives up at 127 s.
	connectWait = int64(130 * time.Second)
	// refusedWait is how long a refused connect waits for the retries that some
	// systems send with the same ports: Windows sends two more within a second.
	refusedWait = int64(2 * time.Second)
	// sweepEvery is how often, in capture time, it is looked whether connects or
	// holes have waited for long enough.
	sweepEvery = int64(100 * time.Millisecond)
)

// Counters says what the table saw and where its bounds bit.
type Counters struct {
	Conns           uint64 // connections followed
	TLS             uint64 // connections that began with a TLS handshake and were not followed
	Gaps            uint64
	LostBytes       uint64
	Evicted         uint64 // connections given up because Limits.Conns was reached
	HeldTotal       uint64 // holes given up early because Limits.HeldBytes was reached
	HeldDirection   uint64 // holes given up early because one direction held too much
	OpeningsDropped uint64 // connects forgotten before their outcome was known
	StuckDropped    uint64 // connections whose first segment did not arrive, and was not noted
	QuotedDropped   uint64 // ICMP errors about followed connections that were not noted
}
