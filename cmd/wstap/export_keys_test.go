package main

import (
	"bytes"
	"context"
	"encoding/hex"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"wstap/capture"
	"wstap/capture/packet"
	"wstap/decode"
	"wstap/decode/tls/keylog"
)

// Lines of key logs: of the capture's own, of a key log beside it, and what is in both.
const (
	masterSecret = " 9f9a0f19a02bddbe1a05926597d622cca06d2af416a28ad9c03163b87ff1b0c67824bbdb595b32d8027db566ec04fb25\n"
	lineOfFile   = "CLIENT_RANDOM 52362c10a2665e323a2adb4b9da0c10d4a8823719272f8b4c97af24f92784812" + masterSecret
	lineOfLog    = "CLIENT_RANDOM 0023456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef" + masterSecret
	lineOfMore   = "CLIENT_RANDOM 1123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef" + masterSecret
)

// withKeys returns a capture that carries lineOfFile, and its bytes.
func withKeys(t *testing.T) (path string, data []byte) {
	t.Helper()
	editcap, err := exec.LookPath("editcap")
	if err != nil {
		t.Skip("editcap is not installed")
	}
	path = filepath.Join(t.TempDir(), "with.pcapng")
	if out, err := exec.Command(editcap, "--inject-secrets", "tls,"+writeKeys(t, lineOfFile), filepath.Join(capturesDir(t), "ws_basic.pcap"), path).CombinedOutput(); err != nil {
		t.Fatalf("editcap: %v\n%s", err, out)
	}
	if data, err = os.ReadFile(path); err != nil {
		t.Fatal(err)
	}
	return path, data
}

func writeKeys(t *testing.T, text string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "keys.log")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// secretsOf returns the key logs that a capture carries.
func secretsOf(t *testing.T, path string) (text string) {
	t.Helper()
	set, err := capture.Open([]string{path}, capture.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer set.Close()
	var b packet.Block
	for set.Next(&b) == nil {
		for _, s := range b.Secrets {
			if s.Type != typeKeyLog {
				t.Errorf("secrets of type %#x", s.Type)
			}
			text += string(s.Data)
		}
	}
	return text
}

// Key material is written as --keys says, whether or not --show-secrets is given; of
// these connections none has TLS.
func TestWriteKeys(t *testing.T) {
	with, data := withKeys(t)
	log := writeKeys(t, lineOfLog)
	for _, from := range []string{with, "-"} {
		for _, test := range []struct {
			args []string
			want []string
		}{
			{nil, nil},
			{[]string{"--show-secrets"}, nil},
			{[]string{"--keys", "strip", "--show-secrets"}, nil},
			{[]string{"--keys", "used"}, nil},
			{[]string{"--keys", "keep"}, []string{lineOfLog, lineOfFile}},
		} {
			file := filepath.Join(t.TempDir(), "out.pcapng")
			_, said := wstap(t, data, 0, append(test.args, "read", "-w", file, "--keylog", log, from)...)
			if got := secretsOf(t, file); got != strings.Join(test.want, "") {
				t.Errorf("from %s, %q: the file carries %q", from, test.args, got)
			}
			if strings.Contains(said, "TLS secrets are in it") != (test.want != nil) || strings.Contains(said, "CLIENT_RANDOM") {
				t.Errorf("from %s, %q: %q", from, test.args, said)
			}
		}
	}
}

// What a key log gets while a pipe is read is kept, too: at the latest it is looked at
// when the pipe ends.
func TestWriteGrownKeys(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(capturesDir(t), "ws_basic.pcap"))
	if err != nil {
		t.Fatal(err)
	}
	log, file := writeKeys(t, lineOfLog+lineOfMore[:50]), filepath.Join(t.TempDir(), "out.pcapng")
	r, w := io.Pipe()
	done := make(chan int)
	var said strings.Builder
	go func() {
		done <- run(context.Background(), []string{"read", "-q", "-v", "--keylog", log, "-w", file, "--keys", "keep", "-"}, r, io.Discard, &said)
	}()
	for i, part := range [][]byte{data[:len(data)/2], data[len(data)/2:]} {
		if _, err := w.Write(part); err != nil { // by now the key log has been read
			t.Fatal(err)
		}
		if i == 0 {
			g := &grown{t: t, path: log}
			g.write(os.O_APPEND, lineOfMore[50:]+"no key log\n")
			g.write(os.O_APPEND, strings.TrimSpace(lineOfFile))
		}
	}
	w.Close()
	if status := <-done; status != exitDone {
		t.Errorf("status %d: %s", status, said.String())
	}
	if got := secretsOf(t, file); got != lineOfLog+lineOfMore+lineOfFile {
		t.Errorf("the file carries %q", got)
	}
	if want := log + ": 3 TLS secrets, 1 of 4 lines is not a key log's"; !strings.Contains(said.String(), want) || !strings.Contains(said.String(), log+": 1 TLS secret\n") {
		t.Errorf("%q, want %q and what was there before", said.String(), want)
	}
}

