//go:build cgo && !nopcap && !windows

package capture

/*
#cgo LDFLAGS: -lpcap
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <pcap.h>

#ifndef PCAP_ERROR_PROMISC_PERM_DENIED
#define PCAP_ERROR_PROMISC_PERM_DENIED -11
#endif
#ifndef PCAP_IF_WIRELESS // libpcap before 1.9
#define PCAP_IF_WIRELESS 0
#endif

typedef struct {
	int64_t time; // nanoseconds since 1970-01-01 UTC
	uint32_t at, captured, length;
} wstap_packet;

typedef struct {
	pcap_t *pcap;
	wstap_packet *packets;
	u_char *data;
	uint32_t n, max, used, size, snaplen;
	int64_t fraction; // nanoseconds for one of tv_usec
} wstap_batch;

static void wstap_take(u_char *user, const struct pcap_pkthdr *h, const u_char *bytes) {
	wstap_batch *b = (wstap_batch *)user;
	wstap_packet *p = &b->packets[b->n];
	uint32_t n = h->caplen <= b->snaplen ? h->caplen : b->snaplen;
	p->time = (int64_t)h->ts.tv_sec * 1000000000 + (int64_t)h->ts.tv_usec * b->fraction;
	p->at = b->used;
	p->captured = n;
	p->length = h->len;
	memcpy(b->data + b->used, bytes, n);
	b->used += n;
	// libpcap looks at this behind each packet: the next one stays where it is.
	if (++b->n == b->max || b->size - b->used < b->snaplen)
		pcap_breakloop(b->pcap);
}

// wstap_read takes the packets that are there, or those that come within wait
// milliseconds: the one call for a batch. It returns what pcap_dispatch does.
static int wstap_read(pcap_t *pcap, int64_t fraction, wstap_packet *packets, uint32_t max,
		u_char *data, uint32_t size, uint32_t snaplen, int wait, uint32_t *n) {
	wstap_batch b = {pcap, packets, data, 0, max, 0, size, snaplen, fraction};
	int r = pcap_dispatch(pcap, max, wstap_take, (u_char *)&b);
	if (r == 0 && b.n == 0) {
		struct pollfd fd = {pcap_get_selectable_fd(pcap), POLLIN, 0};
		poll(&fd, 1, wait);
		r = pcap_dispatch(pcap, max, wstap_take, (u_char *)&b);
	}
	*n = b.n;
	return r;
}

// wstap_up returns 0 where an interface is known to be down.
static int wstap_up(const char *device) {
	struct ifreq request;
	int up = 1, s = socket(AF_INET, SOCK_DGRAM, 0);
	if (s < 0)
		return up;
	memset(&request, 0, sizeof request);
	strncpy(request.ifr_name, device, sizeof request.ifr_name - 1);
	if (ioctl(s, SIOCGIFFLAGS, &request) == 0)
		up = (request.ifr_flags & IFF_UP) != 0;
	close(s);
	return up;
}

static int wstap_filter(pcap_t *pcap, const char *device, const char *expression) {
	struct bpf_program program;
	bpf_u_int32 net, mask;
	char errors[PCAP_ERRBUF_SIZE];
	if (pcap_lookupnet(device, &net, &mask, errors) < 0)
		mask = PCAP_NETMASK_UNKNOWN; // it has no IPv4 address
	if (pcap_compile(pcap, &program, expression, 1, mask) < 0)
		return -1;
	int r = pcap_setfilter(pcap, &program);
	pcap_freecode(&program);
	return r;
}
*/
import "C"

import (
	"errors"
	"fmt"
	"net/netip"
	"reflect"
	"strings"
	"time"
	"unsafe"

	"github.com/google/gopacket/pcap"

	"wstap/capture/packet"
)

// WithLive says whether this build can read interfaces.
const WithLive = true

// LibpcapVersion returns what libpcap calls itself.
func LibpcapVersion() string { return pcap.Version() }

func liveNotSupported() error { return nil }

// dltLinuxSLL2 is the link type that tells of which interface a packet of "any" is.
const dltLinuxSLL2 = 276

// anyInterface is all interfaces at once, on Linux.
const anyInterface = "any"

