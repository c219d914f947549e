package secret

import "strings"

// headerKind says where in a header's value secrets are.
type headerKind uint8

const (
	headerOther       headerKind = iota // wherever a URI would have them
	headerPlain                         // nowhere
	headerCookie                        // Cookie
	headerSetCookie                     // Set-Cookie
	headerCredentials                   // Authorization: a scheme, then the secret
	headerSubprotocol                   // Sec-WebSocket-Protocol: elements that are tokens
	headerSecret                        // all of it
)

// maxNames is how many header names are remembered with their kinds. Real traffic
// has a few dozen; hostile traffic must not fill the memory.
const maxNames = 512

// kind returns what kind of header has this name.
func (s *secrets) kind(name string) headerKind {
	k, ok := s.names[name]
	if !ok {
		k = headerKindOf(name)
		if s.names != nil && len(s.names) < maxNames {
			s.names[name] = k
		}
	}
	return k
}

func headerKindOf(name string) headerKind {
	name = strings.TrimSpace(name)
	var room [32]byte // longer than any name below
	lower := room[:0]
	for i := 0; i < len(name) && len(lower) < len(room); i++ {
		c := name[i]
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		lower = append(lower, c)
	}
	switch string(lower) {
	case "cookie":
		return headerCookie
	case "set-cookie":
		return headerSetCookie
	case "authorization", "proxy-authorization":
		return headerCredentials
	case "sec-websocket-protocol":
		return headerSubprotocol
	case "accept", "accept-encoding", "accept-language", "cache-control", "connection", "content-length", "content-type",
		"date", "host", "pragma", "sec-websocket-accept", "sec-websocket-extensions", "sec-websocket-key",
		"sec-websocket-version", "server", "upgrade", "user-agent":
		return headerPlain
	}
	if isSecretName(name) {
		return headerSecret
	}
	return headerOther
}

// secretWords are names of parameters and headers whose values are secrets, in
// lower case and without the characters between words.
var secretWords = map[string]bool{
	"auth": true, "authorization": true, "bearer": true, "code": true, "credential": true, "credentials": true,
	"jsessionid": true, "jwt": true, "key": true, "otp": true, "pass": true, "passwd": true, "phpsessid": true,
	"pwd": true, "session": true, "sess": true, "sid": true, "sig": true, "ticket": true, "xsrf": true, "csrf": true,
}

// secretEnds are ends of such names: access_token, client-secret, X-Amz-Signature.
var secretEnds = []string{
	"token", "secret", "password", "passphrase", "apikey", "accesskey", "signature", "sessionid", "session", "jwt",
	"assertion", "authkey", "securitykey", "privatekey", "credential", "accesscode", "ticket",
}

// maxSecretName is the longest name that is looked at; the longest in use have
// half of that.
const maxSecretName = 64

// isSecretName reports whether the value of a header or parameter with this name
// has to be taken for a secret. Too many is the safe side.
func isSecretName(name string) bool {
	if len(name) > maxSecretName {
		name = name[len(name)-maxSecretName:]
	}
	var buf [maxSecretName]byte
	word := squeeze(buf[:0], name)
	if secretWords[string(word)] {
		return true
	}
	for _, end := range secretEnds {
		if len(word) >= len(end) && string(word[len(word)-len(end):]) == end {
			return true
		}
	}
	// user[token], auth.key: the last part counts.
	if i := strings.LastIndexAny(strings.TrimRight(name, "]"), "[."); i >= 0 {
		return isSecretName(strings.TrimRight(name[i+1:], "]"))
	}
	return false
}

// squeeze appends name in lower case without the characters between words, and
// without the X of private headers.
func squeeze(b []byte, name string) []byte {
	name = strings.TrimSpace(name)
	if len(name) > 2 && (name[0] == 'x' || name[0] == 'X') && name[1] == '-' {
		name = name[2:]
	}
	for i := range len(name) {
		switch c := name[i]; {
		case c == '-' || c == '_':
		case c >= 'A' && c <= 'Z':
			b = append(b, c+'a'-'A')
		default:
			b = append(b, c)
		}
	}
	return b
}

// isJWT reports whether v looks like a JSON web token: three base64url parts of
// which the first is a JSON object.
func isJWT(v string) bool {
	if !strings.HasPrefix(v, "eyJ") || len(v) < 20 {
		return false
	}
	parts := strings.Split(v, ".")
	if len(parts) < 2 || len(parts) > 5 { // 2: not signed; 5: encrypted
		return false
	}
	for i := range len(v) {
		if c := v[i]; !isAlnum(c) && c != '-' && c != '_' && c != '.' && c != '=' {
			return false
		}
	}
	return true
}

// tokenPrefixes are what clients put in front of a token that they send as a
// subprotocol, because a browser lets them set no other header. Longest first.
var tokenPrefixes = []string{
	"base64url.bearer.authorization.k8s.io.", "openai-insecure-api-key.", "openai-ephemeral-user-token.", "authorization.bearer.",
	"access_token", "access-token", "authorization", "authbearer", "auth_token", "auth-token", "api_key", "api-key", "apikey", "bearer", "token", "jwt",
}

// subprotocols returns the elements of Sec-WebSocket-Protocol without tokens.
// Blanks around an element are kept.
func (s *secrets) subprotocols(list []string) []string {
	out := make([]string, len(list))
	marked := false // the element before says that this one is a token
	for i, element := range list {
		p := strings.TrimSpace(element)
		out[i] = element
		prefix := tokenPrefix(p)
		switch {
		case marked:
			out[i] = strings.Replace(element, p, s.mask(p), 1)
		case prefix != "" && len(p) > len(prefix):
			out[i] = strings.Replace(element, p, prefix+s.mask(p[len(prefix):]), 1)
		case isJWT(p), isRandom(p):
			out[i] = strings.Replace(element, p, s.mask(p), 1)
		}
		marked = prefix != "" && len(p) == len(prefix)
	}
	return out
}

// tokenPrefix returns the part of p that announces a token, with the character
// between the two.
func tokenPrefix(p string) string {
	lower := strings.ToLower(p)
	for _, prefix := range tokenPrefixes {
		rest, ok := strings.CutPrefix(lower, prefix)
		switch {
		case !ok:
		case rest == "" || strings.HasSuffix(prefix, "."):
			return p[:len(prefix)]
		case strings.IndexByte(".-_|:=~", rest[0]) >= 0:
			return p[:len(prefix)+1]
		}
	}
	return ""
}

// isRandom reports whether p looks like drawn by lot: long, and jumping between
// lower case, upper case and digits. Random base64 changes at 62 of 100
// characters and random hexadecimal at 47; v4.base64.channel.k8s.io, the name
// that changes most among those in use, at 25.
func isRandom(p string) bool {
	const (
		minLength    = 16
		minPerTen    = 3
		digit, lower = 1, 2
		upper        = 3
	)
	if len(p) < minLength {
		return false
	}
	changes, before := 0, 0
	for i := range len(p) {
		class := 0
		switch c := p[i]; {
		case c >= '0' && c <= '9':
			class = digit
		case c >= 'a' && c <= 'z':
			class = lower
		case c >= 'A' && c <= 'Z':
			class = upper
		default:
			continue
		}
		if before != 0 && class != before {
			changes++
		}
		before = class
	}
	return changes*10 >= len(p)*minPerTen
}

func isAlnum(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}
