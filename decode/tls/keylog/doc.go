// Package keylog reads the secrets of TLS connections: key logs as NSS, browsers,
// OpenSSL and others write them (RFC 9850), with the older forms, and private keys of
// servers.
//
// Store keeps secrets, from whole texts (Add) and from files that grow (Feed), for
// several goroutines at once. What it gives out it gives out as Secret, which does not
// print, or as lines to be written down for who asked for it (AppendLines, AppendSince);
// nothing else here, no error and no count, holds a byte of a key.
package keylog

// RandomSize is the length of a client random, in bytes.
const RandomSize = 32

// Counts says what became of the lines of key logs. Empty lines and comments are not
// counted.
type Counts struct {
	Secrets    uint64 // lines whose secret is new
	Duplicates uint64 // known already
	Conflicts  uint64 // of Secrets: there was another for the same label and connection
	Unused     uint64 // of a known label whose secrets decrypt no record: exporter, ECH, QUIC
	Unknown    uint64 // of the form of a key log, with another label
	Malformed  uint64 // not of that form
	TooLong    uint64 // longer than any line of a key log; not looked at
	Evicted    uint64 // secrets that were dropped for newer ones
}

func (c *Counts) add(d Counts) {
	c.Secrets += d.Secrets
	c.Duplicates += d.Duplicates
	c.Conflicts += d.Conflicts
	c.Unused += d.Unused
	c.Unknown += d.Unknown
	c.Malformed += d.Malformed
	c.TooLong += d.TooLong
	c.Evicted += d.Evicted
}
