package tls

import "wstap/decode/tls/suite"

// Facts is what is known of a connection. A Pos that is zero means that it was not
// seen. What is sent encrypted since TLS 1.3 is there with keys only: ALPN,
// certificates, whether a client certificate was asked for.
type Facts struct {
	// Of the first ClientHello (RFC 8446 section 4.1.2); ClientHello is not zero when
	// they are valid.
	ClientHello     Pos
	ClientRandom    [32]byte
	LegacyVersion   suite.Version
	SNI             string          // server_name as sent, "" without; the outer name where ECHOffered
	ALPNOffered     []string        // as sent, maxALPN at most
	VersionsOffered []suite.Version // supported_versions without GREASE; nil where the extension is missing
	CiphersOffered  int             // with GREASE
	JA4             string          // FoxIO's fingerprint of the ClientHello
	ECHOffered      bool            // encrypted_client_hello, which may be GREASE
	EarlyOffered    bool            // early_data: 0-RTT
	ResumeOffered   bool            // a session id, a ticket or a pre-shared key

	// Of the ServerHello (section 4.1.3); ServerHello is not zero when they are valid.
	ServerHello Pos
	Version     suite.Version // that was agreed on
	Cipher      uint16
	CipherName  string // of the IANA registry; a number where it has none
	Resumed     Resumption
	HelloRetry  bool // a HelloRetryRequest went before

	ALPN      string // that the server chose; "" with ALPNKnown: it chose none
	ALPNKnown bool

	EarlySeen     bool // the client sent records before the ServerHello
	EarlyAccepted bool // by EncryptedExtensions, with keys only

	CertificateRequested  bool         // of the client
	ServerCertificate     *Certificate // nil where it was not seen, or not sent, as with resumption
	ClientCertificate     *Certificate // nil also where the client answered with an empty list
	ClientCertificateNone bool         // the client was asked and has none
	NameCovered           bool         // ServerCertificate is for SNI

	ServerFinished, ClientFinished Finished
	Renegotiations                 int // handshakes after the first one that could be read

	Alerts []Alert // maxAlerts at most
	// Closed says which directions sent close_notify, by direction.
	Closed [2]bool
	// Sent counts what each direction sent, by direction.
	Sent [2]Traffic
	// Records are the first MaxShape records of both directions.
	Records []Record
	// Last is the last record of each direction; its Ref is zero when there was none.
	Last [2]Record

	SSL2Hello bool // the first bytes were a hello of SSL 2.0, which comes as NotTLS
	Truncated bool // a handshake message was too long or malformed, and was not read

	Decrypted bool       // at least one record was opened
	KeysFrom  KeysSource // of what was opened last
	Problem   Problem    // why not everything was opened; NoProblem where all was, or nothing had to be
}

// Resumption is how a handshake was shortened.
type Resumption uint8

// The ways.
const (
	NotResumed     Resumption = iota // or not known to be
	ResumedSession                   // TLS 1.2 and before, by session id (RFC 5246 section 7.3)
	ResumedTicket                    // TLS 1.2 and before, by ticket (RFC 5077)
	ResumedPSK                       // TLS 1.3, by pre_shared_key (RFC 8446 section 2.2)
)

// KeysSource is where the secrets came from that opened records.
type KeysSource uint8

// The sources.
const (
	NoKeysUsed  KeysSource = iota
	FromLog                // a key log
	FromRSA                // a private key
	FromResumed            // an earlier connection, whose session was resumed
)

// String returns the source's name, "" for none.
func (k KeysSource) String() string {
	switch k {
	case FromLog:
		return "keylog"
	case FromRSA:
		return "rsa"
	case FromResumed:
		return "session"
	default:
		return ""
	}
}

// Finished is what is known of one side's Finished (RFC 8446 section 4.4.4).
type Finished struct {
	At       Pos  // zero when there was none
	Inferred bool // by the record's place and size; without it, it was read
}

// Traffic counts records and bytes of one direction, by content type. Bytes are those of
// record bodies.
type Traffic struct {
	Records, Bytes [5]uint64 // by RecordType less ChangeCipherSpec
	// Data counts records that carry application data: those that were opened, and
	// where none can be, those that are none of a handshake by their place.
	Data uint64
}

// RecordType is the content type of a record (RFC 8446 section 5.1, RFC 6520).
type RecordType uint8

// The content types.
const (
	ChangeCipherSpec RecordType = 20
	AlertRecord      RecordType = 21
	Handshake        RecordType = 22
	ApplicationData  RecordType = 23
	Heartbeat        RecordType = 24
)

// Record is the shape of one record.
type Record struct {
	At        Pos
	Length    uint16 // of the body, without the header's five bytes
	Type      RecordType
	Dir       uint8
	Protected bool // encrypted
}

// Alert is an alert that was read, or a record that is one by its shape.
type Alert struct {
	At       Pos
	Dir      uint8 // who sent it
	Readable bool  // Level and Code are valid
	// Guessed means that the record is an alert by its place and size only: TLS 1.3
	// hides types.
	Guessed     bool
	Level, Code uint8
	Name        string // RFC 8446 section 6; "" where it cannot be read
}
