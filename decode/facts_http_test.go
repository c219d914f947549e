package decode_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"wstap/decode"
)

// header returns the value of the first field called name in an answer.
func header(a *decode.Attempt, name string) string {
	for _, h := range a.HTTP.ResponseHeaders {
		if strings.EqualFold(h[0], name) {
			return h[1]
		}
	}
	return ""
}

// The length of a body is claimed where its end was seen, and nowhere else.
func TestBodyBytes(t *testing.T) {
	const refusal = "HTTP/1.1 403 Forbidden\r\n"
	long := strings.Repeat("0123456789", 200)
	for _, test := range []struct {
		name string
		send func(w *wire)
		want int
	}{
		{"Content-Length: 0", func(w *wire) { w.data(server, refusal+"Content-Length: 0\r\n\r\n") }, 0},
		{"Content-Length, in two parts", func(w *wire) {
			w.data(server, refusal+"Content-Length: 2000\r\n\r\n"+long[:700])
			w.data(server, long[700:])
		}, 2000},
		{"a part of Content-Length", func(w *wire) { w.data(server, refusal+"Content-Length: 2000\r\n\r\n"+long[:700]); w.close(server) }, absent},
		{"chunks", func(w *wire) {
			w.data(server, refusal+"Transfer-Encoding: chunked\r\n\r\n7;x=y\r\nMozilla\r\n11\r\nDeveloper Network\r\n0\r\nA: b\r\n\r\n")
		}, 24},
		{"no chunk but the last", func(w *wire) { w.data(server, refusal+"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n") }, 0},
		{"chunks without the last", func(w *wire) {
			w.data(server, refusal+"Transfer-Encoding: chunked\r\n\r\n7\r\nMozilla\r\n")
			w.close(server)
		}, absent},
		{"a status without a body", func(w *wire) { w.data(server, "HTTP/1.1 204 No Content\r\n\r\n") }, 0},
		{"until FIN", func(w *wire) { w.data(server, refusal+"\r\n"+long); w.close(server) }, 2000},
		{"nothing until FIN", func(w *wire) { w.data(server, refusal+"\r\n"); w.close(server) }, 0},
		{"until the client's FIN, and the server's", func(w *wire) { w.data(server, refusal+"\r\nno"); w.close(client) }, 2},
		{"until RST", func(w *wire) { w.data(server, refusal+"\r\nno"); w.send(server, rst|ack, "") }, absent},
		{"until the capture ends", func(w *wire) { w.data(server, refusal+"\r\nno") }, absent},
		{"a hole before FIN", func(w *wire) { w.data(server, refusal+"\r\nno"); w.lose(server, "such"); w.close(server) }, absent},
		{"a hole that Content-Length measures", func(w *wire) {
			w.data(server, refusal+"Content-Length: 10\r\n\r\nno")
			w.lose(server, "such")
			w.data(server, "page")
		}, 10},
		{"snaplen cuts it", func(w *wire) { w.snaplen = 200; w.data(server, refusal+"\r\n"+long); w.close(server) }, 2000},
		{"the head is cut off", func(w *wire) { w.data(server, refusal+"Content-Length: 0\r\n"); w.close(server) }, absent},
		{"101", func(w *wire) { w.data(server, response); w.close(server) }, absent},
		{"the next answer is another one", func(w *wire) {
			w.data(server, refusal+"Content-Length: 3\r\n\r\nno!")
			w.data(client, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
			w.data(server, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")
		}, 3},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWire()
			w.open()
			w.data(client, handshake)
			test.send(w)
			a := w.one(t)
			wantNumber(t, "http.response_body_bytes", a.HTTP.ResponseBodyBytes, test.want)
		})
	}
	t.Run("HEAD", func(t *testing.T) {
		w := newWire()
		w.open()
		w.data(client, strings.Replace(handshake, "GET", "HEAD", 1))
		w.data(server, refusal+"Content-Length: 50\r\n\r\n")
		wantNumber(t, "http.response_body_bytes", w.one(t).HTTP.ResponseBodyBytes, 0)
	})
	t.Run("an answer captured before its request", func(t *testing.T) {
		w := newWire()
		w.open()
		w.send(client, ack, handshake)
		w.send(server, ack, refusal+"Content-Length: 3\r\n\r\nno!")
		n := len(w.packets)
		w.packets[n-1], w.packets[n-2] = w.packets[n-2], w.packets[n-1]
		w.packets[n-1].Time, w.packets[n-2].Time = w.packets[n-2].Time, w.packets[n-1].Time
		wantNumber(t, "http.response_body_bytes", w.one(t).HTTP.ResponseBodyBytes, 3)
	})
}

func wantNumber(t *testing.T, name string, got *uint64, want int) {
	t.Helper()
	text := "absent"
	if got != nil {
		text = fmt.Sprint(*got)
	}
	if want == absent && got != nil || want != absent && text != strconv.Itoa(want) {
		t.Errorf("%s: got %s, want %d", name, text, want)
	}
}

// In the captures of real servers a body's length is what its head announces, and
// what is shown of it is as long.
func TestBodyBytesOfServers(t *testing.T) {
	seen := 0
	for _, c := range loadTruth(t) {
		for _, a := range readAll(t, c.Paths(), decode.Options{}, whole) {
			if a.HTTP == nil || a.HTTP.ResponseBodyBytes == nil {
				continue
			}
			seen++
			n := *a.HTTP.ResponseBodyBytes
			if said := header(a, "Content-Length"); said != "" && header(a, "Transfer-Encoding") == "" && said != strconv.FormatUint(n, 10) && a.HTTP.Method != "HEAD" {
				t.Errorf("%s: %s: %d bytes, Content-Length %s", c.Name, a.HTTP.URI, n, said)
			}
			if shown := uint64(len(a.HTTP.ResponseBody)); n < 512 && shown != n && !a.Capture.Truncated && a.Capture.Gaps == 0 && !strings.Contains(a.HTTP.ResponseBody, `\x`) {
				t.Errorf("%s: %s: %d bytes, %d are shown", c.Name, a.HTTP.URI, n, shown)
			}
		}
	}
	if seen == 0 {
		t.Error("no body in any capture")
	}
}
