package capture

import (
	"sync"

	"wstap/capture/packet"
)

// Counts says what became of the packets of an interface.
type Counts struct {
	Captured           uint64 // read from the kernel
	Received           uint64 // passed the filter, with those dropped by the kernel, as tcpdump says it
	Dropped            uint64 // by the kernel, because its buffer was full
	DroppedByInterface uint64 // by the network card or its driver; 0 where nobody counts
}

// InterfaceCounts are the counts of one interface.
type InterfaceCounts struct {
	Name string
	Counts
}

// LiveStats says what was captured and what was not.
type LiveStats struct {
	Counts     // of all interfaces
	Interfaces []InterfaceCounts
	Late       uint64 // packets that came after later ones of another interface had been given
}

// Stats returns the counts of now, or of statsInterval ago as far as they are the
// kernel's, and after Close the last ones.
func (l *Live) Stats() LiveStats {
	var out LiveStats
	for _, s := range l.listeners {
		c := s.drops.counts()
		c.Captured = s.captured.Load()
		c.Received = max(c.Received, c.Captured) // which is never older
		out.Interfaces = append(out.Interfaces, InterfaceCounts{s.info.Name, c})
		out.Captured += c.Captured
		out.Received += c.Received
		out.Dropped += c.Dropped
		out.DroppedByInterface += c.DroppedByInterface
	}
	out.Late = l.merge.late.Load()
	return out
}

// tapStats are libpcap's counters. They have 32 bits and wrap.
type tapStats struct {
	received, dropped, droppedByInterface uint32
}

// drops follows the counters of one interface.
type drops struct {
	mu    sync.Mutex
	last  tapStats
	total Counts        // but for Captured
	found packet.Missed // since take; Packets is 0 where nothing was dropped
}

// look takes new values of the counters. from is when they were last looked at.
func (d *drops) look(from, to int64, now tapStats) {
	d.mu.Lock()
	defer d.mu.Unlock()
	dropped, byInterface := now.dropped-d.last.dropped, now.droppedByInterface-d.last.droppedByInterface
	d.total.Received += uint64(now.received - d.last.received)
	d.total.Dropped += uint64(dropped)
	d.total.DroppedByInterface += uint64(byInterface)
	d.last = now
	n := uint64(dropped) + uint64(byInterface)
	if n == 0 {
		return
	}
	if d.found.Packets == 0 {
		d.found.From = from
	}
	d.found.To, d.found.Packets = to, d.found.Packets+n
}

// take returns what was found since it was last called.
func (d *drops) take() packet.Missed {
	d.mu.Lock()
	defer d.mu.Unlock()
	m := d.found
	d.found = packet.Missed{}
	return m
}

func (d *drops) counts() Counts {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.total
}
