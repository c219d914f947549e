package explain

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"wstap/classify/condition/field"
)

const (
	maxNear     = 5
	maxNearText = 4 << 10 // of a question whose words are compared
	maxTyped    = 60      // characters of what may be a name with a typing error
)

// wordIndex tells in which entries words are.
type wordIndex struct {
	entries []*Entry
	sizes   []int
	in      map[string][]int
}

// near returns what may have been meant by a question that nothing matches.
func (b *Book) near(whole string) (out []*Entry) {
	add := func(e *Entry) {
		if !e.quiet && len(out) < maxNear && !slices.Contains(out, e) {
			out = append(out, e)
		}
	}
	if len(whole) <= maxTyped {
		var names []string
		for _, e := range b.entries {
			names = append(names, e.names...)
		}
		for _, name := range field.Nearest(whole, names) {
			for _, e := range b.byName[name] {
				add(e)
			}
		}
	}
	for _, e := range b.byWords(whole) {
		add(e)
	}
	return out
}

// byWords returns the entries that share words with a text, those with rarer words
// first.
func (b *Book) byWords(text string) []*Entry {
	x := b.index()
	scores := make(map[int]float64)
	for w := range wordsOf(text[:min(len(text), maxNearText)]) {
		list := x.in[w]
		if len(list) == 0 {
			continue
		}
		rare := math.Log(1 + float64(len(x.entries))/float64(len(list)))
		for _, i := range list {
			scores[i] += rare / math.Sqrt(float64(4+x.sizes[i]))
		}
	}
	ids := make([]int, 0, len(scores))
	for i := range scores {
		ids = append(ids, i)
	}
	slices.SortFunc(ids, func(i, j int) int { return cmp.Or(cmp.Compare(scores[j], scores[i]), cmp.Compare(i, j)) })
	var out []*Entry
	for _, i := range ids[:min(len(ids), maxNear)] {
		out = append(out, x.entries[i])
	}
	return out
}

func (b *Book) index() *wordIndex {
	b.once.Do(func() {
		x := &wordIndex{in: make(map[string][]int)}
		for _, e := range b.Entries() {
			text := strings.Join(slices.Concat([]string{e.Key, e.Title, e.Product, e.How}, e.Clients, e.Prints, e.names), " ")
			words := wordsOf(fold(text))
			for w := range words {
				x.in[w] = append(x.in[w], len(x.entries))
			}
			x.entries, x.sizes = append(x.entries, e), append(x.sizes, len(words))
		}
		b.words = x
	})
	return b.words
}

// common are words that say nothing about which message it is.
var common = map[string]bool{
	"the": true, "and": true, "for": true, "was": true, "not": true, "with": true, "from": true, "that": true, "this": true, "but": true,
	"error": true, "failed": true, "websocket": true, "connection": true, "http": true, "https": true, "wss": true, "status": true, "code": true, "any": true,
}

// wordsOf returns the words of a normal text that may tell something.
func wordsOf(text string) map[string]bool {
	out := make(map[string]bool)
	for _, w := range strings.FieldsFunc(text, func(r rune) bool { return r < 0x80 && !isWord(byte(r)) }) {
		if len(w) >= 3 && !common[w] {
			out[w] = true
		}
	}
	return out
}