// pcapTap is an interface opened through gopacket, and read through a few lines of C:
// gopacket would call libpcap for each packet.
type pcapTap struct {
	pcap    *C.pcap_t
	release func()
	device  string
	link    packet.LinkType
	snapLen int
	nanos   C.int64_t // of one of tv_usec
	warning string
	packets []C.wstap_packet
	failed  error // to be returned by the next read
}

// openTap opens an interface.
func openTap(name string, o LiveOptions) (tap, error) {
	t, err := activate(name, o)
	if err != nil {
		return nil, err
	}
	if err := t.prepare(o); err != nil {
		t.close()
		return nil, err
	}
	return t, nil
}

// activate opens an interface in promiscuous mode where that is wanted and there is such
// a thing.
func activate(name string, o LiveOptions) (*pcapTap, error) {
	inactive, err := pcap.NewInactiveHandle(name)
	if err != nil {
		return nil, &InterfaceError{name, err}
	}
	err = errors.Join(
		inactive.SetSnapLen(o.SnapLen), inactive.SetBufferSize(o.BufferSize), inactive.SetTimeout(readTimeout),
		inactive.SetPromisc(!o.NoPromiscuous && name != anyInterface))
	if err != nil {
		inactive.CleanUp()
		return nil, &InterfaceError{name, err}
	}
	t := &pcapTap{device: name}
	handle, failed := inactive.Activate()
	if failed == nil {
		t.release = handle.Close
		t.pcap, err = cHandle(handle)
	} else {
		t.release = inactive.CleanUp
		t.pcap, err = cHandle(inactive)
		if err == nil && C.pcap_datalink(t.pcap) < 0 {
			err = activationError(failed, inactive.Error())
		} else {
			t.warning = inactive.Error().Error() // it is open all the same
		}
	}
	if err != nil {
		t.release()
		return nil, &InterfaceError{name, err}
	}
	return t, nil
}

// prepare makes an open interface ready to be read.
func (t *pcapTap) prepare(o LiveOptions) error {
	if t.device == anyInterface {
		// Where libpcap is too old for it, LINUX_SLL stays.
		C.pcap_set_datalink(t.pcap, dltLinuxSLL2)
	}
	t.link = linkTypeOf(int(C.pcap_datalink(t.pcap)))
	t.snapLen = int(C.pcap_snapshot(t.pcap))
	if t.snapLen <= 0 || t.snapLen > o.SnapLen {
		return &InterfaceError{t.device, fmt.Errorf("it gives packets of %d bytes, more than the %d asked for", t.snapLen, o.SnapLen)}
	}
	t.nanos = 1000
	if C.pcap_get_tstamp_precision(t.pcap) == C.PCAP_TSTAMP_PRECISION_NANO {
		t.nanos = 1
	}
	t.packets = make([]C.wstap_packet, liveBatch)
	if fd := C.pcap_get_selectable_fd(t.pcap); fd < 0 {
		return &InterfaceError{t.device, errors.New("its packets cannot be waited for")}
	}
	text := make([]byte, C.PCAP_ERRBUF_SIZE)
	if C.pcap_setnonblock(t.pcap, 1, (*C.char)(unsafe.Pointer(&text[0]))) < 0 {
		return &InterfaceError{t.device, errors.New(C.GoString((*C.char)(unsafe.Pointer(&text[0]))))}
	}
	if o.Filter == "" {
		return nil
	}
	device, expression := append([]byte(t.device), 0), append([]byte(o.Filter), 0)
	if C.wstap_filter(t.pcap, (*C.char)(unsafe.Pointer(&device[0])), (*C.char)(unsafe.Pointer(&expression[0]))) < 0 {
		return &InterfaceError{t.device, fmt.Errorf("%w: %q: %w", ErrFilter, o.Filter, t.lastError())}
	}
	return nil
}

// cHandle returns the pcap_t of a gopacket handle, which has no way to ask for it.
func cHandle(handle any) (*C.pcap_t, error) {
	field := reflect.ValueOf(handle).Elem().FieldByName("cptr")
	if !field.IsValid() || field.Kind() != reflect.Pointer || field.IsNil() {
		return nil, fmt.Errorf("this version of gopacket keeps libpcap's handle elsewhere than wstap looks: %w", ErrNotSupported)
	}
	return (*C.pcap_t)(field.UnsafePointer()), nil
}

