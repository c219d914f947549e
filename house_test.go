// Package wstap_test checks the rules of the house, which no compiler knows:
// which package may import which, how long files are, where time comes from, and
// that the documents hang together. CONTRIBUTING.md says why each rule is there.
package wstap_test

import (
	"bytes"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"wstap/capture"
	"wstap/capture/packet"
	"wstap/classify/condition/field"
	"wstap/decode"
)

// arrow says that package from may import packages to.
type arrow struct {
	from string
	to   []string
}

// arrows lists what of wstap each package may import. The first line that fits the
// package counts; a name that ends in /... stands for what is below it, too. Tests
// are free, but for cmd: nobody imports that.
var arrows = []arrow{
	{"capture/packet", nil},
	{"capture", []string{"capture/packet"}},
	{"decode/link", []string{"capture/packet"}},
	{"decode/tcp", []string{"capture/packet", "decode/link"}},
	{"decode/http1", nil},
	{"decode/websocket", nil},
	{"decode/socks", nil},
	{"decode/dns", nil},
	{"decode/tls/suite", nil},
	{"decode/tls/keylog", nil},
	{"decode/tls", []string{"capture/packet", "decode/tls/suite", "decode/tls/keylog"}},
	{"decode", []string{"capture/packet", "decode/link", "decode/tcp", "decode/http1", "decode/websocket", "decode/socks", "decode/dns", "decode/tls", "decode/tls/suite", "decode/tls/keylog"}},
	{"classify/...", []string{"capture/packet", "decode", "classify/..."}},
	{"cmd/...", []string{"capture", "capture/packet", "decode", "decode/tls", "decode/tls/keylog", "classify/...", "cmd/..."}},
	{"testdata/...", []string{"capture", "capture/packet", "decode", "testdata/..."}},
}

// onlyIn says which files may import a package that nothing else may.
var onlyIn = map[string][]string{
	"github.com/google/gopacket/pcap":       {"capture/filter_pcap.go", "capture/live_pcap.go"},
	"github.com/google/gopacket/reassembly": nil,
	"github.com/google/gopacket/pcapgo":     nil,
}

// maxLines is how long a file of the program may be: what is longer holds more
// than one thing.
const maxLines = 350

