package suite

import (
	"crypto/hkdf"
	"crypto/hmac"
	"hash"
)

// ExpandLabel is HKDF-Expand-Label of TLS 1.3 (RFC 8446 section 7.1). It returns nil
// where no such number of bytes, label or context is possible.
func (s *Suite) ExpandLabel(secret []byte, label string, context []byte, n int) []byte {
	const prefix, longest, most = "tls13 ", 255, 1<<16 - 1
	if n < 0 || n > most || len(prefix)+len(label) > longest || len(context) > longest {
		return nil
	}
	info := make([]byte, 0, 4+len(prefix)+len(label)+len(context))
	info = append(info, byte(n>>8), byte(n), byte(len(prefix)+len(label)))
	info = append(append(info, prefix...), label...)
	info = append(append(info, byte(len(context))), context...)
	out, err := hkdf.Expand(func() hash.Hash { return s.Hash.New() }, secret, string(info), n)
	if err != nil {
		return nil
	}
	return out
}

// Opener returns the one for the records that are sent under a traffic secret of TLS
// 1.3 (RFC 8446 section 7.3). ok is false where s is no suite of TLS 1.3 that can be
// decrypted, or the secret has not the length of its hash.
func (s *Suite) Opener(secret []byte) (o *Opener, ok bool) {
	if !s.Opens(TLS13) || len(secret) != s.Hash.Size() {
		return nil, false
	}
	key := s.ExpandLabel(secret, "key", nil, s.Cipher.KeySize())
	iv := s.ExpandLabel(secret, "iv", nil, nonceSize)
	return s.opener(TLS13, false, nil, key, iv)
}

// Next returns the traffic secret after a KeyUpdate (RFC 8446 section 7.2).
func (s *Suite) Next(secret []byte) []byte {
	return s.ExpandLabel(secret, "traffic upd", nil, s.Hash.Size())
}

// Finished13 returns what stands in the Finished message of TLS 1.3 (RFC 8446 section
// 4.4.4). secret is the handshake traffic secret of the end that sends it, transcript
// the TranscriptHash of the messages before it.
func (s *Suite) Finished13(secret, transcript []byte) []byte {
	m := hmac.New(s.Hash.New, s.ExpandLabel(secret, "finished", nil, s.Hash.Size()))
	m.Write(transcript)
	return m.Sum(nil)
}
