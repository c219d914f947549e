package field

import (
	"slices"
	"testing"

	"wstap/decode"
)

func TestLookup(t *testing.T) {
	tests := map[string]Kind{
		"verdict":                        Text,
		"n":                              Integer,
		"http":                           Group,
		"http.status":                    Integer,
		"http.request_headers":           List,
		"websocket.key_valid":            Bool,
		"websocket.messages.client":      Integer,
		"websocket.frames.server.text":   Integer,
		"websocket.violations":           List,
		"timing.open_ms":                 Float,
		"close.client_code":              Integer,
		"capture.midstream":              Bool,
		"websocket.ping_rtt_ms.median":   Float,
		"websocket.first_message.client": Text,
	}
	for path, want := range tests {
		f, ok := Lookup(path)
		if !ok || f.Kind != want {
			t.Errorf("Lookup(%q) = %v %v, want %v", path, f.Kind, ok, want)
		}
	}
	for _, path := range []string{"", "http.", "UnixNano", "unix_nano", "HTTP.status"} {
		if _, ok := Lookup(path); ok {
			t.Errorf("Lookup(%q) found something", path)
		}
	}
}

func TestValueAbsent(t *testing.T) {
	code := 1001
	a := &decode.Attempt{
		Verdict: decode.VerdictAccepted,
		HTTP:    &decode.HTTP{Status: 101},
		Close:   &decode.Close{Code: &code, By: "client", ClientCode: &code},
		TCP:     &decode.TCP{},
	}
	tests := map[string]bool{
		"verdict":            true,
		"server_name":        false, // omitempty and empty
		"http":               true,
		"http.status":        true,
		"http.origin":        false,
		"websocket.key":      false, // no websocket at all
		"close.client_code":  true,
		"close.server_code":  false,
		"tcp.syn_count":      true, // 0 is a count, not an absence
		"tcp.first_fin":      false,
		"timing.open_ms":     false,
		"http.interim":       false,
		"capture.midstream":  false,
		"websocket.messages": false,
	}
	for path, want := range tests {
		f, _ := Lookup(path)
		if _, got := f.Value(a); got != want {
			t.Errorf("%s present = %v, want %v", path, got, want)
		}
	}
	f, _ := Lookup("close.client_code")
	if v, _ := f.Value(a); v.Int() != 1001 {
		t.Errorf("close.client_code = %v, want 1001", v)
	}
}

func TestSuggest(t *testing.T) {
	tests := map[string]string{
		"http.statsu":              "http.status",
		"status":                   "http.status",
		"origin":                   "http.origin",
		"http.user-agent":          "http.user_agent",
		"verdct":                   "verdict",
		"websocket.message.client": "websocket.messages.client",
		"close.status":             "http.status",
		"openms":                   "timing.open_ms",
	}
	for name, want := range tests {
		if got := Suggest(name); !slices.Contains(got, want) {
			t.Errorf("Suggest(%q) = %q, want %q among them", name, got, want)
		}
	}
	if got := Suggest("frobnicate_the_whole_thing"); len(got) > 0 {
		t.Errorf("Suggest of nonsense = %q", got)
	}
}
