// Package tshark asks tshark what it sees in a capture, for a test that compares
// that with what wstap sees.
package tshark

import (
	"bytes"
	"errors"
	"fmt"
	"os/exec"
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
	Requests  []Message
	Responses []Message
	Closes    []CloseFrame // without those that carry no code
}

// Ends names a flow: client and server as "ip:port".
type Ends struct{ Client, Server string }

// fields are asked for in this order.
var fields = []string{
	"frame.number", "ip.src", "ipv6.src", "tcp.srcport", "ip.dst", "ipv6.dst", "tcp.dstport",
	"http.request.method", "http.request.uri", "http.sec_websocket_key", "http.response.code", "websocket.payload.close.status_code",
}

// separator stands between several values of a field; no URI holds it.
const separator = "\x1f"

// Run reads a capture with tshark. Ports lists the servers' ports: tshark finds
// HTTP by port and is told here, since a test of numbers is no test of guessing.
func Run(file string, ports []string) (map[Ends]*Flow, error) {
	args := []string{
		"-r", file, "-n", "-Y", "http or websocket", "-T", "fields", "-E", "separator=/t", "-E", "occurrence=a", "-E", "aggregator=" + separator,
		"-o", "tcp.reassemble_out_of_order:TRUE", "-o", "ip.tso_support:TRUE",
		"-o", "http.desegment_body:FALSE", // else a response is reported where its body ends
	}
	server := map[string]bool{}
	for _, p := range ports {
		args = append(args, "-d", "tcp.port=="+p+",http")
		server[p] = true
	}
	for _, f := range fields {
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
		if err := add(flows, server, strings.Split(strings.TrimSuffix(line, "\n"), "\t")); err != nil {
			return nil, err
		}
	}
	return flows, nil
}

// add puts one packet's values into its flow.
func add(flows map[Ends]*Flow, server map[string]bool, v []string) error {
	if len(v) != len(fields) {
		return fmt.Errorf("tshark: %d fields in %q", len(v), v)
	}
	number, err := strconv.ParseUint(v[0], 10, 64)
	if err != nil {
		return err
	}
	src, dst := address(v[1], v[2], v[3]), address(v[4], v[5], v[6])
	fromClient := server[v[6]] && !server[v[3]]
	ends := Ends{src, dst}
	if !fromClient {
		ends = Ends{dst, src}
	}
	f := flows[ends]
	if f == nil {
		f = new(Flow)
		flows[ends] = f
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

// address takes the innermost IP address, as the last value, and the port.
func address(v4, v6, port string) string {
	last := func(s string) string { return s[strings.LastIndex(s, separator)+1:] }
	if v4 != "" {
		return last(v4) + ":" + last(port)
	}
	return "[" + last(v6) + "]:" + last(port)
}
