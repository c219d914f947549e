package condition

import (
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/expr-lang/expr/ast"

	"wstap/classify/condition/field"
	"wstap/classify/secret"
	"wstap/decode"
)

// operand is what a comparison is about: a fact of the record, or a header.
type operand struct {
	path    string // of a fact
	text    func(a *decode.Attempt) (string, bool)
	number  func(a *decode.Attempt) (float64, bool)
	whole   bool                                      // number is one, of a fact
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
	of.present = presentTest(n)
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
		of.number, of.whole = func(a *decode.Attempt) (float64, bool) { return numberOf(f, a) }, f.Kind == field.Integer
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

// presentTest tells whether a fact or a header is there, nil where n names none.
func presentTest(n ast.Node) test {
	if call, ok := n.(*ast.CallNode); ok {
		of, _ := headerOperand(call)
		return of.present
	}
	f, ok := factOf(n)
	if !ok {
		return nil
	}
	switch f.Path {
	case "websocket.violations":
		return func(a *decode.Attempt) bool { return a.WebSocket != nil && len(a.WebSocket.Violations) > 0 }
	case "close":
		return func(a *decode.Attempt) bool { return a.Close != nil }
	default:
		return func(a *decode.Attempt) bool { _, ok := f.Value(a); return ok }
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
