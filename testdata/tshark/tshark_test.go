package tshark

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"slices"
	"testing"

	"wstap/capture"
	"wstap/capture/packet"
	"wstap/decode"
	"wstap/decode/tls"
	"wstap/testdata/groundtruth"
)

// TestAgainstTshark compares packet numbers, statuses, URIs, Close codes and what was
// agreed on in TLS of every capture with what tshark says, and where packets are wrapped what tshark
// says with the truth, so that it is known to look at the innermost connection.
func TestAgainstTshark(t *testing.T) {
	if !Available() {
		t.Skip("tshark is not on the PATH")
	}
	captures, err := groundtruth.Load("..")
	if err != nil {
		t.Fatal(err)
	}
	known := Known()
	needed := make([]bool, len(known))
	for _, c := range captures {
		if len(c.Handshakes) == 0 {
			continue
		}
		t.Run(c.Name, func(t *testing.T) {
			file, before := whole(t, c.Paths())
			theirs, err := Run(file, servers(&c), c.KeylogPath(), c.TLSKeyPath())
			if err != nil {
				t.Fatal(err)
			}
			report := func(diffs []Difference) {
				used := make([]bool, len(known))
				for _, d := range diffs {
					i := 0
					for i < len(known) && (used[i] || known[i].Capture != c.Name || known[i].URI != d.URI || known[i].Fact != d.Fact) {
						i++
					}
					if i == len(known) {
						t.Errorf("%s of %q: %s", d.Fact, d.URI, d.Reason)
						continue
					}
					used[i], needed[i] = true, true
				}
			}
			if c.Handshakes[0].Carrier != nil {
				report(compareTruth(&c, theirs))
			}
			keys, err := keysOf(&c)
			if err != nil {
				t.Fatal(err)
			}
			ours, err := attempts(c.Paths(), keys, before)
			if err != nil {
				t.Fatal(err)
			}
			compared := 0
			report(compare(ours, theirs, &compared))
			t.Logf("%d attempts, %d facts compared", len(ours), compared)
		})
	}
	if t.Failed() {
		return
	}
	for i, k := range known {
		if !needed[i] {
			t.Errorf("known difference %s of %q in %s is no longer one: take it out of the list", k.Fact, k.URI, k.Capture)
		}
	}
}

// whole returns one file with all packets, since tshark reads one at a time, and
// for each file's base name how many packets stand before its own.
func whole(t *testing.T, paths []string) (file string, before map[string]uint64) {
	t.Helper()
	if len(paths) == 1 {
		return paths[0], nil
	}
	file, before = filepath.Join(t.TempDir(), "whole.pcapng"), map[string]uint64{}
	if err := Merge(paths, file); err != nil {
		t.Fatal(err)
	}
	var sum uint64
	for _, p := range paths {
		n, err := Count(p)
		if err != nil {
			t.Fatal(err)
		}
		before[filepath.Base(p)] = sum
		sum += n
	}
	return file, before
}

// attempts decodes a capture as wstap does, with the keys that it brings, too. Packet
// numbers of several files are made those of one.
func attempts(names []string, keys tls.Keys, before map[string]uint64) ([]*decode.Attempt, error) {
	set, err := capture.Open(names, capture.Options{})
	if err != nil {
		return nil, err
	}
	defer set.Close()
	d := decode.New(decode.Options{Connects: decode.ConnectsAll, ManyFiles: len(names) > 1, FileName: set.Name, Keys: keys})
	var all []*decode.Attempt
	for block := new(packet.Block); ; {
		err := set.Next(block)
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
		if err != nil {
			d.Finish()
			all = append(all, d.Take()...)
			break
		}
		set.SecretsAhead(context.Background(), block)
		for i := range block.Secrets {
			keys.Log.Add(block.Secrets[i].Data)
		}
		d.Block(block)
		all = append(all, d.Take()...)
	}
	for _, a := range all {
		if p, f := a.Packets, a.Files; p != nil && f != nil {
			p.First += before[filepath.Base(f.First)]
			p.Request += before[filepath.Base(f.Request)]
			p.Response += before[filepath.Base(f.Response)]
			p.Close += before[filepath.Base(f.Close)]
			p.Last += before[filepath.Base(f.Last)]
		}
	}
	return all, nil
}

// compareTruth returns every fact on which the truth of a capture and tshark
// differ. Both must know the same pairs of client and server.
func compareTruth(c *groundtruth.Capture, theirs map[Ends]*Flow) []Difference {
	var diffs []Difference
	rows := map[Ends]int{}
	for i := range c.Handshakes {
		h := &c.Handshakes[i]
		ends := Ends{h.Client, h.Server}
		rows[ends]++
		flow := theirs[ends]
		differ := func(fact string, say any) {
			diffs = append(diffs, Difference{URI: h.URI, Fact: fact, Reason: fmt.Sprintf("the truth is %+v, tshark says %+v", *h, say)})
		}
		if flow == nil {
			differ("connection", "nothing")
			continue
		}
		if h.URI != "" && h.Checked("uri") && !slices.ContainsFunc(flow.Requests, func(m Message) bool { return m.URI == h.URI && m.Method == h.Method }) {
			differ("request", flow.Requests)
		}
		if h.Status != 0 && h.Checked("status") && !slices.ContainsFunc(flow.Responses, func(m Message) bool { return m.Status == h.Status }) {
			differ("response", flow.Responses)
		}
		if h.Close != nil && h.Close.Code != 1005 && !slices.ContainsFunc(flow.Closes, func(f CloseFrame) bool {
			return f.Code == h.Close.Code && f.Client == (h.Close.By == "client")
		}) {
			differ("close", flow.Closes)
		}
	}
	for ends, flow := range theirs {
		// A connection that began before the capture has no SYN.
		if n := rows[ends]; n == 0 || len(flow.SYNs) > n {
			diffs = append(diffs, Difference{Fact: "connection", Reason: fmt.Sprintf("%d of %s to %s, the truth has %d", len(flow.SYNs), ends.Client, ends.Server, n)})
		}
	}
	return diffs
}

