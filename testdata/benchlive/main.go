// Benchlive compares what wstap live and tcpdump drop under load, as `make bench-live`.
//
// In a network namespace of its own tcpreplay sends a generated capture as fast as it can
// into one end of a veth pair. At the other end listen, in turn and never at once,
//
//	tcpdump -i FAR -B KIB -w /dev/null
//	wstap live -i FAR -B MIB -T json > /dev/null
//
// with kernel buffers of the same size. tcpdump copies packets and looks into none;
// wstap follows every connection and writes its rows.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"wstap/testdata/benchgen/traffic"
)

// The ends of the pair.
const (
	near = "vnear"
	far  = "vfar"
)

type options struct {
	wstap  string
	folder string
	kinds  []string
	rounds int
	scale  float64
	buffer int // MiB
}

func main() {
	var o options
	var kinds string
	flag.StringVar(&o.wstap, "wstap", "bin/wstap", "binary to measure")
	flag.StringVar(&o.folder, "folder", "testdata/bench", "where the generated captures are kept")
	flag.StringVar(&kinds, "kind", "ws,mixed", "comma-separated: "+strings.Join(traffic.Kinds, ", "))
	flag.IntVar(&o.rounds, "rounds", 9, "rounds; each program listens once in each")
	flag.Float64Var(&o.scale, "scale", 0.25, "size of the captures, see benchgen")
	flag.IntVar(&o.buffer, "buffer", 2, "kernel buffer in MiB")
	flag.Parse()
	o.kinds = strings.Split(kinds, ",")
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "benchlive:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) error {
	if err := os.MkdirAll(o.folder, 0o755); err != nil {
		return err
	}
	if err := enterNamespace(); err != nil {
		return err
	}
	fmt.Println("kind    packets | program  rounds with drops   dropped of all   packets/s (least…most)         cpu")
	for _, kind := range o.kinds {
		if err := compare(ctx, o, kind); err != nil {
			return fmt.Errorf("%s: %w", kind, err)
		}
	}
	return nil
}

// compare measures both programs on a capture of a kind, after a run that checks the rows.
func compare(ctx context.Context, o options, kind string) error {
	file := filepath.Join(o.folder, fmt.Sprintf("%s-%g-1.pcap", kind, o.scale))
	truth, err := traffic.Make(file, traffic.Plan{Kind: kind, Seed: 1, Scale: o.scale})
	if err != nil {
		return err
	}
	if err := check(ctx, o, file, truth); err != nil {
		return err
	}
	programs := []struct {
		name    string
		command []string
	}{
		{"tcpdump", []string{"tcpdump", "-i", far, "-B", strconv.Itoa(o.buffer << 10), "-w", "/dev/null"}},
		{"wstap", []string{o.wstap, "live", "-i", far, "-B", strconv.Itoa(o.buffer), "-T", "json", "--user", "root"}},
	}
	results := make([][]result, len(programs))
	for round := range o.rounds {
		for i := range programs {
			i = (i + round) % len(programs) // who comes first differs
			r, err := listen(ctx, programs[i].command, os.DevNull, file)
			if err != nil {
				return err
			}
			results[i] = append(results[i], r)
		}
	}
	for i := range programs {
		fmt.Println(line(kind, truth.Packets, programs[i].name, results[i]))
	}
	return nil
}

// check listens with wstap's own buffer: where nothing was dropped every attempt must be
// found.
func check(ctx context.Context, o options, file string, truth *traffic.Truth) error {
	out := filepath.Join(o.folder, "live.json")
	defer os.Remove(out)
	r, err := listen(ctx, []string{o.wstap, "live", "-i", far, "-T", "json", "--user", "root"}, out, file)
	if err != nil {
		return err
	}
	if r.dropped > 0 {
		fmt.Fprintf(os.Stderr, "benchlive: the rows are not checked: %d packets were dropped\n", r.dropped)
		return nil
	}
	rows, err := os.ReadFile(out)
	if err != nil {
		return err
	}
	attempts := 0
	for row := range strings.Lines(string(rows)) {
		var record struct {
			Kind string `json:"kind"`
		}
		if err := json.Unmarshal([]byte(row), &record); err != nil {
			return err
		}
		if record.Kind == "attempt" {
			attempts++
		}
	}
	if r.received != truth.Packets || attempts != truth.Attempts {
		return fmt.Errorf("wstap live saw %d packets of %d and %d attempts of %d", r.received, truth.Packets, attempts, truth.Attempts)
	}
	return nil
}

// result is what became of the packets in one run of a program.
type result struct {
	received, dropped int64
	rate              float64 // packets a second, as they were sent
	cpu               time.Duration
}

// grace is how long a program gets to read the last packets: tcpdump may read a second
// late.
const grace = 1500 * time.Millisecond

// listen runs a program while the capture is sent.
func listen(ctx context.Context, command []string, stdout, file string) (r result, err error) {
	out, err := os.Create(stdout)
	if err != nil {
		return r, err
	}
	defer out.Close()
	said := &output{}
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Stdout, cmd.Stderr = out, said
	if err := cmd.Start(); err != nil {
		return r, err
	}
	for until := time.Now().Add(10 * time.Second); !strings.Contains(said.String(), "listening on"); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(until) {
			return r, errors.Join(fmt.Errorf("%s does not listen: %s", command[0], said), cmd.Process.Kill(), cmd.Wait())
		}
	}
	sent, err := exec.CommandContext(ctx, "tcpreplay", "--preload-pcap", "--topspeed", "-q", "-i", near, file).CombinedOutput()
	if err != nil {
		return r, errors.Join(fmt.Errorf("tcpreplay: %w: %s", err, sent), cmd.Process.Kill(), cmd.Wait())
	}
	time.Sleep(grace)
	if err := errors.Join(cmd.Process.Signal(os.Interrupt), cmd.Wait()); err != nil {
		return r, fmt.Errorf("%s: %w: %s", command[0], err, said)
	}
	r.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	received, err1 := number(said.String(), `(\d+) packets? received by filter`)
	dropped, err2 := number(said.String(), `(\d+) packets? dropped by kernel`)
	rate, err3 := number(string(sent), `([\d.]+) pps`)
	r.received, r.dropped, r.rate = int64(received), int64(dropped), rate
	return r, errors.Join(err1, err2, err3)
}

func number(text, expression string) (float64, error) {
	m := regexp.MustCompile(expression).FindStringSubmatch(text)
	if m == nil {
		return 0, fmt.Errorf("%q has no %s", text, expression)
	}
	return strconv.ParseFloat(m[1], 64)
}

// line is one line of results.
func line(kind string, packets int64, program string, runs []result) string {
	var received, dropped int64
	var rates, cpu []float64
	lossy := 0
	for _, r := range runs {
		received, dropped = received+r.received, dropped+r.dropped
		rates, cpu = append(rates, r.rate), append(cpu, r.cpu.Seconds())
		if r.dropped > 0 {
			lossy++
		}
	}
	slices.Sort(rates)
	slices.Sort(cpu)
	return fmt.Sprintf("%-6s %8d | %-7s %8d of %d %20.4f %%   %8.0f (%.0f…%.0f) %8.2f s", kind, packets, program,
		lossy, len(runs), 100*float64(dropped)/float64(received), rates[len(rates)/2], rates[0], rates[len(rates)-1], cpu[len(cpu)/2])
}
