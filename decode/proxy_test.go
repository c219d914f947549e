package decode_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"wstap/capture/packet"
	"wstap/decode"
)

// Messages of SOCKS, written by hand from RFC 1928 and RFC 1929.
const (
	greeting  = "\x05\x02\x00\x02"
	noAuth    = "\x05\x00"
	password  = "\x05\x02"
	noMethod  = "\x05\xff"
	login     = "\x01\x05alice\x06s3cr3t"
	socksHost = "\x05\x01\x00\x03\x12server.example.com\x00\x50"
	socksIP   = "\x05\x01\x00\x01\xc6\x33\x64\x05\x1f\x95"
	granted   = "\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00"
	ruleset   = "\x05\x02\x00\x01\x00\x00\x00\x00\x00\x00"
	socks4    = "\x04\x01\x00\x50\xc6\x33\x64\x05alice\x00"
	socks4a   = "\x04\x01\x00\x50\x00\x00\x00\x01alice\x00server.example.com\x00"
	granted4  = "\x00\x5a\x00\x00\x00\x00\x00\x00"
	rejected4 = "\x00\x5b\x00\x00\x00\x00\x00\x00"
)

// talk sends messages in turn, the client's first.
func (w *wire) talk(messages ...string) {
	for i, m := range messages {
		w.data(i%2, m)
	}
}

// What a SOCKS proxy lets through is looked at, as in any tunnel.
func TestSOCKSGranted(t *testing.T) {
	for _, test := range []struct {
		name, carrier string
		ask           []string
	}{
		{"no authentication", "socks5 198.51.100.5:8085", []string{greeting, noAuth, socksHost, granted}},
		{"a password", "socks5 198.51.100.5:8085", []string{greeting, password, login, "\x01\x00", socksIP, granted}},
		{"the reply names a host", "socks5 198.51.100.5:8085", []string{"\x05\x01\x00", noAuth, socksIP, "\x05\x00\x00\x03\x04abcd\x00\x50"}},
		{"version 4", "socks4 198.51.100.5:8085", []string{socks4, granted4}},
		{"version 4a", "socks4 198.51.100.5:8085", []string{socks4a, granted4}},
	} {
		for how, send := range map[string]func(w *wire){
			"in turn": func(w *wire) { w.talk(test.ask...); w.talk(handshake, response) },
			"byte by byte": func(w *wire) {
				for i, m := range test.ask {
					if i == 0 {
						w.data(client, m)
						continue
					}
					for _, c := range []byte(m) {
						w.data(i%2, string([]byte{c}))
					}
				}
				w.talk(handshake, response)
			},
			"the request was captured before the reply": func(w *wire) {
				w.talk(test.ask[:len(test.ask)-1]...)
				w.send(server, ack, test.ask[len(test.ask)-1])
				w.send(client, ack, handshake)
				w.swap()
				w.data(server, response)
			},
		} {
			t.Run(test.name+", "+how, func(t *testing.T) {
				w := newWire()
				w.open()
				send(w)
				w.data(client, text(client, "x"))
				w.close(client)
				a := w.one(t)
				wantOutcome(t, a, decode.VerdictAccepted, decode.EndingAbnormalFIN)
				if len(a.Carrier) != 1 || a.Carrier[0] != test.carrier || a.Proxy != nil || a.WebSocket.Messages.Client != 1 {
					t.Errorf("carrier %q, proxy %+v", a.Carrier, a.Proxy)
				}
			})
		}
	}
}

// What a SOCKS proxy refuses is a row, and says why.
func TestSOCKSRefused(t *testing.T) {
	for _, test := range []struct {
		name              string
		ask               []string
		want              string // the group in JSON
		request, response uint64
	}{
		{"by its rules", []string{greeting, noAuth, socksHost, ruleset},
			`{"protocol":"socks5","target":"server.example.com:80","reply":2,"reply_name":"connection not allowed by ruleset","auth":"none"}`, 8, 10},
		{"by its rules, behind a password", []string{greeting, password, login, "\x01\x00", socksIP, ruleset},
			`{"protocol":"socks5","target":"198.51.100.5:8085","reply":2,"reply_name":"connection not allowed by ruleset","auth":"password","auth_status":0}`, 12, 14},
		{"no method is good enough", []string{greeting, noMethod}, `{"protocol":"socks5","auth":"refused"}`, 4, 6},
		{"the password is wrong", []string{greeting, password, login, "\x01\x01"},
			`{"protocol":"socks5","auth":"refused","auth_status":1}`, 8, 10},
		{"GSSAPI is aborted", []string{"\x05\x01\x01", "\x05\x01", "\x01\x01\x00\x03abc", "\x01\xff"}, `{"protocol":"socks5","auth":"refused"}`, 4, 10},
		{"a code that RFC 1928 does not name", []string{greeting, noAuth, socksHost, "\x05\x5b\x00\x01\x00\x00\x00\x00\x00\x00"},
			`{"protocol":"socks5","target":"server.example.com:80","reply":91,"reply_name":"unassigned","auth":"none"}`, 8, 10},
		{"version 4", []string{socks4, rejected4},
			`{"protocol":"socks4","target":"198.51.100.5:80","reply":91,"reply_name":"request rejected or failed"}`, 4, 6},
		{"version 4a", []string{socks4a, rejected4},
			`{"protocol":"socks4","target":"server.example.com:80","reply":91,"reply_name":"request rejected or failed"}`, 4, 6},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWire()
			w.open()
			w.talk(test.ask...)
			w.close(server)
			if rows := w.rows(decode.Options{}); len(rows) != 0 {
				t.Errorf("%d rows although nobody knows that a WebSocket was wanted", len(rows))
			}
			rows := w.rows(decode.Options{Connects: decode.ConnectsAll})
			if len(rows) != 1 {
				t.Fatalf("%d rows, want 1", len(rows))
			}
			a := rows[0]
			wantOutcome(t, a, decode.VerdictProxyFailed, decode.EndingNone)
			if got, _ := json.Marshal(a.Proxy); string(got) != test.want {
				t.Errorf("proxy %s\nwant  %s", got, test.want)
			}
			if a.HTTP != nil || a.WebSocket != nil || a.Packets.Request != test.request || a.Packets.Response != test.response {
				t.Errorf("HTTP %+v, packets %+v; want request %d, response %d", a.HTTP, a.Packets, test.request, test.response)
			}
			all, _ := json.Marshal(a)
			if strings.Contains(string(all), "alice") || strings.Contains(string(all), "s3cr3t") {
				t.Errorf("a name or password is in the record: %s", all)
			}
		})
	}
	t.Run("to an endpoint that is known", func(t *testing.T) {
		for _, ask := range []string{socksHost, socksIP} {
			w := newWire()
			w.open()
			w.talk(greeting, noAuth, ask, ruleset)
			w.close(server)
			w.another()
			w.success()
			if rows := w.rows(decode.Options{}); len(rows) != 2 {
				t.Errorf("%q: %d rows, want 2", ask, len(rows))
			}
		}
	})
}

