package condition

import (
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/expr-lang/expr/ast"

	"wstap/classify/condition/field"
	"wstap/decode"
)

// compared takes a comparison of a fact, or of a header, with literals.
func (k *Known) compared(n *ast.BinaryNode) need {
	if !isComparison(n.Operator) {
		return unknown
	}
	of, ok := operandOf(n.Left)
	if !ok {
		return listed(n)
	}
	if want, ok := wanted(n); ok {
		if k.knows(of.path) {
			return constant(k.isOneOf(of.path, want))
		}
		if t := of.equals(want); t != nil {
			return needOf(t, true)
		}
	}
	if limit, ok := number(n.Right); ok && of.number != nil {
		if less := ordered(n.Operator); less != nil {
			get := of.number
			return needOf(func(a *decode.Attempt) bool { v, ok := get(a); return ok && less(v, limit) }, true)
		}
	}
	if part, ok := n.Right.(*ast.StringNode); ok && of.text != nil {
		if like := alike(n.Operator, part.Value); like != nil {
			get, want := of.text, part.Value
			return needOf(func(a *decode.Attempt) bool { v, ok := get(a); return ok && like(v, want) }, true)
		}
	}
	return needOf(of.present, false) // an absent fact compares with nothing
}

// knows reports whether a fact is known.
func (k *Known) knows(path string) bool {
	return k != nil && (path == "verdict" && k.Verdict != "" || path == "ending" && k.Ending != "" || path == "http.status" && k.Status != 0)
}

// isOneOf reports whether a known fact has one of the wanted values.
func (k *Known) isOneOf(path string, want []any) bool {
	switch path {
	case "verdict":
		return slices.Contains(want, any(string(k.Verdict)))
	case "ending":
		return slices.Contains(want, any(string(k.Ending)))
	default:
		return slices.Contains(want, any(k.Status)) && k.Status != NoStatus
	}
}

// listed takes "word" in a list.
func listed(n *ast.BinaryNode) need {
	of, ok := operandOf(n.Right)
	if !ok || n.Operator != "in" {
		return unknown
	}
	if word, ok := n.Left.(*ast.StringNode); ok && of.has != nil {
		get, want := of.has, word.Value
		return needOf(func(a *decode.Attempt) bool { return get(a, want) }, true)
	}
	return needOf(of.present, false)
}

// alike returns how an operator compares texts with one that is known, nil where it
// does not.
func alike(operator, known string) func(v, want string) bool {
	switch operator {
	case "matches":
		pattern := sync.OnceValues(func() (*regexp.Regexp, error) { return regexp.Compile(known) })
		return func(v, _ string) bool { p, err := pattern(); return err == nil && p.MatchString(v) }
	case "!=":
		return func(v, want string) bool { return v != want }
	case "contains":
		return strings.Contains
	case "startsWith":
		return strings.HasPrefix
	case "endsWith":
		return strings.HasSuffix
	default:
		return nil
	}
}

func ordered(operator string) func(v, limit float64) bool {
	switch operator {
	case "==":
		return func(v, limit float64) bool { return v == limit }
	case "!=":
		return func(v, limit float64) bool { return v != limit }
	case "<":
		return func(v, limit float64) bool { return v < limit }
	case "<=":
		return func(v, limit float64) bool { return v <= limit }
	case ">":
		return func(v, limit float64) bool { return v > limit }
	case ">=":
		return func(v, limit float64) bool { return v >= limit }
	default:
		return nil
	}
}

// numberOf returns a number of the record.
func numberOf(f field.Field, a *decode.Attempt) (float64, bool) {
	v, ok := f.Value(a)
	switch {
	case !ok:
		return 0, false
	case v.CanInt():
		return float64(v.Int()), true
	case v.CanUint():
		return float64(v.Uint()), true
	default:
		return v.Float(), true
	}
}

// wanted returns the literals that a fact must be one of, for == and in.
func wanted(n *ast.BinaryNode) ([]any, bool) {
	switch n.Operator {
	case "==":
		v, ok := literal(n.Right)
		return []any{v}, ok
	case "in":
		list, ok := n.Right.(*ast.ArrayNode)
		if !ok {
			return nil, false
		}
		var want []any
		for _, e := range list.Nodes {
			v, ok := literal(e)
			if !ok {
				return nil, false
			}
			want = append(want, v)
		}
		return want, true
	default:
		return nil, false
	}
}
