package explain

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"wstap/classify"
)

var theBook = sync.OnceValues(func() (*Book, error) {
	c, err := classify.Builtin()
	if err != nil {
		return nil, err
	}
	return New(c)
})

func book(t testing.TB) *Book {
	t.Helper()
	b, err := theBook()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// names returns what an answer is about, in order: "status 403".
func names(a *Answer) []string {
	out := make([]string, len(a.Matches))
	for i := range a.Matches {
		m := &a.Matches[i]
		out[i] = string(m.Kind) + " " + m.Key
		if m.Product != "" {
			out[i] += " of " + m.Product
		}
	}
	return out
}

func TestAsk(t *testing.T) {
	for _, tt := range []struct {
		question string
		want     []string // the first of the answer, in order
	}{
		{"opt-accept-bad", []string{"finding opt-accept-bad"}},
		{"OPT-Accept-Bad", []string{"finding opt-accept-bad"}},
		{"403", []string{"status 403", "close 0-999"}},
		{"http 403", []string{"status 403"}},
		{"HTTP/1.1 403", []string{"status 403"}},
		{"403 Forbidden", []string{"status 403"}},
		{"HTTP/1.1 502 Bad Gateway", []string{"status 502"}},
		{"bad gateway", []string{"status 502", "close 1014"}},
		{"418", []string{"status 4xx", "close 0-999"}},
		{"1006", []string{"close 1006"}},
		{"code 1006", []string{"close 1006"}},
		{"close 4401", []string{"close 4401 of many applications", "close 4401 of graphql-transport-ws", "close 4000-4999"}},
		{"4999", []string{"close 4000-4999"}},
		{"7000", []string{"close 5000-65535"}},
		{"1006 (abnormal closure)", []string{"close 1006"}},
		{"rejected", []string{"verdict rejected"}},
		{"bad-handshake", []string{"verdict bad-handshake"}},
		{"RST", []string{"ending rst"}},
		{"60 s", []string{"timer 60 s"}},
		{"60s", []string{"timer 60 s"}},
		{"350", []string{"status 3xx", "close 0-999", "timer 350 s"}},
		{"1 min", []string{"timer 60 s"}},
		{"2h", []string{"timer 2 h"}},
		{"keylog", []string{"topic keylog"}},
		{"SSLKEYLOGFILE", []string{"topic keylog"}},
		{"key log", []string{"topic keylog"}},
		{"ECONNREFUSED", []string{"message connection refused"}},
		{"econnreset", []string{"message connection reset"}},
		{"wstap said close-abnormal-1006 here", []string{"finding close-abnormal-1006"}},
	} {
		got := names(book(t).Ask(tt.question))
		if len(got) < len(tt.want) || !slices.Equal(got[:len(tt.want)], tt.want) {
			t.Errorf("%q: got %q, want %q first", tt.question, got, tt.want)
		}
	}
}

// messages are lines as clients print them, with what they are about.
var messages = []struct {
	text string
	want []string // in the answer, in this order
}{
	{`WebSocket connection to 'wss://chat.example:8443/ws?v=1006' failed: Error during WebSocket handshake: Unexpected response code: 403`, []string{"message Chrome, not 101", "status 403"}},
	{`2026-11-20T10:00:01.404Z [error] 10.1.2.3:443 WebSocket connection to "wss://h/ws" failed: HTTP Authentication failed; no valid credentials available`, []string{"message Chrome, HTTP authentication", "status 401"}},
	{`Firefox can’t establish a connection to the server at wss://chat.example/ws.`, []string{"message Firefox, not open"}},
	{`The connection to wss://chat.example/ws was interrupted while the page was loading.`, []string{"message Firefox, interrupted", "close 1006"}},
	{`Error Domain=NSURLErrorDomain Code=-1011 "There was a bad response from the server."`, []string{"message Safari, bad response"}},
	{`Error: Unexpected server response: 502`, []string{"message Node ws, not 101", "status 502"}},
	{`Received network error or non-101 status code.`, []string{"message undici, not 101"}},
	{`WebSocket connection to 'ws://127.0.0.1:3000/' failed: Expected 101 status code`, []string{"message Bun, not 101"}},
	{`connect_error due to websocket error`, []string{"message socket.io, transport error"}},
	{`Error: xhr poll error`, []string{"message socket.io, polling error"}},
	{`2026/11/20 10:00:00 dial: websocket: bad handshake`, []string{"message gorilla, bad handshake"}},
	{`failed to WebSocket dial: expected handshake response status code 101 but got 404`, []string{"message coder, not 101", "status 404"}},
	{`unexpected HTTP response status: 400`, []string{"message gobwas, not 101", "status 400"}},
	{`websockets.exceptions.InvalidStatus: server rejected WebSocket connection: HTTP 403`, []string{"message websockets, not 101", "status 403"}},
	{`Handshake status 404 Not Found -+-+- {'server': 'nginx', 'content-length': '153'} -+-+- b'<html>'`, []string{"message websocket-client, not 101", "status 404"}},
	{`aiohttp.client_exceptions.WSServerHandshakeError: 403, message='Invalid response status', url='http://127.0.0.1:8080/ws'`, []string{"message aiohttp, not 101", "status 403"}},
	{`tornado.httpclient.HTTPClientError: HTTP 403: Forbidden`, []string{"message Tornado, not 101", "status 403"}},
	{`System.Net.WebSockets.WebSocketException: The server returned status code '503' when status code '101' was expected.`, []string{"message ClientWebSocket, not 101", "status 503"}},
	{`java.net.ProtocolException: Expected HTTP 101 response but was '401 Unauthorized'`, []string{"message OkHttp, not 101", "status 401"}},
	{`Invalid status code received: 404 Status line: HTTP/1.1 404 Not Found`, []string{"message Java-WebSocket, not 101", "status 404"}},
	{`The HTTP response from the server [403] did not permit the HTTP upgrade to WebSocket`, []string{"message Tomcat client, not 101", "status 403"}},
	{`Failed to upgrade to websocket: Unexpected HTTP Response Status Code: 404 Not Found`, []string{"message Jetty client, not 101", "status 404"}},
	{`io.netty.handler.codec.http.websocketx.WebSocketClientHandshakeException: Invalid handshake response getStatus: 403 Forbidden`, []string{"message Netty client, not 101", "status 403"}},
	{`Error: HTTP error: 403 Forbidden`, []string{"message tungstenite, not 101", "status 403"}},
	{`WebSocketException: Connection to 'http://127.0.0.1:8080/ws#' was not upgraded to websocket`, []string{"message Dart, not 101"}},
	{`The WebSocket handshake was declined by the remote peer`, []string{"message Beast, declined"}},
	{`HS: ws upgrade response not 101`, []string{"message libwebsockets, not 101"}},
	{`error: unable to upgrade connection: Forbidden (user=x, verb=create, resource=pods/exec)`, []string{"message kubectl, upgrade"}},
	{`unable to upgrade streaming request: pod does not exist`, []string{"message kubectl, upgrade"}},
	{`Unhandled http status code: 403`, []string{"message Qt, not 101", "status 403"}},
	{`Invalid HTTP status.`, []string{"message websocketpp, not 101"}},
	{`curl: (22) Refused WebSockets upgrade: 403`, []string{"message curl, not 101", "status 403"}},

	{`Error during WebSocket handshake: Incorrect 'Sec-WebSocket-Accept' header value`, []string{"message accept wrong", "finding opt-accept-bad"}},
	{`Error during WebSocket handshake: Sent non-empty 'Sec-WebSocket-Protocol' header but no response was received`, []string{"message subprotocol not answered"}},
	{`WebSocket connection to 'wss://h/' failed: Invalid frame header`, []string{"message invalid frame header"}},
	{`RangeError: Invalid WebSocket frame: RSV1 must be clear`, []string{"finding frame-rsv"}},
	{`websockets.exceptions.ConnectionClosedError: no close frame received or sent`, []string{"message websockets, no close", "close 1006"}},
	{`websocket: close 1006 (abnormal closure): unexpected EOF`, []string{"message gorilla, abnormal", "close 1006"}},
	{`read: websocket: close 4401: Unauthorized`, []string{"message gorilla, close code", "close 4401 of graphql-transport-ws"}},
	{`received 1011 (internal error) keepalive ping timeout; then sent 1011 (internal error) keepalive ping timeout`, []string{"message websockets, keepalive", "finding close-1011-server-error"}},
	{`Error: getaddrinfo ENOTFOUND chat.example`, []string{"message name not found"}},
	{`dial tcp: lookup chat.example on 10.0.0.2:53: no such host`, []string{"message name not found"}},
	{`dial tcp 10.0.0.1:8080: connect: connection refused`, []string{"message connection refused"}},
	{`[Errno 111] Connect call failed ('127.0.0.1', 8765)`, []string{"message connection refused"}},
	{`dial tcp 192.0.2.1:443: i/o timeout`, []string{"message connection timed out"}},
	{`read tcp 10.0.0.1:50000->10.0.0.2:443: read: connection reset by peer`, []string{"message connection reset"}},
	{`WebSocket connection to 'wss://h/' failed: Error in connection establishment: net::ERR_CERT_AUTHORITY_INVALID`, []string{"message certificate not trusted"}},
	{`write EPROTO 140:error:1408F10B:SSL routines:ssl3_get_record:wrong version number:../deps/openssl/ssl/record/ssl3_record.c:332`, []string{"message TLS to a plain port"}},
	{`net::ERR_CERT_SOMETHING_NEW`, []string{"message certificate not trusted"}},
	{`WebSocket is closed before the connection is established.`, []string{"message closed while connecting"}},
	{`{"level":"error","msg":"dial \"wss://h/ws\": websocket: bad handshake","status":404}`, []string{"message gorilla, bad handshake", "status 404"}},
	{"\x1b[31m10:00:00 ERR\x1b[0m socket \x1b[1mhang up\x1b[0m", []string{"message Node, hang up"}},
	{`10.0.0.9 - - [20/Nov/2026:10:00:00 +0000] "GET /ws HTTP/1.1" 426 16 "-" "node"`, []string{"status 426"}},
	{`WebSocket connection to 'wss://x/' failed: `, []string{"message Chrome, failed"}},
	{`2026/11/20 10:00:00 [error] 7#7: *1 upstream timed out (110: Connection timed out) while proxying upgraded connection, client: 10.0.0.9`, []string{"message nginx, upstream timed out"}},
	{`2026/11/20 10:00:00 [error] 7#7: *1 connect() failed (111: Connection refused) while connecting to upstream, client: 10.0.0.9`, []string{"message nginx, upstream refused", "status 502"}},
	{`websocket: the client is not using the websocket protocol: 'upgrade' token not found in 'Connection' header`, []string{"message gorilla, not a handshake"}},
	{`[disconnect] reason: transport close`, []string{"message socket.io, transport closed"}},
	{`WebSocket closed: code=1006 reason= wasClean=false`, []string{"close 1006"}},
}

func TestAskMessages(t *testing.T) {
	for _, tt := range messages {
		got := names(book(t).Ask(tt.text))
		last := -1
		for _, want := range tt.want {
			at := slices.Index(got, want)
			if at <= last {
				t.Errorf("%q: got %q, want %q", tt.text, got, tt.want)
				break
			}
			last = at
		}
	}
}

// A name or number inside another is not found.
func TestAskBoundaries(t *testing.T) {
	for _, text := range []string{"EPIPELINE", "xECONNREFUSEDx", "port 40300 and 14031 of 99999", "the clean room was open and lost"} {
		if a := book(t).Ask(text); len(a.Matches) > 0 {
			t.Errorf("%q: got %q, want nothing", text, names(a))
		}
	}
}

func TestAskUnknown(t *testing.T) {
	for _, tt := range []struct{ question, near string }{
		{"opt-acept-bad", "opt-accept-bad"},
		{"close-abnormal", "close-abnormal-1006"},
		{"rejectd", "rejected"},
		{"discord says no", "4004"},
	} {
		a := book(t).Ask(tt.question)
		if len(a.Matches) > 0 {
			t.Errorf("%q: got %q, want nothing", tt.question, names(a))
		}
		var near []string
		for _, e := range a.Near {
			near = append(near, e.Key)
		}
		if !slices.ContainsFunc(near, func(s string) bool { return strings.Contains(s, tt.near) }) && tt.near != "4004" || len(near) == 0 {
			t.Errorf("%q: near %q, want %q among them", tt.question, near, tt.near)
		}
	}
}

// What is longer than a log line costs no more than a moment.
func TestAskIsBounded(t *testing.T) {
	for _, part := range []string{"http ", "websocket: close ", "dial tcp x ", "\" ", "a", "\x1b[", "ECONNREFUSED ", "mixed content: "} {
		text := strings.Repeat(part, (2<<20)/len(part))
		begin := time.Now()
		a := book(t).Ask(text)
		took := time.Since(begin)
		t.Logf("%q: %v", part, took)
		if took > 10*time.Second {
			t.Errorf("%q: took %v", part, took)
		}
		if !a.Cut {
			t.Errorf("%q: nothing says that the text was cut", part)
		}
		if len(a.Matches) > maxMatches {
			t.Errorf("%q: %d matches", part, len(a.Matches))
		}
	}
}

// Every entry is complete, and is found by its key and by the texts it is about.
func TestData(t *testing.T) {
	b := book(t)
	seen := make(map[string]bool)
	for _, e := range b.entries {
		name := fmt.Sprintf("%s %q %q", e.Kind, e.Key, e.Product)
		if e.Key == "" || e.Title == "" {
			t.Errorf("%s: has no title", name)
		}
		if !e.quiet && e.Means == "" && e.Kind != KindFinding {
			t.Errorf("%s: has no meaning", name)
		}
		if !slices.Contains(Kinds(), e.Kind) {
			t.Errorf("%s: unknown kind", name)
		}
		if seen[name] && !e.quiet {
			t.Errorf("%s: is there twice", name)
		}
		seen[name] = true
		texts := slices.Concat(e.Causes, e.Check)
		for _, s := range e.Sections {
			texts = append(texts, s.Items...)
			if s.Title == "" || len(s.Items) == 0 {
				t.Errorf("%s: a section %q of %d items", name, s.Title, len(s.Items))
			}
		}
		for _, text := range texts {
			if strings.HasSuffix(text, ".") {
				t.Errorf("%s: %q ends in a full stop", name, text)
			}
		}
		for _, key := range e.see {
			_, rest, _ := strings.Cut(key, " ")
			if len(b.byName[fold(rest)])+len(b.byName[fold(key)]) == 0 {
				t.Errorf("%s: leads to %q, which is not there", name, key)
			}
		}
		if e.quiet || e.Kind == KindTimer {
			continue
		}
		if got := b.Ask(e.Key); !slices.ContainsFunc(got.Matches, func(m Match) bool { return m.Entry == e }) && e.to == 0 {
			t.Errorf("%s: is not found by its key, but %q", name, names(got))
		}
	}
	for i := range b.patterns {
		p := &b.patterns[i]
		if len(p.pieces) == 0 || p.pieces[0].hole != "" {
			t.Errorf("%v: a pattern begins with text", p.pieces)
			continue
		}
		var sample strings.Builder
		for _, x := range p.pieces {
			sample.WriteString(map[string]string{"": x.text, "any": "x y", "status": "403", "code": "1008"}[x.hole])
		}
		if found := p.in("at 12:00:00 " + sample.String() + " (10.0.0.1:443)"); len(found) != 1 {
			t.Errorf("%s: its own text has it %d times", sample.String(), len(found))
		}
	}
}

// later are findings of rules that are not there yet: names and connects, TLS, patterns
// and a few more.
var later = regexp.MustCompile(`^(dns|tcp|icmp|tls|tls13|pattern)-|^(engineio-path-mismatch|silent-close-server|req-early-data|socks-refused)$`)

// Findings that data names are those of the catalogue, or of work that is not there
// yet.
func TestDataNamesFindings(t *testing.T) {
	all, err := pages()
	if err != nil {
		t.Fatal(err)
	}
	c, err := classify.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range all {
		for _, it := range p.Entries {
			for _, id := range it.Findings {
				if c.Lookup(id) == nil && !later.MatchString(id) {
					t.Errorf("%s: names the finding %q, which is not in the catalogue", it.Key, id)
				}
			}
		}
	}
}

func FuzzAsk(f *testing.F) {
	for _, m := range messages {
		f.Add(m.text)
	}
	f.Add("403")
	f.Add("\xff\x1b[\\\"“")
	f.Fuzz(func(t *testing.T, question string) {
		a := book(t).Ask(question)
		if len(a.Matches) > maxMatches || len(a.Near) > maxNear {
			t.Errorf("%d matches, %d near", len(a.Matches), len(a.Near))
		}
		for i := range a.Matches {
			if m := &a.Matches[i]; m.Text != "" && !strings.Contains(question, m.Text) {
				t.Errorf("matched %q is not in the question", m.Text)
			}
		}
	})
}
