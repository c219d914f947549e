package explain

import (
	"slices"
	"testing"
)

// What the clients of testdata's captures printed when TLS failed, as their truths have it.
func TestAskTLS(t *testing.T) {
	for _, tt := range []struct{ text, want, finding string }{
		{"unable to get local issuer certificate", "certificate not trusted", "tls-untrusted-ca"},
		{"self-signed certificate", "certificate not trusted", "tls-untrusted-ca"},
		{"unable to verify the first certificate", "certificate not trusted", "tls-client-left"},
		{"tls: failed to verify certificate: x509: certificate signed by unknown authority", "certificate not trusted", "tls13-hidden-alert"},
		{"SSLCertVerificationError: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: unable to get local issuer certificate (_ssl.c:992)", "certificate not trusted", "tls-client-left"},
		{"The certificate is NOT trusted. The certificate issuer is unknown.", "certificate not trusted", "tls-cert-name-or-bad"},
		{"SEC_ERROR_UNKNOWN_ISSUER", "certificate not trusted", "tls13-hidden-alert"},
		{"PKIX path building failed: sun.security.provider.certpath.SunCertPathBuilderException: unable to find valid certification path to requested target", "certificate not trusted", "tls-client-left"},
		{"tls: failed to verify certificate: x509: certificate has expired or is not yet valid: current time 2026-11-27T20:32:25Z is after 2026-10-28T10:32:23Z", "certificate expired", "tls-cert-expired"},
		{"SEC_ERROR_EXPIRED_CERTIFICATE", "certificate expired", "tls-cert-expired"},
		{"Hostname/IP does not match certificate's altnames: Host: ws.example.test. is not in the cert's altnames: DNS:other.example.test", "certificate for another name", "tls-cert-name-or-bad"},
		{"tls: failed to verify certificate: x509: certificate is valid for other.example.test, *.other.test, not ws.example.test", "certificate for another name", "tls-cert-name-or-bad"},
		{"No subject alternative DNS name matching ws.example.test found.", "certificate for another name", "tls-cert-name-or-bad"},
		{"SSL_ERROR_BAD_CERT_DOMAIN", "certificate for another name", "tls-cert-name-or-bad"},
		{"The certificate is NOT trusted. The name in the certificate does not match the expected.", "certificate for another name", "tls-cert-name-or-bad"},
		{"tlsv1 alert protocol version", "TLS refused by the server", "tls-server-alert"},
		{"remote error: tls: protocol version not supported", "TLS refused by the server", "tls-server-alert"},
		{"sslv3 alert handshake failure", "TLS refused by the server", "tls-client-cert-needed"},
		{"tlsv1 unrecognized name", "TLS refused by the server", "tls-server-alert"},
		{"tlsv1 alert inappropriate fallback", "TLS refused by the server", "tls-server-alert"},
		{"tlsv1 alert no application protocol", "TLS refused by the server", "tls-alpn-h2"},
		{"unsupported protocol", "TLS refused by the server", "tls-client-alert"},
		{"remote error: tls: certificate required", "client certificate wanted", "tls-client-cert-needed"},
		{"tls: first record does not look like a TLS handshake", "TLS to a plain port", "tls-to-plain-port"},
		{"Client network socket disconnected before secure TLS connection was established", "TLS cut", "tls-closed-after-clienthello"},
		{"Parse Error: Expected HTTP/, RTSP/ or ICE/", "HTTP/2 error", "tls-alpn-h2"},
	} {
		a := book(t).Ask(tt.text)
		if !slices.Contains(names(a), "message "+tt.want) {
			t.Errorf("%q: got %q, want %s", tt.text, names(a), tt.want)
			continue
		}
		if !slices.ContainsFunc(a.Matches, func(m Match) bool {
			return slices.ContainsFunc(m.Findings, func(r Reference) bool { return r.ID == tt.finding })
		}) {
			t.Errorf("%q: %s is not named", tt.text, tt.finding)
		}
	}
}
