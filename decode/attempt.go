package decode

// Attempt is one try at a WebSocket handshake, successful or not: one row. Its
// JSON form is the record that users, rules and --where see. A nil pointer, an
// empty string or an empty list is a fact that the capture does not hold; it is
// left out of the JSON and nothing is invented in its place.
type Attempt struct {
	Kind        string      `json:"kind"`        // KindAttempt or KindOpen
	V           int         `json:"v"`           // version of this record, 1
	N           int         `json:"n,omitempty"` // number in output order, from 1; an open one has none yet
	ID          string      `json:"id"`          // "<community_id>@<unix ns of the first packet>"
	Time        string      `json:"time"`        // RFC 3339 with nanoseconds, UTC, of the attempt's first packet
	CommunityID string      `json:"community_id"`
	Client      string      `json:"client"` // "ip:port", IPv6 in brackets
	Server      string      `json:"server"`
	ServerName  string      `json:"server_name,omitempty"` // host name from Host, SNI or DNS
	Filter      string      `json:"filter"`                // Wireshark display filter for the connection
	Carrier     []string    `json:"carrier,omitempty"`     // what wraps the connection: "vlan 10", "connect proxy:3128"
	Verdict     Verdict     `json:"verdict"`
	Ending      Ending      `json:"ending"`
	AnsweredBy  *AnsweredBy `json:"answered_by,omitempty"` // set by classify
	HTTP        *HTTP       `json:"http,omitempty"`
	WebSocket   *WebSocket  `json:"websocket,omitempty"`
	Close       *Close      `json:"close,omitempty"`
	TLS         *TLS        `json:"tls,omitempty"`
	DNS         *DNS        `json:"dns,omitempty"`
	Proxy       *Proxy      `json:"proxy,omitempty"` // of an attempt that a SOCKS proxy did not let through
	TCP         *TCP        `json:"tcp,omitempty"`
	Timing      *Timing     `json:"timing,omitempty"`
	Packets     *Packets    `json:"packets,omitempty"`
	Files       *Files      `json:"files,omitempty"` // only where several files were read
	Capture     *Capture    `json:"capture,omitempty"`
	Findings    []Finding   `json:"findings,omitempty"` // set by classify, the root cause first

	UnixNano int64 `json:"-"` // Time as nanoseconds since 1970-01-01 UTC
}

// The kinds of an Attempt.
const (
	KindAttempt = "attempt"
	KindOpen    = "open" // with Options.Open: the handshake was answered, the connection goes on; the row with the same ID follows
)

// Verdict is the one-word outcome of an attempt.
type Verdict string

// The verdicts.
const (
	VerdictAccepted     Verdict = "accepted"      // a valid 101
	VerdictRejected     Verdict = "rejected"      // any other final status
	VerdictBadHandshake Verdict = "bad-handshake" // a 101 that a conforming client must refuse, or an answer that is not HTTP
	VerdictUnanswered   Verdict = "unanswered"    // a request and no response
	VerdictUnreached    Verdict = "unreached"     // no request could be sent
	VerdictTLSFailed    Verdict = "tls-failed"
	VerdictProxyFailed  Verdict = "proxy-failed" // CONNECT refused
	VerdictEncrypted    Verdict = "encrypted"
	VerdictHeadless     Verdict = "headless"   // frames without a handshake in the capture
	VerdictIncomplete   Verdict = "incomplete" // the capture does not hold what is needed to tell
)

// Verdicts returns all verdicts.
func Verdicts() []Verdict {
	return []Verdict{
		VerdictAccepted, VerdictRejected, VerdictBadHandshake, VerdictUnanswered, VerdictUnreached, VerdictTLSFailed,
		VerdictProxyFailed, VerdictEncrypted, VerdictHeadless, VerdictIncomplete,
	}
}

// Ending is how an open connection ended.
type Ending string

// The endings.
const (
	EndingClean       Ending = "clean"        // Close frames both ways
	EndingOneSided    Ending = "one-sided"    // one side's Close frame only
	EndingAbnormalFIN Ending = "abnormal-fin" // FIN and no Close frame: what APIs call 1006
	EndingRST         Ending = "rst"          // RST and no Close frame: what APIs call 1006
	EndingOpen        Ending = "open"         // the capture ended first
	EndingLost        Ending = "lost"         // the capture misses the tail
	EndingNone        Ending = "none"         // never opened
)

