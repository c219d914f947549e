package tshark

import (
	"os"

	"wstap/decode/tls"
	"wstap/decode/tls/keylog"
	"wstap/testdata/groundtruth"
)

// keysOf returns the keys that a capture is to be read with, but for its own.
func keysOf(c *groundtruth.Capture) (tls.Keys, error) {
	k := tls.Keys{Log: keylog.NewStore(0)}
	if name := c.KeylogPath(); name != "" {
		text, err := os.ReadFile(name)
		if err != nil {
			return k, err
		}
		k.Log.Add(text)
	}
	if name := c.TLSKeyPath(); name != "" {
		text, err := os.ReadFile(name)
		if err != nil {
			return k, err
		}
		if k.RSA, err = keylog.ParsePrivateKeys(text); err != nil {
			return k, err
		}
	}
	return k, nil
}
