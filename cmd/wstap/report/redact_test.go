package report

import (
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"wstap/classify/secret"
	"wstap/decode"
)

func TestRedactAttempt(t *testing.T) {
	a := samples()[0]
	a.HTTP.Redirect = "https://login.example.com/?ticket=s3cr3t-s3cr3t-s3cr3t"
	a.HTTP.ResponseBody = `<a href="/chat?token=s3cr3t-s3cr3t-s3cr3t">`
	a.HTTP.ResponseHeaders = append(a.HTTP.ResponseHeaders, decode.Header{"X-Echo", "was s3cr3t-s3cr3t-s3cr3t"})
	a.Close.Reason = "bad token s3cr3t-s3cr3t-s3cr3t"
	a.WebSocket.SubprotocolsOffered = []string{"chat", "bearer.s3cr3t-s3cr3t-s3cr3t"}
	a.WebSocket.Subprotocol = "bearer.s3cr3t-s3cr3t-s3cr3t"
	a.WebSocket.FirstMessage = &decode.FirstTexts{Client: `{"token":"s3cr3t-s3cr3t-s3cr3t"}`}
	a.HTTP.RequestHeaders = append(a.HTTP.RequestHeaders, decode.Header{"Sec-WebSocket-Protocol", "chat, bearer.s3cr3t-s3cr3t-s3cr3t"})
	before := standard(t, a)

	all := []Options{
		{Format: "json"}, {Format: "csv"}, {Format: "table", Table: TableOptions{Width: 400, Verbose: true}},
		{Format: "fields", Fields: []string{"http.uri", "http.request_headers", "http.request_header.cookie", "websocket.subprotocol", "http.response_body", "close.reason"}},
	}
	for _, o := range all {
		out := writeOne(t, o, secret.NewRedactor().Redact(a))
		for _, word := range []string{"s3cr3t-s3cr3t", "0123456789abcdef", "dark"} {
			if strings.Contains(out, word) {
				t.Errorf("%s shows %q:\n%s", o.Format, word, out)
			}
		}
		if !strings.Contains(out, "<redacted 20 bytes sha256:759abb7a>") {
			t.Errorf("%s does not show what was redacted:\n%s", o.Format, out)
		}
		if !strings.Contains(writeOne(t, o, a), "s3cr3t-s3cr3t-s3cr3t") {
			t.Errorf("%s does not show secrets when asked to", o.Format)
		}
	}
	if diff := cmp.Diff(before, standard(t, a)); diff != "" {
		t.Errorf("Redact changed the original:\n%s", diff)
	}
	if plain := samples()[4]; secret.NewRedactor().Redact(plain) != plain {
		t.Error("an attempt without secrets was copied")
	}
}

// TestRedactKeepsTheRest checks that only text changes.
func TestRedactKeepsTheRest(t *testing.T) {
	for _, a := range samples() {
		r := secret.NewRedactor().Redact(a)
		if !reflect.DeepEqual(a.Timing, r.Timing) || a.Verdict != r.Verdict || a.HTTP != nil && a.HTTP.Status != r.HTTP.Status {
			t.Errorf("attempt %d changed in redaction", a.N)
		}
	}
}
