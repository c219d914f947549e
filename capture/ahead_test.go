package capture

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"wstap/capture/packet"
)

const keyLog = 0x544c534b // the secrets type of a TLS key log

// long is a pcapng file that takes several reads, with key material before, between and
// behind its packets. The middle of it is a section of the other byte order.
func long(order, other interface {
	binary.ByteOrder
	binary.AppendByteOrder
}) []byte {
	var all bytes.Buffer
	for i, o := range []interface {
		binary.ByteOrder
		binary.AppendByteOrder
	}{order, other, order} {
		c := &composer{order: o}
		c.section()
		c.iface(1, 0)
		c.secrets(keyLog, fmt.Appendf(nil, "before %d", i))
		for n := range blockPackets {
			c.enhanced(0, sample{uint64(at)*1e6 + uint64(n), frame(n, 60+n%50), 200})
			if n == blockPackets/2 {
				c.secrets(keyLog, fmt.Appendf(nil, "between %d", i))
			}
		}
		c.block(0x0bad, make([]byte, 500)) // a custom block
		c.secrets(keyLog, fmt.Appendf(nil, "behind %d", i))
		all.Write(c.Bytes())
	}
	return all.Bytes()
}

// allOfLong are the secrets of long in their order.
func allOfLong() (list []string) {
	for i := range 3 {
		list = append(list, fmt.Sprintf("before %d", i), fmt.Sprintf("between %d", i), fmt.Sprintf("behind %d", i))
	}
	return list
}

