// Package condition is the language of --where and of the rule catalogue: a
// boolean expression of github.com/expr-lang/expr over the names of the record
// (decode.Attempt, DESIGN.md section 4).
//
//	http.status == 403 && http.origin contains "evil"
//	verdict != "accepted"
//	websocket.messages.client > 3
//	close.code in [1001, 1006]
//	any(websocket.violations, .rule == "mask-missing")
//	http.uri matches "^/ws"
//
// # Absent facts
//
// A fact that the capture does not hold has no value. A comparison (== != < <= >
// >= in contains startsWith endsWith matches, and each of the last five with
// "not" before it, as in "not in") with an absent operand is false; it is never
// an error. So http.status != 403 is false where no status was seen, and
// not (http.status == 403) is true. An absent boolean is false. Arithmetic and
// functions on an absent value are absent. a ?? b is b where a is absent.
//
// Of the quantifiers over an absent list, any, all and one are false and none is
// true.
//
// # Functions
//
//	has(x)              whether the fact x, or any fact in the group x, is there
//	header("Origin")    value of the first request header of that name, any case
//	response_header(n)  the same for the final response
//
//	header_list(n)      the members of all request headers of that name, a list that
//	                    commas separate (RFC 9110 section 5.6.1), in lower case
//	response_header_list(n)  the same for the final response
//	header_count(n)     how often the request has the header, 0 for never
//	response_header_count(n)  the same for the final response
//	same_origin(o, h)   whether the origin o has host h, and its port
//	found(id)           whether the finding with this id was made
//	credentials()       which credentials the request carries: "cookie", "authorization",
//	                    "query", "subprotocol", "header"; never their values
//	loopback(addr)      whether an address, with a port or without, is this machine's own
//	span(ms)            a time in milliseconds in words, such as "1.5 s"
//
// and the built-in functions of expr (any, all, none, one, count, filter, map,
// len, lower, upper, trim, split, hasPrefix, abs, max, date, …) except now,
// because the same capture must always give the same answer.
package condition

import (
	"errors"
	"fmt"
	"sync"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/checker"
	"github.com/expr-lang/expr/compiler"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/optimizer"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/types"
	"github.com/expr-lang/expr/vm"

	"wstap/decode"
)

// maxSource is the longest condition in bytes. The longest that people write by
// hand are a few hundred; the limit keeps the parser's recursion shallow.
const maxSource = 16 << 10

// Program is a compiled condition. It is safe for concurrent use.
type Program struct {
	source  string
	program *vm.Program
	vars    []variable
	facts   sync.Pool // of *Facts
}

// Compile returns the program for a condition. Every error it returns is an
// *Error.
func Compile(source string) (*Program, error) {
	tree, config, err := parse(source)
	if err != nil {
		return nil, err
	}
	expr.AsBool()(config)
	config.ExpectAny = false
	vars := newVariables()
	r := rewriter{source: source, vars: vars}
	tree.Node, _ = r.rewrite(tree.Node)
	if r.err != nil {
		return nil, r.err
	}
	program, err := build(tree, config, vars)
	if err != nil {
		return nil, checkError(source, err)
	}
	return &Program{source: source, program: program, vars: vars.list}, nil
}

// parse returns the syntax tree of an expression.
func parse(source string) (*parser.Tree, *conf.Config, error) {
	if len(source) > maxSource {
		return nil, nil, &Error{Line: 1, Column: 1, Message: fmt.Sprintf("condition is longer than %d bytes", maxSource)}
	}
	config := conf.CreateNew()
	config.Disabled["now"] = true
	tree, err := parser.ParseWithConfig(source, config)
	if err != nil {
		return nil, nil, asError(source, err)
	}
	return tree, config, nil
}

// build is expr.Compile from the syntax tree on.
func build(tree *parser.Tree, config *conf.Config, vars *variables) (*vm.Program, error) {
	// The rewritten tree names variables only, never fields of a record.
	expr.Env(vars.types)(config)
	if _, err := checker.Check(tree, config); err != nil {
		return nil, err
	}
	if err := optimizer.Optimize(&tree.Node, config); err != nil {
		return nil, err
	}
	return compiler.Compile(tree, config)
}

// String returns the condition as it was written.
func (p *Program) String() string { return p.source }

// Match reports whether the condition holds for a.
func (p *Program) Match(a *decode.Attempt) bool {
	f, _ := p.facts.Get().(*Facts)
	if f == nil {
		f = new(Facts)
	}
	f.Of(a)
	matched := p.MatchFacts(f)
	p.facts.Put(f)
	return matched
}

// MatchFacts is Match for an attempt of which several conditions are asked.
func (p *Program) MatchFacts(f *Facts) bool {
	// What can still fail, such as a pattern that is put together from the
	// record and is no regular expression, does not match.
	out, err := f.run(p.program, p.vars)
	matched, ok := out.(bool)
	return err == nil && ok && matched
}

// Error says what is wrong with a condition, and where.
type Error struct {
	Line, Column int // both from 1, in characters
	Message      string
	Hint         string // what to write instead; may be empty
}

// Error returns "line:column: message (hint)".
func (e *Error) Error() string {
	s := fmt.Sprintf("%d:%d: %s", e.Line, e.Column, e.Message)
	if e.Hint != "" {
		s += " (" + e.Hint + ")"
	}
	return s
}

// errorAt returns an Error for the character at offset from.
func errorAt(source string, from int, message, hint string) *Error {
	e := &Error{Line: 1, Column: 1, Message: message, Hint: hint}
	n := 0
	for _, r := range source {
		if n == from {
			break
		}
		n++
		if r == '\n' {
			e.Line, e.Column = e.Line+1, 0
		}
		e.Column++
	}
	return e
}

// asError makes an Error of what expr, or this package, says.
func asError(source string, err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	var fe *file.Error
	if !errors.As(err, &fe) {
		return &Error{Line: 1, Column: 1, Message: lowerFirst(err.Error())}
	}
	return errorAt(source, fe.From, lowerFirst(fe.Message), "")
}

// checkError makes an Error of what expr says about types.
func checkError(source string, err error) *Error {
	e := asError(source, err)
	e.Hint = hintFor(e.Message)
	return e
}

// nodeError returns an Error that points at a node.
func nodeError(source string, n ast.Node, message, hint string) *Error {
	return errorAt(source, n.Location().From, message, hint)
}

// variables are the facts that a condition uses, by the names that the rewritten
// tree gives them.
type variables struct {
	types types.Map
	list  []variable
}

// variable is one input of a compiled condition.
type variable struct {
	name  string
	value func(*decode.Attempt) any
}

func newVariables() *variables { return &variables{types: types.Map{}} }

// add makes a variable known, once.
func (v *variables) add(name string, t types.Type, value func(*decode.Attempt) any) {
	if _, ok := v.types[name]; ok {
		return
	}
	v.types[name] = t
	v.list = append(v.list, variable{name: name, value: value})
}
