package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"time"

	"wstap/testdata/benchgen/traffic"
)

// usage is what one run of a program took.
type usage struct {
	wall, cpu time.Duration
	rss       int64 // bytes, the most at any moment
}

// result holds every round of both programs; the rounds of one index ran one
// right after the other.
type result struct {
	ours, theirs []usage
}

// measure runs both commands in turn. The first round only warms up.
func measure(ctx context.Context, rounds int, ours, theirs []string) (result, error) {
	var r result
	for i := range rounds + 1 {
		a, err := once(ctx, ours)
		if err != nil {
			return r, err
		}
		b, err := once(ctx, theirs)
		if err != nil {
			return r, err
		}
		if i > 0 {
			r.ours, r.theirs = append(r.ours, a), append(r.theirs, b)
		}
	}
	return r, nil
}

// once runs a command whose output the kernel throws away: a pipe to this
// process would be measured as well.
func once(ctx context.Context, command []string) (usage, error) {
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		return usage{}, err
	}
	defer null.Close()
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Stdout, cmd.Stderr = null, null
	start := time.Now()
	if err := cmd.Run(); err != nil {
		return usage{}, fmt.Errorf("%s: %w", strings.Join(command, " "), err)
	}
	u := usage{wall: time.Since(start), cpu: cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()}
	if r, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		u.rss = r.Maxrss * 1024
	}
	return u, nil
}

const tableHead = "kind        MB   packets | wstap wall    cpu  ns/pkt   max RSS | tcpdump wall    cpu   max RSS | ratio (least…most)"

// table is one line of results: medians, and the median of the rounds' ratios.
func (r result) table(kind string, t *traffic.Truth) string {
	ratios := make([]float64, len(r.ours))
	for i := range r.ours {
		ratios[i] = float64(r.ours[i].wall) / float64(r.theirs[i].wall)
	}
	slices.Sort(ratios)
	a, b := medians(r.ours), medians(r.theirs)
	return fmt.Sprintf("%-6s %7.0f %9d | %8.3f s %5.2f s %6.0f %6.1f MB | %10.3f s %5.2f s %6.1f MB | %.2f (%.2f…%.2f)",
		kind, float64(t.Bytes)/1e6, t.Packets,
		a.wall.Seconds(), a.cpu.Seconds(), float64(a.wall.Nanoseconds())/float64(t.Packets), float64(a.rss)/1e6,
		b.wall.Seconds(), b.cpu.Seconds(), float64(b.rss)/1e6,
		median(ratios), ratios[0], ratios[len(ratios)-1])
}

func medians(runs []usage) usage {
	var wall, cpu []float64
	var rss int64
	for _, u := range runs {
		wall, cpu = append(wall, float64(u.wall)), append(cpu, float64(u.cpu))
		rss = max(rss, u.rss)
	}
	slices.Sort(wall)
	slices.Sort(cpu)
	return usage{wall: time.Duration(median(wall)), cpu: time.Duration(median(cpu)), rss: rss}
}

// median of a sorted list.
func median(sorted []float64) float64 {
	n := len(sorted)
	if n%2 == 1 {
		return sorted[n/2]
	}
	return (sorted[n/2-1] + sorted[n/2]) / 2
}
