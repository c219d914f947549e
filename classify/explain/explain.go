// Package explain tells what a finding, a status, a close code, a verdict, an ending,
// a timer or the words of a client mean, and how keys for TLS are had, without any capture. What it knows of
// findings comes from the rule catalogue, the rest from YAML files in data.
package explain

import (
	"slices"
	"strconv"
	"sync"

	"wstap/classify"
	"wstap/decode"
)

// Kind is what an entry is about.
type Kind string

// The kinds, in the order in which they are listed.
const (
	KindFinding Kind = "finding"
	KindStatus  Kind = "status" // of HTTP
	KindClose   Kind = "close"  // code of a Close frame
	KindVerdict Kind = "verdict"
	KindEnding  Kind = "ending"
	KindMessage Kind = "message" // what a client prints
	KindTimer   Kind = "timer"
	KindTopic   Kind = "topic" // how something is done
)

// Kinds returns all kinds in the order in which they are listed.
func Kinds() []Kind {
	return []Kind{KindFinding, KindStatus, KindClose, KindVerdict, KindEnding, KindMessage, KindTimer, KindTopic}
}

// Reference names a finding.
type Reference struct {
	ID    string `json:"id"`
	Title string `json:"title"`
}

// Case is what a rule says in particular cases.
type Case struct {
	Title     string           `json:"title,omitempty"`
	Severity  decode.Severity  `json:"severity,omitempty"`
	Certainty decode.Certainty `json:"certainty,omitempty"`
	When      string           `json:"when"`
	Says      string           `json:"says,omitempty"`
}

// Section is a part of what there is to say on a topic.
type Section struct {
	Title string   `yaml:"title" json:"title"`
	Items []string `yaml:"items" json:"items"`
}

// Entry is what is known of one thing. Texts that are not known are empty.
type Entry struct {
	Kind     Kind        `json:"about"`
	Key      string      `json:"key"` // by which it is asked for
	Title    string      `json:"title"`
	Product  string      `json:"product,omitempty"`    // whose code it is
	How      string      `json:"known_by,omitempty"`   // how the product is recognised
	Means    string      `json:"means,omitempty"`      // one or two sentences
	Wire     string      `json:"wire,omitempty"`       // how it looks in packets
	Says     string      `json:"says,omitempty"`       // of a finding: what wstap says, … for values
	Sections []Section   `json:"sections,omitempty"`   // of a topic
	Causes   []string    `json:"causes,omitempty"`     // likely first
	Check    []string    `json:"check,omitempty"`      // best first
	Findings []Reference `json:"findings,omitempty"`   // to look for
	Clients  []string    `json:"clients,omitempty"`    // who prints it
	Prints   []string    `json:"prints,omitempty"`     // what clients print
	Explains []string    `json:"explains,omitempty"`   // ids of findings that follow from it
	Note     string      `json:"note,omitempty"`       // a trap
	Refs     []string    `json:"references,omitempty"` // RFC sections, source files

	// Of findings only.
	Group     string             `json:"group,omitempty"`
	Phase     string             `json:"phase,omitempty"`
	Severity  decode.Severity    `json:"severity,omitempty"`
	Certainty []decode.Certainty `json:"certainty,omitempty"` // all that it can have
	When      string             `json:"when,omitempty"`
	Packets   []string           `json:"packets,omitempty"` // what proves it: names of the record
	Cases     []Case             `json:"cases,omitempty"`

	names   []string // lower-case texts that ask for it, the key among them
	see     []string // keys of entries that belong to it
	quiet   bool     // it only leads to others
	ofRules bool     // all that is known of it are the rules that name it
	from    int      // of a range of codes
	to      int
	seconds float64
}

// Match is an entry that a question was about.
type Match struct {
	*Entry
	Text   string `json:"matched,omitempty"` // what of the question it was found by, where that is not all
	Status int    `json:"status,omitempty"`  // that stands in the text
	Code   int    `json:"code,omitempty"`    // of a Close frame, that stands in the text
}

// Answer is what there is to say on a question.
type Answer struct {
	Matches []Match  // best first
	More    int      // matches beyond those
	Near    []*Entry // where nothing matches: what may have been meant, nearest first
	Cut     bool     // only the beginning of the question was looked at

	seen map[*Entry]bool // what is among the matches
}

// Book is all that can be explained. It is safe for concurrent use.
type Book struct {
	entries  []*Entry
	byName   map[string][]*Entry
	ranges   []*Entry // of close codes
	classes  []*Entry // of statuses
	timers   []*Entry
	patterns []pattern
	once     sync.Once
	words    *wordIndex // of near
}

// New returns the book for a catalogue.
func New(c *classify.Catalogue) (*Book, error) {
	b := &Book{byName: make(map[string][]*Entry)}
	for _, r := range c.Rules() {
		b.add(ofRule(r))
	}
	if err := b.load(c); err != nil {
		return nil, err
	}
	b.rulePatterns(c)
	return b, nil
}

// Entries returns all entries by kind, in order. They must not be changed.
func (b *Book) Entries() []*Entry {
	out := make([]*Entry, 0, len(b.entries))
	for _, k := range Kinds() {
		for _, e := range b.entries {
			if e.Kind == k && !e.quiet {
				out = append(out, e)
			}
		}
	}
	return out
}

func (b *Book) add(e *Entry) {
	b.entries = append(b.entries, e)
	for _, name := range e.names {
		if !slices.Contains(b.byName[name], e) {
			b.byName[name] = append(b.byName[name], e)
		}
	}
	switch {
	case e.Kind == KindTimer:
		b.timers = append(b.timers, e)
	case e.to > 0 && e.Kind == KindClose:
		b.ranges = append(b.ranges, e)
	case e.to > 0:
		b.classes = append(b.classes, e)
	}
}

// status returns what there is to say on a status: its entry, or that of its class.
func (b *Book) status(n int) []*Entry {
	if out := b.numbered(KindStatus, n); len(out) > 0 {
		return out
	}
	return ranged(b.classes, n)
}

// closeCode returns what there is to say on a close code: an entry for each product
// that uses it, and that of its range unless its meaning is the same everywhere.
func (b *Book) closeCode(n int) []*Entry {
	out := b.numbered(KindClose, n)
	if slices.ContainsFunc(out, func(e *Entry) bool { return e.Product == "" }) {
		return out
	}
	return append(out, ranged(b.ranges, n)...)
}

func (b *Book) numbered(k Kind, n int) (out []*Entry) {
	for _, e := range b.byName[strconv.Itoa(n)] {
		if e.Kind == k {
			out = append(out, e)
		}
	}
	return out
}

func ranged(ranges []*Entry, n int) (out []*Entry) {
	for _, e := range ranges {
		if n >= e.from && n <= e.to {
			out = append(out, e)
		}
	}
	return out
}
