package decode

// MayHoldTLS reports whether a segment of the batch begins as a TLS record does (RFC 8446
// section 5.1), as the first one of every connection does that is taken for TLS. Where
// none has, no key is needed yet.
func (b *Batch) MayHoldTLS() bool {
	for i := range b.segments {
		if _, ok := beginsRecord(b.segments[i].Payload); ok {
			return true
		}
	}
	return false
}
