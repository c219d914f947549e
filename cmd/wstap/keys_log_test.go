package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"wstap/decode/tls/keylog"
)

// grown is a key log file that is read as it changes.
type grown struct {
	t     *testing.T
	path  string
	store *keylog.Store
	log   *keyLog
}

func newGrown(t *testing.T, text string) *grown {
	t.Helper()
	g := &grown{t: t, path: writeKeys(t, text), store: keylog.NewStore(0)}
	var err error
	if g.log, err = openKeyLog(context.Background(), &streams{}, g.path, g.store, true); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { g.log.close() })
	return g
}

func (g *grown) write(flags int, text string) {
	g.t.Helper()
	f, err := os.OpenFile(g.path, os.O_WRONLY|flags, 0o600)
	if err != nil {
		g.t.Fatal(err)
	}
	if _, err := f.WriteString(text); err != nil {
		g.t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		g.t.Fatal(err)
	}
}

// has reads on and checks which secrets are known and how many lines were none.
func (g *grown) has(what string, malformed uint64, lines ...string) {
	g.t.Helper()
	if err := g.log.poll(); err != nil {
		g.t.Fatalf("%s: %v", what, err)
	}
	got, _ := g.store.AppendSince(nil, 0, 1<<20)
	if want := strings.Join(lines, ""); string(got) != want {
		g.t.Errorf("%s: known are\n%s\nwant\n%s", what, got, want)
	}
	if c := g.log.counts; c.Malformed != malformed {
		g.t.Errorf("%s: %d lines are none, want %d", what, c.Malformed, malformed)
	}
}

func TestKeyLogGrows(t *testing.T) {
	g := newGrown(t, "")
	g.has("an empty file", 0)
	g.write(os.O_APPEND, lineOfFile[:70])
	g.has("half a line", 0)
	g.write(os.O_APPEND, lineOfFile[70:]+"# a comment\n"+lineOfLog[:10])
	g.has("its other half", 0, lineOfFile)
	g.has("nothing new", 0, lineOfFile)
	g.write(os.O_APPEND, lineOfLog[10:])
	g.has("the next line", 0, lineOfFile, lineOfLog)
}

// A key log that is followed need not be there when wstap starts.
func TestKeyLogComes(t *testing.T) {
	g := &grown{t: t, path: filepath.Join(t.TempDir(), "keys.log"), store: keylog.NewStore(0)}
	var said strings.Builder
	s := &streams{err: &said}
	var err error
	if g.log, err = openKeyLog(context.Background(), s, g.path, g.store, true); err != nil {
		t.Fatal(err)
	}
	defer g.log.close()
	if !strings.Contains(said.String(), "not there yet") {
		t.Errorf("said %q", said.String())
	}
	g.has("not there", 0)
	g.write(os.O_CREATE, lineOfFile)
	g.has("there", 0, lineOfFile)
	g.write(os.O_APPEND, lineOfLog)
	g.has("it grows", 0, lineOfFile, lineOfLog)
	if _, err := openKeyLog(context.Background(), s, g.path+".not", g.store, false); !errors.Is(err, syscall.ENOENT) {
		t.Errorf("read once: %v", err)
	}
}

// A half line of a file that is gone belongs to nothing that comes later.
func TestKeyLogRotates(t *testing.T) {
	g := newGrown(t, lineOfFile+lineOfLog[:50])
	old := g.path + ".1"
	if err := os.Rename(g.path, old); err != nil {
		t.Fatal(err)
	}
	g.has("it has another name", 0, lineOfFile)
	g.write(os.O_CREATE, lineOfLog)
	g.has("a new one in its place", 0, lineOfFile, lineOfLog)

	if err := os.Remove(g.path); err != nil {
		t.Fatal(err)
	}
	g.has("it was deleted", 0, lineOfFile, lineOfLog)
	g.write(os.O_CREATE, lineOfMore)
	g.has("it came back", 0, lineOfFile, lineOfLog, lineOfMore)
}

