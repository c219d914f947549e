//go:build !linux

package main

import "errors"

// enterNamespace fails: there are no network namespaces here.
func enterNamespace() error { return errors.New("this works on Linux only") }
