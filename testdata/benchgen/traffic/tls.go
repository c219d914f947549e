package traffic

import (
	"encoding/binary"
	"math/rand/v2"
)

// tls fills the flow with a download over TLS 1.3: hellos as they are, and records of the
// sizes that there would be, with text in the place of what is encrypted.
func (f *flow) tls() {
	r := f.r
	f.port[server] = 443
	f.open()
	f.send(client, psh|ack, clientHello(r))
	f.acknowledge(server)
	flight := append(serverHello(r), 20, 3, 3, 0, 1, 1)
	for _, n := range []int{36, 2800, 281, 53} { // EncryptedExtensions to Finished
		flight = append(flight, applicationData(r, n)...)
	}
	f.send(server, psh|ack, flight)
	f.acknowledge(client)
	f.send(client, psh|ack, append([]byte{20, 3, 3, 0, 1, 1}, applicationData(r, 53)...))
	f.send(client, psh|ack, applicationData(r, 0x120))
	var body []byte
	for range 1 + r.IntN(28) {
		body = append(body, applicationData(r, 1<<14+17)...)
	}
	for len(body) > 0 {
		n := min(len(body), mss)
		f.send(server, ack, body[:n])
		if body = body[n:]; len(body) > 0 {
			n = min(len(body), mss)
			f.send(server, ack, body[:n])
			body = body[n:]
		}
		f.acknowledge(client)
	}
	f.close()
}

// applicationData returns a record with n bytes.
func applicationData(r *rand.Rand, n int) []byte {
	return append(binary.BigEndian.AppendUint16([]byte{23, 3, 3}, uint16(n)), text(r, n)...)
}

// clientHello returns a record with a ClientHello (RFC 8446 section 4.1.2) that offers TLS
// 1.3 for a host of this name.
func clientHello(r *rand.Rand) []byte {
	body := append([]byte{3, 3}, text(r, 32)...)
	body = append(append(body, 32), text(r, 32)...)
	body = append(body, 0, 6, 0x13, 1, 0x13, 2, 0x13, 3, 1, 0)
	name := "www.example.com"
	sni := append([]byte{0, byte(len(name) + 3), 0, 0, byte(len(name))}, name...)
	share := append([]byte{0, 36, 0, 29, 0, 32}, text(r, 32)...)
	return hello(1, append(body, extensions(0, sni, 43, []byte{2, 3, 4}, 10, []byte{0, 2, 0, 29}, 13, []byte{0, 2, 4, 3}, 51, share, 21, make([]byte, 300))...))
}

// serverHello returns a record with the ServerHello that answers it.
func serverHello(r *rand.Rand) []byte {
	body := append([]byte{3, 3}, text(r, 32)...)
	body = append(append(body, 32), text(r, 32)...)
	share := append([]byte{0, 29, 0, 32}, text(r, 32)...)
	return hello(2, append(append(body, 0x13, 1, 0), extensions(43, []byte{3, 4}, 51, share)...))
}

func hello(kind byte, body []byte) []byte {
	record := binary.BigEndian.AppendUint16([]byte{22, 3, 1}, uint16(len(body)+4))
	return append(append(record, kind, 0, byte(len(body)>>8), byte(len(body))), body...)
}

// extensions returns the list of extensions whose numbers and contents follow each other.
func extensions(pairs ...any) []byte {
	var list []byte
	for i := 0; i < len(pairs); i += 2 {
		content := pairs[i+1].([]byte)
		list = binary.BigEndian.AppendUint16(list, uint16(pairs[i].(int)))
		list = append(binary.BigEndian.AppendUint16(list, uint16(len(content))), content...)
	}
	return append(binary.BigEndian.AppendUint16(nil, uint16(len(list))), list...)
}
