"""WebSocket peers written by hand, for what no product does: every byte is ours.

A peer keeps a log record in the same form as node/server.js and node/client.js,
of what it did and what it got.
"""
import base64
import hashlib
import os
import re
import socket
import struct
import threading
import time

from lab import bound_socket

BLANK_LINE = re.compile(rb"\r?\n\r?\n")
RST = struct.pack("ii", 1, 0)  # SO_LINGER with no time: close() sends RST


def accept_of(key):
    return base64.b64encode(hashlib.sha1(key.encode() + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()).decode()


def frame(opcode, payload=b"", fin=True, masked=False, rsv=0, length=None):
    """One frame. length forces "16" or "64" bit lengths that need not be so long."""
    head = bytes([(0x80 if fin else 0) | rsv << 4 | opcode])
    n, m = len(payload), 0x80 if masked else 0
    if length == 64 or length is None and n > 65535:
        head += bytes([m | 127]) + struct.pack(">Q", n)
    elif length == 16 or length is None and n > 125:
        head += bytes([m | 126]) + struct.pack(">H", n)
    else:
        head += bytes([m | n])
    if masked:
        key = os.urandom(4)
        head += key
        payload = bytes(b ^ key[i & 3] for i, b in enumerate(payload))
    return head + payload


def close_body(code, reason=""):
    return struct.pack(">H", code) + reason.encode()


def parse_frames(data):
    """The frames of data as (opcode, fin, payload), as far as they are complete."""
    frames, at = [], 0
    while len(data) - at >= 2:
        n, p = data[at + 1] & 0x7F, at + 2
        if n == 126:
            n, p = struct.unpack(">H", data[p:p + 2].ljust(2, b"\0"))[0], p + 2
        elif n == 127:
            n, p = struct.unpack(">Q", data[p:p + 8].ljust(8, b"\0"))[0], p + 8
        key = b""
        if data[at + 1] & 0x80:
            key, p = data[p:p + 4], p + 4
        if len(data) < p + n or len(key) not in (0, 4):
            break
        payload = data[p:p + n]
        if key:
            payload = bytes(b ^ key[i & 3] for i, b in enumerate(payload))
        frames.append((data[at] & 15, bool(data[at] & 0x80), payload))
        at = p + n
    return frames


def request(uri, host, key="dGhlIHNhbXBsZSBub25jZQ==", drop=(), extra=(), method="GET", version="1.1", **headers):
    """The head of a handshake request; headers replaces fields, drop leaves them out."""
    fields = {"Host": host, "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Key": key, "Sec-WebSocket-Version": "13"}
    fields |= {k.replace("_", "-"): v for k, v in headers.items()}
    lines = [f"{method} {uri} HTTP/{version}"] + [f"{k}: {v}" for k, v in fields.items() if k not in drop] + list(extra)
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def response_101(key="dGhlIHNhbXBsZSBub25jZQ==", drop=(), extra=(), **headers):
    fields = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Accept": accept_of(key)}
    fields |= {k.replace("_", "-"): v for k, v in headers.items()}
    lines = ["HTTP/1.1 101 Switching Protocols"] + [f"{k}: {v}" for k, v in fields.items() if k not in drop] + list(extra)
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def address(sockaddr):
    host, port = sockaddr[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


class Peer:
    """One TCP connection and its log."""

    def __init__(self, sock, side):
        self.s, self.side, self.buffer = sock, side, b""
        self.log = {"side": side, "method": "GET", "uri": None, "host": None, "origin": None, "http_version": "1.1", "status": None,
                    "subprotocol": None, "extensions": None, "sent": 0, "received": 0, "closes": [], "end": None}
        here, there = address(sock.getsockname()), address(sock.getpeername())
        self.log["client"], self.log["server"] = (here, there) if side == "client" else (there, here)

    def send(self, data, pause=0.03):
        """Send raw bytes as one segment, and let them arrive before anything else happens."""
        self.s.sendall(data)
        time.sleep(pause)

    def message(self, text, **how):
        self.send(frame(1, text.encode(), masked=self.side == "client", **how))
        self.log["sent"] += 1

    def close_frame(self, code=None, reason="", echo=False, body=None):
        if body is None:
            body = b"" if code is None else close_body(code, reason)
        self.log["closes"].append({"t": time.time() * 1000, "code": 1005 if code is None else code, "reason": reason, "echo": echo})
        self.send(frame(8, body, masked=self.side == "client"))

    def head(self):
        """Read one HTTP head and keep what follows."""
        while not BLANK_LINE.search(self.buffer):
            got = self.s.recv(65536)
            if not got:
                break
            self.buffer += got
        head, *rest = BLANK_LINE.split(self.buffer, maxsplit=1)
        self.buffer = rest[0] if rest else b""
        return head.decode("latin-1").replace("\r\n", "\n")

    def read_request(self):
        head = self.head().split("\n")
        fields = {k.strip().lower(): v.strip() for k, _, v in (line.partition(":") for line in head[1:])}
        self.log |= {"method": head[0].split()[0], "uri": head[0].split()[1], "host": fields.get("host"), "origin": fields.get("origin"),
                     "http_version": head[0].rsplit("/", 1)[1]}
        return fields

    def read_status(self):
        head = self.head()
        words = head.split("\n")[0].split()
        self.log["status"] = int(words[1]) if len(words) > 1 and words[1].isdigit() else None
        return head

    def drain(self, until_close=False, seconds=0.15):
        """Read frames until it is quiet for so long, or until the peer sent Close or ended TCP."""
        self.s.settimeout(3 if until_close else seconds)
        try:
            while not (until_close and any(f[0] == 8 for f in parse_frames(self.buffer))):
                got = self.s.recv(65536)
                if not got:
                    break
                self.buffer += got
        except (TimeoutError, ConnectionError):
            pass
        frames = parse_frames(self.buffer)
        self.log["received"] = sum(fin and op in (0, 1, 2) for op, fin, _ in frames)
        return frames

    def end(self, how="fin"):
        if how == "rst":
            self.s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RST)
        self.log["end"] = f"{self.side} {how}"
        self.s.close()
        time.sleep(0.05)


def connect(at, logs):
    """A client connection whose log goes to logs."""
    host, port = at.rsplit(":", 1)
    s = bound_socket(host.strip("[]"))
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    s.connect((host.strip("[]"), int(port)))
    p = Peer(s, "client")
    logs.append(p.log)
    return p


def listen(at, handler, logs):
    """A server that gives each connection, as a Peer, to handler in a thread."""
    host, port = at.rsplit(":", 1)
    s = socket.socket(socket.AF_INET6 if "[" in host else socket.AF_INET)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind((host.strip("[]"), int(port)))
    s.listen(16)

    def one(conn):
        conn.settimeout(10)
        conn.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        p = Peer(conn, "server")
        logs.append(p.log)
        try:
            handler(p)
        except ConnectionError as e:
            p.log["error"] = str(e)
        conn.close()

    def loop():
        while True:
            conn, _ = s.accept()
            threading.Thread(target=one, args=(conn,), daemon=True).start()

    threading.Thread(target=loop, daemon=True).start()


def handshake(at, uri, logs, **fields):
    """A client connection after its request was sent and its answer read."""
    p = connect(at, logs)
    p.log |= {"uri": uri, "host": at, "origin": fields.get("Origin")}
    p.send(request(uri, at, **fields))
    p.read_status()
    return p