// Neither the captures nor the files with keys are written over.
func TestWriteOverKeys(t *testing.T) {
	log := writeKeys(t, lineOfLog)
	if _, said := wstap(t, nil, 2, "read", "-w", log, "--keylog", log, filepath.Join(capturesDir(t), "ws_basic.pcap")); !strings.Contains(said, "that is one of the files with keys to read") {
		t.Errorf("%q", said)
	}
	if b, err := os.ReadFile(log); err != nil || string(b) != lineOfLog {
		t.Errorf("the key log is now %q, %v", b, err)
	}
}

// exporter returns a file of -w that has nothing in it yet.
func exporter(t *testing.T, kept keysKept) (*exportFile, *keylog.Store) {
	t.Helper()
	var said strings.Builder
	x, err := createExport(filepath.Join(t.TempDir(), "out.pcapng"), nil, &settings{})
	if err != nil {
		t.Fatal(err)
	}
	desc := &capture.InterfaceDescription{Link: packet.LinkRaw}
	x.s, x.origin = &streams{err: &said}, func(*packet.Packet) *capture.InterfaceDescription { return desc }
	store := keylog.NewStore(0)
	x.keys = exportKeys{kept: kept, store: store}
	return x, store
}

func (x *exportFile) written(t *testing.T) []byte {
	t.Helper()
	if err := x.writer.Flush(); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(x.name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// With used the secrets of a connection stand before its first packet, once; what
// becomes known later stands behind the packets that were written by then.
func TestWriteUsedKeys(t *testing.T) {
	x, store := exporter(t, keysUsed)
	store.Add([]byte(lineOfFile + lineOfLog + lineOfMore))
	store.Add([]byte("CLIENT_HANDSHAKE_TRAFFIC_SECRET " + strings.Fields(lineOfLog)[1] + " " + strings.Repeat("ab", 32) + "\n"))
	known, unknown := &decode.Connection{}, &decode.Connection{}
	if _, err := hex.Decode(known.ClientRandom[:], []byte(strings.Fields(lineOfLog)[1])); err != nil {
		t.Fatal(err)
	}
	for _, c := range []*decode.Connection{known, unknown} {
		x.chosen[c] = &choice{}
	}
	write := func(c *decode.Connection, data string) {
		x.put([]decode.Found{{Connection: c, Packet: packet.Packet{Data: []byte(data), OrigLen: uint32(len(data)), Link: packet.LinkRaw}}}, nil)
	}
	write(unknown, "the other")
	write(known, "packet 1 of it")
	write(known, "packet 2 of it")
	store.Add([]byte(lineOfLog)) // known before
	write(known, "packet 3 of it")
	later := "CLIENT_TRAFFIC_SECRET_0 " + strings.Fields(lineOfLog)[1] + " " + strings.Repeat("cd", 32) + "\n"
	store.Add([]byte(later))
	write(known, "packet 4 of it")
	b := x.written(t)
	var places []int
	for _, text := range []string{"the other", lineOfLog + "CLIENT_HANDSHAKE_TRAFFIC_SECRET ", "packet 1 of it", "packet 2 of it", "packet 3 of it", later, "packet 4 of it"} {
		places = append(places, bytes.Index(b, []byte(text)))
		if n := bytes.Count(b, []byte(text)); n != 1 {
			t.Errorf("%q is there %d times", text, n)
		}
	}
	if !slices.IsSorted(places) {
		t.Errorf("they stand at %v", places)
	}
	for _, other := range []string{lineOfFile, lineOfMore} {
		if bytes.Contains(b, []byte(other[:40])) {
			t.Errorf("the secret of another connection is there: %s", other[:40])
		}
	}
	if !x.keys.written {
		t.Error("it is not known that there are secrets in it")
	}
}

// With keep a key log that grows is written as it does, and what a capture carries once.
func TestWriteKeptKeys(t *testing.T) {
	x, store := exporter(t, keysKeep)
	store.Add([]byte(lineOfLog))
	x.newKeys()
	store.Add([]byte(lineOfFile))
	x.keyBlocks([]packet.Secrets{{Type: typeKeyLog, Data: []byte(lineOfFile)}})
	x.newKeys()
	store.Add([]byte(lineOfMore))
	x.newKeys()
	x.written(t)
	if got := secretsOf(t, x.name); got != lineOfLog+lineOfFile+lineOfMore {
		t.Errorf("the file carries %q", got)
	}
}
