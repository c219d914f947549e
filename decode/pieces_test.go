package decode_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"wstap/capture/packet"
	"wstap/decode"
)

// secretInFragments makes a conversation whose packets are fragments, some across blocks,
// each packet with a number of its own.
func secretInFragments() []packet.Packet {
	w := newWire()
	w.open()
	w.data(client, strings.Replace(handshake, "Host:", "Cookie: "+strings.Repeat("s3cr3t-", 100)+"\r\nHost:", 1))
	w.data(server, response)
	w.data(server, text(server, strings.Repeat("hello ", 60)))
	w.close(client)
	out := inFragments(numbered(w.packets), 64)
	for i := range out {
		out[i].Data = bytes.Clone(out[i].Data)
		out[i].Ref = packet.NewRef(0, uint64(i+1))
	}
	return out
}

// Secrets that are spread over fragments are overwritten in all of them, wherever the
// bytes of a connection come from, and nothing else is touched.
func TestOverwriteFragments(t *testing.T) {
	overwrite := func(t *testing.T, all []decode.Found) []packet.Packet {
		var out []packet.Packet
		for i := range all {
			f := &all[i]
			if f.Opaque {
				t.Errorf("packet %d: nobody knows where its bytes are", f.Packet.Ref.Number())
			}
			for _, p := range f.Connection.Plain {
				if at := bytes.Index(p.Head, []byte("s3cr3t")); at >= 0 {
					if f.FromClient {
						f.Overwrite(p.Seq+uint32(at), 700, 'x')
					}
				}
			}
			f.Packet.Data = bytes.Clone(f.Packet.Data)
			out = append(out, f.Packet)
		}
		return out
	}
	check := func(t *testing.T, out []packet.Packet) {
		was := secretInFragments()
		if len(out) != len(was) {
			t.Fatalf("%d packets, want %d", len(out), len(was))
		}
		left := 0
		for i := range was {
			left += bytes.Count(out[i].Data, []byte("x")) - bytes.Count(was[i].Data, []byte("x"))
			if bytes.Contains(out[i].Data, []byte("s3c")) || bytes.Contains(out[i].Data, []byte("r3t")) {
				t.Errorf("packet %d still has %q", i+1, out[i].Data[34:])
			}
		}
		if left != 700 {
			t.Errorf("%d bytes are overwritten, want 700", left)
		}
		before, _ := pipelined(was, 1000)
		after, _ := pipelined(out, 1000)
		before[0].HTTP.RequestHeaders[0][1] = strings.Repeat("x", 700)
		if diff := cmp.Diff(before, after); diff != "" {
			t.Errorf("the rows differ (-before +after):\n%s", diff)
		}
	}
	for _, n := range []int{1, 7, 1000} {
		t.Run(fmt.Sprint("read again in blocks of ", n), func(t *testing.T) {
			packets := secretInFragments()
			d := decode.New(decode.Options{Connections: true})
			d.Block(&packet.Block{Packets: packets})
			d.Finish()
			s := decode.NewSelection(d.Ended())
			var out []packet.Packet
			for rest := packets; len(rest) > 0; rest = rest[min(n, len(rest)):] {
				out = append(out, overwrite(t, s.Block(&packet.Block{Packets: rest[:min(n, len(rest))]}))...)
			}
			check(t, sorted(out))
		})
	}
	t.Run("kept in memory", func(t *testing.T) {
		var out []packet.Packet
		drive(t, secretInFragments(), decode.LeastKept, func(k *decode.Keeper, c *decode.Connection, _ []*decode.Row) {
			found, _ := k.Take(c)
			out = append(out, overwrite(t, found)...)
		})
		check(t, sorted(out))
	})
}

// sorted puts packets in the order of their numbers.
func sorted(packets []packet.Packet) []packet.Packet {
	out := make([]packet.Packet, len(packets))
	for _, p := range packets {
		if n := int(p.Ref.Number()); n <= len(out) {
			out[n-1] = p
		}
	}
	return out
}
