// Package suite is the cryptography of an observer who has the keys: it knows the cipher
// suites, makes the keys of both directions from the secrets of a connection, and opens
// single records of TLS 1.0 to 1.3. It knows nothing of connections and messages: which
// record comes next, and under which keys, is for its caller.
//
// Secrets go in and keys stay inside. Nothing here prints them: an Opener has a Format
// that shows no byte.
package suite

import "fmt"

// Version is a version of the protocol, as it stands on the wire.
type Version uint16

// The versions. Records of SSL 3.0 cannot be opened: its MAC and its key derivation are
// others, and no stack has it switched on.
const (
	SSL30 Version = 0x0300 + iota
	TLS10
	TLS11
	TLS12
	TLS13
)

// String returns the name of v, and its number for what is no version.
func (v Version) String() string {
	switch {
	case v == SSL30:
		return "SSL 3.0"
	case v >= TLS10 && v <= TLS13:
		return "TLS 1." + string(rune('0'+v-TLS10))
	}
	return fmt.Sprintf("0x%04x", uint16(v))
}
