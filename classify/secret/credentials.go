package secret

import (
	"slices"
	"strings"

	"wstap/decode"
)

// Credentials returns which kinds of credentials a request carries, sorted, never
// their values: "authorization" (also Proxy-Authorization), "cookie", "header" (one
// named like X-Api-Key), "query" (a parameter with a telling name, or a token in the
// path), "subprotocol" (a token offered as one).
func Credentials(a *decode.Attempt) []string {
	h := a.HTTP
	if h == nil {
		return nil
	}
	var kinds []string
	add := func(kind string, there bool) {
		if there && !slices.Contains(kinds, kind) {
			kinds = append(kinds, kind)
		}
	}
	for _, f := range h.RequestHeaders {
		switch headerKindOf(f[0]) {
		case headerCredentials:
			add("authorization", strings.TrimSpace(f[1]) != "")
		case headerCookie:
			add("cookie", strings.TrimSpace(f[1]) != "")
		case headerSecret:
			add("header", strings.TrimSpace(f[1]) != "")
		case headerPlain, headerSetCookie, headerSubprotocol, headerOther:
		}
	}
	var s secrets
	add("query", s.uriField(h.URI) != h.URI)
	if w := a.WebSocket; w != nil && len(w.SubprotocolsOffered) > 0 {
		add("subprotocol", !slices.Equal(s.subprotocols(w.SubprotocolsOffered), w.SubprotocolsOffered))
	}
	slices.Sort(kinds)
	return kinds
}
