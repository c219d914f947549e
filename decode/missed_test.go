package decode_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"wstap/capture/packet"
	"wstap/decode"
)

// Where the kernel dropped packets, or a file is missing, silence proves nothing.
func TestMissedPacketsMakeDoubt(t *testing.T) {
	const s = time.Second
	later := func(w *wire) { // something else is captured 30 s on
		w.wait(30 * s)
		w.another()
		w.success()
	}
	silent := newWire()
	silent.open()
	silent.data(client, handshake)
	later(silent)
	repeated := newWire()
	repeated.open()
	repeated.send(client, ack, handshake)
	for range 3 {
		repeated.wait(s)
		repeated.emit(client, ack, repeated.next[client]-uint32(len(handshake)), handshake)
	}
	later(repeated)
	ends := func(side int) *wire {
		w := newWire()
		w.open()
		w.data(client, handshake)
		w.wait(4 * s)
		w.send(side, rst, "")
		later(w)
		return w
	}
	cut, left := ends(server), ends(client)
	quiet := newWire()
	quiet.open()
	quiet.data(client, handshake)
	quiet.data(server, response)
	later(quiet)
	syn1 := newWire()
	syn1.send(client, syn, "")
	later(syn1)
	syn4 := newWire()
	syn4.send(client, syn, "")
	for range 3 {
		syn4.wait(s)
		syn4.emit(client, syn, syn4.next[client]-1, "")
	}
	later(syn4)

	for _, test := range []struct {
		name     string
		wire     *wire
		from, to time.Duration
		verdict  decode.Verdict
		ending   decode.Ending
		dropped  uint64
	}{
		{"no answer, drops after the request", silent, 2 * s, 3 * s, decode.VerdictIncomplete, decode.EndingLost, 7},
		{"no answer, drops before the connection", silent, -2 * s, -s, decode.VerdictUnanswered, decode.EndingNone, 0},
		{"the request is sent again and again", repeated, s, 3 * s, decode.VerdictUnanswered, decode.EndingNone, 7},
		{"the request is sent again and again, drops after that", repeated, 4 * s, 5 * s, decode.VerdictIncomplete, decode.EndingLost, 7},
		{"the server closes, drops before that", cut, s, 3 * s, decode.VerdictUnanswered, decode.EndingNone, 7},
		{"the client closes, drops before that", left, s, 3 * s, decode.VerdictIncomplete, decode.EndingLost, 7},
		{"open, drops after its last packet", quiet, 2 * s, 3 * s, decode.VerdictAccepted, decode.EndingLost, 7},
		{"open, drops at its start", quiet, 0, 2 * time.Millisecond, decode.VerdictAccepted, decode.EndingOpen, 7},
		{"one SYN", syn1, 0, s, decode.VerdictIncomplete, decode.EndingNone, 7},
		{"four SYNs", syn4, 0, s, decode.VerdictUnreached, decode.EndingNone, 7},
	} {
		t.Run(test.name, func(t *testing.T) {
			var a *decode.Attempt
			for _, r := range rowsWithMissed(test.wire, test.from, test.to, 7) {
				if r.Client == "192.0.2.10:40000" {
					a = r
				}
			}
			if a == nil {
				t.Fatal("no row")
			}
			wantOutcome(t, a, test.verdict, test.ending)
			if a.Capture.Dropped != test.dropped {
				t.Errorf("dropped %d, want %d", a.Capture.Dropped, test.dropped)
			}
			for _, r := range rowsWithMissed(test.wire, test.from, test.to, 0) {
				if r.Client == "192.0.2.10:40000" && (r.Capture.UnrecordedMS != nil) != (test.dropped > 0) {
					t.Errorf("unrecorded_ms %v", r.Capture.UnrecordedMS)
				}
			}
		})
	}
}

func rowsWithMissed(w *wire, from, to time.Duration, packets uint64) []*decode.Attempt {
	d := decode.New(decode.Options{Connects: decode.ConnectsAll})
	m := packet.Missed{From: start + int64(from), To: start + int64(to), Packets: packets}
	d.Block(&packet.Block{Packets: w.packets, Missed: []packet.Missed{m}})
	d.Finish()
	return d.Take()
}

// A run of packets that the kernel dropped, and said so, leads to no false claim;
// and what goes on behind it is not called open.
func TestDropsMakeNoFalseClaim(t *testing.T) {
	const rounds = 20
	marked := 0
	for _, c := range undamaged(t) {
		packets, both := load(t, c.Paths()), withAndWithout(t, &c)
		if len(packets) < 2 {
			continue
		}
		for round := range uint64(rounds) {
			r := rand.New(rand.NewPCG(round, 9))
			from := r.IntN(len(packets))
			to := min(from+1+r.IntN(30), len(packets)) // the rest, sometimes
			m := packet.Missed{From: packets[from].Time, To: packets[to-1].Time, Packets: uint64(to - from)}
			kept := append(append([]packet.Packet(nil), packets[:from]...), packets[to:]...)
			for _, keys := range both {
				d := decode.New(decode.Options{Connects: decode.ConnectsAll, Keys: keys})
				d.Block(&packet.Block{Packets: kept, Missed: []packet.Missed{m}})
				d.Finish()
				for _, a := range d.Take() {
					checkClaims(t, c.Name, round, c.Handshakes, a)
					if a.Capture.Dropped > 0 {
						marked++
					}
				}
			}
		}
	}
	if marked == 0 {
		t.Error("no attempt was marked as touched by the drops")
	}
}

// However many spans there are, none is forgotten: an attempt near a drop is never
// taken for one that misses nothing.
func TestMissedSpansAreBounded(t *testing.T) {
	d := decode.New(decode.Options{Connects: decode.ConnectsAll})
	w := newWire()
	w.open()
	w.data(client, handshake)
	w.data(server, response)
	w.close(client)
	d.Block(&packet.Block{Missed: []packet.Missed{{From: start, To: start + 1, Packets: 3}}})
	for i := range int64(10_000) { // an hour later, ten times a second
		at := start + int64(time.Hour) + i*int64(100*time.Millisecond)
		d.Block(&packet.Block{Missed: []packet.Missed{{From: at, To: at + 1, Packets: 1}}})
	}
	w.packets[0].Time = start
	d.Block(&packet.Block{Packets: w.packets})
	d.Finish()
	if rows := d.Take(); len(rows) != 1 || rows[0].Capture.Dropped < 3 {
		t.Errorf("the first drop is forgotten: %+v", rows)
	}
	if n := d.Summary().Bounded["missed_spans"]; n != 10_001-4096 {
		t.Errorf("missed_spans bounded %d times, want %d", n, 10_001-4096)
	}
}
