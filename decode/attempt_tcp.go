package decode

// TCP is what the connection showed beneath HTTP.
type TCP struct {
	FirstFIN        string `json:"first_fin,omitempty"` // "client" or "server"
	FirstRST        string `json:"first_rst,omitempty"`
	ClosedBy        string `json:"closed_by,omitempty"` // who sent the first FIN or RST, whichever was captured first
	Retransmissions Pair   `json:"retransmissions"`     // data segments that repeat bytes already seen
	Duplicates      uint64 `json:"duplicates"`          // packets captured twice, as on a SPAN port
	OutOfOrder      uint64 `json:"out_of_order"`
	ZeroWindows     uint64 `json:"zero_windows"`
	SYNCount        uint64 `json:"syn_count"`         // SYNs of the client, retries included
	Refused         bool   `json:"refused,omitempty"` // RST answered the SYN; first_rst may also be one after the connect
	ICMP            *ICMP  `json:"icmp,omitempty"`
	// Time to live, or hop limit: of the first RST, and of the other packets of the end
	// that it names as its sender.
	RSTTTL  uint8    `json:"rst_ttl,omitempty"`
	PeerTTL *PeerTTL `json:"peer_ttl,omitempty"`
	// How far the IP identification of the first RST is ahead of that of the packet before
	// it of the same end, modulo 65,536. Only of IPv4, and where those of that end follow
	// each other and the RST's is more than 1,024 away.
	RSTIDGap int `json:"rst_id_gap,omitempty"`
	// Segments with data that this end sent after its RST, beyond it: after a RST nobody
	// sends.
	DataAfterRST uint64 `json:"data_after_rst,omitempty"`
	Stuck        *Stuck `json:"stuck,omitempty"`
	// Of a connect that failed: what the client reached instead. Such a failure is no fault that
	// anybody notices.
	Alternative *Alternative `json:"alternative,omitempty"`

	// Payload bytes of the whole connection, each counted once; those that lie in holes
	// are not. Absent where only one direction was captured.
	Bytes *Pair `json:"bytes,omitempty"`
	// Payload bytes that each side had sent and the other had not acknowledged when the
	// connection, or the capture, ended. Only for the last attempt of a connection of
	// which both directions were captured without a hole, and no packet is known to be
	// missing.
	Unacked *Pair `json:"unacked,omitempty"`
	// Data segments of each side up to the end of the final answer's head, or to the end
	// where there was none, and how many of them were retransmitted. Only for an attempt
	// that begins with its connection, of which both directions were captured.
	SegmentsBeforeAnswer        *Pair `json:"segments_before_answer,omitempty"`
	RetransmissionsBeforeAnswer *Pair `json:"retransmissions_before_answer,omitempty"`
}

// PeerTTL is between which values the time to live of an end's packets lay.
type PeerTTL struct {
	Min uint8 `json:"min"`
	Max uint8 `json:"max"`
}

// Stuck is the first segment of the client's data where it was sent again and never
// acknowledged. Only where both directions were captured from the beginning, and the
// server sent no data.
type Stuck struct {
	Bytes           uint64 `json:"bytes"` // of the segment
	Retransmissions uint64 `json:"retransmissions"`
	// How often the server acknowledged that it lacks this segment: it has got others, which
	// came behind it.
	Acks uint64 `json:"acks"`
}

// ICMP is the first ICMP or ICMPv6 error about a packet of the connection; one that only
// asks for smaller packets gives way to another.
type ICMP struct {
	Type int    `json:"type"`
	Code int    `json:"code"`
	Name string `json:"name"`          // what type and code mean, in the words of RFC 792 or RFC 4443
	From string `json:"from"`          // address of who sent it
	MTU  uint64 `json:"mtu,omitempty"` // of the next hop, of an error about the packet's size
}
