package suite

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

func TestOpenSealed(t *testing.T) {
	for _, s := range sealers(t) {
		for _, n := range []int{0, 1, 15, 16, 17, 255, MaxPlaintext} {
			plain := counting(3, n)
			h, body := s.seal(t, 1<<40+7, 23, plain, nil)
			o := s.opener(t)
			o.numbered = false
			if _, _, ok := o.Open(1<<40+6, h, nil, body); ok {
				t.Errorf("%v: opened with a wrong number", s)
			}
			for _, damage := range []int{0, len(body) / 2, len(body) - 1} {
				body[damage] ^= 0x10
				if _, _, ok := o.Open(1<<40+7, h, nil, body); ok {
					t.Errorf("%v: opened with byte %d of %d changed", s, damage, len(body))
				}
				body[damage] ^= 0x10
			}
			if _, _, ok := o.Open(1<<40+7, Header{h.Type, h.Version, h.Length + 1}, nil, body); ok {
				t.Errorf("%v: opened though it is not whole", s)
			}
			got, typ, ok := o.Open(1<<40+7, h, nil, body)
			if !ok || typ != 23 || !bytes.Equal(got, plain) {
				t.Errorf("%v, %d bytes: %d bytes of type %d, %v", s, n, len(got), typ, ok)
			}
		}
	}
}

// TestPadding has padding of every length, also where it is more than a block.
func TestPadding(t *testing.T) {
	for _, s := range sealers(t) {
		if tr := s.suite.Cipher.traits(); tr.mode == modeCBC {
			mac := 0
			if !s.etm {
				mac = len(s.mac)
			}
			n := 3*tr.block - 1 - mac%tr.block // with padding of one byte it is whole blocks
			for pad := 0; pad+1 <= 256; pad += tr.block {
				good := bytes.Repeat([]byte{byte(pad)}, pad+1)
				h, body := s.seal(t, 0, 23, counting(0, n), good)
				if got, _, ok := s.opener(t).Open(0, h, nil, body); !ok || len(got) != n {
					t.Errorf("%v: padding of %d: %d bytes, %v", s, pad, len(got), ok)
				}
				bad := bytes.Clone(good)
				bad[0]++
				h, body = s.seal(t, 0, 23, counting(0, n), bad)
				if _, _, ok := s.opener(t).Open(0, h, nil, body); ok {
					t.Errorf("%v: opened with padding that is not all alike", s)
				}
			}
			continue
		}
		if s.version != TLS13 {
			continue
		}
		for _, pad := range []int{1, 100, MaxPlaintext} {
			h, body := s.seal(t, 0, 22, []byte("a\x00"), make([]byte, pad))
			if got, typ, ok := s.opener(t).Open(0, h, nil, body); !ok || typ != 22 || string(got) != "a\x00" {
				t.Errorf("%v: padding of %d: %q of type %d, %v", s, pad, got, typ, ok)
			}
		}
		h, body := s.seal(t, 0, 0, nil, make([]byte, 5))
		if got, typ, ok := s.opener(t).Open(0, h, nil, body); !ok || typ != 0 || len(got) != 0 {
			t.Errorf("%v: nothing but padding: %q of type %d, %v", s, got, typ, ok)
		}
	}
}

func TestOpenAllocatesNothing(t *testing.T) {
	for _, s := range sealers(t) {
		if s.suite.Cipher == RC4 || s.version == TLS10 && s.suite.Cipher.traits().mode == modeCBC {
			continue // a record opens once: what is allocated shows in the others
		}
		h, body := s.seal(t, 1, 23, make([]byte, 1000), nil)
		o, dst := s.opener(t), make([]byte, 0, MaxRecord)
		all := func() {
			if _, _, ok := o.Open(1, h, dst, body); !ok {
				t.Fatalf("%v: not opened", s)
			}
		}
		all() // a MAC makes its state with the first record
		if n := testing.AllocsPerRun(100, all); n != 0 {
			t.Errorf("%v: %v allocations", s, n)
		}
	}
}

func TestOpenerPrintsNoKey(t *testing.T) {
	for _, s := range sealers(t) {
		o := s.opener(t)
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d", "%q"} {
			if got := fmt.Sprintf(verb, o); got != "TLS keys" {
				t.Errorf("%s prints %q", verb, got)
			}
			if got := fmt.Sprintf(verb, struct{ o *Opener }{o}); strings.Contains(got, "128 129 130") || strings.Contains(got, "808182") {
				t.Errorf("%s prints the IV: %q", verb, got)
			}
		}
	}
}

func FuzzOpen(f *testing.F) {
	names, list := transcripts(f)
	for i := range names {
		for _, b := range list[i].sent {
			all := records(f, b)
			last := all[len(all)-1]
			f.Add(uint8(i), uint64(i), last[0], last[headerSize:], []byte{3, 3, 3, 3})
		}
	}
	all := sealers(f)
	f.Fuzz(func(t *testing.T, which uint8, seq uint64, typ byte, b, padding []byte) {
		if len(b)+len(padding) > MaxPlaintext {
			return
		}
		s := all[int(which)%len(all)]
		o := s.opener(t)
		o.numbered = false
		// Nobody can make up a record without the key.
		if _, _, ok := o.Open(seq, Header{typ, s.version, uint16(len(b))}, nil, b); ok {
			t.Fatalf("%v opens %x", s, b)
		}
		// Who has it can write any padding.
		h, body := s.seal(t, seq, typ, b, padding)
		plain, _, ok := o.Open(seq, h, make([]byte, 0, len(body)), body)
		if ok && len(plain) >= len(body) {
			t.Fatalf("%v: %d bytes out of %d", s, len(plain), len(body))
		}
		h, body = s.seal(t, seq, typ, b, nil)
		o = s.opener(t)
		o.numbered = false
		plain, got, ok := o.Open(seq, h, nil, body)
		if !ok || s.version == TLS13 && typ == 0 {
			if !ok {
				t.Fatalf("%v does not open what was sealed", s)
			}
			return
		}
		if got != typ || !bytes.Equal(plain, b) {
			t.Fatalf("%v: %x of type %d, want %x of %d", s, plain, got, b, typ)
		}
		o.Lost()
		o.Skip(b)
	})
}

func BenchmarkOpenAES128GCM16K(b *testing.B) { benchmarkOpen(b, 0x1301, TLS13) }
func BenchmarkOpenAES256GCM16K(b *testing.B) { benchmarkOpen(b, 0xc030, TLS12) }
func BenchmarkOpenChaCha16K(b *testing.B)    { benchmarkOpen(b, 0x1303, TLS13) }
func BenchmarkOpenCCM16K(b *testing.B)       { benchmarkOpen(b, 0x1304, TLS13) }
func BenchmarkOpenCBCSHA16K(b *testing.B)    { benchmarkOpen(b, 0x002f, TLS12) }

func BenchmarkNewOpener(b *testing.B) {
	s, secret := lookup(b, 0x1301), make([]byte, 32)
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := s.Opener(secret); !ok {
			b.Fatal("no Opener")
		}
	}
}

func benchmarkOpen(b *testing.B, id uint16, v Version) {
	for _, s := range sealers(b) {
		if s.suite.ID != id || s.version != v || s.etm {
			continue
		}
		h, body := s.seal(b, 1, 23, make([]byte, MaxPlaintext), nil)
		o, dst := s.opener(b), make([]byte, 0, MaxRecord)
		b.SetBytes(MaxPlaintext)
		b.ReportAllocs()
		for b.Loop() {
			if _, _, ok := o.Open(1, h, dst, body); !ok {
				b.Fatal("not opened")
			}
		}
	}
}
