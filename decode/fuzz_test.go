package decode_test

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"wstap/capture/packet"
	"wstap/decode"
	"wstap/decode/tls"
	"wstap/decode/tls/keylog"
)

// FuzzDecoder feeds a capture that fuzzing makes: records of a time step, a link
// type, a length and that many bytes. Whatever it is, and whenever keys for TLS come,
// every packet is accounted for and every row can be made.
func FuzzDecoder(f *testing.F) {
	w := newWire()
	w.success()
	w.another()
	w.open()
	w.data(client, handshake)
	w.data(server, response)
	w.data(client, text(client, "hello"))
	w.lose(server, text(server, "lost"))
	w.data(server, closeFrame(server, 1000, "bye"))
	w.close(server)
	w.another()
	w.refused()
	w.another()
	w.open()
	w.talk(greeting, password, login, "\x01\x00", socksHost, granted, handshake, response)
	w.another()
	w.open()
	w.talk(socks4a, rejected4)
	w.both(1, "ws.example.com", 1, &servFail)
	w.both(3, "ws.example.com", 2, &noName)
	f.Add(fuzzSeed(w.packets), byte(0))
	f.Add(fuzzSeed(packetsOf(f, "../testdata/icmp_reject.pcap")), byte(0))
	f.Add(fuzzSeed(packetsOf(f, "../testdata/mtu_blackhole.pcap")), byte(0))
	keys := fuzzTLS(f)
	keyLog, _ := keys.Log.AppendSince(nil, 0, 1<<20)
	f.Fuzz(func(t *testing.T, b []byte, before byte) {
		packets := fuzzPackets(b)
		keys := tls.Keys{Log: keylog.NewStore(0), RSA: keys.RSA, Growing: true}
		d := decode.New(decode.Options{Connects: decode.ConnectsAll, Payload: true, Keys: keys})
		late := len(packets) * int(before) / 255
		d.Block(&packet.Block{Packets: packets[:late]})
		keys.Log.Add(keyLog)
		if late > 0 {
			d.Advance(packets[late-1].Time)
		}
		d.Block(&packet.Block{Packets: packets[late:]})
		d.Finish()
		rows := d.Take()
		s := d.Summary()
		p := s.Packets
		if p.Total != uint64(len(packets)) || p.Total != p.TCP+p.ICMP+p.DNS+p.NotTCP+p.Fragments+p.Malformed+p.UnknownLink {
			t.Errorf("%d packets: %+v", len(packets), p)
		}
		total := 0
		for _, n := range s.Attempts {
			total += n
		}
		if total != len(rows) {
			t.Errorf("%d rows, %d in the summary", len(rows), total)
		}
		for i, a := range rows {
			if a.N != i+1 || a.Verdict == "" || a.Ending == "" || a.Client == "" || a.Server == "" || a.ID == "" {
				t.Errorf("row %d lacks something: %+v", i, a)
			}
			if c := a.Close; c != nil && c.By == "" && a.WebSocket.CountsComplete != nil && *a.WebSocket.CountsComplete {
				t.Errorf("row %d: nothing was missed, and the first Close is not known", i)
			}
		}
	})
}

// fuzzTLS adds connections with TLS, before whose first packets, in whose midst and behind
// whose last ones their keys come. It returns the keys.
func fuzzTLS(f *testing.F) tls.Keys {
	keys := tls.Keys{Log: keylog.NewStore(0)}
	for _, c := range []struct {
		name        string
		first, last int // packets
		keys        string
	}{
		{"tls13_early_data", 1, 43, "tls13_early_data.keys"}, // with resumption by PSK
		{"tls13_key_update", 1, 29, "tls13_key_update.keys"},
		{"tls12_session_ids", 1, 43, "tls12_session_ids.keys"},
		{"tls_loss", 19, 72, "tls_loss.keys"}, // a message, a 101 and a ServerHello are missing
		{"tls_midstream", 1, 12, "tls_midstream.keys"},
		{"tls_in_tls", 1, 27, "tls_in_tls.keys"},
		{"tls_in_connect", 1, 22, "tls_in_connect.keys"},
		{"tls_private_key", 1, 43, "tls_private_key.pem"},
	} {
		text, err := os.ReadFile("../testdata/" + c.keys)
		if err != nil {
			f.Fatal(err)
		}
		if filepath.Ext(c.keys) != ".pem" {
			keys.Log.Add(text)
		} else if keys.RSA, err = keylog.ParsePrivateKeys(text); err != nil {
			f.Fatal(err)
		}
		seed := fuzzSeed(packetsOf(f, "../testdata/"+c.name+".pcap")[c.first-1 : c.last])
		for _, before := range []byte{0, 120, 255} {
			f.Add(seed, before)
		}
	}
	return keys
}

