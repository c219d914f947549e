package explain

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// maxMatches is how many explanations one question gets.
const maxMatches = 12

var (
	// numbered is a number, perhaps with a word that says of what.
	numbered = regexp.MustCompile(`^(http/[0-9.]+|https?|status|status code|http status|close|close code|code|ws|websocket)?[ :=#]*([0-9]{1,5})$`)
	// duration is a time as people write it.
	duration = regexp.MustCompile(`^([0-9]{1,9}(?:\.[0-9]{1,6})?) ?(ms|milliseconds?|s|secs?|seconds?|m|mins?|minutes?|h|hours?)$`)
)

// Ask returns what there is to say on a question: an id, a number, a word of the
// record, a time, or any text with the words of a client in it.
func (b *Book) Ask(question string) *Answer {
	a := &Answer{seen: make(map[*Entry]bool)}
	if len(question) > maxText {
		question, a.Cut = question[:maxText], true
	}
	n := normalize(question)
	whole := strings.Trim(n.text, ` "'.,;:!?`)
	isNumber := numbered.MatchString(whole)
	named := slices.Clone(b.byName[whole])
	slices.SortStableFunc(named, func(x, y *Entry) int { return slices.Index(Kinds(), x.Kind) - slices.Index(Kinds(), y.Kind) })
	for _, e := range named {
		if !e.quiet && (!isNumber || e.Kind == KindMessage) { // numbers have an order of their own
			a.add(Match{Entry: e})
		}
	}
	b.askNumber(a, whole)
	b.askTime(a, whole)
	if len(a.Matches) == 0 {
		b.askText(a, question, n)
	}
	if len(a.Matches) == 0 && whole != "" {
		a.Near = b.near(whole)
	}
	if len(a.Matches) > maxMatches {
		a.More = len(a.Matches) - maxMatches
		a.Matches = a.Matches[:maxMatches]
	}
	return a
}

// add adds a match, once for each entry.
func (a *Answer) add(m Match) {
	if a.seen[m.Entry] {
		return
	}
	a.seen[m.Entry] = true
	a.Matches = append(a.Matches, m)
}

// askNumber explains a number as all that it can be.
func (b *Book) askNumber(a *Answer, whole string) {
	m := numbered.FindStringSubmatch(whole)
	if m == nil {
		return
	}
	n, _ := strconv.Atoi(m[2])
	isStatus := strings.HasPrefix(m[1], "http") || strings.HasPrefix(m[1], "status")
	if (isStatus || m[1] == "" || m[1] == "code") && n >= 100 && n <= 999 {
		b.addStatus(a, n, "")
	}
	if !isStatus {
		b.addClose(a, n, "")
	}
	if m[1] == "" {
		b.addTimers(a, float64(n))
	}
}

func (b *Book) askTime(a *Answer, whole string) {
	m := duration.FindStringSubmatch(whole)
	if m == nil {
		return
	}
	n, _ := strconv.ParseFloat(m[1], 64)
	switch unit := m[2]; {
	case strings.HasPrefix(unit, "ms"), strings.HasPrefix(unit, "mil"):
		n /= 1000
	case unit[0] == 'm':
		n *= 60
	case unit[0] == 'h':
		n *= 3600
	}
	b.addTimers(a, n)
}

func (b *Book) addStatus(a *Answer, n int, text string) {
	for _, e := range b.status(n) {
		a.add(Match{Entry: e, Text: text, Status: n})
	}
}

func (b *Book) addClose(a *Answer, n int, text string) {
	for _, e := range b.closeCode(n) {
		a.add(Match{Entry: e, Text: text, Code: n})
	}
}

func (b *Book) addTimers(a *Answer, seconds float64) {
	for _, e := range b.timers {
		if d := seconds - e.seconds; d > -0.5 && d < 1.5 && d < e.seconds/4 {
			a.add(Match{Entry: e})
		}
	}
}

// askText looks for all that is known in a text.
func (b *Book) askText(a *Answer, question string, n *normal) {
	var all []found
	for i := range b.patterns {
		all = append(all, b.patterns[i].in(n.text)...)
	}
	slices.SortStableFunc(all, func(x, y found) int {
		return cmp.Or(cmp.Compare(y.pattern.weight, x.pattern.weight), cmp.Compare(x.from, y.from))
	})
	var kept []found
	for _, f := range all {
		if len(kept) >= maxMatches*2 {
			break
		}
		if !slices.ContainsFunc(kept, func(k found) bool { return within(&f, &k) }) {
			kept = append(kept, f)
			b.addFound(a, &f, n.original(question, f.from, f.to))
		}
	}
}

// within reports whether a place is part of another at which more matches, or is one
// at which a number tells as much. What a client means is said even where a rule knows
// more of its words.
func within(f, k *found) bool {
	if f.from < k.from || f.to > k.to || k.pattern.entry.ofRules && !f.pattern.entry.ofRules && f.pattern.entry.Kind == KindMessage {
		return false
	}
	return f.to-f.from < k.to-k.from || f.pattern.weight < k.pattern.weight || f.pattern.entry.ofRules && k.status+k.code > 0
}

// addFound adds what a place in a text leads to.
func (b *Book) addFound(a *Answer, f *found, text string) {
	e := f.pattern.entry
	if !e.quiet {
		a.add(Match{Entry: e, Text: text, Status: f.status, Code: f.code})
		if e.Kind == KindMessage && len(e.Findings) == 1 && f.status == 0 {
			b.follow(a, e.Findings[0].ID, text)
		}
	}
	if f.status != 0 {
		b.addStatus(a, f.status, text)
	}
	if f.code != 0 {
		b.addClose(a, f.code, text)
	}
	for _, key := range e.see {
		b.follow(a, key, text)
	}
}

// follow adds the entries that a key names: "status 403", "close 1006", or a name.
func (b *Book) follow(a *Answer, key, text string) {
	kind, name, ok := strings.Cut(key, " ")
	if !ok {
		kind, name = "", key
	}
	for _, e := range b.byName[fold(name)] {
		if kind == "" || string(e.Kind) == kind {
			a.add(Match{Entry: e, Text: text})
		}
	}
}
