package decode_test

import (
	"crypto/tls"
	"io"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"

	"wstap/capture/packet"
	"wstap/decode"
)

// clientHello returns what a client of crypto/tls sends first.
func clientHello(t *testing.T) string {
	t.Helper()
	a, b := net.Pipe()
	go tls.Client(a, &tls.Config{ServerName: "ws.example.test", NextProtos: []string{"http/1.1"}}).Handshake() //nolint:errcheck // it gets no answer
	defer a.Close()
	var head [5]byte
	if _, err := io.ReadFull(b, head[:]); err != nil {
		t.Fatal(err)
	}
	body := make([]byte, int(head[3])<<8|int(head[4]))
	if _, err := io.ReadFull(b, body); err != nil {
		t.Fatal(err)
	}
	return string(head[:]) + string(body)
}

// TestSealedMemory holds what an open connection takes whose TLS cannot be read: it is
// bounded by maxSealed times that.
func TestSealedMemory(t *testing.T) {
	const n, most = 20000, 2600
	hello := clientHello(t)
	d := decode.New(decode.Options{})
	var before, after runtime.MemStats
	d.Block(&packet.Block{Packets: sealedConnection(60000, hello)})
	runtime.GC()
	runtime.ReadMemStats(&before)
	for i := range n {
		d.Block(&packet.Block{Packets: sealedConnection(uint16(1024+i), hello)})
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if each := (int64(after.HeapAlloc) - int64(before.HeapAlloc)) / n; each > most {
		t.Errorf("%d bytes for each connection", each)
	}
	runtime.KeepAlive(d)
}

// sealedConnection returns the packets of a connection that a ClientHello was sent on.
func sealedConnection(port uint16, hello string) []packet.Packet {
	w := newWire()
	w.ports[client] = port
	w.send(client, syn, "")
	w.send(server, syn|ack, "")
	w.send(client, ack, "")
	w.send(client, ack, hello)
	return w.packets
}

// TLS that cannot be read and goes on is given up after some records, and makes a row all
// the same when its endpoint becomes known later; not where its packets are wanted.
func TestSealedIsPassedOver(t *testing.T) {
	hello := clientHello(t)
	for _, connections := range []bool{false, true} {
		w := newWire()
		w.ports = [2]uint16{40000, 443}
		w.send(client, syn, "")
		w.send(server, syn|ack, "")
		w.send(client, ack, "")
		w.send(client, ack, hello)
		body := "\x03\x03" + hello[11:43] + "\x20" + hello[44:76] + "\x13\x01\x00\x00\x06\x00\x2b\x00\x02\x03\x04"
		w.send(server, ack, "\x16\x03\x03\x00"+string(rune(4+len(body)))+"\x02\x00\x00"+string(rune(len(body)))+body)
		record := func(n int) string { return "\x17\x03\x03\x00" + string(rune(n)) + strings.Repeat("x", n) }
		w.send(server, ack, record(100))
		w.send(client, ack, record(53)) // the size of a Finished
		for range 20 {
			w.send(client, ack, record(70))
			w.send(server, ack, record(90))
		}
		before := len(w.packets)
		w.send(client, fin|ack, "")
		w.send(server, fin|ack, "")
		first := w.packets
		w.packets = nil
		w.now += int64(time.Minute)
		w.another()
		w.ports[server] = 80
		w.send(client, syn, "")
		w.send(server, syn|ack, "")
		w.send(client, ack, "GET / HTTP/1.1\r\nHost: ws.example.test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: "+key+"\r\n\r\n")
		d := decode.New(decode.Options{Connections: connections})
		d.Block(&packet.Block{Packets: first[:before]})
		if passed := d.Summary().TLS == 1; passed == connections {
			t.Errorf("connections %v: passed over: %v", connections, passed)
		}
		d.Block(&packet.Block{Packets: first[before:]})
		d.Block(&packet.Block{Packets: w.packets})
		d.Finish()
		rows := d.Take()
		if len(rows) != 2 || rows[0].Verdict != decode.VerdictEncrypted || rows[0].TLS.SNI != "ws.example.test" || rows[0].ServerName != "ws.example.test" {
			t.Errorf("connections %v: %d rows, the first %+v", connections, len(rows), rows[0])
		}
	}
}

// TLS is shown where the user named its endpoint, whether by address or by the name that the
// client sent in its hello.
func TestSealedOfNamedEndpoint(t *testing.T) {
	w := newWire()
	w.packets = sealedConnection(40000, clientHello(t))
	w.next = [2]uint32{1001 + uint32(len(w.packets[3].Data)-54), 0xfffffff1}
	w.now += int64(time.Second)
	w.send(server, rst|ack, "")
	for endpoint, want := range map[string]int{
		"198.51.100.5:8085": 1, "198.51.100.5": 1, "ws.example.test:8085": 1, "ws.example.test": 1,
		"198.51.100.5:443": 0, "ws.example.test:443": 0, "example.test": 0,
	} {
		d := decode.New(decode.Options{Endpoints: []string{endpoint}})
		d.Block(&packet.Block{Packets: w.packets})
		d.Finish()
		if rows := d.Take(); len(rows) != want || want == 1 && rows[0].Verdict != decode.VerdictTLSFailed {
			t.Errorf("%s: %d rows, want %d", endpoint, len(rows), want)
		}
	}
}
