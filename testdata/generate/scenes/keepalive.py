"""HTTP as it stands on the wire: several requests on one connection, and heads of every shape."""
import time

import raw
import truth
from lab import Lab

BODY = b"<html>" + b"no " * 40 + b"</html>"
DECOY = b"GET /decoy HTTP/1.1\r\nHost: decoy\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"


def _answer(status, body=b"", *fields, length=True):
    lines = [f"HTTP/1.1 {status}", *fields] + ([f"Content-Length: {len(body)}"] if length else [])
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def _chunked(*parts):
    body = b"".join(b"%x;note=1\r\n%s\r\n" % (len(p), p) for p in parts) + b"0\r\nX-Trailer: yes\r\n\r\n"
    return _answer("200 OK", body, "Transfer-Encoding: chunked", length=False)


PLAIN = {  # answers to requests that are no handshakes
    "/length": _answer("200 OK", BODY), "/chunked": _chunked(b"first", b"x" * 300, b"HTTP/1.1 101 no\r\n\r\n"),
    "/none": _answer("204 No Content", length=False), "/same": _answer("304 Not Modified", b"", "Content-Length: 4711", length=False),
    "/head": _answer("200 OK", b"", "Content-Length: 4711", length=False), "/post": _answer("201 Created", b"ok"),
}


def _serve(logs):
    """A raw server that answers what the path says, any number of requests on a connection."""

    def handle(p):
        while True:
            try:
                fields = p.read_request()
            except (IndexError, ConnectionError):
                if p.log["uri"] is None:
                    logs.remove(p.log)
                return
            uri = p.log["uri"]
            path = uri.split("?")[0]
            if path in PLAIN:
                if path == "/post":
                    while len(p.buffer) < len(DECOY):
                        p.buffer += p.s.recv(65536)
                    p.buffer = p.buffer[len(DECOY):]
                p.send(PLAIN[path])
                p.log["uri"] = None
                continue
            reject = {"/403": ("403 Forbidden",), "/401": ("401 Unauthorized", "WWW-Authenticate: Basic realm=x"), "/noreason/403": ("403 ",),
                      "/chunk403": ("403 Forbidden",), "/http10": ("400 Bad Request",)}.get(path)
            if reject:
                p.log["status"] = int(reject[0][:3])
                p.send(_chunked(b"nope").replace(b"200 OK", b"403 Forbidden") if path == "/chunk403" else _answer(reject[0], BODY, *reject[1:]))
                p = _next(p, logs)
                continue
            p.log["status"] = 101
            return _upgrade(p, path, raw.response_101(fields["sec-websocket-key"]))

    return handle


def _next(p, logs):
    """A peer for the next request on the same connection, with a log of its own."""
    more = raw.Peer(p.s, p.side)
    more.buffer = p.buffer
    logs.append(more.log)
    return more


def _upgrade(p, path, answer):
    if path == "/interim":
        p.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        p.send(b"HTTP/1.1 103 Early Hints\r\nLink: </app.css>; rel=preload\r\n\r\n")
    if path == "/bare-lf":
        answer = answer.replace(b"\r\n", b"\n")
    if path == "/noreason/101":
        answer = answer.replace(b" Switching Protocols", b"")
    if path == "/long-reason":
        answer = answer.replace(b" Switching Protocols", b" Web Socket Protocol Handshake: \xe4\xf6\xfc {OK}")
    if path == "/close-with-101":
        p.log["closes"].append({"t": time.time() * 1000, "code": 4401, "reason": "unauthorized", "echo": False})
        p.send(answer + raw.frame(8, raw.close_body(4401, "unauthorized")))
        return p.drain(until_close=True)
    if path == "/frames-with-101":
        p.log["sent"] += 2
        p.send(answer + raw.frame(1, b"welcome") + raw.frame(2, bytes(range(200))))
    elif path == "/split-101":
        cut = len(answer) - 2
        for part in (answer[:20], answer[20:cut - 1], answer[cut - 1:cut + 1], answer[cut + 1:] + raw.frame(1, b"first")[:1], raw.frame(1, b"first")[1:]):
            p.send(part)
        p.log["sent"] += 1
    else:
        p.send(answer)
    frames = p.drain(until_close=True)
    closes = [f[2] for f in frames if f[0] == 8]
    if closes:
        p.log["closes"].append({"t": time.time() * 1000, "code": int.from_bytes(closes[0][:2], "big"), "reason": "", "echo": True})
        p.send(raw.frame(8, closes[0][:2]))


def _talk(p):
    p.message("hello")
    p.close_frame(1000, "done")
    p.drain(until_close=True)
    p.end()


