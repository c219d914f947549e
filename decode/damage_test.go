package decode_test

import (
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"wstap/capture"
	"wstap/capture/packet"
	"wstap/decode"
	"wstap/decode/tls"
	"wstap/testdata/groundtruth"
)

// load reads all packets of a capture into memory of their own.
func load(t *testing.T, paths []string) []packet.Packet {
	t.Helper()
	set, err := capture.Open(paths, capture.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer set.Close()
	var all []packet.Packet
	var b packet.Block
	for set.Next(&b) != io.EOF {
		for _, p := range b.Packets {
			p.Data = slices.Clone(p.Data)
			all = append(all, p)
		}
	}
	return all
}

func decodeAll(packets []packet.Packet, keys tls.Keys) []*decode.Attempt {
	d := decode.New(decode.Options{Connects: decode.ConnectsAll, Keys: keys})
	d.Block(&packet.Block{Packets: packets})
	d.Finish()
	return d.Take()
}

// undamaged are the captures whose truth is whole: every fact is in the packets.
func undamaged(t *testing.T) (out []groundtruth.Capture) {
	for _, c := range loadTruth(t) {
		// Where packets are missing or swapped nothing tells two connections on the
		// same ports apart.
		whole := c.Name != "port_reuse" && notYet[c.Name] == "" && c.Exit == 0 && !strings.HasPrefix(c.Made, "edited")
		for i := range c.Handshakes {
			whole = whole && len(c.Handshakes[i].Unchecked) == 0
		}
		if whole {
			out = append(out, c)
		}
	}
	return out
}

// A capture that misses packets says less, and nothing that is not so: what a row
// states is what the logs say, or that it is not known.
func TestLossMakesNoFalseClaim(t *testing.T) {
	const rounds = 60
	for _, c := range undamaged(t) {
		packets, both := load(t, c.Paths()), withAndWithout(t, &c)
		for round := range uint64(rounds) {
			r := rand.New(rand.NewPCG(round, 7))
			var kept []packet.Packet
			for _, p := range packets {
				if r.IntN(100) >= 1+int(round)%40 { // 1 % to 40 % are missing
					kept = append(kept, p)
				}
			}
			for _, keys := range both {
				for _, a := range decodeAll(kept, keys) {
					checkClaims(t, c.Name, round, c.Handshakes, a)
				}
			}
		}
	}
}

// checkClaims compares what a row states with every handshake that it may be.
func checkClaims(t *testing.T, name string, round uint64, truths []groundtruth.Handshake, a *decode.Attempt) {
	t.Helper()
	var candidates []*groundtruth.Handshake
	for i := range truths {
		h := &truths[i]
		if h.Client == a.Client && h.Server == a.Server || h.Client == a.Server && h.Server == a.Client {
			if a.HTTP == nil || a.HTTP.URI == "" || a.HTTP.URI == h.URI {
				candidates = append(candidates, h)
			}
		}
	}
	if len(candidates) == 0 {
		if a.Verdict != decode.VerdictUnreached && a.Verdict != decode.VerdictIncomplete {
			t.Errorf("%s, round %d: %s -> %s %s: no log knows of it", name, round, a.Client, a.Server, a.Verdict)
		}
		return
	}
	var wrong []string
	for _, h := range candidates {
		if wrong = falseClaims(h, a); len(wrong) == 0 {
			return
		}
	}
	t.Errorf("%s, round %d: %s %s claims %q; the logs say %+v", name, round, a.Client, candidates[0].URI, wrong, *candidates[0])
}

func falseClaims(h *groundtruth.Handshake, a *decode.Attempt) (wrong []string) {
	claim := func(what, got string, fine bool) {
		if !fine {
			wrong = append(wrong, what+" "+got)
		}
	}
	v := string(a.Verdict)
	// Of a connection of a few packets, all behind the request, but for acknowledgments of
	// it, or behind the SYN may be missing, long before the capture's end: then that is
	// what the capture shows.
	silent := a.Packets != nil && (v == "unanswered" && (a.Packets.Last == a.Packets.Request || a.TCP != nil && a.TCP.ClosedBy == "") ||
		v == "unreached" && a.Packets.Last == a.Packets.SYN)
	claim("verdict", v, groundtruth.Allows(h.Verdict, v) || v == "incomplete" || v == "headless" || v == "encrypted" && h.TLS || silent)
	e := string(a.Ending)
	claim("ending", e, groundtruth.Allows(h.Ending, e) || e == "lost" || e == "open" || v == "incomplete" || v == "encrypted" || silent)
	if a.HTTP != nil && a.HTTP.Status != 0 {
		claim("status", a.HTTP.Reason, a.HTTP.Status == h.Status)
	}
	if a.Close != nil {
		claim("close", a.Close.By, h.Close != nil && (a.Close.By == "" || a.Close.By == h.Close.By) &&
			(a.Close.Code == nil || a.Close.By == "" || *a.Close.Code == h.Close.Code))
	}
	if a.WebSocket != nil && a.WebSocket.Messages != nil && h.MessagesClient != nil && h.MessagesServer != nil {
		m := a.WebSocket.Messages
		complete := a.WebSocket.CountsComplete != nil && *a.WebSocket.CountsComplete && a.Ending != decode.EndingOpen &&
			a.Capture.Gaps == 0 && a.Verdict == decode.VerdictAccepted
		fine := m.Client <= uint64(*h.MessagesClient) && m.Server <= uint64(*h.MessagesServer)
		if complete {
			fine = m.Client == uint64(*h.MessagesClient) && m.Server == uint64(*h.MessagesServer)
		}
		claim("messages", "", fine)
	}
	return wrong
}

// Packets that were captured a little out of order, as on a port that mirrors both
// directions, change no fact.
func TestReorderChangesNoFact(t *testing.T) {
	const rounds = 10
	for _, c := range undamaged(t) {
		if c.Name == "tls12_renegotiation" || c.Name == "tls_keylog_premaster" {
			continue // what a side encrypts cannot be read before what the keys are made of, which the other side sends
		}
		packets, keys := load(t, c.Paths()), keysOf(t, &c)
		for round := range uint64(rounds) {
			r := rand.New(rand.NewPCG(round, 8))
			moved := slices.Clone(packets)
			for i := 0; i+1 < len(moved); i++ {
				// Not before a connection's SYN: nothing tells then whose it is.
				if r.IntN(10) == 0 && !hasSYN(&moved[i]) && !hasSYN(&moved[i+1]) {
					moved[i], moved[i+1] = moved[i+1], moved[i]
					moved[i].Time, moved[i+1].Time = moved[i+1].Time, moved[i].Time
					i++
				}
			}
			rows := decodeAll(moved, keys)
			for i := range c.Handshakes {
				h := &c.Handshakes[i]
				if a := find(rows, h); a != nil {
					compare(t, h, a)
				} else if !h.Optional {
					t.Errorf("%s, round %d: no row for %s %s", c.Name, round, h.Client, h.URI)
				}
			}
			if t.Failed() {
				t.Fatalf("%s, round %d", c.Name, round)
			}
		}
	}
}

// hasSYN looks for the SYN bit where it stands in a packet of any of the link types
// that the captures use: it may find too many, never too few.
func hasSYN(p *packet.Packet) bool {
	for i := 12; i+14 < len(p.Data) && i < 90; i++ {
		if p.Data[i]>>4 >= 5 && p.Data[i+1]&^0x50 == 0x02 {
			return true
		}
	}
	return false
}
