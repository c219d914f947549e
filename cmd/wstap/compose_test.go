package main

import (
	"context"
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
)

// composed is a pcap of one TCP connection between 10.0.0.1:40000 and
// 10.0.0.2:80, for bytes that no real client sends.
type composed struct {
	file           []byte
	client, server uint32 // next sequence numbers
	milliseconds   uint32
}

func newComposed() *composed {
	c := &composed{client: 1000, server: 2000}
	c.file = binary.LittleEndian.AppendUint32(c.file, 0xa1b2c3d4)
	c.file = append(c.file, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 101, 0, 0, 0) // raw IP
	const syn, ack = 0x02, 0x10
	c.segment(true, syn, "")
	c.segment(false, syn|ack, "")
	c.segment(true, ack, "")
	return c
}

// segment appends one packet.
func (c *composed) segment(fromClient bool, flags byte, payload string) {
	ip := []byte{0x45, 0, 0, 0, 0, 0, 0x40, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2}
	ports := []byte{0x9c, 0x40, 0, 80}
	seq, ack := &c.client, &c.server
	if !fromClient {
		ip[15], ip[19] = 2, 1
		ports = []byte{0, 80, 0x9c, 0x40}
		seq, ack = ack, seq
	}
	tcp := binary.BigEndian.AppendUint32(ports, *seq)
	tcp = binary.BigEndian.AppendUint32(tcp, *ack)
	tcp = append(tcp, 0x50, flags, 0xff, 0xff, 0, 0, 0, 0)
	packet := append(append(ip, tcp...), payload...)
	binary.BigEndian.PutUint16(packet[2:], uint16(len(packet)))
	*seq += uint32(len(payload))
	if flags&0x03 != 0 { // SYN and FIN take a number
		*seq++
	}
	c.milliseconds++
	for _, v := range []uint32{1_700_000_000, c.milliseconds * 1000, uint32(len(packet)), uint32(len(packet))} {
		c.file = binary.LittleEndian.AppendUint32(c.file, v)
	}
	c.file = append(c.file, packet...)
}

// handshake appends a request, that of RFC 6455 section 1.3, and an answer.
func (c *composed) handshake(answer string) {
	const pushAck = 0x18
	c.segment(true, pushAck, "GET /chat HTTP/1.1\r\nHost: server.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
	c.segment(false, pushAck, answer)
}

// frames returns the packets as Ethernet frames.
func (c *composed) frames() (list [][]byte) {
	for rest := c.file[24:]; len(rest) > 0; {
		n := binary.LittleEndian.Uint32(rest[8:])
		frame := append(make([]byte, 12, 14+n), 8, 0)
		list = append(list, append(frame, rest[16:16+n]...))
		rest = rest[16+n:]
	}
	return list
}

// TestHostileCapture sends what tries to take over a terminal or a spreadsheet
// through the whole program.
func TestHostileCapture(t *testing.T) {
	const evil = "\x1b]52;c;cm0gLXJmIC8=\a\x1b[2J\x1b]0;owned\x1b\\\b\b\u009b31m\u202e\u2066\ufeff\u200d\xff"
	const pushAck, finAck = 0x18, 0x11
	c := newComposed()
	c.segment(true, pushAck, "GET /"+evil+" HTTP/1.1\r\nHost: =1+1"+evil+"\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nX"+evil+": "+evil+"\r\nOrigin: =cmd|' /C calc'!A0\r\n\r\n")
	c.segment(false, pushAck, "HTTP/1.1 403 No"+evil+"\r\nContent-Length: 40\r\nServer: "+evil+"\r\n\r\n"+evil+strings.Repeat("x", 40))
	c.segment(false, finAck, "")
	c.segment(true, finAck, "")
	file := filepath.Join(t.TempDir(), "hostile"+"\x1b[31m"+".pcap")
	if err := os.WriteFile(file, c.file, 0o600); err != nil {
		t.Fatal(err)
	}
	forms := [][]string{
		{"--width", "80"}, {"--width", "200", "-v"}, {"-l", "-v"}, {"-T", "json"}, {"-T", "csv"},
		{"-T", "fields", "-e", "http.uri", "-e", "http.request_headers", "-e", "http.response_body"},
		{"-T", "csv", "-e", "http.host", "-e", "http.origin"},
	}
	for _, args := range forms {
		var stdout, stderr strings.Builder
		if status := run(context.Background(), append(args, file, file+"x"), strings.NewReader(""), &stdout, &stderr); status != exitInput {
			t.Errorf("%q: status %d", args, status)
		}
		if !strings.Contains(stdout.String(), "403") && !strings.Contains(stdout.String(), "52;c;cm0gLXJmIC8=") && args[1] != "csv" {
			t.Errorf("%q: the attempt is not there:\n%s", args, stdout.String())
		}
		for _, r := range stdout.String() + stderr.String() {
			switch {
			case r == '\n', r == '\t' && args[1] == "fields", r == '\u200d' && args[1] == "json":
				// Between lines, between fields, and what JSON need not escape.
			case !unicode.IsPrint(r):
				t.Errorf("%q: output holds %U", args, r)
			}
		}
		if args[0] == "-T" && args[1] == "csv" {
			for cell := range strings.SplitSeq(strings.ReplaceAll(stdout.String(), "\n", ","), ",") {
				if cell = strings.TrimPrefix(cell, `"`); cell != "" && strings.ContainsRune("=+-@", rune(cell[0])) {
					t.Errorf("a cell begins a formula: %s", cell)
				}
			}
		}
	}
}
