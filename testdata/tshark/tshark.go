// Package tshark asks tshark what it sees in a capture, for a test that compares
// that with what wstap sees.
package tshark

import (
	"bytes"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strconv"
	"strings"
)

// Available reports whether tshark can be run here.
func Available() bool {
	_, err := exec.LookPath("tshark")
	return err == nil
}

// Message is an HTTP request or response and the packet that holds the end of its head.
type Message struct {
	Packet uint64
	Method string // of a request
	URI    string
	Key    bool // a request with Sec-WebSocket-Key
	Status int  // of a response
}

// CloseFrame is a Close frame with a code.
type CloseFrame struct {
	Packet uint64
	Code   int
	Client bool // sent by the client
}

// Flow is what goes between a client and a server address, in all connections
// that use the same pair.
type Flow struct {
	SYNs      map[uint32]bool // sequence numbers of the client's SYNs: one for each connection
	Requests  []Message
	Responses []Message
	Closes    []CloseFrame // without those that carry no code
	TLS       TLS
}

// Ends names a flow: client and server as "ip:port".
type Ends struct{ Client, Server string }

// fields are asked for in this order.
var fields = []string{
	"frame.number", "ip.src", "ipv6.src", "tcp.srcport", "ip.dst", "ipv6.dst", "tcp.dstport",
	"http.request.method", "http.request.uri", "http.sec_websocket_key", "http.response.code", "websocket.payload.close.status_code",
	"frame.protocols", "tcp.flags.syn", "tcp.flags.ack", "tcp.seq_raw",
}

// separator stands between several values of a field; no URI holds it.
const separator = "\x1f"

// Run reads a capture with tshark. Servers says with what protocol ("http", "tls" or
// "socks") connections to a server port begin: tshark finds HTTP by port and is told here,
// since a test of numbers is no test of guessing. The files with keys for TLS, a key log
// and a private key, may be "".
func Run(file string, servers map[string]string, keyLog, privateKey string) (map[Ends]*Flow, error) {
	args := []string{
		"-r", file, "-n", "-Y", "tcp and not icmp and not icmpv6", "-T", "fields", "-E", "separator=/t", "-E", "occurrence=a", "-E", "aggregator=" + separator,
		"-o", "tcp.reassemble_out_of_order:TRUE", "-o", "ip.tso_support:TRUE",
		"-o", "http.desegment_body:FALSE", // else a response is reported where its body ends
		"-d", "udp.port==8472,vxlan",
	}
	for port, protocol := range servers {
		args = append(args, "-d", "tcp.port=="+port+","+protocol)
		if protocol == "tls" {
			args = append(args, "-d", "tls.port=="+port+",http")
		}
	}
	if keyLog != "" {
		args = append(args, "-o", "tls.keylog_file:"+keyLog)
	}
	if privateKey != "" {
		args = append(args, "-o", fmt.Sprintf(`uat:rsa_keys:"%s",""`, privateKey))
	}
	for _, f := range slices.Concat(fields, tlsFields) {
		args = append(args, "-e", f)
	}
	cmd := exec.Command("tshark", args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	var exit *exec.ExitError
	if err != nil && !(errors.As(err, &exit) && strings.Contains(stderr.String(), "cut short")) {
		return nil, fmt.Errorf("tshark: %w: %s", err, stderr.String())
	}
	flows := map[Ends]*Flow{}
	for line := range strings.Lines(string(out)) {
		if err := add(flows, servers, strings.Split(strings.TrimSuffix(line, "\n"), "\t")); err != nil {
			return nil, err
		}
	}
	return flows, nil
}

// add puts one packet's values into its flow.
func add(flows map[Ends]*Flow, servers map[string]string, v []string) error {
	if len(v) != len(fields)+len(tlsFields) {
		return fmt.Errorf("tshark: %d fields in %q", len(v), v)
	}
	number, err := strconv.ParseUint(v[0], 10, 64)
	if err != nil {
		return err
	}
	// Where packets are nested all values of a field are given, outermost first.
	protocols := strings.Split(v[12], ":")
	v6 := lastIndex(protocols, "ipv6") > lastIndex(protocols, "ip")
	src, dst := address(v6, v[1], v[2], v[3]), address(v6, v[4], v[5], v[6])
	fromClient := servers[last(v[6])] != "" && servers[last(v[3])] == ""
	ends := Ends{src, dst}
	if !fromClient {
		ends = Ends{dst, src}
	}
	f := flows[ends]
	if f == nil {
		f = &Flow{SYNs: map[uint32]bool{}}
		flows[ends] = f
	}
	if last(v[13]) == "1" && last(v[14]) == "0" {
		seq, err := strconv.ParseUint(last(v[15]), 10, 32)
		if err != nil {
			return err
		}
		f.SYNs[uint32(seq)] = true
	}
	if err := f.TLS.add(v[len(fields):], fromClient); err != nil {
		return err
	}
	methods, uris, keys := values(v[7]), values(v[8]), values(v[9])
	for i, uri := range uris {
		m := Message{Packet: number, URI: uri, Key: i+len(keys) >= len(uris)} // of pipelined requests the last has it
		if i < len(methods) {
			m.Method = methods[i]
		}
		f.Requests = append(f.Requests, m)
	}
	for _, s := range values(v[10]) {
		status, err := strconv.Atoi(s)
		if err != nil {
			return err
		}
		f.Responses = append(f.Responses, Message{Packet: number, Status: status})
	}
	for _, s := range values(v[11]) {
		code, err := strconv.Atoi(s)
		if err != nil {
			return err
		}
		f.Closes = append(f.Closes, CloseFrame{Packet: number, Code: code, Client: fromClient})
	}
	return nil
}

func values(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, separator)
}

func lastIndex(list []string, s string) int {
	for i := len(list) - 1; i >= 0; i-- {
		if list[i] == s {
			return i
		}
	}
	return -1
}

func last(s string) string { return s[strings.LastIndex(s, separator)+1:] }

// address takes the innermost address of the version that the innermost IP header
// has, and the innermost port.
func address(v6 bool, ip4, ip6, port string) string {
	if v6 {
		return "[" + last(ip6) + "]:" + last(port)
	}
	return last(ip4) + ":" + last(port)
}

// Merge writes the packets of several captures, one file after the other, to the
// file out.
func Merge(files []string, out string) error {
	b, err := exec.Command("mergecap", append([]string{"-a", "-w", out}, files...)...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("mergecap: %w: %s", err, b)
	}
	return nil
}

// Count returns how many packets a capture holds.
func Count(file string) (uint64, error) {
	out, err := exec.Command("capinfos", "-M", "-c", "-T", "-r", file).Output()
	if err != nil {
		return 0, fmt.Errorf("capinfos: %w", err)
	}
	_, n, _ := strings.Cut(strings.TrimSpace(string(out)), "\t")
	return strconv.ParseUint(n, 10, 64)
}
