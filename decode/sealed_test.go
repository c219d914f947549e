package decode_test

import (
	"crypto/tls"
	"io"
	"net"
	"runtime"
	"testing"

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
