package decode

import (
	"testing"
	"unsafe"
)

// What is read for every packet begins at cache lines.
func TestSessionLayout(t *testing.T) {
	const line = 64
	var s session
	if unsafe.Offsetof(s.walk) != line || unsafe.Sizeof(s)%line != 0 {
		t.Errorf("walk stands at %d of %d bytes", unsafe.Offsetof(s.walk), unsafe.Sizeof(s))
	}
}
