package condition

import (
	"testing"

	"wstap/decode"
)

// TestSameOrigin follows RFC 6454 sections 4 to 6 and RFC 9110 section 4.2.
func TestSameOrigin(t *testing.T) {
	tests := []struct {
		origin, host string
		want         bool
	}{
		{"https://a.example", "a.example", true},
		{"https://A.example", "a.EXAMPLE", true},
		{"https://a.example", "a.example:443", true},
		{"https://a.example:443", "a.example", true},
		{"http://a.example", "a.example:80", true},
		{"http://a.example", "a.example:443", false},
		{"https://a.example", "a.example:8443", false},
		{"http://127.0.0.1:9001", "127.0.0.1:9001", true},
		{"http://127.0.0.1:9001", "127.0.0.1:9002", false},
		{"http://[fd77::1]:80", "[fd77::1]", true},
		{"https://evil.example", "a.example", false},
		{"https://a.example.evil.example", "a.example", false},
		{"null", "a.example", false},
		{"file://", "a.example", false},
		{"", "", false},
		{"https://a.example", "", false},
	}
	for _, tt := range tests {
		if got := sameOrigin(tt.origin, tt.host); got != tt.want {
			t.Errorf("sameOrigin(%q, %q) = %v", tt.origin, tt.host, got)
		}
	}
}

func TestFunctions(t *testing.T) {
	a := rejected()
	a.HTTP.RequestHeaders = append(a.HTTP.RequestHeaders,
		decode.Header{"Connection", "keep-alive,  Upgrade"}, decode.Header{"connection ", "CLOSE,,"}, decode.Header{"Cookie", "a=b"})
	a.Findings = []decode.Finding{{ID: "http-403"}}
	for where, want := range map[string]bool{
		`header_list("Connection") == ["keep-alive", "upgrade", "close"]`: true,
		`"upgrade" in header_list("CONNECTION")`:                          true,
		`"upgrade" in header_list("Absent")`:                              false,
		`"upgrade" not in header_list("Absent")`:                          false,
		`not ("upgrade" in header_list("Absent"))`:                        true,
		`has(header_list("Absent"))`:                                      false,
		`header_count("connection") == 2`:                                 true,
		`header_count("Absent") == 0`:                                     true,
		`response_header_count("Server") == 1`:                            true,
		`response_header_list("Server") == ["nginx"]`:                     true,
		`same_origin(http.origin, http.host)`:                             false,
		`same_origin(server_name, http.host)`:                             false, // absent
		`found("http-403")`:                                               true,
		`found("http-404")`:                                               false,
		`credentials() == ["cookie"]`:                                     true,
		`"cookie" in credentials()`:                                       true,
		`len(credentials()) == 0`:                                         false,
		`span(timing.answer_ms) == "12 ms"`:                               true,
		`span(timing.open_ms) == "12 ms"`:                                 false, // absent
	} {
		p, err := Compile(where)
		if err != nil {
			t.Errorf("%s: %v", where, err)
			continue
		}
		if got := p.Match(a); got != want {
			t.Errorf("%s: %v, want %v", where, got, want)
		}
	}
}

func TestLoopback(t *testing.T) {
	for addr, want := range map[string]bool{
		"127.0.0.1:80": true, "127.8.9.1": true, "[::1]:80": true, "::1": true, "[::ffff:127.0.0.1]:1": true,
		"128.0.0.1:80": false, "[fd77::1]:80": false, "localhost:80": false, "": false,
	} {
		if got := loopback(addr); got != want {
			t.Errorf("loopback(%q) = %v", addr, got)
		}
	}
}

func TestSpan(t *testing.T) {
	for ms, want := range map[float64]string{
		0.25: "0.2 ms", 9.9: "9.9 ms", 9.96: "10 ms", 999: "999 ms", 999.6: "1.0 s", 1002: "1.0 s", 60010: "60.0 s", 119000: "119.0 s",
		120000: "2 min 0 s", 3661000: "61 min 1 s", 7200000: "2 h 0 min", 86400000: "24 h 0 min", -5: "-5.0 ms",
	} {
		if got := Span(ms); got != want {
			t.Errorf("Span(%v) = %q, want %q", ms, got, want)
		}
	}
}
