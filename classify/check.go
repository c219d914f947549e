package classify

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"wstap/classify/condition"
	"wstap/classify/condition/field"
	"wstap/decode"
)

// ruleID is what an id looks like: words in lower case with hyphens.
var ruleID = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)

// roles names what a rule may cite as the packets that prove it.
var roles = []string{"first", "syn", "hello", "server_hello", "alert", "request", "response", "close", "end", "icmp", "last", "violations"}

// Check compiles every expression of the catalogue and looks for what a rule must
// have. It returns the first mistake.
func (c *Catalogue) Check() error {
	for _, g := range c.groups {
		if err := c.check(g); err != nil {
			return err
		}
	}
	return nil
}

func (c *Catalogue) check(g *Group) error {
	for _, r := range g.Rules {
		if err := c.checkRule(r); err != nil {
			return err
		}
	}
	for i, x := range g.Answers {
		if err := c.checkAnswer(g, i, x); err != nil {
			return err
		}
	}
	if len(g.Rules)+len(g.Answers) == 0 {
		return &RuleError{File: g.Path, Message: "holds no rules", Hint: "a file of rules has a list rules: with id, title, phase, severity, certainty, when and because"}
	}
	return nil
}

func (c *Catalogue) checkRule(r *Rule) error {
	if !ruleID.MatchString(r.ID) {
		return r.wrong("id", fmt.Sprintf("%q is no id", r.ID), "use words in lower case with hyphens, such as my-rule")
	}
	for name, value := range map[string]string{"title": r.Title, "when": r.When.Text, "because": r.Because.Text} {
		if strings.TrimSpace(value) == "" {
			return r.wrong(name, name+" is missing", "")
		}
	}
	for _, e := range []struct {
		name, value string
		allowed     []string
	}{
		{"phase", r.Phase, Phases()},
		{"severity", string(r.Severity), severities},
		{"certainty", string(r.Certainty), certainties},
	} {
		if !slices.Contains(e.allowed, e.value) {
			return r.wrong(e.name, fmt.Sprintf("%s is %q", e.name, e.value), "use "+strings.Join(e.allowed, ", "))
		}
	}
	for _, p := range r.Packets {
		if !slices.Contains(roles, p) {
			return r.wrong("packets", fmt.Sprintf("%q names no packet", p), "use "+strings.Join(roles, ", "))
		}
	}
	for i := range r.Variants {
		v := &r.Variants[i]
		if v.Severity != "" && !slices.Contains(severities, string(v.Severity)) || v.Certainty != "" && !slices.Contains(certainties, string(v.Certainty)) {
			return r.wrong("variants", fmt.Sprintf("variant %d has an unknown severity or certainty", i+1), "")
		}
		if err := c.checkExplains(r, v.Explains); err != nil {
			return err
		}
	}
	if err := c.checkExplains(r, r.Explains); err != nil {
		return err
	}
	return r.checkExpressions()
}

var (
	severities  = []string{string(decode.SeverityError), string(decode.SeverityWarning), string(decode.SeverityInfo)}
	certainties = []string{string(decode.Proof), string(decode.Strong), string(decode.Hint)}
)

// checkExplains finds ids that no rule has.
func (c *Catalogue) checkExplains(r *Rule, ids []string) error {
	for _, id := range ids {
		if !slices.ContainsFunc(c.rules, func(o *Rule) bool { return matchesID(id, o.ID) }) {
			names := make([]string, len(c.rules))
			for i, o := range c.rules {
				names[i] = o.ID
			}
			hint := ""
			if near := field.Nearest(id, names); len(near) > 0 {
				hint = "did you mean " + near[0] + "?"
			}
			return r.wrong("explains", fmt.Sprintf("no rule has the id %q", id), hint)
		}
	}
	return nil
}

