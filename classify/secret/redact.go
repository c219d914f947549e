// Package secret finds what must not be shown of an attempt, cookies, tokens and the
// like, and takes it out.
package secret

import (
	"slices"
	"strings"

	"wstap/decode"
)

// Redactor takes secrets out of attempts: values of Cookie, Set-Cookie,
// Authorization, Proxy-Authorization and headers named like X-Api-Key, parameters
// of URIs with telling names, user info in URLs, and tokens sent as subprotocols.
// Each is replaced by "<redacted 43 bytes sha256:1a2b3c4d>"; the same secret gives
// the same hash. Where the attempt repeats such a secret in text, as in the body
// of a redirect, it is replaced there too. It serves one goroutine.
type Redactor struct {
	names map[string]headerKind
}

// NewRedactor returns a Redactor.
func NewRedactor() *Redactor { return &Redactor{names: make(map[string]headerKind)} }

// Redact returns a copy of a without its secrets, or a itself when it holds none.
// It never changes a.
func (r *Redactor) Redact(a *decode.Attempt) *decode.Attempt {
	s := secrets{names: r.names}
	h, w := s.http(a.HTTP), s.webSocket(a.WebSocket)
	if h == a.HTTP && w == a.WebSocket {
		return a
	}
	out := *a
	out.HTTP, out.WebSocket = h, w
	if len(s.found) > 0 {
		s.sweep(&out, a)
	}
	return &out
}

// http returns h without secrets: h itself where there are none.
func (s *secrets) http(h *decode.HTTP) *decode.HTTP {
	if h == nil {
		return nil
	}
	uri, origin, redirect := s.uriField(h.URI), s.uriField(h.Origin), s.uriField(h.Redirect)
	requests, responses := s.headers(h.RequestHeaders), s.headers(h.ResponseHeaders)
	if uri == h.URI && origin == h.Origin && redirect == h.Redirect && same(requests, h.RequestHeaders) && same(responses, h.ResponseHeaders) {
		return h
	}
	c := *h
	c.URI, c.Origin, c.Redirect, c.RequestHeaders, c.ResponseHeaders = uri, origin, redirect, requests, responses
	return &c
}

// uriField skips what cannot hold a secret, which most URIs cannot.
func (s *secrets) uriField(u string) string {
	if strings.ContainsAny(u, "?#;@") || strings.Contains(u, "eyJ") {
		return s.uri(u)
	}
	return u
}

// headers returns list without secrets: list itself where there are none.
func (s *secrets) headers(list []decode.Header) []decode.Header {
	var out []decode.Header
	for i, h := range list {
		value := s.header(h[0], h[1])
		if value == h[1] {
			continue
		}
		if out == nil {
			out = slices.Clone(list)
		}
		out[i][1] = value
	}
	if out == nil {
		return list
	}
	return out
}

// same reports whether two lists are one.
func same(a, b []decode.Header) bool {
	return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0])
}

func (s *secrets) webSocket(w *decode.WebSocket) *decode.WebSocket {
	if w == nil || len(w.SubprotocolsOffered) == 0 && w.Subprotocol == "" {
		return w
	}
	offered := s.subprotocols(w.SubprotocolsOffered)
	chosen := w.Subprotocol
	// The choice is one of the offered, so it is a secret where that one is.
	if i := slices.Index(w.SubprotocolsOffered, chosen); i >= 0 {
		chosen = offered[i]
	} else if chosen != "" {
		chosen = s.subprotocols([]string{chosen})[0]
	}
	if chosen == w.Subprotocol && slices.Equal(offered, w.SubprotocolsOffered) {
		return w
	}
	c := *w
	c.Subprotocol = chosen
	if len(offered) > 0 {
		c.SubprotocolsOffered = offered
	}
	return &c
}

// sweep takes the secrets that were found out of text of out that repeats them.
// What out still shares with a is copied before it is changed.
func (s *secrets) sweep(out, a *decode.Attempt) {
	if h := out.HTTP; h != nil {
		if h == a.HTTP {
			c := *h
			h, out.HTTP = &c, &c
		}
		h.Reason = s.repeated(h.Reason)
		h.ResponseBody = s.repeated(h.ResponseBody)
		h.PartialAnswer = s.repeated(h.PartialAnswer)
		if h.URI == a.HTTP.URI {
			h.URI = s.repeated(h.URI)
		}
		if h.Redirect == a.HTTP.Redirect {
			h.Redirect = s.repeated(h.Redirect)
		}
		h.RequestHeaders = s.sweepHeaders(h.RequestHeaders, a.HTTP.RequestHeaders)
		h.ResponseHeaders = s.sweepHeaders(h.ResponseHeaders, a.HTTP.ResponseHeaders)
	}
	if a.Close != nil && a.Close.Reason != "" {
		c := *a.Close
		c.Reason = s.repeated(c.Reason)
		out.Close = &c
	}
	if out.WebSocket != nil && out.WebSocket.FirstMessage != nil {
		w, m := *out.WebSocket, *out.WebSocket.FirstMessage
		m.Client, m.Server = s.repeated(m.Client), s.repeated(m.Server)
		w.FirstMessage = &m
		out.WebSocket = &w
	}
}

// sweepHeaders sweeps those values that are as they were in the original.
func (s *secrets) sweepHeaders(list, original []decode.Header) []decode.Header {
	for i := range list {
		before := original[i][1]
		if list[i][1] != before {
			continue
		}
		if after := s.repeated(before); after != before {
			if same(list, original) {
				list = slices.Clone(list)
			}
			list[i][1] = after
		}
	}
	return list
}
