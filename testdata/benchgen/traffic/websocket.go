package traffic

import (
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
)

var userAgents = []string{
	"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
	"Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:127.0) Gecko/20100101 Firefox/127.0",
	"okhttp/4.12.0", "python-websockets/12.0",
}

// rejections and closeCodes are drawn from with their repetitions as weights.
var (
	rejections = []string{"403 Forbidden", "403 Forbidden", "400 Bad Request", "404 Not Found", "401 Unauthorized",
		"426 Upgrade Required", "503 Service Unavailable"}
	closeCodes = []int{1000, 1000, 1000, 1000, 1000, 1000, 1001, 1001, 1001, 1002, 1003, 1007, 1008, 1009, 1011, 1012, 1013,
		3000, 4000, 4001, 4999}
)

// offer is what a handshake negotiates.
type offer struct {
	key               string
	deflate, subproto bool
}

// webSocket fills the flow with an attempt: one in twenty is rejected, the
// others exchange between least and most frames.
func (f *flow) webSocket(least, most int) {
	r := f.r
	f.open()
	if r.IntN(20) == 0 { // a page first, on the same connection
		f.plainRequest()
	}
	o := f.handshakeRequest()
	f.t.Attempts++
	f.answer(server)
	if r.IntN(20) == 0 {
		f.reject()
		f.close()
		return
	}
	f.t.ByStatus["101"]++
	f.talk(o, least+r.IntN(most-least+1))
	if r.IntN(20) < 17 {
		f.closeFrames()
	}
	f.close()
}

func (f *flow) handshakeRequest() offer {
	r := f.r
	var random [16]byte
	binary.LittleEndian.PutUint64(random[:], r.Uint64())
	binary.LittleEndian.PutUint64(random[8:], r.Uint64())
	o := offer{key: base64.StdEncoding.EncodeToString(random[:]), deflate: r.IntN(10) < 4, subproto: r.IntN(5) == 0}
	cookie := 60 + r.IntN(300)
	if r.IntN(30) == 0 { // more than one segment
		cookie = 1500 + r.IntN(2500)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "GET /ws/%s?t=%s HTTP/1.1\r\nHost: live%d.example.com\r\nUser-Agent: %s\r\nAccept-Encoding: gzip, deflate\r\n"+
		"Origin: https://app.example.com\r\n", token(r, 6), token(r, 10), r.IntN(40), pick(r, userAgents))
	b.WriteString(pick(r, []string{"Connection: Upgrade\r\nUpgrade: websocket\r\n",
		"Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n", "connection: upgrade\r\nupgrade: WebSocket\r\n"}))
	fmt.Fprintf(&b, "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %s\r\n", o.key)
	if o.deflate {
		b.WriteString("Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n")
	}
	if o.subproto {
		b.WriteString("Sec-WebSocket-Protocol: graphql-ws, chat\r\n")
	}
	fmt.Fprintf(&b, "Cookie: session=%s\r\n\r\n", token(r, cookie))
	f.send(client, psh|ack, []byte(b.String()))
	f.acknowledge(server)
	return o
}

func (f *flow) reject() {
	status := pick(f.r, rejections)
	f.t.ByStatus[status[:3]]++
	body := text(f.r, f.r.IntN(600))
	f.send(server, psh|ack, fmt.Appendf(nil, "HTTP/1.1 %s\r\nServer: nginx\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n%s",
		status, len(body), body))
	f.acknowledge(client)
}

