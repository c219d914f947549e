package condition

import (
	"errors"
	"strings"
	"testing"
)

func TestText(t *testing.T) {
	tests := []struct{ source, want string }{
		{`plain`, `plain`},
		{``, ``},
		{`{http.status} {http.reason}`, `403 Forbidden`},
		{`Origin “{http.origin}” is not Host “{http.host}”`, `Origin “https://evil.example” is not Host “ws.example.com”`},
		{`{{not an expression}`, `{not an expression}`},
		{`after {timing.answer_ms} ms, {span(timing.answer_ms)}`, `after 12.5 ms, 12 ms`},
		{`code {close.code}`, `code (not known)`},
		{`{close.code ?? "none"}`, `none`},
		{`{header("x-two")}{response_header("Server")}`, `anginx`},
		{`{header("Absent")}`, `(not known)`},
		{`{websocket.subprotocols_offered}`, `chat, mqtt`},
		{`{len(http.uri)} {"}"} {true}`, `15 } true`},
		{`{http.status == 403 ? "no" : "yes"}`, `no`},
		{`{http.status * 1.0}`, `403`},
		{`{map(websocket.subprotocols_offered, upper(#))}`, `CHAT, MQTT`},
	}
	for _, tt := range tests {
		text, err := CompileText(tt.source)
		if err != nil {
			t.Errorf("%s: %v", tt.source, err)
			continue
		}
		if got := text.Value(rejected()); got != tt.want {
			t.Errorf("%s\n got %s\nwant %s", tt.source, got, tt.want)
		}
	}
}

func TestTextShortensWhatItQuotes(t *testing.T) {
	a := rejected()
	a.HTTP.URI = "/" + strings.Repeat("é", 4000)
	text, err := CompileText("{http.uri}")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := text.Value(a), "/"+strings.Repeat("é", maxQuoted-1)+"…"; got != want {
		t.Errorf("%d bytes: %s", len(got), got)
	}
}

func TestTextErrors(t *testing.T) {
	tests := []struct{ source, want string }{
		{`status {http.statsu}`, `1:14: unknown name "http.statsu" (did you mean http.status?)`},
		{"two lines\n{http.status +}", `2:14: unexpected token EOF`},
		{`é {http.status`, `1:3: { without its } ({{ is a brace)`},
		{`{}`, `1:2: unexpected token EOF`},
		{`{http}`, `1:2: http is a group of facts`},
		{`{now()}`, `unknown function "now"`},
	}
	for _, tt := range tests {
		_, err := CompileText(tt.source)
		var e *Error
		if !errors.As(err, &e) || !strings.Contains(e.Error(), tt.want) {
			t.Errorf("%q:\n got %v\nwant %s", tt.source, err, tt.want)
		}
	}
}

func FuzzText(f *testing.F) {
	for _, s := range []string{"{http.status}", "{{", "{header(\"x\")}", "{\"}\"}", "é{http.uri ?? `}`}"} {
		f.Add(s)
	}
	a := rejected()
	f.Fuzz(func(t *testing.T, source string) {
		text, err := CompileText(source)
		var e *Error
		if err != nil && !errors.As(err, &e) {
			t.Fatalf("%q: %v is no *Error", source, err)
		}
		if err == nil {
			text.Value(a)
		}
	})
}
