package main

import (
	"io"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"

	"wstap/capture"
)

// A progress bar appears only when reading takes longer than a glance, and moves
// often enough to look alive.
const (
	progressDelay    = time.Second
	progressInterval = 200 * time.Millisecond
)

// progress shows on a terminal how much has been read. Its zero value shows
// nothing.
type progress struct {
	mu   sync.Mutex
	bar  *progressbar.ProgressBar // nil until there is something to show
	quit chan struct{}
	done chan struct{}
}

// start shows the bar on stderr when that is a terminal and reading takes time.
func (p *progress) start(stderr io.Writer, set *capture.Set) {
	if _, ok := terminal(stderr); !ok || set.BytesTotal() <= 0 {
		return
	}
	p.quit, p.done = make(chan struct{}), make(chan struct{})
	go func() {
		defer close(p.done)
		wait := progressDelay
		for {
			select {
			case <-p.quit:
				return
			case <-time.After(wait):
			}
			wait = progressInterval
			p.show(stderr, set)
		}
	}()
}

func (p *progress) show(stderr io.Writer, set *capture.Set) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bar == nil {
		p.bar = progressbar.NewOptions64(set.BytesTotal(),
			progressbar.OptionSetWriter(stderr),
			progressbar.OptionSetDescription("reading"),
			progressbar.OptionShowBytes(true),
			progressbar.OptionSetPredictTime(true),
			progressbar.OptionFullWidth(),
			progressbar.OptionClearOnFinish(),
		)
	}
	// A bar that cannot be drawn is no reason to stop reading. The last step is
	// left out, because the bar then takes itself for finished.
	_ = p.bar.Set64(min(set.BytesRead(), set.BytesTotal()-1))
}

// clear takes the bar off the screen; it comes back with the next step.
func (p *progress) clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bar != nil {
		_ = p.bar.Clear()
	}
}

// stop ends the bar for good.
func (p *progress) stop() {
	if p.quit == nil {
		return
	}
	close(p.quit)
	<-p.done
	p.clear()
	p.quit = nil
}

// over returns a writer that clears the bar before it writes.
func (p *progress) over(w io.Writer) io.Writer { return clearing{p, w} }

type clearing struct {
	p *progress
	w io.Writer
}

// Write writes b where the bar was.
func (c clearing) Write(b []byte) (int, error) {
	c.p.clear()
	return c.w.Write(b)
}
