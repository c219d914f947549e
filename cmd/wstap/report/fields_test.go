package report

import (
	"encoding/csv"
	"strings"
	"testing"

	"wstap/decode"
)

func TestFields(t *testing.T) {
	rows := samples()
	tests := []struct {
		name    string
		options []string
		fields  []string
		want    []string
	}{
		{"defaults", nil, []string{"http.host", "http.status", "close.code"}, []string{"ws.example.com\t101\t1000", "stream.example.com\t403\t"}},
		{"header", []string{"header=y", "separator=,"}, []string{"n", "verdict"}, []string{"n,verdict", "1,accepted", "2,rejected"}},
		{"quotes", []string{"quote=d", "separator=/s"}, []string{"close.reason", "http.method"}, []string{`"bye" "GET"`, ` "GET"`}},
		{"lists", []string{"aggregator=/s"}, []string{"websocket.subprotocols_offered"}, []string{"graphql-transport-ws graphql-ws", ""}},
		{"first", []string{"occurrence=f"}, []string{"websocket.subprotocols_offered"}, []string{"graphql-transport-ws", ""}},
		{"last", []string{"occurrence=l"}, []string{"websocket.subprotocols_offered"}, []string{"graphql-ws", ""}},
		{"header of a head", nil, []string{"http.request_header.origin", "http.response_header.server"}, []string{"https://app.example.com\t", "\tnginx"}},
		{"heads", []string{"occurrence=f"}, []string{"http.request_headers"}, []string{"Host: ws.example.com", "Host: stream.example.com"}},
		{"numbers", nil, []string{"timing.open_ms", "websocket.key_valid", "tcp.retransmissions.client"}, []string{"3212.4\ttrue\t0", "\t\t0"}},
	}
	for _, tt := range tests {
		format, err := ParseFieldFormat(tt.options)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		out := writeOne(t, Options{Format: "fields", Fields: tt.fields, FieldFormat: format}, rows[:2]...)
		if want := strings.Join(tt.want, "\n") + "\n"; out != want {
			t.Errorf("%s:\n got %q\nwant %q", tt.name, out, want)
		}
	}
	out := writeOne(t, Options{Format: "fields", Fields: []string{"websocket.violations.rule", "websocket.violations"}}, rows[5])
	if want := "mask-missing\t" + `{"rule":"mask-missing","direction":"client","packet":77,"offset":12}` + "\n"; out != want {
		t.Errorf("violations: got %q, want %q", out, want)
	}
}

func TestFieldErrors(t *testing.T) {
	tests := []struct {
		o    Options
		want string
	}{
		{Options{Format: "fields"}, "needs at least one -e FIELD"},
		{Options{Format: "fields", Fields: []string{"http.statsu"}}, `unknown field "http.statsu": did you mean http.status?`},
		{Options{Format: "csv", Fields: []string{"close"}}, "close is a group: name one of its fields (close.code, "},
		{Options{Format: "fields", Fields: []string{"zzzzzzzzzzz"}}, "the names are those of -T json"},
		{Options{Format: "json", Fields: []string{"n"}}, "-e goes with -T fields or -T csv"},
		{Options{Format: "xml"}, `unknown form "xml": use table, json, csv, fields`},
	}
	for _, tt := range tests {
		if _, err := New(nil, tt.o); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%+v: error %v, want %q", tt.o, err, tt.want)
		}
	}
	for _, o := range []string{"header=x", "separator=ab", "quote=z", "occurrence=", "bogus=1", ""} {
		if _, err := ParseFieldFormat([]string{o}); err == nil {
			t.Errorf("-E %q was accepted", o)
		}
	}
}

func TestCSV(t *testing.T) {
	out := writeOne(t, Options{Format: "csv"}, samples()...)
	records, err := csv.NewReader(strings.NewReader(out)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(records) != 7 || records[0][1] != "time" || records[1][18] != "accepted" {
		t.Errorf("unexpected records: %q", records)
	}
	if empty := writeOne(t, Options{Format: "csv", Fields: []string{"n"}}); empty != "n\n" {
		t.Errorf("without rows: %q", empty)
	}
}

// TestCellsAreInert writes every hostile text through CSV and fields.
func TestCellsAreInert(t *testing.T) {
	for name, text := range hostile() {
		a := &decode.Attempt{HTTP: &decode.HTTP{URI: text}}
		out := writeOne(t, Options{Format: "csv", Fields: []string{"http.uri"}}, a)
		records, err := csv.NewReader(strings.NewReader(out)).ReadAll()
		if err != nil || len(records) != 2 {
			t.Fatalf("%s: %v in %q", name, err, out)
		}
		got := records[1][0]
		if r, bad := drives(got); bad {
			t.Errorf("CSV, %s: %q holds %U", name, got, r)
		}
		if strings.ContainsRune("=+-@\t\r＝＋－＠", []rune(got)[0]) {
			t.Errorf("CSV, %s: %q begins a formula", name, got)
		}
		line := writeOne(t, Options{Format: "fields", Fields: []string{"http.uri"}}, a)
		if r, bad := drives(strings.TrimSuffix(line, "\n")); bad {
			t.Errorf("fields, %s: %q holds %U", name, line, r)
		}
	}
}
