package traffic

import (
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
)

// Kinds are the captures that can be made, in the order of the benchmark.
var Kinds = []string{"ws", "mixed", "flood", "lossy", "drop", "many", "floods", "wss"}

// Plan is what to make. With Scale 1 the captures have these sizes:
//
//	ws     1.2 GB  19,000 attempts among 3,166 plain connections, 2,000 at a time
//	mixed  1.0 GB  10 % as ws, 65 % TLS, 20 % QUIC, 5 % DNS
//	flood  0.5 GB  5 million SYNs of distinct clients, 300 attempts in between
//	floods 0.6 GB  flood, and a million DNS questions of distinct names, a third answered with an address and a third with NXDOMAIN
//	lossy  1.2 GB  ws with 1 % loss (sent again), 1 % reordered, 1 % duplicated
//	drop   1.2 GB  ws with 1 % of the packets missing in the capture
//	wss    0.8 GB  16 WebSockets in TLS 1.3 with AES-128-GCM, one after the other, in messages of 60 kB
//	many   3.7 GB  300,000 attempts, all open at once; needs 6 GB of memory
type Plan struct {
	Kind   string
	Seed   uint64
	Scale  float64
	Damage Damage    // set by Generate according to Kind
	KeyLog io.Writer // of wss: where its keys go
}

// Streams of random numbers that must not meet: flow n of a kind uses base+n.
const (
	seedWS     = 1_000
	seedTLS    = 1 << 32
	seedDamage = 1 << 40
	seedOrder  = 3
)

// Generate writes a capture to out and says what is in it.
func Generate(out io.Writer, p Plan) (*Truth, error) {
	switch p.Kind {
	case "lossy":
		p.Damage = Damage{Loss: 0.01, Reorder: 0.01, Dup: 0.01}
	case "drop":
		p.Damage = Damage{Drop: 0.01}
	}
	t := newTruth(p)
	g := &generator{plan: p, t: t, w: newWriter(out, t, p.Seed), r: rand.New(rand.NewPCG(p.Seed, seedOrder))}
	switch p.Kind {
	case "ws", "lossy", "drop":
		ws := g.webSockets(19_000, 50, 500)
		for ws.step(2_000) {
		}
	case "mixed":
		g.mixed(int64(1e9 * p.Scale))
	case "flood":
		g.flood(int(5e6*p.Scale), 0)
	case "floods":
		g.flood(int(5e6*p.Scale), 5)
	case "wss":
		if err := g.wss(int64(8e8 * p.Scale)); err != nil {
			return nil, err
		}
	case "many":
		ws := g.webSockets(300_000, 4, 8)
		for ws.step(350_000) {
		}
	default:
		return nil, fmt.Errorf("no kind %q: one of %s", p.Kind, strings.Join(Kinds, ", "))
	}
	return t, g.w.out.Flush()
}

type generator struct {
	plan Plan
	t    *Truth
	w    *writer
	r    *rand.Rand // for the order of packets
}

// pool is a set of connections whose packets are written interleaved.
type pool struct {
	g     *generator
	flows []*flow
	made  int
	limit int // connections in all
	build func(number int) *flow
}

// step writes one packet of one of at most active connections, and says whether
// there was one.
func (p *pool) step(active int) bool {
	for len(p.flows) < active && p.made < p.limit {
		f := p.build(p.made)
		f.damage(p.g.plan.Damage, rand.New(rand.NewPCG(p.g.plan.Seed, seedDamage+uint64(p.made))))
		p.flows = append(p.flows, f)
		p.made++
	}
	if len(p.flows) == 0 {
		return false
	}
	i := p.g.r.IntN(len(p.flows))
	f := p.flows[i]
	if f.at < len(f.segments) { // damage may have left nothing
		p.g.w.segment(f, &f.segments[f.at])
		f.at++
	}
	if f.at >= len(f.segments) {
		last := len(p.flows) - 1
		p.flows[i], p.flows[last] = p.flows[last], nil
		p.flows = p.flows[:last]
	}
	return true
}

