package websocket

import "testing"

// The example of RFC 6455 section 1.3.
func TestAcceptFor(t *testing.T) {
	if got := AcceptFor("dGhlIHNhbXBsZSBub25jZQ=="); got != "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" {
		t.Errorf("%q", got)
	}
}

func TestKeyValid(t *testing.T) {
	for key, want := range map[string]bool{
		"dGhlIHNhbXBsZSBub25jZQ==":     true,
		"AAAAAAAAAAAAAAAAAAAAAA==":     true,
		"+/+/+/+/+/+/+/+/+/+/+w==":     true,
		"":                             false,
		"dGhlIHNhbXBsZSBub25jZQ":       false, // no padding
		"dGhlIHNhbXBsZSBub25j":         false, // 15 bytes
		"dGhlIHNhbXBsZSBub25jZXM=":     false, // 17 bytes
		"-_-_-_-_-_-_-_-_-_-_-w==":     false, // the alphabet of URLs
		"dGhlIHNhbXBsZSBub25jZQ== ":    false,
		"dGhlIHNhbXBs\r\nZSBub25jZQ==": false, // line ends
		"the sample nonce!":            false,
	} {
		if KeyValid(key) != want {
			t.Errorf("%q: %v", key, !want)
		}
	}
}
