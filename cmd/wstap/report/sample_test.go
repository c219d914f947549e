package report

import (
	"time"

	"wstap/decode"
)

func ptr[T any](v T) *T { return &v }

// sampleStart is the time of the first sample packet.
var sampleStart = time.Date(2026, 11, 20, 9, 22, 18, 123456789, time.UTC)

// sampleAttempt returns an attempt as the decoder would make it.
func sampleAttempt(n int, after time.Duration, client, server string) *decode.Attempt {
	t := sampleStart.Add(after)
	return &decode.Attempt{
		Kind: "attempt", V: 1, N: n, ID: "1:LQU9qZlK+B5F3KDmev6m5PMibrg=@" + t.Format("150405"),
		Time: t.Format(time.RFC3339Nano), UnixNano: t.UnixNano(), CommunityID: "1:LQU9qZlK+B5F3KDmev6m5PMibrg=",
		Client: client, Server: server, Filter: "ip.addr == 10.0.0.9 && tcp.port == 80",
	}
}

// samples are attempts of every kind.
func samples() []*decode.Attempt {
	ok := sampleAttempt(1, 0, "10.0.0.5:51234", "10.0.0.9:80")
	ok.Verdict, ok.Ending, ok.ServerName = decode.VerdictAccepted, decode.EndingClean, "ws.example.com"
	ok.HTTP = &decode.HTTP{
		Version: "1.1", Method: "GET", URI: "/chat?room=1&token=s3cr3t-s3cr3t-s3cr3t", Host: "ws.example.com", Origin: "https://app.example.com",
		UserAgent: "Mozilla/5.0 (X11; Linux x86_64)", Status: 101, Reason: "Switching Protocols",
		RequestHeaders: []decode.Header{
			{"Host", "ws.example.com"}, {"Upgrade", "websocket"}, {"Connection", "Upgrade"}, {"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="},
			{"Sec-WebSocket-Version", "13"}, {"Origin", "https://app.example.com"}, {"Cookie", "theme=dark; session=0123456789abcdef"},
		},
		ResponseHeaders: []decode.Header{{"Upgrade", "websocket"}, {"Connection", "Upgrade"}, {"Sec-WebSocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="}},
	}
	ok.WebSocket = &decode.WebSocket{
		Version: "13", Key: "dGhlIHNhbXBsZSBub25jZQ==", KeyValid: ptr(true), Accept: "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", AcceptValid: ptr(true),
		SubprotocolsOffered: []string{"graphql-transport-ws", "graphql-ws"}, Subprotocol: "graphql-transport-ws",
		Frames:   &decode.Frames{Client: decode.FrameCounts{Text: 12, Close: 1}, Server: decode.FrameCounts{Text: 3, Close: 1}},
		Messages: &decode.Pair{Client: 12, Server: 3}, Bytes: &decode.Pair{Client: 1200, Server: 300}, CountsComplete: ptr(true),
		PingRTT: &decode.RTT{Min: 0.5, Median: 1.25, Max: 1e-7},
	}
	ok.Close = &decode.Close{Code: ptr(1000), Reason: "bye", By: "client", ClientCode: ptr(1000), ServerCode: ptr(1000)}
	ok.TCP = &decode.TCP{FirstFIN: "client", SYNCount: 1}
	ok.Timing = &decode.Timing{ConnectMS: ptr(0.2), AnswerMS: ptr(3.25), OpenMS: ptr(3212.4)}
	ok.Packets = &decode.Packets{First: 1, SYN: 1, Request: 4, Response: 6, Close: 40, End: 42, Last: 44}
	ok.Capture = &decode.Capture{}

	refused := sampleAttempt(2, 1100*time.Millisecond, "10.0.0.6:40022", "10.0.0.9:80")
	refused.Verdict, refused.Ending = decode.VerdictRejected, decode.EndingNone
	refused.HTTP = &decode.HTTP{
		Version: "1.1", Method: "GET", URI: "/api/v2/stream/markets/eu-central/instruments/DE0007164600/ticks?depth=20&format=compact", Host: "stream.example.com",
		Origin: "https://evil.example", Status: 403, Reason: "Forbidden",
		RequestHeaders:  []decode.Header{{"Host", "stream.example.com"}, {"Authorization", "Bearer abcdefghijklmnopqrstuvwxyz"}},
		ResponseHeaders: []decode.Header{{"Server", "nginx"}, {"Content-Type", "text/html"}},
		ResponseBody:    "<html>\r\n<h1>403 Forbidden</h1>\r\n</html>\r\n",
	}
	refused.WebSocket = &decode.WebSocket{Version: "13"}
	refused.TCP = &decode.TCP{FirstFIN: "server", SYNCount: 1}
	refused.Timing = &decode.Timing{AnswerMS: ptr(1.5)}
	refused.Packets = &decode.Packets{First: 50, SYN: 50, Request: 53, Response: 55, End: 56, Last: 58}

	killed := sampleAttempt(3, 2200*time.Millisecond, "[2001:db8::17]:60111", "[2001:db8:0:42::9]:8080")
	killed.Verdict, killed.Ending = decode.VerdictAccepted, decode.EndingRST
	killed.HTTP = &decode.HTTP{Version: "1.1", Method: "GET", URI: "/live", Host: "[2001:db8:0:42::9]:8080", Status: 101, Reason: "Switching Protocols"}
	killed.WebSocket = &decode.WebSocket{
		Messages: &decode.Pair{Client: 5, Server: 123456}, CountsComplete: ptr(false),
		Violations: []decode.Violation{{Rule: "mask-missing", Direction: "client", Packet: 77, Offset: 12}},
	}
	killed.TCP = &decode.TCP{FirstRST: "server", SYNCount: 1}
	killed.Timing = &decode.Timing{OpenMS: ptr(754321.0)}
	killed.Packets = &decode.Packets{First: 60, SYN: 60, Request: 63, Response: 65, End: 99123, Last: 99123}

	open := sampleAttempt(4, 3300*time.Millisecond, "10.0.0.7:33333", "10.0.0.9:80")
	open.Verdict, open.Ending = decode.VerdictAccepted, decode.EndingOpen
	open.HTTP = &decode.HTTP{Version: "1.1", Method: "GET", URI: "/socket.io/?EIO=4&transport=websocket", Host: "ws.example.com", Status: 101}
	open.WebSocket = &decode.WebSocket{Messages: &decode.Pair{}, Subprotocol: "mqtt"}
	open.Timing = &decode.Timing{OpenMS: ptr(90_000_000.0)}
	open.Packets = &decode.Packets{First: 70, Request: 73, Response: 75, Last: 99124}

	down := sampleAttempt(5, 4400*time.Millisecond, "10.0.0.7:33334", "10.0.0.9:81")
	down.Verdict, down.Ending = decode.VerdictUnreached, decode.EndingNone
	down.TCP = &decode.TCP{FirstRST: "server", SYNCount: 3}
	down.Packets = &decode.Packets{First: 80, SYN: 80, End: 81, Last: 81}

	bad := sampleAttempt(6, 5500*time.Millisecond, "10.0.0.7:33335", "10.0.0.9:80")
	bad.Verdict, bad.Ending = decode.VerdictBadHandshake, decode.EndingAbnormalFIN
	bad.HTTP = &decode.HTTP{Version: "1.1", Method: "GET", URI: "/", Host: "ws.example.com", Status: 101, Missing: []string{"Sec-WebSocket-Key"}}
	bad.WebSocket = &decode.WebSocket{Accept: "wrong", AcceptExpected: "right", AcceptValid: ptr(false)}
	bad.TCP = &decode.TCP{FirstFIN: "client", SYNCount: 1}
	bad.Timing = &decode.Timing{OpenMS: ptr(0.4)}

	// The rows come as attempts end: the long ones last.
	return []*decode.Attempt{ok, refused, down, bad, open, killed}
}

func sampleSummary() *decode.Summary {
	return &decode.Summary{
		Kind: "summary", V: 1, Packets: decode.PacketCounts{Total: 99124, TCP: 99100, NotTCP: 24}, Connections: 6,
		Attempts: map[decode.Verdict]int{decode.VerdictAccepted: 3, decode.VerdictRejected: 1, decode.VerdictUnreached: 1, decode.VerdictBadHandshake: 1},
		Gaps:     2, LostBytes: 2920, TLS: 37, Unshown: &decode.Unshown{Connects: 14, Endpoints: 3},
		Bounded:   map[string]uint64{"held_bytes": 1, "connections": 0},
		FirstTime: "2026-11-20T09:22:18.123456789Z", LastTime: "2026-11-20T09:34:54.5Z",
	}
}
