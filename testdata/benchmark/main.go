// Benchmark compares wstap with tcpdump on generated captures, as `make bench`.
//
// For each kind of capture it checks first, untimed, that wstap counts what the
// generator wrote, then runs both programs in turn, one warm-up and then -rounds
// rounds, with the page cache warm and all output going to /dev/null:
//
//	wstap read -T json --workers 1 FILE > /dev/null
//	tcpdump -n -r FILE -w /dev/null tcp
//
// What counts is the median of the rounds' ratios of wall time: a machine that
// is slow for a while is slow for both.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"

	"wstap/testdata/benchgen/traffic"
)

type options struct {
	wstap  string
	folder string
	kinds  []string
	rounds int
	scale  float64
	seed   uint64
	// prepare names the one kind whose capture is to be made and checked, in a
	// process of its own: a program's maximum of memory is never reported below
	// that of the process which started it, so the one that measures stays small.
	prepare string
}

func main() {
	var o options
	var kinds string
	flag.StringVar(&o.wstap, "wstap", "", "binary to measure; built from ./cmd/wstap when empty")
	flag.StringVar(&o.folder, "folder", "testdata/bench", "where the generated captures are kept")
	flag.StringVar(&kinds, "kind", "ws,mixed,flood,floods,lossy,drop,wss", "comma-separated: "+strings.Join(traffic.Kinds, ", "))
	flag.IntVar(&o.rounds, "rounds", 7, "timed rounds")
	flag.Float64Var(&o.scale, "scale", 1, "size of the captures, see benchgen")
	flag.Uint64Var(&o.seed, "seed", 1, "seed of the captures")
	flag.StringVar(&o.prepare, "prepare", "", "only make and check the capture of this kind")
	flag.Parse()
	o.kinds = strings.Split(kinds, ",")
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "benchmark:", err)
		os.Exit(1)
	}
}

// memoryOf is how much memory wstap may take of a kind, in bytes: what a flood leaves
// behind must not grow.
var memoryOf = map[string]int64{"flood": 64 << 20, "floods": 64 << 20}

func run(ctx context.Context, o options) error {
	if err := os.MkdirAll(o.folder, 0o755); err != nil {
		return err
	}
	if o.wstap == "" {
		o.wstap = filepath.Join(o.folder, "wstap")
		build := exec.CommandContext(ctx, "go", "build", "-o", o.wstap, "./cmd/wstap")
		build.Stderr = os.Stderr
		if err := build.Run(); err != nil {
			return fmt.Errorf("build wstap: %w", err)
		}
	}
	if _, err := exec.LookPath("tcpdump"); err != nil {
		return err
	}
	if o.prepare != "" {
		return prepare(ctx, o, o.prepare)
	}
	var wrong []error
	fmt.Println(tableHead)
	for _, kind := range o.kinds {
		if err := prepareApart(ctx, o, kind); err != nil {
			wrong = append(wrong, fmt.Errorf("%s: %w", kind, err))
		}
		truth, err := traffic.ReadTruth(o.capture(kind))
		if err != nil {
			return errors.Join(append(wrong, err)...)
		}
		r, err := measure(ctx, o.rounds,
			readCommand(o.wstap, o.capture(kind)),
			[]string{"tcpdump", "-n", "-r", o.capture(kind), "-w", "/dev/null", "tcp"})
		if err != nil {
			return err
		}
		fmt.Println(r.table(kind, truth))
		if kind == "wss" {
			wrong = append(wrong, againstOpenSSL(ctx, &r, truth))
		}
		if most, bounded := memoryOf[kind]; bounded && medians(r.ours).rss >= most {
			wrong = append(wrong, fmt.Errorf("%s: wstap took %d bytes of memory, and %d are the most", kind, medians(r.ours).rss, most))
		}
	}
	return errors.Join(wrong...)
}

// capture is the file of a kind.
func (o options) capture(kind string) string {
	return filepath.Join(o.folder, fmt.Sprintf("%s-%g-%d.pcap", kind, o.scale, o.seed))
}

// prepareApart runs prepare in another process.
func prepareApart(ctx context.Context, o options, kind string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, self, "-prepare", kind, "-wstap", o.wstap, "-folder", o.folder,
		"-scale", fmt.Sprint(o.scale), "-seed", fmt.Sprint(o.seed))
	cmd.Stderr = os.Stderr
	return cmd.Run()
}

// prepare makes the capture of a kind, unless it is there already, and checks
// what wstap counts in it.
func prepare(ctx context.Context, o options, kind string) error {
	file := o.capture(kind)
	truth, err := traffic.Make(file, traffic.Plan{Kind: kind, Seed: o.seed, Scale: o.scale})
	if err != nil {
		return err
	}
	return check(ctx, o.wstap, file, truth)
}
