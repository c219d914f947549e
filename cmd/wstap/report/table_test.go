package report

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"wstap/classify/secret"
	"wstap/decode"
)

// updateFlag asks to write the golden files anew: go test -update.
var updateFlag = flag.Bool("update", false, "write golden files anew")

// table returns what the samples look like.
func table(t *testing.T, o TableOptions, attempts []*decode.Attempt) string {
	t.Helper()
	return tableWith(t, o, false, attempts)
}

func tableWith(t *testing.T, o TableOptions, secrets bool, attempts []*decode.Attempt) string {
	t.Helper()
	var b strings.Builder
	if o.Times == (TimeStyle{}) {
		o.Times, _ = ParseTimeStyle("", time.UTC)
	}
	o.Start = sampleStart.UnixNano
	form, err := New(&b, Options{Format: "table", Table: o})
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range attempts {
		if !secrets {
			a = secret.NewRedactor().Redact(a)
		}
		if err := form.Attempt(a); err != nil {
			t.Fatal(err)
		}
		if o.Live {
			if err := form.Flush(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := form.End(sampleSummary()); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestTableGolden(t *testing.T) {
	tests := map[string]TableOptions{
		"table_80":      {Width: 80},
		"table_120":     {Width: 120},
		"table_200":     {Width: 200},
		"table_live_80": {Width: 80, Live: true},
		"table_verbose": {Width: 120, Verbose: true},
		"table_color":   {Width: 120, Color: true},
	}
	for name, o := range tests {
		t.Run(name, func(t *testing.T) {
			got := table(t, o, samples())
			path := filepath.Join("testdata", name+".golden")
			if *updateFlag {
				if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// TestTableFits checks every width from the narrowest on: no row is wider than
// the screen where there is room for the least, status and verdict are whole, and
// columns are straight.
func TestTableFits(t *testing.T) {
	const roomForLeast = 76 // time, an IPv6 address, the least of a URI, status, close, the longest verdict
	for width := 40; width <= 260; width += 3 {
		for _, live := range []bool{false, true} {
			lines := strings.Split(table(t, TableOptions{Width: width, Live: live}, samples()), "\n")
			verdict := Width(lines[0][:strings.Index(lines[0], "VERDICT")])
			for i, a := range samples() {
				line := lines[i+1]
				if w := Width(line); w > width && width >= roomForLeast {
					t.Errorf("width %d: %d columns in %q", width, w, line)
				}
				if a.HTTP != nil && a.HTTP.Status != 0 && !strings.Contains(strings.Join(lines[1:7], "\n"), fmt.Sprintf("  %d ", a.HTTP.Status)) {
					t.Errorf("width %d: status %d is cut", width, a.HTTP.Status)
				}
				// The verdict begins under its title.
				if got := tailOf(line, Width(line)-verdict); !regexp.MustCompile(`^[a-z-]+( |$)`).MatchString(got) {
					t.Errorf("width %d: verdict column has %q in %q", width, got, line)
				}
			}
		}
	}
}

// TestColorKeepsAlignment checks that colour changes nothing but colour.
func TestColorKeepsAlignment(t *testing.T) {
	sequences := regexp.MustCompile("\x1b\\[[0-9]*m")
	for _, width := range []int{60, 80, 120, 200} {
		for _, live := range []bool{false, true} {
			plain := table(t, TableOptions{Width: width, Live: live}, samples())
			colored := table(t, TableOptions{Width: width, Live: live, Color: true}, samples())
			// A coloured last cell keeps no blanks behind it either.
			if diff := cmp.Diff(plain, sequences.ReplaceAllString(colored, "")); diff != "" {
				t.Errorf("width %d live %v: -plain +colored:\n%s", width, live, diff)
			}
		}
	}
}

// TestTableHostile puts every hostile text in every place that the table shows.
func TestTableHostile(t *testing.T) {
	for name, text := range hostile() {
		a := samples()[0]
		a.ServerName = text
		a.Carrier = []string{text}
		a.HTTP.URI, a.HTTP.Host, a.HTTP.Reason, a.HTTP.ResponseBody, a.HTTP.Method = text, text, text, text, text
		a.HTTP.RequestHeaders = []decode.Header{{text, text}}
		a.HTTP.ResponseHeaders = []decode.Header{{text, text}}
		a.HTTP.Missing, a.HTTP.Duplicate = []string{text}, []string{text}
		a.WebSocket.Subprotocol = text
		a.WebSocket.FirstMessage = &decode.FirstTexts{Client: text, Server: text}
		a.WebSocket.Violations = []decode.Violation{{Rule: text, Direction: text}}
		a.Close.Reason, a.Close.By = text, text
		a.Files = &decode.Files{Request: text}
		for _, width := range []int{80, 120, 200} {
			for _, o := range []TableOptions{{Width: width}, {Width: width, Live: true}, {Width: width, Verbose: true}} {
				out := tableWith(t, o, true, []*decode.Attempt{a})
				for line := range strings.SplitSeq(out, "\n") {
					if r, bad := drives(line); bad {
						t.Errorf("%s, width %d: %q holds %U", name, width, line, r)
					}
				}
				if rows := strings.Split(out, "\n"); !o.Verbose && (len(rows) < 3 || !strings.Contains(rows[1], "accepted")) {
					t.Errorf("%s, width %d: the row is not one line:\n%s", name, width, out)
				}
			}
		}
	}
}

// A Close frame whose code was not captured is no end without a Close, and none with 0.
func TestTableCloseCode(t *testing.T) {
	for _, test := range []struct {
		code         *int
		closed, said string
	}{
		{ptr(0), "  0 client ", "close 0 by the client"},
		{nil, "  Close client ", "close, its code not captured, by the client"},
	} {
		a := samples()[0]
		a.Close = &decode.Close{Code: test.code, By: "client"}
		out := table(t, TableOptions{Width: 200, Verbose: true}, []*decode.Attempt{a})
		if !strings.Contains(out, test.closed) || !strings.Contains(out, test.said) {
			t.Errorf("%q or %q is not in:\n%s", test.closed, test.said, out)
		}
	}
}

func TestTableOrder(t *testing.T) {
	sorted := table(t, TableOptions{Width: 120}, samples())
	at := func(s string) int { return strings.Index(sorted, s) }
	if at("09:22:20.323") > at("09:22:21.423") || at("09:22:22.523") > at("09:22:23.623") {
		t.Errorf("not sorted by time:\n%s", sorted)
	}
	live := table(t, TableOptions{Width: 120, Live: true}, samples())
	if strings.Index(live, "09:22:20.323") < strings.Index(live, "09:22:23.623") {
		t.Errorf("live rows were sorted:\n%s", live)
	}
	many := make([]*decode.Attempt, maxSorted+10)
	for i := range many {
		many[i] = sampleAttempt(i, -time.Duration(i)*time.Millisecond, "10.0.0.1:1", "10.0.0.2:2")
	}
	out := table(t, TableOptions{Width: 80}, many)
	if n := strings.Count(out, "TIME "); n != 2 || !strings.Contains(out, "sorted by time within each 5000 rows") {
		t.Errorf("%d tables for %d rows", n, len(many))
	}
}

func TestTableWithoutRows(t *testing.T) {
	for _, live := range []bool{false, true} {
		out := writeOne(t, Options{Format: "table", Table: TableOptions{Live: live}})
		if want := "no WebSocket handshake attempts · 0 packets · 0 connections\n"; out != want {
			t.Errorf("got %q, want %q", out, want)
		}
		if out := writeOne(t, Options{Format: "table", Table: TableOptions{Live: live, Quiet: true}}); out != "" {
			t.Errorf("quiet: %q", out)
		}
	}
}

func TestTimeStyles(t *testing.T) {
	berlin := time.FixedZone("CET", 3600)
	ns := sampleStart.UnixNano()
	tests := map[string]string{
		"":     "10:22:18.123",
		"a":    "10:22:18.123",
		"a.0":  "10:22:18",
		"ad":   "2026-11-20 10:22:18.123",
		"adoy": "2026/324 10:22:18.123",
		"u":    "09:22:18.123",
		"ud.9": "2026-11-20 09:22:18.123456789",
		"e":    "1795166538.123",
		"r":    "1.500",
		"d":    "0.000",
		"dd.1": "0.0",
	}
	for in, want := range tests {
		style, err := ParseTimeStyle(in, berlin)
		if err != nil {
			t.Errorf("-t %s: %v", in, err)
			continue
		}
		c := newClock(style, false, ns-1_500_000_000, ns, ns)
		if got := c.show(ns); got != want {
			t.Errorf("-t %s: %s, want %s", in, got, want)
		}
		if in == "d" {
			if got := c.show(ns + 2_000_000); got != "0.002" {
				t.Errorf("-t d, second row: %s", got)
			}
		}
	}
	for _, in := range []string{"x", "a.10", "a.-1", "a.x"} {
		if _, err := ParseTimeStyle(in, nil); err == nil {
			t.Errorf("-t %s was accepted", in)
		}
	}
	style, _ := ParseTimeStyle("", time.UTC)
	if got := newClock(style, true, 0, ns, ns+int64(24*time.Hour)).show(ns); got != "2026-11-20 09:22:18.123456" {
		t.Errorf("several days: %s", got)
	}
}

func TestDuration(t *testing.T) {
	tests := map[float64]string{
		0: "0.0 ms", 0.04: "0.0 ms", 9.94: "9.9 ms", 9.96: "10 ms", 999.4: "999 ms", 1000: "1.0 s", 59_949: "59.9 s",
		60_000: "1m 00s", 3_599_000: "59m 59s", 3_600_000: "1h 00m", 172_800_000: "2d 00h",
	}
	for ms, want := range tests {
		if got := duration(ms); got != want {
			t.Errorf("duration(%v) = %q, want %q", ms, got, want)
		}
	}
}

// TestTableAnnouncesAnswers has the two lines of an attempt in a live table: at a glance
// it is seen which of them was written at the answer, and it claims no end.
func TestTableAnnouncesAnswers(t *testing.T) {
	for _, end := range samples()[:2] { // one that opened, one that was refused
		answer := *end
		answer.Kind, answer.N, answer.Close = decode.KindOpen, 0, nil
		if end.Ending != decode.EndingNone {
			answer.Ending = decode.EndingOpen
		}
		for _, width := range []int{60, 80, 120, 200} {
			lines := strings.Split(table(t, TableOptions{Width: width, Live: true}, []*decode.Attempt{&answer, end}), "\n")
			if !strings.Contains(lines[1], " not yet ") || strings.Contains(lines[2], "not yet") || !strings.Contains(strings.Join(lines[3:], "\n"), "not yet: ") {
				t.Errorf("width %d: \n%s", width, strings.Join(lines, "\n"))
			}
		}
		if alone := table(t, TableOptions{Width: 80, Live: true}, []*decode.Attempt{end}); strings.Contains(alone, "not yet") {
			t.Errorf("explains what is not there:\n%s", alone)
		}
		detail := table(t, TableOptions{Width: 120, Live: true, Verbose: true}, []*decode.Attempt{&answer})
		if strings.Contains(detail, "capture ends") || !strings.Contains(detail, "the end comes in a row of its own") {
			t.Errorf("details:\n%s", detail)
		}
	}
}
