package keylog

import (
	"bytes"
	"encoding/hex"
	"slices"
	"strings"
)

const (
	masterSize = 48 // of a master secret, and of the premaster secret of RSA
	// maxFields is one more than a line of a key log has.
	maxFields = 4
)

// unused begin the labels whose secrets decrypt no record. What comes after a
// KeyUpdate, …_SECRET_1 and so on, follows from the first.
var unused = []string{"EXPORTER_SECRET", "EARLY_EXPORTER_", "ECH_", "CLIENT_TRAFFIC_SECRET_", "SERVER_TRAFFIC_SECRET_", "QUIC_"}

// line takes one line, without its end.
func (f *feed) line(b []byte) {
	b = bytes.TrimPrefix(b, []byte("\ufeff")) // editors put it at the beginning of files
	var fields [maxFields][]byte
	n := 0
	for field := range bytes.FieldsSeq(b) {
		if n == maxFields {
			break
		}
		fields[n] = field
		n++
	}
	switch {
	case n == 0 || fields[0][0] == '#':
	case n != 3 || !f.secret(fields[0], fields[1], fields[2]):
		f.counts.Malformed++
	}
}

// secret takes the three words of a line. It reports false when they do not fit together.
func (f *feed) secret(label, name, secret []byte) bool {
	l := labelOf(label)
	if l == RSAPremaster {
		if id, ok := bytes.CutPrefix(name, []byte("Session-ID:")); ok {
			l, name = SessionMaster, id
			if secret, ok = bytes.CutPrefix(secret, []byte("Master-Key:")); !ok {
				return false
			}
		}
	}
	if len(name) > hex.EncodedLen(RandomSize) || len(secret) > hex.EncodedLen(maxSecret) {
		return false
	}
	n, err := hex.Decode(f.name[:], name)
	if err != nil {
		return false
	}
	m, err := hex.Decode(f.key[:], secret)
	if err != nil {
		return false
	}
	switch {
	case l < labels:
		if !l.fits(n, m) {
			return false
		}
		f.store.insert(l, keyOf(f.name[:n]), f.key[:m], f.captured, &f.counts)
	case slices.ContainsFunc(unused, func(s string) bool { return strings.HasPrefix(string(label), s) }):
		f.counts.Unused++
	case len(bytes.Trim(label, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")) == 0:
		f.counts.Unknown++
	default:
		return false
	}
	return true
}

// labelOf returns none for a word that is no label of secrets that are kept.
func labelOf(word []byte) Label {
	for l, name := range labelNames {
		if string(word) == name {
			return Label(l)
		}
	}
	return none
}

// fits reports whether a secret of l may have a name and a secret of these lengths.
func (l Label) fits(name, secret int) bool {
	switch l {
	case ClientRandom:
		return name == RandomSize && secret == masterSize
	case Premaster:
		return name == RandomSize && secret > 0
	case RSAPremaster:
		return name == rsaKeySize && secret == masterSize
	case SessionMaster:
		return name > 0 && secret == masterSize
	default: // of TLS 1.3: as long as a hash, SHA-256, SHA-384 or one of 64 bytes
		return name == RandomSize && (secret == 32 || secret == 48 || secret == 64)
	}
}
