package condition

import (
	"reflect"

	"github.com/expr-lang/expr/types"

	"wstap/classify/condition/field"
	"wstap/decode"
)

// presentPrefix begins the names that the rewritten tree has for whether a fact is
// there. It cannot be written in an identifier, so that no condition can name them.
const presentPrefix = "?"

// typeOf returns the type that a field has in a condition: all whole numbers are
// int and all texts string, so that they compare with literals.
func typeOf(f field.Field) types.Type {
	switch f.Kind {
	case field.Integer:
		return types.Int
	case field.Float:
		return types.Float64
	case field.Bool:
		return types.Bool
	case field.List:
		return types.Array(elemType(f.Elem))
	default:
		return types.String
	}
}

func elemType(t reflect.Type) types.Type {
	switch {
	case t.Kind() == reflect.Pointer:
		return elemType(t.Elem())
	case t.Kind() == reflect.Struct:
		m := types.Map{}
		for i := range t.NumField() {
			if name, _, ok := field.JSONName(t.Field(i)); ok {
				m[name] = elemType(t.Field(i).Type)
			}
		}
		return m
	case t.Kind() == reflect.Slice, t.Kind() == reflect.Array:
		return types.Array(elemType(t.Elem()))
	case t.Kind() == reflect.Bool:
		return types.Bool
	case t.Kind() == reflect.Float64, t.Kind() == reflect.Float32:
		return types.Float64
	case reflect.Zero(t).CanInt(), reflect.Zero(t).CanUint():
		return types.Int
	default:
		return types.String
	}
}

// valueOf returns a function that takes the field out of a record: the zero value
// of its type where it is absent.
func valueOf(f field.Field) func(*decode.Attempt) any {
	var zero any
	switch f.Kind {
	case field.Integer:
		zero = 0
	case field.Float:
		zero = 0.0
	case field.Bool:
		zero = false
	case field.List:
		zero = []any(nil)
	default:
		zero = ""
	}
	return func(a *decode.Attempt) any {
		v, ok := f.Value(a)
		if !ok {
			return zero
		}
		return plain(v)
	}
}

// plain turns a value of the record into the plain types that expr compares.
func plain(v reflect.Value) any {
	switch {
	case v.Kind() == reflect.Pointer:
		if v.IsNil() {
			return nil
		}
		return plain(v.Elem())
	case v.Kind() == reflect.Struct:
		m := make(map[string]any, v.NumField())
		for i := range v.NumField() {
			if name, _, ok := field.JSONName(v.Type().Field(i)); ok {
				m[name] = plain(v.Field(i))
			}
		}
		return m
	case v.Kind() == reflect.Slice, v.Kind() == reflect.Array:
		list := make([]any, v.Len())
		for i := range list {
			list[i] = plain(v.Index(i))
		}
		return list
	case v.Kind() == reflect.Bool:
		return v.Bool()
	case v.CanFloat():
		return v.Float()
	case v.CanInt():
		return int(v.Int())
	case v.CanUint():
		return int(v.Uint())
	default:
		return v.String()
	}
}

// presence returns a function that tells whether the field is there.
func presence(f field.Field) func(*decode.Attempt) any {
	return func(a *decode.Attempt) any {
		_, ok := f.Value(a)
		return ok
	}
}
