package condition

import (
	"slices"
	"testing"

	"wstap/decode"
)

// A condition that holds has its demands met: whoever looks at them first misses
// nothing. The conditions are those of the other tests.
func TestDemandsAreNecessary(t *testing.T) {
	rows := []*decode.Attempt{rejected(), accepted(), {}, {Close: &decode.Close{Code: ptr(0)}}}
	for _, where := range []string{
		`http.status == 403`, `http.status in [401, 403] and http.origin contains "evil"`, `verdict in ["accepted", "rejected"]`,
		`verdict == "accepted" and verdict in ["accepted"]`, `close.code in [1001, 1006] and close.by == "server"`, `ending == "clean"`,
		`any(websocket.violations, .rule == "mask-missing") and has(close)`, `has(http.origin) and not has(server_name)`,
		`websocket.messages.client > 3 and timing.open_ms > 1000`, `http.status == 403 or http.status == 101`,
		`not (http.status == 999)`, `tcp.syn_count == 1 and http.reason == "Forbidden"`, `websocket.key_valid == true and http.status == 403`,
		`not has(close)`, `close.code == 0`, `has(close.code)`, `not (close.code == 1000)`, `close.code not in [1000]`, `http.status not in [1, 2] and not has(server_name)`, `not (has(close) and close.code == 1001)`,
		`(close.by == "server" and timing.open_ms <= 2000) or (http.status == 403 and not has(close))`, `timing.open_ms > 1500.2`, `-5 < http.status`,
		`not (timing.open_ms > 9999)`, `websocket.key_valid`, `not websocket.key_valid`, `not (http.origin contains "good")`, `!has(close) || true`,
		`http.status != 404 and not (http.status != 403)`, `not (not (http.status == 403))`, `close.code != 1000`,
		`"mqtt" in websocket.subprotocols_offered`, `http.uri startsWith "/" and http.uri matches "^/l"`, `none(websocket.violations, .rule == "x")`,
	} {
		p, err := Compile(where)
		if err != nil {
			t.Fatal(err)
		}
		d := DemandsOf(where)
		held := 0
		for i, a := range rows {
			met := d.Met(a) && (d.Verdicts() == nil || slices.Contains(d.Verdicts(), string(a.Verdict)))
			if p.Match(a) {
				held++
				if !met {
					t.Errorf("%s holds for row %d, and its demands are not met", where, i)
				}
			} else if met && d.Exact() {
				t.Errorf("%s does not hold for row %d, which meets all that it demands, exactly", where, i)
			}
		}
		if held == 0 {
			t.Errorf("%s holds for no row: it tests nothing", where)
		}
	}
}

func TestDemandsLeaveOut(t *testing.T) {
	for _, where := range []string{
		`http.status == 404 and http.origin contains "evil"`, `ending == "rst" and true`, `close.code == 1000 and has(http.uri)`,
		`has(close) and has(http.uri)`, `any(websocket.violations, .rule == "mask-missing")`, `http.reason in ["OK", "Found"]`, `tcp.syn_count in [3, 4]`,
		`has(header("Absent")) and len(http.uri) > 1`, `response_header_count("Transfer-Encoding") > 0 or header_count("Origin") == 0`, `header("Origin") startsWith "http:"`,
		`response_header("Server") == "x" and lower(http.uri) == "x"`, `"x" in header_list("Absent")`, `"x" in header_list("X-Two")`, `"x" in header_list("X-Two") and len(http.uri) > 1`, `"chat" not in http.interim and len(http.uri) > 1`,
		`close.by == "server"`, `timing.open_ms > 3`, `timing.answer_ms > 100 and lower(http.uri) == "x"`, `not has(http.origin) and len(http.uri) > 1`,
		`(close.by == "server" and lower(close.reason) == "x") or (http.status == 404 and len(http.uri) > 1)`, `not websocket.key_valid and len(http.uri) > 1`,
	} {
		if d := DemandsOf(where); d.Met(rejected()) {
			t.Errorf("%s: a rejected handshake meets its demands", where)
		}
	}
	if d := DemandsOf(`verdict == "accepted" and true`); !slices.Equal(d.Verdicts(), []string{"accepted"}) {
		t.Errorf("verdicts %q", d.Verdicts())
	}
	if d := DemandsOf(`http.status ==`); !d.Met(rejected()) || d.Verdicts() != nil {
		t.Error("what does not parse demands something")
	}
}
