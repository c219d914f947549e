package keylog

import (
	"fmt"
	"log/slog"
)

// Secret is key material. Its only way out is Bytes: what fmt, log/slog and
// encoding/json write of it is the same for every secret, also where it is a field of
// something else.
type Secret struct {
	reveal func() []byte // no printer looks into a function, as they do into what a pointer leads to
}

func secretOf(b []byte) Secret { return Secret{func() []byte { return b }} }

// Bytes returns the secret, which must not be changed. It is nil for the zero Secret.
func (s Secret) Bytes() []byte {
	if s.reveal == nil {
		return nil
	}
	return s.reveal()
}

const hidden = "[secret]"

// String returns the same for every secret.
func (s Secret) String() string { return hidden }

// Format writes the same for every secret and verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(hidden)) }

// LogValue is the same for every secret.
func (s Secret) LogValue() slog.Value { return slog.StringValue(hidden) }

// Found is a secret and the client random that it belongs to.
type Found struct {
	Random [RandomSize]byte
	Secret Secret
}