// fuzzSeed makes what fuzzPackets reads of packets.
func fuzzSeed(packets []packet.Packet) (seed []byte) {
	for _, p := range packets {
		seed = append(seed, 1, byte(p.Link))
		seed = binary.BigEndian.AppendUint16(seed, uint16(len(p.Data)))
		seed = append(seed, p.Data...)
	}
	return seed
}

// fuzzPackets reads records of a time step, a link type, a length and that many bytes.
func fuzzPackets(b []byte) (packets []packet.Packet) {
	links := []packet.LinkType{
		packet.LinkEthernet, packet.LinkNull, packet.LinkRaw, packet.LinkLinuxSLL, packet.LinkLinuxSLL2, packet.LinkLoop, 9999,
	}
	now := start
	for len(b) >= 4 {
		now += int64(b[0]) * int64(50*time.Millisecond)
		link := packet.LinkEthernet
		if int(b[1]) != int(packet.LinkEthernet) {
			link = links[int(b[1])%len(links)]
		}
		n := min(int(binary.BigEndian.Uint16(b[2:])), len(b)-4)
		packets = append(packets, packet.Packet{
			Time: now, Data: b[4 : 4+n], OrigLen: uint32(n) + uint32(b[1]>>7)*100, Link: link,
			Ref: packet.NewRef(0, uint64(len(packets)+1)),
		})
		b = b[4+n:]
	}
	return packets
}

// FuzzConnections writes out the packets of whatever connections fuzzing makes: what is
// kept in memory is what a second reading finds, each packet of it lies within its
// connection, and what is overwritten is overwritten.
func FuzzConnections(f *testing.F) {
	w := newWire()
	w.success()
	w.another()
	w.open()
	w.data(client, "POST /x HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc"+handshake)
	w.lose(server, "HTTP/1.1 200 OK\r\n")
	w.data(server, response)
	w.data(client, text(client, "hello"))
	f.Add(fuzzSeed(w.packets))
	f.Add(fuzzSeed(packetsOf(f, "../testdata/icmp_reject.pcap")))
	f.Add(fuzzSeed(packetsOf(f, "../testdata/mtu_blackhole.pcap")))
	f.Add(fuzzSeed(secretInFragments()))
	f.Fuzz(func(t *testing.T, b []byte) {
		packets := fuzzPackets(b)
		type key struct {
			c   netip.AddrPort
			ref packet.Ref
		}
		kept := make(map[key][]byte)
		var conns []*decode.Connection
		drive(t, packets, decode.LeastKept, func(k *decode.Keeper, c *decode.Connection, _ []*decode.Row) {
			conns = append(conns, c)
			found, _ := k.Take(c)
			for _, x := range found {
				kept[key{c.Client, x.Packet.Ref}] = bytes.Clone(x.Packet.Data)
			}
		})
		found := decode.NewSelection(conns).Block(&packet.Block{Packets: packets})
		for i := range found {
			x := &found[i]
			if x.Packet.Time < x.Connection.First || x.Packet.Time > x.Connection.Last {
				t.Errorf("packet %d is not of its connection's time", x.Packet.Ref.Number())
			}
			if data, ok := kept[key{x.Connection.Client, x.Packet.Ref}]; ok && !bytes.Equal(data, x.Packet.Data) {
				t.Errorf("packet %d is kept otherwise than it is found", x.Packet.Ref.Number())
			}
		}
		for i := range found {
			x := &found[i]
			x.Overwrite(x.Seq, uint32(len(x.Payload)), 'x')
			if bytes.Count(x.Payload, []byte{'x'}) != len(x.Payload) {
				t.Errorf("packet %d: %q is left", x.Packet.Ref.Number(), x.Payload)
			}
		}
	})
}

// Packets of an open WebSocket cost no memory.
func TestAllocs(t *testing.T) {
	w := newWire()
	w.open()
	w.data(client, handshake)
	w.data(server, response)
	begin := len(w.packets)
	for range 1000 {
		w.data(client, text(client, "hello"))
		w.data(server, text(server, "hello")+frame(server, 0x89, "ping"))
		w.data(client, frame(client, 0x8a, "ping"))
	}
	d := decode.New(decode.Options{})
	d.Block(&packet.Block{Packets: w.packets[:begin+8]})
	rest := w.packets[begin+8:]
	const runs = 50
	step := len(rest) / (runs + 1)
	at := 0
	allocs := testing.AllocsPerRun(runs, func() {
		d.Block(&packet.Block{Packets: rest[at : at+step]})
		at += step
	})
	if allocs > 1 { // the Block itself may escape
		t.Errorf("%v allocations for %d packets", allocs, step)
	}
	d.Finish()
	if a := d.Take()[0]; a.WebSocket.Messages.Client != 1000 && at == len(rest) {
		t.Errorf("messages: %+v", a.WebSocket.Messages)
	}
}
