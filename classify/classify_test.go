package classify

import (
	"slices"
	"strings"
	"testing"

	"wstap/decode"
)

// catalogueOf returns a catalogue that holds only what source says.
func catalogueOf(t *testing.T, source string) *Catalogue {
	t.Helper()
	c := &Catalogue{byID: make(map[string]*Rule)}
	if err := c.add("test.yaml", []byte(source)); err != nil {
		t.Fatal(err)
	}
	c.mark()
	if err := c.Check(); err != nil {
		t.Fatal(err)
	}
	return c
}

const small = `
rules:
  - {id: status, title: S, phase: http, severity: error, certainty: proof, when: http.status == 403, because: 'status {http.status}', packets: [request, response]}
  - {id: product, title: P, phase: http, severity: error, certainty: strong, when: 'response_header("Server") == "p"', because: 'Server {response_header("Server")}', explains: [sta*]}
  - {id: defect, title: D, phase: http, severity: error, certainty: proof, when: 'has(http.origin) and found("product")', because: 'Origin {http.origin}', explains: [product, status]}
  - {id: guess, title: G, phase: http, severity: error, certainty: hint, when: http.status == 403, because: 'perhaps', explains: [status]}
  - {id: by, title: B, phase: http, severity: info, certainty: hint, when: answered_by.name == "P p", because: '{answered_by.name}'}
  - id: cases
    title: C
    phase: http
    severity: error
    certainty: hint
    when: http.status in [403, 404]
    because: 'case'
    causes: [any]
    variants:
      - {when: http.uri == "/one", certainty: proof, because: 'one {http.uri}', causes: [first]}
      - {when: http.uri == "/one" or http.uri == "/two", severity: warning, title: Two}
answers:
  - {rule: [product], name: 'P {response_header("Server")}', role: origin}
  - {when: has(http.status), name: unknown, role: unknown, certainty: hint, because: nothing}
`

func refusedAttempt() *decode.Attempt {
	return &decode.Attempt{
		Verdict: decode.VerdictRejected,
		HTTP:    &decode.HTTP{URI: "/", Status: 403, ResponseHeaders: []decode.Header{{"Server", "p"}}},
		Packets: &decode.Packets{Request: 4, Response: 6},
	}
}

func ids(a *decode.Attempt) string {
	var out []string
	for _, f := range a.Findings {
		id := f.ID
		if f.ConsequenceOf != "" {
			id += "<" + f.ConsequenceOf
		}
		out = append(out, id)
	}
	return strings.Join(out, " ")
}

func TestFindings(t *testing.T) {
	c := New(catalogueOf(t, small))
	tests := []struct {
		name   string
		change func(*decode.Attempt)
		want   string // ids in order, "<" before what explains it
		by     string
	}{
		{"the product explains the status", func(*decode.Attempt) {}, "product guess cases by status<product", "P p"},
		{"the defect explains both", func(a *decode.Attempt) { a.HTTP.Origin = "o" }, "defect guess cases by status<defect product<defect", "P p"},
		{"a hint explains nothing", func(a *decode.Attempt) { a.HTTP.ResponseHeaders = nil }, "status guess cases", "unknown"},
		{"a variant is surer", func(a *decode.Attempt) { a.HTTP.URI = "/one" }, "cases product guess by status<product", "P p"},
		{"a variant is milder", func(a *decode.Attempt) { a.HTTP.URI = "/two" }, "product guess cases by status<product", "P p"},
		{"nothing", func(a *decode.Attempt) { a.Verdict, a.HTTP = decode.VerdictAccepted, nil }, "", ""},
	}
	for _, tt := range tests {
		a := refusedAttempt()
		tt.change(a)
		c.Explain(a, a)
		by := ""
		if a.AnsweredBy != nil {
			by = a.AnsweredBy.Name
		}
		if got := ids(a); got != tt.want || by != tt.by {
			t.Errorf("%s: %s by %q, want %s by %q", tt.name, got, by, tt.want, tt.by)
		}
	}
}

