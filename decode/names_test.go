package decode_test

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"wstap/capture/packet"
	"wstap/decode"
)

// resolver says what a resolver answers in the tests.
type resolver struct {
	rcode dnsmessage.RCode
	addrs []string
	alias string // that the name leads to
}

var (
	noName   = resolver{rcode: dnsmessage.RCodeNameError}
	servFail = resolver{rcode: dnsmessage.RCodeServerFailure}
	noData   = resolver{}
	good     = resolver{addrs: []string{"198.51.100.5"}}
)

// dns adds a query, and with an answer that of the resolver, whose last byte at is.
func (w *wire) dns(id uint16, name string, kind dnsmessage.Type, at byte, answer *resolver) {
	q := dnsmessage.Message{
		Header:    dnsmessage.Header{ID: id, RecursionDesired: true},
		Questions: []dnsmessage.Question{{Name: dnsmessage.MustNewName(name + "."), Type: kind, Class: dnsmessage.ClassINET}},
	}
	w.datagram(true, at, pack(q))
	if answer == nil {
		return
	}
	q.Response, q.RCode = true, answer.rcode
	owner := q.Questions[0].Name
	if answer.alias != "" {
		to := dnsmessage.MustNewName(answer.alias + ".")
		q.Answers = append(q.Answers, dnsmessage.Resource{Header: dnsmessage.ResourceHeader{Name: owner, Class: dnsmessage.ClassINET}, Body: &dnsmessage.CNAMEResource{CNAME: to}})
		owner = to
	}
	for _, a := range answer.addrs {
		addr := netip.MustParseAddr(a)
		h := dnsmessage.ResourceHeader{Name: owner, Class: dnsmessage.ClassINET, TTL: 60}
		switch {
		case kind == dnsmessage.TypeA && addr.Is4():
			q.Answers = append(q.Answers, dnsmessage.Resource{Header: h, Body: &dnsmessage.AResource{A: addr.As4()}})
		case kind == dnsmessage.TypeAAAA && addr.Is6():
			q.Answers = append(q.Answers, dnsmessage.Resource{Header: h, Body: &dnsmessage.AAAAResource{AAAA: addr.As16()}})
		}
	}
	w.datagram(false, at, pack(q))
}

func pack(m dnsmessage.Message) []byte {
	b, err := m.Pack()
	if err != nil {
		panic(err)
	}
	return b
}

// datagram adds a packet between the client and resolver 203.0.113.at.
func (w *wire) datagram(query bool, at byte, data []byte) {
	w.now += int64(time.Millisecond)
	b := make([]byte, 42, 42+len(data))
	b[12] = 8
	ip, udp := b[14:34], b[34:42]
	ip[0], ip[8], ip[9] = 0x45, 64, 17
	binary.BigEndian.PutUint16(ip[2:], uint16(28+len(data)))
	ends, ports := [2][4]byte{{192, 0, 2, 10}, {203, 0, 113, at}}, [2]uint16{50000, 53}
	if !query {
		ends[0], ends[1], ports[0], ports[1] = ends[1], ends[0], ports[1], ports[0]
	}
	copy(ip[12:], ends[0][:])
	copy(ip[16:], ends[1][:])
	binary.BigEndian.PutUint16(udp, ports[0])
	binary.BigEndian.PutUint16(udp[2:], ports[1])
	binary.BigEndian.PutUint16(udp[4:], uint16(8+len(data)))
	b = append(b, data...)
	w.packets = append(w.packets, packet.Packet{
		Time: w.now, Data: b, OrigLen: uint32(len(b)), Link: packet.LinkEthernet, Ref: packet.NewRef(0, uint64(len(w.packets)+1)),
	})
}

// both asks for both families at once.
func (w *wire) both(id uint16, name string, at byte, answer *resolver) {
	w.dns(id, name, dnsmessage.TypeA, at, answer)
	w.dns(id+1, name, dnsmessage.TypeAAAA, at, answer)
}

