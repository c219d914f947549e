package tshark

import (
	"slices"
	"strings"
)

// Difference is a fact about which tshark is wrong and wstap right. The attempt
// is named by the URI of its request, which is unique within a capture and, as
// client ports are not, the same after the captures were made anew.
type Difference struct {
	Capture string
	URI     string // empty where wstap saw no request
	Fact    string // "request", "response", "close", "tls", "connection" or "missed", as the test reports it
	Reason  string
}

// Why tshark says something else, or nothing.
const (
	noHandshake = "tshark decodes frames only after it has seen a whole handshake"
	gapEnds     = "tshark gives up on a direction at the first hole that is never filled; wstap finds the next frame"
	filling     = "tshark names the packet that filled the hole before the Close frame; wstap the one that holds the frame"
	cutShort    = "the server closed in the middle of the head; tshark waits for its end, wstap reads the status that is there"
	overlapping = "tshark puts overlapping fragments together, and a Close takes a message's place; wstap refuses them and reads the repetition"
	anyVLAN     = "tshark puts fragments of different VLANs together when addresses and identification are the same"
	askedTwice  = "tshark looks into a tunnel only where the first CONNECT on its connection was granted"
	askedFirst  = "tshark takes the 101 for an answer only where it was captured after the request"
)

// Known returns all of them, one for each fact. A difference that two attempts with the
// same URI show is there twice. The test fails when one is no longer needed.
func Known() (list []Difference) {
	for _, d := range append(slices.Clip(known), knownTLS...) {
		for fact := range strings.FieldsSeq(d.Fact) {
			list = append(list, Difference{d.Capture, d.URI, fact, d.Reason})
		}
	}
	return list
}

// known may have several facts in one line, separated by spaces.
var known = []Difference{
	{"fragments_mixed", "/incomplete", "close", gapEnds},
	{"fragments_mixed", "/overlap", "close", overlapping},
	{"fragments_vlans", "/vlan10", "response", anyVLAN},
	{"fragments_vlans", "/vlan20", "request response close", anyVLAN},
	{"fragments_vlans", "", "missed missed", anyVLAN},
	{"hole_header", "/hole_header", "close", gapEnds},
	{"hole_payload", "/hole_payload", "close", gapEnds},
	{"loss", "/deflate", "close", noHandshake},
	{"loss", "", "close", noHandshake},
	{"loss", "/fragments", "close", gapEnds},
	{"loss", "/hello?hello=5", "close", gapEnds},
	{"loss_payload", "/chat", "close", gapEnds},
	{"midstream", "", "close", noHandshake},
	{"oneway_client", "/chat", "close", noHandshake},
	{"oneway_server", "", "close", noHandshake},
	{"reordered", "/frames-with-101", "close", filling},
	{"reordered", "/bare-lf", "close", filling},
	{"reordered", "/duplicates", "close", filling},
	{"reordered", "/control?a=%1b[31m", "close", filling},
	{"response_first", "/first/101", "close", askedFirst},
	{"ring_duration", "", "close", noHandshake},
	{"ring_wrapped", "", "close", noHandshake},
	{"snaplen", "/chat", "close", noHandshake},
	{"traps_wire", "/trap-08/frames", "close", gapEnds},
	{"traps_wire", "/trap-12/tunnel", "request response close", askedTwice},
	{"unanswered", "/half", "response", cutShort},
}
