package decode

// asides are the packets of a batch that say something about connections and are none of
// theirs: each list in the order of the packets.
type asides struct {
	errors []quoted
	names  []named
}

func (a *asides) none() bool { return len(a.errors)+len(a.names) == 0 }

// errorFirst reports whether the next one is an ICMP error.
func (a *asides) errorFirst() bool {
	return len(a.errors) > 0 && (len(a.names) == 0 || a.errors[0].packet < a.names[0].packet)
}

// before returns the index of the segment before which the next one came.
func (a *asides) before() (index int, any bool) {
	switch {
	case a.none():
		return 0, false
	case a.errorFirst():
		return a.errors[0].before, true
	default:
		return a.names[0].before, true
	}
}

// aside handles the next one.
func (d *Decoder) aside(a *asides) {
	if a.errorFirst() {
		d.icmp(&a.errors[0].Quote)
		a.errors = a.errors[1:]
		return
	}
	d.datagram(&a.names[0].Segment)
	a.names = a.names[1:]
}
