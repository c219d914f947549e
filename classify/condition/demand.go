package condition

import (
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/expr-lang/expr/ast"

	"wstap/classify/condition/field"
	"wstap/classify/secret"
	"wstap/decode"
)

// Demands is what must hold of an attempt for a condition to be able to hold: those
// of its parts that compare one fact with literals or ask whether it is there, and
// how and, or and not join them. They are looked at without evaluating anything, so
// that of a large catalogue nearly all conditions cost an attempt next to nothing.
type Demands struct {
	verdicts []string
	met      test // nil: nothing is demanded
	exact    bool
}

// test looks at an attempt.
type test func(a *decode.Attempt) bool

// DemandsOf returns the demands of a condition, none where it does not parse.
func DemandsOf(source string) Demands {
	tree, _, err := parse(source)
	if err != nil {
		return Demands{}
	}
	met, exact := necessary(tree.Node)
	return Demands{verdicts: verdictsOf(tree.Node), met: met, exact: exact}
}

// Verdicts returns the verdicts that an attempt may have, nil for all.
func (d *Demands) Verdicts() []string { return d.verdicts }

// Exact reports whether the condition holds for every attempt that meets its demands,
// so that nothing needs to be evaluated.
func (d *Demands) Exact() bool { return d.exact }

// Met reports whether a meets all demands.
func (d *Demands) Met(a *decode.Attempt) bool { return d.met == nil || d.met(a) }

// verdictsOf returns the verdicts that the parts of a condition, joined by and, ask
// for.
func verdictsOf(n ast.Node) []string {
	b, ok := n.(*ast.BinaryNode)
	if !ok {
		return nil
	}
	if b.Operator == "and" || b.Operator == "&&" {
		if left := verdictsOf(b.Left); left != nil {
			return left
		}
		return verdictsOf(b.Right)
	}
	f, ok := factOf(b.Left)
	if !ok || f.Path != "verdict" {
		return nil
	}
	want, ok := wanted(b)
	if !ok {
		return nil
	}
	texts, _ := split(want)
	return texts
}

// necessary returns a test that every attempt passes for which n holds, nil where
// there is none, and whether n holds for every attempt that passes it.
func necessary(n ast.Node) (t test, exact bool) {
	switch n := n.(type) {
	case *ast.BinaryNode:
		switch n.Operator {
		case "and", "&&":
			return allOf(n.Left, n.Right)
		case "or", "||":
			return anyOf(n.Left, n.Right)
		default:
			return compared(n)
		}
	case *ast.UnaryNode:
		return negated(n)
	case *ast.BuiltinNode:
		if (n.Name == "any" || n.Name == "one") && len(n.Arguments) > 0 {
			t, _ = presentTest(n.Arguments[0])
		}
		return t, false
	case *ast.CallNode:
		return called(n)
	case *ast.BoolNode:
		value := n.Value
		return func(*decode.Attempt) bool { return value }, true
	default:
		f, ok := factOf(n)
		if !ok || f.Kind != field.Bool {
			return nil, false
		}
		return func(a *decode.Attempt) bool { v, ok := f.Value(a); return ok && v.Bool() }, true
	}
}

// called takes a function that is true or false.
func called(n *ast.CallNode) (test, bool) {
	callee, ok := n.Callee.(*ast.IdentifierNode)
	if !ok || len(n.Arguments) != 1 {
		return nil, false
	}
	switch callee.Value {
	case "has":
		return presentTest(n.Arguments[0])
	case "loopback":
		if of, ok := operandOf(n.Arguments[0]); ok && of.text != nil {
			return func(a *decode.Attempt) bool { v, ok := of.text(a); return ok && loopback(v) }, true
		}
	case "found":
		if id, ok := n.Arguments[0].(*ast.StringNode); ok {
			return func(a *decode.Attempt) bool { return found(a, id.Value) }, true
		}
	}
	return nil, false
}

func allOf(left, right ast.Node) (test, bool) {
	l, exactLeft := necessary(left)
	r, exactRight := necessary(right)
	switch {
	case l == nil:
		return r, false
	case r == nil:
		return l, false
	default:
		return func(a *decode.Attempt) bool { return l(a) && r(a) }, exactLeft && exactRight
	}
}

func anyOf(left, right ast.Node) (test, bool) {
	l, exactLeft := necessary(left)
	r, exactRight := necessary(right)
	if l == nil || r == nil {
		return nil, false
	}
	return func(a *decode.Attempt) bool { return l(a) || r(a) }, exactLeft && exactRight
}

