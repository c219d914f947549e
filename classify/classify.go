package classify

import (
	"slices"
	"strings"

	"wstap/classify/condition"
	"wstap/decode"
)

// Classifier makes the findings of attempts. It serves one goroutine.
type Classifier struct {
	catalogue *Catalogue
	asked     map[decode.Verdict]*questions
	answers   []candidate[*Answer] // made when it is first asked who answered
	facts     condition.Facts
	shown     condition.Facts
	fired     []firing
	nearest   nearest
}

// questions are the rules that may hold for one verdict.
type questions struct {
	first []candidate[*Rule] // those that name who answered
	rest  []candidate[*Rule]
}

// candidate is what may hold, with what has to be so for it to hold.
type candidate[T any] struct {
	what    T
	demands condition.Demands
}

// firing is a rule that holds for the attempt at hand.
type firing struct {
	rule    *Rule
	variant *Variant // nil: the rule as it is
	because *condition.Text
}

func (f *firing) severity() decode.Severity {
	if f.variant != nil && f.variant.Severity != "" {
		return f.variant.Severity
	}
	return f.rule.Severity
}

func (f *firing) certainty() decode.Certainty {
	if f.variant != nil && f.variant.Certainty != "" {
		return f.variant.Certainty
	}
	return f.rule.Certainty
}

func (f *firing) explains() []string {
	if f.variant != nil && f.variant.Explains != nil {
		return f.variant.Explains
	}
	return f.rule.Explains
}

// New returns a Classifier with the rules of a catalogue.
func New(c *Catalogue) *Classifier {
	return &Classifier{catalogue: c, asked: make(map[decode.Verdict]*questions)}
}

// Explain sets a's Findings, and its AnsweredBy where it was refused. shown is the
// record as it may be shown: texts quote it, so that they hold no more than it does.
// It gets the same findings; it may be a itself.
func (c *Classifier) Explain(a, shown *decode.Attempt) {
	q := c.questions(a.Verdict)
	c.facts.Of(a)
	c.fired = c.fired[:0]
	c.shown.Of(shown)
	c.ask(a, q.first)
	if a.Kind != decode.KindOpen { // the row says it again, and reading a file has no open ones
		c.nearest.note(a)
	}
	if refused(a) {
		c.attribute(a)
		if by := a.AnsweredBy; by == nil || by.Role == decode.AnswererUnknown {
			if hop := c.nearest.answered(a); hop != nil {
				a.AnsweredBy = hop
			}
		}
		shown.AnsweredBy = a.AnsweredBy
		c.shown.Forget("answered_by")
		c.facts.Forget("answered_by")
	}
	a.Findings = c.found()
	c.ask(a, q.rest)
	if len(c.fired) == 0 {
		return
	}
	a.Findings = c.findings(a)
	shown.Findings = a.Findings
}

// refused reports whether somebody said no, so that who did is worth knowing.
func refused(a *decode.Attempt) bool {
	switch a.Verdict {
	case decode.VerdictRejected, decode.VerdictProxyFailed:
		return true
	case decode.VerdictBadHandshake:
		return a.HTTP != nil && a.HTTP.Status != 0
	default:
		return false
	}
}

// questions returns the rules that may hold for a verdict.
func (c *Classifier) questions(v decode.Verdict) *questions {
	if q := c.asked[v]; q != nil {
		return q
	}
	q := new(questions)
	for _, r := range c.catalogue.rules {
		if r.Verdicts != nil && !slices.Contains(r.Verdicts, string(v)) {
			continue
		}
		next := candidate[*Rule]{r, condition.DemandsOf(r.When.Text)}
		if r.answers {
			q.first = append(q.first, next)
		} else {
			q.rest = append(q.rest, next)
		}
	}
	c.asked[v] = q
	return q
}

// ask notes which rules hold.
func (c *Classifier) ask(a *decode.Attempt, rules []candidate[*Rule]) {
	for i := range rules {
		r := rules[i].what
		if !rules[i].demands.Met(a) {
			continue
		}
		compiled, err := r.compile()
		if err != nil { // our rules are checked by a test, users' when they are read
			continue
		}
		if !rules[i].demands.Exact() && !compiled.when.MatchFacts(&c.facts) {
			continue
		}
		f := firing{rule: r, because: compiled.because}
		for j := range compiled.variants {
			if v := &compiled.variants[j]; v.when.MatchFacts(&c.facts) {
				f.variant = &r.Variants[j]
				if v.because != nil {
					f.because = v.because
				}
				break
			}
		}
		c.fired = append(c.fired, f)
	}
}

// attribute sets who answered.
func (c *Classifier) attribute(a *decode.Attempt) {
	if c.answers == nil {
		for _, x := range c.catalogue.answers {
			c.answers = append(c.answers, candidate[*Answer]{x, condition.DemandsOf(x.When.Text)})
		}
	}
	for i := range c.answers {
		x := c.answers[i].what
		by, because := c.byFinding(x)
		if len(x.Rule) > 0 && by == nil || x.When.Text != "" && !c.answers[i].demands.Met(a) {
			continue
		}
		compiled, err := x.compile()
		if err != nil {
			continue
		}
		if compiled.when != nil && !compiled.when.MatchFacts(&c.facts) {
			continue
		}
		certainty := x.Certainty
		if certainty == "" {
			certainty = by.certainty()
		}
		if compiled.because != nil {
			because = compiled.because
		}
		a.AnsweredBy = &decode.AnsweredBy{
			Name: compiled.name.Of(&c.shown), Role: x.Role, Certainty: certainty, Because: because.Of(&c.shown),
		}
		return
	}
}

