// Command wstap reads packet captures and interfaces, and writes one row for every WebSocket
// handshake attempt in them: who asked whom for what, what was answered, how the
// connection ended, and the packet numbers that prove it. It never sends a packet.
//
// Rows go to standard output, everything else to standard error with "wstap: "
// before it, in lower case and without a full stop. The exit status is 0 when all
// was read, 1 when a condition of --fail-on held for an attempt, and 2 when the command line was wrong or an input could not be read
// to its end, or an interface went down, after printing all that could be read.
package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// Exit statuses.
const (
	exitDone   = 0
	exitFailed = 1 // a condition of --fail-on held
	exitInput  = 2
)

func main() {
	os.Exit(realMain())
}

// realMain is main with an exit status, so that the signals are let go before the
// process ends.
func realMain() int {
	// A closed pipe is an error that the writer sees, not the end of the process:
	// the progress bar still has to be cleared.
	signal.Ignore(syscall.SIGPIPE)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// The first Ctrl-C ends the reading, the second one the process.
	context.AfterFunc(ctx, stop)
	return run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
}

// run is the whole program: it returns the exit status.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	s := &streams{in: stdin, out: stdout, err: stderr}
	root := newRootCommand(s)
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	if err := root.ExecuteContext(ctx); err != nil {
		s.complain(err)
		return exitInput
	}
	return s.status
}
