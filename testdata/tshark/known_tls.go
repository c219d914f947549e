package tshark

// Why tshark reads less of TLS, or another thing.
const (
	newTicket   = "tshark looks for the session by the ticket that the server sends anew, not by the one that the client sends"
	sentTwice   = "the server refuses 0-RTT, and the client asks again; tshark shows both, wstap the one that was read"
	laterProof  = "tshark opens nothing of the client's after its certificate and Finished that come behind the handshake"
	agreedOn    = "tshark takes for HTTP/2 what the client sends, since it was agreed on by ALPN; it is HTTP/1.1"
	keysBehind  = "tshark does not decrypt packets that stand before the block with their secrets"
	noCamellia  = "wstap has no Camellia"
	twoSessions = "tshark takes the two directions of TLS behind this login for two connections"
	innerTLS    = "tshark does not look into a tunnel that is within TLS"
	noSecrets   = "tshark derives no keys from the secrets of application data where those of the handshake are missing"
	noHello     = "tshark needs the ServerHello, which is not in the capture"
	noCipher    = "tshark takes new keys at the ChangeCipherSpec, which is not in the capture"
	miscounted  = "after a hole tshark counts records on from where it was and opens none; wstap searches for the number"
)

// knownTLS are those of captures with keys.
var knownTLS = []Difference{
	{"tls12_tickets", "/go", "request response close", newTicket},
	{"tls12_tickets_first_key", "/go", "request response close", newTicket},
	{"tls13_early_data", "/early", "missed", sentTwice},
	{"tls13_variants", "/certificate/later", "close", laterProof},
	{"tls_alpn", "/13", "request", agreedOn},
	{"tls_alpn", "/12", "request", agreedOn},
	{"tls_alpn", "/go/13", "request", agreedOn},
	{"tls_alpn", "/go/12", "request", agreedOn},
	{"tls_dsb_last", "/13", "request response close", keysBehind},
	{"tls_dsb_last", "/12", "request response close", keysBehind},
	{"tls_dsb_last", "/12/cbc", "request response close", keysBehind},
	{"tls_dsb_last", "/13/no?status=403&body=no", "request response", keysBehind},
	{"tls_dsb_last", "/12/no?status=503", "request response", keysBehind},
	{"tls_dsb_middle", "/13", "request response close", keysBehind},
	{"tls_dsb_middle", "/12", "request response close", keysBehind},
	{"tls_foreign_suites", "/camellia", "missed", noCamellia},
	{"tls_foreign_suites", "", "missed close", noCamellia},
	{"tls_in_socks", "/login", "request response close", twoSessions},
	{"tls_in_tls", "/13/13", "tls request response close", innerTLS},
	{"tls_in_tls", "/13/12", "tls request response close", innerTLS},
	{"tls_in_tls", "/12/13", "tls request response close", innerTLS},
	{"tls_in_tls", "/12/12", "tls request response close", innerTLS},
	{"tls_in_tls", "/no?reject=401", "tls request response", innerTLS},
	{"tls_keys_of_one_side", "/first", "close", noHandshake},
	{"tls_keys_of_one_side", "/second", "close", noHandshake},
	{"tls_keys_of_one_side", "/go", "close", noHandshake},
	{"tls_keys_of_one_side", "/go", "close", noHandshake},
	{"tls_keys_of_traffic", "/first", "request response close", noSecrets},
	{"tls_keys_of_traffic", "/second", "request response close", noSecrets},
	{"tls_keys_of_traffic", "/no?reject=403&body=no", "request response", noSecrets},
	{"tls_keys_of_traffic", "/go", "request response close", noSecrets},
	{"tls_keys_of_traffic", "/go", "request response close", noSecrets},
	{"tls_loss", "/13/128", "close", miscounted},
	{"tls_loss", "/13/chacha", "close", miscounted},
	{"tls_loss", "/13/no?reject=403&body=no", "tls request response", noHello},
	{"tls_loss", "/12", "close", miscounted},
	{"tls_loss", "", "close", noHandshake},
	{"tls_loss", "/12/rsa", "response close", noCipher},
	{"tls_loss", "/12/cbc?reply=5000", "close", miscounted},
	{"tls_loss", "/13/deflate", "response close", miscounted},
	{"tls_midstream", "/13", "tls request response close", noHello},
	{"tls_midstream", "/13/tickets", "tls request response close", noHello},
	{"tls_midstream", "/13/chacha", "tls request response close", noHello},
}
