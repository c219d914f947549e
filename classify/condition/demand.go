package condition

import (
	"reflect"
	"slices"

	"github.com/expr-lang/expr/ast"

	"wstap/classify/condition/field"
	"wstap/decode"
)

// Demands is what must hold of an attempt for a condition to be able to hold: those
// of its parts, joined by and, that compare one fact with literals. They are looked at
// without evaluating anything, so that of a large catalogue nearly all conditions
// cost an attempt next to nothing.
type Demands struct {
	verdicts []string
	list     []demand
}

// demand is one such part.
type demand func(a *decode.Attempt) bool

// DemandsOf returns the demands of a condition, none where it does not parse.
func DemandsOf(source string) Demands {
	tree, _, err := parse(source)
	if err != nil {
		return Demands{}
	}
	var d Demands
	d.collect(tree.Node)
	return d
}

// Verdicts returns the verdicts that an attempt may have, nil for all.
func (d *Demands) Verdicts() []string { return d.verdicts }

// Met reports whether a meets all demands but for that of its verdict.
func (d *Demands) Met(a *decode.Attempt) bool {
	for _, met := range d.list {
		if !met(a) {
			return false
		}
	}
	return true
}

// collect takes the demands of one part of a condition.
func (d *Demands) collect(n ast.Node) {
	switch n := n.(type) {
	case *ast.BinaryNode:
		if n.Operator == "and" || n.Operator == "&&" {
			d.collect(n.Left)
			d.collect(n.Right)
			return
		}
		d.compared(n)
	case *ast.BuiltinNode:
		if (n.Name == "any" || n.Name == "one") && len(n.Arguments) > 0 {
			d.present(n.Arguments[0])
		}
	case *ast.CallNode:
		callee, ok := n.Callee.(*ast.IdentifierNode)
		if ok && callee.Value == "has" && len(n.Arguments) == 1 {
			d.present(n.Arguments[0])
		}
	}
}

// compared takes a comparison of a fact with a literal.
func (d *Demands) compared(n *ast.BinaryNode) {
	f, ok := factOf(n.Left)
	if !ok {
		return
	}
	var want []any
	switch n.Operator {
	case "==":
		v, ok := literal(n.Right)
		if !ok {
			return
		}
		want = []any{v}
	case "in":
		list, ok := n.Right.(*ast.ArrayNode)
		if !ok {
			return
		}
		for _, e := range list.Nodes {
			v, ok := literal(e)
			if !ok {
				return
			}
			want = append(want, v)
		}
	case "!=", "<", "<=", ">", ">=", "contains", "startsWith", "endsWith", "matches":
		d.present(n.Left) // an absent fact compares with nothing
		return
	default:
		return
	}
	d.equal(f, want)
}

// equal demands that a fact has one of the wanted values.
func (d *Demands) equal(f field.Field, want []any) {
	texts, numbers := split(want)
	if len(texts)+len(numbers) != len(want) {
		return
	}
	switch f.Path { // those that most conditions ask for, without reflection
	case "verdict":
		if d.verdicts == nil {
			d.verdicts = texts
			return
		}
		d.list = append(d.list, func(a *decode.Attempt) bool { return slices.Contains(texts, string(a.Verdict)) })
	case "ending":
		d.list = append(d.list, func(a *decode.Attempt) bool { return slices.Contains(texts, string(a.Ending)) })
	case "http.status":
		d.list = append(d.list, func(a *decode.Attempt) bool { return a.HTTP != nil && slices.Contains(numbers, a.HTTP.Status) })
	case "close.code":
		d.list = append(d.list, func(a *decode.Attempt) bool { return a.Close != nil && slices.Contains(numbers, a.Close.Code) })
	case "close.by":
		d.list = append(d.list, func(a *decode.Attempt) bool { return a.Close != nil && slices.Contains(texts, a.Close.By) })
	default:
		d.list = append(d.list, func(a *decode.Attempt) bool {
			v, ok := f.Value(a)
			switch {
			case !ok:
				return false
			case v.Kind() == reflect.String:
				return slices.Contains(texts, v.String())
			case v.CanInt():
				return slices.Contains(numbers, int(v.Int()))
			case v.CanUint():
				return slices.Contains(numbers, int(v.Uint()))
			default:
				return true // what the condition says will show
			}
		})
	}
}

// present demands that a fact is there.
func (d *Demands) present(n ast.Node) {
	f, ok := factOf(n)
	if !ok {
		return
	}
	switch f.Path {
	case "websocket.violations":
		d.list = append(d.list, func(a *decode.Attempt) bool { return a.WebSocket != nil && len(a.WebSocket.Violations) > 0 })
	case "close", "close.code":
		d.list = append(d.list, func(a *decode.Attempt) bool { return a.Close != nil })
	default:
		d.list = append(d.list, func(a *decode.Attempt) bool { _, ok := f.Value(a); return ok })
	}
}

// factOf returns the field that a node names.
func factOf(n ast.Node) (field.Field, bool) {
	var r rewriter
	parts, ok := r.path(n)
	if !ok {
		return field.Field{}, false
	}
	return field.Lookup(join(parts))
}

func join(parts []string) string {
	path := parts[0]
	for _, p := range parts[1:] {
		path += "." + p
	}
	return path
}

func literal(n ast.Node) (any, bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.IntegerNode:
		return n.Value, true
	default:
		return nil, false
	}
}

func split(values []any) (texts []string, numbers []int) {
	for _, v := range values {
		switch v := v.(type) {
		case string:
			texts = append(texts, v)
		case int:
			numbers = append(numbers, v)
		}
	}
	return texts, numbers
}
