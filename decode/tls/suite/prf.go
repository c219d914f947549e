package suite

import (
	"crypto"
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha1"
	"hash"
)

// prf is the pseudorandom function of TLS 1.2 (RFC 5246 section 5), and that of 1.0
// and 1.1, which halves the secret between two hashes (RFC 4346 section 5).
func (s *Suite) prf(v Version, secret []byte, label string, seed []byte, n int) []byte {
	out := make([]byte, n)
	seed = append([]byte(label), seed...)
	if v >= TLS12 {
		expand(s.Hash.New, secret, seed, out)
		return out
	}
	half := (len(secret) + 1) / 2
	expand(crypto.MD5.New, secret[:half], seed, out)
	expand(crypto.SHA1.New, secret[len(secret)-half:], seed, out)
	return out
}

// expand mixes P_hash(secret, seed) into out.
func expand(h func() hash.Hash, secret, seed, out []byte) {
	m := hmac.New(h, secret)
	m.Write(seed)
	for a := m.Sum(nil); len(out) > 0; {
		m.Reset()
		m.Write(a)
		m.Write(seed)
		for _, b := range m.Sum(nil) {
			if len(out) == 0 {
				break
			}
			out[0] ^= b
			out = out[1:]
		}
		m.Reset()
		m.Write(a)
		a = m.Sum(a[:0])
	}
}

// double is the hash of handshake messages before TLS 1.2.
type double struct{ md5, sha1 hash.Hash }

func newDouble() hash.Hash { return &double{md5.New(), sha1.New()} }

func (d *double) Write(b []byte) (int, error) {
	d.md5.Write(b)
	return d.sha1.Write(b)
}

func (d *double) Sum(b []byte) []byte { return d.sha1.Sum(d.md5.Sum(b)) }

func (d *double) Reset() {
	d.md5.Reset()
	d.sha1.Reset()
}

func (d *double) Size() int      { return d.md5.Size() + d.sha1.Size() }
func (d *double) BlockSize() int { return d.sha1.BlockSize() }
