package tcp

import (
	"math"

	"wstap/capture/packet"
	"wstap/decode/link"
)

type openState uint8

const (
	openFree        openState = iota
	openSYN                   // SYN seen, no answer
	openAnswered              // SYN-ACK seen, or what shows that there was one; no data yet
	openRefused               // RST answered the SYN; retries may follow
	openCut                   // the server closed before any data; the client's may be under way
	openUnreachable           // an ICMP error answered the SYN; retries may follow
	openReported              // it was reported as that; retries are not counted, but an answer is
	openIgnored               // carries something else, or is over: its data is not looked at
)

// openWait says how long an entry stays in a state until it is reported; 0 for
// those that are not.
var openWait = [...]int64{openSYN: connectWait, openRefused: refusedWait, openCut: endWait, openUnreachable: unreachableWait, openIgnored: 0}

// Bits of opening.flags.
const (
	openHasSYN    uint8 = 1 << iota // isn[client], synTime and synRef are valid
	openHasSYNACK                   // isn[server], ackTime and ackRef are valid, and isn[client] as it acknowledged
	openAckFirst                    // the SYN-ACK was captured before the SYN
	openEnded                       // endTime, endRef and fin are valid
	openByRST                       // it was a RST
	openByClient                    // of the client
	openUnreached                   // openings.errors says by what
)

// opening is what is remembered of a connection before it is followed: 128
// bytes. Its state and the time of its last packet stand in its openSet.
type opening struct {
	flow    link.Flow
	synTime int64 // first SYN
	ackTime int64 // first SYN-ACK
	endTime int64 // first RST or FIN before any data
	synRef  packet.Ref
	ackRef  packet.Ref
	endRef  packet.Ref
	lastRef packet.Ref
	isn     [2]uint32
	fin     uint32 // sequence number of that
	place   uint32 // index in openings.rows
	packets [2]uint16
	syns    uint8
	ttl     uint8 // of the SYN-ACK, or of the RST that answered the SYN
	carrier uint16
	client  link.Dir
	flags   uint8
	missed  uint16 // sequence numbers of the client that were not captured, at least; one alone may be its FIN
	synCopy uint32 // link.Segment.Copy of the last SYN; with it these are two cache lines
}

const (
	openWays  = 4
	openSets  = maxOpenings / openWays
	openParts = 1024 // each with its own time at which something is due
)

// openSet is what decides about four entries, in one cache line, so that neither
// a miss, nor the choice of a victim, nor a sweep touches a row.
type openSet struct {
	tags   [openWays]uint32 // 0 is free
	last   [openWays]int64  // last packet
	states [openWays]openState

	_ [12]byte
}

// openings is a set-associative table of fixed size: a flood of SYNs overwrites
// old entries and grows nothing.
type openings struct {
	sets []openSet
	rows []opening
	// What an ICMP error said of each row; nil before the first.
	errors []link.ICMPError
	// No entry of a part is to be reported before its time here, and none at all
	// before next.
	due  [openParts]int64
	next int64
}

func (o *openings) init() {
	o.sets = make([]openSet, openSets)
	o.rows = make([]opening, maxOpenings)
	for i := range o.due {
		o.due[i] = math.MaxInt64
	}
	o.next = math.MaxInt64
}

func openTag(hash uint64) (set, tag uint32) {
	return uint32(hash % openSets), uint32(hash>>32) | 1
}

func (o *openings) find(hash uint64, flow *link.Flow) *opening {
	set, tag := openTag(hash)
	tags := &o.sets[set].tags
	for i := range tags {
		if tags[i] == tag {
			if e := &o.rows[set*openWays+uint32(i)]; e.flow.Equal(flow) {
				return e
			}
		}
	}
	return nil
}

