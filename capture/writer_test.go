package capture

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"wstap/capture/packet"
)

// rewrite copies captures through a Writer and returns the new file.
func rewrite(t testing.TB, o WriterOptions, comment func(*packet.Packet) []string, paths ...string) string {
	t.Helper()
	s, err := Open(paths, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var out bytes.Buffer
	w, err := NewWriter(&out, o)
	if err != nil {
		t.Fatal(err)
	}
	var b packet.Block
	for s.Next(&b) != io.EOF {
		for _, secret := range b.Secrets {
			if err := w.Secrets(secret); err != nil {
				t.Fatal(err)
			}
		}
		for i := range b.Packets {
			p := &b.Packets[i]
			if err := w.Packet(p, s.Interface(p), comment(p)...); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return writeTemp(t, "copy.pcapng", out.Bytes())
}

func noComment(*packet.Packet) []string { return nil }

// tsharkFacts are what tshark sees of each packet, bytes included.
func tsharkFacts(t *testing.T, path string) string {
	t.Helper()
	return run(t, "tshark", "-n", "-r", path, "-o", "frame.generate_md5_hash:TRUE", "-T", "fields",
		"-e", "frame.number", "-e", "frame.time_epoch", "-e", "frame.cap_len", "-e", "frame.len", "-e", "frame.encap_type", "-e", "frame.md5_hash")
}

// What is written is, to tshark, the capture that was read: times to the last digit,
// lengths, link types, bytes.
func TestWriterAgainstTshark(t *testing.T) {
	paths := map[string]string{"nsec": "../testdata/nanosecond.pcap", "sll2": "../testdata/sll2.pcap", "dumpcap": "../testdata/dumpcap.pcapng",
		"null": "../testdata/bsd_null.pcap", "raw": "../testdata/raw_ip.pcap", "snaplen": "../testdata/snaplen.pcap"}
	for _, v := range variants() {
		switch {
		case strings.HasPrefix(v.name, "pcapng 10^-1"), strings.HasPrefix(v.name, "pcapng 2^-"):
			continue // these become nanoseconds
		case strings.HasPrefix(v.name, "pcapng simple"):
			continue // tshark: gives simple packets no time
		}
		paths[v.name] = writeTemp(t, strings.ReplaceAll(v.name, "/", "-"), v.bytes)
	}
	for name, path := range paths {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if want, got := tsharkFacts(t, path), tsharkFacts(t, rewrite(t, WriterOptions{}, noComment, path)); want != got {
				t.Errorf("tshark of the original:\n%.2000s\nof the copy:\n%.2000s", want, got)
			}
		})
	}
}

// Our own reader gets back all that there was in every capture at hand.
func TestWriterRoundTrip(t *testing.T) {
	paths, err := filepath.Glob("../testdata/*.pcap*")
	if err != nil || len(paths) == 0 {
		t.Fatal("no captures", err)
	}
	for _, v := range variants() {
		paths = append(paths, writeTemp(t, "v.cap", v.bytes))
	}
	for _, path := range paths {
		was := readAll(t, Options{}, path)
		is := readAll(t, Options{}, rewrite(t, WriterOptions{Application: "wstap", Comment: "all"}, noComment, path))
		if len(is.problems) > 0 {
			t.Errorf("%s: %v", path, is.problems)
		}
		if len(was.packets) != len(is.packets) || len(was.secrets) != len(is.secrets) {
			t.Errorf("%s: %d packets became %d, %d secrets %d", path, len(was.packets), len(is.packets), len(was.secrets), len(is.secrets))
			continue
		}
		for i := range was.packets {
			a, b := &was.packets[i], &is.packets[i]
			if a.Time != b.Time || !bytes.Equal(a.Data, b.Data) || max(a.OrigLen, uint32(len(a.Data))) != b.OrigLen || a.Link != b.Link {
				t.Fatalf("%s: packet %d was %+v and is %+v", path, i+1, a, b)
			}
		}
		for i := range was.secrets {
			if !bytes.Equal(was.secrets[i].Data, is.secrets[i].Data) || was.secrets[i].Type != is.secrets[i].Type {
				t.Errorf("%s: secrets %d changed", path, i)
			}
		}
	}
}

// libpcap reads a copy as it reads the original.
func TestWriterAgainstLibpcap(t *testing.T) {
	for _, name := range []string{"nanosecond.pcap", "ws_basic.pcap", "sll.pcap"} {
		requireSameAsLibpcap(t, rewrite(t, WriterOptions{}, func(*packet.Packet) []string { return []string{"a", "b"} }, filepath.Join("../testdata", name)))
	}
}

// Comments, names and the section's comment are where Wireshark looks for them.
func TestWriterSaysWhat(t *testing.T) {
	hostile := "first \x1b]52;c;x\x07 lïne\r\n" + strings.Repeat("y", 10_000)
	copied := rewrite(t, WriterOptions{Application: "wstap test", Comment: "about all"}, func(p *packet.Packet) []string {
		if p.Ref.Number() == 2 {
			return []string{hostile, "second"}
		}
		return nil
	}, "../testdata/dumpcap.pcapng", "../testdata/nanosecond.pcap")
	lines := strings.Split(run(t, "tshark", "-n", "-r", copied, "-T", "fields", "-E", "aggregator=|", "-e", "frame.interface_id", "-e", "frame.interface_name", "-e", "frame.comment"), "\n")
	want := "first ]52;c;x lïne" + strings.Repeat("y", maxComment-len("first ]52;c;x lïne")) + "|second"
	seen, named := 0, 0
	for _, line := range lines {
		f := strings.Split(line, "\t")
		if len(f) != 3 {
			continue
		}
		if f[2] != "" {
			seen++
			if f[2] != want {
				t.Errorf("comment %.100q of %d bytes", f[2], len(f[2]))
			}
		}
		if f[1] == "lo" {
			named++
		}
	}
	if want := len(readAll(t, Options{}, "../testdata/dumpcap.pcapng").packets); named != want {
		t.Errorf("%d packets of interface lo, want %d", named, want)
	}
	if seen != 2 {
		t.Errorf("%d packets have comments, want one of each file", seen)
	}
	info := run(t, "capinfos", copied)
	for _, text := range []string{"wstap test", "about all", "Number of interfaces in file: 2"} {
		if !strings.Contains(info, text) {
			t.Errorf("capinfos does not show %q:\n%s", text, info)
		}
	}
}

// A full disk, or a reader that has gone, is reported once and for all.
func TestWriterError(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("there is no /dev/full: ", err)
	}
	defer full.Close()
	w, err := NewWriter(full, WriterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	p := packet.Packet{Data: make([]byte, 1000), Link: packet.LinkEthernet}
	for range 1000 {
		if err = w.Packet(&p, InterfaceDescription{Link: p.Link}); err != nil {
			break
		}
	}
	if err == nil {
		t.Fatal("a megabyte was written to a full disk")
	}
	if again := w.Close(); !errors.Is(again, err) {
		t.Errorf("Close says %v", again)
	}
}

func TestWriterAllocatesNothing(t *testing.T) {
	w, err := NewWriter(io.Discard, WriterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	p := packet.Packet{Data: make([]byte, 1000), OrigLen: 1500, Time: at * 1e9, Link: packet.LinkEthernet}
	d := InterfaceDescription{Name: "eth0", Link: p.Link, Resolution: 6}
	if n := testing.AllocsPerRun(1000, func() {
		if err := w.Packet(&p, d); err != nil {
			t.Fatal(err)
		}
	}); n > 0 {
		t.Errorf("%v allocations for a packet", n)
	}
}

// Whatever is written is read back by the reader of this package.
func FuzzWriter(f *testing.F) {
	f.Add([]byte("data"), "comment", "eth0", uint16(1), uint8(6), int64(at)*1e9, uint32(4), int64(0))
	f.Add([]byte{}, "\xff\x00", "", uint16(276), uint8(0x8a), int64(-5), uint32(0), int64(-3600))
	f.Fuzz(func(t *testing.T, data []byte, comment, name string, link uint16, resolution uint8, time int64, length uint32, offset int64) {
		var out bytes.Buffer
		w, err := NewWriter(&out, WriterOptions{Comment: comment})
		if err != nil {
			t.Fatal(err)
		}
		d := InterfaceDescription{Name: name, Link: packet.LinkType(link), Resolution: resolution, Offset: offset}
		p := packet.Packet{Data: data, Link: d.Link, Time: time, OrigLen: length}
		for range 2 {
			if err := w.Packet(&p, d, comment, name); err != nil {
				t.Skip(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		got := readBytes(t, out.Bytes())
		if len(got.problems) > 0 || len(got.packets) != 2 {
			t.Fatalf("%d packets, %v", len(got.packets), got.problems)
		}
		if q := got.packets[1]; !bytes.Equal(q.Data, data) || q.Link != d.Link || q.OrigLen != max(length, uint32(len(data))) {
			t.Fatalf("wrote %+v, read %+v", p, q)
		}
	})
}
