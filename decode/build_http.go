package decode

import (
	"unicode/utf8"

	"wstap/decode/http1"
)

// shownHead is a head that is made part of a record: parsed once, and turned into
// one string of which the fields' strings are parts.
type shownHead struct {
	http1.Head
	ok    bool // there is a head, and it could be parsed
	raw   []byte
	whole string // raw, when it is valid UTF-8
}

func (h *shownHead) parse(raw []byte, request bool) {
	h.raw, h.whole, h.ok = raw, "", false
	if raw == nil {
		return
	}
	if request {
		h.ok = h.ParseRequest(raw)
	} else {
		h.ok = h.ParseResponse(raw)
	}
	if utf8.Valid(raw) {
		h.whole = string(raw)
	}
}

// string returns the text of a part of the head.
func (h *shownHead) string(part []byte) string {
	if h.whole == "" || len(part) == 0 {
		return text(part)
	}
	at := cap(h.raw) - cap(part) // both end where their common memory does
	return h.whole[at : at+len(part)]
}

// value returns the text of a field's value.
func (h *shownHead) value(v []byte) string {
	for _, c := range v {
		if c == '\n' {
			return text(http1.Unfold(v))
		}
	}
	return h.string(v)
}

// field returns the text of the first field called name, empty when there is
// none.
func (h *shownHead) field(name string) string {
	v, ok := h.Get(name)
	if !ok {
		return ""
	}
	return h.value(v)
}

func (h *shownHead) headers() []Header {
	out := make([]Header, len(h.Fields))
	for i, f := range h.Fields {
		out[i] = Header{h.string(f.Name), h.value(f.Value)}
	}
	return out
}

// repeated returns those names that stand more than once.
func (h *shownHead) repeated(names ...string) (out []string) {
	for _, n := range names {
		if h.Count(n) > 1 {
			out = append(out, n)
		}
	}
	return out
}

func (r *Row) buildHTTP(out *record) {
	a, q, p := r.a, &r.request, &r.response
	if a.request == nil && a.response == nil && !a.notHTTP {
		return
	}
	h := &out.http
	out.HTTP = h
	h.Status, h.Interim, h.ResponseBody = a.status, a.interim, text(a.body)
	if a.bodyState == bodyWhole {
		out.bodyBytes = a.bodySize
		h.ResponseBodyBytes = &out.bodyBytes
	}
	h.EarlyBytes = a.earlyBytes
	if r.closed() {
		h.PartialAnswer = text(a.partial)
	}
	h.Truncated = (a.requestCut || a.responseCut) && r.missed()
	if q.ok {
		h.Version, h.Method, h.URI = q.string(q.Version), q.string(q.Method), q.string(q.Target)
		h.Host, h.Origin, h.UserAgent = q.field("Host"), q.field("Origin"), q.field("User-Agent")
		h.RequestHeaders = q.headers()
		if !a.connect {
			h.Duplicate = q.repeated("Host", "Origin", "Sec-WebSocket-Key", "Sec-WebSocket-Version")
		}
		if !a.connect && !a.requestCut {
			for _, name := range [...]string{"Host", "Upgrade", "Connection", "Sec-WebSocket-Key", "Sec-WebSocket-Version"} {
				if q.Count(name) == 0 {
					h.Missing = append(h.Missing, name)
				}
			}
		}
		out.ServerName = hostName(h.Host)
	}
	if p.ok {
		if !q.ok {
			h.Version = p.string(p.Version)
		}
		h.Reason = p.string(p.Reason)
		h.ResponseHeaders = p.headers()
		h.Duplicate = append(h.Duplicate, p.repeated("Sec-WebSocket-Accept", "Sec-WebSocket-Protocol")...)
		if a.status >= 300 && a.status < 400 {
			h.Redirect = p.field("Location")
		}
	}
}
