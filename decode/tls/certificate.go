package tls

import (
	"crypto/x509"
	"encoding/asn1"
	"encoding/hex"
	"net"
	"strings"
	"time"
	"unicode/utf16"

	"golang.org/x/crypto/cryptobyte"
	der "golang.org/x/crypto/cryptobyte/asn1"
)

// Certificate is what the end-entity certificate of a chain says (RFC 5280). What
// cannot be read of it is empty. It is shared between connections.
type Certificate struct {
	Subject      string   // common name, else organization
	Issuer       string   // common name
	Organization string   // of the issuer
	Names        []string // subjectAltName: DNS names and IP addresses, maxNames at most
	MoreNames    int      // how many more there are
	NotBefore    int64    // seconds since 1970-01-01 UTC
	NotAfter     int64    // the same
	Serial       string   // in hex
	SelfIssued   bool     // subject and issuer are the same name, as in a self-signed one
	Chain        int      // how many certificates were sent
	Compressed   bool     // RFC 8879: sent, and not read
	Malformed    bool     // something in it could not be read
}

// altNames are all names that a certificate is for.
type altNames struct {
	dns []string
	ips []net.IP
}

// cover reports whether the names are for host, by the rules of crypto/x509.
func (n *altNames) cover(host string) bool {
	c := x509.Certificate{DNSNames: n.dns, IPAddresses: n.ips}
	return host != "" && c.VerifyHostname(host) == nil
}

// splitChain returns the certificates of a Certificate message. ok is false where it is
// malformed; those before that place are there all the same.
func splitChain(body []byte, tls13 bool) (chain [][]byte, ok bool) {
	s := cryptobyte.String(body)
	var context, list, one, extensions cryptobyte.String
	if tls13 && !s.ReadUint8LengthPrefixed(&context) || !s.ReadUint24LengthPrefixed(&list) {
		return nil, false
	}
	for !list.Empty() {
		if !list.ReadUint24LengthPrefixed(&one) {
			return chain, false
		}
		chain = append(chain, one)
		if tls13 && !list.ReadUint16LengthPrefixed(&extensions) {
			return chain, false
		}
	}
	return chain, true
}

// parseCertificate reads one (RFC 5280 section 4.1). crypto/x509 refuses what real
// servers send, such as negative serial numbers and odd characters; this takes what it
// can.
func parseCertificate(b []byte) (*Certificate, altNames) {
	c, names := &Certificate{}, altNames{}
	s := cryptobyte.String(b)
	var cert, tbs, serial, issuer, validity, subject cryptobyte.String
	var issuerRaw, subjectRaw cryptobyte.String
	c.Malformed = !s.ReadASN1(&cert, der.SEQUENCE) || !cert.ReadASN1(&tbs, der.SEQUENCE) ||
		!tbs.SkipOptionalASN1(der.Tag(0).ContextSpecific().Constructed()) || !tbs.ReadASN1(&serial, der.INTEGER)
	if c.Malformed {
		return c, names
	}
	c.Serial = hex.EncodeToString(serial[:min(len(serial), maxText/2)])
	if !tbs.SkipASN1(der.SEQUENCE) || !tbs.ReadASN1Element(&issuerRaw, der.SEQUENCE) {
		c.Malformed = true
		return c, names
	}
	issuerCopy := issuerRaw
	c.Malformed = !issuerCopy.ReadASN1(&issuer, der.SEQUENCE)
	c.Issuer, c.Organization = readName(issuer)
	if !tbs.ReadASN1(&validity, der.SEQUENCE) || !tbs.ReadASN1Element(&subjectRaw, der.SEQUENCE) {
		c.Malformed = true
		return c, names
	}
	c.NotBefore, c.NotAfter = readTime(&validity), readTime(&validity)
	c.SelfIssued = len(issuer) > 0 && string(issuerRaw) == string(subjectRaw)
	subjectCopy := subjectRaw
	c.Malformed = c.Malformed || !subjectCopy.ReadASN1(&subject, der.SEQUENCE) || c.NotBefore == 0 || c.NotAfter == 0
	organization := ""
	if c.Subject, organization = readName(subject); c.Subject == "" {
		c.Subject = organization
	}
	if !tbs.SkipASN1(der.SEQUENCE) || !readExtensions(tbs, &names) {
		c.Malformed = true
	}
	c.keepNames(&names)
	return c, names
}

