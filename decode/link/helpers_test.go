package link

import (
	"encoding/hex"
	"strings"
	"testing"

	"wstap/capture/packet"
)

// Pieces of packets in hex, put together by the tables. Blanks are for the eye.
const (
	macs = "02 00 00 00 00 02  02 00 00 00 00 01 "

	ethIP4 = macs + "08 00 "
	ethIP6 = macs + "86 dd "

	// 192.0.2.1 → 192.0.2.2, identification 0x1234, TCP. Total length 44.
	ip4 = "45 00 00 2c 12 34 40 00 40 06 00 00 c0 00 02 01 c0 00 02 02 "
	// 2001:db8::1 → 2001:db8::2, next header and length left to the user.
	ip6from = "40 20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 01 "
	ip6to   = "20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 02 "

	// 40000 → 80, sequence 0x01020304, acknowledgment 0x05060708, PSH and ACK,
	// window 501.
	tcp = "9c 40 00 50 01 02 03 04 05 06 07 08 50 18 01 f5 00 00 00 00 "
	// The same with 12 bytes of options: two NOPs and timestamps.
	tcpOptions = "9c 40 00 50 01 02 03 04 05 06 07 08 80 18 01 f5 00 00 00 00 " +
		"01 01 08 0a 00 00 00 01 00 00 00 02 "

	four = "77 73 73 21 " // "wss!"
)

// unhex decodes hex with blanks in it.
func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// captured returns a packet whose capture holds data out of wire bytes; 0 stands
// for all of them.
func captured(link packet.LinkType, data []byte, wire int) packet.Packet {
	if wire == 0 {
		wire = len(data)
	}
	return packet.Packet{
		Link: link, Data: data, OrigLen: uint32(wire),
		Time: 1_700_000_000_123_456_789, Ref: packet.NewRef(3, 42),
	}
}