// clock are the names of package time that depend on when the program runs.
var clock = []string{"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "Tick", "NewTicker", "NewTimer"}

func within(pattern, pkg string) bool {
	below, ok := strings.CutSuffix(pattern, "/...")
	return pkg == below || ok && strings.HasPrefix(pkg, below+"/")
}

// notOurs are folders that are not in version control.
var notOurs = []string{".git", "bin", "tools/bin", "testdata/bench"}

// files returns the paths of all files of the project, with slashes.
func files(t *testing.T) []string {
	t.Helper()
	var list []string
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		name = filepath.ToSlash(name)
		switch {
		case err != nil:
			return err
		case d.IsDir() && (slices.Contains(notOurs, name) || d.Name() == "__pycache__"):
			return fs.SkipDir
		case d.Type().IsRegular() && name != ".git":
			list = append(list, name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// source is one Go file.
type source struct {
	name, pkg string // path, and path of its folder
	test      bool
	lines     int
	tree      *ast.File
	positions *token.FileSet
}

func sources(t *testing.T) []source {
	t.Helper()
	var list []source
	for _, name := range files(t) {
		if !strings.HasSuffix(name, ".go") {
			continue
		}
		b := read(t, name)
		s := source{name: name, pkg: path.Dir(name), test: strings.HasSuffix(name, "_test.go"), lines: bytes.Count(b, []byte("\n"))}
		s.positions = token.NewFileSet()
		tree, err := parser.ParseFile(s.positions, name, b, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		s.tree = tree
		list = append(list, s)
	}
	return list
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// imports returns the paths that a file imports.
func (s *source) imports() []string {
	var list []string
	for _, i := range s.tree.Imports {
		if p, err := strconv.Unquote(i.Path.Value); err == nil {
			list = append(list, p)
		}
	}
	return list
}

func TestImportArrows(t *testing.T) {
	for _, s := range sources(t) {
		i := slices.IndexFunc(arrows, func(a arrow) bool { return within(a.from, s.pkg) })
		if i < 0 && s.pkg != "." {
			t.Errorf("%s: no line of arrows is for this package: add one here, in .golangci.yml and in ARCHITECTURE.md", s.name)
			continue
		}
		for _, p := range s.imports() {
			if where, ok := onlyIn[p]; ok && !s.test && !slices.Contains(where, s.name) {
				t.Errorf("%s imports %s, which only these may: %q", s.name, p, where)
			}
			ours, ok := strings.CutPrefix(p, "wstap/")
			switch {
			case !ok:
			case within("cmd/...", ours) && !within("cmd/...", s.pkg):
				t.Errorf("%s imports %s: nobody imports cmd", s.name, p)
			case !s.test && !slices.ContainsFunc(arrows[i].to, func(to string) bool { return within(to, ours) }):
				t.Errorf("%s imports %s: %s may import only %q of wstap", s.name, p, arrows[i].from, arrows[i].to)
			}
		}
	}
}

func TestFileLength(t *testing.T) {
	for _, s := range sources(t) {
		if !s.test && s.lines > maxLines {
			t.Errorf("%s has %d lines, more than %d", s.name, s.lines, maxLines)
		}
	}
}

// TestTimeComesFromPackets keeps the clock out of what must give the same output
// for the same input.
func TestTimeComesFromPackets(t *testing.T) {
	for _, s := range sources(t) {
		if s.test || !within("decode/...", s.pkg) && !within("classify/...", s.pkg) {
			continue
		}
		ast.Inspect(s.tree, func(n ast.Node) bool {
			if sel, ok := n.(*ast.SelectorExpr); ok && slices.Contains(clock, sel.Sel.Name) {
				if x, ok := sel.X.(*ast.Ident); ok && x.Name == "time" && x.Obj == nil {
					t.Errorf("%v: time.%s: time comes from packets here", s.positions.Position(n.Pos()), sel.Sel.Name)
				}
			}
			return true
		})
	}
}

func TestPackageComments(t *testing.T) {
	described := map[string]bool{}
	for _, s := range sources(t) {
		described[s.pkg] = described[s.pkg] || s.tree.Doc != nil
	}
	for pkg, ok := range described {
		if !ok {
			t.Errorf("%s: no file has a package comment", pkg)
		}
	}
}

// link is a Markdown link, mention the path of a file in backticks, and code what
// Markdown leaves as it is.
var (
	code    = regexp.MustCompile("(?s)```.*?\n```|``[^\n]*?``|`[^`\n]*`")
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	mention = regexp.MustCompile("`((?:capture|decode|classify|cmd|testdata|tools|docs)/[a-z0-9_/]+\\.(?:go|md|sh|py|pcap))`")
)

// TestDocuments follows the links from the README: what they name must be there,
// and every document must be reached.
func TestDocuments(t *testing.T) {
	reached := map[string]bool{"README.md": true}
	for queue := []string{"README.md"}; len(queue) > 0; queue = queue[1:] {
		page := string(read(t, queue[0]))
		for _, m := range mention.FindAllStringSubmatch(page, -1) {
			if _, err := os.Stat(m[1]); err != nil {
				t.Errorf("%s speaks of what is not there: %s", queue[0], m[1])
			}
		}
		for _, m := range link.FindAllStringSubmatch(code.ReplaceAllString(page, ""), -1) {
			u, err := url.Parse(m[1])
			if err != nil {
				t.Errorf("%s: %v", queue[0], err)
				continue
			}
			if u.Scheme != "" || u.Path == "" {
				continue
			}
			to := path.Join(path.Dir(queue[0]), u.Path)
			if _, err := os.Stat(to); err != nil {
				t.Errorf("%s links to what is not there: %s", queue[0], m[1])
			} else if strings.HasSuffix(to, ".md") && !reached[to] {
				reached[to] = true
				queue = append(queue, to)
			}
		}
	}
	for _, name := range files(t) {
		if strings.HasSuffix(name, ".md") && !reached[name] {
			t.Errorf("%s: no document that is reached from README.md links to it", name)
		}
	}
}

// required is a line of go.mod that names a module and its version.
var required = regexp.MustCompile(`(?m)^\t(\S+ v\S+)`)

func TestDependenciesAreDocumented(t *testing.T) {
	const page = "docs/dependencies.md"
	for _, m := range required.FindAllStringSubmatch(string(read(t, "go.mod")), -1) {
		if !strings.Contains(string(read(t, page)), m[1]) {
			t.Errorf("%s does not name %s", page, m[1])
		}
	}
}

const recordPage = "docs/json.md"

func TestRecordIsDocumented(t *testing.T) {
	page := string(read(t, recordPage))
	for _, f := range field.All() {
		if f.Kind != field.Group && !strings.Contains(page, "`"+f.Path+"`") {
			t.Errorf("%s does not name %s", recordPage, f.Path)
		}
	}
	summary := reflect.TypeFor[decode.Summary]()
	for i := range summary.NumField() {
		if name, _, _ := field.JSONName(summary.Field(i)); !strings.Contains(page, "`"+name+"`") {
			t.Errorf("%s does not name %s of the summary", recordPage, name)
		}
	}
}

// TestExampleRecord decodes the capture that the page on the record shows one of.
func TestExampleRecord(t *testing.T) {
	_, block, _ := strings.Cut(string(read(t, recordPage)), "```json\n")
	block, _, _ = strings.Cut(block, "```")
	var shown any
	if err := json.Unmarshal([]byte(block), &shown); err != nil {
		t.Fatal(err)
	}
	set, err := capture.Open([]string{"testdata/pyws_rejects.pcap"}, capture.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer set.Close()
	d := decode.New(decode.Options{})
	for b := new(packet.Block); set.Next(b) == nil; {
		d.Block(b)
	}
	d.Finish()
	for _, a := range d.Take() {
		if a.HTTP == nil || a.HTTP.Status != 403 {
			continue
		}
		b, err := json.Marshal(a)
		if err != nil {
			t.Fatal(err)
		}
		var made any
		if err := json.Unmarshal(b, &made); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(shown, made); diff != "" {
			t.Errorf("%s shows another record than is made (-shown +made):\n%s", recordPage, diff)
		}
	}
}

// private finds paths of somebody's machine and the hosts of package registries.
// Written in pieces, so that this file does not find itself.
var private = regexp.MustCompile(`(^|[^\w.$}~-])/(` + `work|home|root|Users` + `)/\w|` +
	`proxy\.golang\.` + `org|registry\.npm` + `js|files\.python` + `hosted|pypi\.` + `org|GOPROXY` + `=`)

func TestNothingPrivate(t *testing.T) {
	for _, name := range files(t) {
		b := read(t, name)
		if bytes.IndexByte(b, 0) >= 0 || strings.HasSuffix(name, ".sum") {
			continue // a capture
		}
		for i, line := range bytes.Split(b, []byte("\n")) {
			if m := private.Find(line); m != nil {
				t.Errorf("%s:%d: %q: this names a machine or a registry", name, i+1, m)
			}
		}
	}
}
