package report

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"wstap/decode"
)

// fill sets every field beneath v to something that is not its zero value.
func fill(v reflect.Value, n *int) {
	*n++
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), n)
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), n)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fill(v.Index(0), n)
		fill(v.Index(1), n)
	case reflect.Array:
		for i := range v.Len() {
			fill(v.Index(i), n)
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for range 3 {
			key, elem := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			fill(key, n)
			fill(elem, n)
			v.SetMapIndex(key, elem)
		}
	case reflect.String:
		v.SetString(strings.Repeat("é<&>\"\\\n", *n%3) + "text" + string(rune('a'+*n%26)))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Float64:
		v.SetFloat(float64(*n) / 7)
	default:
		if v.CanInt() {
			v.SetInt(int64(*n))
		} else {
			v.SetUint(uint64(*n))
		}
	}
}

// standard is what encoding/json writes, with & < > as they are.
func standard(t *testing.T, v any) string {
	t.Helper()
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestJSONIsStandard holds the hand-made encoder against encoding/json: same
// bytes for the empty record, for one with every field set, and for the samples.
func TestJSONIsStandard(t *testing.T) {
	full, n := new(decode.Attempt), 0
	fill(reflect.ValueOf(full).Elem(), &n)
	summary := new(decode.Summary)
	fill(reflect.ValueOf(summary).Elem(), &n)

	var got, want strings.Builder
	form, err := New(&got, Options{Format: "json"})
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range append(samples(), new(decode.Attempt), full) {
		want.WriteString(standard(t, a))
		if err := form.Attempt(a); err != nil {
			t.Fatal(err)
		}
	}
	want.WriteString(standard(t, summary))
	if err := form.End(summary); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want.String(), got.String()); diff != "" {
		t.Errorf("not as encoding/json (-want +got):\n%s", diff)
	}
}

func TestJSONHostile(t *testing.T) {
	for name, text := range hostile() {
		a := &decode.Attempt{HTTP: &decode.HTTP{URI: text, ResponseBody: text, RequestHeaders: []decode.Header{{text, text}}}}
		line := writeOne(t, Options{Format: "json"}, a)
		if strings.Count(line, "\n") != 2 { // the row and the summary
			t.Errorf("%s: %q is not one line", name, line)
		}
		for _, r := range line {
			if r != '\n' && (r < ' ' || r == 0x7f || drivesDisplay(r)) {
				t.Errorf("%s: output holds %U", name, r)
			}
		}
	}
}

// writeOne returns what a form writes for one attempt.
func writeOne(t *testing.T, o Options, attempts ...*decode.Attempt) string {
	t.Helper()
	var b strings.Builder
	form, err := New(&b, o)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range attempts {
		if err := form.Attempt(a); err != nil {
			t.Fatal(err)
		}
	}
	if err := form.End(&decode.Summary{Kind: "summary", V: 1}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
