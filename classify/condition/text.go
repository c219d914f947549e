package condition

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/vm"

	"wstap/classify/secret"
	"wstap/decode"
)

const (
	// maxQuoted is how many characters of one value a text shows: a line of a
	// terminal. The record has the rest.
	maxQuoted = 120
	// absent stands in a text for a fact that the capture does not hold.
	absent = "(not known)"
)

// Text is a text with values of the record in it: {http.status} is replaced by the
// fact's value, {any expression} by its result, and {{ is a brace. It is safe for
// concurrent use.
type Text struct {
	source string
	parts  []part
}

// part is a literal, an expression where program is not nil, or a fact where plain is
// not nil: most are nothing more, and need not be evaluated.
type part struct {
	literal string
	program *vm.Program
	vars    []variable
	plain   func(a *decode.Attempt) (text string, present bool)
}

// CompileText returns the Text for a source. Every error it returns is an *Error.
func CompileText(source string) (*Text, error) {
	t := &Text{source: source}
	literal := ""
	for rest := source; rest != ""; {
		brace := strings.IndexByte(rest, '{')
		if brace < 0 {
			literal += rest
			break
		}
		literal += rest[:brace]
		rest = rest[brace+1:]
		if strings.HasPrefix(rest, "{") {
			literal += "{"
			rest = rest[1:]
			continue
		}
		from := len(source) - len(rest)
		end := closing(rest)
		if end < 0 {
			return nil, errorAt(source, utf8.RuneCountInString(source[:from-1]), "{ without its }", "{{ is a brace")
		}
		p, err := compileValue(rest[:end])
		if err != nil {
			return nil, err.within(source, from)
		}
		t.parts = append(t.parts, part{literal: literal}, p)
		literal, rest = "", rest[end+1:]
	}
	t.parts = append(t.parts, part{literal: literal})
	return t, nil
}

// closing returns where the brace is that ends an expression, below 0 without one.
// Braces in texts of the expression and in pairs do not count.
func closing(s string) int {
	depth, quote := 0, byte(0)
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case quote != 0 && c == '\\' && quote != '`':
			i++
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"', c == '\'', c == '`':
			quote = c
		case c == '{':
			depth++
		case c == '}':
			if depth == 0 {
				return i
			}
			depth--
		}
	}
	return -1
}

// within returns e for a source of which the expression begins at byte from.
func (e *Error) within(source string, from int) *Error {
	begin := errorAt(source, utf8.RuneCountInString(source[:from]), e.Message, e.Hint)
	if e.Line == 1 {
		begin.Column += e.Column - 1
	} else {
		begin.Line, begin.Column = begin.Line+e.Line-1, e.Column
	}
	return begin
}

// compileValue compiles an expression of any type, nil where it is absent.
func compileValue(source string) (part, *Error) {
	tree, config, err := parse(source)
	if err != nil {
		return part{}, asError(source, err)
	}
	if plain := plainOf(tree.Node); plain != nil {
		return part{plain: plain}, nil
	}
	expr.AsAny()(config)
	vars := newVariables()
	r := rewriter{source: source, vars: vars}
	node, guard := r.rewrite(tree.Node)
	if r.err != nil {
		return part{}, r.err
	}
	if guard != nil {
		node = at(node, &ast.ConditionalNode{Ternary: true, Cond: guard, Exp1: node, Exp2: at(node, &ast.NilNode{})})
	}
	tree.Node = node
	program, err := build(tree, config, vars)
	if err != nil {
		return part{}, asError(source, checkError(source, err))
	}
	return part{program: program, vars: vars.list}, nil
}

// plainOf returns how to take out what an expression is that only names a text, a whole
// number, a header or the kinds of credentials, nil for any other.
func plainOf(n ast.Node) func(*decode.Attempt) (string, bool) {
	if call, ok := n.(*ast.CallNode); ok {
		if callee, ok := call.Callee.(*ast.IdentifierNode); ok && callee.Value == "credentials" && len(call.Arguments) == 0 {
			return func(a *decode.Attempt) (string, bool) { return inWords(secret.Credentials(a)), true }
		}
	}
	of, ok := operandOf(n)
	switch {
	case !ok:
		return nil
	case of.text != nil:
		return func(a *decode.Attempt) (string, bool) { v, ok := of.text(a); return shorten(v), ok }
	case of.number != nil && of.whole:
		return func(a *decode.Attempt) (string, bool) {
			v, ok := of.number(a)
			return strconv.FormatInt(int64(v), 10), ok
		}
	default:
		return nil
	}
}

// String returns the text as it was written.
func (t *Text) String() string { return t.source }

// Of returns the text for an attempt. What it quotes is what was captured: it has to
// be escaped before it is shown.
func (t *Text) Of(f *Facts) string {
	var b strings.Builder
	for i := range t.parts {
		p := &t.parts[i]
		b.WriteString(p.literal)
		if p.plain != nil {
			v, ok := p.plain(f.a)
			if !ok {
				v = absent
			}
			b.WriteString(v)
			continue
		}
		if p.program == nil {
			continue
		}
		v, err := f.run(p.program, p.vars)
		if err != nil {
			v = nil
		}
		b.WriteString(inWords(v))
	}
	return b.String()
}

// inWords returns a value as a text shows it.
func inWords(v any) string {
	switch v := v.(type) {
	case nil:
		return absent
	case string:
		return shorten(v)
	case float64:
		if math.Abs(v) < 100 && v != math.Trunc(v) {
			return strconv.FormatFloat(v, 'f', 1, 64)
		}
		return strconv.FormatFloat(v, 'f', 0, 64)
	case []string:
		return shorten(strings.Join(v, ", "))
	case []any:
		words := make([]string, len(v))
		for i := range v {
			words[i] = inWords(v[i])
		}
		return shorten(strings.Join(words, ", "))
	default:
		return shorten(fmt.Sprint(v))
	}
}

// shorten keeps the beginning of what is too long to be quoted, and the mark that ends
// a quotation.
func shorten(s string) string {
	if len(s) <= maxQuoted || utf8.RuneCountInString(s) <= maxQuoted {
		return s
	}
	n := 0
	for i := range s {
		if n == maxQuoted {
			if strings.HasSuffix(s, "”") {
				return s[:i] + "…”"
			}
			return s[:i] + "…"
		}
		n++
	}
	return s
}

// Value returns the text for one attempt.
func (t *Text) Value(a *decode.Attempt) string {
	var f Facts
	f.Of(a)
	return t.Of(&f)
}
