package suite

import "encoding/binary"

// Search opens a record whose sequence number is not known, as after a gap: it tries n
// numbers from seq on, and returns the one that fits. In TLS 1.2 with GCM and CCM the
// number mostly follows from the explicit nonce, and is tried first though it may be
// beyond those n. Otherwise as Open.
func (o *Opener) Search(seq uint64, n int, h Header, dst, payload []byte) (plain []byte, typ byte, at uint64, ok bool) {
	if o.counts() && len(payload) >= o.overhead {
		nonce := binary.BigEndian.Uint64(payload)
		// Some count from 0, others from a random number (RFC 5288 section 3 leaves it open).
		for _, at := range [...]uint64{nonce, nonce + o.ahead} {
			if at < seq {
				continue
			}
			if plain, typ, ok = o.Open(at, h, dst, payload); ok {
				return plain, typ, at, true
			}
		}
	}
	for at = seq; n > 0 && at >= seq; n, at = n-1, at+1 {
		if plain, typ, ok = o.Open(at, h, dst, payload); ok {
			return plain, typ, at, true
		}
	}
	return nil, 0, 0, false
}

// counts reports whether records have a nonce that counts them, in practice.
func (o *state) counts() bool {
	return o.version == TLS12 && (o.mode == modeGCM || o.mode == modeCCM)
}
