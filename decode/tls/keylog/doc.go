// Package keylog reads the secrets of TLS connections: key logs as NSS, browsers,
// OpenSSL and others write them (RFC 9850), with the older forms, and private keys of
// servers.
//
// Store keeps secrets, from whole texts (Add) and from files that grow (Feed), for
// several goroutines at once. What it gives out it gives out as Secret, which does not
// print; nothing else here, no error and no count, holds a byte of a key.
package keylog

// RandomSize is the length of a client random, in bytes.
const RandomSize = 32

// Counts says what became of lines of key logs.
type Counts struct {
	Secrets    uint64 // kept
	Duplicates uint64 // known before
	Conflicts  uint64 // of Secrets: another one for the same label and connection was there
	Unused     uint64 // of a known label whose secrets are not needed: exporter, ECH, QUIC
	Unknown    uint64 // of the form of a key log, with a label that is not known
	Malformed  uint64 // not of that form
	TooLong    uint64 // longer than any line of a key log
	Evicted    uint64 // secrets that were dropped for newer ones
}
