package main

import (
	"crypto/tls"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The handshake of RFC 6455 section 1.3, and frames of its section 5.7: "Hello" with a
// mask and without, and Close frames.
const (
	tlsRequest = "GET /chat HTTP/1.1\r\nHost: example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
	tlsAnswer = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
	maskedHello = "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"
	plainHello  = "\x81\x05Hello"
	maskedClose = "\x88\x82\x00\x00\x00\x00\x03\xe8"
	plainClose  = "\x88\x02\x03\xe8"
)

// tlsLab is a lab with a WebSocket server behind TLS on its loopback interface, and a key
// log for wstap.
type tlsLab struct {
	*lab
	server *httptest.Server
	keyLog string
}

func newTLSLab(t *testing.T) *tlsLab {
	t.Helper()
	l := &tlsLab{lab: newLab(t, 0)}
	l.ip("link", "set", "lo", "up")
	// Created on the thread of the lab, its socket is in the namespace of the lab.
	l.server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		_, _ = io.WriteString(conn, tlsAnswer)
		for _, step := range [][2]string{{maskedHello, plainHello}, {maskedClose, plainClose}} {
			if _, err := io.ReadFull(conn, make([]byte, len(step[0]))); err != nil {
				t.Error(err)
				return
			}
			_, _ = io.WriteString(conn, step[1])
		}
	}))
	l.server.StartTLS()
	t.Cleanup(l.server.Close)
	l.keyLog = filepath.Join(l.dir, "keys.log")
	l.write("")
	return l
}

// write appends lines to the key log, which is made where it is not there. The user as
// whom wstap goes on may read it.
func (l *tlsLab) write(lines string) {
	l.t.Helper()
	f, err := os.OpenFile(l.keyLog, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		l.t.Fatal(err)
	}
	if _, err := f.WriteString(lines); err != nil {
		l.t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		l.t.Fatal(err)
	}
}

// logWriter writes the key log as a client does, and keeps what it has written.
type logWriter struct {
	l     *tlsLab
	lines strings.Builder
}

func (w *logWriter) Write(b []byte) (int, error) {
	w.l.write(string(b))
	return w.lines.Write(b)
}

// connect opens a WebSocket with a version of TLS and exchanges a message. The client
// writes its key log to keys.
func (l *tlsLab) connect(version uint16, keys io.Writer) *tls.Conn {
	l.t.Helper()
	config := l.server.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
	config.ServerName, config.MinVersion, config.MaxVersion, config.KeyLogWriter = "example.com", version, version, keys
	conn, err := tls.Dial("tcp", l.server.Listener.Addr().String(), config)
	if err != nil {
		l.t.Fatal(err)
	}
	l.t.Cleanup(func() { conn.Close() })
	l.exchange(conn, tlsRequest, tlsAnswer)
	l.exchange(conn, maskedHello, plainHello)
	return conn
}

func (l *tlsLab) exchange(conn *tls.Conn, say, hear string) {
	l.t.Helper()
	if _, err := io.WriteString(conn, say); err != nil {
		l.t.Fatal(err)
	}
	heard := make([]byte, len(hear))
	if _, err := io.ReadFull(conn, heard); err != nil || string(heard) != hear {
		l.t.Fatalf("heard %q, %v, want %q", heard, err, hear)
	}
}

// waitOpened waits until it is shown that so many WebSockets were opened.
func (p *program) waitOpened(n int) {
	p.l.t.Helper()
	p.l.eventually(func() bool { return len(p.records("open")) >= n }, func() string {
		return "no row of kind open: " + p.said()
	})
	p.checkTLS("open", n)
}

// end closes a WebSocket and waits for its row, the nth.
func (l *tlsLab) end(p *program, conn *tls.Conn, n int) {
	l.t.Helper()
	l.exchange(conn, maskedClose, plainClose)
	if err := conn.Close(); err != nil {
		l.t.Error(err)
	}
	l.eventually(func() bool { return len(p.records("attempt")) >= n }, func() string { return "no row: " + p.said() })
	p.checkTLS("attempt", n)
	last := p.records("attempt")[n-1]
	closed, _ := last["close"].(map[string]any)
	if last["ending"] != "clean" || closed["code"] != 1000.0 || closed["by"] != "client" {
		l.t.Errorf("ending %v, close %v", last["ending"], closed)
	}
}

