package report

import (
	"fmt"
	"io"
	"strings"

	"wstap/classify"
)

// Reference writes the reference of all rules as Markdown.
func Reference(w io.Writer, c *classify.Catalogue) error {
	var b strings.Builder
	b.WriteString("# Findings\n\n" +
		"What wstap can say about an attempt, and how it knows. Written by `wstap rules document` from `classify/catalogue`, the same data by which\n" +
		"findings are made; [evidence.md](evidence.md) says on which product each was seen. `wstap explain ID` prints an entry of this page.\n\n" +
		"**proof**: the bytes cannot mean anything else where they were captured. **strong**: one ordinary explanation, and rare others.\n" +
		"**hint**: worth showing, never alone the cause. Findings that follow from another one name it in `consequence_of`.\n")
	for _, g := range c.Groups() {
		if len(g.Rules) > 0 {
			fmt.Fprintf(&b, "\n- [%s](#%s): ", g.Title, anchor(g.Title))
			for i, r := range g.Rules {
				if i > 0 {
					b.WriteString(", ")
				}
				fmt.Fprintf(&b, "[%s](#%s)", r.ID, r.ID)
			}
		}
	}
	b.WriteString("\n")
	for _, g := range c.Groups() {
		if len(g.Rules) > 0 {
			fmt.Fprintf(&b, "\n## %s\n", g.Title)
			if g.About != "" {
				fmt.Fprintf(&b, "\n%s\n", strings.TrimSpace(g.About))
			}
		}
		for _, r := range g.Rules {
			referenceOf(&b, r)
		}
	}
	answersReference(&b, c)
	_, err := io.WriteString(w, b.String())
	return err
}

// referenceOf writes the entry of one rule.
func referenceOf(b *strings.Builder, r *classify.Rule) {
	fmt.Fprintf(b, "\n### %s\n\n**%s.** Phase %s, %s, %s.\n\n", r.ID, r.Title, r.Phase, r.Severity, certainties(r))
	fmt.Fprintf(b, "```\n%s\n```\n\n", strings.TrimSpace(r.When.Text))
	fmt.Fprintf(b, "- says: %s\n", code(r.Because.Text))
	for i := range r.Variants {
		v := &r.Variants[i]
		certainty := ""
		if v.Certainty != "" && v.Certainty != r.Certainty {
			certainty = " (" + string(v.Certainty) + ")"
		}
		fmt.Fprintf(b, "- where %s%s", code(v.When.Text), certainty)
		if v.Title != "" {
			fmt.Fprintf(b, " **%s**", v.Title)
		}
		if v.Because.Text != "" {
			fmt.Fprintf(b, ": %s", code(v.Because.Text))
		}
		b.WriteString("\n")
	}
	if r.Wire != "" {
		fmt.Fprintf(b, "- on the wire: %s\n", prose(r.Wire))
	}
	for _, part := range []struct {
		name  string
		items []string
	}{{"likely causes", r.Causes}, {"check", r.Check}} {
		if len(part.items) > 0 {
			fmt.Fprintf(b, "- %s: %s\n", part.name, strings.Join(part.items, "; "))
		}
	}
	if len(r.ClientErrors) > 0 {
		b.WriteString("- clients print: ")
		for i, e := range r.ClientErrors {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(code(e))
		}
		b.WriteString("\n")
	}
	if len(r.Explains) > 0 {
		fmt.Fprintf(b, "- explains: %s\n", strings.Join(r.Explains, ", "))
	}
	if r.Note != "" {
		fmt.Fprintf(b, "- beware: %s\n", strings.Join(strings.Fields(r.Note), " "))
	}
	if len(r.Refs) > 0 {
		fmt.Fprintf(b, "- references: %s\n", strings.Join(r.Refs, "; "))
	}
}

// answersReference writes how it is told who answered.
func answersReference(b *strings.Builder, c *classify.Catalogue) {
	b.WriteString("\n## Who answered\n\nThe first line that holds gives `answered_by`.\n\n| | who | role | how it is told |\n|---|---|---|---|\n")
	for i, x := range c.Answers() {
		how := strings.Join(x.Rule, " or ")
		if x.When.Text != "" {
			if how != "" {
				how += ", and "
			}
			how += code(x.When.Text)
		}
		if x.Certainty != "" {
			how += " (" + string(x.Certainty) + ")"
		}
		fmt.Fprintf(b, "| %d | %s | %s | %s |\n", i+1, strings.ReplaceAll(x.Name.Text, "|", "\\|"), x.Role, strings.ReplaceAll(how, "|", "\\|"))
	}
}

// code returns text as a span of code, in one line.
func code(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	fence := "`"
	for strings.Contains(s, fence) {
		fence += "`"
	}
	if len(fence) > 1 {
		return fence + " " + s + " " + fence
	}
	return fence + s + fence
}

// prose returns text in one line, of which Markdown changes nothing: pages of servers
// are quoted with their tags.
func prose(s string) string {
	return proseMarks.Replace(strings.Join(strings.Fields(s), " "))
}

var proseMarks = strings.NewReplacer("<", "\\<", "*", "\\*", "`", "\\`", "_", "\\_", "[", "\\[")

// anchor returns the name under which a heading can be linked to.
func anchor(title string) string {
	var b strings.Builder
	for _, c := range strings.ToLower(title) {
		switch {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '-':
			b.WriteRune(c)
		case c == ' ':
			b.WriteByte('-')
		}
	}
	return b.String()
}
