package tls

import "wstap/decode/tls/suite"

const (
	headerSize = 5
	maxBody    = suite.MaxRecord

	// maxMessage is the longest handshake message that is read: OpenSSL takes
	// certificate chains of up to 100 KiB, and ClientHellos of 128 KiB at most.
	maxMessage = 128 << 10
	// maxPartsAll is how many bytes of messages in several records are kept: 10,000 with
	// a chain of certificates.
	maxPartsAll = 64 << 20
	// maxTranscript bounds the messages that are kept for the session hash (RFC 7627),
	// hello to ClientKeyExchange: two certificate chains and small ones.
	maxTranscript = 2*maxMessage + 16<<10

	// maxWaiting is how many bytes of records of one connection wait for keys. A line
	// of a key log is written in the handshake and read within a second; until then
	// an upgrade and the first frames come.
	maxWaiting = 256 << 10
	// maxWaitingAll is how many wait on all connections: 256 that are full, 10,000
	// with a handshake. Those that have waited longest give way.
	maxWaitingAll = 64 << 20
	// itemSize is what a waiting record costs besides its body.
	itemSize = 96
	// maxSplitAll bounds the bodies of records of which a part was captured so far:
	// 7,000 of the longest, 100,000 of those that fit a segment.
	maxSplitAll = 128 << 20

	// maxSearch is how many sequence numbers are tried for a record that follows a
	// hole: as many records as a megabyte holds of 256 bytes. Failing costs a
	// microsecond for a short record and eight for the longest.
	maxSearch = 4096
	// shortest is the least that a record takes: header, tag or MAC, one byte.
	shortest = headerSize + 17
	// maxTrials is how often records of one connection are tried in vain, all
	// searches together: some tenths of a second.
	maxTrials = 1 << 16
	// maxFails is how many records in a row may fail to open before a direction is
	// given up: its keys were changed without our knowledge.
	maxFails = 16
	// maxFlight is how many records may be a handshake's that cannot be opened,
	// before the first one of application data: flights have a dozen, and 0-RTT, which
	// looks the same, is 16 KiB by default in most stacks and seldom more than 64.
	maxFlight = 256

	// Without a handshake secrets of other connections are tried, the newest
	// lateSecrets, for lateRecords records of either direction and lateSearch sequence
	// numbers each: a capture that begins a little after its connections. Long records
	// are passed over, since trying takes as long as they are; messages of WebSockets
	// are short. All connections together may try lateTrials times, which takes some
	// seconds: a thousand connections were open when the capture began.
	lateSecrets = 16
	lateRecords = 4
	lateSearch  = 64
	lateLongest = 2 << 10
	lateTrials  = 1 << 22

	// maxSessions is how many sessions of TLS 1.2 are remembered for resumption, at
	// 150 bytes each. Servers keep 20,480 (OpenSSL's default) to a few for a day.
	maxSessions = 1 << 16
	// MaxRSA is how many private keys are tried for one handshake, a millisecond each.
	MaxRSA = 16
	// maxShared is how many values that connections have in common (offers,
	// fingerprints, certificates) are kept once for all.
	maxShared = 4096

	// These bound the lists of Facts. Browsers offer 3 protocols and 4 versions;
	// certificates of content networks have 100 names, the first say enough.
	maxALPN     = 16
	maxVersions = 16
	maxNames    = 32
	maxText     = 256 // bytes of a name of a certificate
	maxAlerts   = 8
	MaxShape    = 16
)
