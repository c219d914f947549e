package condition

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/types"

	"wstap/classify/secret"
	"wstap/decode"
)

// function is one that only conditions have.
type function struct {
	name    string
	args    int
	usage   string // what it takes, for error messages
	example string
	typ     types.Type
	value   func(*decode.Attempt) any // the Go function, for one attempt
	// present is the function of the same arguments that tells whether there is a
	// value, nil where there always is.
	present func(*decode.Attempt) any
}

var (
	textToText = types.TypeOf(func(string) string { return "" })
	textToBool = types.TypeOf(func(string) bool { return false })
	textToList = types.TypeOf(func(string) []string { return nil })
	textToInt  = types.TypeOf(func(string) int { return 0 })
)

// functions are never changed.
var functions = []function{
	headerFunction("header", requestHead),
	headerFunction("response_header", responseHead),
	headerListFunction("header_list", requestHead),
	headerListFunction("response_header_list", responseHead),
	headerCountFunction("header_count", requestHead),
	headerCountFunction("response_header_count", responseHead),
	{
		name: "same_origin", args: 2, usage: "an origin and a host", example: "http.origin, http.host",
		typ:   types.TypeOf(func(string, string) bool { return false }),
		value: func(*decode.Attempt) any { return sameOrigin },
	},
	{
		name: "found", args: 1, usage: "one finding's id", example: `"http-403"`, typ: textToBool,
		value: func(a *decode.Attempt) any {
			return func(id string) bool { return found(a, id) }
		},
	},
	{
		name: "credentials", usage: "nothing", typ: types.TypeOf([]string(nil)), // of what it returns: it is looked up like a fact
		value: func(a *decode.Attempt) any { return secret.Credentials(a) },
	},
	{
		name: "loopback", args: 1, usage: "an address", example: "server", typ: textToBool,
		value: func(*decode.Attempt) any { return loopback },
	},
	{
		name: "span", args: 1, usage: "a time in milliseconds", example: "timing.answer_ms",
		typ:   types.TypeOf(func(float64) string { return "" }),
		value: func(*decode.Attempt) any { return Span },
	},
}

func lookupFunction(name string) (function, bool) {
	i := slices.IndexFunc(functions, func(f function) bool { return f.name == name })
	if i < 0 {
		return function{}, false
	}
	return functions[i], true
}

func found(a *decode.Attempt, id string) bool {
	return slices.ContainsFunc(a.Findings, func(f decode.Finding) bool { return f.ID == id })
}

// head returns one of an attempt's two heads.
type head func(*decode.Attempt) []decode.Header

func requestHead(a *decode.Attempt) []decode.Header {
	if a.HTTP == nil {
		return nil
	}
	return a.HTTP.RequestHeaders
}

func responseHead(a *decode.Attempt) []decode.Header {
	if a.HTTP == nil {
		return nil
	}
	return a.HTTP.ResponseHeaders
}

func headerFunction(name string, of head) function {
	return function{
		name: name, args: 1, usage: "one header name", example: `"Origin"`, typ: textToText,
		value: func(a *decode.Attempt) any {
			return func(name string) string {
				value, _ := findHeader(of(a), name)
				return value
			}
		},
		present: headerPresent(of),
	}
}

func headerListFunction(name string, of head) function {
	return function{
		name: name, args: 1, usage: "one header name", example: `"Connection"`, typ: textToList,
		value:   func(a *decode.Attempt) any { return func(name string) []string { return members(of(a), name) } },
		present: headerPresent(of),
	}
}

func headerCountFunction(name string, of head) function {
	return function{
		name: name, args: 1, usage: "one header name", example: `"Upgrade"`, typ: textToInt,
		value: func(a *decode.Attempt) any {
			return func(name string) int { return countHeader(of(a), name) }
		},
	}
}

func headerPresent(of head) func(*decode.Attempt) any {
	return func(a *decode.Attempt) any {
		return func(name string) bool {
			_, ok := findHeader(of(a), name)
			return ok
		}
	}
}

func sameName(field, name string) bool { return strings.EqualFold(strings.TrimSpace(field), name) }

// findHeader returns the value of the first header of that name.
func findHeader(list []decode.Header, name string) (string, bool) {
	for _, h := range list {
		if sameName(h[0], name) {
			return h[1], true
		}
	}
	return "", false
}

