//go:build !cgo || nopcap

package capture

import (
	"errors"
	"testing"
)

func TestFilterNeedsLibpcap(t *testing.T) {
	if _, err := Open(nil, Options{Filter: "tcp"}); !errors.Is(err, ErrNotSupported) {
		t.Errorf("%v, want ErrNotSupported", err)
	}
}
