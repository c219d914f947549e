package report

import (
	"fmt"
	"strings"

	"wstap/decode"
)

// writeTLS writes what is known of TLS: what was agreed on and for whom, then the
// certificate, then how it ended where that says something.
func writeTLS(b *strings.Builder, t *decode.TLS) {
	line := func(name string, parts []string) {
		if len(parts) > 0 {
			fmt.Fprintf(b, "%s%s %s\n", indent, name, strings.Join(parts, ", "))
		}
	}
	line("tls    ", agreedTLS(t))
	if c := t.Certificate; c != nil {
		line("server ", certificate(c))
	}
	var end []string
	if t.ClientCertificate != "" {
		end = append(end, "client certificate "+Escape(t.ClientCertificate))
	}
	switch a := t.Alert; {
	case a == nil:
	case a.Code == nil:
		end = append(end, "alert by the "+Escape(a.By)+", encrypted")
	case a.Late:
		end = append(end, fmt.Sprintf("alert %d (%s) by the %s, after the other side had closed", *a.Code, Escape(a.Name), Escape(a.By)))
	default:
		end = append(end, fmt.Sprintf("alert %d (%s) by the %s", *a.Code, Escape(a.Name), Escape(a.By)))
	}
	line("tls    ", end)
	writeText(b, "answer that is not TLS", t.PlainAnswer)
}

// agreedTLS says what both sides agreed on, or without an answer what the client offered,
// and whether it could be read.
func agreedTLS(t *decode.TLS) (parts []string) {
	add := func(name, value string) {
		if value != "" {
			parts = append(parts, name+Escape(value))
		}
	}
	if t.Version != "" {
		add("TLS ", t.Version)
	} else {
		add("offers TLS ", strings.Join(t.VersionsOffered, " "))
	}
	add("", t.Cipher)
	add("SNI ", t.SNI)
	if t.ALPN != "" {
		add("ALPN ", t.ALPN)
	} else {
		add("ALPN offered ", strings.Join(t.ALPNOffered, " "))
	}
	if t.Resumed != nil && *t.Resumed {
		parts = append(parts, "resumed")
	}
	if t.ECH {
		parts = append(parts, "ECH offered")
	}
	switch {
	case t.Decrypted && t.Keys == "keylog":
		parts = append(parts, "read with the key log")
	case t.Decrypted && t.Keys == "rsa":
		parts = append(parts, "read with the private key")
	case t.Decrypted && t.Keys == "session":
		parts = append(parts, "read with the keys of an earlier connection")
	}
	add("not read: ", t.Problem)
	return parts
}

// certificate says whose certificate it is, by whom, for what names and until when.
func certificate(c *decode.Certificate) (parts []string) {
	parts = append(parts, "certificate “"+Escape(c.Subject)+"” by “"+Escape(c.Issuer)+"”")
	if c.SelfSigned {
		parts = append(parts, "self-signed")
	}
	if len(c.Names) > 0 {
		parts = append(parts, "for "+Escape(strings.Join(c.Names, " ")))
	}
	if c.CoversSNI != nil && !*c.CoversSNI {
		parts = append(parts, "not for the SNI")
	}
	if c.NotAfter != "" {
		parts = append(parts, "valid "+Escape(c.NotBefore)+" to "+Escape(c.NotAfter))
	}
	switch {
	case c.Expired:
		parts = append(parts, "expired")
	case c.NotYet:
		parts = append(parts, "not valid yet")
	}
	return parts
}
