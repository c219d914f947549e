package secret

import (
	"slices"
	"testing"

	"wstap/decode"
)

func TestCredentials(t *testing.T) {
	tests := []struct {
		name string
		a    decode.Attempt
		want []string
	}{
		{"no request", decode.Attempt{}, nil},
		{"nothing", decode.Attempt{HTTP: &decode.HTTP{URI: "/chat?room=1", RequestHeaders: []decode.Header{{"Host", "a"}, {"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="}}}}, nil},
		{"empty ones", decode.Attempt{HTTP: &decode.HTTP{URI: "/?token=", RequestHeaders: []decode.Header{{"Cookie", " "}, {"Authorization", ""}}}}, nil},
		{"all", decode.Attempt{
			HTTP:      &decode.HTTP{URI: "/?access_token=x1", RequestHeaders: []decode.Header{{"cookie", "a=b"}, {"X-Api-Key", "k"}, {"AUTHORIZATION", "Bearer t"}}},
			WebSocket: &decode.WebSocket{SubprotocolsOffered: []string{"chat", "bearer.abc"}},
		}, []string{"authorization", "cookie", "header", "query", "subprotocol"}},
	}
	for _, tt := range tests {
		if got := Credentials(&tt.a); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}
