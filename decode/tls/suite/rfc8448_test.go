package suite

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.Join(strings.Fields(s), ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// open takes a whole record, head and body, to o.
func open(o *Opener, seq uint64, record []byte) (plain []byte, typ byte, ok bool) {
	h := Header{record[0], Version(record[1])<<8 | Version(record[2]), uint16(record[3])<<8 | uint16(record[4])}
	return o.Open(seq, h, nil, record[headerSize:])
}

func lookup(t testing.TB, id uint16) *Suite {
	t.Helper()
	s, ok := Lookup(id)
	if !ok {
		t.Fatalf("%04x is not known", id)
	}
	return &s
}

// The secrets and records of RFC 8448 section 3.
const (
	clientTraffic   = "9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5"
	serverTraffic   = "a11af9f05531f856ad47116b45a950328204b4f44bfb6b3a4b4f1f3fcb631643"
	clientHandshake = "b3eddb126e067f35a780b3abf45e2d8f3b1a950738f52e9600746a0e27a55a21"
)

func TestRFC8448Records(t *testing.T) {
	data := make([]byte, 50)
	for i := range data {
		data[i] = byte(i)
	}
	closeNotify := []byte{1, 0}
	for _, c := range []struct {
		secret string
		seq    uint64
		record string
		typ    byte
		plain  []byte
	}{
		{clientTraffic, 0, `17 03 03 00 43 a2 3f 70 54 b6 2c 94 d0 af fa fe 82 28 ba 55 cb ef ac ea 42 f9 14 aa 66 bc ab 3f
			2b 98 19 a8 a5 b4 6b 39 5b d5 4a 9a 20 44 1e 2b 62 97 4e 1f 5a 62 92 a2 97 70 14 bd 1e 3d ea e6 3a ee bb 21 69 49 15 e4`, 23, data},
		{clientTraffic, 1, `17 03 03 00 13 c9 87 27 60 65 56 66 b7 4d 7f f1 15 3e fd 6d b6 d0 b0 e3`, 21, closeNotify},
		// The server has sent a NewSessionTicket before.
		{serverTraffic, 1, `17 03 03 00 43 2e 93 7e 11 ef 4a c7 40 e5 38 ad 36 00 5f c4 a4 69 32 fc 32 25 d0 5f 82 aa 1b 36
			e3 0e fa f9 7d 90 e6 df fc 60 2d cb 50 1a 59 a8 fc c4 9c 4b f2 e5 f0 a2 1c 00 47 c2 ab f3 32 54 0d d0 32 e1 67 c2 95 5d`, 23, data},
		{serverTraffic, 2, `17 03 03 00 13 b5 8f d6 71 66 eb f5 99 d2 47 20 cf be 7e fa 7a 88 64 a9`, 21, closeNotify},
	} {
		o, ok := lookup(t, 0x1301).Opener(unhex(t, c.secret))
		if !ok {
			t.Fatal("no Opener")
		}
		record := unhex(t, c.record)
		if _, _, ok := open(o, c.seq+1, record); ok {
			t.Error("a record opens with a wrong sequence number")
		}
		plain, typ, ok := open(o, c.seq, record)
		if !ok || typ != c.typ || !bytes.Equal(plain, c.plain) {
			t.Errorf("got %x, type %d, %v; want %x, type %d", plain, typ, ok, c.plain, c.typ)
		}
	}
}

func TestRFC8448Schedule(t *testing.T) {
	s := lookup(t, 0x1301)
	for _, c := range []struct{ secret, label, want string }{
		{clientTraffic, "key", "17422dda596ed5d9acd890e3c63f5051"},
		{clientTraffic, "iv", "5b78923dee08579033e523d9"},
		{serverTraffic, "key", "9f02283b6c9c07efc26bb9f2ac92e356"},
		{serverTraffic, "iv", "cf782b88dd83549aadf1e984"},
		{clientHandshake, "key", "dbfaa693d1762c5b666af5d950258d01"},
		{clientHandshake, "iv", "5bd3c71b836e0b76bb73265f"},
		{clientHandshake, "finished", "b80ad01015fb2f0bd65ff7d4da5d6bf83f84821d1f87fdc7d3c75b5a7b42d9c4"},
	} {
		want := unhex(t, c.want)
		if got := s.ExpandLabel(unhex(t, c.secret), c.label, nil, len(want)); !bytes.Equal(got, want) {
			t.Errorf("%s: %x, want %x", c.label, got, want)
		}
	}
	// master secret, and the transcript after the client's Finished
	got := s.ExpandLabel(unhex(t, "18df06843d13a08bf2a449844c5f8a478001bc4d4c627984d5a41da8d0402919"), "res master",
		unhex(t, "209145a96ee8e2a122ff810047cc952684658d6049e86429426db87c54ad143d"), 32)
	if want := unhex(t, "7df235f2031d2a051287d02b0241b0bfdaf86cc856231f2d5aba46c434ec196c"); !bytes.Equal(got, want) {
		t.Errorf("with a context: %x, want %x", got, want)
	}
	got = s.Finished13(unhex(t, clientHandshake), unhex(t, "9608102a0f1ccc6db6250b7b7e417b1a000eaada3daae4777a7686c9ff83df13"))
	if want := unhex(t, "a8ec436d677634ae525ac1fcebe11a039ec17694fac6e98527b642f2edd5ce61"); !bytes.Equal(got, want) {
		t.Errorf("Finished: %x, want %x", got, want)
	}
}
