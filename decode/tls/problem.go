package tls

// Problem says why a connection was not decrypted, or not all of it.
type Problem uint8

// The problems.
const (
	NoProblem            Problem = iota
	NoKeys                       // no keys were given at all
	NoKeyForRandom               // keys were given, none for this client random
	ServerSecretsMissing         // the client's half is there
	ClientSecretsMissing         // the server's half is there
	StartsLate                   // the capture starts after the handshake, and no key that was tried fits
	HandshakeIncomplete          // a part of the handshake was not captured
	KeysDoNotFit                 // there are keys for this client random, and they open nothing
	CipherUnsupported
	BufferTooSmall // keys came after records had to be dropped
	NotRSA         // a private key was given, and the key exchange is not RSA
)

// String returns the problem in words, "" for none.
func (p Problem) String() string {
	switch p {
	case NoKeys:
		return "no keys"
	case NoKeyForRandom:
		return "no key for this client random"
	case ServerSecretsMissing:
		return "server secrets missing"
	case ClientSecretsMissing:
		return "client secrets missing"
	case StartsLate:
		return "capture starts after the handshake"
	case HandshakeIncomplete:
		return "a part of the handshake was not captured"
	case KeysDoNotFit:
		return "the keys do not fit"
	case CipherUnsupported:
		return "cipher suite not supported"
	case BufferTooSmall:
		return "keys came too late: the buffer was too small"
	case NotRSA:
		return "private key given, but the key exchange is not RSA"
	default:
		return ""
	}
}
