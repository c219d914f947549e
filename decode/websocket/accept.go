package websocket

import (
	"crypto/sha1"
	"encoding/base64"
)

// guid is the fixed string of RFC 6455 section 1.3.
const guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

// AcceptFor returns the Sec-WebSocket-Accept value that answers a key (RFC 6455
// section 4.2.2, item 5.4).
func AcceptFor(key string) string {
	sum := sha1.Sum([]byte(key + guid))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// keyLength is the length of 16 bytes in base64.
const keyLength = 24

// KeyValid reports whether key is the base64 form of 16 bytes (RFC 6455 section
// 4.1, item 7).
func KeyValid(key string) bool {
	if len(key) != keyLength { // the decoder steps over line ends
		return false
	}
	b, err := base64.StdEncoding.DecodeString(key)
	return err == nil && len(b) == 16
}
