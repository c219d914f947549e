package classify

import (
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"

	"wstap/classify/condition"
	"wstap/decode"
)

// compiled is the catalogue of catalogue/*.yaml as JSON, because reading YAML takes
// longer than analysing a small capture. make golden writes it anew.
//
//go:embed catalogue/compiled.json
var compiled []byte

// maxRules is the largest file of rules that is read: ten times our own.
const maxRules = 4 << 20

// Catalogue is a set of rules. It is safe for concurrent use.
type Catalogue struct {
	groups  []*Group
	rules   []*Rule
	answers []*Answer
	byID    map[string]*Rule
}

// RuleError says what is wrong with a file of rules, and where.
type RuleError struct {
	File         string
	Line, Column int // from 1; 0 where they are not known
	Rule         string
	Message      string
	Hint         string // what to write instead; may be empty
}

// Error returns "file:line:column: rule: message".
func (e *RuleError) Error() string {
	var b strings.Builder
	b.WriteString(e.File)
	if e.Line > 0 {
		fmt.Fprintf(&b, ":%d:%d", e.Line, e.Column)
	}
	if e.Rule != "" {
		b.WriteString(": rule " + e.Rule)
	}
	b.WriteString(": " + e.Message)
	return b.String()
}

// Builtin returns the catalogue that wstap comes with.
var Builtin = sync.OnceValues(func() (*Catalogue, error) {
	c := &Catalogue{byID: make(map[string]*Rule)}
	var groups []*Group
	if err := json.Unmarshal(compiled, &groups); err != nil {
		return nil, fmt.Errorf("the rules that are part of this program: %w", err)
	}
	for _, g := range groups {
		if err := c.addGroup(g); err != nil {
			return nil, err
		}
	}
	c.mark()
	return c, nil
})

// With returns the catalogue with the rules of files added. Every expression in them
// is compiled: where one is wrong there is a *RuleError and no catalogue.
func (c *Catalogue) With(files []string) (*Catalogue, error) {
	if len(files) == 0 {
		return c, nil
	}
	out := &Catalogue{byID: make(map[string]*Rule, len(c.byID))}
	var own []*Group
	for _, file := range files {
		info, err := os.Stat(file)
		if err != nil {
			return nil, err
		}
		if info.Size() > maxRules {
			return nil, &RuleError{File: file, Message: fmt.Sprintf("has %d bytes, more than the %d that rules may have", info.Size(), maxRules)}
		}
		source, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		before := len(out.groups)
		if err := out.add(file, source); err != nil {
			return nil, err
		}
		own = append(own, out.groups[before:]...)
	}
	// The user's answers come before ours, since the first that holds counts, and the
	// user's rules after.
	mine := Catalogue{groups: c.groups, rules: c.rules, answers: c.answers, byID: c.byID}
	all := &Catalogue{byID: make(map[string]*Rule)}
	all.groups = append(append(all.groups, mine.groups...), own...)
	all.rules = append(append(all.rules, mine.rules...), out.rules...)
	all.answers = append(append(all.answers, out.answers...), mine.answers...)
	for _, r := range all.rules {
		if was := all.byID[r.ID]; was != nil {
			return nil, r.wrong("id", fmt.Sprintf("the id is taken by the rule of %s", was.group.Path), "choose an id of your own, such as my-"+r.ID)
		}
		all.byID[r.ID] = r
	}
	for _, g := range own {
		if err := all.check(g); err != nil {
			return nil, err
		}
	}
	all.mark()
	return all, nil
}

// Rules returns the rules in the order of the catalogue. They must not be changed.
func (c *Catalogue) Rules() []*Rule { return c.rules }

// Groups returns the groups in the order of the catalogue. They must not be changed.
func (c *Catalogue) Groups() []*Group { return c.groups }

// Answers returns who may have answered, in the order in which they are asked. They must
// not be changed.
func (c *Catalogue) Answers() []*Answer { return c.answers }

// Lookup returns the rule with an id, nil without one.
func (c *Catalogue) Lookup(id string) *Rule { return c.byID[id] }

// add reads one file of rules.
func (c *Catalogue) add(file string, source []byte) error {
	g := &Group{Path: file, source: source}
	if err := unmarshal(source, g); err != nil {
		return yamlError(file, err)
	}
	for _, r := range g.Rules {
		if r != nil {
			r.Verdicts = verdictsOf(r.When.Text)
		}
	}
	return c.addGroup(g)
}

