package report

import (
	"encoding/json"
	"io"
	"strings"

	"wstap/classify"
)

// RuleFormats returns the names of the forms of Rules.
func RuleFormats() []string { return []string{"table", "json"} }

// ruleRecord is a rule as JSON.
type ruleRecord struct {
	Kind         string   `json:"kind"`
	V            int      `json:"v"`
	ID           string   `json:"id"`
	Group        string   `json:"group"`
	Title        string   `json:"title"`
	Phase        string   `json:"phase"`
	Severity     string   `json:"severity"`
	Certainty    string   `json:"certainty"`
	When         string   `json:"when"`
	Because      string   `json:"because"`
	Wire         string   `json:"wire,omitempty"`
	Explains     []string `json:"explains,omitempty"`
	Causes       []string `json:"causes,omitempty"`
	Check        []string `json:"check,omitempty"`
	ClientErrors []string `json:"client_errors,omitempty"`
	Note         string   `json:"note,omitempty"`
	Refs         []string `json:"refs,omitempty"`
}

// Rules writes the rules of a catalogue, as a table or as one JSON object for each.
func Rules(w io.Writer, format string, c *classify.Catalogue) error {
	if format == "json" {
		encoder := json.NewEncoder(w)
		encoder.SetEscapeHTML(false)
		for _, r := range c.Rules() {
			err := encoder.Encode(&ruleRecord{
				Kind: "rule", V: 1, ID: r.ID, Group: r.Group().Name, Title: r.Title, Phase: r.Phase, Severity: string(r.Severity), Certainty: string(r.Certainty),
				When: strings.TrimSpace(r.When.Text), Because: strings.TrimSpace(r.Because.Text), Wire: strings.TrimSpace(r.Wire), Explains: r.Explains, Causes: r.Causes, Check: r.Check,
				ClientErrors: r.ClientErrors, Note: r.Note, Refs: r.Refs,
			})
			if err != nil {
				return err
			}
		}
		return nil
	}
	cells := [][]string{{"FINDING", "PHASE", "SEVERITY", "CERTAINTY", "TITLE"}}
	for _, r := range c.Rules() {
		cells = append(cells, []string{Escape(r.ID), r.Phase, string(r.Severity), certainties(r), Escape(r.Title)})
	}
	return columns(w, cells)
}

// certainties returns how sure the rule's findings are: all that it can be.
func certainties(r *classify.Rule) string {
	all := []string{string(r.Certainty)}
	for i := range r.Variants {
		if v := string(r.Variants[i].Certainty); v != "" && !strings.Contains(strings.Join(all, " "), v) {
			all = append(all, v)
		}
	}
	return strings.Join(all, ", ")
}
