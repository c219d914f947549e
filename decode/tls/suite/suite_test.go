package suite

import (
	"crypto"
	"fmt"
	"os"
	"strings"
	"testing"
)

// What OpenSSL says in other words.
var (
	opensslExchange = map[string]KeyExchange{"RSA": RSA, "DH": DHE, "ECDH": ECDHE, "PSK": PSK, "RSAPSK": RSAPSK, "DHEPSK": DHEPSK,
		"ECDHEPSK": ECDHEPSK, "any": AnyTLS13, "SRP": OtherExchange}
	opensslMAC    = map[string]crypto.Hash{"MD5": crypto.MD5, "SHA1": crypto.SHA1, "SHA256": crypto.SHA256, "SHA384": crypto.SHA384, "AEAD": 0}
	opensslCipher = map[string]string{"None": "NULL", "CHACHA20/POLY1305(256)": "CHACHA20_POLY1305",
		"AESGCM(128)": "AES_128_GCM", "AESGCM(256)": "AES_256_GCM", "AESCCM(128)": "AES_128_CCM", "AESCCM(256)": "AES_256_CCM",
		"AESCCM8(128)": "AES_128_CCM_8", "AESCCM8(256)": "AES_256_CCM_8", "AES(128)": "AES_128_CBC", "AES(256)": "AES_256_CBC",
		"Camellia(128)": "other", "Camellia(256)": "other", "ARIAGCM(128)": "other", "ARIAGCM(256)": "other"}
)

func TestLookup(t *testing.T) {
	b, err := os.ReadFile("testdata/ciphers.txt")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for line := range strings.Lines(string(b)) {
		f := strings.Fields(line)
		if f[0] == "#" {
			continue
		}
		n++
		var id uint16
		if _, err := fmt.Sscanf(f[0], "%x", &id); err != nil {
			t.Fatal(err)
		}
		s := lookup(t, id)
		kx, enc, mac := opensslExchange[f[2]], opensslCipher[f[3]], opensslMAC[f[4]]
		if enc == "other" {
			mac = 0
		}
		if s.ID != id || s.Name != f[1] || s.KeyExchange != kx || s.Cipher.String() != enc || s.MAC != mac {
			t.Errorf("%s: %+v", strings.TrimSpace(line), s)
		}
		if hash := strings.HasSuffix(s.Name, "SHA384"); hash != (s.Hash == crypto.SHA384) {
			t.Errorf("%s: PRF with %v", s.Name, s.Hash)
		}
	}
	if n < 150 {
		t.Errorf("%d suites of OpenSSL, want more", n)
	}
}

func TestOpens(t *testing.T) {
	for _, c := range []struct {
		id   uint16
		name string
		in   []Version
	}{
		{0x1301, "TLS_AES_128_GCM_SHA256", []Version{TLS13}},
		{0x1305, "TLS_AES_128_CCM_8_SHA256", []Version{TLS13}},
		{0xc02f, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", []Version{TLS12}},
		{0xc0af, "TLS_ECDHE_ECDSA_WITH_AES_256_CCM_8", []Version{TLS12}},
		{0x002f, "TLS_RSA_WITH_AES_128_CBC_SHA", []Version{TLS10, TLS11, TLS12}},
		{0xc0b4, "TLS_SHA256_SHA256", nil},
		{0x00c6, "TLS_SM4_GCM_SM3", nil},
		{0x0041, "TLS_RSA_WITH_CAMELLIA_128_CBC_SHA", nil},
		{0x0003, "TLS_RSA_EXPORT_WITH_RC4_40_MD5", nil},
		{0x0009, "TLS_RSA_WITH_DES_CBC_SHA", nil},
		{0x0000, "TLS_NULL_WITH_NULL_NULL", nil},
		{0x00ff, "TLS_EMPTY_RENEGOTIATION_INFO_SCSV", nil},
		{0x5600, "TLS_FALLBACK_SCSV", nil},
	} {
		s := lookup(t, c.id)
		if s.Name != c.name {
			t.Errorf("%04x is %s, want %s", c.id, s.Name, c.name)
		}
		in := ""
		for v := SSL30; v <= TLS13+1; v++ {
			if s.Opens(v) {
				in += v.String() + " "
			}
			_, _, ok := s.Openers(v, false, make([]byte, masterSize), [RandomSize]byte{}, [RandomSize]byte{})
			_, ok13 := s.Opener(make([]byte, s.Hash.Size()))
			if v < TLS13 && ok != s.Opens(v) || v == TLS13 && ok13 != s.Opens(v) {
				t.Errorf("%s %v: Opener says otherwise than Opens", s.Name, v)
			}
		}
		want := ""
		for _, v := range c.in {
			want += v.String() + " "
		}
		if in != want {
			t.Errorf("%s opens in %q, want %q", s.Name, in, want)
		}
	}
	for _, grease := range []uint16{0x0a0a, 0xfafa, 0xffff} {
		if s, ok := Lookup(grease); ok {
			t.Errorf("%04x is %s", grease, s.Name)
		}
	}
}

func TestKeyExchangeNames(t *testing.T) {
	for k, want := range map[KeyExchange]string{OtherExchange: "other", RSA: "RSA", DHE: "DHE", ECDHEPSK: "ECDHE_PSK", AnyTLS13: "TLS 1.3"} {
		if k.String() != want {
			t.Errorf("%q, want %q", k, want)
		}
	}
}

func TestVersionNames(t *testing.T) {
	for v, want := range map[Version]string{SSL30: "SSL 3.0", TLS10: "TLS 1.0", TLS13: "TLS 1.3", 0x0305: "0x0305", 0x0002: "0x0002"} {
		if v.String() != want {
			t.Errorf("%q, want %q", v, want)
		}
	}
}

func TestWrongSizes(t *testing.T) {
	if _, ok := lookup(t, 0x1302).Opener(make([]byte, 32)); ok {
		t.Error("a secret that is too short is taken")
	}
	if _, _, ok := lookup(t, 0xc02f).Openers(TLS12, false, make([]byte, 47), [RandomSize]byte{}, [RandomSize]byte{}); ok {
		t.Error("a master secret that is too short is taken")
	}
	if b := lookup(t, 0x1301).ExpandLabel(make([]byte, 32), "key", make([]byte, 256), 16); b != nil {
		t.Error("a context that is too long is taken")
	}
	if b := lookup(t, 0x1301).ExpandLabel(make([]byte, 32), "key", nil, 255*32+1); b != nil {
		t.Error("more bytes than HKDF gives")
	}
}
