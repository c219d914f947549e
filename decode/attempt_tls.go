package decode

import (
	"net/netip"
	"strings"
	"time"

	"wstap/decode/link"
	"wstap/decode/tls"
	"wstap/decode/tls/suite"
)

// TLS is what is known of the TLS that an attempt was made in, or came no further than
// (RFC 8446, RFC 5246). Since TLS 1.3 the server's choice of protocol and its certificate
// are encrypted, and known with keys only.
type TLS struct {
	Version         string   `json:"version,omitempty"`          // "1.3", that was agreed on
	VersionsOffered []string `json:"versions_offered,omitempty"` // the highest only, of clients before TLS 1.3
	SNI             string   `json:"sni,omitempty"`              // server_name as sent; the outer one with ECH
	ECH             bool     `json:"ech,omitempty"`              // encrypted_client_hello was offered
	ALPN            string   `json:"alpn,omitempty"`
	ALPNOffered     []string `json:"alpn_offered,omitempty"`
	Cipher          string   `json:"cipher,omitempty"` // IANA name
	Resumed         *bool    `json:"resumed,omitempty"`
	HelloRetry      bool     `json:"hello_retry,omitempty"` // the server asked for another ClientHello
	EarlyData       bool     `json:"early_data,omitempty"`  // the client sent data before the ServerHello
	JA4             string   `json:"ja4,omitempty"`         // of the ClientHello
	Decrypted       bool     `json:"decrypted"`
	Keys            string   `json:"keys,omitempty"` // where they came from: "keylog", "dsb" (the capture itself), "rsa", or "session", of an earlier connection
	// Why not everything was decrypted: "no keys", "no key for this client random" …
	Problem     string       `json:"problem,omitempty"`
	Complete    *bool        `json:"complete,omitempty"` // both Finished were seen, by their place and size where they cannot be read
	Alert       *Alert       `json:"alert,omitempty"`    // that ended the handshake or the connection
	Certificate *Certificate `json:"certificate,omitempty"`
	// What became of a client certificate: "requested", "none" (requested, and the client
	// has none) or "sent". Empty where none was asked for, or nobody can tell.
	ClientCertificate string `json:"client_certificate,omitempty"`
	// Records of application data: those that were opened, or may be some by their place.
	Records *Pair `json:"records,omitempty"`
	// First 512 bytes of what the server sent in the place of TLS.
	PlainAnswer string `json:"plain_answer,omitempty"`
}

// Alert is a TLS alert (RFC 8446 section 6).
type Alert struct {
	By     string `json:"by"` // "client" or "server"
	Level  string `json:"level,omitempty"`
	Code   *int   `json:"code,omitempty"` // absent where it cannot be read
	Name   string `json:"name,omitempty"`
	Hidden bool   `json:"hidden,omitempty"` // known by its place and size only
	Late   bool   `json:"late,omitempty"`   // sent after the other side had closed: it says nothing of why
}

// Certificate is the server's own certificate, as far as it can be read.
type Certificate struct {
	Subject    string   `json:"subject,omitempty"` // common name
	Issuer     string   `json:"issuer,omitempty"`  // common name and organization
	Names      []string `json:"names,omitempty"`   // DNS names and IP addresses, 32 at most
	NotBefore  string   `json:"not_before,omitempty"`
	NotAfter   string   `json:"not_after,omitempty"`
	SelfSigned bool     `json:"self_signed,omitempty"`
	Expired    bool     `json:"expired,omitempty"`    // at the time of the capture
	NotYet     bool     `json:"not_yet,omitempty"`    // not valid yet then
	CoversSNI  *bool    `json:"covers_sni,omitempty"` // absent without SNI
	Chain      int      `json:"chain"`                // certificates that were sent, this one included
}

// flag keeps a truth and returns where.
func (r *record) flag(b bool) *bool {
	p := &r.flags[r.nflags]
	r.nflags++
	*p = b
	return p
}

