package main

import (
	"encoding/binary"
	"fmt"
	"slices"
	"syscall"
	"testing"
	"time"
)

// maxLatency is how long after a packet the record may come that it makes: half of them
// must come sooner.
const maxLatency = 100 * time.Millisecond

// latencyRounds is how often it is measured.
const latencyRounds = 20

// records that come at the packet that makes them, whose latency is measured.
var atOnce = []struct {
	name string
	kind string            // of the record
	send func(c *composed) // the packets; the last one makes the record
}{
	{"101", "open", func(c *composed) {
		c.handshake("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
			"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n")
	}},
	{"403", "open", func(c *composed) { c.handshake("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n") }},
	// A SYN with other numbers on the addresses and ports of a connection ends it.
	{"reused ports", "attempt", func(c *composed) {
		c.handshake("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
		const syn = 0x02
		c.client += 1 << 20
		c.segment(true, syn, "")
	}},
}

// TestLiveLatency measures from when the packet is put on the wire to when the record's
// line is read from wstap's standard output.
func TestLiveLatency(t *testing.T) {
	l := newLab(t, 2)
	for _, what := range atOnce {
		for _, interfaces := range [][]string{{"-i", farEnd(0)}, {"-i", farEnd(0), "-i", farEnd(1)}} {
			p := l.start(append([]string{"live", "-T", "json"}, interfaces...)...)
			var took []time.Duration
			for round := range latencyRounds {
				c := newComposed()
				what.send(c)
				before := len(p.records(what.kind))
				var sent time.Time
				for _, frame := range c.frames() {
					// Each round is a connection of its own.
					const sourcePort, destinationPort = 14 + 20, 14 + 20 + 2
					port := sourcePort
					if binary.BigEndian.Uint16(frame[destinationPort:]) != 80 {
						port = destinationPort
					}
					binary.BigEndian.PutUint16(frame[port:], uint16(40000+round))
					sent = time.Now()
					l.send(0, frame)
				}
				l.eventually(func() bool { return len(p.records(what.kind)) > before }, func() string {
					return fmt.Sprintf("%s: round %d made no record of kind %s\n%s", what.name, round, what.kind, p.said())
				})
				lines := p.lines()
				took = append(took, lines[len(lines)-1].at.Sub(sent))
				time.Sleep(time.Duration(round) * time.Millisecond) // not in step with the kernel's timer
			}
			p.stop(syscall.SIGINT)
			slices.Sort(took)
			median := took[len(took)/2]
			t.Logf("%s, %d interfaces: from the packet to its record %v (median of %d, %v to %v)",
				what.name, len(interfaces)/2, median, len(took), took[0], took[len(took)-1])
			if median > maxLatency {
				t.Errorf("%s: %v is more than %v", what.name, median, maxLatency)
			}
		}
	}
}
