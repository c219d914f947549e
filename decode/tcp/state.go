package tcp

import "wstap/decode/link"

// FlowState says what a Table makes of the segments of a flow.
type FlowState uint8

// The states.
const (
	FlowUnknown    FlowState = iota // nothing is remembered of it
	FlowConnecting                  // a connect that has carried no data
	FlowFollowed                    // its streams are put together, or were a moment ago
	FlowIgnored                     // it carries something else
)

// State returns what is made of the flow of s before s is pushed.
func (t *Table) State(s *link.Segment) FlowState {
	if c, _ := t.lookup(s); c != nil {
		return FlowFollowed
	}
	e := t.openings.find(s.Hash, &s.Flow)
	switch {
	case e == nil:
		return FlowUnknown
	case t.openings.state(e) == openIgnored:
		return FlowIgnored
	default:
		return FlowConnecting
	}
}
