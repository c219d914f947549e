package report

import (
	"strings"
	"testing"

	"wstap/decode"
)

func TestSummaryOfTLS(t *testing.T) {
	const late = "capture starts after the handshake"
	for _, test := range []struct {
		tls    uint64
		counts *decode.TLSCounts
		want   string
	}{
		{0, nil, ""},
		{1, nil, "1 TLS connection not decrypted: wstap explain keylog"},
		{0, &decode.TLSCounts{KeysGiven: true}, ""},
		{3, &decode.TLSCounts{Seen: 3, HTTP1Only: 2, Problems: map[string]uint64{"no keys": 3}},
			"3 TLS connections not decrypted: wstap explain keylog\n2 TLS connections offered only http/1.1, as browsers do for wss:"},
		{2, &decode.TLSCounts{KeysGiven: true, Seen: 12, Decrypted: 10, Problems: map[string]uint64{late: 1, "no key for this client random": 2, "no keys": 0}},
			"10 of 12 TLS connections decrypted (2 × no key for this client random, 1 × " + late + ")"},
		{0, &decode.TLSCounts{KeysGiven: true, Seen: 12, Decrypted: 12}, "12 TLS connections decrypted"},
		{0, &decode.TLSCounts{KeysGiven: true, Seen: 12, Decrypted: 12, Problems: map[string]uint64{"server secrets missing": 1}},
			"12 TLS connections decrypted (1 × server secrets missing)"},
	} {
		if got := strings.Join(tlsParts(&decode.Summary{TLS: test.tls, TLSCounts: test.counts}), "\n"); got != test.want {
			t.Errorf("%d, %+v:\n%s\nwant\n%s", test.tls, test.counts, got, test.want)
		}
	}
}
