package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// pieces sends text in segments of so many bytes.
func (c *composed) pieces(fromClient bool, size int, text string) {
	for piece := range slices.Chunk([]byte(text), size) {
		c.segment(fromClient, 0x18, string(piece))
	}
}

// without returns the file without one packet.
func (c *composed) without(packet int) []byte {
	at := 24
	for range packet {
		at += 16 + int(binary.LittleEndian.Uint32(c.file[at+8:]))
	}
	return slices.Concat(c.file[:at], c.file[at+16+int(binary.LittleEndian.Uint32(c.file[at+8:])):])
}

// secretHandshake is a handshake with secrets, in segments of so many bytes, and what
// follows it.
func secretHandshake(size int) (c *composed, secrets []string) {
	for i := range 4 {
		secrets = append(secrets, strings.Repeat(string(rune('A'+i)), 7)+"0123456789abcdefghijklmnopqrstuvwxyz"+strings.Repeat(string(rune('P'+i)), 7))
	}
	c = newComposed()
	c.pieces(true, size, "GET /chat?access_token="+secrets[0]+" HTTP/1.1\r\nHost: server.example\r\nCookie: session="+secrets[1]+
		"\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"+
		"Authorization: Bearer "+secrets[2]+"\r\n\r\n")
	c.pieces(false, size, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSet-Cookie: id="+secrets[3]+"\r\n\r\n")
	for range 3 {
		c.segment(false, 0x18, "\x81\x02hi")
		c.segment(true, 0x18, "\x81\x82\x00\x00\x00\x00ho")
	}
	c.segment(true, 0x18, "\x88\x82\x00\x00\x00\x00\x03\xe8")
	c.segment(false, 0x18, "\x88\x02\x03\xe8")
	c.segment(true, 0x11, "")
	c.segment(false, 0x11, "")
	return c, secrets
}

// Of a head with a hole in it nobody can tell what the rest says: it is not in the file
// either, whatever is missing and wherever the segments begin.
func TestWriteHidesSecretsBehindHoles(t *testing.T) {
	const least = 6 // bytes of a secret that stand nowhere else
	for _, size := range []int{31, 60, 97} {
		c, secrets := secretHandshake(size)
		for missing := range len(c.frames()) {
			data := c.without(missing)
			file := filepath.Join(t.TempDir(), "out.pcapng")
			wstap(t, data, 0, "read", "-w", file, "-")
			written, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, secret := range secrets {
				for _, part := range []string{secret[:least], secret[len(secret)-least:], secret[10 : 10+least], secret[30 : 30+least]} {
					if bytes.Contains(written, []byte(part)) {
						t.Errorf("segments of %d bytes without packet %d: %q is in the file", size, missing+1, part)
					}
				}
			}
		}
	}
}

// A connection is written to its end, whatever it carries after its handshake.
func TestWriteWholeConnection(t *testing.T) {
	c := newComposed()
	c.handshake("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
	for i := range 5 {
		c.segment(i%2 == 0, 0x18, fmt.Sprintf("\x00something else %d", i))
	}
	c.segment(true, 0x11, "")
	c.segment(false, 0x11, "")
	in := filepath.Join(t.TempDir(), "in.pcap")
	if err := os.WriteFile(in, c.file, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, from := range []string{in, "-"} {
		_, said := wstap(t, c.file, 0, "read", "-w", filepath.Join(t.TempDir(), "out.pcapng"), from)
		if want := fmt.Sprintf("%d packets of 1 attempt", len(c.frames())); !strings.Contains(said, want) {
			t.Errorf("from %s: %q, want %q", from, said, want)
		}
	}
}

// fragmented returns the file with every packet in fragments.
func (c *composed) fragmented() []byte {
	const header, size = 20, 48
	out := slices.Clone(c.file[:24])
	id := uint16(0)
	for rest := c.file[24:]; len(rest) > 0; {
		n := int(binary.LittleEndian.Uint32(rest[8:]))
		record, ip := rest[:8], rest[16:16+n]
		id++
		for at := header; at < n; at += size {
			end := min(at+size, n)
			p := slices.Concat(ip[:header], ip[at:end])
			binary.BigEndian.PutUint16(p[2:], uint16(len(p)))
			binary.BigEndian.PutUint16(p[4:], id)
			offset := uint16(at-header) / 8
			if end < n {
				offset |= 0x2000
			}
			binary.BigEndian.PutUint16(p[6:], offset)
			out = append(out, record...)
			out = binary.LittleEndian.AppendUint32(out, uint32(len(p)))
			out = binary.LittleEndian.AppendUint32(out, uint32(len(p)))
			out = append(out, p...)
		}
		rest = rest[16+n:]
	}
	return out
}

// The TCP checksum of data in fragments stands in the first of them; where others are
// changed, it is said that it is wrong.
func TestWriteSaysChecksums(t *testing.T) {
	c, secrets := secretHandshake(200)
	for _, test := range []struct {
		data  []byte
		wrong bool
	}{{c.file, false}, {c.fragmented(), true}} {
		file := filepath.Join(t.TempDir(), "out.pcapng")
		_, said := wstap(t, test.data, 0, "read", "-w", file, "-")
		if got := strings.Contains(said, "TCP checksum is now wrong"); got != test.wrong {
			t.Errorf("fragments %v: %q", test.wrong, said)
		}
		written, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range secrets {
			if bytes.Contains(written, []byte(secret[:7])) || bytes.Contains(written, []byte(secret[len(secret)-7:])) {
				t.Errorf("fragments %v: %q is in the file", test.wrong, secret)
			}
		}
	}
}