// activationError explains why an interface could not be opened. gopacket's type for it
// is its own, and its value what pcap_activate returned.
func activationError(failed, detail error) error {
	code := C.int(C.PCAP_ERROR)
	if v := reflect.ValueOf(failed); v.CanInt() {
		code = C.int(v.Int())
	}
	switch code {
	case C.PCAP_ERROR_PERM_DENIED, C.PCAP_ERROR_PROMISC_PERM_DENIED:
		return withDetail(ErrPermission, detail)
	case C.PCAP_ERROR_NO_SUCH_DEVICE:
		return ErrNoInterface
	case C.PCAP_ERROR_IFACE_NOT_UP:
		return ErrInterfaceDown
	default:
		return detail
	}
}

// withDetail adds what libpcap says, if anything.
func withDetail(err, detail error) error {
	if detail == nil || detail.Error() == "" {
		return err
	}
	return fmt.Errorf("%w: %w", err, detail)
}

func (t *pcapTap) lastError() error { return errors.New(C.GoString(C.pcap_geterr(t.pcap))) }

// read implements tap with one call of C.
func (t *pcapTap) read(b *batch) error {
	if t.failed != nil {
		return t.failed
	}
	var n C.uint32_t
	r := C.wstap_read(t.pcap, t.nanos, &t.packets[0], C.uint32_t(len(t.packets)),
		(*C.u_char)(unsafe.Pointer(&b.data[0])), C.uint32_t(len(b.data)), C.uint32_t(t.snapLen),
		C.int(idleWait/time.Millisecond), &n)
	for i := range t.packets[:n] {
		p := &t.packets[i]
		end := p.at + p.captured
		b.packets = append(b.packets, packet.Packet{
			Time: int64(p.time), Data: b.data[p.at:end:end], OrigLen: uint32(p.length), Link: t.link,
		})
	}
	if r < 0 && r != C.PCAP_ERROR_BREAK {
		t.failed = downError(t.lastError())
		if n == 0 {
			return t.failed
		}
	}
	return nil
}

// downError recognises what libpcap says when an interface goes.
func downError(err error) error {
	text := err.Error()
	if strings.Contains(text, "disappeared") || strings.Contains(text, "went down") || strings.Contains(text, "not up") || strings.Contains(text, "is down") {
		return fmt.Errorf("%w: %w", ErrInterfaceDown, err)
	}
	return err
}

// stats implements tap.
func (t *pcapTap) stats() (tapStats, error) {
	var s C.struct_pcap_stat
	if C.pcap_stats(t.pcap, &s) < 0 {
		return tapStats{}, t.lastError()
	}
	return tapStats{uint32(s.ps_recv), uint32(s.ps_drop), uint32(s.ps_ifdrop)}, nil
}

// up implements tap. libpcap reads on when an interface comes up again, and says nothing.
func (t *pcapTap) up() bool {
	device := append([]byte(t.device), 0)
	return C.wstap_up((*C.char)(unsafe.Pointer(&device[0]))) != 0
}

// describe implements tap.
func (t *pcapTap) describe() LiveInterface {
	dlt := int(C.pcap_datalink(t.pcap))
	return LiveInterface{
		Name: t.device, Link: t.link, SnapLen: t.snapLen, Warning: t.warning,
		LinkName: pcap.DatalinkValToName(dlt), LinkDescription: pcap.DatalinkValToDescription(dlt),
	}
}

// close implements tap.
func (t *pcapTap) close() { t.release() }

// Interfaces returns the interfaces of this machine on which libpcap may be able to
// capture. It needs no privilege.
func Interfaces() ([]Interface, error) {
	list, err := pcap.FindAllDevs()
	if err != nil {
		return nil, err
	}
	out := make([]Interface, len(list))
	for i, d := range list {
		out[i] = Interface{
			Name: d.Name, Description: d.Description, Up: d.Flags&C.PCAP_IF_UP != 0, Running: d.Flags&C.PCAP_IF_RUNNING != 0,
			Loopback: d.Flags&C.PCAP_IF_LOOPBACK != 0, Wireless: d.Flags&C.PCAP_IF_WIRELESS != 0,
		}
		for _, a := range d.Addresses {
			if ip, ok := netip.AddrFromSlice(a.IP); ok {
				bits, _ := a.Netmask.Size()
				if len(a.Netmask) == 0 {
					bits = ip.BitLen()
				}
				out[i].Addresses = append(out[i].Addresses, netip.PrefixFrom(ip, bits))
			}
		}
	}
	return out, nil
}