// What is granted and carries nothing, what is not answered, and what is something
// else.
func TestSOCKSOtherwise(t *testing.T) {
	all := decode.Options{Connects: decode.ConnectsAll}
	for _, test := range []struct {
		name string
		send func(w *wire)
		want decode.Verdict // empty for no row
	}{
		{"nothing is carried", func(w *wire) { w.talk(greeting, noAuth, socksHost, granted) }, decode.VerdictUnreached},
		{"no reply", func(w *wire) { w.talk(greeting, noAuth, socksHost); w.wait(20 * time.Second) }, decode.VerdictUnanswered},
		{"the reply is missing", func(w *wire) {
			w.talk(greeting, noAuth, socksHost)
			w.lose(server, granted)
			w.talk("\x16\x03\x01", "\x15\x03")
		}, decode.VerdictIncomplete},
		{"another protocol inside", func(w *wire) { w.talk(greeting, noAuth, socksHost, granted, "EHLO me\r\n", "250 ok\r\n") }, ""},
		{"no request", func(w *wire) { w.talk(greeting, noAuth) }, ""},
		{"no answer at all", func(w *wire) { w.talk(greeting) }, ""},
		{"a method that was not offered", func(w *wire) { w.talk("\x05\x01\x00", password, login, "\x01\x01") }, ""},
		{"UDP", func(w *wire) { w.talk(greeting, noAuth, "\x05\x03\x00\x01\x00\x00\x00\x00\x00\x00", ruleset) }, ""},
		{"it looks like a greeting", func(w *wire) { w.talk(greeting, "\x06\x00\x00\x01", greeting, "\x06\x00") }, ""},
		{"from the server", func(w *wire) { w.data(server, greeting); w.data(client, noMethod) }, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWire()
			w.open()
			test.send(w)
			w.close(client)
			rows := w.rows(all)
			switch {
			case test.want == "" && len(rows) != 0, test.want != "" && len(rows) != 1:
				t.Fatalf("%d rows: %+v", len(rows), rows)
			case test.want != "":
				wantOutcome(t, rows[0], test.want, rows[0].Ending)
			}
		})
	}
	t.Run("a proxy behind a proxy", func(t *testing.T) {
		w := newWire()
		w.open()
		w.talk(greeting, noAuth, socksHost, granted, socks4a, granted4, "CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n", handshake, response)
		w.close(client)
		a := w.one(t)
		if got := strings.Join(a.Carrier, ", "); got != "socks5 198.51.100.5:8085, socks4 198.51.100.5:8085, connect 198.51.100.5:8085" {
			t.Errorf("carrier %s", got)
		}
	})
}

// Who writes packets out again is told where names and passwords stand.
func TestSOCKSSecretsAreListed(t *testing.T) {
	for _, ask := range [][]string{{greeting, password, login, "\x01\x00", socksIP, granted}, {socks4, granted4}} {
		w := newWire()
		w.open()
		w.talk(append(ask, handshake, response)...)
		w.close(client)
		d := decode.New(decode.Options{Connections: true})
		d.Block(&packet.Block{Packets: w.packets})
		d.Finish()
		conns := d.Ended()
		if len(conns) != 1 {
			t.Fatalf("%d connections", len(conns))
		}
		hidden := ""
		for _, p := range conns[0].Plain {
			if p.Head == nil {
				hidden += string(bytesAt(w.packets, conns[0], &p)) + "|"
			}
		}
		if hidden != "alice|s3cr3t|" && hidden != "alice|" {
			t.Errorf("hidden: %q", hidden)
		}
	}
}
