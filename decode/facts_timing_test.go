package decode_test

import (
	"testing"
	"time"

	"wstap/capture/packet"
	"wstap/decode"
)

func wantMS(t *testing.T, name string, got *float64, want float64) {
	t.Helper()
	switch {
	case got == nil && want >= 0:
		t.Errorf("%s is absent, want %g", name, want)
	case got != nil && *got != want:
		t.Errorf("%s: got %g, want %g", name, *got, want)
	}
}

const absent = -1

// How long nobody answered; every packet takes a millisecond.
func TestWait(t *testing.T) {
	other := func(w *wire) { // the capture goes on with something else
		w.another()
		w.open()
	}
	for _, test := range []struct {
		name string
		then func(w *wire)
		want float64
	}{
		{"the client gives up", func(w *wire) { w.wait(10 * time.Second); w.close(client) }, 10002},
		{"the server resets", func(w *wire) { w.wait(time.Second); w.send(server, rst|ack, "") }, 1002},
		{"the capture ends", func(w *wire) { w.wait(3 * time.Second); other(w) }, 3004},
		{"an interim answer only", func(w *wire) { w.data(server, "HTTP/1.1 100 Continue\r\n\r\n"); w.close(server) }, 4},
		{"an answer", func(w *wire) { w.data(server, response); w.close(server) }, absent},
		{"a refusal", func(w *wire) { w.data(server, "HTTP/1.1 403 Forbidden\r\n\r\n"); w.close(server) }, absent},
		{"an answer that is no HTTP", func(w *wire) { w.data(server, "SSH-2.0-x\r\n"); w.close(server) }, absent},
		{"an answer may lie in a hole", func(w *wire) { w.lose(server, response); w.close(server) }, absent},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWire()
			w.open()
			w.data(client, handshake)
			test.then(w)
			wantMS(t, "timing.wait_ms", w.one(t).Timing.WaitMS, test.want)
		})
	}
	t.Run("however the packets are handed over", func(t *testing.T) {
		w := newWire()
		w.open()
		w.data(client, handshake)
		// Others use the addresses and ports anew: the end was not captured.
		w.wait(time.Second)
		w.next = [2]uint32{1 << 30, 1 << 30}
		w.open()
		w.data(client, handshake)
		w.wait(time.Second)
		d := decode.New(decode.Options{})
		for i := range w.packets {
			d.Block(&packet.Block{Packets: w.packets[i : i+1]})
		}
		d.Finish()
		if got := w.rows(decode.Options{}); len(got) != 2 || got[0].Timing.WaitMS != nil || *got[1].Timing.WaitMS != *d.Take()[1].Timing.WaitMS {
			t.Errorf("%d rows, the first waits %v", len(got), got[0].Timing.WaitMS)
		}
	})
	t.Run("a request that is cut off", func(t *testing.T) {
		w := newWire()
		w.open()
		w.data(client, handshake[:len(handshake)-2])
		w.wait(time.Second)
		w.close(client)
		wantMS(t, "timing.wait_ms", w.one(t).Timing.WaitMS, absent)
	})
}

func TestCloseTime(t *testing.T) {
	for _, test := range []struct {
		name string
		then func(w *wire)
		want float64
	}{
		{"both close", func(w *wire) {
			w.wait(time.Second)
			w.data(server, closeFrame(server, 1000, ""))
			w.data(client, closeFrame(client, 1000, ""))
		}, 1002},
		{"nobody does", func(w *wire) { w.data(server, text(server, "x")) }, absent},
		{"perhaps another one before it", func(w *wire) {
			w.lose(client, closeFrame(client, 1000, "bye"))
			w.data(server, closeFrame(server, 1000, ""))
		}, absent},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWire()
			w.open()
			w.data(client, handshake)
			w.data(server, response)
			test.then(w)
			w.close(client)
			wantMS(t, "timing.close_ms", w.one(t).Timing.CloseMS, test.want)
		})
	}
}
