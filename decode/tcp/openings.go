package tcp

import (
	"wstap/capture/packet"
	"wstap/decode/link"
)

type openState uint8

const (
	openFree    openState = iota
	openSYN               // SYN seen, no answer
	openSYNACK            // SYN-ACK seen, no data yet
	openRefused           // RST answered the SYN; retries may follow
	openIgnored           // carries something else, or is over: its data is not looked at
)

// opening is what is remembered of a connection before it is followed.
type opening struct {
	flow       link.Flow
	hash       uint64
	time       int64 // first SYN, or the first packet seen
	lastTime   int64
	answerTime int64 // SYN-ACK or RST
	ref        packet.Ref
	endRef     packet.Ref
	lastRef    packet.Ref
	isn        [2]uint32
	packets    [2]uint16
	syns       uint16
	carrier    uint16
	state      openState
	client     link.Dir
	synSeen    bool // isn[client] is valid
	ackSeen    bool // isn[server] is valid
	clientACK  bool // the client acknowledged something: it was answered
}

const (
	openWays = 4
	openSets = maxOpenings / openWays
)

// openings is a set-associative table of fixed size: a flood of SYNs overwrites
// old entries and grows nothing. Tags stand apart, so that a miss costs one load.
type openings struct {
	tags [][openWays]uint32 // 0 is free
	rows [][openWays]opening
}

func (o *openings) init() {
	o.tags = make([][openWays]uint32, openSets)
	o.rows = make([][openWays]opening, openSets)
}

func openTag(hash uint64) (set int, tag uint32) {
	return int(hash % openSets), uint32(hash>>32) | 1
}

func (o *openings) find(hash uint64, flow *link.Flow) *opening {
	set, tag := openTag(hash)
	tags := &o.tags[set]
	for i := range tags {
		if tags[i] == tag {
			if e := &o.rows[set][i]; e.hash == hash && e.flow.Equal(flow) {
				return e
			}
		}
	}
	return nil
}

// add makes an entry. When the set is full it takes the place of an ignored
// entry if there is one, else of the one silent longest, which is returned by
// value for the caller to report.
func (o *openings) add(hash uint64, flow *link.Flow) (e *opening, lost opening) {
	set, tag := openTag(hash)
	tags, rows := &o.tags[set], &o.rows[set]
	victim := 0
	for i := range tags {
		if tags[i] == 0 {
			victim = i
			break
		}
		v, r := &rows[victim], &rows[i]
		if (r.state == openIgnored) != (v.state == openIgnored) {
			if r.state == openIgnored {
				victim = i
			}
		} else if r.lastTime < v.lastTime {
			victim = i
		}
	}
	if tags[victim] != 0 {
		lost = rows[victim]
	}
	tags[victim] = tag
	e = &rows[victim]
	*e = opening{hash: hash, flow: *flow}
	return e, lost
}

// remove frees the entry of hash.
func (o *openings) remove(e *opening) {
	set, _ := openTag(e.hash)
	for i := range o.rows[set] {
		if &o.rows[set][i] == e {
			o.tags[set][i] = 0
			e.state = openFree
		}
	}
}

// ignore remembers that a connection's data need not be looked at any more.
func (o *openings) ignore(c *Conn, now int64) {
	e := o.find(c.hash, &c.flow)
	if e == nil {
		e, _ = o.add(c.hash, &c.flow)
	}
	e.state = openIgnored
	e.lastTime = now
}

// failed turns an entry into what is reported of it.
func (e *opening) failed(kind FailKind) *Failed {
	return &Failed{
		Kind: kind, Client: e.flow.Sender(e.client), Server: e.flow.Sender(e.client.Other()),
		Carrier: e.carrier, SYNs: int(e.syns), Time: e.time, AnswerTime: e.answerTime,
		LastTime: e.lastTime, SYN: e.ref, End: e.endRef, Last: e.lastRef,
	}
}
