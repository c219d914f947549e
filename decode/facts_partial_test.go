package decode_test

import (
	"strings"
	"testing"

	"wstap/decode"
)

// What came of an answer whose status never came is shown, where it was the server
// that did not send the rest.
func TestPartialAnswer(t *testing.T) {
	for _, test := range []struct {
		name    string
		send    func(w *wire)
		partial string
		verdict decode.Verdict
	}{
		{"two bytes", func(w *wire) { w.data(server, "HT"); w.close(server) }, "HT", decode.VerdictUnanswered},
		{"in several packets, then RST", func(w *wire) {
			w.data(server, "HTTP/1.")
			w.data(server, "1 5")
			w.send(server, rst|ack, "")
		}, "HTTP/1.1 5", decode.VerdictUnanswered},
		{"after an interim answer", func(w *wire) { w.data(server, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1"); w.close(server) }, "HTTP/1.1", decode.VerdictUnanswered},
		{"no status at all", func(w *wire) {
			w.data(server, "HTTP/1.1 "+strings.Repeat("x", 600))
			w.close(server)
		}, "HTTP/1.1 " + strings.Repeat("x", 503), decode.VerdictUnanswered},
		{"a status", func(w *wire) { w.data(server, "HTTP/1.1 502 Ba"); w.close(server) }, "", decode.VerdictRejected},
		{"the capture ends", func(w *wire) { w.data(server, "HTTP/1.1") }, "", decode.VerdictIncomplete},
		{"the capture misses the rest", func(w *wire) {
			w.data(server, "HTTP/1.1")
			w.lose(server, " 403 Forbidden\r\n\r\n")
			w.close(server)
		}, "", decode.VerdictIncomplete},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWire()
			w.open()
			w.data(client, handshake)
			test.send(w)
			a := w.one(t)
			wantOutcome(t, a, test.verdict, a.Ending)
			if a.HTTP.PartialAnswer != test.partial || a.HTTP.ResponseBody != "" {
				t.Errorf("partial answer %q, body %q", a.HTTP.PartialAnswer, a.HTTP.ResponseBody)
			}
		})
	}
	t.Run("no HTTP", func(t *testing.T) {
		w := newWire()
		w.open()
		w.data(client, handshake)
		w.data(server, "H")
		w.data(server, "i there\r\n")
		w.close(server)
		a := w.one(t)
		if a.HTTP.PartialAnswer != "" || a.HTTP.ResponseBody != "Hi there\r\n" {
			t.Errorf("partial answer %q, body %q", a.HTTP.PartialAnswer, a.HTTP.ResponseBody)
		}
	})
}
