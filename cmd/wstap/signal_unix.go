//go:build unix

package main

import (
	"os"
	"os/signal"
	"syscall"
)

// infoSignal returns the signals that ask for statistics, and what lets them go.
func infoSignal() (chan os.Signal, func()) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGUSR1)
	return c, func() { signal.Stop(c) }
}
