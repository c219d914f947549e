package explain

import (
	"embed"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"unicode"

	"github.com/goccy/go-yaml"

	"wstap/classify"
	"wstap/classify/condition"
	"wstap/decode"
)

//go:embed data/*.yaml
var embedded embed.FS

// page is one file of data.
type page struct {
	Kind    Kind    `yaml:"kind"`
	Entries []*item `yaml:"entries"`
}

// item is an entry as it stands in a file. Ids of findings that the catalogue does not
// have are left out, so that a page may name those of rules to come.
type item struct {
	Key      string    `yaml:"key"`
	Title    string    `yaml:"title"`
	Aliases  []string  `yaml:"aliases"`
	Product  string    `yaml:"product"`
	How      string    `yaml:"how"`
	From     int       `yaml:"from"`
	To       int       `yaml:"to"`
	Seconds  float64   `yaml:"seconds"`
	Means    string    `yaml:"means"`
	Wire     string    `yaml:"wire"`
	Sections []Section `yaml:"sections"`
	Causes   []string  `yaml:"causes"`
	Check    []string  `yaml:"check"`
	Findings []string  `yaml:"findings"`
	Clients  []string  `yaml:"clients"`
	Match    []string  `yaml:"match"` // with {status}, {code} and {any} for what varies
	See      []string  `yaml:"see"`
	Quiet    bool      `yaml:"quiet"`
	Vague    bool      `yaml:"vague"` // its words say less than any others
	Note     string    `yaml:"note"`
	Refs     []string  `yaml:"refs"`
}

// pages returns all files of data.
func pages() ([]page, error) {
	names, err := fs.Glob(embedded, "data/*.yaml")
	if err != nil {
		return nil, err
	}
	out := make([]page, len(names))
	for i, name := range names {
		source, err := embedded.ReadFile(name)
		if err != nil {
			return nil, err
		}
		if err := yaml.UnmarshalWithOptions(source, &out[i], yaml.Strict()); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return out, nil
}

// load adds the entries of the files.
func (b *Book) load(c *classify.Catalogue) error {
	all, err := pages()
	if err != nil {
		return err
	}
	for i := range all {
		for _, it := range all[i].Entries {
			e := it.entry(all[i].Kind, c)
			b.add(e)
			for _, text := range it.Match {
				pattern := newPattern(text, e)
				if it.Vague {
					pattern.weight = vagueWeight
				}
				b.patterns = append(b.patterns, pattern)
			}
			b.quoted(e)
		}
	}
	return nil
}

// vagueWeight is what words count that stand around those that tell.
const vagueWeight = 1

// quotedWeight is what a quoted answer counts: less than the words of a client around
// it.
const quotedWeight = 4

// quoted adds how answers and codes are quoted: "403 Forbidden", "1008 (policy
// violation)".
func (b *Book) quoted(e *Entry) {
	text := ""
	switch {
	case e.Kind == KindStatus && e.to == 0:
		text = e.Key + " " + e.Title
	case e.Kind == KindClose && e.to == 0 && e.Product == "":
		text = e.Key + " (" + e.Title + ")"
	default:
		return
	}
	p := newPattern(text, e)
	p.weight = quotedWeight
	b.patterns = append(b.patterns, p)
}

func (it *item) entry(k Kind, c *classify.Catalogue) *Entry {
	e := &Entry{
		Kind: k, Key: it.Key, Title: it.Title, Product: it.Product, How: it.How, Means: flat(it.Means), Wire: flat(it.Wire),
		Sections: it.Sections,
		Causes:   it.Causes, Check: it.Check, Clients: it.Clients, Note: flat(it.Note), Refs: it.Refs,
		see: it.See, quiet: it.Quiet, from: it.From, to: it.To, seconds: it.Seconds,
	}
	if k == KindMessage {
		e.Prints = it.Match
	}
	for _, id := range it.Findings {
		if r := c.Lookup(id); r != nil {
			e.Findings = append(e.Findings, Reference{r.ID, r.Title})
		}
	}
	e.names = append(e.names, fold(it.Key))
	if k == KindStatus || k == KindClose {
		e.names = append(e.names, fold(it.Title))
	}
	for _, a := range it.Aliases {
		e.names = append(e.names, fold(a))
	}
	return e
}

// ofRule returns the entry of a finding.
func ofRule(r *classify.Rule) *Entry {
	e := &Entry{
		Kind: KindFinding, Key: r.ID, Title: r.Title, Group: flat(r.Group().Title + ". " + r.Group().About), Packets: r.Packets, Wire: flat(r.Wire), Says: outline(r.Because.Text), Causes: r.Causes, Check: r.Check,
		Prints: r.ClientErrors, Explains: r.Explains, Note: flat(r.Note), Refs: r.Refs, Phase: r.Phase, Severity: r.Severity,
		Certainty: []decode.Certainty{r.Certainty}, When: strings.TrimSpace(r.When.Text), names: []string{fold(r.ID)},
	}
	for i := range r.Variants {
		v := &r.Variants[i]
		e.Cases = append(e.Cases, Case{
			Title: v.Title, Severity: v.Severity, Certainty: v.Certainty, When: strings.TrimSpace(v.When.Text), Says: outline(v.Because.Text),
		})
		if v.Certainty != "" && !slices.Contains(e.Certainty, v.Certainty) {
			e.Certainty = append(e.Certainty, v.Certainty)
		}
	}
	return e
}

// minOutline is how many words a template must have of its own to be worth showing.
const minOutline = 5

// outline returns a template with … for its values, "" where there is little else.
func outline(template string) string {
	text := strings.ReplaceAll(flat(condition.Outline(template)), "……", "…")
	if len(strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })) < minOutline {
		return ""
	}
	return text
}

// flat returns text in one line.
func flat(s string) string { return strings.Join(strings.Fields(s), " ") }
