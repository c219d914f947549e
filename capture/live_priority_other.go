//go:build !linux

package capture

// raisePriority does nothing: only on Linux has a thread a priority of its own.
func raisePriority() {}