// checkTLS checks that there are n rows of a kind, of which the last is of a WebSocket
// that was opened within TLS.
func (p *program) checkTLS(kind string, n int) {
	p.l.t.Helper()
	list := p.records(kind)
	if len(list) != n {
		p.l.t.Fatalf("%d rows of kind %s, want %d", len(list), kind, n)
	}
	last := list[n-1]
	head, _ := last["http"].(map[string]any)
	facts, _ := last["tls"].(map[string]any)
	if head["status"] != 101.0 || head["uri"] != "/chat" || last["verdict"] != "accepted" ||
		facts["decrypted"] != true || facts["keys"] != "keylog" || facts["sni"] != "example.com" {
		p.l.t.Errorf("the last row of kind %s is %v", kind, last)
	}
}

// quiet stops the program, and checks that it has shown none of the secrets.
func (p *program) quiet(lines string) {
	p.l.t.Helper()
	if status := p.stop(syscall.SIGINT); status != exitDone {
		p.l.t.Errorf("status %d: %s", status, p.said())
	}
	all := strings.ToLower(p.said())
	for _, line := range p.lines() {
		all += strings.ToLower(line.text)
	}
	secrets := 0
	for line := range strings.Lines(lines) {
		if f := strings.Fields(line); len(f) == 3 {
			secrets++
			if strings.Contains(all, f[2]) {
				p.l.t.Errorf("a secret of kind %s is shown", f[0])
			}
		}
	}
	if secrets == 0 {
		p.l.t.Error("there are no secrets")
	}
}

// TestLiveTLS has a key log that is not there when the first connection begins: the client
// makes it.
func TestLiveTLS(t *testing.T) {
	l := newTLSLab(t)
	p := l.start("live", "-i", "lo", "-T", "json", "--keylog", l.keyLog)
	if err := os.Remove(l.keyLog); err != nil {
		t.Fatal(err)
	}
	keys := &logWriter{l: l}
	for i, version := range []uint16{tls.VersionTLS13, tls.VersionTLS12} {
		conn := l.connect(version, keys)
		p.waitOpened(i + 1)
		l.end(p, conn, i+1)
	}
	p.quiet(keys.lines.String())
}

// TestLiveTLSLate has keys that come a second after the packets that they open.
func TestLiveTLSLate(t *testing.T) {
	l := newTLSLab(t)
	p := l.start("live", "-i", "lo", "-T", "json", "--keylog", l.keyLog)
	var all string
	for i, version := range []uint16{tls.VersionTLS13, tls.VersionTLS12} {
		var keys strings.Builder
		conn := l.connect(version, &keys)
		time.Sleep(time.Second)
		if n := len(p.records("open")); n != i {
			t.Errorf("%d rows of kind open without keys", n-i)
		}
		l.write(keys.String())
		p.waitOpened(i + 1)
		l.end(p, conn, i+1)
		all += keys.String()
	}
	p.quiet(all)
}

// TestLiveTLSRotated gives the key log another name, and has a new one in its place, as a
// connection is open whose keys the old one got last.
func TestLiveTLSRotated(t *testing.T) {
	l := newTLSLab(t)
	p := l.start("live", "-i", "lo", "-T", "json", "--keylog", l.keyLog)
	var first, second strings.Builder
	conn := l.connect(tls.VersionTLS13, &first)
	l.write(first.String())
	if err := os.Rename(l.keyLog, l.keyLog+".1"); err != nil {
		t.Fatal(err)
	}
	other := l.connect(tls.VersionTLS12, &second)
	l.write(second.String())
	p.waitOpened(2)
	l.end(p, other, 1)
	l.end(p, conn, 2)
	p.quiet(first.String() + second.String())
}
