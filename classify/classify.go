package classify

import (
	"cmp"
	"slices"

	"wstap/classify/condition"
	"wstap/decode"
)

// Classifier makes the findings of attempts. It serves one goroutine.
type Classifier struct {
	catalogue *Catalogue
	noInfo    bool
	trees     map[*Rule]*condition.Tree
	asked     map[condition.Known]*questions
	answers   []candidate[*Answer] // made when it is first asked who answered
	facts     condition.Facts
	shown     condition.Facts
	fired     []firing
	nearest   nearest
}

// maxAsked bounds for how many kinds of attempts the rules are kept that may hold. There
// are some dozens in any capture; a hostile one may have every status.
const maxAsked = 256

// questions are the rules that may hold for one kind of attempts.
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
	return &Classifier{catalogue: c, trees: make(map[*Rule]*condition.Tree), asked: make(map[condition.Known]*questions)}
}

// LeaveOutInfo leaves out the rules whose findings are never more than information, for
// who does not show them. They are nearly all that there is to say of healthy attempts.
func (c *Classifier) LeaveOutInfo() { c.noInfo = true }

// Explain sets a's Findings, and its AnsweredBy where it was refused. shown is the
// record as it may be shown: texts quote it, so that they hold no more than it does.
// It gets the same findings; it may be a itself.
func (c *Classifier) Explain(a, shown *decode.Attempt) {
	q := c.questions(a)
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

// questions returns the rules that may hold for attempts of a's kind.
func (c *Classifier) questions(a *decode.Attempt) *questions {
	kind := condition.Known{Verdict: a.Verdict, Ending: a.Ending, Status: condition.NoStatus}
	if a.HTTP != nil && a.HTTP.Status != 0 {
		kind.Status = a.HTTP.Status
	}
	if q := c.asked[kind]; q != nil {
		return q
	}
	q := new(questions)
	for _, r := range c.catalogue.rules {
		if r.Verdicts != nil && !slices.Contains(r.Verdicts, string(a.Verdict)) {
			continue
		}
		if c.noInfo && r.onlyInfo() {
			continue
		}
		tree := c.trees[r]
		if tree == nil {
			tree = condition.ParseTree(r.When.Text)
			c.trees[r] = tree
		}
		next := candidate[*Rule]{r, tree.Demands(&kind)}
		switch {
		case !next.demands.Possible():
		case r.answers:
			q.first = append(q.first, next)
		default:
			q.rest = append(q.rest, next)
		}
	}
	if len(c.asked) >= maxAsked {
		clear(c.asked)
	}
	c.asked[kind] = q
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
			out[i].Title = cmp.Or(v.Title, r.Title)
			out[i].Causes = firstList(v.Causes, r.Causes)
			out[i].Check = firstList(v.Check, r.Check)
		}
		out[i].Packets, out[i].Files = cite(a, r.Packets)
	}
	slices.SortStableFunc(out, func(a, b decode.Finding) int { return consequence(&a) - consequence(&b) })
	return out
}

func firstList(a, b []string) []string {
	if a != nil {
		return a
	}
	return b
}
