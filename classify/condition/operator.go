package condition

import (
	"fmt"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/builtin"

	"wstap/classify/condition/field"
)

func (r *rewriter) unary(n *ast.UnaryNode) (out, guard ast.Node) {
	if n.Operator != "not" && n.Operator != "!" {
		n.Node, guard = r.rewrite(n.Node)
		return n, guard
	}
	// The parser makes not (a in b) of "a not in b", at the place of the "in".
	// That is a comparison of its own: false where a is absent.
	if b, ok := n.Node.(*ast.BinaryNode); ok && b.Location() == n.Location() && isComparison(b.Operator) {
		guard = r.operands(b)
		return guarded(n, guard), nil
	}
	n.Node, _ = r.rewrite(n.Node)
	return n, nil
}

func (r *rewriter) binary(n *ast.BinaryNode) (out, guard ast.Node) {
	switch {
	case isComparison(n.Operator):
		return guarded(n, r.operands(n)), nil
	case isLogical(n.Operator): // an absent boolean is false, as its variable is
		n.Left, _ = r.rewrite(n.Left)
		n.Right, _ = r.rewrite(n.Right)
		return n, nil
	case n.Operator == "??":
		return r.otherwise(n)
	default:
		return n, r.operands(n)
	}
}

// operands rewrites both operands of n in place and returns their guard.
func (r *rewriter) operands(n *ast.BinaryNode) ast.Node {
	for _, side := range []ast.Node{n.Left, n.Right} {
		if _, ok := side.(*ast.NilNode); ok {
			r.fail(n, "nil compares with nothing: an absent fact has no value", "use has(x) or not has(x)")
			return nil
		}
	}
	var left, right ast.Node
	n.Left, left = r.rewrite(n.Left)
	n.Right, right = r.rewrite(n.Right)
	return both(left, right)
}

// otherwise rewrites a ?? b to a's guard ? a : b.
func (r *rewriter) otherwise(n *ast.BinaryNode) (out, guard ast.Node) {
	left, leftGuard := r.rewrite(n.Left)
	right, rightGuard := r.rewrite(n.Right)
	if leftGuard == nil {
		return left, nil
	}
	out = at(n, &ast.ConditionalNode{Ternary: true, Cond: leftGuard, Exp1: left, Exp2: right})
	if rightGuard == nil {
		return out, nil
	}
	return out, at(n, &ast.BinaryNode{Operator: "or", Left: leftGuard, Right: rightGuard})
}

func (r *rewriter) conditional(n *ast.ConditionalNode) (out, guard ast.Node) {
	n.Cond, _ = r.rewrite(n.Cond)
	var first, second ast.Node
	n.Exp1, first = r.rewrite(n.Exp1)
	n.Exp2, second = r.rewrite(n.Exp2)
	if first == nil && second == nil {
		return n, nil
	}
	for _, g := range []*ast.Node{&first, &second} {
		if *g == nil {
			*g = at(n, &ast.BoolNode{Value: true})
		}
	}
	return n, at(n, &ast.ConditionalNode{Ternary: true, Cond: n.Cond, Exp1: first, Exp2: second})
}

func (r *rewriter) builtin(n *ast.BuiltinNode) (out, guard ast.Node) {
	guard = r.all(n.Arguments)
	switch n.Name {
	case "any", "one", "none": // right for the empty list that an absent one is
		return n, nil
	case "all", "hasPrefix", "hasSuffix":
		return guarded(n, guard), nil
	default:
		return n, guard
	}
}

func isComparison(operator string) bool {
	switch operator {
	case "==", "!=", "<", "<=", ">", ">=", "in", "contains", "startsWith", "endsWith", "matches":
		return true
	default:
		return false
	}
}

func isLogical(operator string) bool {
	switch operator {
	case "and", "or", "&&", "||":
		return true
	default:
		return false
	}
}

// at gives a new node the place of the one it stands for, so that errors point
// there.
func at(place, n ast.Node) ast.Node {
	n.SetLocation(place.Location())
	return n
}

// both returns the guard that holds where a and b do.
func both(a, b ast.Node) ast.Node {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	default:
		return at(a, &ast.BinaryNode{Operator: "and", Left: a, Right: b})
	}
}

// guarded returns n, or false where the guard does not hold.
func guarded(n, guard ast.Node) ast.Node {
	if guard == nil {
		return n
	}
	return at(n, &ast.BinaryNode{Operator: "and", Left: guard, Right: n})
}

// firstIn returns the path of the first fact in a group.
func firstIn(group string) string {
	for _, f := range field.All() {
		if strings.HasPrefix(f.Path, group+".") && f.Kind != field.Group {
			return f.Path
		}
	}
	return group
}

func nearestFunction(name string) []string {
	names := append(slices.Clone(builtin.Names), "has")
	for _, f := range functions {
		names = append(names, f.name)
	}
	return field.Nearest(name, names)
}

func didYouMean(names []string) string {
	switch len(names) {
	case 0:
		return ""
	case 1:
		return fmt.Sprintf("did you mean %s?", names[0])
	default:
		last := len(names) - 1
		return fmt.Sprintf("did you mean %s or %s?", strings.Join(names[:last], ", "), names[last])
	}
}

// hintFor returns advice for those messages of expr that do not explain
// themselves.
func hintFor(message string) string {
	switch {
	case strings.HasPrefix(message, "invalid operation: not "), strings.HasPrefix(message, "invalid operation: ! "):
		return "not binds tighter than comparisons: write not (a == b)"
	case strings.HasPrefix(message, "expected bool"):
		return "a condition is true or false, such as http.status == 403"
	default:
		return ""
	}
}

// lowerFirst makes a library's message start as ours do.
func lowerFirst(s string) string {
	if len(s) > 1 && s[0] >= 'A' && s[0] <= 'Z' && (s[1] < 'A' || s[1] > 'Z') {
		return string(s[0]+'a'-'A') + s[1:]
	}
	return s
}