// keepNames takes the first names.
func (c *Certificate) keepNames(n *altNames) {
	for _, name := range n.dns {
		c.addName(name)
	}
	for _, ip := range n.ips {
		c.addName(ip.String())
	}
}

func (c *Certificate) addName(name string) {
	if len(c.Names) == maxNames {
		c.MoreNames++
		return
	}
	c.Names = append(c.Names, short(name))
}

// short bounds a text.
func short(s string) string { return strings.ToValidUTF8(s[:min(len(s), maxText)], "\ufffd") }

// readName returns the last common name and organization of a name.
func readName(s cryptobyte.String) (common, organization string) {
	for !s.Empty() {
		var set, pair, value cryptobyte.String
		var tag der.Tag
		if !s.ReadASN1(&set, der.SET) {
			return common, organization
		}
		for !set.Empty() {
			var id cryptobyte.String
			if !set.ReadASN1(&pair, der.SEQUENCE) || !pair.ReadASN1(&id, der.OBJECT_IDENTIFIER) || !pair.ReadAnyASN1(&value, &tag) {
				break
			}
			switch string(id) { // 2.5.4.3 and 2.5.4.10
			case "\x55\x04\x03":
				common = readText(value, tag)
			case "\x55\x04\x0a":
				organization = readText(value, tag)
			}
		}
	}
	return common, organization
}

// readText reads one of the string types.
func readText(b []byte, tag der.Tag) string {
	const bmp = 30 // BMPString: UTF-16
	b = b[:min(len(b), maxText)]
	switch tag {
	case bmp:
		return string(utf16.Decode(numbers(b)))
	case der.T61String: // taken for Latin-1, as nearly everybody does
		runes := make([]rune, len(b))
		for i, x := range b {
			runes[i] = rune(x)
		}
		return string(runes)
	default:
		return short(string(b))
	}
}

// readTime reads a UTCTime or GeneralizedTime in seconds since 1970, 0 for neither.
func readTime(s *cryptobyte.String) int64 {
	var value cryptobyte.String
	var tag der.Tag
	if !s.ReadAnyASN1(&value, &tag) || len(value) > maxText {
		return 0
	}
	var t time.Time
	full := asn1.RawValue{Tag: int(tag), Bytes: value}
	switch tag {
	case der.UTCTime, der.GeneralizedTime:
		raw, err := asn1.Marshal(full)
		if err != nil {
			return 0
		}
		if _, err = asn1.Unmarshal(raw, &t); err != nil {
			return 0
		}
	default:
		return 0
	}
	return t.Unix()
}

// readExtensions reads the subjectAltName (RFC 5280 section 4.2.1.6) out of what
// follows the public key. It reports whether all could be read.
func readExtensions(s cryptobyte.String, names *altNames) bool {
	var list cryptobyte.String
	var present bool
	if !s.SkipOptionalASN1(der.Tag(1).ContextSpecific()) || !s.SkipOptionalASN1(der.Tag(2).ContextSpecific()) ||
		!s.ReadOptionalASN1(&list, &present, der.Tag(3).ContextSpecific().Constructed()) {
		return false
	}
	if !present {
		return true
	}
	var all cryptobyte.String
	if !list.ReadASN1(&all, der.SEQUENCE) {
		return false
	}
	for !all.Empty() {
		var one, id, value, alt cryptobyte.String
		if !all.ReadASN1(&one, der.SEQUENCE) || !one.ReadASN1(&id, der.OBJECT_IDENTIFIER) ||
			!one.SkipOptionalASN1(der.BOOLEAN) || !one.ReadASN1(&value, der.OCTET_STRING) {
			return false
		}
		if string(id) == "\x55\x1d\x11" && (!value.ReadASN1(&alt, der.SEQUENCE) || !names.read(alt)) { // 2.5.29.17
			return false
		}
	}
	return true
}

// read takes the general names of a subjectAltName.
func (n *altNames) read(s cryptobyte.String) bool {
	dns, ip := der.Tag(2).ContextSpecific(), der.Tag(7).ContextSpecific()
	for !s.Empty() {
		var value cryptobyte.String
		var tag der.Tag
		if !s.ReadAnyASN1(&value, &tag) {
			return false
		}
		switch tag {
		case dns:
			n.dns = append(n.dns, string(value))
		case ip:
			if len(value) != net.IPv4len && len(value) != net.IPv6len {
				return false
			}
			n.ips = append(n.ips, net.IP(value))
		}
	}
	return true
}