// switching is the head of the 101.
func (o offer) switching() []byte {
	sum := sha1.Sum([]byte(o.key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	head := "HTTP/1.1 101 Switching Protocols\r\nServer: nginx\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Accept: " + base64.StdEncoding.EncodeToString(sum[:]) + "\r\n"
	if o.deflate {
		head += "Sec-WebSocket-Extensions: permessage-deflate\r\n"
	}
	if o.subproto {
		head += "Sec-WebSocket-Protocol: chat\r\n"
	}
	return []byte(head + "\r\n")
}

// talk sends the 101 and n frames, mostly small, a tenth of them in the segment
// of the frame before, one 101 in fifty in the segment of the first frame.
func (f *flow) talk(o offer, n int) {
	r := f.r
	var pending [2][]byte
	pending[server] = o.switching()
	flush := func(from side) {
		f.send(from, psh|ack, pending[from])
		pending[from] = nil
	}
	if r.IntN(50) != 0 {
		flush(server)
		f.acknowledge(client)
	}
	f.answer(client)
	for i := range n {
		from := client
		if r.IntN(10) < 6 || pending[server] != nil {
			from = server
		}
		first, size, fragmented := frameShape(r)
		if fragmented {
			f.t.frame(from, 0x01)
			pending[from] = appendFrame(pending[from], r, 0x01, text(r, size), from == client)
		}
		if o.deflate && (first&15 == 1 || first&15 == 2) {
			first |= 0x40
		}
		f.t.frame(from, first)
		pending[from] = appendFrame(pending[from], r, first, text(r, size), from == client)
		if r.IntN(10) == 0 && i < n-1 {
			continue
		}
		flush(from)
		if r.IntN(4) == 0 {
			f.acknowledge(from.other())
		}
	}
	for from := range pending {
		if pending[from] != nil {
			flush(side(from))
		}
	}
}

// frameShape draws a frame's first byte and payload size; fragmented frames are
// the last of two.
func frameShape(r *rand.Rand) (first byte, size int, fragmented bool) {
	first, size = 0x81, 10+r.IntN(90)
	if r.IntN(3) == 0 {
		first = 0x82
	}
	switch k := r.IntN(2000); {
	case k < 2:
		size = 2000 + r.IntN(14000)
	case k < 3 && r.IntN(5) == 0:
		size = 65536 + r.IntN(20000)
	case k < 200:
		size = 126 + r.IntN(500)
	case k < 300:
		first, size = 0x89, r.IntN(20)
	case k < 400:
		first, size = 0x8a, r.IntN(20)
	case k < 420:
		first, fragmented = 0x80, true
	}
	return first, size, fragmented
}

// closeFrames is the Close handshake; one in ten is not answered.
func (f *flow) closeFrames() {
	r, from, code := f.r, side(f.r.IntN(2)), 1005
	var body []byte
	if r.IntN(20) != 0 {
		code = pick(r, closeCodes)
		body = binary.BigEndian.AppendUint16(nil, uint16(code))
		if r.IntN(3) == 0 {
			body = append(body, "going away"...)
		}
	}
	f.t.closeFrame(from, code, true)
	f.send(from, psh|ack, appendFrame(nil, r, 0x88, body, from == client))
	f.acknowledge(from.other())
	if r.IntN(10) != 0 {
		f.t.closeFrame(from.other(), code, false)
		f.answer(from.other())
		f.send(from.other(), psh|ack, appendFrame(nil, r, 0x88, body[:min(2, len(body))], from == server))
		f.acknowledge(from)
	}
}

// appendFrame appends a frame to b, masked with a random key where mask is set.
func appendFrame(b []byte, r *rand.Rand, first byte, payload []byte, mask bool) []byte {
	b = append(b, first)
	var bit byte
	if mask {
		bit = 0x80
	}
	switch n := len(payload); {
	case n < 126:
		b = append(b, bit|byte(n))
	case n < 65536:
		b = binary.BigEndian.AppendUint16(append(b, bit|126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, bit|127), uint64(n))
	}
	if !mask {
		return append(b, payload...)
	}
	var key [4]byte
	binary.LittleEndian.PutUint32(key[:], r.Uint32())
	b = append(b, key[:]...)
	for i, c := range payload {
		b = append(b, c^key[i&3])
	}
	return b
}

// plain fills the flow with ordinary page requests.
func (f *flow) plain() {
	f.t.Plain++
	f.open()
	for range 1 + f.r.IntN(8) {
		f.plainRequest()
	}
	f.close()
}

func (f *flow) plainRequest() {
	r := f.r
	f.t.Requests++
	f.answer(client)
	if r.IntN(8) == 0 {
		body := text(r, 50+r.IntN(3000))
		f.send(client, psh|ack, []byte("POST /api/"+token(r, 8)+" HTTP/1.1\r\nHost: www.example.com\r\nUser-Agent: "+pick(r, userAgents)+
			"\r\nContent-Type: application/octet-stream\r\nContent-Length: "+strconv.Itoa(len(body))+"\r\n\r\n"+string(body)))
	} else {
		f.send(client, psh|ack, []byte("GET /"+token(r, 12)+" HTTP/1.1\r\nHost: www.example.com\r\nUser-Agent: "+pick(r, userAgents)+
			"\r\nAccept: */*\r\nConnection: keep-alive\r\nCookie: sid="+token(r, 40)+"\r\n\r\n"))
	}
	f.acknowledge(server)
	f.answer(server)
	body := text(r, r.IntN(20000))
	head := fmt.Appendf(nil, "HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n", len(body))
	f.send(server, psh|ack, append(head, body...))
	f.acknowledge(client)
	f.answer(client)
}