func TestVariants(t *testing.T) {
	c := New(catalogueOf(t, small))
	for uri, want := range map[string]decode.Finding{
		"/one": {Certainty: decode.Proof, Severity: decode.SeverityError, Title: "C", Because: "one /one", Causes: []string{"first"}},
		"/two": {Certainty: decode.Hint, Severity: decode.SeverityWarning, Title: "Two", Because: "case", Causes: []string{"any"}},
		"/":    {Certainty: decode.Hint, Severity: decode.SeverityError, Title: "C", Because: "case", Causes: []string{"any"}},
	} {
		a := refusedAttempt()
		a.HTTP.URI = uri
		c.Explain(a, a)
		i := slices.IndexFunc(a.Findings, func(f decode.Finding) bool { return f.ID == "cases" })
		f := a.Findings[i]
		if f.Certainty != want.Certainty || f.Severity != want.Severity || f.Title != want.Title || f.Because != want.Because || !slices.Equal(f.Causes, want.Causes) {
			t.Errorf("%s: %+v, want %+v", uri, f, want)
		}
	}
}

// Texts quote what may be shown; conditions see what was captured.
func TestTextsQuoteWhatIsShown(t *testing.T) {
	c := New(catalogueOf(t, small))
	a := refusedAttempt()
	a.HTTP.Origin = "https://user:secret@a"
	shown := *a
	http := *a.HTTP
	http.Origin = "https://<redacted>@a"
	shown.HTTP = &http
	c.Explain(a, &shown)
	if got := a.Findings[0].Because; got != "Origin https://<redacted>@a" {
		t.Errorf("because %q", got)
	}
	if ids(a) != ids(&shown) || shown.AnsweredBy == nil {
		t.Error("the record that is shown has other findings")
	}
}

func TestPackets(t *testing.T) {
	c := New(catalogueOf(t, small))
	a := refusedAttempt()
	c.Explain(a, a)
	f := a.Findings[len(a.Findings)-1]
	if f.ID != "status" || !slices.Equal(f.Packets, []uint64{4, 6}) || f.Files != nil {
		t.Errorf("%s cites %v in %v", f.ID, f.Packets, f.Files)
	}
	a = refusedAttempt()
	a.Files = &decode.Files{Request: "a.pcap", Response: "b.pcap"}
	a.Packets = &decode.Packets{Request: 9, Response: 9}
	c.Explain(a, a)
	f = a.Findings[len(a.Findings)-1]
	if !slices.Equal(f.Packets, []uint64{9, 9}) || !slices.Equal(f.Files, []string{"a.pcap", "b.pcap"}) {
		t.Errorf("%s cites %v in %v", f.ID, f.Packets, f.Files)
	}
}

func TestLeaveOutInfo(t *testing.T) {
	c := New(catalogueOf(t, small))
	c.LeaveOutInfo()
	a := refusedAttempt()
	c.Explain(a, a)
	if got, want := ids(a), "product guess cases status<product"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// A healthy attempt costs no memory beyond what the Classifier holds.
func TestHealthyAttemptAllocatesNothing(t *testing.T) {
	c := New(builtin(t))
	valid, code := true, 1000
	a := &decode.Attempt{
		Server: "192.0.2.1:80", Verdict: decode.VerdictAccepted, Ending: decode.EndingClean,
		HTTP: &decode.HTTP{
			Version: "1.1", Method: "GET", URI: "/chat", Host: "a", Status: 101, Reason: "Switching Protocols",
			RequestHeaders:  []decode.Header{{"Host", "a"}, {"Upgrade", "websocket"}, {"Connection", "Upgrade"}, {"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="}, {"Sec-WebSocket-Version", "13"}},
			ResponseHeaders: []decode.Header{{"Upgrade", "websocket"}, {"Connection", "Upgrade"}, {"Sec-WebSocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="}},
		},
		WebSocket: &decode.WebSocket{KeyValid: &valid, AcceptValid: &valid, Messages: &decode.Pair{Client: 1, Server: 1}},
		Close:     &decode.Close{Code: &code, By: "client"},
	}
	c.Explain(a, a)
	if len(a.Findings) > 0 {
		t.Errorf("findings %s", ids(a))
	}
	if n := testing.AllocsPerRun(100, func() { c.Explain(a, a) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
