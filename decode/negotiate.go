package decode

import (
	"strconv"
	"strings"

	"wstap/decode/http1"
)

// list returns the elements of a comma-separated list over all fields called
// name, in order.
func list(h *http1.Head, name string) (out []string) {
	for i := range h.Fields {
		if !http1.EqualFold(h.Fields[i].Name, name) {
			continue
		}
		for part := range strings.SplitSeq(string(http1.Unfold(h.Fields[i].Value)), ",") {
			if part = strings.TrimSpace(part); part != "" {
				out = append(out, part)
			}
		}
	}
	return out
}

// offered reports whether a subprotocol was offered; case matters (RFC 6455
// section 4.1, response check 6).
func offered(q *http1.Head, subprotocol string) bool {
	for _, o := range list(q, "Sec-WebSocket-Protocol") {
		if o == subprotocol {
			return true
		}
	}
	return false
}

// extension is one element of Sec-WebSocket-Extensions (RFC 6455 section 9.1).
type extension struct {
	name   string
	params map[string]string
	twice  bool // a parameter stands twice
}

func extensions(h *http1.Head) (out []extension) {
	for _, e := range list(h, "Sec-WebSocket-Extensions") {
		name, rest, _ := strings.Cut(e, ";")
		x := extension{name: strings.ToLower(strings.TrimSpace(name))}
		for p := range strings.SplitSeq(rest, ";") {
			key, value, _ := strings.Cut(p, "=")
			key = strings.ToLower(strings.TrimSpace(key))
			if key == "" {
				continue
			}
			_, dup := x.params[key]
			x.twice = x.twice || dup
			if x.params == nil {
				x.params = make(map[string]string)
			}
			x.params[key] = strings.Trim(strings.TrimSpace(value), `"`)
		}
		out = append(out, x)
	}
	return out
}

// extensionsAgree reports whether the answer names only extensions that were
// offered, each once, and permessage-deflate only with parameters that the client
// must accept (RFC 7692 section 7.1).
func extensionsAgree(q, h *http1.Head) bool {
	answers := extensions(h)
	if len(answers) == 0 {
		return true
	}
	offers := extensions(q)
	seen := make(map[string]bool)
	for _, x := range answers {
		if seen[x.name] || x.twice {
			return false
		}
		seen[x.name] = true
		ok := false
		for _, o := range offers {
			if o.name == x.name && (x.name != "permessage-deflate" || deflateAgrees(o, x)) {
				ok = true
				break
			}
		}
		if !ok {
			return false
		}
	}
	return true
}

// deflateAgrees reports whether answer is legal for offer.
func deflateAgrees(offer, answer extension) bool {
	for key, value := range answer.params {
		switch key {
		case "server_no_context_takeover", "client_no_context_takeover":
			if value != "" {
				return false
			}
		case "server_max_window_bits", "client_max_window_bits":
			bits, err := strconv.Atoi(value)
			if err != nil || bits < 8 || bits > 15 {
				return false
			}
			asked, ok := offer.params[key]
			if key == "client_max_window_bits" && !ok {
				return false
			}
			if most, err := strconv.Atoi(asked); err == nil && key == "server_max_window_bits" && bits > most {
				return false
			}
		default:
			return false
		}
	}
	return true
}
