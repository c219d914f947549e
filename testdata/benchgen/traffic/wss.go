package traffic

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"slices"
	"sync"
	"time"
)

// wssMessage is the size of the messages of kind wss, which fill records of full size.
const wssMessage = 60_000

// wss writes connections one after the other that send size bytes in all to the client, in
// WebSockets inside TLS 1.3 with AES-128-GCM, as crypto/tls makes it. Its keys and random
// numbers are new each time.
func (g *generator) wss(size int64) error {
	const connections = 16
	each := int(size/connections/wssMessage) + 1
	certificate, err := selfSigned()
	if err != nil {
		return err
	}
	p := &pool{g: g, limit: connections}
	p.build = func(n int) *flow {
		f := newFlow(g.t, g.plan.Seed, seedWS+uint64(n))
		f.port[server], f.vlan = 443, false
		if talkErr := f.secureTalk(certificate, g.plan.KeyLog, each); talkErr != nil {
			err = errors.Join(err, talkErr)
		}
		return f
	}
	for p.step(1) {
	}
	return err
}

func selfSigned() (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1<<33, 0), DNSNames: []string{"live.example.com"}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, err
}

// end is one end of a connection whose writes become segments of a flow.
type end struct {
	net.Conn
	f    *flow
	from side
	m    *sync.Mutex
}

func (e end) Write(b []byte) (int, error) {
	e.m.Lock()
	e.f.send(e.from, psh|ack, slices.Clone(b))
	if len(b) > mss {
		e.f.acknowledge(e.from.other())
	}
	e.m.Unlock()
	return e.Conn.Write(b)
}

// secureTalk fills the flow with a WebSocket inside TLS in which the server sends messages.
func (f *flow) secureTalk(certificate tls.Certificate, keyLog io.Writer, messages int) error {
	f.open()
	a, b := net.Pipe()
	m := new(sync.Mutex)
	c := tls.Client(end{a, f, client, m}, &tls.Config{ServerName: "live.example.com", InsecureSkipVerify: true, KeyLogWriter: keyLog, NextProtos: []string{"http/1.1"}})
	s := tls.Server(end{b, f, server, m}, &tls.Config{Certificates: []tls.Certificate{certificate}, NextProtos: []string{"http/1.1"}, DynamicRecordSizingDisabled: true,
		SessionTicketsDisabled: true})
	served := make(chan error, 1)
	const key = "dGhlIHNhbXBsZSBub25jZQ=="
	go func() {
		served <- func() error {
			if _, err := s.Read(make([]byte, 4096)); err != nil { // the request, in one record
				return err
			}
			if _, err := s.Write(offer{key: key}.switching()); err != nil {
				return err
			}
			frame := appendFrame(nil, f.r, 0x82, textPool[:wssMessage], false)
			for range messages {
				if _, err := s.Write(frame); err != nil {
					return err
				}
			}
			if _, err := s.Write([]byte{0x88, 2, 3, 0xe8}); err != nil {
				return err
			}
			return s.Close()
		}()
	}()
	f.t.Attempts++
	f.t.ByStatus["101"]++
	for range messages {
		f.t.frame(server, 0x82)
	}
	f.t.closeFrame(server, 1000, true)
	if _, err := fmt.Fprintf(c, "GET /ws HTTP/1.1\r\nHost: live.example.com\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %s\r\n\r\n", key); err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, c); err != nil {
		return err
	}
	if err := <-served; err != nil {
		return err
	}
	if v := c.ConnectionState(); v.CipherSuite != tls.TLS_AES_128_GCM_SHA256 {
		return fmt.Errorf("crypto/tls chose %s", tls.CipherSuiteName(v.CipherSuite))
	}
	f.close()
	return nil
}