// byFinding returns the finding by which an answer counts, nil where none was made.
func (c *Classifier) byFinding(x *Answer) (*firing, *condition.Text) {
	for _, id := range x.Rule {
		for i := range c.fired {
			if f := &c.fired[i]; f.rule.ID == id {
				return f, f.because
			}
		}
	}
	return nil, nil
}

// found returns what fired so far without words, for those who only ask whether it did.
func (c *Classifier) found() []decode.Finding {
	if len(c.fired) == 0 {
		return nil
	}
	out := make([]decode.Finding, len(c.fired))
	for i := range c.fired {
		out[i].ID = c.fired[i].rule.ID
	}
	return out
}

// findings puts what fired into words and in order: the root cause first.
func (c *Classifier) findings(a *decode.Attempt) []decode.Finding {
	slices.SortStableFunc(c.fired, func(a, b firing) int { return a.rank() - b.rank() })
	out := make([]decode.Finding, len(c.fired))
	for i := range c.fired {
		f := &c.fired[i]
		r := f.rule
		out[i] = decode.Finding{
			ID: r.ID, Title: r.Title, Phase: r.Phase, Severity: f.severity(), Certainty: f.certainty(), Because: f.because.Of(&c.shown),
			ConsequenceOf: c.explainedBy(i), Causes: r.Causes, Check: r.Check, ClientErrors: r.ClientErrors,
		}
		if v := f.variant; v != nil {
			out[i].Title = firstText(v.Title, r.Title)
			out[i].Causes = firstList(v.Causes, r.Causes)
			out[i].Check = firstList(v.Check, r.Check)
		}
		out[i].Packets, out[i].Files = cite(a, r.Packets)
	}
	slices.SortStableFunc(out, func(a, b decode.Finding) int { return consequence(&a) - consequence(&b) })
	return out
}

func consequence(f *decode.Finding) int {
	if f.ConsequenceOf == "" {
		return 0
	}
	return 1
}

func firstText(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func firstList(a, b []string) []string {
	if a != nil {
		return a
	}
	return b
}

// rank orders findings: worse and surer first, then as in the catalogue.
func (f *firing) rank() int {
	return (slices.Index(severities, string(f.severity()))*len(certainties)+slices.Index(certainties, string(f.certainty())))<<16 + f.rule.index
}

// explainedBy returns the id of the finding that explains the one at i, preferring one
// that nothing explains in turn. A hint explains nothing.
func (c *Classifier) explainedBy(i int) string {
	var by string
	for j := range c.fired {
		if !c.explains(j, i) {
			continue
		}
		root := true
		for k := range c.fired {
			root = root && !c.explains(k, j)
		}
		if root {
			return c.fired[j].rule.ID
		}
		if by == "" {
			by = c.fired[j].rule.ID
		}
	}
	return by
}

// explains reports whether the finding at i is why there is the one at j.
func (c *Classifier) explains(i, j int) bool {
	a, b := &c.fired[i], &c.fired[j]
	if i == j || a.certainty() == decode.Hint || !explainsID(a, b.rule.ID) {
		return false
	}
	// Where each says that it explains the other, the first does.
	return i < j || b.certainty() == decode.Hint || !explainsID(b, a.rule.ID)
}

func explainsID(f *firing, id string) bool {
	return slices.ContainsFunc(f.explains(), func(pattern string) bool { return matchesID(pattern, id) })
}

func matchesID(pattern, id string) bool {
	if prefix, ok := strings.CutSuffix(pattern, "*"); ok {
		return strings.HasPrefix(id, prefix)
	}
	return pattern == id
}

// cite returns the numbers of packets by their names, each once, and their files.
func cite(a *decode.Attempt, names []string) (numbers []uint64, files []string) {
	if a.Packets == nil {
		return nil, nil
	}
	add := func(n uint64, file func(*decode.Files) string) {
		if n == 0 || slices.Contains(numbers, n) && a.Files == nil {
			return
		}
		numbers = append(numbers, n)
		if a.Files != nil {
			files = append(files, file(a.Files))
		}
	}
	p := a.Packets
	for _, name := range names {
		switch name {
		case "first":
			add(p.First, func(f *decode.Files) string { return f.First })
		case "syn":
			add(p.SYN, func(f *decode.Files) string { return f.SYN })
		case "request":
			add(p.Request, func(f *decode.Files) string { return f.Request })
		case "response":
			add(p.Response, func(f *decode.Files) string { return f.Response })
		case "close":
			add(p.Close, func(f *decode.Files) string { return f.Close })
		case "end":
			add(p.End, func(f *decode.Files) string { return f.End })
		case "last":
			add(p.Last, func(f *decode.Files) string { return f.Last })
		case "violations":
			if a.WebSocket != nil && a.Files == nil { // in which file they are is not in the record
				for i := range a.WebSocket.Violations {
					add(a.WebSocket.Violations[i].Packet, nil)
				}
			}
		}
	}
	return numbers, files
}
