package tcp

// ring remembers ended connections in the order in which they ended: first until
// their End is due, then until they are forgotten.
type ring struct {
	entries [endedConns]ringEntry
	head    uint32 // next entry to write
	ended   uint32 // first entry whose End may be due
	tail    uint32 // oldest entry
}

type ringEntry struct {
	id    ConnID
	valid bool
	time  int64
}

func (r *ring) at(i uint32) *ringEntry { return &r.entries[i%endedConns] }

func (r *ring) full() bool { return r.head-r.tail == endedConns }

func (r *ring) push(id ConnID, now int64) {
	*r.at(r.head) = ringEntry{id: id, valid: true, time: now}
	r.head++
}

// forget takes out a connection that is removed for another reason.
func (r *ring) forget(id ConnID) {
	for i := r.tail; i != r.head; i++ {
		if e := r.at(i); e.valid && e.id == id {
			e.valid = false
			return
		}
	}
}
