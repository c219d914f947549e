package capture

import "syscall"

// readPriority is the nice value of a thread that takes packets from the kernel: about
// nine times the share of an ordinary one, since what it does not take in time is lost.
// It only copies, and stops when decoding falls behind.
const readPriority = -10

// raisePriority favours the calling thread. Only root may; others do without.
func raisePriority() { _ = syscall.Setpriority(syscall.PRIO_PROCESS, 0, readPriority) }
