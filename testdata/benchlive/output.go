package main

import (
	"strings"
	"sync"
)

// output keeps what a program says while it runs.
type output struct {
	mu   sync.Mutex
	text strings.Builder
}

// Write keeps b.
func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(b)
}

// String returns what was said so far.
func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}
