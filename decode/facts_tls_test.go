package decode_test

import (
	"slices"
	"testing"

	"wstap/decode"
)

// rowsOf reads a capture of testdata without keys, by client.
func rowsOf(t *testing.T, name string) map[string]*decode.Attempt {
	t.Helper()
	rows := make(map[string]*decode.Attempt)
	for _, a := range readAll(t, []string{"../testdata/" + name + ".pcap"}, decode.Options{Connects: decode.ConnectsAll}, whole) {
		rows[a.Client] = a
	}
	return rows
}

// The times of rules_tls are those that its packets were given: a millisecond from each to
// the next, and the pauses in between.
func TestTLSTiming(t *testing.T) {
	rows := rowsOf(t, "rules_tls")
	for _, test := range []struct {
		client            string
		handshake         float64
		waited, stayed    float64
		versions, because string
	}{
		{"192.0.2.10:50001", absent, 7002, absent, "1.3", "the ClientHello is acknowledged, and FIN comes 7 s later"},
		{"192.0.2.10:50002", absent, 1, absent, "1.3", "RST comes next; what the server says after it does not count"},
		{"192.0.2.10:50003", absent, 1002, absent, "1.3", "FIN comes 1 s later"},
		{"192.0.2.10:50004", 2, absent, 60003, "1.3", "the server closes a minute after Finished"},
		{"192.0.2.10:50005", 2, absent, 60003, "1.3", "the client does"},
	} {
		a := rows[test.client]
		if a == nil || a.TLS == nil {
			t.Errorf("%s: no row with TLS", test.client)
			continue
		}
		t.Log(test.because)
		wantMS(t, test.client+" timing.tls_ms", a.Timing.TLSMS, test.handshake)
		wantMS(t, test.client+" timing.tls_wait_ms", a.Timing.TLSWaitMS, test.waited)
		wantMS(t, test.client+" timing.tls_open_ms", a.Timing.TLSOpenMS, test.stayed)
		if !slices.Equal(a.TLS.VersionsOffered, []string{test.versions}) {
			t.Errorf("%s: offers %q, want %s", test.client, a.TLS.VersionsOffered, test.versions)
		}
	}
}

// Of a client that does not list the versions it takes, the highest is known: in tls_server_alerts
// openssl s_client -tls1_1 is the one that asks port 9440.
func TestTLSVersionsOfOldClients(t *testing.T) {
	for _, a := range rowsOf(t, "tls_server_alerts") {
		if a.Server == "127.0.0.1:9440" && !slices.Equal(a.TLS.VersionsOffered, []string{"1.1"}) {
			t.Errorf("offers %q, want 1.1", a.TLS.VersionsOffered)
		}
	}
}

// In tls_untrusted OpenSSL, Go and GnuTLS send an alert and then close; Python and Java close,
// and the server's decode_error (50) comes after that.
func TestTLSLateAlerts(t *testing.T) {
	late, not := 0, 0
	for _, a := range rowsOf(t, "tls_untrusted") {
		switch al := a.TLS.Alert; {
		case al == nil:
		case al.By == "server" && al.Late && *al.Code == 50:
			late++
		case al.By == "client" && !al.Late:
			not++
		default:
			t.Errorf("%s: alert %+v", a.Client, al)
		}
	}
	if late != 2 || not != 7 {
		t.Errorf("%d late alerts of the server and %d of clients in time, want 2 and 7", late, not)
	}
}
