package classify

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// mine is a valid file with one rule.
const mine = `group: mine
title: My rules
rules:
  - id: my-rule
    title: Our gateway is in maintenance
    phase: http
    severity: error
    certainty: strong
    when: http.status == 503
    because: 'it says {http.reason}'
    packets: [response]
    causes: [a plan]
    check: [the plan]
`

func with(t *testing.T, source string) (*Catalogue, error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "mine.yaml")
	if err := os.WriteFile(file, []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	return builtin(t).With([]string{file})
}

func TestWithAddsRules(t *testing.T) {
	c, err := with(t, mine)
	if err != nil {
		t.Fatal(err)
	}
	if c.Lookup("my-rule") == nil || c.Lookup("http-403") == nil || len(c.Rules()) != len(builtin(t).Rules())+1 {
		t.Error("the catalogue does not hold our rules and the user's")
	}
	if builtin(t).Lookup("my-rule") != nil {
		t.Error("the user's rule is in our own catalogue")
	}
}

// What is wrong is said with file, line and column, and nothing is loaded.
func TestWithSaysWhereAMistakeIs(t *testing.T) {
	tests := []struct {
		name     string
		from, to string // what of the valid file becomes what
		whole    string // instead of an edited rule
		line     int
		col      int // 0: it does not matter
		want     string
		hint     string
	}{
		{name: "unknown fact", from: "http.status == 503", to: "http.statsu == 503", line: 9, col: 16, want: `unknown name "http.statsu"`, hint: "http.status"},
		{name: "type", from: "http.status == 503", to: `http.status == "503"`, line: 9, col: 23, want: "mismatched types"},
		{name: "syntax", from: "http.status == 503", to: "http.status == ", line: 9, want: "unexpected token"},
		{name: "not a condition", from: "http.status == 503", to: "http.status + 1", line: 9, want: "expected bool"},
		{name: "quoted", from: "http.status == 503", to: `'http.statsu == 503'`, line: 9, col: 17, want: "unknown name"},
		{name: "in a block", from: "when: http.status == 503", to: "when: |\n      http.status == 503\n      and http.hots == \"x\"", line: 11, col: 16, want: `unknown name "http.hots"`},
		{name: "in an indented block", from: "when: http.status == 503", to: "when: |\n      http.status == 503\n        and http.hots == \"x\"", line: 11, col: 18, want: `unknown name "http.hots"`},
		{name: "folded", from: "when: http.status == 503", to: "when: >\n      http.status == 503\n      and http.hots == \"x\"", line: 10, col: 7, want: `unknown name "http.hots"`},
		{name: "in a text", from: "{http.reason}", to: "{http.reasn}", line: 10, col: 29, want: `unknown name "http.reasn"`},
		{name: "open brace", from: "{http.reason}", to: "{http.reason", line: 10, col: 23, want: "without its }"},
		{name: "unknown key", from: "title: Our", to: "titel: Our", line: 5, col: 5, want: `unknown field "titel"`},
		{name: "phase", from: "phase: http", to: "phase: htpp", line: 6, col: 12, want: `phase is "htpp"`, hint: "dns, tcp"},
		{name: "severity", from: "severity: error", to: "severity: bad", line: 7, col: 15, want: `severity is "bad"`},
		{name: "certainty", from: "certainty: strong", to: "certainty: sure", line: 8, col: 16, want: `certainty is "sure"`},
		{name: "packets", from: "[response]", to: "[answer]", line: 11, want: `"answer" names no packet`},
		{name: "id", from: "id: my-rule", to: "id: My Rule", line: 4, col: 9, want: "is no id"},
		{name: "id taken", from: "id: my-rule", to: "id: http-403", line: 4, col: 9, want: "the id is taken"},
		{name: "no title", from: "    title: Our gateway is in maintenance\n", to: "", line: 4, want: "title is missing"},
		{name: "explains nothing", from: "causes: [a plan]", to: "explains: [http-430]", line: 12, want: `no rule has the id "http-430"`, hint: "http-40"},
		{name: "not YAML", from: "causes: [a plan]", to: "causes: [a plan"},
		{name: "wrong kind", from: "causes: [a plan]", to: "causes: {a: b}", line: 12},
		{name: "variant without a condition", from: "causes: [a plan]", to: "variants:\n      - because: x", line: 13, want: "has no when"},
		{name: "variant's text", from: "causes: [a plan]", to: "variants:\n      - when: http.status == 503\n        because: '{x}'", line: 14, col: 20, want: "unknown name"},
		{name: "rules is a text", whole: "rules: none\n", line: 1},
		{name: "empty", whole: "group: x\n", want: "holds no rules"},
		{name: "no file of rules", whole: "hello\n", line: 1},
		{name: "empty entry", whole: "rules:\n  -\n", want: "empty"},
		{name: "answer without a name", whole: "answers:\n  - when: http.status == 1\n    role: proxy\n    certainty: hint\n    because: x\n", line: 2, want: "name is missing"},
		{name: "answer's role", whole: "answers:\n  - name: x\n    when: http.status == 1\n    role: nobody\n    certainty: hint\n    because: x\n", line: 2, want: `role is "nobody"`},
		{name: "answer's condition", whole: "answers:\n  - name: x\n    when: http.status = 1\n    role: proxy\n    certainty: hint\n    because: x\n", line: 3},
		{name: "answer's finding", whole: "answers:\n  - name: x\n    rule: [http-430]\n    role: proxy\n", line: 2, want: `no rule has the id "http-430"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			source := tt.whole
			if source == "" {
				if source = strings.Replace(mine, tt.from, tt.to, 1); source == mine {
					t.Fatalf("%q is not in the rule", tt.from)
				}
			}
			c, err := with(t, source)
			var e *RuleError
			if !errors.As(err, &e) || c != nil {
				t.Fatalf("catalogue %v, error %v; want none and a *RuleError", c != nil, err)
			}
			if !strings.HasSuffix(e.File, "mine.yaml") || tt.line != 0 && e.Line != tt.line || tt.col != 0 && e.Column != tt.col {
				t.Errorf("at %s:%d:%d, want line %d, column %d (%s)", e.File, e.Line, e.Column, tt.line, tt.col, e.Message)
			}
			if !strings.Contains(e.Message, tt.want) || !strings.Contains(e.Hint, tt.hint) {
				t.Errorf("says %q (%q), want %q (%q)", e.Message, e.Hint, tt.want, tt.hint)
			}
		})
	}
}

func TestWithRefusesFiles(t *testing.T) {
	file := filepath.Join(t.TempDir(), "mine.yaml")
	if err := os.WriteFile(file, []byte(mine), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := builtin(t).With([]string{file, file}); err == nil || !strings.Contains(err.Error(), "already") {
		t.Errorf("the same rule twice: %v", err)
	}
	if _, err := builtin(t).With([]string{filepath.Join(t.TempDir(), "none.yaml")}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
	if err := os.WriteFile(file, []byte("# "+strings.Repeat("x", maxRules)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := builtin(t).With([]string{file}); err == nil || !strings.Contains(err.Error(), "more than") {
		t.Errorf("a file that is too large: %v", err)
	}
}

func FuzzWith(f *testing.F) {
	f.Add([]byte(mine))
	f.Add([]byte("answers:\n  - name: x\n    rule: [http-403]\n    role: proxy\n"))
	f.Add([]byte("a: &a [*a]\n"))
	f.Add([]byte("rules:\n  - id: a\n    when: >\n      x\n    because: |2\n     y\n"))
	f.Fuzz(func(t *testing.T, source []byte) {
		c := &Catalogue{byID: make(map[string]*Rule)}
		if err := c.add("fuzz.yaml", source); err != nil {
			return
		}
		c.mark()
		if err := c.Check(); err != nil && err.Error() == "" {
			t.Error("an error that says nothing")
		}
	})
}
