// Package testdata checks that the captures, their truths and the list in the
// README belong together.
package testdata

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"wstap/testdata/groundtruth"
)

// maxSize keeps the folder small enough to be cloned without a thought.
const maxSize = 64 << 10

func load(t *testing.T) []groundtruth.Capture {
	t.Helper()
	captures, err := groundtruth.Load(".")
	if err != nil {
		t.Fatal(err)
	}
	if len(captures) == 0 {
		t.Fatal("no truth files here")
	}
	return captures
}

func TestNoOrphans(t *testing.T) {
	known := map[string]bool{"README.md": true, "testdata_test.go": true}
	for _, c := range load(t) {
		known[c.Name+".json"] = true
		beside := slices.DeleteFunc([]string{c.Keylog, c.TLSKey}, func(f string) bool { return f == "" })
		for _, f := range append(beside, c.Files...) {
			known[f] = true
			info, err := os.Stat(f)
			if err != nil {
				t.Errorf("%s names a file that is not there: %v", c.Name, err)
			} else if info.Size() > maxSize {
				t.Errorf("%s has %d bytes, more than %d", f, info.Size(), maxSize)
			}
		}
	}
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !e.IsDir() && !known[e.Name()] {
			t.Errorf("%s belongs to no truth file", e.Name())
		}
	}
}

func TestEveryCaptureHasAScene(t *testing.T) {
	scenes, err := filepath.Glob("generate/scenes/*.py")
	if err != nil {
		t.Fatal(err)
	}
	var code strings.Builder
	for _, name := range scenes {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		code.Write(b)
	}
	for _, c := range load(t) {
		if !strings.Contains(code.String(), "def "+c.Name+"()") {
			t.Errorf("%s: no scene of that name in generate/scenes", c.Name)
		}
	}
}

func TestReadmeListsEveryCapture(t *testing.T) {
	b, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range load(t) {
		for _, f := range c.Files {
			if !strings.Contains(string(b), "`"+f+"`") {
				t.Errorf("README.md does not list %s; generate/run writes the list", f)
			}
		}
	}
}

// TestVocabulary finds words in the truths that a reader can never say.
func TestVocabulary(t *testing.T) {
	verdicts := []string{"accepted", "rejected", "bad-handshake", "unanswered", "unreached", "proxy-failed", "headless", "incomplete", "tls-failed", "encrypted"}
	endings := []string{"clean", "one-sided", "abnormal-fin", "rst", "open", "lost", "none"}
	for _, c := range load(t) {
		for _, h := range c.Handshakes {
			for _, v := range strings.Split(h.Verdict, "|") {
				if !slices.Contains(verdicts, v) {
					t.Errorf("%s %s: verdict %q", c.Name, h.URI, v)
				}
			}
			for _, e := range strings.Split(h.Ending, "|") {
				if !slices.Contains(endings, e) {
					t.Errorf("%s %s: ending %q", c.Name, h.URI, e)
				}
			}
		}
	}
}
