package decode

import (
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"wstap/capture/packet"
	"wstap/decode/tcp"
)

const (
	// raceWait is how far apart the first SYNs of connects to several addresses of one
	// name are: clients wait at most 2 s before they try the next one (RFC 8305 section
	// 5), and try each of a handful.
	raceWait = int64(2 * time.Second)
	// maxRaces is how many connects of a client to a name are remembered. A SYN is
	// given up after 130 s, and clients come back every few seconds.
	maxRaces = 32
)

// Alternative is a connect of the same client to another address of the server's name,
// made within 2 s of this one, that came about (RFC 8305, "happy eyeballs").
type Alternative struct {
	Server string  `json:"server"` // "ip:port"
	MS     float64 `json:"ms"`     // from the first SYN of this connect to that of the other; below 0 where that came first
	Packet uint64  `json:"packet"` // that SYN
}

// racer names a client and what it wanted to reach.
type racer struct {
	client netip.Addr
	host   string // "name:port"
}

// connected is a connect that came about.
type connected struct {
	server netip.AddrPort
	time   int64 // of its first SYN
	syn    packet.Ref
}

// races remembers connects that came about, to tell those that failed beside them from
// those that nothing came of.
type races struct {
	won recent[racer, []connected]
}

// wins notes that a connection to a host came about, named as in a Host field.
func (r *races) wins(c *tcp.Conn, client, server netip.AddrPort, host []byte) {
	time, syn := c.SYN()
	if syn == 0 || hostName(string(host)) == "" {
		return
	}
	k := racer{client.Addr(), net.JoinHostPort(strings.ToLower(hostName(string(host))), strconv.Itoa(int(server.Port())))}
	list, _ := r.won.get(k)
	if n := len(list); n > 0 && list[n-1].syn == syn {
		return // another request on the same connection
	}
	if len(list) == maxRaces {
		list = append(list[:0], list[1:]...)
	}
	r.won.put(k, append(list, connected{server, time, syn}))
}

// beside returns the connect that came about instead of one to a server that failed,
// nil where there was none. The client may have made it from its address of the other
// family.
func (r *races) beside(f *tcp.Failed, named string, hosts *askers) *connected {
	if r.won.young == nil || named == "" {
		return nil
	}
	clients := []netip.Addr{f.Client.Addr()}
	if other, ok := hosts.also(f.Client.Addr()); ok {
		clients = append(clients, other)
	}
	for _, client := range clients {
		list, _ := r.won.get(racer{client, named})
		for i := range list {
			if c := &list[i]; c.server != f.Server && c.time-f.Time < raceWait && f.Time-c.time < raceWait {
				return c
			}
		}
	}
	return nil
}
