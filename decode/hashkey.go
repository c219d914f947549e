package decode

import (
	"encoding/binary"
	"hash/fnv"

	"wstap/capture/packet"
)

// hashKey makes the key of the flow hash from the first packet: nobody who sends
// packets to be captured can know it, and the same input gives the same key.
func hashKey(p *packet.Packet) [2]uint64 {
	h := fnv.New128a()
	h.Write(p.Data)
	var sum [16]byte
	h.Sum(sum[:0])
	const odd = 0x9e3779b97f4a7c15
	return [2]uint64{
		binary.LittleEndian.Uint64(sum[:]) ^ uint64(p.Time)*odd,
		binary.LittleEndian.Uint64(sum[8:]) | 1,
	}
}
