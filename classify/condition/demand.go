package condition

import (
	"github.com/expr-lang/expr/ast"

	"wstap/classify/condition/field"
	"wstap/decode"
)

// Tree is a condition that was parsed and not compiled.
type Tree struct{ node ast.Node }

// Known are facts that are the same for all attempts that somebody asks about. What is
// zero is not known.
type Known struct {
	Verdict decode.Verdict
	Ending  decode.Ending
	Status  int // NoStatus: absent
}

// NoStatus is the Status of Known for attempts without an answer.
const NoStatus = -1

// Demands is what must hold of an attempt for a condition to be able to hold: those
// of its parts that compare one fact with literals or ask whether it is there, and
// how and, or and not join them. They are looked at without evaluating anything, so
// that of a large catalogue nearly all conditions cost an attempt next to nothing.
type Demands struct{ need need }

// need is what one part of a condition demands.
type need struct {
	met   test // nil: nothing, or it is certain
	exact bool // the part holds for every attempt that meets this
	never bool // it holds for none
}

// test looks at an attempt.
type test func(a *decode.Attempt) bool

// certain is the need of what always holds.
var certain = need{exact: true}

// unknown is the need of what only evaluating tells.
var unknown = need{}

func needOf(t test, exact bool) need { return need{met: t, exact: exact && t != nil} }

func constant(holds bool) need {
	if holds {
		return certain
	}
	return need{exact: true, never: true}
}

// isCertain reports whether what n is of always holds.
func (n need) isCertain() bool { return n.met == nil && n.exact && !n.never }

// isUnknown reports whether nothing is demanded, though it need not hold.
func (n need) isUnknown() bool { return n.met == nil && !n.exact && !n.never }

// ParseTree returns the tree of a condition, one that demands nothing where it does
// not parse.
func ParseTree(source string) *Tree {
	tree, _, err := parse(source)
	if err != nil {
		return &Tree{node: &ast.NilNode{}}
	}
	return &Tree{node: tree.Node}
}

// DemandsOf returns the demands of a condition, none where it does not parse.
func DemandsOf(source string) Demands { return ParseTree(source).Demands(nil) }

// Demands returns what the condition demands of attempts of which some facts are
// known. k may be nil.
func (t *Tree) Demands(k *Known) Demands { return Demands{k.necessary(t.node)} }

// Possible reports whether the condition may hold for any attempt.
func (d *Demands) Possible() bool { return !d.need.never }

// Exact reports whether the condition holds for every attempt that meets its demands,
// so that nothing needs to be evaluated.
func (d *Demands) Exact() bool { return d.need.exact }

// Met reports whether a meets all demands.
func (d *Demands) Met(a *decode.Attempt) bool {
	return !d.need.never && (d.need.met == nil || d.need.met(a))
}

// necessary returns what every attempt meets for which n holds.
func (k *Known) necessary(n ast.Node) need {
	switch n := n.(type) {
	case *ast.BinaryNode:
		switch n.Operator {
		case "and", "&&":
			return k.allOf(n.Left, n.Right)
		case "or", "||":
			return k.anyOf(n.Left, n.Right)
		default:
			return k.compared(n)
		}
	case *ast.UnaryNode:
		return k.negated(n)
	case *ast.BuiltinNode:
		if (n.Name == "any" || n.Name == "one") && len(n.Arguments) > 0 {
			return needOf(presentTest(n.Arguments[0]), false)
		}
		return unknown
	case *ast.CallNode:
		return called(n)
	case *ast.BoolNode:
		return constant(n.Value)
	default:
		f, ok := factOf(n)
		if !ok || f.Kind != field.Bool {
			return unknown
		}
		return needOf(func(a *decode.Attempt) bool { v, ok := f.Value(a); return ok && v.Bool() }, true)
	}
}

func (k *Known) allOf(left, right ast.Node) need {
	l, r := k.necessary(left), k.necessary(right)
	switch {
	case l.never || r.never:
		return constant(false)
	case l.isCertain():
		return r
	case r.isCertain():
		return l
	case l.isUnknown():
		return needOf(r.met, false)
	case r.isUnknown():
		return needOf(l.met, false)
	default:
		return needOf(func(a *decode.Attempt) bool { return l.met(a) && r.met(a) }, l.exact && r.exact)
	}
}

func (k *Known) anyOf(left, right ast.Node) need {
	l, r := k.necessary(left), k.necessary(right)
	switch {
	case l.isCertain() || r.isCertain():
		return certain
	case l.never:
		return r
	case r.never:
		return l
	case l.isUnknown() || r.isUnknown():
		return unknown
	default:
		return needOf(func(a *decode.Attempt) bool { return l.met(a) || r.met(a) }, l.exact && r.exact)
	}
}

// negated turns round what is exact. "a not in b" is a comparison of its own, false
// where a is absent (see rewriter.unary).
func (k *Known) negated(n *ast.UnaryNode) need {
	if n.Operator != "not" && n.Operator != "!" {
		return unknown
	}
	if b, ok := n.Node.(*ast.BinaryNode); ok && b.Location() == n.Location() && isComparison(b.Operator) {
		t := presentTest(b.Left)
		if t == nil && b.Operator == "in" {
			t = presentTest(b.Right)
		}
		return needOf(t, false)
	}
	switch inner := k.necessary(n.Node); {
	case inner.isCertain():
		return constant(false)
	case inner.never:
		return certain
	case !inner.exact:
		return unknown
	default:
		return needOf(func(a *decode.Attempt) bool { return !inner.met(a) }, true)
	}
}

// called takes a function that is true or false.
func called(n *ast.CallNode) need {
	callee, ok := n.Callee.(*ast.IdentifierNode)
	if !ok || len(n.Arguments) != 1 {
		return unknown
	}
	switch callee.Value {
	case "has":
		return needOf(presentTest(n.Arguments[0]), true)
	case "loopback":
		if of, ok := operandOf(n.Arguments[0]); ok && of.text != nil {
			return needOf(func(a *decode.Attempt) bool { v, ok := of.text(a); return ok && loopback(v) }, true)
		}
	case "found":
		if id, ok := n.Arguments[0].(*ast.StringNode); ok {
			return needOf(func(a *decode.Attempt) bool { return found(a, id.Value) }, true)
		}
	}
	return unknown
}
