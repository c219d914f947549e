package keylog

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"io"
	"math/big"
	"net"
	"sync"
	"testing"
	"time"
)

// recorded is a connection of crypto/tls as a capture, and its secrets.
type recorded struct {
	pcap   []byte
	store  *Store
	random [RandomSize]byte
}

// record has a client of crypto/tls send a request to a server, and writes what they
// sent as packets.
func record(t *testing.T) *recorded {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"server.example"}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	r := &recorded{store: NewStore(0)}
	feed := r.store.NewFeed()
	w := &packets{}
	w.header()
	a, b := net.Pipe()
	client := tls.Client(&tapped{a, w, true}, &tls.Config{InsecureSkipVerify: true, KeyLogWriter: feed})
	server := tls.Server(&tapped{b, w, false}, &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}})
	done := make(chan error, 1)
	go func() {
		request := make([]byte, 256)
		_, err := server.Read(request)
		if err == nil {
			_, err = io.WriteString(server, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
		}
		done <- err
	}()
	if _, err := io.WriteString(client, "GET /of-the-test HTTP/1.1\r\nHost: server.example\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if _, err := client.Read(make([]byte, 256)); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	r.pcap = w.file
	// A record header has 5 bytes, a handshake header 4, the version 2.
	copy(r.random[:], w.hello[11:])
	return r
}

// tapped notes what is written to a connection.
type tapped struct {
	net.Conn
	to     *packets
	client bool
}

func (c *tapped) Write(b []byte) (int, error) {
	c.to.segment(c.client, b)
	return c.Conn.Write(b)
}

// packets is a capture file of raw IPv4.
type packets struct {
	mu    sync.Mutex
	file  []byte
	seq   [2]uint32
	hello []byte
}

func (p *packets) header() {
	for _, v := range []uint32{0xa1b2c3d4, 4<<16 | 2, 0, 0, 1 << 18, 228} {
		p.file = binary.LittleEndian.AppendUint32(p.file, v)
	}
	binary.LittleEndian.PutUint16(p.file[4:], 2)
	binary.LittleEndian.PutUint16(p.file[6:], 4)
}

func (p *packets) segment(client bool, b []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.hello == nil {
		p.hello = bytes.Clone(b)
	}
	ports, addresses, from, to := []byte{0x9c, 0x40, 0x11, 0x51}, []byte{10, 0, 0, 1, 10, 0, 0, 2}, 0, 1
	if !client {
		ports, addresses, from, to = []byte{0x11, 0x51, 0x9c, 0x40}, []byte{10, 0, 0, 2, 10, 0, 0, 1}, 1, 0
	}
	size := 40 + len(b)
	ip := append([]byte{0x45, 0, byte(size >> 8), byte(size), 0, 0, 0, 0, 64, 6, 0, 0}, addresses...)
	ip = append(ip, ports...)
	ip = binary.BigEndian.AppendUint32(ip, 1+p.seq[from])
	ip = binary.BigEndian.AppendUint32(ip, 1+p.seq[to])
	ip = append(ip, 0x50, 0x18, 0xff, 0xff, 0, 0, 0, 0)
	ip = append(ip, b...)
	p.seq[from] += uint32(len(b))
	for _, v := range []uint32{1, 0, uint32(size), uint32(size)} {
		p.file = binary.LittleEndian.AppendUint32(p.file, v)
	}
	p.file = append(p.file, ip...)
}
