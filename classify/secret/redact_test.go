package secret

import (
	"strings"
	"testing"
)

func TestRedactText(t *testing.T) {
	const jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJlLXNpZ25hdHVyZQ"
	uris := []struct{ in, want string }{
		{"/chat?room=1", "/chat?room=1"},
		{"/chat?room=1&token=abc", "/chat?room=1&token=<redacted 3 bytes sha256:ba7816bf>"},
		{"/chat?token=a%62c", "/chat?token=<redacted 3 bytes sha256:ba7816bf>"},
		{"/chat?%74oken=abc&x=1", "/chat?%74oken=<redacted 3 bytes sha256:ba7816bf>&x=1"},
		{"/chat?ACCESS_TOKEN=abc#id_token=abc", "/chat?ACCESS_TOKEN=<redacted 3 bytes sha256:ba7816bf>#id_token=<redacted 3 bytes sha256:ba7816bf>"},
		{"/chat?a=1;sid=abc", "/chat?a=1;sid=<redacted 3 bytes sha256:ba7816bf>"},
		{"/chat?token=", "/chat?token="},
		{"/chat;jsessionid=abc/x", "/chat;jsessionid=<redacted 3 bytes sha256:ba7816bf>/x"},
		{"ws://u:p@host/x", "ws://<redacted 3 bytes sha256:fd8f3144>@host/x"},
		{"/login?next=%2Fws%3Ftoken%3Dabc", "/login?next=/ws?token=<redacted 3 bytes sha256:ba7816bf>"},
		{"/x?user[auth_token]=abc", "/x?user[auth_token]=<redacted 3 bytes sha256:ba7816bf>"},
		{"/x?X-Amz-Signature=abc&X-Amz-Date=1", "/x?X-Amz-Signature=<redacted 3 bytes sha256:ba7816bf>&X-Amz-Date=1"},
		{"/socket.io/?EIO=4&transport=websocket&sid=abc", "/socket.io/?EIO=4&transport=websocket&sid=<redacted 3 bytes sha256:ba7816bf>"},
		{"/ws/" + jwt, "/ws/<redacted 63 bytes sha256:"},
		{"/ws?x=" + jwt, "/ws?x=<redacted 63 bytes sha256:"},
		{"/keyboard?monkey=1&tokens_per_second=2", "/keyboard?monkey=1&tokens_per_second=2"},
	}
	for _, tt := range uris {
		var s secrets
		if got := s.uri(tt.in); !strings.HasPrefix(got, tt.want) || strings.HasSuffix(tt.want, ">") && got != tt.want {
			t.Errorf("uri(%q)\n got %s\nwant %s", tt.in, got, tt.want)
		}
	}
	headers := []struct{ name, in, want string }{
		{"Cookie", "a=abc; b=; c", "a=<redacted 3 bytes sha256:ba7816bf>; b=; <redacted 1 bytes sha256:2e7d2c03>"},
		{"SET-COOKIE", "sid=abc; Path=/; HttpOnly", "sid=<redacted 3 bytes sha256:ba7816bf>; Path=/; HttpOnly"},
		{"Authorization", "Bearer abc", "Bearer <redacted 3 bytes sha256:ba7816bf>"},
		{"proxy-authorization", "Basic  abc", "Basic  <redacted 3 bytes sha256:ba7816bf>"},
		{"Authorization", "abc", "<redacted 3 bytes sha256:ba7816bf>"},
		{"X-Api-Key", "abc", "<redacted 3 bytes sha256:ba7816bf>"},
		{"X-Auth-Token", "abc", "<redacted 3 bytes sha256:ba7816bf>"},
		{"Referer", "https://a/?code=abc", "https://a/?code=<redacted 3 bytes sha256:ba7816bf>"},
		{"Sec-WebSocket-Protocol", "chat, bearer, abc", "chat, bearer, <redacted 3 bytes sha256:ba7816bf>"},
		{"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZQ=="},
		{"X-Forwarded-For", "10.0.0.1", "10.0.0.1"},
		{"Origin", "https://app.example.com", "https://app.example.com"},
		{"Content-Security-Policy", "default-src 'self'; report-uri /x", "default-src 'self'; report-uri /x"},
	}
	for _, tt := range headers {
		var s secrets
		if got := s.header(tt.name, tt.in); got != tt.want {
			t.Errorf("%s: %s\n got %s\nwant %s", tt.name, tt.in, got, tt.want)
		}
	}
	protocols := map[string]bool{ // whether it is a secret
		"graphql-transport-ws": false, "v12.stomp": false, "mqtt": false, "v4.base64.channel.k8s.io": false, "v5.channel.k8s.io": false,
		"com.microsoft.minecraft.wsencrypt": false, "actioncable-v1-json": false, "bearer": false, "token-list.v1.example": true,
		"base64url.bearer.authorization.k8s.io.YWJj": true, "bearer.abc": true, "access_token|x": true, jwt: true,
		"d41d8cd98f00b204e9800998ecf8427e": true, "8f14e45f-ceea-467f-9c3b-2a6d3f6f1b0a": true, "openai-insecure-api-key.sk-1": true,
		"kTz1x8QmV0aWJZ3sYbN7": true,
	}
	for p, want := range protocols {
		var s secrets
		if got := s.subprotocols([]string{p})[0]; strings.Contains(got, "<redacted ") != want {
			t.Errorf("subprotocol %s became %s", p, got)
		}
	}
}
