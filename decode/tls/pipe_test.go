package tls

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	stdtls "crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"math/big"
	"net"
	"sync"
	"testing"
	"time"

	"wstap/decode/tls/keylog"
)

// chunk is what one end wrote at once; the client's direction is 0.
type chunk struct {
	dir uint8
	b   []byte
}

// wire records what two ends write, in order.
type wire struct {
	sync.Mutex
	chunks []chunk
}

// end is one end of a connection in memory that never blocks a writer.
type end struct {
	net.Conn
	w        *wire
	dir      uint8
	from, to *stream
}

func (e *end) Write(b []byte) (int, error) {
	e.w.Lock()
	defer e.w.Unlock()
	e.w.chunks = append(e.w.chunks, chunk{e.dir, bytes.Clone(b)})
	e.to.put(b)
	return len(b), nil
}

func (e *end) Read(b []byte) (int, error)       { return e.from.get(b) }
func (e *end) Close() error                     { e.to.close(); return nil }
func (e *end) SetDeadline(time.Time) error      { return nil }
func (e *end) SetReadDeadline(time.Time) error  { return nil }
func (e *end) SetWriteDeadline(time.Time) error { return nil }

type stream struct {
	sync.Mutex
	cond   *sync.Cond
	b      []byte
	closed bool
}

func newStream() *stream {
	s := &stream{}
	s.cond = sync.NewCond(s)
	return s
}

func (s *stream) put(b []byte) {
	s.Lock()
	defer s.Unlock()
	s.b = append(s.b, b...)
	s.cond.Broadcast()
}

func (s *stream) close() {
	s.Lock()
	defer s.Unlock()
	s.closed = true
	s.cond.Broadcast()
}

func (s *stream) get(b []byte) (int, error) {
	s.Lock()
	defer s.Unlock()
	for len(s.b) == 0 {
		if s.closed {
			return 0, io.EOF
		}
		s.cond.Wait()
	}
	n := copy(b, s.b)
	s.b = s.b[n:]
	return n, nil
}

// dialogue is a connection of crypto/tls with itself.
type dialogue struct {
	wire   *wire
	said   [][]byte // by turns, the client first
	client stdtls.ConnectionState
	server stdtls.ConnectionState
	errs   [2]error
}

// talk lets two ends shake hands, and say said by turns.
func talk(t testing.TB, client, server *stdtls.Config, said ...string) *dialogue {
	t.Helper()
	w := &wire{}
	up, down := newStream(), newStream()
	c := stdtls.Client(&end{w: w, dir: 0, from: down, to: up}, client)
	s := stdtls.Server(&end{w: w, dir: 1, from: up, to: down}, server)
	out := &dialogue{wire: w}
	done := make(chan error)
	go func() {
		err := s.Handshake()
		if err == nil {
			err = speak(s, said, 1)
		}
		s.Close()
		done <- err
	}()
	out.errs[0] = c.Handshake()
	if out.errs[0] == nil {
		out.errs[0] = speak(c, said, 0)
	}
	c.Close()
	out.errs[1] = <-done
	out.client, out.server = c.ConnectionState(), s.ConnectionState()
	for _, x := range said {
		out.said = append(out.said, []byte(x))
	}
	return out
}

// speak says every other text, and waits for those between.
func speak(c *stdtls.Conn, said []string, turn int) error {
	for i, text := range said {
		if i%2 == turn {
			if _, err := c.Write([]byte(text)); err != nil {
				return err
			}
			continue
		}
		if _, err := io.ReadFull(c, make([]byte, len(text))); err != nil {
			return err
		}
	}
	return nil
}

// got is an event whose data lasts.
type got struct {
	kind  Kind
	dir   uint8
	data  string
	lost  uint64
	exact bool
	at    Pos
}

func keep(to []got, events []Event) []got {
	for _, e := range events {
		to = append(to, got{e.Kind, e.Dir, string(e.Data), e.Lost, e.Exact, e.At})
	}
	return to
}

