package report

import (
	"bytes"
	"cmp"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"

	"wstap/classify/condition/field"
	"wstap/decode"
)

// encoder appends the JSON of a value of the type it was made for. It is made
// once per type, so that a row costs no look-up of tags. The output equals
// encoding/json's but for the escapes of appendJSONString.
type encoder func(b []byte, v reflect.Value) []byte

// newEncoder returns the encoder for t, which holds what a record holds: structs,
// pointers, slices, arrays, maps with string keys, texts, numbers and booleans.
// Any other type is a mistake in the record and gives an error.
func newEncoder(t reflect.Type) (encoder, error) {
	switch t.Kind() {
	case reflect.String:
		return func(b []byte, v reflect.Value) []byte { return appendJSONString(b, v.String()) }, nil
	case reflect.Bool:
		return func(b []byte, v reflect.Value) []byte { return strconv.AppendBool(b, v.Bool()) }, nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return func(b []byte, v reflect.Value) []byte { return strconv.AppendInt(b, v.Int(), 10) }, nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return func(b []byte, v reflect.Value) []byte { return strconv.AppendUint(b, v.Uint(), 10) }, nil
	case reflect.Float64:
		return func(b []byte, v reflect.Value) []byte { return appendFloat(b, v.Float()) }, nil
	case reflect.Pointer:
		elem, err := newEncoder(t.Elem())
		return func(b []byte, v reflect.Value) []byte {
			if v.IsNil() {
				return append(b, "null"...)
			}
			return elem(b, v.Elem())
		}, err
	case reflect.Slice, reflect.Array:
		return newListEncoder(t)
	case reflect.Map:
		return newMapEncoder(t)
	case reflect.Struct:
		return newStructEncoder(t)
	default:
		return nil, fmt.Errorf("no JSON form for %s", t)
	}
}

func newListEncoder(t reflect.Type) (encoder, error) {
	if t == reflect.TypeFor[[]decode.Header]() {
		return encodeHeaders, nil
	}
	elem, err := newEncoder(t.Elem())
	return func(b []byte, v reflect.Value) []byte {
		b = append(b, '[')
		for i := range v.Len() {
			if i > 0 {
				b = append(b, ',')
			}
			b = elem(b, v.Index(i))
		}
		return append(b, ']')
	}, err
}

// encodeHeaders is the encoder of heads, which are most of a row, without
// reflection for each of their texts.
func encodeHeaders(b []byte, v reflect.Value) []byte {
	list, ok := reflect.TypeAssert[[]decode.Header](v)
	if !ok {
		return append(b, "null"...)
	}
	b = append(b, '[')
	for i := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendJSONString(append(b, '['), list[i][0])
		b = appendJSONString(append(b, ','), list[i][1])
		b = append(b, ']')
	}
	return append(b, ']')
}

func newMapEncoder(t reflect.Type) (encoder, error) {
	elem, err := newEncoder(t.Elem())
	return func(b []byte, v reflect.Value) []byte {
		keys := v.MapKeys()
		slices.SortFunc(keys, func(a, b reflect.Value) int { return cmp.Compare(a.String(), b.String()) })
		b = append(b, '{')
		for i, k := range keys {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(appendJSONString(b, k.String()), ':')
			b = elem(b, v.MapIndex(k))
		}
		return append(b, '}')
	}, err
}

// member is one field of a struct.
type member struct {
	index     int
	key       string // `"name":`
	omitEmpty bool
	encode    encoder
}

func newStructEncoder(t reflect.Type) (encoder, error) {
	var members []member
	for i := range t.NumField() {
		name, omit, ok := field.JSONName(t.Field(i))
		if !ok {
			continue
		}
		encode, err := newEncoder(t.Field(i).Type)
		if err != nil {
			return nil, fmt.Errorf("%s.%s: %w", t, name, err)
		}
		if t == reflect.TypeFor[decode.Finding]() && t.Field(i).Type == reflect.TypeFor[[]string]() && name != "files" {
			encode = cached(encode)
		}
		members = append(members, member{i, string(appendJSONString(nil, name)) + ":", omit, encode})
	}
	return func(b []byte, v reflect.Value) []byte {
		b = append(b, '{')
		first := true
		for i := range members {
			m := &members[i]
			f := v.Field(m.index)
			if m.omitEmpty && isEmpty(f) {
				continue
			}
			if !first {
				b = append(b, ',')
			}
			first = false
			b = append(b, m.key...)
			b = m.encode(b, f)
		}
		return append(b, '}')
	}, nil
}

// maxCached bounds how many lists are remembered: three for each rule, and as many for
// what rules say in particular cases.
const maxCached = 4096

// cached returns an encoder for lists of texts that are the same for all findings of a
// rule: those are most of the bytes of a row that has findings.
func cached(encode encoder) encoder {
	known := make(map[*string][]byte)
	return func(b []byte, v reflect.Value) []byte {
		list, ok := reflect.TypeAssert[[]string](v)
		if !ok || len(list) == 0 {
			return encode(b, v)
		}
		if was, ok := known[&list[0]]; ok {
			return append(b, was...)
		}
		begin := len(b)
		b = encode(b, v)
		if len(known) < maxCached {
			known[&list[0]] = bytes.Clone(b[begin:])
		}
		return b
	}
}

// isEmpty reports whether omitempty leaves v out.
func isEmpty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.String, reflect.Slice, reflect.Map, reflect.Array:
		return v.Len() == 0
	case reflect.Pointer:
		return v.IsNil()
	case reflect.Struct:
		return false
	default:
		return v.IsZero()
	}
}

// appendFloat writes f as encoding/json does for the sizes that occur here; what
// JSON cannot say is null.
func appendFloat(b []byte, f float64) []byte {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return append(b, "null"...)
	}
	format := byte('f')
	if abs := math.Abs(f); abs != 0 && (abs < 1e-6 || abs >= 1e21) {
		format = 'e'
	}
	b = strconv.AppendFloat(b, f, format, -1, 64)
	// 1e-09 is written 1e-9.
	if n := len(b); format == 'e' && n >= 4 && b[n-4] == 'e' && b[n-2] == '0' {
		b[n-2] = b[n-1]
		b = b[:n-1]
	}
	return b
}
