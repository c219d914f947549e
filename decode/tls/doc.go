// Package tls reads TLS (RFC 8446, RFC 5246 and before) as an observer of both
// directions: it walks through records, says what can be known of the handshake without
// keys, and with keys gives the plaintext.
//
// A plaintext is given only where a record's tag or MAC proves it. What cannot be opened
// is told as Lost, and why as a Problem. Secrets stay inside: nothing here prints them.
//
// TLS for decode/tls begins with the first byte of a connection; SSL 2.0 is named and
// not read, and neither are QUIC and DTLS.
package tls