// play gives a recorded connection to c, each chunk in pieces of as many bytes as size
// says, and ends it.
func play(c *Conn, chunks []chunk, size func() int) []got {
	p := &player{c: c, size: size}
	p.all(chunks)
	return p.end()
}

type player struct {
	c    *Conn
	size func() int
	seq  [2]uint32
	at   Pos
	out  []got
}

func (p *player) all(chunks []chunk) {
	for _, x := range chunks {
		for b := x.b; len(b) > 0; {
			n := min(len(b), p.size())
			p.bytes(x.dir, b[:n])
			b = b[n:]
		}
	}
}

func (p *player) next(dir uint8) Pos {
	p.at.Ref++
	p.at.Time += 1000
	p.at.Seq, p.at.Ack = p.seq[dir], p.seq[1-dir]
	return p.at
}

func (p *player) bytes(dir uint8, b []byte) {
	at := p.next(dir)
	p.seq[dir] += uint32(len(b))
	b = bytes.Clone(b)
	p.out = keep(p.out, p.c.Data(dir, b, at))
	clear(b) // it is valid during the call only
}

func (p *player) gap(dir uint8, n int) {
	at := p.next(dir)
	p.seq[dir] += uint32(n)
	p.out = keep(p.out, p.c.Gap(dir, uint64(n), at))
}

func (p *player) end() []got {
	p.out = keep(p.out, p.c.End())
	return p.out
}

func whole() int { return 1 << 20 }

// texts puts the plaintext of each turn together.
func texts(events []got) (turns [][]byte) {
	last := uint8(2)
	for _, e := range events {
		if e.kind != Plain {
			continue
		}
		if e.dir != last {
			turns = append(turns, nil)
			last = e.dir
		}
		turns[len(turns)-1] = append(turns[len(turns)-1], e.data...)
	}
	return turns
}

// keyLog returns a Store that holds what was written to log.
func keyLog(log *bytes.Buffer) *keylog.Store {
	s := keylog.NewStore(0)
	s.Add(log.Bytes())
	return s
}

// certificates are made once.
var certificates = sync.OnceValue(func() (out struct{ ecdsa, rsa stdtls.Certificate }) {
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	rs, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(0x1234567), Subject: pkix.Name{CommonName: "wss.example", Organization: []string{"Example Org"}},
		NotBefore: time.Unix(1_700_000_000, 0), NotAfter: time.Unix(1_900_000_000, 0),
		DNSNames: []string{"wss.example", "*.wild.example"}, IPAddresses: []net.IP{net.IPv4(192, 0, 2, 1).To4()},
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment, BasicConstraintsValid: true,
	}
	for _, x := range []struct {
		pub, priv any
		to        *stdtls.Certificate
	}{{&ec.PublicKey, ec, &out.ecdsa}, {&rs.PublicKey, rs, &out.rsa}} {
		der, err := x509.CreateCertificate(rand.Reader, template, template, x.pub, x.priv)
		if err != nil {
			panic(err)
		}
		*x.to = stdtls.Certificate{Certificate: [][]byte{der}, PrivateKey: x.priv}
	}
	return out
})

// configs returns a client's and a server's configuration that write a key log.
func configs(log io.Writer, version uint16, suites ...uint16) (client, server *stdtls.Config) {
	c := certificates()
	client = &stdtls.Config{
		InsecureSkipVerify: true, ServerName: "wss.example", NextProtos: []string{"http/1.1", "x"},
		MinVersion: version, MaxVersion: version, KeyLogWriter: log, CipherSuites: suites,
	}
	server = &stdtls.Config{
		Certificates: []stdtls.Certificate{c.ecdsa, c.rsa}, NextProtos: []string{"http/1.1"},
		MinVersion: version, MaxVersion: version, CipherSuites: suites,
	}
	return client, server
}