// webSockets is a pool in which every seventh connection is plain HTTP.
func (g *generator) webSockets(attempts, least, most int) *pool {
	limit := max(1, int(float64(attempts)*g.plan.Scale)) * 7 / 6
	return &pool{g: g, limit: limit, build: func(n int) *flow {
		f := newFlow(g.t, g.plan.Seed, seedWS+uint64(n))
		if n%7 == 6 {
			f.plain()
		} else {
			f.webSocket(least, most)
		}
		return f
	}}
}

// mixed writes size bytes of traffic in which WebSockets are a small part.
func (g *generator) mixed(size int64) {
	const unlimited = 1 << 30
	ws := g.webSockets(1, 50, 500)
	ws.limit = unlimited
	tls := &pool{g: g, limit: unlimited, build: func(n int) *flow {
		f := newFlow(g.t, g.plan.Seed, seedTLS+uint64(n))
		f.tls()
		return f
	}}
	for g.t.Bytes < size {
		switch u := g.r.IntN(100); {
		case u < 10:
			ws.step(100)
		case u < 75:
			tls.step(500)
		case u < 95:
			g.quic()
		default:
			g.dns()
		}
	}
	for ws.step(0) { // finish what was begun, so that the truth holds
	}
}

func (g *generator) localClient() [4]byte {
	return [4]byte{10, 1, byte(g.r.IntN(4)), byte(g.r.IntN(256))}
}

func (g *generator) quic() {
	c, s := g.localClient(), [4]byte{198, 51, 100, byte(g.r.IntN(20))}
	port := uint16(40000 + g.r.IntN(100))
	if g.r.IntN(5) == 0 {
		g.w.udp(c, s, port, 443, text(g.r, 40+g.r.IntN(60)))
	} else {
		g.w.udp(s, c, 443, port, text(g.r, 1200+g.r.IntN(52)))
	}
}

func (g *generator) dns() {
	query := binary.BigEndian.AppendUint16(nil, uint16(g.r.IntN(1<<16)))
	query = append(query, "\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x03www\x07example\x03com\x00\x00\x01\x00\x01"...)
	g.w.udp(g.localClient(), [4]byte{192, 0, 2, 53}, uint16(1024+g.r.IntN(60000)), 53, query)
}

// question writes a DNS query for a name of its own and, for two of three, an answer.
func (g *generator) question(n int) {
	const answered, noName = 0x8180, 0x8183
	message := func(flags uint16, answers byte) []byte {
		b := binary.BigEndian.AppendUint16(nil, uint16(n))
		b = binary.BigEndian.AppendUint16(b, flags)
		b = append(b, 0, 1, 0, answers, 0, 0, 0, 0, 16)
		b = fmt.Appendf(b, "%016x", n)
		return append(b, "\x07example\x03com\x00\x00\x01\x00\x01"...)
	}
	c, s, port := [4]byte{10, 1, byte(n >> 8), byte(n)}, [4]byte{192, 0, 2, 53}, uint16(1024+n%60000)
	g.w.udp(c, s, port, 53, message(0x100, 0))
	switch n % 3 {
	case 0:
		b := append(message(answered, 1), 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0)
		g.w.udp(s, c, 53, port, append(b, byte(n>>8), byte(n)))
	case 1:
		g.w.udp(s, c, 53, port, message(noName, 0))
	}
}

// flood writes SYNs of n distinct clients to one address that answers none, and
// the packets of 300 attempts evenly in between. With names there is a DNS question
// after every that many SYNs.
func (g *generator) flood(n, names int) {
	ws := g.webSockets(300, 50, 500)
	expected := float64(ws.limit) * 280 // packets of ws.limit connections, roughly
	g.w.step = 10
	due := 0.0
	for i := range n {
		x := uint64(i) * 0x9E3779B97F4A7C15 >> 16 // odd factor: all different
		f := flow{port: [2]uint16{uint16(x), 80}}
		binary.BigEndian.PutUint32(f.ip[client][:], uint32(x>>16)|0x40000000)
		copy(f.ip[server][:], []byte{192, 0, 2, 77})
		g.w.segment(&f, &segment{flags: syn, seq: uint32(x * 2654435761)})
		g.t.SYNs++
		if names > 0 && i%names == 0 {
			g.question(i / names)
		}
		for due += expected / float64(n); due >= 1; due-- {
			ws.step(100)
		}
	}
	for ws.step(100) {
	}
}
