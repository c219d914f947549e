package decode_test

import (
	"testing"
	"time"

	"wstap/capture/packet"
	"wstap/decode"
)

// A refusal is announced with its body: as soon as that was read as far as it is
// shown, and after 50 ms without it.
func TestAnnouncedWithBody(t *testing.T) {
	const refusal = "HTTP/1.1 403 Forbidden\r\nContent-Length: 6\r\n\r\n"
	big := "HTTP/1.1 403 Forbidden\r\nContent-Length: 100000\r\n\r\n"
	long := make([]byte, 600)
	for i := range long {
		long[i] = 'x'
	}
	tick := func(w *wire) { // another connection's packet, 60 ms later
		w.wait(60 * time.Millisecond)
		w.another()
		w.send(client, syn, "")
	}
	for _, test := range []struct {
		name string
		send func(w *wire)
		at   int // packet at which it is announced
		body string
		size int
	}{
		{"no body", func(w *wire) { w.send(server, ack, "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n") }, 5, "", 0},
		{"in the packet of the head", func(w *wire) { w.send(server, ack, refusal+"origin") }, 5, "origin", 6},
		{"after the head", func(w *wire) {
			w.send(server, ack, refusal)
			w.send(server, ack, "ori")
			w.send(server, ack, "gin")
			w.send(client, ack, "")
		}, 7, "origin", 6},
		{"more than is shown", func(w *wire) {
			w.send(server, ack, big)
			w.send(server, ack, string(long))
			w.send(server, ack, string(long))
		}, 6, string(long[:512]), absent},
		{"never", func(w *wire) { w.send(server, ack, refusal+"ori"); tick(w) }, 6, "ori", absent},
		{"with the connection's end", func(w *wire) {
			w.send(server, ack, "HTTP/1.1 403 Forbidden\r\n\r\norigin")
			w.next = [2]uint32{1 << 30, 1 << 30}
			w.open() // the same ports anew
		}, 6, "origin", absent},
		{"accepted", func(w *wire) { w.send(server, ack, response); tick(w) }, 5, "", absent},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWire()
			w.open()
			w.send(client, ack, handshake)
			test.send(w)
			d := decode.New(decode.Options{Open: true})
			at := 0
			var open *decode.Attempt
			for i := range w.packets {
				d.Block(&packet.Block{Packets: w.packets[i : i+1]})
				for _, a := range d.Take() {
					if a.Kind == decode.KindOpen {
						at, open = i+1, a
					}
				}
			}
			if at != test.at {
				t.Fatalf("announced at packet %d, want %d", at, test.at)
			}
			if open.HTTP.ResponseBody != test.body {
				t.Errorf("body %q, want %q", open.HTTP.ResponseBody, test.body)
			}
			wantNumber(t, "http.response_body_bytes", open.HTTP.ResponseBodyBytes, test.size)
		})
	}
	for name, pass := range map[string]func(d *decode.Decoder, now int64){
		"Advance": (*decode.Decoder).Advance, "Announce": (*decode.Decoder).Announce,
	} {
		w := newWire()
		w.open()
		w.send(client, ack, handshake)
		w.send(server, ack, refusal)
		d := decode.New(decode.Options{Open: true})
		d.Block(&packet.Block{Packets: w.packets})
		pass(d, w.now+int64(49*time.Millisecond))
		early := len(d.Take())
		pass(d, w.now+int64(50*time.Millisecond))
		if late := len(d.Take()); early != 0 || late != 1 {
			t.Errorf("%s: %d rows after 49 ms, %d after 50", name, early, late)
		}
	}
}
