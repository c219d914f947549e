package explain

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"wstap/classify"
)

// Bounds of what one pattern may cost on hostile text.
const (
	maxAny   = 200  // characters that {any} stands for
	maxTries = 2000 // places where a pattern's beginning is tried
	maxFound = 8    // places where it may be found
)

// pattern is text that a client prints, in which parts vary.
type pattern struct {
	entry  *Entry
	pieces []piece
	weight int // how much it tells: characters of text and of numbers
}

// piece is literal text, or what varies.
type piece struct {
	text string
	hole string // "status", "code", "any", or "" for text
}

var digits = map[string]int{"status": 3, "code": 4}

var holes = regexp.MustCompile(`\{(status|code|any)\}`)

func newPattern(text string, e *Entry) pattern {
	p := pattern{entry: e}
	text = fold(text)
	for text != "" {
		at := holes.FindStringSubmatchIndex(text)
		if at == nil {
			p.pieces = append(p.pieces, piece{text: text})
			break
		}
		if at[0] > 0 {
			p.pieces = append(p.pieces, piece{text: text[:at[0]]})
		}
		p.pieces = append(p.pieces, piece{hole: text[at[2]:at[3]]})
		text = text[at[1]:]
	}
	for _, x := range p.pieces {
		p.weight += len(x.text) + digits[x.hole]
	}
	return p
}

// found is a place in a text where a pattern matches.
type found struct {
	pattern  *pattern
	from, to int
	status   int
	code     int
}

// in returns where a pattern is in a text.
func (p *pattern) in(text string) (out []found) {
	if len(p.pieces) == 0 || p.pieces[0].text == "" {
		return nil
	}
	first := p.pieces[0].text
	for at, tries := 0, 0; tries < maxTries && len(out) < maxFound; tries++ {
		i := strings.Index(text[at:], first)
		if i < 0 {
			break
		}
		f := found{pattern: p, from: at + i}
		if p.at(text, &f) {
			out = append(out, f)
			at = f.to
		} else {
			at = f.from + 1
		}
	}
	return out
}

// at reports whether the pattern matches at f.from, and fills in the rest.
func (p *pattern) at(text string, f *found) bool {
	at := f.from
	if at > 0 && isWord(text[at]) && isWord(text[at-1]) {
		return false
	}
	for i, x := range p.pieces {
		switch x.hole {
		case "":
			if !strings.HasPrefix(text[at:], x.text) {
				return false
			}
			at += len(x.text)
		case "any":
			if i+1 == len(p.pieces) {
				break
			}
			window := text[at:min(len(text), at+maxAny+len(p.pieces[i+1].text))]
			skip := strings.Index(window, p.pieces[i+1].text)
			if skip < 0 {
				return false
			}
			at += skip
		default:
			n, end := number(text, at)
			switch {
			case x.hole == "status" && n >= 100 && n <= 999 && end == at+3:
				f.status = n
			case x.hole == "code" && n >= 1000 && n <= 65535:
				f.code = n
			default:
				return false
			}
			at = end
		}
	}
	f.to = at
	return at == len(text) || !isWord(text[at-1]) || !isWord(text[at])
}

// number returns the number at a place and where it ends; -1 without one.
func number(text string, at int) (n, end int) {
	end = at
	for end < len(text) && end < at+6 && isDigit(text[end]) {
		end++
	}
	n, err := strconv.Atoi(text[at:end])
	if err != nil {
		return -1, at
	}
	return n, end
}

// rulePatterns adds what the rules say that clients print. Where several rules have
// the same, one entry leads to all of them.
func (b *Book) rulePatterns(c *classify.Catalogue) {
	known := make(map[string]*Entry)
	for _, e := range b.entries {
		if e.Kind == KindMessage {
			for _, text := range e.Prints {
				known[fold(text)] = e
			}
		}
	}
	for _, r := range c.Rules() {
		own := b.byName[fold(r.ID)][0]
		for _, text := range r.ClientErrors {
			key := fold(text)
			if len(key) < minPrinted {
				continue
			}
			e := known[key]
			if e == nil {
				e = &Entry{Kind: KindMessage, Key: text, Title: text, quiet: true, ofRules: true}
				known[key] = e
				b.patterns = append(b.patterns, newPattern(text, e))
			}
			if e.quiet {
				e.see = append(e.see, own.Key)
			}
			if ref := (Reference{own.Key, own.Title}); !slices.Contains(e.Findings, ref) {
				e.Findings = append(e.Findings, ref)
			}
		}
		b.patterns = append(b.patterns, newPattern(r.ID, own))
	}
	for _, e := range known {
		if e.ofRules && len(e.see) > maxTold { // it tells little: list what it may be
			e.quiet, e.see = false, nil
		}
	}
}

// maxTold is how many findings are explained for words that clients print with each.
const maxTold = 2

// minPrinted is the shortest text that is looked for in others: shorter ones are
// everywhere.
const minPrinted = 5
