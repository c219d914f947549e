package main

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"

	"wstap/capture"
)

// parseLive parses a command line of live.
func parseLive(t *testing.T, line string) (*liveSettings, error) {
	t.Helper()
	var f liveFlags
	fs := pflag.NewFlagSet("live", pflag.ContinueOnError)
	f.bind(fs)
	if err := fs.Parse(strings.Fields(line)); err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	return f.liveSettings(&streams{out: &strings.Builder{}, err: &strings.Builder{}}, fs.Args())
}

func TestLiveStop(t *testing.T) {
	for line, want := range map[string]struct {
		duration time.Duration
		count    uint64
	}{
		"":                            {0, 0},
		"-a duration:60":              {time.Minute, 0},
		"-a duration:1.5":             {1500 * time.Millisecond, 0},
		"-a duration:0.0000000001":    {1, 0}, // never "no limit"
		"-a packets:7":                {0, 7},
		"-c 9 -a packets:7":           {0, 7},
		"-c 5 -a packets:7":           {0, 5},
		"-a duration:9 -a duration:3": {3 * time.Second, 0},
		"-a packets:8 -a duration:3 -a packets:4 -a duration:8": {3 * time.Second, 4},
	} {
		o, err := parseLive(t, "-i lo "+line)
		if err != nil {
			t.Errorf("%s: %v", line, err)
			continue
		}
		if o.duration != want.duration || o.count != want.count {
			t.Errorf("%s: stops after %v and %d packets", line, o.duration, o.count)
		}
	}
	for _, wrong := range []string{"duration", "duration:", "duration:-1", "duration:0", "duration:NaN", "duration:+Inf", "duration:1e300", "packets:-1", "packets:1.5", "filesize:10", ""} {
		if o, err := parseLive(t, "-i lo -a="+wrong); err == nil {
			t.Errorf("-a %q: stops after %v and %d packets", wrong, o.duration, o.count)
		}
	}
}

func TestLiveCaptureOptions(t *testing.T) {
	o, err := parseLive(t, "-i eth0 -i lo -s 96 -B 2 -p tcp port 80")
	if err != nil {
		t.Fatal(err)
	}
	want := capture.LiveOptions{Filter: "tcp port 80", SnapLen: 96, BufferSize: 2 << 20, NoPromiscuous: true}
	if o.capture != want || len(o.interfaces) != 2 {
		t.Errorf("got %+v of %q", o.capture, o.interfaces)
	}
	if o, err = parseLive(t, "-i lo -B 2047"); err != nil || o.capture.BufferSize <= 0 || o.capture.BufferSize > math.MaxInt32 {
		t.Errorf("the largest buffer: %v", err)
	}
}
