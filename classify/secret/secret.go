package secret

import (
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// secrets finds the secrets of one attempt, replaces them, and remembers them, so
// that they can be taken out of places that only repeat them.
type secrets struct {
	names map[string]headerKind // what is known of header names; may be nil
	found []string
	bare  bool // mask gives bareMask: only where secrets stand is asked for
}

// bareMask stands for a secret where nobody reads the result: a byte that no part of
// a head may hold (RFC 9110 section 5.5), so that it is never taken for what was there.
const bareMask = "\x00"

// minRepeated is the shortest secret that is looked for in other text of the
// attempt. Shorter ones ("1", "admin") would hit what has nothing to do with them.
const minRepeated = 8

// mask returns what stands for a secret: how long it is and a short hash, so that
// equal secrets can be seen to be equal.
func (s *secrets) mask(secret string) string {
	if secret == "" {
		return ""
	}
	s.remember(secret)
	if s.bare {
		return bareMask
	}
	sum := sha256.Sum256([]byte(secret))
	b := make([]byte, 0, 48)
	b = strconv.AppendInt(append(b, "<redacted "...), int64(len(secret)), 10)
	b = hex.AppendEncode(append(b, " bytes sha256:"...), sum[:4])
	return string(append(b, '>'))
}

// ShortMasks leaves "<redacted>" of each mask, for cells where its length and
// hash would push out the rest.
func ShortMasks(text string) string {
	const start = "<redacted"
	for from := 0; ; {
		i := strings.Index(text[from:], start+" ")
		if i < 0 {
			return text
		}
		from += i + len(start)
		end := strings.IndexByte(text[from:], '>')
		if end < 0 {
			return text
		}
		text = text[:from] + text[from+end:]
	}
}

func (s *secrets) remember(secret string) {
	const ours = "<redacted 0 bytes sha256:" // must not be found in what mask wrote
	if len(secret) >= minRepeated && !strings.Contains(ours, secret) && !slices.Contains(s.found, secret) {
		s.found = append(s.found, secret)
	}
}

// repeated takes secrets found so far out of other text.
func (s *secrets) repeated(text string) string {
	for _, secret := range s.found {
		if strings.Contains(text, secret) {
			text = strings.ReplaceAll(text, secret, s.mask(secret))
		}
	}
	return text
}

// header returns the value of a header without its secrets.
func (s *secrets) header(name, value string) string {
	switch s.kind(name) {
	case headerPlain:
		return value
	case headerCookie:
		return s.cookies(value)
	case headerSetCookie:
		pair, attributes, more := strings.Cut(value, ";")
		if pair = s.pair(pair); more {
			return pair + ";" + attributes
		}
		return pair
	case headerCredentials:
		return s.credentials(value)
	case headerSubprotocol:
		return strings.Join(s.subprotocols(strings.Split(value, ",")), ",")
	case headerSecret:
		return s.mask(value)
	case headerOther:
	}
	switch {
	case isJWT(value):
		return s.mask(value)
	case strings.ContainsAny(value, "?@#;"), strings.Contains(value, "eyJ"):
		return s.uri(value)
	default:
		return value
	}
}

// cookies keeps the names of a Cookie header.
func (s *secrets) cookies(value string) string {
	parts := strings.Split(value, ";")
	for i := range parts {
		parts[i] = s.pair(parts[i])
	}
	return strings.Join(parts, ";")
}

// pair masks the value of name=value, or all of it where there is no name.
func (s *secrets) pair(p string) string {
	if name, value, ok := strings.Cut(p, "="); ok {
		return name + "=" + s.mask(value)
	}
	blank := p[:len(p)-len(strings.TrimLeft(p, " \t"))]
	return blank + s.mask(p[len(blank):])
}

// credentials keeps the scheme of an Authorization header.
func (s *secrets) credentials(value string) string {
	scheme, rest, ok := strings.Cut(value, " ")
	if !ok || len(scheme) > 16 {
		return s.mask(value)
	}
	trimmed := strings.TrimLeft(rest, " ")
	return value[:len(value)-len(trimmed)] + s.mask(trimmed)
}

// uri returns a request target, URL or other text with parameters in it without
// user info and the values of parameters with telling names.
func (s *secrets) uri(u string) string { return s.uriDepth(u, 0) }

// maxNesting is how deep URLs are looked for in parameters of URLs: a redirect to
// a login page that carries where to return to, which carries a token.
const maxNesting = 3

func (s *secrets) uriDepth(u string, depth int) string {
	if i := strings.Index(u, "://"); i >= 0 {
		authority := u[i+3:]
		if end := strings.IndexAny(authority, "/?#"); end >= 0 {
			authority = authority[:end]
		}
		if at := strings.LastIndexByte(authority, '@'); at > 0 {
			from := i + 3
			return u[:from] + s.mask(u[from:from+at]) + s.uriDepth(u[from+at:], depth)
		}
	}
	path, query := u, ""
	if i := strings.IndexAny(u, "?#"); i >= 0 {
		path, query = u[:i], u[i:]
	}
	if strings.Contains(path, ";") || strings.Contains(path, "eyJ") {
		path = s.path(path)
	}
	if query == "" {
		return path
	}
	var b strings.Builder
	b.WriteString(path)
	for query != "" {
		b.WriteByte(query[0]) // the delimiter
		query = query[1:]
		end := strings.IndexAny(query, "&#")
		if end < 0 {
			end = len(query)
		}
		b.WriteString(s.parameter(query[:end], depth))
		query = query[end:]
	}
	return b.String()
}

// path masks parameters (;jsessionid=…) and segments that are JSON web tokens.
func (s *secrets) path(path string) string {
	segments := strings.Split(path, "/")
	for i, segment := range segments {
		parts := strings.Split(segment, ";")
		if isJWT(parts[0]) {
			parts[0] = s.mask(parts[0])
		}
		for j, p := range parts[1:] {
			if name, value, ok := strings.Cut(p, "="); ok && isSecretName(name) {
				parts[j+1] = name + "=" + s.mask(unescapeQuery(value))
			}
		}
		segments[i] = strings.Join(parts, ";")
	}
	return strings.Join(segments, "/")
}

// parameter masks the value of name=value where the name or the value tells.
func (s *secrets) parameter(p string, depth int) string {
	name, value, ok := strings.Cut(p, "=")
	if !ok {
		if isJWT(p) {
			return s.mask(p)
		}
		return p
	}
	decoded := unescapeQuery(value)
	if isSecretName(unescapeQuery(name)) || isJWT(decoded) {
		s.remember(value) // as it stands, for text that repeats the URI
		return name + "=" + s.mask(decoded)
	}
	if strings.Contains(value, ";") { // the other, older delimiter
		parts := strings.Split(p, ";")
		for i, part := range parts {
			if n, v, ok := strings.Cut(part, "="); ok && isSecretName(unescapeQuery(n)) {
				parts[i] = n + "=" + s.mask(unescapeQuery(v))
			}
		}
		p = strings.Join(parts, ";")
	}
	if depth < maxNesting && strings.ContainsAny(decoded, "=@") {
		if inner := s.uriDepth(decoded, depth+1); inner != decoded {
			return name + "=" + inner
		}
	}
	return p
}

// unescapeQuery undoes percent-encoding where there is a valid one, so that a
// secret has the same hash wherever it stands.
func unescapeQuery(v string) string {
	if decoded, err := url.QueryUnescape(v); err == nil {
		return decoded
	}
	return v
}
