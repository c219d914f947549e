package main

import (
	"context"
	"os"
	"strings"
	"testing"
)

// docs/findings.md is what the program writes of its own rules.
func TestFindingsAreDocumented(t *testing.T) {
	var out, errors strings.Builder
	if status := run(context.Background(), []string{"rules", "document"}, strings.NewReader(""), &out, &errors); status != exitDone {
		t.Fatalf("status %d: %s", status, errors.String())
	}
	const file = "../../docs/findings.md"
	if was, err := os.ReadFile(file); err != nil || string(was) != out.String() {
		t.Errorf("%s is not what wstap rules document writes: make golden writes it anew (%v)", file, err)
	}
}