// What of a lookup becomes a row, and what it says.
func TestLookups(t *testing.T) {
	for _, test := range []struct {
		name string
		wire func(w *wire)
		want []string // name, response code, queries and retries of each row
	}{
		{"no such name", func(w *wire) { w.both(1, "ws.example.com", 1, &noName) }, []string{"ws.example.com NXDOMAIN 2 0"}},
		{"found", func(w *wire) { w.both(1, "ws.example.com", 1, &good) }, nil},
		{"found at last", func(w *wire) {
			w.both(1, "ws.example.com", 1, &servFail)
			w.both(3, "ws.example.com", 2, &good)
		}, nil},
		{"two resolvers fail", func(w *wire) {
			w.both(1, "ws.example.com", 1, &servFail)
			w.both(3, "ws.example.com", 2, &servFail)
		}, []string{"ws.example.com SERVFAIL 4 2"}},
		{"no data", func(w *wire) { w.both(1, "ws.example.com", 1, &noData) }, []string{"ws.example.com NOERROR 2 0"}},
		{"no data for one family", func(w *wire) {
			w.dns(1, "ws.example.com", dnsmessage.TypeAAAA, 1, &noData)
			w.dns(2, "ws.example.com", dnsmessage.TypeA, 1, &good)
		}, nil},
		{"no name for one family", func(w *wire) {
			w.dns(1, "ws.example.com", dnsmessage.TypeAAAA, 1, &noName)
			w.dns(2, "ws.example.com", dnsmessage.TypeA, 1, &good)
		}, nil},
		{"no answer", func(w *wire) {
			w.both(1, "ws.example.com", 1, nil)
			w.wait(5 * time.Second)
			w.both(1, "ws.example.com", 2, nil)
			w.wait(20 * time.Second)
			w.both(9, "other.example.com", 2, &good)
		}, []string{"ws.example.com  4 2"}},
		{"two lookups", func(w *wire) {
			w.both(1, "ws.example.com", 1, &noName)
			w.wait(time.Second)
			w.both(3, "ws.example.com", 1, &noName)
		}, []string{"ws.example.com NXDOMAIN 2 0", "ws.example.com NXDOMAIN 2 0"}},
		{"a search domain that helps", func(w *wire) {
			w.both(1, "ws", 1, &noName)
			w.both(3, "ws.corp.example", 1, &good)
		}, nil},
		{"a search domain that does not", func(w *wire) {
			w.both(1, "ws.example.com", 1, &noName)
			w.both(3, "ws.example.com.corp.example", 1, &noName)
		}, []string{"ws.example.com NXDOMAIN 2 0"}},
		{"search domains first", func(w *wire) {
			w.both(1, "ws.ns.ns.svc.cluster.local", 1, &noName)
			w.both(3, "ws.ns.svc.cluster.local", 1, &noName)
			w.both(5, "ws.ns", 1, &noName)
		}, []string{"ws.ns NXDOMAIN 2 0"}},
		{"an alias to nothing", func(w *wire) { w.both(1, "ws.example.com", 1, &resolver{alias: "gone.example.net"}) }, []string{"ws.example.com NOERROR 2 0"}},
		{"an alias to an address", func(w *wire) {
			w.both(1, "ws.example.com", 1, &resolver{alias: "lb.example.net", addrs: good.addrs})
		}, nil},
		{"a block address", func(w *wire) {
			w.both(1, "ws.example.com", 1, &resolver{addrs: []string{"0.0.0.0", "::"}})
		}, []string{"ws.example.com NOERROR 2 0"}},
		{"captured twice", func(w *wire) {
			w.dns(1, "ws.example.com", dnsmessage.TypeA, 1, nil)
			w.now -= int64(time.Millisecond)
			w.dns(1, "ws.example.com", dnsmessage.TypeA, 1, &noName)
		}, []string{"ws.example.com NXDOMAIN 1 0"}},
		{"the capture ends behind half of it", func(w *wire) {
			w.dns(1, "ws.example.com", dnsmessage.TypeA, 1, &noName)
			w.dns(2, "ws.example.com", dnsmessage.TypeAAAA, 1, nil)
		}, []string{"ws.example.com NXDOMAIN 2 0"}},
		{"a browser, with HTTPS, that turns to the system", func(w *wire) {
			for i := range byte(2) {
				w.dns(1, "ws.example.com", dnsmessage.TypeHTTPS, 1+i, &servFail)
				w.both(2, "ws.example.com", 1+i, &servFail)
			}
			w.wait(100 * time.Millisecond)
			w.both(5, "ws.example.com", 1, &servFail)
		}, []string{"ws.example.com SERVFAIL 8 5"}},
		{"resolvers that are asked at once", func(w *wire) {
			w.dns(1, "ws.example.com", dnsmessage.TypeA, 1, nil)
			w.dns(1, "ws.example.com", dnsmessage.TypeA, 2, &noName)
			w.dns(2, "ws.example.com", dnsmessage.TypeA, 3, &good)
		}, nil},
		{"the capture ends", func(w *wire) { w.both(1, "ws.example.com", 1, nil) }, []string{"ws.example.com  2 0 incomplete"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWire()
			test.wire(w)
			var got []string
			for _, a := range w.rows(decode.Options{Connects: decode.ConnectsAll}) {
				if a.DNS == nil {
					t.Fatalf("row %+v", a)
				}
				s := fmt.Sprintf("%s %s %d %d", a.DNS.Name, a.DNS.RCode, a.DNS.Queries, a.DNS.Retries)
				if a.Verdict != decode.VerdictUnreached {
					s += " " + string(a.Verdict)
				}
				got = append(got, s)
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// A name that was not found is a row where it is a known endpoint's.
func TestLookupsKnown(t *testing.T) {
	fails := func(w *wire) { w.both(1, "server.example.com", 1, &noName) }
	for _, test := range []struct {
		name    string
		wire    func(w *wire)
		options decode.Options
		rows    int
		unshown uint64
	}{
		{"before", func(w *wire) { fails(w); w.wait(time.Minute); w.success() }, decode.Options{}, 1, 0},
		{"after", func(w *wire) { w.success(); w.wait(time.Minute); fails(w) }, decode.Options{}, 1, 0},
		{"never", fails, decode.Options{}, 0, 1},
		{"named", fails, decode.Options{Endpoints: []string{"Server.Example.com"}}, 1, 0},
		{"named with a port", fails, decode.Options{Endpoints: []string{"server.example.com:8085"}}, 1, 0},
		{"another named", fails, decode.Options{Endpoints: []string{"example.com"}}, 0, 1},
		{"none", fails, decode.Options{Connects: decode.ConnectsNone}, 0, 1},
		{"reached all the same", func(w *wire) { fails(w); w.success() }, decode.Options{}, 0, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWire()
			test.wire(w)
			d := decode.New(test.options)
			d.Block(&packet.Block{Packets: w.packets})
			d.Finish()
			n, unshown := 0, uint64(0)
			for _, a := range d.Take() {
				if a.Verdict == decode.VerdictUnreached {
					n++
					if a.ServerName != "server.example.com" || a.Server != "203.0.113.1:53" || a.Packets.Request == 0 || a.Packets.Response == 0 {
						t.Errorf("row: %+v, packets %+v", a, a.Packets)
					}
				}
			}
			s := d.Summary()
			if s.Unshown != nil {
				unshown = s.Unshown.Connects
			}
			if n != test.rows || unshown != test.unshown || s.DNS == nil || s.DNS.Queries != 2 || s.DNS.Answers != 2 {
				t.Errorf("%d rows, %d unshown, %+v; want %d, %d", n, unshown, s.DNS, test.rows, test.unshown)
			}
		})
	}
}

// A connect without a request has the name that its address was found by, as far as
// that was known when it began.
func TestNamesOfConnects(t *testing.T) {
	w := newWire()
	w.dns(1, "old.example.com", dnsmessage.TypeA, 1, &good)
	w.dns(2, "new.example.com", dnsmessage.TypeA, 1, &good)
	w.refused()
	w.dns(3, "late.example.com", dnsmessage.TypeA, 1, &good)
	rows := w.rows(decode.Options{Endpoints: []string{"new.example.com:8085"}})
	if len(rows) != 1 || rows[0].ServerName != "new.example.com" || rows[0].DNS == nil || !slices.Equal(rows[0].DNS.Answers, good.addrs) {
		t.Errorf("rows: %+v", rows)
	}
	w = newWire()
	w.dns(1, "other.example.com", dnsmessage.TypeA, 1, &good)
	w.success()
	if a := w.one(t); a.ServerName != "server.example.com" || a.DNS != nil {
		t.Errorf("name %q, dns %+v: Host says it", a.ServerName, a.DNS)
	}
}

// A flood of names is bounded, and what it pushes out is counted.
func TestLookupFlood(t *testing.T) {
	d := decode.New(decode.Options{})
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	long := strings.Repeat("x", 60)
	for i := range 200 {
		w := newWire()
		w.now += int64(i) * int64(20*time.Millisecond)
		for j := range 500 {
			w.now -= int64(time.Millisecond) * 99 / 100
			w.dns(uint16(j), fmt.Sprintf("%d.%d.%s.%s.example.com", i, j, long, long), dnsmessage.TypeA, 1, []*resolver{nil, &noName, &good}[j%3])
		}
		d.Block(&packet.Block{Packets: w.packets})
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 16<<20 {
		t.Errorf("%d bytes grown", grown)
	}
	d.Finish()
	s := d.Summary()
	if s.Bounded["lookups"] == 0 || s.Bounded["waiting_lookups"] == 0 || s.Unshown == nil || s.DNS.Queries != 100000 {
		t.Errorf("summary: %+v, DNS %+v", s.Bounded, s.DNS)
	}
}

// Over TCP it is the same, in whatever pieces messages come.
func TestLookupsOverTCP(t *testing.T) {
	for _, pieces := range []int{1000, 20} {
		w := newWire()
		w.ports[server] = 53
		w.open()
		q := dnsmessage.Message{
			Header:    dnsmessage.Header{ID: 9, RecursionDesired: true},
			Questions: []dnsmessage.Question{{Name: dnsmessage.MustNewName("ws.example.com."), Type: dnsmessage.TypeA, Class: dnsmessage.ClassINET}},
		}
		say := func(side int) {
			b := pack(q)
			b = append([]byte{0, byte(len(b))}, b...)
			for c := range slices.Chunk(b, pieces) {
				w.data(side, string(c))
			}
		}
		say(client)
		q.Response, q.RCode = true, dnsmessage.RCodeNameError
		say(server)
		q.ID, q.Response, q.RCode = 10, false, 0
		q.Questions[0].Type = dnsmessage.TypeAAAA
		say(client)
		q.Response, q.RCode = true, dnsmessage.RCodeNameError
		say(server)
		w.close(client)
		rows := w.rows(decode.Options{Connects: decode.ConnectsAll})
		if len(rows) != 1 || rows[0].DNS == nil || rows[0].DNS.RCode != "NXDOMAIN" || rows[0].DNS.Queries != 2 || rows[0].Packets.Response == 0 {
			t.Errorf("in pieces of %d: %+v", pieces, rows)
		}
	}
}
