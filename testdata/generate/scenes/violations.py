"""Peers that break RFC 6455, against node's ws and against each other."""
import raw
import truth
from lab import Lab


def _bad(cause, **more):
    return {"cause": "protocol violation: " + cause} | more


CLIENT = {  # what a client does wrong, as raw bytes or frames, and what is counted as its messages
    "unmasked": (lambda: [raw.frame(1, b"hi")], "client frame without mask"),
    "rsv1": (lambda: [raw.frame(1, b"hi", masked=True, rsv=4)], "RSV1 without extension"),
    "reserved": (lambda: [raw.frame(3, b"hi", masked=True)], "reserved opcode 3"),
    "reserved_control": (lambda: [raw.frame(11, b"", masked=True)], "reserved opcode 11"),
    "fragmented_ping": (lambda: [raw.frame(9, b"hi", fin=False, masked=True)], "fragmented ping"),
    "oversize_ping": (lambda: [raw.frame(9, b"x" * 126, masked=True)], "ping of 126 bytes"),
    "close_body_1": (lambda: [raw.frame(8, b"\x03", masked=True)], "Close body of one byte"),
    "bad_utf8": (lambda: [raw.frame(1, b"\xff\xfe", masked=True)], "text that is not UTF-8"),
    "lone_continuation": (lambda: [raw.frame(0, b"hi", masked=True)], "continuation of nothing"),
    "interleaved": (lambda: [raw.frame(1, b"a", fin=False, masked=True), raw.frame(1, b"b", masked=True)], "new message inside another"),
    "longer_16": (lambda: [raw.frame(1, b"hi", masked=True, length=16)], "16-bit length for 2 bytes"),
    "longer_64": (lambda: [raw.frame(1, b"hi", masked=True, length=64)], "64-bit length for 2 bytes"),
    "close_1005": (lambda: [raw.frame(8, raw.close_body(1005), masked=True)], "Close code 1005 on the wire"),
    "close_1006": (lambda: [raw.frame(8, raw.close_body(1006), masked=True)], "Close code 1006 on the wire"),
    "close_999": (lambda: [raw.frame(8, raw.close_body(999), masked=True)], "Close code 999"),
}


def violations_client():
    """Raw clients against the ws server, which answers with Close 1002 or 1007."""
    at, lab = "127.0.0.1:8084", Lab()
    lab.capture("violations_client.pcap")
    lab.node_server(at)
    clients, overrides = [], {}
    for name, (frames, cause) in CLIENT.items():
        p = raw.handshake(at, "/" + name, clients)
        overrides[name] = _bad(cause, unchecked=["messages_client"])
        for f in frames():
            if f[0] & 15 == 8:
                body = raw.parse_frames(f)[0][2]
                code = int.from_bytes(body, "big") if len(body) == 2 else None
                p.close_frame(code, body=body)
                if code is None:  # a body of one byte: no code, and ws answers with its own
                    overrides[name]["unchecked"] = ["messages_client", "close"]
            else:
                p.send(f)
        p.drain(seconds=0.3)
        p.end()
    p = raw.handshake(at, "/after_close", clients)
    overrides["after_close"] = _bad("data after Close", unchecked=["messages_client"])
    p.close_frame(1000, "bye")
    p.message("one more thing")
    p.drain(until_close=True)
    p.end()
    servers = lab.end()
    truth.write("violations_client", "raw clients against a ws server: " + ", ".join(c for _, c in CLIENT.values()) + ", data after Close",
                [truth.node_ws(), truth.RAW], truth.join(clients, servers, **overrides))


def violations_server():
    """ws clients against a raw server that breaks rules after the 101, or in the answer itself."""
    at, lab, servers = "127.0.0.1:8083", Lab(), []

    def serve(p):
        fields = p.read_request()
        key, what = fields["sec-websocket-key"], p.log["uri"].strip("/")
        answers = {
            "wrong_accept": raw.response_101("AAAAAAAAAAAAAAAAAAAAAA=="),
            "no_upgrade": raw.response_101(key, drop=["Upgrade"]),
            "no_connection": raw.response_101(key, drop=["Connection"]),
            "no_accept": raw.response_101(key, drop=["Sec-WebSocket-Accept"]),
            "subprotocol": raw.response_101(key, Sec_WebSocket_Protocol="mqtt"),
            "extension": raw.response_101(key, Sec_WebSocket_Extensions="permessage-deflate"),
            "html": raw.response_101(key) + b"<!doctype html><title>not a frame</title>\n",
            "not_http": b"220 mail.example ESMTP\r\n",
        }
        p.send(answers.get(what, raw.response_101(key)))
        p.log["status"] = None if what == "not_http" else 101
        if what == "masked":
            p.send(raw.frame(1, b"hi", masked=True))
            p.log["sent"] += 1
        elif what == "rsv2":
            p.send(raw.frame(1, b"hi", rsv=2))
        elif what == "reserved":
            p.send(raw.frame(5, b"hi"))
        elif what == "bad_utf8":
            p.send(raw.frame(1, b"\xc3\x28"))
        elif what == "close_1015":
            p.close_frame(1015)
        p.drain(seconds=0.3)
        p.end()

    raw.listen(at, serve, servers)
    lab.capture("violations_server.pcap")
    names = ["wrong_accept", "no_upgrade", "no_connection", "no_accept", "subprotocol", "extension", "html", "not_http",
             "masked", "rsv2", "reserved", "bad_utf8", "close_1015"]
    clients = lab.node_client([{"url": f"ws://{at}/{n}", "do": [["gone"]]} for n in names])
    lab.capture_end()
    lab.end()
    refuse = {"verdict": "bad-handshake", "ending": "abnormal-fin|rst|none|clean|one-sided", "unchecked": ["messages_client", "messages_server", "close"]}
    overrides = {n: dict(refuse, cause="client refuses the 101: " + c) for n, c in {
        "wrong_accept": "wrong Sec-WebSocket-Accept", "no_upgrade": "no Upgrade", "no_connection": "no Connection", "no_accept": "no Sec-WebSocket-Accept",
        "subprotocol": "subprotocol that was not offered", "extension": "extension that was not offered"}.items()}
    # Read as a frame, its first bytes have reserved bits and an opcode that means nothing.
    overrides["html"] = _bad("HTML after the 101", unchecked=["messages_server", "close", "ending"], verdict="accepted",
                             findings=["close-protocol-codes", "opt-101-odd"], allowed=["frame-rsv", "frame-opcode-control", "close-handshake-incomplete",
                                                                                        "close-accept-then-close"])
    overrides["not_http"] = {"verdict": "bad-handshake", "cause": "the answer is not HTTP", "ending": "none|abnormal-fin|rst"}
    for n, c in {"masked": "server frame with mask", "rsv2": "RSV2", "reserved": "reserved opcode 5", "bad_utf8": "text that is not UTF-8",
                 "close_1015": "Close code 1015 on the wire"}.items():
        overrides[n] = _bad(c, unchecked=["messages_server"])
    rows = truth.join(clients, servers, **overrides)
    truth.write("violations_server", "ws clients against a raw server: 101 with wrong or no Accept, no Upgrade, no Connection, a subprotocol or an "
                "extension that was not offered, HTML after the 101; an answer that is not HTTP; masked frame, RSV2, reserved opcode, bad UTF-8, "
                "Close 1015", [truth.node_ws(), truth.RAW], rows)
