//go:build !cgo || nopcap

package capture

import (
	"fmt"

	"golang.org/x/net/bpf"
)

// WithLibpcap says whether this build can use libpcap, which capture filters need.
const WithLibpcap = false

// compileFilter fails: only libpcap compiles BPF expressions.
func compileFilter(encapsulation, string) ([]bpf.RawInstruction, error) {
	return nil, fmt.Errorf("capture filter: %w: it was built without libpcap; leave the filter out, or build with cgo and without the tag nopcap", ErrNotSupported)
}
