package decode_test

import (
	"io"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"wstap/capture"
	"wstap/capture/packet"
	"wstap/decode"
	"wstap/testdata/groundtruth"
)

// shared holds further captures beside the project; a clone need not have it.
const shared = "../../shared/captures"

func readAll(t *testing.T, paths []string, o decode.Options, block func(d *decode.Decoder, b *packet.Block)) []*decode.Attempt {
	t.Helper()
	set, err := capture.Open(paths, capture.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer set.Close()
	d := decode.New(o)
	var b packet.Block
	for set.Next(&b) != io.EOF {
		block(d, &b)
	}
	d.Finish()
	rows := d.Take()
	s := d.Summary()
	p := s.Packets
	if p.Total != p.TCP+p.ICMP+p.DNS+p.NotTCP+p.Fragments+p.Malformed+p.UnknownLink {
		t.Errorf("%d packets read, not all accounted for: %+v", p.Total, p)
	}
	return rows
}

func whole(d *decode.Decoder, b *packet.Block) { d.Block(b) }

func loadTruth(t *testing.T) []groundtruth.Capture {
	t.Helper()
	all, err := groundtruth.Load("../testdata")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(shared); err != nil {
		t.Logf("%s is not there: its captures are left out", shared)
		return all
	}
	more, err := groundtruth.Load(shared)
	if err != nil {
		t.Fatal(err)
	}
	return append(all, more...)
}

// notYet are captures of what is not decoded, with the reason.
var notYet = map[string]string{"d14_h2_node": "HTTP/2 is not decoded yet"}

// What the servers' and clients' own logs say must be what the packets are read
// to say.
func TestGroundTruth(t *testing.T) {
	for _, c := range loadTruth(t) {
		t.Run(c.Name, func(t *testing.T) {
			if reason := notYet[c.Name]; reason != "" {
				t.Skip(reason)
			}
			rows := readAll(t, c.Paths(), decode.Options{Connects: decode.ConnectsAll, Keys: keysOf(t, &c)}, whole)
			for i := range c.Handshakes {
				h := &c.Handshakes[i]
				a := find(rows, h)
				if a == nil {
					if !h.Optional {
						t.Errorf("no row for %s -> %s %s (%s)", h.Client, h.Server, h.URI, h.Cause)
					}
					continue
				}
				compare(t, h, a)
			}
		})
	}
}

func find(rows []*decode.Attempt, h *groundtruth.Handshake) *decode.Attempt {
	var same *decode.Attempt
	for _, a := range rows {
		if h.Client == "" && h.Server == "" {
			if a.DNS != nil && a.DNS.Name == hostOf(h.Host) && a.Verdict == decode.VerdictUnreached {
				return a
			}
			continue
		}
		if h.Client != "" && a.Client != h.Client || h.Server != "" && a.Server != h.Server {
			continue
		}
		if a.HTTP != nil && a.HTTP.URI == h.URI || a.HTTP == nil && h.URI == "" {
			return a
		}
		if same == nil && h.Client != "" {
			same = a
		}
	}
	return same
}

// hostOf returns a host without its port.
func hostOf(host string) string {
	name, _, _ := strings.Cut(host, ":")
	return name
}

func compare(t *testing.T, h *groundtruth.Handshake, a *decode.Attempt) {
	t.Helper()
	name := h.Client + " " + h.URI
	if h.Verdict != "" && !groundtruth.Allows(h.Verdict, string(a.Verdict)) {
		t.Errorf("%s: verdict %s, want %s", name, a.Verdict, h.Verdict)
	}
	if h.Checked("ending") && !groundtruth.Allows(h.Ending, string(a.Ending)) {
		t.Errorf("%s: ending %s, want %s", name, a.Ending, h.Ending)
	}
	if a.HTTP != nil && h.Checked("status") && a.HTTP.Status != h.Status {
		t.Errorf("%s: status %d, want %d", name, a.HTTP.Status, h.Status)
	}
	if a.HTTP != nil && h.Checked("host") && h.Host != "" && a.HTTP.Host != h.Host {
		t.Errorf("%s: host %s, want %s", name, a.HTTP.Host, h.Host)
	}
	if h.Carrier != nil && !slices.Equal(h.Carrier, a.Carrier) {
		t.Errorf("%s: carrier %q, want %q", name, a.Carrier, h.Carrier)
	}
	if h.Checked("close") {
		switch {
		case (h.Close == nil) != (a.Close == nil):
			t.Errorf("%s: close %+v, want %+v", name, a.Close, h.Close)
		case h.Close != nil && (a.Close.Code == nil || *a.Close.Code != h.Close.Code || a.Close.By != h.Close.By):
			t.Errorf("%s: close %+v, want %+v", name, a.Close, h.Close)
		}
	}
	if h.Verdict != string(decode.VerdictAccepted) {
		return
	}
	if a.WebSocket == nil || a.WebSocket.Messages == nil {
		t.Errorf("%s: no messages", name)
		return
	}
	m := a.WebSocket.Messages
	if h.MessagesClient != nil && h.Checked("messages_client") && m.Client != uint64(*h.MessagesClient) ||
		h.MessagesServer != nil && h.Checked("messages_server") && m.Server != uint64(*h.MessagesServer) {
		t.Errorf("%s: messages %+v, want %d and %d", name, *m, *h.MessagesClient, *h.MessagesServer)
	}
}

// How the packets are handed over must not show in the rows: in blocks or one by
// one, taken apart beforehand or not, with time passing in between or not.
func TestSameRowsHoweverRead(t *testing.T) {
	for _, c := range loadTruth(t) {
		o := decode.Options{Keys: keysOf(t, &c)}
		want := readAll(t, c.Paths(), o, whole)
		for name, block := range map[string]func(d *decode.Decoder, b *packet.Block){
			"one by one": func(d *decode.Decoder, b *packet.Block) {
				for i := range b.Packets {
					d.Block(&packet.Block{Packets: b.Packets[i : i+1]})
				}
			},
			"apart": func(d *decode.Decoder, b *packet.Block) {
				var batch decode.Batch
				d.Link(b, &batch)
				d.Batch(&batch)
			},
			"with time": func(d *decode.Decoder, b *packet.Block) {
				for i := range b.Packets {
					d.Block(&packet.Block{Packets: b.Packets[i : i+1]})
					d.Advance(b.Packets[i].Time)
				}
			},
		} {
			if got := readAll(t, c.Paths(), o, block); !reflect.DeepEqual(got, want) {
				t.Errorf("%s: other rows when read %s", c.Name, name)
			}
		}
	}
}
