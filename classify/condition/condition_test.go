package condition

import (
	"errors"
	"strings"
	"testing"

	"wstap/decode"
)

func ptr[T any](v T) *T { return &v }

// rejected is an attempt with few facts: no websocket messages, no close, no
// timing but the answer's.
func rejected() *decode.Attempt {
	return &decode.Attempt{
		Kind: "attempt", V: 1, N: 1, Client: "10.0.0.5:51234", Server: "10.0.0.9:80",
		Verdict: decode.VerdictRejected, Ending: decode.EndingNone,
		HTTP: &decode.HTTP{
			Version: "1.1", Method: "GET", URI: "/ws/chat?room=1", Host: "ws.example.com",
			Origin: "https://evil.example", Status: 403, Reason: "Forbidden",
			RequestHeaders:  []decode.Header{{"Host", "ws.example.com"}, {"origin", "https://evil.example"}, {"X-Two", "a"}, {"X-Two", "b"}},
			ResponseHeaders: []decode.Header{{"Server", "nginx"}},
		},
		WebSocket: &decode.WebSocket{Version: "13", KeyValid: ptr(true), SubprotocolsOffered: []string{"chat", "mqtt"}},
		TCP:       &decode.TCP{SYNCount: 1},
		Timing:    &decode.Timing{AnswerMS: ptr(12.5)},
	}
}

// accepted is an attempt with a session.
func accepted() *decode.Attempt {
	return &decode.Attempt{
		Kind: "attempt", V: 1, N: 2, Verdict: decode.VerdictAccepted, Ending: decode.EndingClean,
		HTTP: &decode.HTTP{URI: "/live", Status: 101, Interim: []int{100, 103}},
		WebSocket: &decode.WebSocket{
			Messages:   &decode.Pair{Client: 12, Server: 3},
			Violations: []decode.Violation{{Rule: "mask-missing", Direction: "client", Packet: 12}},
			Frames:     &decode.Frames{Server: decode.FrameCounts{Text: 3}},
		},
		Close:  &decode.Close{Code: ptr(1001), By: "server", ServerCode: ptr(1001)},
		Timing: &decode.Timing{OpenMS: ptr(1500.25)},
	}
}

