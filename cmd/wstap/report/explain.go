package report

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"wstap/classify/explain"
	"wstap/decode"
)

const (
	// explainMargin stands before what is said on an entry, and explainLabel is how wide
	// the words are that say what it is.
	explainMargin = "  "
	explainLabel  = 11
	// maxEcho is how many columns of a question are shown again: a line or two.
	maxEcho = 160
)

// ExplainFormats returns the names of the forms of Explain.
func ExplainFormats() []string { return []string{"text", "json"} }

// ExplainOptions say how an explanation is written as text.
type ExplainOptions struct {
	Width   int
	Color   bool
	Verbose bool // with the conditions of findings
}

// explanation is a match as JSON.
type explanation struct {
	Kind string `json:"kind"`
	V    int    `json:"v"`
	explain.Match
}

// unknown is a question without an answer as JSON.
type unknown struct {
	Kind     string              `json:"kind"`
	V        int                 `json:"v"`
	Question string              `json:"question"`
	Near     []explain.Reference `json:"near"`
}

// Echo returns the beginning of what somebody asked, to be shown again.
func Echo(question string) string {
	return cutEnd(strings.Join(strings.Fields(Escape(question[:min(len(question), 4*maxEcho)])), " "), maxEcho)
}

// Explain writes what there is to say on a question.
func Explain(w io.Writer, format, question string, a *explain.Answer, o *ExplainOptions) error {
	if format == "json" {
		return explainJSON(w, question, a)
	}
	var b strings.Builder
	shown := strings.TrimSpace(question)
	for i := range a.Matches {
		if i > 0 {
			b.WriteByte('\n')
		}
		t := explainer{b: &b, o: o}
		t.match(&a.Matches[i], shown)
		shown = a.Matches[i].Text
	}
	if a.More > 0 {
		fmt.Fprintf(&b, "\n… and %s more\n", Plural(a.More, "match"))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func explainJSON(w io.Writer, question string, a *explain.Answer) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	for _, m := range a.Matches {
		m.Text = Escape(m.Text)
		if err := encoder.Encode(&explanation{"explanation", 1, m}); err != nil {
			return err
		}
	}
	if len(a.Matches) > 0 {
		return nil
	}
	u := unknown{Kind: "unknown", V: 1, Question: Echo(question), Near: []explain.Reference{}}
	for _, e := range a.Near {
		u.Near = append(u.Near, explain.Reference{ID: e.Key, Title: e.Title})
	}
	return encoder.Encode(&u)
}

// explainer writes one entry as text.
type explainer struct {
	b *strings.Builder
	o *ExplainOptions
}

// match writes one match; shown is what stands there already of the question.
func (t *explainer) match(m *explain.Match, shown string) {
	t.title(m)
	if m.Text != "" && m.Text != shown {
		t.say("found", "“"+Echo(m.Text)+"”")
	}
	if m.Kind == explain.KindFinding {
		t.say("is", fmt.Sprintf("%s, phase %s, certainty %s", m.Severity, m.Phase, certaintyList(m.Certainty)))
		t.say("says", m.Says)
	}
	t.say("means", m.Means)
	t.say("group", m.Group)
	t.say("on the wire", m.Wire)
	if m.How != "" {
		t.say("known by", m.How)
	}
	t.say("proved by", packetWords(m.Packets))
	for _, s := range m.Sections {
		t.list(s.Title, s.Items)
	}
	t.list("causes", m.Causes)
	t.list("check", m.Check)
	t.cases(m.Cases)
	t.findings(m.Findings)
	if m.Kind == explain.KindFinding && m.Prints != nil {
		t.list("clients say", quoteAll(m.Prints))
	}
	t.say("clients", strings.Join(m.Clients, ", "))
	t.say("beware", m.Note)
	if len(m.Explains) > 0 {
		t.say("explains", strings.Join(m.Explains, ", "))
	}
	if m.Kind == explain.KindFinding {
		t.verbatim("find it", "wstap --where 'found(\""+m.Key+"\")' FILE")
		if t.o.Verbose {
			t.verbatim("condition", m.When)
		}
	}
	t.say("references", strings.Join(m.Refs, "; "))
}

// title writes the first line: of what kind, its name, what it is called.
func (t *explainer) title(m *explain.Match) {
	key := m.Key
	for _, n := range []int{m.Status, m.Code} {
		if n != 0 && (m.Kind == explain.KindStatus || m.Kind == explain.KindClose) {
			key = fmt.Sprint(n)
		}
	}
	head := kindName(m.Kind) + " " + key
	if m.Kind == explain.KindMessage {
		head = kindName(m.Kind)
	}
	if m.Product != "" {
		head += " of " + m.Product
	}
	head = Escape(head)
	if t.o.Color {
		head = sgrBold.paint(head)
	}
	if m.Kind == explain.KindMessage || key == m.Key {
		head += ": " + Escape(m.Title)
	} else {
		head += ": " + Escape(m.Title+" ("+m.Key+")")
	}
	t.b.WriteString(head + "\n")
}

// kindName is what an entry is called before its key.
func kindName(k explain.Kind) string {
	switch k {
	case explain.KindStatus:
		return "HTTP status"
	case explain.KindClose:
		return "close code"
	case explain.KindMessage:
		return "client message"
	case explain.KindFinding, explain.KindVerdict, explain.KindEnding, explain.KindTimer, explain.KindTopic:
	}
	return string(k)
}

// cases writes what a rule says in particular cases: those with a title of their own,
// or all.
func (t *explainer) cases(list []explain.Case) {
	var lines []string
	for _, c := range list {
		if c.Title == "" && !t.o.Verbose {
			continue
		}
		line := c.Title
		if line == "" {
			line = c.Says
		}
		var as []string
		if c.Severity != "" {
			as = append(as, string(c.Severity))
		}
		if c.Certainty != "" {
			as = append(as, string(c.Certainty))
		}
		if len(as) > 0 {
			line = strings.TrimSpace(line + " (" + strings.Join(as, ", ") + ")")
		}
		if t.o.Verbose {
			line += ", where " + strings.Join(strings.Fields(c.When), " ")
		}
		lines = append(lines, line)
	}
	t.list("in cases", lines)
}

// findings writes ids and titles.
func (t *explainer) findings(list []explain.Reference) {
	width := 0
	for _, f := range list {
		width = max(width, Width(f.ID))
	}
	if width > t.room()/2 {
		width = 0
	}
	for i, f := range list {
		label := ""
		if i == 0 {
			label = "findings"
		}
		t.lines(label, pad(Escape(f.ID), width)+"  ", Escape(f.Title))
	}
}

func (t *explainer) room() int { return t.o.Width - len(explainMargin) - explainLabel - 2 }

// say writes a labelled text, where there is one.
func (t *explainer) say(label, text string) {
	if text != "" {
		t.lines(label, "", Escape(text))
	}
}

func (t *explainer) list(label string, items []string) {
	for i, item := range items {
		if i > 0 {
			label = ""
		}
		t.lines(label, "- ", Escape(item))
	}
}

// verbatim writes a text that is to be copied: its lines are not wrapped.
func (t *explainer) verbatim(label, text string) {
	for line := range strings.SplitSeq(text, "\n") {
		t.b.WriteString(explainMargin + pad(label, explainLabel) + "  " + Escape(line) + "\n")
		label = ""
	}
}

// lines writes a text behind a label and a lead, wrapped; words that are longer than a
// line are left whole.
func (t *explainer) lines(label, lead, text string) {
	for i, line := range wrap(strings.Fields(text), " ", max(20, t.room()-Width(lead))) {
		if i > 0 {
			label, lead = "", strings.Repeat(" ", Width(lead))
		}
		t.b.WriteString(strings.TrimRight(explainMargin+pad(label, explainLabel)+"  "+lead+line, " ") + "\n")
	}
}

// packetWords names the packets that a finding cites.
func packetWords(names []string) string {
	out := slices.Clone(names)
	for i, name := range out {
		switch name {
		case "request", "response":
			out[i] = "the " + name
		case "violations":
			out[i] = "the frames that break a rule"
		case "syn":
			out[i] = "the SYN"
		case "close":
			out[i] = "the Close frame"
		case "end":
			out[i] = "FIN or RST"
		case "icmp":
			out[i] = "the ICMP error"
		default:
			out[i] = "the " + name + " packet"
		}
	}
	return strings.Join(out, ", ")
}

func certaintyList(list []decode.Certainty) string {
	out := make([]string, len(list))
	for i, c := range list {
		out[i] = string(c)
	}
	return strings.Join(out, " or ")
}

func quoteAll(list []string) []string {
	out := slices.Clone(list)
	for i := range out {
		out[i] = "“" + out[i] + "”"
	}
	return out
}

// ExplainList writes what can be asked for, by kind.
func ExplainList(w io.Writer, format string, list []*explain.Entry, o *ExplainOptions) error {
	if format == "json" {
		all := explain.Answer{}
		for _, e := range list {
			all.Matches = append(all.Matches, explain.Match{Entry: e})
		}
		return explainJSON(w, "", &all)
	}
	var b strings.Builder
	for _, k := range explain.Kinds() {
		width := 0
		for _, e := range list {
			if e.Kind == k {
				width = max(width, Width(e.Key))
			}
		}
		if width == 0 {
			continue
		}
		head := kindName(k)
		if o.Color {
			head = sgrBold.paint(head)
		}
		b.WriteString(head + "\n")
		for _, e := range list {
			if e.Kind == k {
				title := e.Title
				if e.Product != "" {
					title += " (" + e.Product + ")"
				}
				b.WriteString(explainMargin + pad(Escape(e.Key), width) + "  " + cutEnd(Escape(title), max(20, o.Width-width-4)) + "\n")
			}
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}