// negated turns round what is exact. "a not in b" is a comparison of its own, false
// where a is absent (see rewriter.unary).
func negated(n *ast.UnaryNode) (test, bool) {
	if n.Operator != "not" && n.Operator != "!" {
		return nil, false
	}
	if b, ok := n.Node.(*ast.BinaryNode); ok && b.Location() == n.Location() && isComparison(b.Operator) {
		t, _ := presentTest(b.Left)
		if t == nil && b.Operator == "in" {
			t, _ = presentTest(b.Right)
		}
		return t, false
	}
	t, exact := necessary(n.Node)
	if t == nil || !exact {
		return nil, false
	}
	return func(a *decode.Attempt) bool { return !t(a) }, true
}

// compared takes a comparison of a fact, or of a header, with literals.
func compared(n *ast.BinaryNode) (test, bool) {
	if !isComparison(n.Operator) {
		return nil, false
	}
	of, ok := operandOf(n.Left)
	if !ok {
		return listed(n)
	}
	if want, ok := wanted(n); ok {
		if t := of.equals(want); t != nil {
			return t, true
		}
	}
	if limit, ok := number(n.Right); ok && of.number != nil {
		if less := ordered(n.Operator); less != nil {
			get := of.number
			return func(a *decode.Attempt) bool { v, ok := get(a); return ok && less(v, limit) }, true
		}
	}
	if part, ok := n.Right.(*ast.StringNode); ok && of.text != nil {
		if like := alike(n.Operator, part.Value); like != nil {
			get, want := of.text, part.Value
			return func(a *decode.Attempt) bool { v, ok := get(a); return ok && like(v, want) }, true
		}
	}
	return of.present, false // an absent fact compares with nothing
}

