package classify

import (
	"slices"
	"strings"

	"wstap/decode"
)

// rank orders findings: worse and surer first, then as in the catalogue.
func (f *firing) rank() int {
	return (slices.Index(severities, string(f.severity()))*len(certainties)+slices.Index(certainties, string(f.certainty())))<<16 + f.rule.index
}

func consequence(f *decode.Finding) int {
	if f.ConsequenceOf == "" {
		return 0
	}
	return 1
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