// victim returns the entry that a new one for hash takes the place of: a free one
// if there is one, else one that nothing is reported of any more, else the one silent longest.
func (o *openings) victim(hash uint64) *opening {
	n, _ := openTag(hash)
	set := &o.sets[n]
	best := 0
	for i := range set.tags {
		if set.tags[i] == 0 {
			best = i
			break
		}
		if done := set.states[i] >= openReported; done != (set.states[best] >= openReported) {
			if done {
				best = i
			}
		} else if set.last[i] < set.last[best] {
			best = i
		}
	}
	e := &o.rows[n*openWays+uint32(best)]
	e.place = n*openWays + uint32(best)
	return e
}

// take makes e, found or a victim, an entry for hash that is ignored until the
// caller says otherwise.
func (o *openings) take(e *opening, hash uint64, flow *link.Flow) {
	_, tag := openTag(hash)
	set, way := o.at(e)
	set.tags[way], set.states[way] = tag, openIgnored
	*e = opening{flow: *flow, place: e.place}
}

func (o *openings) at(e *opening) (set *openSet, way uint32) {
	return &o.sets[e.place/openWays], e.place % openWays
}

func (o *openings) state(e *opening) openState {
	set, way := o.at(e)
	return set.states[way]
}

// become changes the state of an entry, whose last packet has been noted.
func (o *openings) become(e *opening, state openState) {
	set, way := o.at(e)
	set.states[way] = state
	if wait := openWait[state]; wait != 0 {
		part := &o.due[e.place/openWays/(openSets/openParts)]
		*part = min(*part, set.last[way]+wait)
		o.next = min(o.next, *part)
	}
}

// lastTime returns the time of an entry's last packet.
func (o *openings) lastTime(e *opening) int64 {
	set, way := o.at(e)
	return set.last[way]
}

// seen notes the last packet of an entry.
func (o *openings) seen(e *opening, time int64, ref packet.Ref) {
	set, way := o.at(e)
	set.last[way] = time
	e.lastRef = ref
}

// remove frees an entry.
func (o *openings) remove(e *opening) {
	set, way := o.at(e)
	set.tags[way], set.states[way] = 0, openFree
}

// overdue appends to list the entries that have been silent for as long as their
// state may last at now.
func (o *openings) overdue(now int64, list []*opening) []*opening {
	o.next = math.MaxInt64
	for part := range o.due {
		if o.due[part] < now {
			next := int64(math.MaxInt64)
			const size = openSets / openParts
			for n := part * size; n < (part+1)*size; n++ {
				set := &o.sets[n]
				for way, tag := range &set.tags {
					wait := openWait[set.states[way]]
					switch {
					case tag == 0 || wait == 0:
					case set.last[way]+wait < now:
						list = append(list, &o.rows[n*openWays+way])
					default:
						next = min(next, set.last[way]+wait)
					}
				}
			}
			o.due[part] = next
		}
		o.next = min(o.next, o.due[part])
	}
	return list
}

// begins returns the sequence number of the first byte of direction d, as the
// SYN or SYN-ACK showed it.
func (e *opening) begins(d link.Dir) (seq uint32, ok bool) {
	if e.flags&openHasSYNACK == 0 && (e.flags&openHasSYN == 0 || d != e.client) {
		return 0, false
	}
	return e.isn[d] + 1, true
}

// shows notes what a segment without data shows of bytes that were not captured:
// the server acknowledges them, or the client stands behind them.
func (e *opening) shows(s *link.Segment) {
	at := s.Seq
	if s.Dir != e.client {
		at = s.Ack
	}
	known := e.flags&openHasSYNACK != 0 && (s.Dir == e.client || s.Flags&link.ACK != 0)
	if n := at - e.isn[e.client] - 1; known && n > 0 && n <= farAway {
		e.missed = max(e.missed, uint16(min(n, math.MaxUint16)))
	}
}

// first returns an entry's first captured packet.
func (e *opening) first() (int64, packet.Ref) {
	if e.flags&openHasSYN == 0 || e.flags&openAckFirst != 0 {
		return e.ackTime, e.ackRef
	}
	return e.synTime, e.synRef
}
