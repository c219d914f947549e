package main

import (
	"context"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"wstap/capture"
)

// updateFlag asks to write the expected output in the scripts anew: go test -update.
var updateFlag = flag.Bool("update", false, "write expected output in scripts anew")

func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) != "wstap" { // the program itself runs under that name in scripts
		os.Unsetenv(keyLogEnv) // its key log would be told of
	}
	testscript.Main(m, map[string]func(){"wstap": main})
}

// TestScripts runs the program as users do. Captures are those of testdata at
// the top of the module, in $CAPTURES.
func TestScripts(t *testing.T) {
	captures := capturesDir(t)
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "script"),
		UpdateScripts:       *updateFlag,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("CAPTURES", captures)
			e.Setenv("TZ", "UTC")
			e.Setenv("COLUMNS", "120")
			return nil
		},
		Condition: func(name string) (bool, error) {
			if name != "libpcap" {
				return false, errors.New("unknown condition")
			}
			return capture.WithLibpcap, nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"status": status},
	})
}

// status runs "status N COMMAND ARG…" and fails unless the command exits with N.
// Its output is there for stdout and stderr as after exec.
func status(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: status N COMMAND ARG…")
	}
	err := ts.Exec(args[1], args[2:]...)
	got := "0"
	if err != nil {
		got = strings.TrimPrefix(err.Error(), "exit status ")
	}
	if got != args[0] {
		ts.Fatalf("exit status %s, want %s", got, args[0])
	}
}

func capturesDir(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs(filepath.Join("..", "..", "testdata"))
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// failingWriter fails with an error from the first write on.
type failingWriter struct{ err error }

func (w failingWriter) Write([]byte) (int, error) { return 0, w.err }

func TestOutputErrors(t *testing.T) {
	file := filepath.Join(capturesDir(t), "pyws_rejects.pcap")
	for _, format := range []string{"table", "json", "csv"} {
		for _, tt := range []struct {
			err    error
			status int
			stderr string
		}{
			{syscall.EPIPE, exitDone, ""},
			{io.ErrClosedPipe, exitDone, ""},
			{errors.New("disk full"), exitInput, "wstap: the output could not be written: disk full\n"},
		} {
			var stderr strings.Builder
			got := run(context.Background(), []string{"-T", format, file}, strings.NewReader(""), failingWriter{tt.err}, &stderr)
			if got != tt.status || stderr.String() != tt.stderr {
				t.Errorf("%s, %v: status %d, stderr %q; want %d, %q", format, tt.err, got, stderr.String(), tt.status, tt.stderr)
			}
		}
	}
}

// lines collects what is written and lets a test wait for it.
type lines struct{ got chan string }

func (l lines) Write(b []byte) (int, error) {
	l.got <- string(b)
	return len(b), nil
}

// next returns what is written next.
func (l lines) next(t *testing.T) string {
	t.Helper()
	select {
	case s := <-l.got:
		return s
	case <-time.After(10 * time.Second):
		t.Fatal("nothing was written")
		return ""
	}
}

// TestLive feeds a pipe that stays open: rows come as attempts end, and a signal
// ends the run with what there is, the summary and status 0.
func TestLive(t *testing.T) {
	packets, err := os.ReadFile(filepath.Join(capturesDir(t), "pyws_rejects.pcap"))
	if err != nil {
		t.Fatal(err)
	}
	reader, writer := io.Pipe()
	out := lines{make(chan string, 100)}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	done := make(chan int)
	var stderr strings.Builder
	go func() { done <- run(ctx, []string{"-T", "json", "-"}, reader, out, &stderr) }()

	if _, err := writer.Write(packets); err != nil {
		t.Fatal(err)
	}
	if first := out.next(t); !strings.HasPrefix(first, `{"kind":"attempt"`) {
		t.Errorf("first came %q", first)
	}
	// Not before the process ends could the pipe's reader be stopped.
	cancel()
	if got := <-done; got != exitDone || stderr.String() != "" {
		t.Errorf("status %d, stderr %q", got, stderr.String())
	}
	close(out.got)
	last := ""
	for s := range out.got {
		last = s
	}
	if !strings.Contains(last, `"kind":"summary"`) || !strings.HasSuffix(last, "}\n") {
		t.Errorf("last came %q", last)
	}
}
