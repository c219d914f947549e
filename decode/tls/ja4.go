package tls

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"

	"wstap/decode/tls/suite"
)

// ja4 makes FoxIO's JA4 fingerprint of a ClientHello over TCP, as
// https://github.com/FoxIO-LLC/ja4/blob/main/technical_details/JA4.md says: what is
// offered in ten characters, then hashes of the cipher suites and of the extensions,
// both sorted, with the signature algorithms as they stand.
func ja4(o *offer) string {
	const most = 99
	ciphers, extensions := ungreased(o.ciphers), ungreased(o.extensions)
	sni := 'i'
	if o.hasSNI {
		sni = 'd'
	}
	head := fmt.Sprintf("t%s%c%02d%02d%s", ja4Version(o), sni, min(len(ciphers), most), min(len(extensions), most), ja4ALPN(o.alpn))
	extensions = slices.DeleteFunc(extensions, func(v uint16) bool { return v == extServerName || v == extALPN })
	slices.Sort(ciphers)
	slices.Sort(extensions)
	second := hexList(extensions)
	if signatures := ungreased(o.signatures); len(signatures) > 0 && len(second) > 0 {
		second += "_" + hexList(signatures)
	}
	return head + "_" + shortHash(hexList(ciphers)) + "_" + shortHash(second)
}

func ungreased(list []uint16) []uint16 { return slices.DeleteFunc(slices.Clone(list), grease) }

// ja4Version is the highest version that is offered.
func ja4Version(o *offer) string {
	v := o.version
	if list := versions(o.versions); len(list) > 0 {
		v = slices.Max(list)
	}
	switch v {
	case suite.TLS13:
		return "13"
	case suite.TLS12:
		return "12"
	case suite.TLS11:
		return "11"
	case suite.TLS10:
		return "10"
	case suite.SSL30:
		return "s3"
	case 2:
		return "s2"
	default:
		return "00"
	}
}

// ja4ALPN is the first and the last character of the first protocol, or of its bytes
// in hex where one of these is none that is printed.
func ja4ALPN(list []byte) string {
	names := protocols(list)
	if len(names) == 0 || names[0] == "" {
		return "00"
	}
	name := names[0]
	first, last := name[0], name[len(name)-1]
	if !alphanumeric(first) || !alphanumeric(last) {
		name = hex.EncodeToString([]byte(name))
		first, last = name[0], name[len(name)-1]
	}
	return string([]byte{first, last})
}

func alphanumeric(b byte) bool {
	return '0' <= b && b <= '9' || 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z'
}

// hexList writes numbers with commas between them.
func hexList(list []uint16) string {
	b := make([]byte, 0, 5*len(list))
	for i, v := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = hex.AppendEncode(b, []byte{byte(v >> 8), byte(v)})
	}
	return string(b)
}

// shortHash is the beginning of a SHA-256, or zeros for nothing.
func shortHash(s string) string {
	const digits = 12
	if s == "" {
		return "000000000000"
	}
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:digits/2])
}
