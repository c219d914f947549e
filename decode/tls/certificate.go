package tls

// Certificate is what the end-entity certificate of a chain says (RFC 5280). What
// cannot be read of it is empty.
type Certificate struct {
	Subject      string   // common name
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
