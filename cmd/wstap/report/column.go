package report

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"wstap/classify/condition/field"
	"wstap/decode"
)

// column is one field of CSV or fields output.
type column struct {
	name   string
	values func(a *decode.Attempt) []string // none where the fact is absent
}

// Prefixes of columns that take one header out of a head, in any case:
// http.request_header.origin.
const (
	requestHeaderPrefix  = "http.request_header."
	responseHeaderPrefix = "http.response_header."
)

// newColumns resolves the names after -e.
func newColumns(names []string) ([]column, error) {
	columns := make([]column, len(names))
	for i, name := range names {
		c, err := newColumn(name)
		if err != nil {
			return nil, err
		}
		columns[i] = c
	}
	return columns, nil
}

func newColumn(name string) (column, error) {
	if header, ok := cutPrefixFold(name, requestHeaderPrefix); ok {
		return headerColumn(name, header, func(h *decode.HTTP) []decode.Header { return h.RequestHeaders }), nil
	}
	if header, ok := cutPrefixFold(name, responseHeaderPrefix); ok {
		return headerColumn(name, header, func(h *decode.HTTP) []decode.Header { return h.ResponseHeaders }), nil
	}
	f, ok := field.Lookup(name)
	switch {
	case ok && f.Kind == field.Group:
		return column{}, fmt.Errorf("%s is a group: name one of its fields (%s)", name, strings.Join(fieldsIn(name), ", "))
	case ok:
		texts, err := newTexts(f)
		return column{name, texts}, err
	}
	if c, ok := elementColumn(name); ok {
		return c, nil
	}
	if near := field.Suggest(name); len(near) > 0 {
		return column{}, fmt.Errorf("unknown field %q: did you mean %s?", name, strings.Join(near, " or "))
	}
	return column{}, fmt.Errorf("unknown field %q: the names are those of -T json, such as http.status", name)
}

// newTexts returns a function that gives a field's values as text.
func newTexts(f field.Field) (func(*decode.Attempt) []string, error) {
	if f.Kind != field.List {
		return func(a *decode.Attempt) []string {
			v, ok := f.Value(a)
			if !ok {
				return nil
			}
			return []string{text(v)}
		}, nil
	}
	element := text
	switch {
	case f.Elem == reflect.TypeFor[decode.Header]():
		element = func(v reflect.Value) string { return v.Index(0).String() + ": " + v.Index(1).String() }
	case f.Elem.Kind() == reflect.Struct:
		encode, err := newEncoder(f.Elem)
		if err != nil {
			return nil, err
		}
		element = func(v reflect.Value) string { return string(encode(nil, v)) }
	}
	return func(a *decode.Attempt) []string {
		v, ok := f.Value(a)
		if !ok {
			return nil
		}
		out := make([]string, v.Len())
		for i := range out {
			out[i] = element(v.Index(i))
		}
		return out
	}, nil
}

// elementColumn resolves a name that leads into the elements of a list, such as
// websocket.violations.rule.
func elementColumn(name string) (column, bool) {
	dot := strings.LastIndexByte(name, '.')
	if dot < 0 {
		return column{}, false
	}
	list, ok := field.Lookup(name[:dot])
	if !ok || list.Kind != field.List || list.Elem.Kind() != reflect.Struct {
		return column{}, false
	}
	for i := range list.Elem.NumField() {
		if n, _, ok := field.JSONName(list.Elem.Field(i)); !ok || n != name[dot+1:] {
			continue
		}
		return column{name, func(a *decode.Attempt) []string {
			v, ok := list.Value(a)
			if !ok {
				return nil
			}
			out := make([]string, v.Len())
			for j := range out {
				out[j] = text(v.Index(j).Field(i))
			}
			return out
		}}, true
	}
	return column{}, false
}

func headerColumn(name, header string, list func(*decode.HTTP) []decode.Header) column {
	return column{name, func(a *decode.Attempt) (out []string) {
		if a.HTTP == nil {
			return nil
		}
		for _, h := range list(a.HTTP) {
			if strings.EqualFold(strings.TrimSpace(h[0]), header) {
				out = append(out, h[1])
			}
		}
		return out
	}}
}

// text returns a plain value as JSON would write it, without quotes.
func text(v reflect.Value) string {
	switch {
	case v.Kind() == reflect.Bool:
		return strconv.FormatBool(v.Bool())
	case v.CanInt():
		return strconv.FormatInt(v.Int(), 10)
	case v.CanUint():
		return strconv.FormatUint(v.Uint(), 10)
	case v.CanFloat():
		return string(appendFloat(nil, v.Float()))
	default:
		return v.String()
	}
}

// fieldsIn returns the names of the facts in a group.
func fieldsIn(group string) []string {
	var out []string
	for _, f := range field.All() {
		if strings.HasPrefix(f.Path, group+".") && f.Kind != field.Group {
			out = append(out, f.Path)
		}
	}
	return out
}

func cutPrefixFold(s, prefix string) (string, bool) {
	if len(s) <= len(prefix) || !strings.EqualFold(s[:len(prefix)], prefix) {
		return "", false
	}
	return s[len(prefix):], true
}
