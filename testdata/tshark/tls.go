package tshark

import (
	"crypto/tls"
	"strconv"
)

// TLS is what a flow shows of TLS, of all handshakes in it.
type TLS struct {
	SNI     []string // of ClientHellos
	Offered []string // ALPN
	Chosen  []string // ALPN of servers, which needs keys since TLS 1.3
	Ciphers []uint16 // of ServerHellos
	Alerts  []Alert  // that can be read
}

// Alert is a TLS alert (RFC 8446 section 6).
type Alert struct {
	Code   int
	Client bool // sent by the client
	Fatal  bool
}

// tlsFields are asked for in this order, behind all others.
var tlsFields = []string{
	"tls.handshake.extensions_server_name", "tls.handshake.extensions_alpn_str", "tls.handshake.ciphersuite",
	"tls.alert_message.desc", "tls.alert_message.level",
}

// add takes one packet's values of tlsFields.
func (t *TLS) add(v []string, fromClient bool) error {
	t.SNI = append(t.SNI, values(v[0])...)
	if fromClient {
		t.Offered = append(t.Offered, values(v[1])...)
	} else {
		t.Chosen = append(t.Chosen, values(v[1])...)
		for _, s := range values(v[2]) {
			id, err := strconv.ParseUint(s, 0, 16)
			if err != nil {
				return err
			}
			t.Ciphers = append(t.Ciphers, uint16(id))
		}
	}
	levels := values(v[4])
	for i, s := range values(v[3]) {
		code, err := strconv.Atoi(s)
		if err != nil {
			return err
		}
		t.Alerts = append(t.Alerts, Alert{Code: code, Client: fromClient, Fatal: i < len(levels) && levels[i] == "2"})
	}
	return nil
}

// HasCipher reports whether a server chose the cipher suite with the given name, or one
// whose name crypto/tls does not know.
func (t *TLS) HasCipher(name string) bool {
	for _, id := range t.Ciphers {
		if s := tls.CipherSuiteName(id); s == name || s[0] == '0' {
			return true
		}
	}
	return false
}
