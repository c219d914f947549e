package decode_test

import (
	"io"
	"os"
	"testing"

	"wstap/capture"
	"wstap/capture/packet"
	"wstap/decode/tls"
	"wstap/decode/tls/keylog"
	"wstap/testdata/groundtruth"
)

// keysOf returns what there is to decrypt a capture with, its own secrets included.
func keysOf(t *testing.T, c *groundtruth.Capture) (keys tls.Keys) {
	t.Helper()
	store := keylog.NewStore(0)
	if name := c.KeylogPath(); name != "" {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		store.Add(text)
	}
	if name := c.TLSKeyPath(); name != "" {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if keys.RSA, err = keylog.ParsePrivateKeys(text); err != nil {
			t.Fatal(err)
		}
	}
	set, err := capture.Open(c.Paths(), capture.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer set.Close()
	for b := new(packet.Block); set.Next(b) != io.EOF; {
		for _, s := range b.Secrets {
			store.Add(s.Data)
		}
	}
	if store.Counts().Secrets > 0 {
		keys.Log = store
	}
	return keys
}

// withAndWithout returns the keys of a capture, and none.
func withAndWithout(t *testing.T, c *groundtruth.Capture) []tls.Keys {
	t.Helper()
	keys := keysOf(t, c)
	if keys.Log == nil && keys.RSA == nil {
		return []tls.Keys{{}}
	}
	return []tls.Keys{keys, {}}
}
