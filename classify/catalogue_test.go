package classify

import "testing"

func builtin(t *testing.T) *Catalogue {
	t.Helper()
	c, err := Builtin()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestCatalogueCompiles(t *testing.T) {
	if err := fromYAML(t).Check(); err != nil {
		t.Fatal(err)
	}
}
