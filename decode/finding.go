package decode

// AnsweredBy says who sent the final answer. It is concluded by classify, not read
// from packets, and absent where no answer was captured or the handshake succeeded.
type AnsweredBy struct {
	Name      string       `json:"name"` // of the product, or "unknown"
	Role      AnswererRole `json:"role"`
	Certainty Certainty    `json:"certainty"`
	Because   string       `json:"because"` // the marks that say so, quoted
}

// AnswererRole is the place of who answered, seen from the client.
type AnswererRole string

// The roles of who answered.
const (
	AnswererOrigin  AnswererRole = "origin"  // the server that the handshake was for
	AnswererProxy   AnswererRole = "proxy"   // a forward or reverse proxy, or a load balancer
	AnswererEdge    AnswererRole = "edge"    // a CDN, a cloud's entrance, a WAF service
	AnswererUnknown AnswererRole = "unknown" // the answer does not tell
)

// Certainty is how sure a finding is.
type Certainty string

// The certainties.
const (
	Proof  Certainty = "proof"  // the bytes named cannot mean anything else where they were captured
	Strong Certainty = "strong" // one ordinary explanation, and rare others
	Hint   Certainty = "hint"   // worth showing, never alone the cause
)

// Severity is how bad a finding is for who wants a WebSocket.
type Severity string

// The severities.
const (
	SeverityError   Severity = "error"   // the attempt failed, or its connection was lost
	SeverityWarning Severity = "warning" // it works, and something is wrong
	SeverityInfo    Severity = "info"    // worth knowing, and nothing is wrong
)

// Finding is what a rule of classify concludes from the facts of an attempt.
type Finding struct {
	ID            string    `json:"id"` // stable, such as "http-403"
	Title         string    `json:"title"`
	Phase         string    `json:"phase"` // dns, tcp, tls, proxy, http, options, frames or close
	Severity      Severity  `json:"severity"`
	Certainty     Certainty `json:"certainty"`
	Because       string    `json:"because"`                  // the facts that say so, quoted; secrets are taken out where the record's are
	ConsequenceOf string    `json:"consequence_of,omitempty"` // id of the finding that explains this one
	Packets       []uint64  `json:"packets,omitempty"`        // that prove it, as in Packets
	Files         []string  `json:"files,omitempty"`          // of each of Packets, only where several were read
	Causes        []string  `json:"causes,omitempty"`         // likely first
	Check         []string  `json:"check,omitempty"`          // what to look at, best first
	ClientErrors  []string  `json:"client_errors,omitempty"`  // what clients print
}
