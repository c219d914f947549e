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
	runs    sync.Pool // of *run
}

// run is what one evaluation needs and the next can use again.
type run struct {
	vm  vm.VM
	env map[string]any
}

// Compile returns the program for a condition. Every error it returns is an
// *Error.
func Compile(source string) (*Program, error) {
	if len(source) > maxSource {
		return nil, &Error{Line: 1, Column: 1, Message: fmt.Sprintf("condition is longer than %d bytes", maxSource)}
	}
	config := conf.CreateNew()
	config.Disabled["now"] = true
	expr.AsBool()(config)
	config.ExpectAny = false

	tree, err := parser.ParseWithConfig(source, config)
	if err != nil {
		return nil, syntaxError(source, err)
	}
	vars := newVariables()
	r := rewriter{source: source, vars: vars}
	tree.Node, _ = r.rewrite(tree.Node)
	if r.err != nil {
		return nil, r.err
	}
	// The rewritten tree names variables only, never fields of a record.
	expr.Env(vars.types)(config)
	program, err := build(tree, config)
	if err != nil {
		return nil, checkError(source, err)
	}
	return &Program{source: source, program: program, vars: vars.list}, nil
}

// build is expr.Compile from the syntax tree on.
func build(tree *parser.Tree, config *conf.Config) (*vm.Program, error) {
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
	r, _ := p.runs.Get().(*run)
	if r == nil {
		r = &run{env: make(map[string]any, len(p.vars))}
	}
	for i := range p.vars {
		r.env[p.vars[i].name] = p.vars[i].value(a)
	}
	// What can still fail, such as a pattern that is put together from the
	// record and is no regular expression, does not match.
	out, err := r.vm.Run(p.program, r.env)
	matched, ok := out.(bool)
	p.runs.Put(r)
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

func syntaxError(source string, err error) *Error {
	var fe *file.Error
	if !errors.As(err, &fe) {
		return &Error{Line: 1, Column: 1, Message: lowerFirst(err.Error())}
	}
	return errorAt(source, fe.From, lowerFirst(fe.Message), "")
}

// checkError makes an Error of what expr says about types.
func checkError(source string, err error) *Error {
	e := syntaxError(source, err)
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
