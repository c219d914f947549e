package classify_test

import (
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"wstap/capture"
	"wstap/capture/packet"
	"wstap/classify"
	"wstap/decode"
	"wstap/decode/tls"
	"wstap/decode/tls/keylog"
	"wstap/testdata/groundtruth"
)

// updating reports whether docs/evidence.md is to be written anew; the flag is that of
// compiled_test.go.
func updating() bool { return flag.Lookup("update").Value.String() == "true" }

// shared holds further captures beside the project; a clone need not have it.
const shared = "../../shared/captures"

// explained returns the attempts of a capture with their findings.
func explained(t *testing.T, c *groundtruth.Capture) []*decode.Attempt {
	t.Helper()
	set, err := capture.Open(c.Paths(), capture.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer set.Close()
	keys := keysOf(t, c)
	d := decode.New(decode.Options{Connects: decode.ConnectsAll, Payload: true, Keys: keys})
	var b packet.Block
	for set.Next(&b) != io.EOF {
		set.SecretsAhead(t.Context(), &b)
		for i := range b.Secrets {
			keys.Log.Add(b.Secrets[i].Data)
		}
		d.Block(&b)
	}
	d.Finish()
	rows := d.Take()
	builtin, err := classify.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	why := classify.New(builtin)
	for _, a := range rows {
		why.Explain(a, a)
	}
	return rows
}

// keysOf returns the keys that a capture is to be read with.
func keysOf(t *testing.T, c *groundtruth.Capture) tls.Keys {
	t.Helper()
	k := tls.Keys{Log: keylog.NewStore(0)}
	for path, add := range map[string]func([]byte) error{
		c.KeylogPath(): func(b []byte) error { k.Log.Add(b); return nil },
		c.TLSKeyPath(): func(b []byte) (err error) { k.RSA, err = keylog.ParsePrivateKeys(b); return err },
	} {
		if path == "" {
			continue
		}
		b, err := os.ReadFile(path)
		if err == nil {
			err = add(b)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return k
}

// pair is a handshake of a truth and the row that is about it.
type pair struct {
	capture *groundtruth.Capture
	truth   *groundtruth.Handshake
	row     *decode.Attempt
}

// name says which handshake it is.
func (p *pair) name() string {
	return fmt.Sprintf("%s %s %s", p.capture.Name, p.truth.Client, p.truth.URI)
}

// has reports whether the row has one of the findings that want names.
func (p *pair) has(want string) bool {
	return slices.ContainsFunc(p.row.Findings, func(f decode.Finding) bool { return groundtruth.Allows(want, f.ID) })
}

func (p *pair) ids() string {
	out := make([]string, len(p.row.Findings))
	for i, f := range p.row.Findings {
		out[i] = f.ID + " (" + string(f.Certainty) + ")"
	}
	return strings.Join(out, ", ")
}

// pairs reads captures and finds the row of each of their handshakes.
func pairs(t *testing.T, dir string) []pair {
	t.Helper()
	captures, err := groundtruth.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	var out []pair
	for i := range captures {
		c := &captures[i]
		rows := explained(t, c)
		for j := range c.Handshakes {
			h := &c.Handshakes[j]
			at := slices.IndexFunc(rows, func(a *decode.Attempt) bool {
				return h.Client != "" && a.Client == h.Client && a.Server == h.Server && uriOf(a) == h.URI
			})
			if at < 0 {
				at = slices.IndexFunc(rows, func(a *decode.Attempt) bool {
					if h.Client == "" && h.Server == "" { // a name that was not found
						return a.DNS != nil && strings.HasPrefix(h.Host, a.DNS.Name+":")
					}
					return (a.Client == h.Client || h.Client == "" && uriOf(a) == "") && a.Server == h.Server
				})
			}
			if at >= 0 {
				out = append(out, pair{c, h, rows[at]})
				rows = slices.Delete(rows, at, at+1)
			}
		}
	}
	return out
}

func uriOf(a *decode.Attempt) string {
	if a.HTTP == nil {
		return ""
	}
	return a.HTTP.URI
}

// stated reports whether anybody said what has to be found in the capture.
func stated(p *pair) bool {
	return slices.ContainsFunc(p.capture.Handshakes, func(h groundtruth.Handshake) bool { return len(h.Findings)+len(h.NotFindings) > 0 })
}

// What the truths want is found, what they rule out is not, and nothing else is
// claimed for sure.
func TestFindingsAreTrue(t *testing.T) {
	all := pairs(t, "../testdata")
	if _, err := os.Stat(shared); err == nil {
		for _, p := range pairs(t, shared) {
			if !notYet(p.capture.Name) {
				all = append(all, p)
			}
		}
	} else {
		t.Logf("%s is not there: its captures are left out", shared)
	}
	for i := range all {
		p := &all[i]
		for _, want := range p.truth.Findings {
			if !p.has(want) {
				t.Errorf("%s: no finding %s, but %s", p.name(), want, p.ids())
			}
		}
		for _, not := range p.truth.NotFindings {
			if p.has(not) {
				t.Errorf("%s: finding %s, which the truth rules out", p.name(), not)
			}
		}
		if by := p.truth.AnsweredBy; by != "" && (p.row.AnsweredBy == nil || !namesOne(p.row.AnsweredBy.Name, by)) {
			t.Errorf("%s: answered by %+v, want %s", p.name(), p.row.AnsweredBy, by)
		}
		for _, f := range p.row.Findings {
			if p.capture.Folder == "../testdata" && stated(p) && f.Certainty != decode.Hint && f.Severity != decode.SeverityInfo && !granted(p.truth, f.ID) {
				t.Errorf("%s: %s %s is claimed, and the truth does not say so: %s", p.name(), f.Certainty, f.ID, f.Because)
			}
		}
	}
}

// namesOne reports whether a name holds one of the alternatives of want.
func namesOne(name, want string) bool {
	return slices.ContainsFunc(strings.Split(want, "|"), func(w string) bool { return strings.Contains(strings.ToLower(name), w) })
}

// notYet reports whether a capture is about what is not decoded yet: HTTP/2.
func notYet(name string) bool {
	return strings.HasPrefix(name, "d14")
}

// granted reports whether the truth wants or allows a finding.
func granted(h *groundtruth.Handshake, id string) bool {
	return slices.ContainsFunc(slices.Concat(h.Findings, h.AllowedIDs), func(want string) bool { return groundtruth.Allows(want, id) })
}

// What a finding says rests on facts that the attempt has: "(not known)" means that the
// rule speaks of one which it did not ask for.
func TestFindingsSayWhatIsKnown(t *testing.T) {
	captures, err := groundtruth.Load("../testdata")
	if err != nil {
		t.Fatal(err)
	}
	said := 0
	for i := range captures {
		for _, a := range explained(t, &captures[i]) {
			for _, f := range a.Findings {
				said++
				if strings.Contains(f.Because, "(not known)") {
					t.Errorf("%s %s %s: %s says “%s”", captures[i].Name, a.Client, uriOf(a), f.ID, f.Because)
				}
			}
			if by := a.AnsweredBy; by != nil && strings.Contains(by.Name+by.Because, "(not known)") {
				t.Errorf("%s %s %s: answered by %s, because “%s”", captures[i].Name, a.Client, uriOf(a), by.Name, by.Because)
			}
		}
	}
	if said < 1000 {
		t.Errorf("only %d findings in all captures", said)
	}
}

// Who answered a 403, by the bytes that tell: a row for each that writes one of its own.
// Each has a capture, real where the product could be run.
func TestWhoAnswered403(t *testing.T) {
	all := pairs(t, "../testdata")
	for _, want := range []struct{ finding, name string }{
		{"gorilla-reject", "gorilla"}, {"coder-reject", "coder"}, {"pywebsockets-reject", "websockets"}, {"uvicorn-403-empty", "uvicorn"},
		{"daphne-403", "daphne"}, {"hypercorn-reject", "hypercorn"}, {"tornado-reject", "tornado"}, {"spring-reject", "spring"}, {"tomcat-reject", "tomcat"},
		{"phoenix-403", "phoenix"}, {"aspnet-reject", "asp.net"}, {"k8s-upgrade", "kubernetes"}, {"envoy-upgrade-403", "envoy"}, {"envoy-other", "envoy"},
		{"haproxy-page", "haproxy"}, {"nginx-page", "nginx"}, {"cloudflare-block", "cloudflare"}, {"aws-apigateway", "api gateway"}, {"proxy-connect-denied", "squid"},
	} {
		if !slices.ContainsFunc(all, func(p pair) bool {
			return p.row.HTTP != nil && p.row.HTTP.Status == 403 && p.has(want.finding) && p.row.AnsweredBy != nil && namesOne(p.row.AnsweredBy.Name, want.name)
		}) {
			t.Errorf("no 403 of testdata is told to be %s's (%s)", want.name, want.finding)
		}
	}
}

// Whatever claims to be sure has a capture that fires it, and a near miss that must
// not. docs/evidence.md lists them.
func TestEveryRuleHasEvidence(t *testing.T) {
	builtin, err := classify.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	all := pairs(t, "../testdata")
	var b strings.Builder
	b.WriteString(evidenceHead)
	for _, r := range builtin.Rules() {
		seen, missed := evidence(all, r.ID)
		if sure(r) && len(seen) == 0 {
			t.Errorf("%s: no capture of testdata fires it", r.ID)
		}
		if sure(r) && len(missed) == 0 {
			t.Errorf("%s: no capture of testdata nearly fires it (not_findings)", r.ID)
		}
		fmt.Fprintf(&b, "| [%s](findings.md#%s) | %s | %s |\n", r.ID, r.ID, strings.Join(seen, "; "), strings.Join(missed, "; "))
	}
	const file = "../docs/evidence.md"
	if updating() {
		if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if was, err := os.ReadFile(file); err != nil || string(was) != b.String() {
		t.Errorf("%s is not what the captures give: make golden writes it anew (%v)", file, err)
	}
}

const evidenceHead = `# Evidence

On what each finding rests: the captures of [testdata](../testdata/README.md) in which it is made, with the product and version that answered, and those in
which it nearly is and must not be. *composed* means that the capture was put together byte by byte from what is known of the product,
because the product could not be run here. Written by ` + "`go test ./classify -update`" + `, which also checks it.

| finding | made on | not made on |
|---|---|---|
`

func sure(r *classify.Rule) bool {
	sure := r.Certainty != decode.Hint
	for i := range r.Variants {
		sure = sure || r.Variants[i].Certainty == decode.Proof || r.Variants[i].Certainty == decode.Strong
	}
	return sure
}

// evidence lists where a finding is made and where it must not be.
func evidence(all []pair, id string) (seen, missed []string) {
	for i := range all {
		p := &all[i]
		if strings.HasPrefix(p.capture.Made, "edited") { // they say what the ones that they were made of do
			continue
		}
		if p.has(id) && granted(p.truth, id) {
			seen = add(seen, p)
		}
		if slices.ContainsFunc(p.truth.NotFindings, func(n string) bool { return groundtruth.Allows(n, id) }) {
			missed = add(missed, p)
		}
	}
	return seen, missed
}

// add appends who answered in a capture, once.
func add(list []string, p *pair) []string {
	product := p.truth.Product
	if product == "" && len(p.capture.Products) > 0 {
		product = p.capture.Products[0]
	}
	what := "`" + p.capture.Name + "` " + product
	if p.capture.Made == "composed" {
		what = "`" + p.capture.Name + "` *composed*"
	}
	if slices.Contains(list, what) {
		return list
	}
	return append(list, what)
}