func TestMatch(t *testing.T) {
	tests := []struct {
		where              string
		rejected, accepted bool
	}{
		// Plain comparisons of every kind of field.
		{`http.status == 403`, true, false},
		{`http.status == 403 && http.origin contains "evil"`, true, false},
		{`verdict != "accepted"`, true, false},
		{`verdict in ["accepted", "rejected"]`, true, true},
		{`ending == "clean" or http.status >= 400`, true, true},
		{`websocket.messages.client > 3`, false, true},
		{`websocket.messages.client + websocket.messages.server == 15`, false, true},
		{`websocket.frames.server.text == 3`, false, true},
		{`close.code in [1001, 1006]`, false, true},
		{`close.server_code == close.code`, false, true},
		{`http.uri matches "^/ws"`, true, false},
		{`http.uri startsWith "/l" and http.uri endsWith "e"`, false, true},
		{`timing.open_ms > 1000`, false, true},
		{`timing.open_ms > 1500.2 and timing.open_ms < 1501`, false, true},
		{`websocket.key_valid`, true, false},
		{`websocket.key_valid == true`, true, false},
		{`"mqtt" in websocket.subprotocols_offered`, true, false},
		{`websocket.subprotocols_offered[1] == "mqtt"`, true, false},
		{`103 in http.interim`, false, true},
		{`any(websocket.violations, .rule == "mask-missing")`, false, true},
		{`any(websocket.violations, .packet > 11 and .direction == "client")`, false, true},
		{`any(http.request_headers, #[0] == "X-Two" and #[1] == "b")`, true, false},
		{`count(websocket.violations, .rule != "") == 1`, false, true},
		{`len(http.uri) > 10`, true, false},
		{`lower(http.host) == "ws.example.com"`, true, false},
		{`http["status"] == 403`, true, false},
		{`http?.status == 403`, true, false},
		{`400 <= http.status < 500`, true, false},
		{`let s = http.status; s == 403 or s == 404`, true, false},
		{`true`, true, true},

		// Absent facts: every comparison is false.
		{`close.code == 1000`, false, false},
		{`close.code != 1000`, false, true},
		{`close.code < 5000`, false, true},
		{`close.code > 0`, false, true},
		{`not (close.code == 1000)`, true, true},
		{`not (close.code == 1001)`, true, false},
		{`close.code in [0]`, false, false},
		{`close.code not in [1000]`, false, true},
		{`not (close.code in [1000])`, true, true},
		{`http.origin contains ""`, true, false},
		{`http.origin not contains "nginx"`, true, false},
		{`http.origin matches ".*"`, true, false},
		{`not (http.origin matches ".*")`, false, true},
		{`http.origin not matches "zzz"`, true, false},
		{`http.origin == ""`, false, false},
		{`http.origin == http.origin`, true, false},
		{`websocket.messages.client == 0`, false, false},
		{`websocket.key_valid == false`, false, false},
		{`not websocket.key_valid`, false, true},
		{`websocket.accept_valid`, false, false},
		{`websocket.accept_valid or true`, true, true},
		{`timing.open_ms - timing.answer_ms < 1e9`, false, false},
		{`-close.code < 0`, false, true},
		{`len(http.origin) >= 0`, true, false},
		{`hasPrefix(http.origin, "")`, true, false},
		{`websocket.subprotocols_offered[7] != "x"`, false, false},
		{`websocket.subprotocols_offered[-1] == "mqtt"`, true, false},
		{`"x" not in websocket.subprotocols_offered`, true, false},
		{`all(websocket.violations, .rule == "mask-missing")`, false, true},
		{`none(websocket.violations, .rule == "mask-missing")`, true, false},
		{`one(websocket.violations, true)`, false, true},
		{`len(websocket.violations) >= 0`, false, true},
		{`(close.code ?? 1006) == 1006`, true, false},
		{`(http.origin ?? server_name ?? "none") == "none"`, false, true},
		{`(http.origin ?? server_name) != "x"`, true, false},
		{`(has(close) ? close.code : 0) == 0`, true, false},
		{`(http.status == 403 ? close.code : http.status) > 0`, false, true},
		{`if has(close) { close.code == 1001 } else { true }`, true, true},
		{`let c = close.code; c != 1`, false, true},
		{`not ((let i = 9; websocket.subprotocols_offered[i]) == "x")`, true, true},

		// Functions.
		{`has(close)`, false, true},
		{`has(http.origin) and not has(server_name)`, true, false},
		{`has(websocket.violations)`, false, true},
		{`has(websocket.subprotocols_offered[1])`, true, false},
		{`header("Origin") == "https://evil.example"`, true, false},
		{`header("x-two") == "a"`, true, false},
		{`header("Absent") != "a"`, false, false},
		{`has(header("ORIGIN"))`, true, false},
		{`response_header("server") contains "nginx"`, true, false},
		{`response_header("server") not contains "apache"`, true, false},
		{`header(http.reason) == "x"`, false, false},

		// What fails only when it runs does not match.
		{`http.uri matches http.origin + "("`, false, false},
		{`http.status % (http.status - http.status) == 1`, false, false},
	}
	rows := []*decode.Attempt{rejected(), accepted()}
	for _, tt := range tests {
		p, err := Compile(tt.where)
		if err != nil {
			t.Errorf("%s: %v", tt.where, err)
			continue
		}
		for i, want := range []bool{tt.rejected, tt.accepted} {
			if got := p.Match(rows[i]); got != want {
				t.Errorf("%s on %s: %v, want %v", tt.where, rows[i].Verdict, got, want)
			}
		}
		p.Match(&decode.Attempt{}) // knows nothing, and that is no error
	}
}