// checkExpressions compiles all that the rule holds of conditions and texts.
func (r *Rule) checkExpressions() error {
	if _, err := r.When.condition(); err != nil {
		return r.misplaced(&r.When, err)
	}
	if _, err := r.Because.compileText(); err != nil {
		return r.misplaced(&r.Because, err)
	}
	for i := range r.Variants {
		v := &r.Variants[i]
		if v.When.Text == "" {
			return r.wrong("variants", fmt.Sprintf("variant %d has no when", i+1), "")
		}
		if _, err := v.When.condition(); err != nil {
			return r.misplaced(&v.When, err)
		}
		if _, err := v.Because.compileText(); err != nil {
			return r.misplaced(&v.Because, err)
		}
	}
	_, err := r.compile()
	return err
}

func (c *Catalogue) checkAnswer(g *Group, i int, x *Answer) error {
	wrong := func(l *located, message, hint string) error {
		e := &RuleError{File: g.Path, Rule: fmt.Sprintf("answers[%d]", i), Message: message, Hint: hint}
		if l != nil {
			e.Line, e.Column = l.line, l.column
		}
		return e
	}
	switch {
	case x.Name.Text == "":
		return wrong(&x.When, "name is missing", "")
	case len(x.Rule) == 0 && x.When.Text == "":
		return wrong(&x.Name, "neither rule nor when says when it counts", "")
	case len(x.Rule) == 0 && (x.Because.Text == "" || x.Certainty == ""):
		return wrong(&x.Name, "without rule it needs certainty and because", "")
	case x.Certainty != "" && !slices.Contains(certainties, string(x.Certainty)):
		return wrong(&x.Name, fmt.Sprintf("certainty is %q", x.Certainty), "use "+strings.Join(certainties, ", "))
	}
	switch x.Role {
	case decode.AnswererOrigin, decode.AnswererProxy, decode.AnswererEdge, decode.AnswererUnknown:
	default:
		return wrong(&x.Name, fmt.Sprintf("role is %q", x.Role), "use origin, proxy, edge or unknown")
	}
	for _, id := range x.Rule {
		if c.byID[id] == nil {
			return wrong(&x.Name, fmt.Sprintf("no rule has the id %q", id), "")
		}
	}
	for _, l := range []*located{&x.When, &x.Name, &x.Because} {
		var err error
		switch {
		case l.Text == "":
		case l == &x.When:
			_, err = l.condition()
		default:
			_, err = l.compileText()
		}
		if err != nil {
			return expressionError(g.Path, fmt.Sprintf("answers[%d]", i), l, err)
		}
	}
	return nil
}

// wrong returns an error about an entry of the rule.
func (r *Rule) wrong(entry, message, hint string) error {
	e := &RuleError{File: r.group.Path, Rule: r.ID, Message: message, Hint: hint}
	i := slices.Index(r.group.Rules, r)
	for _, path := range []string{fmt.Sprintf("$.rules[%d].%s", i, entry), fmt.Sprintf("$.rules[%d]", i)} {
		if e.Line, e.Column = r.group.find(path); e.Line != 0 {
			break
		}
	}
	return e
}

// find returns where a part of the group's file is, 0 where it is not there.
func (g *Group) find(path string) (line, column int) {
	p, err := yaml.PathString(path)
	if err != nil {
		return 0, 0
	}
	n, err := p.ReadNode(bytes.NewReader(g.source))
	if err != nil {
		return 0, 0
	}
	at := n.GetToken().Position
	return at.Line, at.Column
}

// misplaced returns an error about an expression in a rule.
func (r *Rule) misplaced(l *located, err error) error {
	return expressionError(r.group.Path, r.ID, l, err)
}

// expressionError says where in the file the mistake in an expression is.
func expressionError(file, rule string, l *located, err error) error {
	e := &RuleError{File: file, Rule: rule, Message: err.Error(), Line: l.line, Column: l.column}
	var c *condition.Error
	if errors.As(err, &c) {
		e.Message, e.Hint = c.Message, c.Hint
		e.Line, e.Column = l.place(c)
	}
	return e
}