// countHeader returns how many headers of that name there are.
func countHeader(list []decode.Header, name string) (n int) {
	for _, h := range list {
		if sameName(h[0], name) {
			n++
		}
	}
	return n
}

// members returns the members of all headers of that name, in lower case.
func members(list []decode.Header, name string) []string {
	var out []string
	for _, h := range list {
		if !sameName(h[0], name) {
			continue
		}
		for m := range strings.SplitSeq(h[1], ",") {
			if m = strings.ToLower(strings.Trim(m, " \t")); m != "" {
				out = append(out, m)
			}
		}
	}
	return out
}

// sameOrigin reports whether an origin (RFC 6454 section 6.2) has the authority
// that a Host header names. Where either leaves out the port, it is the default
// of the origin's scheme. An opaque origin, "null", has none.
func sameOrigin(origin, host string) bool {
	scheme, authority, ok := strings.Cut(origin, "://")
	if !ok || authority == "" || host == "" {
		return false
	}
	port := "443"
	if strings.EqualFold(scheme, "http") || strings.EqualFold(scheme, "ws") {
		port = "80"
	}
	return strings.EqualFold(withPort(authority, port), withPort(strings.TrimSpace(host), port))
}

func withPort(authority, port string) string {
	authority = strings.TrimSuffix(strings.TrimRight(authority, "/"), ":")
	colon := strings.LastIndexByte(authority, ':')
	if colon < 0 || strings.HasSuffix(authority, "]") {
		return authority + ":" + port
	}
	if _, err := netip.ParseAddr(authority); err == nil { // IPv6 without brackets
		return "[" + authority + "]:" + port
	}
	return authority
}

// loopback reports whether an address, with a port or without, is one of this machine
// (RFC 1122 section 3.2.1.3, RFC 4291 section 2.5.3).
func loopback(addr string) bool {
	if ap, err := netip.ParseAddrPort(addr); err == nil {
		return ap.Addr().Unmap().IsLoopback()
	}
	ip, err := netip.ParseAddr(addr)
	return err == nil && ip.Unmap().IsLoopback()
}

// Span returns a time in milliseconds in words, rounded as a person would.
func Span(ms float64) string {
	switch s := ms / 1000; {
	case ms < 0:
		return "-" + Span(-ms)
	case ms < 9.95:
		return fmt.Sprintf("%.1f ms", ms)
	case ms < 999.5:
		return fmt.Sprintf("%.0f ms", ms)
	case s < 119.95:
		return fmt.Sprintf("%.1f s", s)
	case s < 2*3600:
		return fmt.Sprintf("%d min %d s", int(s)/60, int(s)%60)
	default:
		return fmt.Sprintf("%d h %d min", int(s)/3600, int(s)%3600/60)
	}
}

// call rewrites the functions that only conditions have.
func (r *rewriter) call(n *ast.CallNode) (out, guard ast.Node) {
	callee, ok := n.Callee.(*ast.IdentifierNode)
	if !ok {
		r.fail(n, "the record has no methods", "")
		return n, nil
	}
	if callee.Value == "has" {
		return r.has(n)
	}
	f, ok := lookupFunction(callee.Value)
	switch {
	case !ok:
		r.fail(n, fmt.Sprintf("unknown function %q", callee.Value), didYouMean(nearestFunction(callee.Value)))
		return n, nil
	case len(n.Arguments) != f.args:
		hint := ""
		if f.example != "" {
			hint = fmt.Sprintf("as in %s(%s)", f.name, f.example)
		}
		r.fail(n, f.name+" takes "+f.usage, hint)
		return n, nil
	}
	guard = r.all(n.Arguments)
	r.vars.add(f.name, f.typ, f.value)
	if f.args == 0 {
		return at(n, &ast.IdentifierNode{Value: f.name}), nil
	}
	if f.present == nil {
		return n, guard
	}
	there := presentPrefix + f.name
	r.vars.add(there, textToBool, f.present)
	found := at(n, &ast.CallNode{Callee: at(n, &ast.IdentifierNode{Value: there}), Arguments: n.Arguments})
	return n, both(guard, found)
}
