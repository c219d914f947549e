//go:build !unix

package main

import "os"

// infoSignal returns no signals: there is none that asks for statistics.
func infoSignal() (chan os.Signal, func()) { return nil, func() {} }