// What was added to the old file after its last reading is not lost with it.
func TestKeyLogRotatesLate(t *testing.T) {
	g := newGrown(t, lineOfFile)
	g.write(os.O_APPEND, lineOfLog)
	if err := os.Rename(g.path, g.path+".1"); err != nil {
		t.Fatal(err)
	}
	g.write(os.O_CREATE, lineOfMore)
	g.has("both have grown", 0, lineOfFile, lineOfLog, lineOfMore)
}

func TestKeyLogTruncated(t *testing.T) {
	g := newGrown(t, lineOfFile+lineOfLog[:50])
	g.write(os.O_TRUNC, "")
	g.has("emptied", 0, lineOfFile)
	g.write(os.O_APPEND, lineOfLog)
	g.has("grown again", 0, lineOfFile, lineOfLog)

	// It was written over, and is longer than before.
	g.write(os.O_TRUNC, lineOfMore+"no key log\n"+lineOfFile)
	g.has("another in its place", 1, lineOfFile, lineOfLog, lineOfMore)
}

// What is no file any more is left alone until there is one again.
func TestKeyLogIsFolder(t *testing.T) {
	g := newGrown(t, lineOfFile)
	if err := os.Remove(g.path); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(g.path, 0o700); err != nil {
		t.Fatal(err)
	}
	g.has("a folder", 0, lineOfFile)
	if err := os.Remove(g.path); err != nil {
		t.Fatal(err)
	}
	g.write(os.O_CREATE, lineOfLog)
	g.has("a file again", 0, lineOfFile, lineOfLog)
}

// A pipe is read to its end at once; who is told to stop does not wait for it.
func TestKeyLogPipe(t *testing.T) {
	store := keylog.NewStore(0)
	l, err := openKeyLog(context.Background(), &streams{in: strings.NewReader(lineOfFile + strings.TrimSpace(lineOfLog))}, "-", store, true)
	if err != nil {
		t.Fatal(err)
	}
	if c := store.Counts(); c.Secrets != 2 || l.counts != c {
		t.Errorf("the store counts %+v, the key log %+v", c, l.counts)
	}
	if err := l.poll(); err != nil {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	if _, err := openKeyLog(ctx, &streams{in: r}, "-", store, true); err == nil || !strings.Contains(err.Error(), "interrupted") {
		t.Errorf("%v", err)
	}
}

// Who reads on no more takes the last line as it is.
func TestKeyLogLastLine(t *testing.T) {
	g := newGrown(t, strings.TrimSpace(lineOfFile))
	g.has("the line may go on", 0)
	g.log.finish()
	g.has("it does not", 0, lineOfFile)
	store := keylog.NewStore(0)
	l, err := openKeyLog(context.Background(), &streams{}, g.path, store, false)
	if err != nil {
		t.Fatal(err)
	}
	defer l.close()
	if l.counts.Secrets != 1 {
		t.Errorf("a file that is not followed: %+v", l.counts)
	}
}

// A file of the environment that is a key log of the command line, too, is read once.
func TestKeyLogOfEnvironment(t *testing.T) {
	path := writeKeys(t, lineOfFile)
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		logs []string
		env  string
		said string
		read int
	}{
		{nil, path, "wstap: SSLKEYLOGFILE: reading the key log " + path + "\n", 1},
		{[]string{path}, link, "", 1},
		{[]string{path}, path + ".gone", "", 1},
		{nil, filepath.Dir(path), "", 0},
		{nil, "", "", 0},
	} {
		var said strings.Builder
		o := &settings{keyFiles: keyFiles{logs: test.logs, env: test.env}}
		k, err := openKeys(context.Background(), &streams{err: &said}, o, false)
		if err != nil {
			t.Fatal(err)
		}
		if said.String() != test.said || len(k.logs) != test.read || k.given() != (test.read > 0) {
			t.Errorf("%+v: %d key logs, said %q", test, len(k.logs), said.String())
		}
		if err := k.close(); err != nil {
			t.Error(err)
		}
	}
}
