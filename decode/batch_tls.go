package decode

// MayHoldTLS reports whether a segment of the batch begins as a TLS record does (RFC 8446
// section 5.1), as the first one of every connection does that is taken for TLS. Where
// none has, no key is needed yet.
func (b *Batch) MayHoldTLS() bool {
	for i := range b.segments {
		p := b.segments[i].Payload
		if len(p) >= 3 && p[0]-20 < 4 && p[1] == 3 && p[2] <= 4 {
			return true
		}
	}
	return false
}
