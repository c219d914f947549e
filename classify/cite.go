package classify

import (
	"slices"

	"wstap/decode"
)

// cite returns the numbers of packets by their names, each once, and their files.
func cite(a *decode.Attempt, names []string) (numbers []uint64, files []string) {
	if a.Packets == nil {
		return nil, nil
	}
	add := func(n uint64, file func(*decode.Files) string) {
		if n == 0 || slices.Contains(numbers, n) && a.Files == nil {
			return
		}
		numbers = append(numbers, n)
		if a.Files != nil {
			files = append(files, file(a.Files))
		}
	}
	p := a.Packets
	for _, name := range names {
		switch name {
		case "first":
			add(p.First, func(f *decode.Files) string { return f.First })
		case "syn":
			add(p.SYN, func(f *decode.Files) string { return f.SYN })
		case "hello":
			add(p.Hello, func(f *decode.Files) string { return f.Hello })
		case "server_hello":
			add(p.ServerHello, func(f *decode.Files) string { return f.ServerHello })
		case "alert":
			add(p.Alert, func(f *decode.Files) string { return f.Alert })
		case "request":
			add(p.Request, func(f *decode.Files) string { return f.Request })
		case "response":
			add(p.Response, func(f *decode.Files) string { return f.Response })
		case "close":
			add(p.Close, func(f *decode.Files) string { return f.Close })
		case "end":
			add(p.End, func(f *decode.Files) string { return f.End })
		case "icmp":
			add(p.ICMP, func(f *decode.Files) string { return f.ICMP })
		case "last":
			add(p.Last, func(f *decode.Files) string { return f.Last })
		case "violations":
			if a.WebSocket != nil && a.Files == nil { // in which file they are is not in the record
				for i := range a.WebSocket.Violations {
					add(a.WebSocket.Violations[i].Packet, nil)
				}
			}
		}
	}
	return numbers, files
}
