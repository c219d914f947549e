package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"strconv"

	"wstap/decode"
	"wstap/testdata/benchgen/traffic"
)

// leastShare is how much of the truth has to be found where packets are missing
// for good; an attempt whose request was not captured cannot be one.
const leastShare = 0.95

// counts are what wstap says, in the form of the truth.
type counts struct {
	attempts      int
	packets       int64
	byStatus      map[string]int
	client        map[string]int // frames by opcode
	server        map[string]int
	messages      [2]int
	first, closes map[string]int // Close codes
}

// check runs wstap untimed and compares its rows with the truth.
func check(ctx context.Context, wstap, file string, t *traffic.Truth) error {
	command := readCommand(wstap, file)
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	got, readErr := count(out)
	if err := errors.Join(readErr, cmd.Wait()); err != nil {
		return err
	}
	if !t.Exact {
		return got.near(t)
	}
	return got.equal(t)
}

func count(rows io.Reader) (*counts, error) {
	c := &counts{byStatus: map[string]int{}, client: map[string]int{}, server: map[string]int{}, first: map[string]int{}, closes: map[string]int{}}
	for d := json.NewDecoder(rows); ; {
		var raw json.RawMessage
		if err := d.Decode(&raw); err == io.EOF {
			return c, nil
		} else if err != nil {
			return nil, err
		}
		if bytes.HasPrefix(raw, []byte(`{"kind":"summary"`)) {
			var s decode.Summary
			if err := json.Unmarshal(raw, &s); err != nil {
				return nil, err
			}
			c.packets = int64(s.Packets.Total)
			continue
		}
		var a decode.Attempt
		if err := json.Unmarshal(raw, &a); err != nil {
			return nil, err
		}
		c.add(&a)
	}
}

func (c *counts) add(a *decode.Attempt) {
	c.attempts++
	if a.HTTP != nil && a.HTTP.Status != 0 {
		c.byStatus[strconv.Itoa(a.HTTP.Status)]++
	}
	if a.Close != nil {
		if code := a.Close.Code; code != nil {
			c.first[strconv.Itoa(*code)]++
		}
		for _, code := range []*int{a.Close.ClientCode, a.Close.ServerCode} {
			if code != nil {
				c.closes[strconv.Itoa(*code)]++
			}
		}
	}
	if w := a.WebSocket; w != nil && w.Frames != nil {
		addFrames(c.client, w.Frames.Client)
		addFrames(c.server, w.Frames.Server)
		if w.Messages != nil {
			c.messages[0] += int(w.Messages.Client)
			c.messages[1] += int(w.Messages.Server)
		}
	}
}

func addFrames(to map[string]int, f decode.FrameCounts) {
	for name, n := range map[string]uint32{"text": f.Text, "binary": f.Binary, "continuation": f.Continuation,
		"close": f.Close, "ping": f.Ping, "pong": f.Pong, "other": f.Other} {
		if n > 0 {
			to[name] += int(n)
		}
	}
}

func (c *counts) equal(t *traffic.Truth) error {
	var wrong []error
	same := func(what string, got, want any, equal bool) {
		if !equal {
			wrong = append(wrong, fmt.Errorf("%s: got %v, want %v", what, got, want))
		}
	}
	same("packets", c.packets, t.Packets, c.packets == t.Packets)
	same("attempts", c.attempts, t.Attempts, c.attempts == t.Attempts)
	same("messages", c.messages, t.Messages, c.messages == [2]int{t.Messages.Client, t.Messages.Server})
	for _, m := range []struct {
		what      string
		got, want map[string]int
	}{
		{"status", c.byStatus, t.ByStatus}, {"client frames", c.client, t.Frames.Client}, {"server frames", c.server, t.Frames.Server},
		{"first Close", c.first, t.FirstClose}, {"Close frames", c.closes, t.CloseFrames},
	} {
		same(m.what, m.got, m.want, maps.Equal(m.got, m.want))
	}
	return errors.Join(wrong...)
}

// near is for captures with holes: nothing more than there was, and not much less.
func (c *counts) near(t *traffic.Truth) error {
	var wrong []error
	within := func(what string, got, want int) {
		if got > want || float64(got) < leastShare*float64(want) {
			wrong = append(wrong, fmt.Errorf("%s: got %d of %d", what, got, want))
		}
	}
	within("attempts", c.attempts, t.Attempts)
	within("101", c.byStatus["101"], t.ByStatus["101"])
	within("client frames", total(c.client), total(t.Frames.Client))
	within("server frames", total(c.server), total(t.Frames.Server))
	within("Close frames", total(c.closes), total(t.CloseFrames))
	return errors.Join(wrong...)
}

func total(m map[string]int) int {
	n := 0
	for _, v := range m {
		n += v
	}
	return n
}
