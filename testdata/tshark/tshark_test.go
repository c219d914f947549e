package tshark

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"testing"

	"wstap/capture"
	"wstap/capture/packet"
	"wstap/decode"
	"wstap/testdata/groundtruth"
)

// TestAgainstTshark compares packet numbers, statuses, URIs and Close codes of
// every capture with what tshark says.
func TestAgainstTshark(t *testing.T) {
	if !Available() {
		t.Skip("tshark is not on the PATH")
	}
	captures, err := groundtruth.Load("..")
	if err != nil {
		t.Fatal(err)
	}
	needed := map[Difference]bool{}
	for _, c := range captures {
		switch {
		case len(c.Files) > 1:
			t.Logf("%s: left out, tshark reads one file at a time", c.Name)
			continue
		case len(c.Handshakes) == 0:
			continue
		}
		t.Run(c.Name, func(t *testing.T) {
			ours, err := attempts(c.Paths())
			if err != nil {
				t.Fatal(err)
			}
			theirs, err := Run(c.Paths()[0], ports(&c))
			if err != nil {
				t.Fatal(err)
			}
			compared := 0
			for _, d := range compare(ours, theirs, &compared) {
				known := slices.IndexFunc(Known, func(k Difference) bool {
					return k.Capture == c.Name && k.URI == d.URI && k.Fact == d.Fact
				})
				if known < 0 {
					t.Errorf("%s of %q: %s", d.Fact, d.URI, d.Reason)
					continue
				}
				needed[Known[known]] = true
			}
			t.Logf("%d attempts, %d facts compared", len(ours), compared)
		})
	}
	if t.Failed() {
		return
	}
	for _, k := range Known {
		if !needed[k] {
			t.Errorf("known difference %s of %q in %s is no longer one: take it out of the list", k.Fact, k.URI, k.Capture)
		}
	}
}

// attempts decodes a capture as wstap does.
func attempts(names []string) ([]*decode.Attempt, error) {
	set, err := capture.Open(names, capture.Options{})
	if err != nil {
		return nil, err
	}
	defer set.Close()
	d := decode.New(decode.Options{Connects: decode.ConnectsAll})
	var all []*decode.Attempt
	for block := new(packet.Block); ; {
		err := set.Next(block)
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
		if err != nil {
			d.Finish()
			return append(all, d.Take()...), nil
		}
		d.Block(block)
		all = append(all, d.Take()...)
	}
}

// ports lists the ports of the servers in a capture.
func ports(c *groundtruth.Capture) []string {
	var list []string
	for _, h := range c.Handshakes {
		if a, err := netip.ParseAddrPort(h.Server); err == nil {
			list = append(list, fmt.Sprint(a.Port()))
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
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
		if p := a.Packets.Response; p != 0 && a.HTTP.Status != 0 { // 0: what came is not HTTP
			*compared++
			matched[ends][p] = true
			if !slices.ContainsFunc(flow.Responses, func(m Message) bool { return m.Packet == p && m.Status == a.HTTP.Status }) {
				differ("response", "wstap %d in packet %d, tshark %v", a.HTTP.Status, p, flow.Responses)
			}
		}
		if fact := compareClose(a, flow); fact != "" {
			differ("close", "%s", fact)
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
	if a.Close.Code != 1005 && !slices.ContainsFunc(theirs, func(c CloseFrame) bool {
		return c.Packet == a.Packets.Close && c.Code == a.Close.Code && c.Client == (a.Close.By == "client")
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
