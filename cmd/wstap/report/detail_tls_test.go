package report

import (
	"strings"
	"testing"

	"wstap/decode"
)

func TestDetailTLS(t *testing.T) {
	for _, tt := range []struct {
		name string
		tls  decode.TLS
		want string
	}{
		{"read with keys", decode.TLS{
			Version: "1.3", Cipher: "TLS_AES_128_GCM_SHA256", SNI: "ws.example.com", ALPN: "http/1.1", ALPNOffered: []string{"http/1.1"}, Resumed: ptr(true), Decrypted: true, Keys: "keylog",
		}, "    tls     TLS 1.3, TLS_AES_128_GCM_SHA256, SNI ws.example.com, ALPN http/1.1, resumed, read with the key log\n"},
		{"refused certificate", decode.TLS{
			Version: "1.2", Cipher: "TLS_RSA_WITH_AES_128_CBC_SHA", SNI: "ws.example.com", Resumed: ptr(false),
			Alert: &decode.Alert{By: "client", Level: "fatal", Code: ptr(42), Name: "bad_certificate"},
			Certificate: &decode.Certificate{
				Subject: "other.example", Issuer: "other.example", Names: []string{"other.example", "192.0.2.7"}, SelfSigned: true, Expired: true, CoversSNI: ptr(false), Chain: 1,
				NotBefore: "2024-01-01T00:00:00Z", NotAfter: "2025-01-01T00:00:00Z",
			},
		}, "    tls     TLS 1.2, TLS_RSA_WITH_AES_128_CBC_SHA, SNI ws.example.com\n" +
			"    server  certificate “other.example” by “other.example”, self-signed, for other.example 192.0.2.7, not for the SNI, valid 2024-01-01T00:00:00Z to 2025-01-01T00:00:00Z, expired\n" +
			"    tls     alert 42 (bad_certificate) by the client\n"},
		{"hidden", decode.TLS{Version: "1.3", Problem: "no keys", ClientCertificate: "none", Alert: &decode.Alert{By: "client", Hidden: true}},
			"    tls     TLS 1.3, not read: no keys\n    tls     client certificate none, alert by the client, encrypted\n"},
		{"late", decode.TLS{Version: "1.2", Alert: &decode.Alert{By: "server", Code: ptr(50), Name: "decode_error", Late: true}},
			"    tls     TLS 1.2\n    tls     alert 50 (decode_error) by the server, after the other side had closed\n"},
		{"no TLS", decode.TLS{VersionsOffered: []string{"1.3", "1.2"}, ALPNOffered: []string{"h2", "http/1.1"}, ECH: true, PlainAnswer: "HTTP/1.1 400 Bad\x1b[31m\r\n"},
			"    tls     offers TLS 1.3 1.2, ALPN offered h2 http/1.1, ECH offered\n    answer that is not TLS, 23 bytes shown:\n      | HTTP/1.1 400 Bad\\x1b[31m\n"},
		{"hostile", decode.TLS{SNI: "a\x1b]0;x\a\nb", Certificate: &decode.Certificate{Subject: "x\r\ny", Issuer: "\x00", Names: []string{"\x7f"}}},
			"    tls     SNI a\\x1b]0;x\\x07\\nb\n    server  certificate “x\\r\\ny” by “\\x00”, for \\x7f\n"},
	} {
		var b strings.Builder
		writeTLS(&b, &tt.tls)
		if b.String() != tt.want {
			t.Errorf("%s:\n%s\nwant\n%s", tt.name, b.String(), tt.want)
		}
	}
}
