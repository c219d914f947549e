package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
)

// record is one line of the log.
type record struct {
	Side        string  `json:"side"`
	Client      string  `json:"client"`
	Server      string  `json:"server"`
	Method      string  `json:"method"`
	URI         string  `json:"uri"`
	Host        *string `json:"host"`
	Origin      *string `json:"origin"`
	HTTPVersion string  `json:"http_version"`
	Status      *int    `json:"status"`
}

// logged is a listener whose connections are logged when they are closed.
type logged struct{ net.Listener }

func (l logged) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &logConn{Conn: c}, nil
}

// logConn remembers what a connection began with both ways: it is beneath the
// product, so that what goes out by whatever way is seen.
type logConn struct {
	net.Conn
	mu      sync.Mutex
	in, out []byte
	once    sync.Once
}

// kept is how much of each direction is remembered: more than any head here.
const kept = 16 << 10

func (c *logConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.remember(&c.in, p[:n])
	return n, err
}

func (c *logConn) Write(p []byte) (int, error) {
	c.remember(&c.out, p)
	return c.Conn.Write(p)
}

// CloseWrite is what net/http asks for before it closes.
func (c *logConn) CloseWrite() error {
	return c.Conn.(*net.TCPConn).CloseWrite()
}

func (c *logConn) Close() error {
	c.once.Do(c.write)
	return c.Conn.Close()
}

func (c *logConn) remember(b *[]byte, p []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	*b = append(*b, p[:min(len(p), kept-len(*b))]...)
}

func (c *logConn) write() {
	c.mu.Lock()
	defer c.mu.Unlock()
	r := record{Side: "server", Client: c.RemoteAddr().String(), Server: c.LocalAddr().String()}
	line, rest, _ := bytes.Cut(c.in, []byte("\r\n"))
	words := strings.Fields(string(line))
	if len(words) != 3 {
		return // not HTTP: a port that was only tried, or TLS
	}
	r.Method, r.URI, r.HTTPVersion = words[0], words[1], strings.TrimPrefix(words[2], "HTTP/")
	r.Host, r.Origin = field(rest, "Host"), field(rest, "Origin")
	if resp, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(c.out)), nil); err == nil {
		r.Status = &resp.StatusCode
	} else if words := strings.Fields(string(c.out)); len(words) > 1 {
		if n, err := strconv.Atoi(words[1]); err == nil {
			r.Status = &n
		}
	}
	_ = json.NewEncoder(os.Stdout).Encode(r)
}

// field returns the first value of a header field, nil where there is none.
func field(head []byte, name string) *string {
	for line := range strings.SplitSeq(string(head), "\r\n") {
		if k, v, ok := strings.Cut(line, ":"); ok && strings.EqualFold(k, name) {
			v = strings.TrimSpace(v)
			return &v
		}
	}
	return nil
}
