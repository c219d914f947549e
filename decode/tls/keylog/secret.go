package keylog

import "fmt"

// Secret is key material. Its only way out is Bytes: every verb of fmt, log/slog and
// encoding/json show that there is one and nothing of it, also when it is a field of
// something else that is printed.
type Secret struct {
	b *[]byte // behind a pointer, which fmt does not follow from a field
}

func secretOf(b []byte) Secret { return Secret{&b} }

// Bytes returns the secret, which must not be changed. It is nil for the zero Secret.
func (s Secret) Bytes() []byte {
	if s.b == nil {
		return nil
	}
	return *s.b
}

const hidden = "[secret]"

// String returns the same for every secret.
func (s Secret) String() string { return hidden }

// Format writes the same for every secret and verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(hidden)) }

// Found is a secret and the client random that it belongs to.
type Found struct {
	Random [RandomSize]byte
	Secret Secret
}
