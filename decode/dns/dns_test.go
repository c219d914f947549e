package dns

import (
	"net/netip"
	"testing"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/google/go-cmp/cmp"
)

func name(t testing.TB, s string) dnsmessage.Name {
	t.Helper()
	n, err := dnsmessage.NewName(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// message packs an answer to a question for Ws.Example.com, with the given records.
func message(t testing.TB, h dnsmessage.Header, answers ...dnsmessage.Resource) []byte {
	t.Helper()
	m := dnsmessage.Message{Header: h, Answers: answers, Questions: []dnsmessage.Question{
		{Name: name(t, "Ws.Example.com."), Type: dnsmessage.TypeA, Class: dnsmessage.ClassINET},
	}}
	b, err := m.Pack()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func record(t testing.TB, owner string, ttl uint32, body dnsmessage.ResourceBody) dnsmessage.Resource {
	t.Helper()
	return dnsmessage.Resource{Header: dnsmessage.ResourceHeader{Name: name(t, owner), Class: dnsmessage.ClassINET, TTL: ttl}, Body: body}
}

func TestParse(t *testing.T) {
	alias := func(from, to string) dnsmessage.Resource {
		return record(t, from, 300, &dnsmessage.CNAMEResource{CNAME: name(t, to)})
	}
	addr := func(owner string, ttl uint32, last byte) dnsmessage.Resource {
		return record(t, owner, ttl, &dnsmessage.AResource{A: [4]byte{192, 0, 2, last}})
	}
	answer := dnsmessage.Header{ID: 7, Response: true, RecursionDesired: true}
	for _, c := range []struct {
		what string
		b    []byte
		want Message
	}{
		{"query", message(t, dnsmessage.Header{ID: 7, RecursionDesired: true}), Message{ID: 7, Recursive: true, Type: A, Name: "ws.example.com"}},
		{
			"address", message(t, answer, addr("ws.example.com.", 60, 1), addr("ws.example.com.", 30, 2)),
			Message{
				ID: 7, Response: true, Recursive: true, Whole: true, Type: A, Name: "ws.example.com", TTL: 30,
				Addresses: []netip.Addr{netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")},
			},
		},
		{
			"aliases, the last first, and an address of another name",
			message(t, answer, alias("a.example.", "b.example."), addr("other.example.", 1, 9), alias("ws.example.com.", "a.example."), addr("b.example.", 5, 3)),
			Message{
				ID: 7, Response: true, Recursive: true, Whole: true, Type: A, Name: "ws.example.com", TTL: 5,
				Aliases: []string{"a.example", "b.example"}, Addresses: []netip.Addr{netip.MustParseAddr("192.0.2.3")},
			},
		},
		{
			"an alias of itself", message(t, answer, alias("ws.example.com.", "ws.example.com.")),
			Message{ID: 7, Response: true, Recursive: true, Whole: true, Type: A, Name: "ws.example.com"},
		},
		{
			"no such name", message(t, dnsmessage.Header{ID: 7, Response: true, RCode: dnsmessage.RCodeNameError}),
			Message{ID: 7, Response: true, Whole: true, RCode: NXDomain, Type: A, Name: "ws.example.com"},
		},
	} {
		var got Message
		if !Parse(c.b, &got) {
			t.Errorf("%s: refused", c.what)
		} else if d := cmp.Diff(c.want, got, cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); d != "" {
			t.Errorf("%s: %s", c.what, d)
		}
	}
}

func TestParseCut(t *testing.T) {
	b := message(t, dnsmessage.Header{ID: 7, Response: true}, record(t, "ws.example.com.", 1, &dnsmessage.AResource{}))
	var m Message
	for n := range b {
		if Parse(b[:n], &m) && m.Whole {
			t.Errorf("%d of %d bytes are taken for the whole", n, len(b))
		}
	}
	if Parse([]byte("HTTP/1.1 400 Bad Request\r\n\r\n"), &m) {
		t.Error("HTTP is taken for DNS")
	}
}

func TestStream(t *testing.T) {
	b := message(t, dnsmessage.Header{ID: 7})
	framed := append([]byte{0, byte(len(b))}, b...)
	if !StreamStart(framed) || StreamStart(b) || StreamStart([]byte("GET / HTTP/1.1\r\n")) {
		t.Error("the start of a message is not known")
	}
	got, rest, ok := Stream(append(framed, 9))
	if !ok || string(got) != string(b) || len(rest) != 1 {
		t.Errorf("got %d bytes and %d, %v", len(got), len(rest), ok)
	}
	if _, _, ok := Stream(framed[:len(framed)-1]); ok {
		t.Error("a part is taken for the whole")
	}
}

func FuzzParse(f *testing.F) {
	f.Add(message(f, dnsmessage.Header{ID: 7}))
	f.Add(message(f, dnsmessage.Header{Response: true}, record(f, "ws.example.com.", 1, &dnsmessage.CNAMEResource{CNAME: name(f, "a.example.")})))
	f.Fuzz(func(t *testing.T, b []byte) {
		var m Message
		if !Parse(b, &m) {
			return
		}
		if m.Name == "" || len(m.Addresses) > maxAddresses || len(m.Aliases) > maxAliases {
			t.Errorf("%+v", m)
		}
	})
}