// unmarshal reads YAML. The package panics on some files that are none, such as tags
// without a value.
func unmarshal(source []byte, g *Group) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("cannot be read as YAML: %v", p)
		}
	}()
	return yaml.UnmarshalWithOptions(source, g, yaml.Strict())
}

// verdictsOf returns the verdicts for which a condition may hold, nil where it does for
// all.
func verdictsOf(when string) (possible []string) {
	tree := condition.ParseTree(when)
	all := decode.Verdicts()
	for _, v := range all {
		if d := tree.Demands(&condition.Known{Verdict: v}); d.Possible() {
			possible = append(possible, string(v))
		}
	}
	if len(possible) == len(all) {
		return nil
	}
	return possible
}

// addGroup adds what was read.
func (c *Catalogue) addGroup(g *Group) error {
	file := g.Path
	c.groups = append(c.groups, g)
	for _, r := range g.Rules {
		if r == nil {
			return &RuleError{File: file, Message: "an entry of rules is empty"}
		}
		r.group, r.index = g, len(c.rules)
		if was := c.byID[r.ID]; was != nil {
			return r.wrong("id", "there is a rule with this id already", "")
		}
		c.byID[r.ID] = r
		c.rules = append(c.rules, r)
	}
	for _, x := range g.Answers {
		if x == nil {
			return &RuleError{File: file, Message: "an entry of answers is empty"}
		}
		c.answers = append(c.answers, x)
	}
	return nil
}

// mark notes which rules name who answered.
func (c *Catalogue) mark() {
	for i, r := range c.rules {
		r.index = i
	}
	for _, x := range c.answers {
		for _, id := range x.Rule {
			if r := c.byID[id]; r != nil {
				r.answers = true
			}
		}
	}
}

// yamlError makes a RuleError of what the YAML package says.
func yamlError(file string, err error) error {
	out := &RuleError{File: file, Message: err.Error()}
	var said yaml.Error
	if errors.As(err, &said) {
		out.Message = said.GetMessage()
		if t := said.GetToken(); t != nil && t.Position != nil {
			out.Line, out.Column = t.Position.Line, t.Position.Column
		}
	}
	return out
}

// located is a text of a file of rules that knows where it stands.
type located struct {
	Text   string
	line   int  // of its first character
	column int  // where each of its lines begins
	folded bool // its lines are not those of the file
}

// MarshalText and UnmarshalText keep the text alone.
func (l *located) MarshalText() ([]byte, error) { return []byte(l.Text), nil }

// UnmarshalText is MarshalText's opposite.
func (l *located) UnmarshalText(b []byte) error {
	l.Text = string(b)
	return nil
}

// IsZero tells encoding/json to leave out what is empty.
func (l *located) IsZero() bool { return l.Text == "" }

// indentation returns with how many blanks the first line that is not blank begins.
func indentation(s string) int {
	s = strings.TrimLeft(s, "\n\r")
	return len(s) - len(strings.TrimLeft(s, " "))
}

// UnmarshalYAML reads a scalar (github.com/goccy/go-yaml.NodeUnmarshaler).
func (l *located) UnmarshalYAML(n ast.Node) error {
	if t, ok := n.(*ast.TagNode); ok {
		n = t.Value
	}
	if b, ok := n.(*ast.LiteralNode); ok {
		l.Text = b.Value.Value
		l.line, l.column = b.GetToken().Position.Line+1, 1+indentation(b.Value.GetToken().Origin)-indentation(l.Text)
		l.folded = b.Start.Type == token.FoldedType
		return nil
	}
	s, ok := n.(ast.ScalarNode)
	if !ok {
		return &yaml.UnexpectedNodeTypeError{Actual: n.Type(), Expected: ast.StringType, Token: n.GetToken()}
	}
	v := s.GetValue()
	if v == nil {
		return nil
	}
	l.Text = fmt.Sprint(v)
	at := n.GetToken().Position
	l.line, l.column = at.Line, at.Column
	l.folded = strings.Contains(strings.TrimSpace(n.GetToken().Origin), "\n")
	if t := n.GetToken().Type; t == token.DoubleQuoteType || t == token.SingleQuoteType {
		l.column++
	}
	return nil
}

// place returns where in the file a place in the text is.
func (l *located) place(e *condition.Error) (line, column int) {
	if l.folded {
		return l.line, l.column
	}
	return l.line + e.Line - 1, l.column + e.Column - 1
}

func (l *located) condition() (*condition.Program, error) { return condition.Compile(l.Text) }

func (l *located) compileText() (*condition.Text, error) { return condition.CompileText(l.Text) }
