package condition

import (
	"strings"

	"github.com/expr-lang/expr/vm"

	"wstap/decode"
)

// Facts are what conditions ask of one attempt, each looked up once however many
// conditions ask. It serves one goroutine. The zero value is ready for Of.
type Facts struct {
	a     *decode.Attempt
	env   map[string]any
	stale bool // env is still about another attempt
	vm    vm.VM
}

// Of makes f the facts of a.
func (f *Facts) Of(a *decode.Attempt) {
	f.a, f.stale = a, true
}

// Attempt returns the attempt that f is about.
func (f *Facts) Attempt() *decode.Attempt { return f.a }

// Forget makes f look up anew what belongs to a group of facts, such as
// "answered_by", because it was changed.
func (f *Facts) Forget(group string) {
	if f.stale {
		return
	}
	for name := range f.env {
		path := strings.TrimPrefix(name, presentPrefix)
		if path == group || strings.HasPrefix(path, group+".") {
			delete(f.env, name)
		}
	}
}

// run evaluates a compiled program that needs vars.
func (f *Facts) run(p *vm.Program, vars []variable) (any, error) {
	if f.env == nil {
		f.env = make(map[string]any)
	}
	if f.stale {
		clear(f.env)
		f.stale = false
	}
	for i := range vars {
		if _, known := f.env[vars[i].name]; !known {
			f.env[vars[i].name] = vars[i].value(f.a)
		}
	}
	return f.vm.Run(p, f.env)
}
