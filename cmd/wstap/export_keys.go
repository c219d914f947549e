package main

import (
	"bytes"

	"wstap/capture/packet"
	"wstap/decode"
	"wstap/decode/tls/keylog"
)

// keysKept says which TLS secrets -w writes.
type keysKept string

// The choices of --keys.
const (
	keysStrip keysKept = "strip" // none
	keysUsed  keysKept = "used"  // those of the connections that are written
	keysKeep  keysKept = "keep"  // all that were given
)

// maxKeysBlock is how large a block of secrets gets, but for its last line: readers
// refuse blocks of more than 16 MiB.
const maxKeysBlock = 1 << 20

// exportKeys is what of the keys is written with the packets that they open.
type exportKeys struct {
	kept    keysKept
	store   *keylog.Store
	next    uint64 // with keep: the secrets of the store from here on are not written yet
	written bool
}

// keyBlocks writes the key material that came with a block of packets, if all is to be
// written, as it was found. The store has it by now.
func (x *exportFile) keyBlocks(list []packet.Secrets) {
	for i := range list {
		if x.keys.kept == keysKeep {
			x.writeKeys(&list[i])
		}
	}
	if len(list) > 0 {
		x.keys.next = x.keys.store.Newest()
	}
}

// newKeys writes what key logs have brought since it was last called, if all is to be
// written.
func (x *exportFile) newKeys() {
	for x.keys.kept == keysKeep {
		lines, next := x.keys.store.AppendSince(nil, x.keys.next, maxKeysBlock)
		if next == x.keys.next {
			return
		}
		x.keys.next = next
		x.writeLines(lines)
	}
}

// usedKeys writes the secrets of a connection whose packets are written, if those are
// asked for, and again those that become known later.
func (x *exportFile) usedKeys(c *decode.Connection, to *choice) {
	if x.keys.kept != keysUsed || c.ClientRandom == [keylog.RandomSize]byte{} {
		return
	}
	generation := x.keys.store.Generation()
	if generation == to.generation {
		return
	}
	to.generation = generation
	lines := x.keys.store.AppendLines(nil, c.ClientRandom)
	more, ok := bytes.CutPrefix(lines, to.lines)
	if !ok { // some were dropped for others
		more = lines
	}
	to.lines = lines
	x.writeLines(more)
}

// writeLines writes lines of a key log.
func (x *exportFile) writeLines(lines []byte) {
	if len(lines) > 0 {
		x.writeKeys(&packet.Secrets{Type: typeKeyLog, Data: lines})
	}
}

func (x *exportFile) writeKeys(s *packet.Secrets) {
	if x.failed == nil {
		x.keys.written = true
		x.fail(x.writer.Secrets(s))
	}
}
