package classify

import (
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func builtin(t *testing.T) *Catalogue {
	t.Helper()
	c, err := Builtin()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestCatalogueCompiles(t *testing.T) {
	if err := fromYAML(t).Check(); err != nil {
		t.Fatal(err)
	}
}

// withoutPackets are the phases of which nothing can be cited.
var withoutPackets = map[string]bool{"dns": true}

// Whoever reads a finding can ask for all of this.
func TestRulesAreWhole(t *testing.T) {
	ids, titles := make(map[string]bool), make(map[string]string)
	for _, r := range builtin(t).Rules() {
		for part, missing := range map[string]bool{
			"title": r.Title == "", "wire": strings.TrimSpace(r.Wire) == "", "causes": len(r.Causes) == 0, "check": len(r.Check) == 0,
			"packets": len(r.Packets) == 0 && !withoutPackets[r.Phase], "refs": len(r.Refs) == 0,
		} {
			if missing {
				t.Errorf("%s has no %s", r.ID, part)
			}
		}
		if ids[r.ID] {
			t.Errorf("%s is there twice", r.ID)
		}
		ids[r.ID] = true
		if other := titles[strings.ToLower(r.Title)]; other != "" {
			t.Errorf("%s has the title of %s: %s", r.ID, other, r.Title)
		}
		titles[strings.ToLower(r.Title)] = r.ID
		checkTitle(t, r.ID, r.Title)
		for i := range r.Variants {
			if title := r.Variants[i].Title; title != "" {
				checkTitle(t, r.ID, title)
			}
		}
		checkPhrases(t, r.ID, r.Causes, r.Check)
		for i := range r.Variants {
			checkPhrases(t, r.ID, r.Variants[i].Causes, r.Variants[i].Check)
		}
	}
}

// checkTitle wants what stands well before a colon.
func checkTitle(t *testing.T, id, title string) {
	t.Helper()
	if c, _ := utf8.DecodeRuneInString(title); !unicode.IsUpper(c) {
		t.Errorf("%s: the title %q does not start with a capital", id, title)
	}
	if strings.HasSuffix(title, ".") || strings.TrimSpace(title) != title {
		t.Errorf("%s: the title %q ends in a full stop or in blanks", id, title)
	}
}

// inside are texts that say how wstap works, which its reader need not know.
var inside = []string{"answered_by", "the rows about", "see the finding"}

// cutOff is how a phrase begins that is the rest of another one.
var cutOff = regexp.MustCompile(`^(or|and|such as|whatever|which (makes|is|are|has|cannot)) `)

func checkPhrases(t *testing.T, id string, lists ...[]string) {
	t.Helper()
	for _, list := range lists {
		for _, phrase := range list {
			if phrase == "" || strings.HasSuffix(phrase, ".") || strings.TrimSpace(phrase) != phrase {
				t.Errorf("%s: %q is no phrase to stand in a list", id, phrase)
			}
			// A comma without quotes cuts a phrase of a list in [] in two.
			if strings.Count(phrase, "(") != strings.Count(phrase, ")") || cutOff.MatchString(phrase) {
				t.Errorf("%s: %q is part of a phrase: it needs quotes", id, phrase)
			}
			for _, word := range inside {
				if strings.Contains(phrase, word) {
					t.Errorf("%s: %q says %q", id, phrase, word)
				}
			}
		}
	}
}
