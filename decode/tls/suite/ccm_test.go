package suite

import (
	"bytes"
	"crypto/aes"
	"testing"
)

// counting returns n bytes that count up from first.
func counting(first byte, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = first + byte(i)
	}
	return b
}

func TestCCM(t *testing.T) {
	for _, c := range []struct {
		name        string
		key, nonce  []byte
		data, plain []byte
		tag         int
		ciphertext  string
	}{
		{"RFC 3610 packet vector 1", counting(0xc0, 16), unhex(t, "00000003020100a0a1a2a3a4a5"), counting(0, 8), counting(8, 23), 8,
			"588c979a61c663d2f066d0c2c0f989806d5f6b61dac38417e8d12cfdf926e0"},
		{"SP 800-38C example 1", counting(0x40, 16), counting(0x10, 7), counting(0, 8), counting(0x20, 4), 4, "7162015b4dac255d"},
		{"SP 800-38C example 2", counting(0x40, 16), counting(0x10, 8), counting(0, 16), counting(0x20, 16), 6,
			"d2a1f0e051ea5f62081a7792073d593d1fc64fbfaccd"},
		{"SP 800-38C example 3", counting(0x40, 16), counting(0x10, 12), counting(0, 20), counting(0x20, 24), 8,
			"e3b201a9f5b71a7a9b1ceaeccd97e70b6176aad9a4428aa5484392fbc1b09951"},
		{"SP 800-38C example 4", counting(0x40, 16), counting(0x10, 13), counting(0, 1<<16), counting(0x20, 32), 14,
			"69915dad1e84c6376a68c2967e4dab615ae0fd1faec44cc484828529463ccf72b4ac6bec93e8598e7f0dadbcea5b"},
	} {
		block, err := aes.NewCipher(c.key)
		if err != nil {
			t.Fatal(err)
		}
		ccm := newCCM(block, len(c.nonce), c.tag)
		want := unhex(t, c.ciphertext)
		if got := ccm.Seal([]byte{1}, c.nonce, c.plain, c.data); !bytes.Equal(got[1:], want) {
			t.Errorf("%s: %x, want %x", c.name, got[1:], want)
		}
		plain, err := ccm.Open([]byte{1}, c.nonce, want, c.data)
		if err != nil || !bytes.Equal(plain[1:], c.plain) {
			t.Errorf("%s: opened as %x, %v", c.name, plain, err)
		}
		for i := range want {
			want[i] ^= 1
			if _, err := ccm.Open(nil, c.nonce, want, c.data); err == nil {
				t.Errorf("%s: opened with byte %d changed", c.name, i)
			}
			want[i] ^= 1
		}
		if _, err := ccm.Open(nil, c.nonce, want[:c.tag-1], c.data); err == nil {
			t.Errorf("%s: opened without a whole tag", c.name)
		}
	}
}