// Header is one header field as it stood on the wire: name and value, with the
// case, order and duplicates of the sender. Bytes that are not UTF-8 are written
// as \xHH.
type Header [2]string

// HTTP is the opening handshake (RFC 6455 section 4) as HTTP.
type HTTP struct {
	Version         string   `json:"version,omitempty"` // "1.0" or "1.1", of the request where it was seen
	Method          string   `json:"method,omitempty"`
	URI             string   `json:"uri,omitempty"` // request target as sent
	Host            string   `json:"host,omitempty"`
	Origin          string   `json:"origin,omitempty"`
	UserAgent       string   `json:"user_agent,omitempty"`
	Status          int      `json:"status,omitempty"` // final status, 101 or 200 to 599 and above; 0 when none was seen
	Reason          string   `json:"reason,omitempty"` // reason phrase
	RequestHeaders  []Header `json:"request_headers,omitempty"`
	ResponseHeaders []Header `json:"response_headers,omitempty"`
	ResponseBody    string   `json:"response_body,omitempty"` // first 512 bytes as sent, chunked framing removed
	// Length of the final answer's body without chunked framing; only where that was read
	// to its end, and never for a 101 or a CONNECT that was granted.
	ResponseBodyBytes *uint64 `json:"response_body_bytes,omitempty"`
	// Bytes that the client sent behind its request's head, the request's body included,
	// before it could have the answer: their segments do not acknowledge its first byte.
	// Whole requests that follow are not counted.
	EarlyBytes uint64 `json:"early_bytes,omitempty"`
	// First 512 bytes of what the server sent instead of an answer that can be read: the
	// connection ended before the status did.
	PartialAnswer string `json:"partial_answer,omitempty"`

	Interim   []int    `json:"interim,omitempty"`   // 1xx statuses before the final one
	Redirect  string   `json:"redirect,omitempty"`  // Location of a 3xx answer
	Missing   []string `json:"missing,omitempty"`   // names a handshake request must have and this one lacks
	Duplicate []string `json:"duplicate,omitempty"` // names that must stand once and stand more often
	Truncated bool     `json:"truncated,omitempty"` // a head was cut by snaplen or a gap
}

// WebSocket is what was negotiated and what was said after the 101.
type WebSocket struct {
	Version             string      `json:"version,omitempty"` // Sec-WebSocket-Version of the request
	Key                 string      `json:"key,omitempty"`
	KeyValid            *bool       `json:"key_valid,omitempty"` // base64 of 16 bytes (RFC 6455 section 4.1)
	Accept              string      `json:"accept,omitempty"`
	AcceptExpected      string      `json:"accept_expected,omitempty"` // for Key; absent where the key is
	AcceptValid         *bool       `json:"accept_valid,omitempty"`    // present where a 101 and its request were seen
	SubprotocolsOffered []string    `json:"subprotocols_offered,omitempty"`
	Subprotocol         string      `json:"subprotocol,omitempty"` // as chosen by the server
	ExtensionsOffered   string      `json:"extensions_offered,omitempty"`
	Extensions          string      `json:"extensions,omitempty"` // as chosen by the server
	Frames              *Frames     `json:"frames,omitempty"`
	Messages            *Pair       `json:"messages,omitempty"` // complete data messages
	Bytes               *Pair       `json:"bytes,omitempty"`    // payload bytes of data frames
	CountsComplete      *bool       `json:"counts_complete,omitempty"`
	Violations          []Violation `json:"violations,omitempty"`
	ViolationsMore      int         `json:"violations_more,omitempty"` // violations seen beyond those listed
	PingRTT             *RTT        `json:"ping_rtt_ms,omitempty"`
	// Pings of each side later than its last one that was answered, at the end; only
	// where CountsComplete is true.
	PingsUnanswered *Pair       `json:"pings_unanswered,omitempty"`
	FirstMessage    *FirstTexts `json:"first_message,omitempty"`  // only with Options.Payload
	InflatedBytes   *Pair       `json:"inflated_bytes,omitempty"` // only with Options.Payload and permessage-deflate
}

// Pair is one count for each direction: sent by the client, sent by the server.
type Pair struct {
	Client uint64 `json:"client"`
	Server uint64 `json:"server"`
}

// Frames counts frames by sender and opcode (RFC 6455 section 5.2).
type Frames struct {
	Client FrameCounts `json:"client"`
	Server FrameCounts `json:"server"`
}

