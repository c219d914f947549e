package condition

import (
	"fmt"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/types"

	"wstap/classify/condition/field"
)

// rewriter turns a condition over a record with absent facts into one over plain
// variables that always have a value. http.status == 403 becomes
//
//	?http.status and http.status == 403
//
// with two variables, of which the first is true where the fact is there. For
// each node it returns the new node and its guard: a boolean node that is true
// where the node has a value, or nil where it always has one. Comparisons use up
// the guards of their operands; other nodes hand them on.
type rewriter struct {
	source string
	vars   *variables
	lets   []let // innermost last
	err    *Error
}

// let is a name bound by "let name = value; …".
type let struct {
	name  string
	guard ast.Node
}

func (r *rewriter) fail(n ast.Node, message, hint string) {
	if r.err == nil {
		r.err = nodeError(r.source, n, message, hint)
	}
}

func (r *rewriter) rewrite(n ast.Node) (out, guard ast.Node) {
	switch n := n.(type) {
	case *ast.IdentifierNode:
		return r.name(n, []string{n.Value})
	case *ast.ChainNode:
		n.Node, guard = r.rewrite(n.Node)
		return n.Node, guard
	case *ast.MemberNode:
		return r.member(n)
	case *ast.UnaryNode:
		return r.unary(n)
	case *ast.BinaryNode:
		return r.binary(n)
	case *ast.ConditionalNode:
		return r.conditional(n)
	case *ast.BuiltinNode:
		return r.builtin(n)
	case *ast.CallNode:
		return r.call(n)
	case *ast.PredicateNode:
		// A guard could name the element under test, which is known only in here.
		n.Node, _ = r.rewrite(n.Node)
		return n, nil
	case *ast.VariableDeclaratorNode:
		return r.declare(n)
	case *ast.SequenceNode:
		return n, r.all(n.Nodes)
	case *ast.ArrayNode:
		return n, r.all(n.Nodes)
	case *ast.MapNode:
		return n, r.all(n.Pairs)
	case *ast.PairNode:
		n.Value, guard = r.rewrite(n.Value)
		return n, guard
	case *ast.SliceNode:
		return r.slice(n)
	default: // literals, and # in a predicate
		return n, nil
	}
}

// all rewrites nodes in place and returns one guard for all of them.
func (r *rewriter) all(nodes []ast.Node) (guard ast.Node) {
	for i := range nodes {
		var g ast.Node
		nodes[i], g = r.rewrite(nodes[i])
		guard = both(guard, g)
	}
	return guard
}

// name rewrites a name, given as its parts.
func (r *rewriter) name(n ast.Node, parts []string) (out, guard ast.Node) {
	for i := len(r.lets) - 1; i >= 0; i-- {
		if r.lets[i].name == parts[0] {
			return n, r.lets[i].guard
		}
	}
	path := strings.Join(parts, ".")
	f, ok := field.Lookup(path)
	switch {
	case !ok && parts[0] == "$env":
		r.fail(n, "$env is not available", "")
	case !ok:
		r.fail(n, fmt.Sprintf("unknown name %q", path), didYouMean(field.Suggest(path)))
	case f.Kind == field.Group:
		r.fail(n, fmt.Sprintf("%s is a group of facts", path), fmt.Sprintf("use has(%s), or one of its facts such as %s", path, firstIn(path)))
	default:
		return r.value(n, f)
	}
	return n, nil
}

// value returns the variable that stands for a field, and its guard.
func (r *rewriter) value(n ast.Node, f field.Field) (out, guard ast.Node) {
	r.vars.add(f.Path, typeOf(f), valueOf(f))
	return at(n, &ast.IdentifierNode{Value: f.Path}), r.present(n, f)
}

// present returns the variable that tells whether a field is there.
func (r *rewriter) present(n ast.Node, f field.Field) ast.Node {
	name := presentPrefix + f.Path
	r.vars.add(name, types.Bool, presence(f))
	return at(n, &ast.IdentifierNode{Value: name})
}

// member rewrites a.b, a[b] and the like. Where a is a record name, a.b is one
// name; otherwise b is an element or a field of an element.
func (r *rewriter) member(n *ast.MemberNode) (out, guard ast.Node) {
	if parts, ok := r.path(n); ok {
		for cut := len(parts) - 1; cut > 0; cut-- {
			list, ok := field.Lookup(strings.Join(parts[:cut], "."))
			if ok && list.Kind == field.List {
				r.fail(n, fmt.Sprintf("%s is a list", list.Path), fmt.Sprintf("use any(%s, .%s == …)", list.Path, parts[cut]))
				return n, nil
			}
		}
		return r.name(n, parts)
	}
	n.Node, guard = r.rewrite(n.Node)
	if _, ok := n.Property.(*ast.StringNode); ok {
		return n, guard
	}
	var g ast.Node
	n.Property, g = r.rewrite(n.Property)
	// An element beyond the end is absent too.
	inside := at(n, &ast.BinaryNode{
		Operator: "!=",
		Left:     at(n, &ast.BuiltinNode{Name: "get", Arguments: []ast.Node{n.Node, n.Property}}),
		Right:    at(n, &ast.NilNode{}),
	})
	return n, both(both(guard, g), inside)
}

// path returns the parts of a dotted name that begins with a name of the record.
func (r *rewriter) path(n ast.Node) ([]string, bool) {
	switch n := n.(type) {
	case *ast.IdentifierNode:
		for _, l := range r.lets {
			if l.name == n.Value {
				return nil, false
			}
		}
		return []string{n.Value}, true
	case *ast.ChainNode:
		return r.path(n.Node)
	case *ast.MemberNode:
		property, ok := n.Property.(*ast.StringNode)
		if !ok {
			return nil, false
		}
		parts, ok := r.path(n.Node)
		return append(parts, property.Value), ok
	default:
		return nil, false
	}
}

func (r *rewriter) slice(n *ast.SliceNode) (out, guard ast.Node) {
	n.Node, guard = r.rewrite(n.Node)
	for _, end := range []*ast.Node{&n.From, &n.To} {
		if *end != nil {
			var g ast.Node
			*end, g = r.rewrite(*end)
			guard = both(guard, g)
		}
	}
	return n, guard
}

func (r *rewriter) declare(n *ast.VariableDeclaratorNode) (out, guard ast.Node) {
	n.Value, guard = r.rewrite(n.Value)
	r.lets = append(r.lets, let{n.Name, guard})
	n.Expr, guard = r.rewrite(n.Expr)
	r.lets = r.lets[:len(r.lets)-1]
	if guard != nil { // it may use the name
		guard = at(n, &ast.VariableDeclaratorNode{Name: n.Name, Value: n.Value, Expr: guard})
	}
	return n, guard
}

// has rewrites has(x) to x's guard.
func (r *rewriter) has(n *ast.CallNode) (out, guard ast.Node) {
	if len(n.Arguments) != 1 {
		r.fail(n, "has takes one fact", "as in has(http.origin)")
		return n, nil
	}
	if parts, ok := r.path(n.Arguments[0]); ok {
		if f, ok := field.Lookup(strings.Join(parts, ".")); ok {
			return r.present(n, f), nil
		}
	}
	if _, guard = r.rewrite(n.Arguments[0]); guard == nil {
		guard = at(n, &ast.BoolNode{Value: true})
	}
	return guard, nil
}
