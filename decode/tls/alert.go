package tls

// What of an alert decides (RFC 8446 section 6).
const (
	Fatal        = 2  // level
	CloseNotify  = 0  // code: the sender has no more to say
	UserCanceled = 90 // code: the sender gave up, for no reason of TLS
)
