package tls

import (
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"strings"
	"testing"

	"wstap/capture"
	"wstap/capture/packet"
	"wstap/decode/link"
	"wstap/decode/tcp"
	"wstap/decode/tls/keylog"
	"wstap/testdata/groundtruth"
)

// sharedCaptures holds further captures beside the project; a clone need not have it.
const sharedCaptures = "../../../shared/captures"

// seen is a connection of a capture.
type seen struct {
	conn   *Conn
	client string // port
	read   [2]string
}

// follow reads every connection of a capture whose server has port.
func follow(t *testing.T, path string, port uint16, keys Keys) (list []*seen) {
	t.Helper()
	set, err := capture.Open([]string{path}, capture.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer set.Close()
	tracker := NewTracker(keys)
	live := map[tcp.ConnID]*seen{}
	table := tcp.NewTable(tcp.DefaultLimits(), func([]byte, bool) tcp.Class { return tcp.Keep })
	take := func(events []tcp.Event, s *link.Segment) {
		for i := range events {
			e := &events[i]
			if e.Kind == tcp.Unreached {
				continue
			}
			x := live[e.Conn]
			if x == nil {
				client := s.Flow.Sender(s.Dir)
				if client.Port() == port {
					client = s.Flow.Sender(s.Dir.Other())
				}
				x = &seen{conn: tracker.NewConn(), client: client.String()}
				live[e.Conn] = x
				list = append(list, x)
			}
			at := Pos{Ref: e.Ref, Time: e.Time, Seq: e.Seq, Ack: e.Ack}
			var out []Event
			switch e.Kind {
			case tcp.Data:
				out = x.conn.Data(uint8(e.Dir), e.Data, at)
			case tcp.Gap:
				out = x.conn.Gap(uint8(e.Dir), uint64(e.Lost), at)
			case tcp.End:
				out = x.conn.End()
				delete(live, e.Conn)
			case tcp.Unreached:
			}
			for _, o := range out {
				if o.Kind == Plain {
					x.read[o.Dir] += string(o.Data)
				}
			}
		}
	}
	d := link.New([2]uint64{1, 2})
	var b packet.Block
	for {
		err := set.Next(&b)
		for i := range b.Packets {
			var s link.Segment
			if d.Decode(&b.Packets[i], &s) == link.TCP {
				take(table.Push(&s), &s)
			}
		}
		if errors.Is(err, io.EOF) {
			break
		}
	}
	for events := range table.Finish() {
		take(events, nil)
	}
	return list
}

// TestCaptures reads TLS of Node with OpenSSL; what was said is in the logs of both ends.
func TestCaptures(t *testing.T) {
	if _, err := os.Stat(sharedCaptures); err != nil {
		t.Logf("%s is not there: its captures are left out", sharedCaptures)
		return
	}
	all, err := groundtruth.Load(sharedCaptures)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range all {
		if c.Name != "d10_tls13" && c.Name != "d11_tls12" {
			continue
		}
		text, err := os.ReadFile(sharedCaptures + "/" + c.Name + ".keys")
		if err != nil {
			t.Fatal(err)
		}
		log := keylog.NewStore(0)
		log.Add(text)
		server := netip.MustParseAddrPort(c.Handshakes[0].Server)
		list := follow(t, c.Paths()[0], server.Port(), Keys{Log: log})
		for _, h := range c.Handshakes {
			found := false
			for _, x := range list {
				if x.client != h.Client {
					continue
				}
				found = true
				client, _ := x.conn.Client()
				if want := fmt.Sprintf("GET %s HTTP/1.1\r\n", h.URI); !strings.HasPrefix(x.read[client], want) {
					t.Errorf("%s: %s: the client said %.80q, want %q", c.Name, h.Client, x.read[client], want)
				}
				if want := fmt.Sprintf("HTTP/1.1 %d ", h.Status); !strings.HasPrefix(x.read[1-client], want) {
					t.Errorf("%s: %s: the server said %.80q, want %q", c.Name, h.Client, x.read[1-client], want)
				}
				if f := x.conn.Facts(); f.Problem != NoProblem || fmt.Sprintf("%s:%d", f.SNI, server.Port()) != h.Host {
					t.Errorf("%s: %s: %v, SNI %s, want %s", c.Name, h.Client, f.Problem, f.SNI, h.Host)
				}
			}
			if !found {
				t.Errorf("%s: no connection of %s", c.Name, h.Client)
			}
		}
	}
}