// proxies are the ports of those behind which TLS begins: what comes first on their
// connections is in the clear.
var proxies = map[string]string{"1080": "socks", "1081": "socks", "3128": "http"}

// servers returns with what protocol the connections to each server port in a capture
// begin.
func servers(c *groundtruth.Capture) map[string]string {
	protocols := map[string]string{}
	for i := range c.Handshakes {
		h := &c.Handshakes[i]
		_, port, err := net.SplitHostPort(h.Server)
		switch {
		case err != nil:
		case !h.TLS || protocols[port] == "http":
			protocols[port] = "http"
		case proxies[port] != "":
			protocols[port] = proxies[port]
		default:
			protocols[port] = "tls"
		}
	}
	return protocols
}

// compare returns every fact on which both differ, in Reason what each says.
func compare(ours []*decode.Attempt, theirs map[Ends]*Flow, compared *int) []Difference {
	var diffs []Difference
	matched := map[Ends]map[uint64]bool{} // packets of theirs that an attempt of ours accounts for
	for _, a := range ours {
		ends := Ends{a.Client, a.Server}
		flow := theirs[ends]
		if flow == nil {
			flow = new(Flow)
		}
		if matched[ends] == nil {
			matched[ends] = map[uint64]bool{}
		}
		uri := ""
		if a.HTTP != nil {
			uri = a.HTTP.URI
		}
		differ := func(fact, format string, args ...any) {
			diffs = append(diffs, Difference{URI: uri, Fact: fact, Reason: fmt.Sprintf(format, args...)})
		}
		if a.Packets == nil {
			a.Packets = new(decode.Packets)
		}
		if p := a.Packets.Request; p != 0 && uri != "" {
			*compared++
			matched[ends][p] = true
			if !slices.ContainsFunc(flow.Requests, func(m Message) bool { return m.Packet == p && m.URI == uri && m.Method == a.HTTP.Method }) {
				differ("request", "wstap %s in packet %d, tshark %v", a.HTTP.Method, p, flow.Requests)
			}
		}
		if p := a.Packets.Response; p != 0 && a.HTTP != nil && a.HTTP.Status != 0 { // otherwise what came is not HTTP
			*compared++
			matched[ends][p] = true
			if !slices.ContainsFunc(flow.Responses, func(m Message) bool { return m.Packet == p && m.Status == a.HTTP.Status }) {
				differ("response", "wstap %d in packet %d, tshark %v", a.HTTP.Status, p, flow.Responses)
			}
		}
		if fact := compareClose(a, flow); fact != "" {
			differ("close", "%s", fact)
		}
		if a.TLS != nil {
			*compared++
			if fact := compareTLS(a.TLS, &flow.TLS); fact != "" {
				differ("tls", "%s", fact)
			}
		}
		*compared++
	}
	return append(diffs, missed(theirs, matched)...)
}

// compareClose compares the first Close frame of each side, by code. tshark shows
// no code for a Close frame without one.
func compareClose(a *decode.Attempt, flow *Flow) string {
	var theirs []CloseFrame
	for _, c := range flow.Closes { // of this connection, where the addresses were used again
		if c.Packet >= a.Packets.First && c.Packet <= a.Packets.Last {
			theirs = append(theirs, c)
		}
	}
	ours, _ := json.Marshal(a.Close)
	said := fmt.Sprintf("wstap %s in packet %d, tshark %+v", ours, a.Packets.Close, theirs)
	if a.Close == nil {
		if len(theirs) > 0 {
			return said
		}
		return ""
	}
	if code := a.Close.Code; (code == nil || *code != 1005) && !slices.ContainsFunc(theirs, func(c CloseFrame) bool {
		return c.Packet == a.Packets.Close && code != nil && c.Code == *code && c.Client == (a.Close.By == "client")
	}) {
		return said
	}
	for _, side := range []struct {
		client bool
		code   *int
	}{{true, a.Close.ClientCode}, {false, a.Close.ServerCode}} {
		i := slices.IndexFunc(theirs, func(c CloseFrame) bool { return c.Client == side.client })
		switch {
		case i < 0 && side.code != nil && *side.code != 1005:
			return said
		case i >= 0 && (side.code == nil || *side.code != theirs[i].Code):
			return said
		}
	}
	return ""
}

// missed returns handshakes that only tshark has.
func missed(theirs map[Ends]*Flow, matched map[Ends]map[uint64]bool) []Difference {
	var diffs []Difference
	for ends, flow := range theirs {
		for _, m := range flow.Requests {
			if m.Key && !matched[ends][m.Packet] {
				diffs = append(diffs, Difference{URI: m.URI, Fact: "missed", Reason: fmt.Sprintf("only tshark has the request in packet %d", m.Packet)})
			}
		}
		for _, m := range flow.Responses {
			if m.Status == 101 && !matched[ends][m.Packet] {
				diffs = append(diffs, Difference{Fact: "missed", Reason: fmt.Sprintf("only tshark has the 101 in packet %d", m.Packet)})
			}
		}
	}
	return diffs
}