// FrameCounts counts one side's frames by opcode.
type FrameCounts struct {
	Text         uint32 `json:"text"`
	Binary       uint32 `json:"binary"`
	Continuation uint32 `json:"continuation"`
	Close        uint32 `json:"close"`
	Ping         uint32 `json:"ping"`
	Pong         uint32 `json:"pong"`
	Other        uint32 `json:"other"`
}

// FirstTexts is the start of each side's first data message, at most 512 bytes
// after inflating, bytes that are not UTF-8 written as \xHH.
type FirstTexts struct {
	Client string `json:"client,omitempty"`
	Server string `json:"server,omitempty"`
}

// Violation is one breach of RFC 6455 section 5 or RFC 7692.
type Violation struct {
	Rule      string `json:"rule"`      // stable token, e.g. "mask-missing"
	Direction string `json:"direction"` // "client" or "server": who sent the frame
	Packet    uint64 `json:"packet"`
	Offset    uint64 `json:"offset"` // of the frame in the sender's bytes after the blank line of the head, from 0
}

// RTT is how long pongs took, in milliseconds, over all matched pings.
type RTT struct {
	Min    float64 `json:"min"`
	Median float64 `json:"median"`
	Max    float64 `json:"max"`
}

// Close is what the Close frames said (RFC 6455 section 5.5.1). Code 1005 stands
// for a Close frame without a code; 1006 never appears here unless a peer really
// put that illegal number on the wire.
type Close struct {
	Code       *int   `json:"code,omitempty"` // of the first Close frame; absent where it lies in a hole
	Reason     string `json:"reason,omitempty"`
	By         string `json:"by,omitempty"` // who sent the first Close frame, where a hole cannot hide an earlier one
	ClientCode *int   `json:"client_code,omitempty"`
	ServerCode *int   `json:"server_code,omitempty"`
}

// Proxy is what was said to a SOCKS proxy and by it (RFC 1928, RFC 1929). Packets.Request
// and Packets.Response are those of the request and the reply, or where it did not come
// to a request those of the message that the proxy refused and of its refusal.
type Proxy struct {
	Protocol   string `json:"protocol"`              // "socks5" or "socks4", which includes 4a
	Target     string `json:"target,omitempty"`      // "host:port" that was asked for
	Reply      *int   `json:"reply,omitempty"`       // code of the reply; absent where none came
	ReplyName  string `json:"reply_name,omitempty"`  // what it means, in the words of RFC 1928
	Auth       string `json:"auth,omitempty"`        // of SOCKS 5: "none", "password", or "refused" where it did not come to a request
	AuthStatus *int   `json:"auth_status,omitempty"` // the server's answer to name and password, 0 where they are right
}

// Timing is in milliseconds; an absent field was not seen.
type Timing struct {
	ConnectMS *float64 `json:"connect_ms,omitempty"` // first SYN to SYN-ACK, or to the RST or ICMP error in its place
	TLSMS     *float64 `json:"tls_ms,omitempty"`     // ClientHello to the client's Finished
	// Of TLS that could not be read: the client's Finished to the first FIN or RST, or to the
	// end of the capture; and where there was none, the last record of the handshake to that.
	TLSOpenMS       *float64 `json:"tls_open_ms,omitempty"`
	TLSWaitMS       *float64 `json:"tls_wait_ms,omitempty"`
	AnswerMS        *float64 `json:"answer_ms,omitempty"`      // end of request head to end of final response head
	FirstFrameMS    *float64 `json:"first_frame_ms,omitempty"` // 101 to first frame of either side
	OpenMS          *float64 `json:"open_ms,omitempty"`        // 101 to FIN, RST or the last packet
	IdleBeforeEndMS *float64 `json:"idle_before_end_ms,omitempty"`
	// Without a final answer, and where none can have gone by unseen: end of request
	// head to the first FIN or RST, or to the end of the capture where there was none.
	WaitMS  *float64 `json:"wait_ms,omitempty"`
	CloseMS *float64 `json:"close_ms,omitempty"` // 101 to the first Close frame, where a hole cannot hide an earlier one
}

