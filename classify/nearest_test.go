package classify

import (
	"fmt"
	"strings"
	"testing"

	"wstap/decode"
)

// timed is a handshake of which the SYN was answered after connect milliseconds, and
// the request after answer.
func timed(v decode.Verdict, status int, connect, answer float64) *decode.Attempt {
	return &decode.Attempt{
		Server: "192.0.2.1:80", Verdict: v, HTTP: &decode.HTTP{Status: status},
		Timing: &decode.Timing{ConnectMS: &connect, AnswerMS: &answer},
	}
}

// Section T of the catalogue, order 10: an answer after one round trip, where good
// handshakes take clearly longer, is the nearest hop's.
func TestNearestHop(t *testing.T) {
	tests := []struct {
		name string
		good []float64 // answer times of earlier handshakes that succeeded
		fail *decode.Attempt
		want bool
	}{
		{"at once, good ones are slow", []float64{200, 180}, timed(decode.VerdictRejected, 418, 20, 22), true},
		{"no good ones known", nil, timed(decode.VerdictRejected, 418, 20, 22), false},
		{"a good one was as fast", []float64{200, 21}, timed(decode.VerdictRejected, 418, 20, 22), false},
		{"slow", []float64{900}, timed(decode.VerdictRejected, 418, 20, 90), false},
		{"the way is not known", []float64{200}, timed(decode.VerdictRejected, 418, 0, 22), false},
	}
	for _, tt := range tests {
		c := New(catalogueOf(t, small))
		for _, ms := range tt.good {
			a := timed(decode.VerdictAccepted, 101, 20, ms)
			c.Explain(a, a)
		}
		c.Explain(tt.fail, tt.fail)
		by := tt.fail.AnsweredBy
		if got := by.Name == "the nearest hop" && by.Certainty == decode.Hint && strings.Contains(by.Because, "22 ms"); got != tt.want {
			t.Errorf("%s: answered by %+v", tt.name, by)
		}
	}
}

func TestNearestHopIsBounded(t *testing.T) {
	var n nearest
	for i := range 3 * maxServers {
		a := timed(decode.VerdictAccepted, 101, 1, 5)
		a.Server = fmt.Sprintf("192.0.2.1:%d", i)
		n.note(a)
		if len(n.fastest) > maxServers {
			t.Fatalf("%d servers are remembered", len(n.fastest))
		}
	}
}
