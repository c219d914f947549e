package websocket

import (
	"bytes"
	"testing"
	"unicode/utf8"
)

// FuzzMessages feeds messages, compressed and not, whole and in fragments, with
// what the standard library says of them as the truth; and arbitrary bytes as
// compressed ones, which must do no harm.
func FuzzMessages(f *testing.F) {
	f.Add(uint8(0), []byte("hello\xe2\x82\xac"), uint8(7), []byte("hello again"))
	f.Add(uint8(1), []byte("hello hello hello"), uint8(3), []byte("hello hello"))
	f.Add(uint8(2), []byte("\xff\xfe"), uint8(1), []byte{})
	f.Add(uint8(5), []byte("\xf2\x00\x11\x00\x00"), uint8(2), []byte("\xf3\x48\xcd\xc9\xc9\x07\x00\x00"))
	f.Fuzz(func(t *testing.T, mode uint8, one []byte, cut uint8, two []byte) {
		reset, compress, raw, binary := mode&1 != 0, mode&2 != 0, mode&4 != 0, mode&8 != 0
		d := newDeflater(reset, 6)
		fd := newFeeder(reset)
		for _, msg := range [][]byte{one, two, one} {
			b, b0 := msg, firstPiece
			if binary {
				b0 = byte(Binary)
			}
			if compress || raw {
				b0 |= bitRSV1
			}
			if compress && !raw {
				b = d.message(msg)
			}
			fd.broke = nil
			at := int(cut) % (len(b) + 1)
			fd.frame(t, b0, b[:at])
			fd.frame(t, lastPiece, b[at:])
			if raw {
				continue
			}
			if bad := !binary && !utf8.Valid(msg); bad != (len(fd.broke) == 1 && fd.broke[0] == TextNotUTF8) || !bad && len(fd.broke) > 0 {
				t.Errorf("%q breaks %v", msg, fd.broke)
			}
		}
		if len(fd.First) > firstText || len(fd.dict) > window || len(fd.tail) >= utf8.UTFMax {
			t.Errorf("kept %d, %d, %d bytes", len(fd.First), len(fd.dict), len(fd.tail))
		}
		if raw {
			return
		}
		if fd.Skipped != 0 || compress && fd.Inflated != uint64(2*len(one)+len(two)) {
			t.Errorf("%d skipped, %d inflated", fd.Skipped, fd.Inflated)
		}
		if utf8.Valid(one) && !bytes.Equal(fd.First, one[:min(len(one), firstText)]) {
			t.Errorf("first %q, want %q", fd.First, one)
		}
	})
}
