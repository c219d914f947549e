// Package field names the facts of a decode.Attempt by their JSON paths, as
// --where, -e and rules do: "http.status", "websocket.messages.client". The names
// come from the record itself, so a field that is added there is known here.
package field

import (
	"reflect"
	"strings"

	"wstap/decode"
)

// Kind is what a field holds.
type Kind uint8

// The kinds.
const (
	Group   Kind = iota // fields beneath it: "http"
	Text                // a string
	Integer             // a whole number
	Float               // a number with a fraction
	Bool                // true or false
	List                // several texts, numbers, headers or groups
)

// String returns the kind as error messages name it.
func (k Kind) String() string {
	switch k {
	case Group:
		return "group"
	case Text:
		return "text"
	case Integer:
		return "integer"
	case Float:
		return "float"
	case Bool:
		return "bool"
	case List:
		return "list"
	default:
		return "unknown"
	}
}

// Field is one named fact.
type Field struct {
	Path string
	Kind Kind
	Elem reflect.Type // type of a list's elements; nil for other kinds

	steps []step
}

// step leads from a struct to one of its fields.
type step struct {
	index     int
	omitEmpty bool // the JSON leaves out the zero value: it means absent
}

// record holds every field of decode.Attempt, in the order of the record. It is
// never changed.
var record = describe(nil, "", nil, reflect.TypeFor[decode.Attempt]())

// byPath finds the index in record of a path. It is never changed.
var byPath = func() map[string]int {
	m := make(map[string]int, len(record))
	for i := range record {
		m[record[i].Path] = i
	}
	return m
}()

// All returns every field in the order of the record, groups before what they
// hold. The result must not be changed.
func All() []Field { return record }

// Lookup returns the field with the given path.
func Lookup(path string) (Field, bool) {
	i, ok := byPath[path]
	if !ok {
		return Field{}, false
	}
	return record[i], true
}

// Value returns the field's value in a with pointers followed, and false where
// the fact is absent. Fields that JSON leaves out when empty are absent when
// empty.
func (f Field) Value(a *decode.Attempt) (reflect.Value, bool) {
	v := reflect.ValueOf(a).Elem()
	for _, s := range f.steps {
		v = v.Field(s.index)
		if s.omitEmpty && empty(v) {
			return reflect.Value{}, false
		}
		if v.Kind() == reflect.Pointer {
			if v.IsNil() {
				return reflect.Value{}, false
			}
			v = v.Elem()
		}
	}
	return v, true
}

// empty reports whether encoding/json's omitempty leaves v out.
func empty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Slice, reflect.Map, reflect.String, reflect.Array:
		return v.Len() == 0
	case reflect.Struct:
		return false
	default:
		return v.IsZero()
	}
}

// describe appends the fields of struct type t, whose own path is prefix.
func describe(out []Field, prefix string, steps []step, t reflect.Type) []Field {
	for i := range t.NumField() {
		sf := t.Field(i)
		name, omit, ok := JSONName(sf)
		if !ok {
			continue
		}
		f := Field{
			Path:  join(prefix, name),
			steps: append(steps[:len(steps):len(steps)], step{index: i, omitEmpty: omit}),
		}
		ft := sf.Type
		if ft.Kind() == reflect.Pointer {
			ft = ft.Elem()
		}
		f.Kind = kindOf(ft)
		if f.Kind == List {
			f.Elem = ft.Elem()
		}
		out = append(out, f)
		if f.Kind == Group {
			out = describe(out, f.Path, f.steps, ft)
		}
	}
	return out
}

// JSONName returns the name that a struct field has in JSON, whether its empty
// value is left out, and false for a field that JSON does not carry.
func JSONName(sf reflect.StructField) (name string, omitEmpty, ok bool) {
	tag := sf.Tag.Get("json")
	name, options, _ := strings.Cut(tag, ",")
	if !sf.IsExported() || tag == "-" || name == "" {
		return "", false, false
	}
	return name, strings.Contains(options, "omitempty"), true
}

func kindOf(t reflect.Type) Kind {
	switch t.Kind() {
	case reflect.Struct:
		return Group
	case reflect.Slice, reflect.Array:
		return List
	case reflect.Bool:
		return Bool
	case reflect.Float32, reflect.Float64:
		return Float
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return Integer
	default:
		return Text
	}
}

func join(prefix, name string) string {
	if prefix == "" {
		return name
	}
	return prefix + "." + name
}