// ahead opens the files, reads one block, and returns the secrets that came with it and
// those that are ahead.
func ahead(t *testing.T, o Options, names ...string) (with, then []string, s *Set) {
	t.Helper()
	s, err := Open(names, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	var b packet.Block
	if err := s.Next(&b); err != nil {
		t.Fatal(err)
	}
	n := len(b.Secrets)
	s.SecretsAhead(context.Background(), &b)
	with, then = keyTexts(b.Secrets[:n]), keyTexts(b.Secrets[n:])
	s.SecretsAhead(context.Background(), &b)
	if len(b.Secrets) != len(with)+len(then) {
		t.Error("the same secrets are ahead a second time")
	}
	return with, then, s
}

func keyTexts(list []packet.Secrets) (out []string) {
	for _, s := range list {
		out = append(out, string(s.Data))
	}
	return out
}

func TestSecretsAhead(t *testing.T) {
	little := long(binary.LittleEndian, binary.BigEndian)
	for name, file := range map[string][]byte{
		"little-endian first": little,
		"big-endian first":    long(binary.BigEndian, binary.LittleEndian),
		"gzip":                gzipped(t, little),
		"zstd":                zstandard(t, little),
	} {
		path := writeTemp(t, "long", file)
		plain := readAll(t, Options{}, path)
		with, then, s := ahead(t, Options{}, path)
		for _, want := range allOfLong() {
			if !slices.Contains(with, want) && !slices.Contains(then, want) {
				t.Errorf("%s: %q is missing in %q and %q", name, want, with, then)
			}
		}
		if len(then) == 0 || !slices.Contains(then, "behind 2") {
			t.Errorf("%s: %q is ahead", name, then)
		}
		// Reading goes on as if nothing had been looked for.
		rest := drain(t, s)
		if got, want := len(rest.packets), len(plain.packets); got >= want || !slices.EqualFunc(rest.packets, plain.packets[want-got:], samePacket) || len(rest.problems) != 0 {
			t.Errorf("%s: %d packets after the first block, %d in all; %v", name, got, want, rest.problems)
		}
		if got := append(with, keyTexts(rest.secrets)...); !slices.Equal(got, keyTexts(plain.secrets)) || !slices.Equal(got, allOfLong()) {
			t.Errorf("%s: Next gives %q, without looking ahead %q", name, got, keyTexts(plain.secrets))
		}
	}
}

func samePacket(a, b packet.Packet) bool {
	return a.Ref == b.Ref && a.Time == b.Time && bytes.Equal(a.Data, b.Data)
}

// A damaged file has what stands before the damage, and its problem is told once.
func TestSecretsAheadOfDamage(t *testing.T) {
	whole := long(binary.LittleEndian, binary.BigEndian)
	mark := bytes.Index(whole, []byte("between 1"))
	for name, damaged := range map[string][]byte{
		"cut":                 whole[:mark+400],
		"a block of no size":  slices.Concat(whole[:mark+12], make([]byte, 100), whole[mark+112:]),
		"a block of any size": slices.Concat(whole[:mark+12], bytes.Repeat([]byte{0xff}, 100), whole[mark+112:]),
		"cut in secrets":      whole[:mark+4],
		"gzip, cut":           gzipped(t, whole)[:len(gzipped(t, whole))/2],
	} {
		_, then, s := ahead(t, Options{}, writeTemp(t, "damaged", damaged))
		if has := slices.Contains(then, "between 1"); has == (name == "cut in secrets") && name != "gzip, cut" || slices.Contains(then, "behind 2") {
			t.Errorf("%s: %q is ahead", name, then)
		}
		if got := drain(t, s).problems; len(got) != 1 {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// Where nothing can be looked through, nothing is ahead.
func TestSecretsNotAhead(t *testing.T) {
	file := long(binary.LittleEndian, binary.BigEndian)
	if _, then, _ := ahead(t, Options{Stdin: bytes.NewReader(file)}, Stdin); then != nil {
		t.Errorf("a pipe: %q", then)
	}
	if _, then, _ := ahead(t, Options{Follow: true}, writeTemp(t, "long", file)); then != nil {
		t.Errorf("a file that is followed: %q", then)
	}
	if _, then, _ := ahead(t, Options{}, "../testdata/ws_basic.pcap"); then != nil {
		t.Errorf("a pcap file: %q", then)
	}
	s, err := Open([]string{writeTemp(t, "long", file)}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var b packet.Block
	if err := s.Next(&b); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	before := len(b.Secrets)
	if s.SecretsAhead(ctx, &b); len(b.Secrets) != before {
		t.Error("it goes on when it is told to stop")
	}
}

// Each of several files has its own secrets, under its own index.
func TestSecretsAheadOfSeveral(t *testing.T) {
	dir := t.TempDir()
	for i, name := range []string{"a.pcapng", "b.pcapng"} {
		c := &composer{order: binary.LittleEndian}
		c.section()
		c.iface(1, 0)
		for n := range 3 * blockPackets {
			c.enhanced(0, sample{uint64(at)*1e6 + uint64(2*n+i), frame(n, 60), 60})
		}
		c.secrets(keyLog, []byte(name))
		if err := os.WriteFile(filepath.Join(dir, name), c.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s, err := Open([]string{dir}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var b packet.Block
	var found []packet.Secrets
	for range 2 { // the second file is opened when its first packet is due
		if err := s.Next(&b); err != nil {
			t.Fatal(err)
		}
		s.SecretsAhead(context.Background(), &b)
		found = append(found, b.Secrets...)
	}
	if len(found) != 2 {
		t.Fatalf("%q", keyTexts(found))
	}
	for _, x := range found {
		if name := s.Name(x.File); name != string(x.Data) || x.Type != keyLog {
			t.Errorf("%q of type %#x is said to be of %s", x.Data, x.Type, name)
		}
	}
}

// What Wireshark's tools inject stands at the beginning, what our own writer is given
// last at the end: either is there before the second block is read.
func TestSecretsAheadOfWriters(t *testing.T) {
	line := "CLIENT_RANDOM 00112233 44556677\n"
	many := &composer{order: binary.LittleEndian}
	many.pcapHeader(0xa1b2c3d4, 4, 1)
	for n := range 3 * blockPackets {
		many.record(at, uint32(n), frame(n, 80), 80)
	}
	source := writeTemp(t, "many.pcap", many.Bytes())
	injected := filepath.Join(t.TempDir(), "injected.pcapng")
	run(t, "editcap", "--inject-secrets", "tls,"+writeTemp(t, "keys", []byte(line)), "-F", "pcapng", source, injected)
	if with, then, _ := ahead(t, Options{}, injected); !slices.Equal(with, []string{line}) || then != nil {
		t.Errorf("injected by editcap: %q, ahead %q", with, then)
	}
	w, out := newTestWriter(t, WriterOptions{})
	for _, p := range readAll(t, Options{}, source).packets {
		if err := w.Packet(&p, &InterfaceDescription{Link: p.Link}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Secrets(&packet.Secrets{Type: keyLog, Data: []byte(line)}); err != nil {
		t.Fatal(err)
	}
	if with, then, _ := ahead(t, Options{}, writeTemp(t, "last.pcapng", finish(t, w, out))); with != nil || !slices.Equal(then, []string{line}) {
		t.Errorf("written last: %q, ahead %q", with, then)
	}
}

// FuzzSecretsAhead looks through any bytes behind a block of packets: what it finds is
// what Next gives of them.
func FuzzSecretsAhead(f *testing.F) {
	c := &composer{order: binary.LittleEndian}
	c.section()
	c.iface(1, 0)
	for n := range blockPackets {
		c.enhanced(0, sample{uint64(n), frame(n, 40), 40})
	}
	begin := c.Bytes()
	file := long(binary.LittleEndian, binary.BigEndian)
	f.Add(file[len(file)-600:])
	f.Add(file[bytes.Index(file, []byte("behind 0"))-16:][:200])
	f.Fuzz(func(t *testing.T, rest []byte) {
		path := filepath.Join(t.TempDir(), "f")
		if err := os.WriteFile(path, slices.Concat(begin, rest), 0o600); err != nil {
			t.Fatal(err)
		}
		with, then, s := ahead(t, Options{}, path)
		found := append(with, then...)
		for _, x := range keyTexts(drain(t, s).secrets) {
			if !slices.Contains(found, x) {
				t.Errorf("Next gives %q, which was not ahead", x)
			}
		}
	})
}