// Packets are packet numbers within the file that holds them, as Wireshark
// counts; 0 and absent mean not seen.
type Packets struct {
	First       uint64 `json:"first,omitempty"`
	SYN         uint64 `json:"syn,omitempty"`
	Hello       uint64 `json:"hello,omitempty"` // holds the end of the TLS ClientHello
	ServerHello uint64 `json:"server_hello,omitempty"`
	Alert       uint64 `json:"alert,omitempty"`    // TLS.Alert
	Request     uint64 `json:"request,omitempty"`  // holds the end of the request's head
	Response    uint64 `json:"response,omitempty"` // holds the end of the final response's head
	Close       uint64 `json:"close,omitempty"`    // holds the first Close frame's header
	End         uint64 `json:"end,omitempty"`      // first FIN or RST
	ICMP        uint64 `json:"icmp,omitempty"`     // TCP.ICMP
	Last        uint64 `json:"last,omitempty"`
}

// Files names the file that holds each packet of Packets.
type Files struct {
	First       string `json:"first,omitempty"`
	SYN         string `json:"syn,omitempty"`
	Hello       string `json:"hello,omitempty"`
	ServerHello string `json:"server_hello,omitempty"`
	Alert       string `json:"alert,omitempty"`
	Request     string `json:"request,omitempty"`
	Response    string `json:"response,omitempty"`
	Close       string `json:"close,omitempty"`
	End         string `json:"end,omitempty"`
	ICMP        string `json:"icmp,omitempty"`
	Last        string `json:"last,omitempty"`
}

// Capture says what the capture misses of this connection.
type Capture struct {
	Midstream bool   `json:"midstream"` // the connection's start is not in the capture
	OneSided  bool   `json:"one_sided"` // only one direction was captured
	Gaps      uint64 `json:"gaps"`      // holes that were skipped
	LostBytes uint64 `json:"lost_bytes"`
	Truncated bool   `json:"truncated"` // snaplen cut packets with payload

	// What the capture as a whole misses in the attempt's time: some of it may be
	// this connection's.
	Dropped      uint64   `json:"dropped,omitempty"`       // packets that the kernel dropped
	UnrecordedMS *float64 `json:"unrecorded_ms,omitempty"` // time for which a file of a rotated set is missing
}

// Summary is the last record: what was read and what was bounded.
type Summary struct {
	Kind        string            `json:"kind"` // "summary"
	V           int               `json:"v"`
	Packets     PacketCounts      `json:"packets"`
	Connections uint64            `json:"connections"` // that were parsed or that failed to connect
	Attempts    map[Verdict]int   `json:"attempts"`
	Gaps        uint64            `json:"gaps"`
	LostBytes   uint64            `json:"lost_bytes"`
	TLS         uint64            `json:"tls_connections"`   // seen and not decrypted
	TLSCounts   *TLSCounts        `json:"tls,omitempty"`     // what became of all; absent where there were none
	DNS         *DNSCounts        `json:"dns,omitempty"`     // messages; absent where there were none
	Unshown     *Unshown          `json:"unshown,omitempty"` // failed connects that --connects left out
	Bounded     map[string]uint64 `json:"bounded,omitempty"` // limit → how often it bit
	// MissingFiles are files of rotated sets that are certainly missing between those
	// that were read.
	MissingFiles uint64 `json:"missing_files,omitempty"`
	FirstTime    string `json:"first_time,omitempty"`
	LastTime     string `json:"last_time,omitempty"`
}

// PacketCounts accounts for every packet that was read.
type PacketCounts struct {
	Total       uint64 `json:"total"`
	TCP         uint64 `json:"tcp"`
	ICMP        uint64 `json:"icmp,omitempty"` // ICMP and ICMPv6 errors about TCP segments
	DNS         uint64 `json:"dns,omitempty"`  // UDP datagrams from or to port 53
	NotTCP      uint64 `json:"not_tcp"`        // IP of another protocol than those above, ARP and the like
	Fragments   uint64 `json:"fragments"`      // IP fragments that did not complete their datagram; the one that did counts as what it completed
	Malformed   uint64 `json:"malformed"`      // headers that contradict themselves or are cut short
	UnknownLink uint64 `json:"unknown_link"`   // link types that wstap does not decode
	Filtered    uint64 `json:"filtered"`       // left out by -f

	// What a live capture lost. These packets were never read and are not in Total.
	Dropped            uint64 `json:"dropped,omitempty"`              // by the kernel, because its buffer was full
	DroppedByInterface uint64 `json:"dropped_by_interface,omitempty"` // by the network card or its driver
}

// Unshown counts failed connects that are not rows because nothing says that
// they were meant for a WebSocket.
type Unshown struct {
	Connects  uint64 `json:"connects"`
	Endpoints uint64 `json:"endpoints"`
}