// buildTLS fills in what is known of TLS.
func (o *outcome) buildTLS(r *record) {
	f := o.tls
	if f == nil {
		return
	}
	x := &r.tls
	r.TLS = x
	*x = TLS{
		SNI: text([]byte(f.SNI)), ECH: f.ECHOffered, ALPN: text([]byte(f.ALPN)), ALPNOffered: texts(append([]string(nil), f.ALPNOffered...)),
		Cipher: f.CipherName, HelloRetry: f.HelloRetry, EarlyData: f.EarlySeen, JA4: f.JA4,
		Decrypted: f.Decrypted, Keys: f.KeysFrom.String(), Problem: f.Problem.String(), PlainAnswer: text(o.plain),
	}
	for _, v := range f.VersionsOffered {
		x.VersionsOffered = append(x.VersionsOffered, tlsVersion(v))
	}
	if f.ClientHello.Ref != 0 && len(f.VersionsOffered) == 0 {
		x.VersionsOffered = []string{tlsVersion(f.LegacyVersion)}
	}
	if f.ServerHello.Ref != 0 {
		x.Version = tlsVersion(f.Version)
		x.Resumed = r.flag(f.Resumed != tls.NotResumed)
		x.Complete = r.flag(f.ClientFinished.At.Ref != 0 && (f.ServerFinished.At.Ref != 0 || f.Sent[o.server].Data > 0))
	}
	x.Records = &Pair{Client: f.Sent[o.client].Data, Server: f.Sent[o.server].Data}
	x.Certificate = r.buildCertificate(f)
	switch {
	case f.ClientCertificate != nil:
		x.ClientCertificate = "sent"
	case f.ClientCertificateNone:
		x.ClientCertificate = "none"
	case f.CertificateRequested:
		x.ClientCertificate = "requested"
	}
	if o.dsb {
		x.Keys = "dsb"
	}
	if a := o.refusal(); a != nil {
		r.alert = Alert{By: sideName(o.side(link.Dir(a.Dir))), Name: a.Name, Hidden: !a.Readable, Late: o.late(a)}
		if a.Readable {
			code := int(a.Code)
			r.alert.Code, r.alert.Level = &code, "warning"
			if a.Level == tls.Fatal {
				r.alert.Level = "fatal"
			}
		}
		x.Alert = &r.alert
	}
	o.buildTLSTiming(r)
	if r.ServerName == "" && !f.ECHOffered {
		if _, err := netip.ParseAddr(f.SNI); err != nil {
			r.ServerName = strings.ToLower(x.SNI)
		}
	}
}

// late reports whether an alert was sent after the other side had sent FIN or RST.
func (o *outcome) late(a *tls.Alert) bool {
	end, ref := o.conn.Ended()
	by, ok := o.conn.EndedBy()
	return ok && ref != 0 && by != link.Dir(a.Dir) && end <= a.At.Time
}

// buildTLSTiming fills in how long TLS's handshake took, and what came after it or in
// its place.
func (o *outcome) buildTLSTiming(r *record) {
	f, end := o.tls, o.now
	if at, ref := o.conn.Ended(); o.closed() && ref != 0 {
		end = at
	}
	finished := f.ClientFinished.At
	switch {
	case finished.Ref != 0 && f.ClientHello.Ref != 0:
		r.timing.TLSMS = r.milliseconds(finished.Time - f.ClientHello.Time)
		if o.a.tls && end >= finished.Time {
			r.timing.TLSOpenMS = r.milliseconds(end - finished.Time)
		}
	case finished.Ref == 0 && f.ClientHello.Ref != 0 && o.a.tls:
		last := f.ClientHello.Time
		for i := range f.Records {
			if at := f.Records[i].At.Time; at <= end { // a server may say something to a client that is gone
				last = max(last, at)
			}
		}
		if end >= last {
			r.timing.TLSWaitMS = r.milliseconds(end - last)
		}
	}
}

// tlsVersion returns a version as people write it, without "TLS" where it is one.
func tlsVersion(v suite.Version) string {
	return strings.TrimPrefix(strings.TrimPrefix(v.String(), "TLS"), " ")
}

// buildCertificate returns the server's certificate, nil where it was not seen. Times
// count at the time of the ClientHello.
func (r *record) buildCertificate(f *tls.Facts) *Certificate {
	c := f.ServerCertificate
	if c == nil {
		return nil
	}
	x := &r.certificate
	issuer := c.Issuer
	if c.Organization != "" && c.Organization != issuer {
		issuer = strings.TrimPrefix(issuer+", "+c.Organization, ", ")
	}
	*x = Certificate{
		Subject: text([]byte(c.Subject)), Issuer: text([]byte(issuer)), Names: texts(append([]string(nil), c.Names...)),
		SelfSigned: c.SelfIssued && c.Chain == 1, Chain: c.Chain,
	}
	if c.NotBefore != 0 || c.NotAfter != 0 {
		x.NotBefore, x.NotAfter = time.Unix(c.NotBefore, 0).UTC().Format(time.RFC3339), time.Unix(c.NotAfter, 0).UTC().Format(time.RFC3339)
		now := max(f.ClientHello.Time, f.ServerHello.Time) / int64(time.Second)
		x.Expired, x.NotYet = now > c.NotAfter, now < c.NotBefore
	}
	if f.SNI != "" && !f.ECHOffered && !c.Malformed && !c.Compressed {
		x.CoversSNI = r.flag(f.NameCovered)
	}
	return x
}
