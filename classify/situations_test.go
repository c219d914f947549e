package classify_test

import (
	"strings"
	"testing"

	"wstap/decode"
)

// situations are those that a browser must not tell a script apart (WebSockets Living
// Standard, "feedback from the protocol"): all are an error and 1006. Each has a capture of
// real programs, and a first finding of its own.
var situations = []struct {
	what, capture string
	row           func(*decode.Attempt) bool // which row of the capture it is about
	finding       string
}{
	{"the name is not found", "names_dnsmasq", named("missing.example.test"), "dns-nxdomain"},
	{"the network is not reached", "icmp", func(a *decode.Attempt) bool { return a.Verdict == decode.VerdictUnreached }, "icmp-unreachable"},
	{"the port is refused", "refused", func(a *decode.Attempt) bool { return a.Verdict == decode.VerdictUnreached }, "tcp-refused"},
	{"TLS fails", "tls_untrusted", func(a *decode.Attempt) bool { return a.Verdict == decode.VerdictTLSFailed }, "tls-untrusted-ca"},
	{"the handshake is not completed", "pyws_rejects", func(a *decode.Attempt) bool { return strings.HasPrefix(uriOf(a), "/d?") }, "http-429"},
	{"what was agreed on must be refused", "violations_server", func(a *decode.Attempt) bool { return uriOf(a) == "/wrong_accept" }, "opt-accept-bad"},
	{"it is cut right after it was opened", "killed", func(a *decode.Attempt) bool { return a.Ending == decode.EndingAbnormalFIN }, "close-abnormal-1006"},
}

func named(host string) func(*decode.Attempt) bool {
	return func(a *decode.Attempt) bool { return a.ServerName == host }
}

func TestHiddenSituationsDiffer(t *testing.T) {
	all := pairs(t, "../testdata")
	said := make(map[string]string)
	for _, s := range situations {
		found := ""
		for i := range all {
			p := &all[i]
			if p.capture.Name == s.capture && p.capture.Made == "captured" && s.row(p.row) && len(p.row.Findings) > 0 {
				found = p.row.Findings[0].ID
				break
			}
		}
		if found != s.finding {
			t.Errorf("%s (%s): first finding %q, want %s", s.what, s.capture, found, s.finding)
		}
		if other := said[found]; other != "" {
			t.Errorf("%s and %s are told apart by nothing: %s", s.what, other, found)
		}
		said[found] = s.what
	}
}
