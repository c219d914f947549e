package tshark

import (
	"fmt"
	"slices"

	"wstap/decode"
)

// compareTLS returns the first fact of an attempt's TLS that tshark does not see, or that
// only tshark sees; empty when there is none. Where TLS lies in TLS the flow has the facts
// of both, and the attempt those of the inner one.
func compareTLS(ours *decode.TLS, theirs *TLS) string {
	one := func(name, our string, all []string) string {
		if our == "" && len(all) == 0 || slices.Contains(all, our) {
			return ""
		}
		return fmt.Sprintf("wstap has %s %q, tshark %q", name, our, all)
	}
	if s := one("SNI", ours.SNI, theirs.SNI); s != "" {
		return s
	}
	if s := one("ALPN", ours.ALPN, theirs.Chosen); s != "" {
		return s
	}
	for _, offered := range ours.ALPNOffered {
		if s := one("offered ALPN", offered, theirs.Offered); s != "" {
			return s
		}
	}
	if len(ours.ALPNOffered) == 0 && len(theirs.Offered) > 0 {
		return fmt.Sprintf("only tshark has offered ALPN %q", theirs.Offered)
	}
	if ours.Cipher == "" && len(theirs.Ciphers) > 0 || ours.Cipher != "" && !theirs.HasCipher(ours.Cipher) {
		return fmt.Sprintf("wstap has cipher suite %q, tshark %#x", ours.Cipher, theirs.Ciphers)
	}
	a := ours.Alert
	if a != nil && a.Code != nil && !slices.ContainsFunc(theirs.Alerts, func(t Alert) bool {
		return t.Code == *a.Code && t.Client == (a.By == "client")
	}) {
		return fmt.Sprintf("wstap has alert %d of the %s, tshark %+v", *a.Code, a.By, theirs.Alerts)
	}
	fatal := slices.IndexFunc(theirs.Alerts, func(t Alert) bool { return t.Fatal })
	if fatal >= 0 && (a == nil || a.Code == nil) {
		return fmt.Sprintf("only tshark has alert %+v", theirs.Alerts[fatal])
	}
	return ""
}
