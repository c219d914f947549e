//go:build cgo && !nopcap && !windows

package capture

import (
	"encoding/binary"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/gopacket/pcap"
)

// TestHandleOfGopacket fails when a version of gopacket keeps libpcap's handle elsewhere
// than OpenLive looks for it.
func TestHandleOfGopacket(t *testing.T) {
	handle, err := pcap.OpenOffline(filepath.Join("..", "testdata", "pyws_rejects.pcap"))
	if err != nil {
		t.Fatal(err)
	}
	defer handle.Close()
	if p, err := cHandle(handle); err != nil || p == nil {
		t.Errorf("handle: %v", err)
	}
	inactive, err := pcap.NewInactiveHandle("lo")
	if err != nil {
		t.Fatal(err)
	}
	defer inactive.CleanUp()
	if p, err := cHandle(inactive); err != nil || p == nil {
		t.Errorf("inactive handle: %v", err)
	}
	for _, other := range []any{&struct{ pointer *int }{}, &struct{ cptr int }{}, &struct{ cptr *int }{}} {
		if _, err := cHandle(other); !errors.Is(err, ErrNotSupported) {
			t.Errorf("%T: %v", other, err)
		}
	}
}

// TestLinkTypeOf asks libpcap which DLT_ a file's LINKTYPE_ is, for all that gopacket can
// name.
func TestLinkTypeOf(t *testing.T) {
	asked := 0
	for link := range uint32(256) {
		if link > 10 && link < 50 {
			continue // not assigned: no file should have them
		}
		c := &composer{order: binary.LittleEndian}
		c.pcapHeader(0xa1b2c3d4, 4, link)
		handle, err := pcap.OpenOffline(writeTemp(t, "link.pcap", c.take()))
		if err != nil {
			t.Fatal(err)
		}
		dlt := int(handle.LinkType())
		handle.Close()
		if dlt == 0 && link != 0 {
			continue // more than 8 bits
		}
		asked++
		if got := linkTypeOf(dlt); uint32(got) != link {
			t.Errorf("DLT %d is LINKTYPE %d in files, got %d", dlt, link, got)
		}
	}
	if asked < 150 {
		t.Errorf("libpcap was asked for %d link types only", asked)
	}
	if got := linkTypeOf(dltLinuxSLL2); got != 276 {
		t.Errorf("LINUX_SLL2: got %d", got)
	}
}

// TestActivationWords has what libpcap says when an interface goes.
func TestActivationWords(t *testing.T) {
	for _, text := range []string{"The interface disappeared", "The interface went down"} {
		if err := downError(errors.New(text)); !errors.Is(err, ErrInterfaceDown) || !strings.Contains(err.Error(), text) {
			t.Errorf("%q: %v", text, err)
		}
	}
	if err := downError(errors.New("out of memory")); errors.Is(err, ErrInterfaceDown) {
		t.Errorf("%v", err)
	}
}