func TestCompileErrors(t *testing.T) {
	tests := []struct{ where, want string }{
		{`http.statsu == 403`, `1:6: unknown name "http.statsu" (did you mean http.status?)`},
		{`verdict == "x" &&` + "\n  origin == 1", `2:3: unknown name "origin" (did you mean http.origin?)`},
		{`http == 1`, `1:1: http is a group of facts (use has(http), or one of its facts such as http.version)`},
		{`http.status`, `1:1: expected bool, but got int (a condition is true or false, such as http.status == 403)`},
		{`http.status == "403"`, `mismatched types int and string`},
		{`not http.status == 403`, `not binds tighter`},
		{`http.origin == nil`, `use has(x) or not has(x)`},
		{`websocket.violations.rule == "x"`, `use any(websocket.violations, .rule == …)`},
		{`any(websocket.violations, .rul == "x")`, `1:28: unknown field rul`},
		{`http.uri matches "("`, `missing closing )`},
		{`hsa(http.uri)`, `1:1: unknown function "hsa" (did you mean has`},
		{`has()`, `has takes one fact`},
		{`has(http.orign)`, `did you mean http.origin?`},
		{`header()`, `header takes one header name`},
		{`header(1) == "x"`, `1:8: cannot use int as argument`},
		{`$env.x == 1`, `$env is not available`},
		{`now() == now()`, `unknown function "now"`},
		{`http.status == `, `unexpected token EOF`},
		{``, `unexpected token EOF`},
		{`http.status == 403 foo`, `1:20: unexpected token`},
		{strings.Repeat("(", maxSource+1), `longer than`},
	}
	for _, tt := range tests {
		_, err := Compile(tt.where)
		var e *Error
		if !errors.As(err, &e) {
			t.Errorf("%.60s: error %v, want an *Error", tt.where, err)
			continue
		}
		if !strings.Contains(e.Error(), tt.want) {
			t.Errorf("%.60s:\n got %s\nwant %s", tt.where, e, tt.want)
		}
	}
}

func TestMatchConcurrently(t *testing.T) {
	p, err := Compile(`http.status == 403 and header("Origin") contains "evil"`)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan bool)
	for range 4 {
		go func() {
			right := true
			for range 500 {
				right = right && p.Match(rejected()) && !p.Match(accepted())
			}
			done <- right
		}()
	}
	for range 4 {
		if !<-done {
			t.Error("wrong answer under concurrency")
		}
	}
}

func BenchmarkMatch(b *testing.B) {
	p, err := Compile(`http.status == 403 && http.origin contains "evil"`)
	if err != nil {
		b.Fatal(err)
	}
	a := rejected()
	for b.Loop() {
		p.Match(a)
	}
}

func FuzzCondition(f *testing.F) {
	for _, s := range []string{
		`http.status == 403 && http.origin contains "evil"`, `any(websocket.violations, .rule == "mask-missing")`,
		`let a = http.uri; a[1:3] not in ["x"] ?? true`, `has(http?.status) ? close.code : {"a": 1}["a"]`,
		`-timing.open_ms ** 2 .. 3 | len`, `header(http.uri)[0]; response_header("x") matches "("`,
		`reduce(http.interim, #acc + #, 0) > 1`, `map(websocket.violations, {.rule})[0]`, `if true { 1 } else { has(has(x)) }`,
	} {
		f.Add(s)
	}
	rows := []*decode.Attempt{rejected(), accepted(), {}}
	f.Fuzz(func(t *testing.T, source string) {
		p, err := Compile(source)
		if (p == nil) == (err == nil) {
			t.Fatalf("Compile(%q) = %v, %v", source, p, err)
		}
		if err != nil {
			return
		}
		for _, a := range rows {
			if first := p.Match(a); p.Match(a) != first {
				t.Fatalf("%q gave two answers", source)
			}
		}
	})
}