def keepalive():
    at, lab, clients, servers = "127.0.0.1:8085", Lab(), [], []
    raw.listen(at, _serve(servers), servers)
    lab.capture("keepalive.pcap")

    def ask(p, uri, head=None, **fields):
        """One handshake request on the connection p."""
        p.log |= {"uri": uri, "host": at}
        p.send(head or raw.request(uri, at, **fields))
        p.read_status()
        return p

    def skip_body(p):
        p.drain(seconds=0.1)
        p.buffer, p.log["received"] = b"", 0
        return p

    for first, second in (("/403", "/after/403"), ("/401", "/after/401"), ("/chunk403", "/after/chunk403")):
        p = skip_body(ask(raw.connect(at, clients), first))
        fields = {"Authorization": "Basic YW5uOnNlY3JldA=="} if first == "/401" else {}
        _talk(ask(_next(p, clients), second, **fields))

    p = raw.connect(at, clients)
    for path in ("/length", "/chunked", "/none", "/same"):
        p.send(f"GET {path} HTTP/1.1\r\nHost: {at}\r\n\r\n".encode())
        p.drain(seconds=0.1)
        p.buffer, p.log["received"] = b"", 0
    p.send(f"HEAD /head HTTP/1.1\r\nHost: {at}\r\n\r\n".encode())
    skip_body(p)
    p.send(f"POST /post HTTP/1.1\r\nHost: {at}\r\nContent-Length: {len(DECOY)}\r\n\r\n".encode() + DECOY)
    skip_body(p)
    _talk(ask(p, "/after/six"))

    p = raw.connect(at, clients)  # three requests in one segment
    p.log |= {"uri": "/after/pipeline", "host": at}
    p.send(b"".join(f"GET {u} HTTP/1.1\r\nHost: {at}\r\n\r\n".encode() for u in ("/length", "/chunked")) + raw.request("/after/pipeline", at))
    while b" 101 Switching" not in p.buffer:
        p.buffer += p.s.recv(65536)
    p.buffer = p.buffer[p.buffer.index(b"HTTP/1.1 101 Switching"):]
    p.read_status()
    _talk(p)

    p = raw.connect(at, clients)
    p.log |= {"uri": "/interim", "host": at}
    p.send(raw.request("/interim", at))
    for _ in range(3):
        p.read_status()
    _talk(p)
    lab.end()
    truth.write("keepalive", "403, 401 and chunked 403 and then 101 on one connection; GETs with Content-Length and chunked bodies, 204, 304, HEAD and "
                "a POST whose body looks like a handshake before the upgrade; pipelined requests; 100 and 103 before the 101", [truth.RAW],
                truth.join(clients, [s for s in servers if s["uri"]], interim={"cause": "none: success, after 100 and 103"}))


def heads():
    """Request and response heads that are unusual and legal, or that real peers get wrong."""
    at, lab, clients, servers = "127.0.0.1:8085", Lab(mtu=1500), [], []
    raw.listen(at, _serve(servers), servers)
    lab.capture("heads.pcap")
    usual = raw.request("/x", at).decode()
    shapes = {
        "/split": None, "/split-101": None, "/frames-with-101": None, "/close-with-101": None, "/noreason/101": None, "/noreason/403": None,
        "/long-reason": None,
        "/bare-lf": usual.replace("\r\n", "\n"),
        "/folded": usual.replace("Upgrade: websocket", "X-Note: one\r\n\ttwo\r\n  three\r\nUpgrade:\r\n websocket"),
        "/case": usual.replace("Upgrade: websocket", "upgrade: WebSocket").replace("Connection: Upgrade", "CONNECTION:keep-alive ,  upgrade"),
        "/duplicates": usual.replace("\r\n\r\n", "\r\nSec-WebSocket-Protocol: a\r\nSec-WebSocket-Protocol: b, c\r\n" + "".join(
            f"X-Many: {i}\r\n" for i in range(120)) + "\r\n"),
        "/long?" + "q" * 3000: None,
        "/space": usual.replace("\r\n\r\n", "\r\nX-Space:    lots\t of   \r\nX-Empty:\r\n\r\n"),
        "/control?a=%1b[31m": usual.replace("\r\n\r\n", "\r\nUser-Agent: \x1b]0;title\x07=cmd|'/c calc'!A1\r\n\r\n"),
        "/http10": usual.replace("HTTP/1.1", "HTTP/1.0"),
        f"http://{at}/absolute": None,
    }
    for uri, head in shapes.items():
        p = raw.connect(at, clients)
        p.log |= {"uri": uri, "host": at, "http_version": "1.0" if uri == "/http10" else "1.1"}
        data = (head or usual).replace("/x", uri, 1).encode("latin-1")
        step = 23 if uri == "/split" else len(data)
        for i in range(0, len(data), step):
            p.send(data[i:i + step], pause=0.01)
        p.read_status()
        if p.log["status"] != 101:
            p.end()
        elif uri == "/close-with-101":
            p.drain(until_close=True)
            p.close_frame(4401, echo=True)
            p.end()
        else:
            _talk(p)
    lab.end()
    wanted = {"close_with_101": {"cause": "none: success, with a Close in the segment of the 101"},
              "http10": {"cause": "rejected 400: HTTP/1.0", "findings": ["http-400", "req-http10"]}}
    truth.write("heads", "a request in 23-byte segments, a 101 cut inside its blank line, frames and a Close in the segment of the 101, no reason "
                "phrase, bytes in the reason phrase, bare LF, folded fields, odd case, 120 equal fields, a 3 kB URI, terminal control bytes, "
                "HTTP/1.0, absolute-form target", [truth.RAW], truth.join(clients, servers, **wanted))
