package report

import (
	"testing"

	"wstap/decode"
)

func TestAlike(t *testing.T) {
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{"the server closed 0.3 ms after the 101", "the server closed 2.2 s after the 101", true},
		{"after 5 min 50 s of silence", "after 59.9 s of silence", true},
		{"the 101 says “cumItVdb7tSr3jfqJWiSbSfKKGQ=”", "the 101 says “s3pPLMBiTxaQ9kYGzzhZRbK+xOo=”", true},
		{"Ray ID 8a1b2c3d4e5f6789-FRA", "Ray ID 9f8e7d6c5b4a3210-FRA", true},
		{"“/rooms/7” at h:80", "“/rooms/8” at h:81", true},
		{"“/some/very/long/path1” at h", "“/some/other/long/path1” at h", false},
		{"the path is /a", "the path is /b", false},
		{"Origin “null”", "Origin “https://a.example”", false},
		{"", "0", false},
	} {
		if same := alike(c.a) == alike(c.b); same != c.same {
			t.Errorf("%q and %q alike: %v, want %v (%q, %q)", c.a, c.b, same, c.same, alike(c.a), alike(c.b))
		}
	}
}

func TestLowerFirst(t *testing.T) {
	for in, want := range map[string]string{
		"The page comes": "the page comes", "A proxy removed": "a proxy removed", "Engine.IO does not": "Engine.IO does not", "Upgrade is": "Upgrade is", "": "",
	} {
		if got := lowerFirst(in); got != want {
			t.Errorf("lowerFirst(%q) = %q, want %q", in, got, want)
		}
	}
}

// Of what cannot be read only what looks wrong has a reason.
func TestReasonsOfEncrypted(t *testing.T) {
	for severity, told := range map[decode.Severity]bool{decode.SeverityError: true, decode.SeverityWarning: true, decode.SeverityInfo: false} {
		a := &decode.Attempt{Verdict: decode.VerdictEncrypted, Findings: []decode.Finding{{ID: "tls-x", Title: "X", Severity: severity}}}
		if failed(a) != told {
			t.Errorf("%s: told %v, want %v", severity, !told, told)
		}
	}
	if failed(&decode.Attempt{Verdict: decode.VerdictEncrypted}) {
		t.Error("without a finding there is a reason")
	}
}
