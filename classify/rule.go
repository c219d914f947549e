package classify

import (
	"slices"
	"sync"

	"wstap/classify/condition"
	"wstap/decode"
)

// Rule is one entry of the catalogue: what must hold, and what to say then.
type Rule struct {
	ID           string           `yaml:"id" json:"id,omitempty"`
	Title        string           `yaml:"title" json:"title,omitempty"`
	Phase        string           `yaml:"phase" json:"phase,omitempty"`
	Severity     decode.Severity  `yaml:"severity" json:"severity,omitempty"`
	Certainty    decode.Certainty `yaml:"certainty" json:"certainty,omitempty"`
	When         located          `yaml:"when" json:"when,omitzero"`
	Because      located          `yaml:"because" json:"because,omitzero"`              // a condition.Text
	Variants     []Variant        `yaml:"variants" json:"variants,omitempty"`           // the first that holds says more than the rule
	Explains     []string         `yaml:"explains" json:"explains,omitempty"`           // ids, which may end in *, of findings that follow from this one
	Wire         string           `yaml:"wire" json:"wire,omitempty"`                   // how it looks on the wire
	Packets      []string         `yaml:"packets" json:"packets,omitempty"`             // names of decode.Packets, or "violations"
	Causes       []string         `yaml:"causes" json:"causes,omitempty"`               // likely first
	Check        []string         `yaml:"check" json:"check,omitempty"`                 // best first
	ClientErrors []string         `yaml:"client_errors" json:"client_errors,omitempty"` // what clients print
	Note         string           `yaml:"note" json:"note,omitempty"`                   // traps, for the reference
	Refs         []string         `yaml:"refs" json:"refs,omitempty"`                   // RFC sections, source files

	Verdicts []string `yaml:"-" json:"verdicts,omitempty"` // that an attempt must have, nil for any

	group    *Group
	index    int  // in the order of the catalogue
	answers  bool // names who answered, so that it comes before the others
	compiled lazy[compiledRule]
}

// Variant is what a rule says in a particular case.
type Variant struct {
	When      located          `yaml:"when" json:"when,omitzero"`
	Severity  decode.Severity  `yaml:"severity" json:"severity,omitempty"`
	Certainty decode.Certainty `yaml:"certainty" json:"certainty,omitempty"`
	Title     string           `yaml:"title" json:"title,omitempty"`
	Because   located          `yaml:"because" json:"because,omitzero"`
	Causes    []string         `yaml:"causes" json:"causes,omitempty"`
	Check     []string         `yaml:"check" json:"check,omitempty"`
	Explains  []string         `yaml:"explains" json:"explains,omitempty"` // instead of the rule's
}

// Answer says who answered: the first of the catalogue that holds counts.
type Answer struct {
	Rule      []string            `yaml:"rule" json:"rule,omitempty"` // ids: one of these findings was made
	When      located             `yaml:"when" json:"when,omitzero"`
	Name      located             `yaml:"name" json:"name,omitzero"` // a condition.Text
	Role      decode.AnswererRole `yaml:"role" json:"role,omitempty"`
	Certainty decode.Certainty    `yaml:"certainty" json:"certainty,omitempty"` // default: the finding's
	Because   located             `yaml:"because" json:"because,omitzero"`      // a condition.Text; default: the finding's

	compiled lazy[compiledAnswer]
}

// Group is the rules of one file.
type Group struct {
	Name    string    `yaml:"group" json:"group,omitempty"`
	Title   string    `yaml:"title" json:"title,omitempty"`
	About   string    `yaml:"about" json:"about,omitempty"`
	Rules   []*Rule   `yaml:"rules" json:"rules,omitempty"`
	Answers []*Answer `yaml:"answers" json:"answers,omitempty"`

	Path string `yaml:"-" json:"file"` // of its file

	source []byte
}

// Phases are those of a handshake, in the order in which they come.
func Phases() []string {
	return []string{"dns", "tcp", "tls", "proxy", "http", "options", "frames", "close"}
}

// onlyInfo reports whether the rule's findings are never more than information.
func (r *Rule) onlyInfo() bool {
	return r.Severity == decode.SeverityInfo && !slices.ContainsFunc(r.Variants, func(v Variant) bool {
		return v.Severity != "" && v.Severity != decode.SeverityInfo
	})
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
