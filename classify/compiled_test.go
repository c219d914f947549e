package classify

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"
)

var update = flag.Bool("update", false, "write catalogue/compiled.json anew")

// fromYAML reads the catalogue from its sources.
func fromYAML(t *testing.T) *Catalogue {
	t.Helper()
	names, err := filepath.Glob("catalogue/*.yaml")
	if err != nil || len(names) == 0 {
		t.Fatal("no catalogue", err)
	}
	c := &Catalogue{byID: make(map[string]*Rule)}
	for _, name := range names {
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.add(filepath.ToSlash(name), source); err != nil {
			t.Fatal(err)
		}
	}
	c.mark()
	return c
}

// What the program carries is what the sources say.
func TestCompiled(t *testing.T) {
	var want bytes.Buffer
	e := json.NewEncoder(&want)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	if err := e.Encode(fromYAML(t).groups); err != nil {
		t.Fatal(err)
	}
	const file = "catalogue/compiled.json"
	if *update {
		if err := os.WriteFile(file, want.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if !bytes.Equal(compiled, want.Bytes()) {
		t.Errorf("%s is older than the YAML files beside it: make golden writes it anew", file)
	}
}
