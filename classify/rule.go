package classify

import (
	"sync"

	"wstap/classify/condition"
	"wstap/decode"
)

// Rule is one entry of the catalogue: what must hold, and what to say then.
type Rule struct {
	ID           string           `yaml:"id"`
	Title        string           `yaml:"title"`
	Phase        string           `yaml:"phase"`
	Severity     decode.Severity  `yaml:"severity"`
	Certainty    decode.Certainty `yaml:"certainty"`
	When         located          `yaml:"when"`
	Because      located          `yaml:"because"`       // a condition.Text
	Variants     []Variant        `yaml:"variants"`      // the first that holds says more than the rule
	Explains     []string         `yaml:"explains"`      // ids, which may end in *, of findings that follow from this one
	Wire         string           `yaml:"wire"`          // how it looks on the wire
	Packets      []string         `yaml:"packets"`       // names of decode.Packets, or "violations"
	Causes       []string         `yaml:"causes"`        // likely first
	Check        []string         `yaml:"check"`         // best first
	ClientErrors []string         `yaml:"client_errors"` // what clients print
	Note         string           `yaml:"note"`          // traps, for the reference
	Refs         []string         `yaml:"refs"`          // RFC sections, source files

	group    *Group
	index    int // in the order of the catalogue
	demands  condition.Demands
	answers  bool // names who answered, so that it comes before the others
	compiled lazy[compiledRule]
}

// Variant is what a rule says in a particular case.
type Variant struct {
	When      located          `yaml:"when"`
	Severity  decode.Severity  `yaml:"severity"`
	Certainty decode.Certainty `yaml:"certainty"`
	Title     string           `yaml:"title"`
	Because   located          `yaml:"because"`
	Causes    []string         `yaml:"causes"`
	Check     []string         `yaml:"check"`
	Explains  []string         `yaml:"explains"` // instead of the rule's
}

// Answer says who answered: the first of the catalogue that holds counts.
type Answer struct {
	Rule      []string            `yaml:"rule"` // ids: one of these findings was made
	When      located             `yaml:"when"`
	Name      located             `yaml:"name"` // a condition.Text
	Role      decode.AnswererRole `yaml:"role"`
	Certainty decode.Certainty    `yaml:"certainty"` // default: the finding's
	Because   located             `yaml:"because"`   // a condition.Text; default: the finding's

	demands  condition.Demands
	compiled lazy[compiledAnswer]
}

// Group is the rules of one file.
type Group struct {
	Name    string    `yaml:"group"`
	Title   string    `yaml:"title"`
	About   string    `yaml:"about"`
	Rules   []*Rule   `yaml:"rules"`
	Answers []*Answer `yaml:"answers"`

	file   string
	source []byte
}

// File returns the name of the group's file.
func (g *Group) File() string { return g.file }

// Phases are those of a handshake, in the order in which they come.
func Phases() []string {
	return []string{"dns", "tcp", "tls", "proxy", "http", "options", "frames", "close"}
}

// Group returns the rule's group.
func (r *Rule) Group() *Group { return r.group }

// compiledRule is a rule ready to be asked.
type compiledRule struct {
	when     *condition.Program
	because  *condition.Text
	variants []compiledVariant
}

type compiledVariant struct {
	when    *condition.Program
	because *condition.Text // nil: the rule's
}

type compiledAnswer struct {
	when    *condition.Program // nil: the finding is enough
	name    *condition.Text
	because *condition.Text // nil: the finding's
}

// lazy makes a value when it is first needed: of a large catalogue a capture needs
// few rules.
type lazy[T any] struct {
	once  sync.Once
	value T
	err   error
}

func (l *lazy[T]) get(make func() (T, error)) (*T, error) {
	l.once.Do(func() { l.value, l.err = make() })
	return &l.value, l.err
}

func (r *Rule) compile() (*compiledRule, error) {
	return r.compiled.get(func() (c compiledRule, err error) {
		if c.when, err = r.When.condition(); err != nil {
			return c, err
		}
		if c.because, err = r.Because.compileText(); err != nil {
			return c, err
		}
		c.variants = make([]compiledVariant, len(r.Variants))
		for i := range r.Variants {
			v, to := &r.Variants[i], &c.variants[i]
			if to.when, err = v.When.condition(); err != nil {
				return c, err
			}
			if v.Because.Text != "" {
				if to.because, err = v.Because.compileText(); err != nil {
					return c, err
				}
			}
		}
		return c, nil
	})
}

func (x *Answer) compile() (*compiledAnswer, error) {
	return x.compiled.get(func() (c compiledAnswer, err error) {
		if x.When.Text != "" {
			if c.when, err = x.When.condition(); err != nil {
				return c, err
			}
		}
		if c.name, err = x.Name.compileText(); err != nil {
			return c, err
		}
		if x.Because.Text != "" {
			c.because, err = x.Because.compileText()
		}
		return c, err
	})
}
