package main

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestFollow writes captures of a rotated set bit by bit and holds the rows against those of
// the same files when they are complete. It ends by a signal, and leaves nothing behind.
func TestFollow(t *testing.T) {
	before := runtime.NumGoroutine()
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	out := lines{make(chan string, 1000)}
	done := make(chan int)
	var stderr strings.Builder
	go func() {
		done <- run(ctx, []string{"--follow", "-T", "fields", "-e", "http.uri", "-e", "verdict", "-e", "files.close", dir}, strings.NewReader(""), out, &stderr)
	}()
	var names []string
	for _, name := range []string{"rotated_1.pcap", "rotated_2.pcap", "rotated_3.pcap", "rotated_4.pcap", "pyws_rejects.pcap"} {
		b, err := os.ReadFile(filepath.Join(capturesDir(t), name))
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, filepath.Join(dir, name))
		f, err := os.Create(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		for len(b) > 0 {
			n := min(777, len(b))
			if _, err := f.Write(b[:n]); err != nil {
				t.Fatal(err)
			}
			b = b[n:]
		}
		f.Close()
		// Files of a set are not begun within moments of each other.
		time.Sleep(100 * time.Millisecond)
	}
	var want strings.Builder
	if status := run(context.Background(), append([]string{"-T", "fields", "-e", "http.uri", "-e", "verdict", "-e", "files.close"}, names...), strings.NewReader(""), &want, os.Stderr); status != exitDone {
		t.Fatal(status)
	}
	// Attempts that are open get their rows at the end.
	time.Sleep(time.Second)
	cancel()
	if status := <-done; status != exitDone || stderr.String() != "" {
		t.Errorf("status %d, stderr %q", status, stderr.String())
	}
	close(out.got)
	var got strings.Builder
	for s := range out.got {
		got.WriteString(s)
	}
	if diff := cmp.Diff(sorted(want.String()), sorted(got.String())); diff != "" {
		t.Errorf("rows (-of complete files +of files that grew):\n%s", diff)
	}
	for deadline := time.Now().Add(5 * time.Second); runtime.NumGoroutine() > before && time.Now().Before(deadline); {
		time.Sleep(10 * time.Millisecond)
	}
	if n := runtime.NumGoroutine(); n > before {
		t.Errorf("%d goroutines were left behind", n-before)
	}
}

func sorted(rows string) []string { return slices.Sorted(strings.Lines(rows)) }

// TestFollowOpen ends while a WebSocket is open: its row says so.
func TestFollowOpen(t *testing.T) {
	b, err := os.ReadFile(filepath.Join(capturesDir(t), "still_open.pcap"))
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "open.pcap")
	if err := os.WriteFile(file, b[:len(b)-3], 0o600); err != nil { // in the middle of a packet
		t.Fatal(err)
	}
	var complete strings.Builder
	run(context.Background(), []string{"-T", "fields", "-e", "ending", filepath.Join(capturesDir(t), "still_open.pcap")}, strings.NewReader(""), &complete, os.Stderr)
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	var stdout, stderr strings.Builder
	if status := run(ctx, []string{"--follow", "-T", "fields", "-e", "ending", file}, strings.NewReader(""), &stdout, &stderr); status != exitDone || stderr.String() != "" {
		t.Errorf("status %d, stderr %q: half a packet at the end is none that was cut", status, stderr.String())
	}
	if stdout.String() != complete.String() || !strings.Contains(stdout.String(), "open") {
		t.Errorf("got %q, want %q", stdout.String(), complete.String())
	}
}