// listed takes "word" in a list.
func listed(n *ast.BinaryNode) (test, bool) {
	of, ok := operandOf(n.Right)
	if !ok || n.Operator != "in" {
		return nil, false
	}
	if word, ok := n.Left.(*ast.StringNode); ok && of.has != nil {
		get, want := of.has, word.Value
		return func(a *decode.Attempt) bool { return get(a, want) }, true
	}
	return of.present, false
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

// operand is what a comparison is about: a fact of the record, or a header.
type operand struct {
	path    string // of a fact
	text    func(a *decode.Attempt) (string, bool)
	number  func(a *decode.Attempt) (float64, bool)
	has     func(a *decode.Attempt, word string) bool // of a list
	present test
}

// operandOf returns the operand that a node names.
func operandOf(n ast.Node) (operand, bool) {
	switch n := n.(type) {
	case *ast.CallNode:
		return headerOperand(n)
	case *ast.BuiltinNode:
		return lengthOperand(n)
	}
	f, ok := factOf(n)
	if !ok {
		return operand{}, false
	}
	of := operand{path: f.Path}
	of.present, _ = presentTest(n)
	switch f.Kind {
	case field.Text:
		of.text = func(a *decode.Attempt) (string, bool) {
			v, ok := f.Value(a)
			if !ok {
				return "", false
			}
			return v.String(), true
		}
	case field.Integer, field.Float:
		of.number = func(a *decode.Attempt) (float64, bool) { return numberOf(f, a) }
	case field.List:
		if f.Elem.Kind() == reflect.String {
			of.has = func(a *decode.Attempt, word string) bool { return listHas(f, a, word) }
		}
	case field.Group, field.Bool:
	}
	return of, true
}

func listHas(f field.Field, a *decode.Attempt, word string) bool {
	v, ok := f.Value(a)
	if !ok {
		return false
	}
	for i := range v.Len() {
		if v.Index(i).String() == word {
			return true
		}
	}
	return false
}

// lengthOperand returns the length of a list, or of a text in characters.
func lengthOperand(n *ast.BuiltinNode) (operand, bool) {
	if n.Name != "len" || len(n.Arguments) != 1 {
		return operand{}, false
	}
	if call, ok := n.Arguments[0].(*ast.CallNode); ok {
		if callee, ok := call.Callee.(*ast.IdentifierNode); ok && callee.Value == "credentials" && len(call.Arguments) == 0 {
			return operand{
				present: func(*decode.Attempt) bool { return true },
				number:  func(a *decode.Attempt) (float64, bool) { return float64(len(secret.Credentials(a))), true },
			}, true
		}
		return operand{}, false
	}
	f, ok := factOf(n.Arguments[0])
	if !ok || f.Kind != field.List && f.Kind != field.Text {
		return operand{}, false
	}
	return operand{
		present: func(a *decode.Attempt) bool { _, ok := f.Value(a); return ok },
		number: func(a *decode.Attempt) (float64, bool) {
			v, ok := f.Value(a)
			switch {
			case !ok:
				return 0, false
			case f.Kind == field.List:
				return float64(v.Len()), true
			default:
				return float64(utf8.RuneCountInString(v.String())), true
			}
		},
	}, true
}

// headerOperand returns the operand of a function that takes the name of a header.
func headerOperand(call *ast.CallNode) (operand, bool) {
	callee, ok := call.Callee.(*ast.IdentifierNode)
	if !ok || len(call.Arguments) != 1 {
		return operand{}, false
	}
	name, ok := call.Arguments[0].(*ast.StringNode)
	if !ok {
		return operand{}, false
	}
	of := requestHead
	if strings.HasPrefix(callee.Value, "response_") {
		of = responseHead
	}
	there := func(a *decode.Attempt) bool { _, ok := findHeader(of(a), name.Value); return ok }
	switch strings.TrimPrefix(callee.Value, "response_") {
	case "header":
		return operand{present: there, text: func(a *decode.Attempt) (string, bool) { return findHeader(of(a), name.Value) }}, true
	case "header_list":
		has := func(a *decode.Attempt, word string) bool { return slices.Contains(members(of(a), name.Value), word) }
		return operand{present: there, has: has}, true
	case "header_count":
		return operand{
			present: func(*decode.Attempt) bool { return true },
			number:  func(a *decode.Attempt) (float64, bool) { return float64(countHeader(of(a), name.Value)), true },
		}, true
	default:
		return operand{}, false
	}
}

// equals returns a test for an operand that has one of the wanted values, nil where
// they are not of its kind.
func (of operand) equals(want []any) test {
	texts, numbers := split(want)
	switch {
	case of.text != nil && len(numbers) == 0:
	case of.number != nil && len(texts) == 0:
	default:
		return nil
	}
	switch of.path { // those that most conditions ask for, without reflection
	case "verdict":
		return func(a *decode.Attempt) bool { return slices.Contains(texts, string(a.Verdict)) }
	case "ending":
		return func(a *decode.Attempt) bool { return slices.Contains(texts, string(a.Ending)) }
	case "http.status":
		return func(a *decode.Attempt) bool {
			return a.HTTP != nil && a.HTTP.Status != 0 && slices.Contains(numbers, a.HTTP.Status)
		}
	case "close.code":
		return func(a *decode.Attempt) bool {
			return a.Close != nil && a.Close.Code != nil && slices.Contains(numbers, *a.Close.Code)
		}
	case "close.by":
		return func(a *decode.Attempt) bool {
			return a.Close != nil && a.Close.By != "" && slices.Contains(texts, a.Close.By)
		}
	}
	if get := of.text; get != nil {
		return func(a *decode.Attempt) bool { v, ok := get(a); return ok && slices.Contains(texts, v) }
	}
	get := of.number
	return func(a *decode.Attempt) bool { v, ok := get(a); return ok && slices.Contains(numbers, int(v)) }
}

// presentTest tells whether a fact is there.
func presentTest(n ast.Node) (test, bool) {
	if call, ok := n.(*ast.CallNode); ok {
		of, ok := headerOperand(call)
		return of.present, ok
	}
	f, ok := factOf(n)
	if !ok {
		return nil, false
	}
	switch f.Path {
	case "websocket.violations":
		return func(a *decode.Attempt) bool { return a.WebSocket != nil && len(a.WebSocket.Violations) > 0 }, true
	case "close":
		return func(a *decode.Attempt) bool { return a.Close != nil }, true
	default:
		return func(a *decode.Attempt) bool { _, ok := f.Value(a); return ok }, true
	}
}

// factOf returns the field that a node names.
func factOf(n ast.Node) (field.Field, bool) {
	var r rewriter
	parts, ok := r.path(n)
	if !ok {
		return field.Field{}, false
	}
	path := parts[0]
	for _, p := range parts[1:] {
		path += "." + p
	}
	return field.Lookup(path)
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

func number(n ast.Node) (float64, bool) {
	switch n := n.(type) {
	case *ast.IntegerNode:
		return float64(n.Value), true
	case *ast.FloatNode:
		return n.Value, true
	default:
		return 0, false
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
