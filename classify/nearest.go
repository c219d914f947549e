package classify

import (
	"fmt"

	"wstap/classify/condition"
	"wstap/decode"
)

const (
	// maxServers bounds for how many servers it is remembered how fast they answer: a
	// gateway's busy ones. When they are too many, all are forgotten.
	maxServers = 4096
	// roundTrips is how many round trips an answer may take that no server worked on:
	// one, and as much again for a busy path.
	roundTrips = 2
	// clearlyLonger is how many times as long good handshakes must take for it to mean
	// anything that a refusal came at once.
	clearlyLonger = 4
)

// nearest tells refusals that the next hop made by itself, by time alone: an answer
// after one round trip, where that server's good handshakes take clearly longer.
type nearest struct {
	fastest map[string]float64 // answer_ms of good handshakes, by server
}

// note takes a handshake in.
func (n *nearest) note(a *decode.Attempt) {
	if a.Verdict != decode.VerdictAccepted || a.Timing == nil || a.Timing.AnswerMS == nil {
		return
	}
	ms := *a.Timing.AnswerMS
	was, known := n.fastest[a.Server]
	switch {
	case known && was <= ms:
		return
	case n.fastest == nil, !known && len(n.fastest) >= maxServers:
		n.fastest = make(map[string]float64)
	}
	n.fastest[a.Server] = ms
}

// answered returns who answered by this, nil where time does not tell.
func (n *nearest) answered(a *decode.Attempt) *decode.AnsweredBy {
	good, known := n.fastest[a.Server]
	t := a.Timing
	if !known || t == nil || t.AnswerMS == nil || t.ConnectMS == nil || *t.ConnectMS <= 0 {
		return nil
	}
	if *t.AnswerMS > roundTrips**t.ConnectMS || good < clearlyLonger**t.AnswerMS {
		return nil
	}
	return &decode.AnsweredBy{
		Name: "the nearest hop", Role: decode.AnswererProxy, Certainty: decode.Hint,
		Because: fmt.Sprintf("the answer came after %s, one round trip of %s; good handshakes with this server take %s and more",
			condition.Span(*t.AnswerMS), condition.Span(*t.ConnectMS), condition.Span(good)),
	}
}
