"""Many attempts in one composed capture, each on a TCP connection of its own.

What an attempt's packets say is decided here, and its truth is taken from the same
decisions: status, subprotocol, messages, Close, ending and verdict follow from what was
composed. Only what it means (findings, who answered) is said by the scene.
"""
import base64
import hashlib
import re

import pcap
import raw
import truth
from compose import Conn, Tape

DATE = "Tue, 14 Nov 2023 22:13:20 GMT"
STATUS_ROWS = {n: f"http-{n}" for n in (200, 400, 401, 403, 404, 426, 429, 500, 502, 503)} | {n: "http-504-408" for n in (504, 408)} \
    | {n: "http-redirect" for n in (301, 302, 303, 307, 308)}


def answer(status, reason, *fields, body="", version="1.1"):
    """The bytes of an answer, its fields in this order and case. "*" stands for the length of the body and for the date."""
    body = body.encode() if isinstance(body, str) else body
    first = f"HTTP/{version} {status}" + ("" if reason is None else f" {reason}")
    lines = [first] + [f[:-1] + (str(len(body)) if f.lower().startswith("content-length") else DATE) if f.endswith(": *") else f for f in fields]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + body


def page(title, footer=None):
    """The error page of nginx and of what was made from it."""
    foot = f"<hr><center>{footer}</center>\r\n" if footer else ""
    return f"<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n{foot}</body>\r\n</html>\r\n"


def switch(**how):
    """A 101 for the key of the request; drop, extra and fields as raw.response_101 has them."""
    return lambda c: raw.response_101(c.key, **how)


# Steps: what is done on a connection, one after the other.

def wait(ms):
    return lambda c: c.tape.sleep(ms)


def text(side, words):
    return lambda c: c.text(side, words)


def ping(side, payload=b"1"):
    return lambda c: c.send(side, c.frame(side, 9, payload))


def pong(side, payload=b"1"):
    return lambda c: c.send(side, c.frame(side, 10, payload))


def bye(side, code=1000, reason=""):
    """A Close frame; code None leaves its body empty."""
    def step(c):
        c.send(side, c.closing(side, code, reason) if code is not None else c.empty_close(side))
    return step


def frame(side, opcode, payload=b"", messages=0, **how):
    """A frame of any kind, masked as its side has to unless how says otherwise; messages is how many whole ones it ends."""
    def step(c):
        c.sent[side] += messages
        c.send(side, masked(raw.frame(opcode, payload, **{k: v for k, v in how.items() if k != "mask"}), len(payload), how.get("mask", side == "c")))
    return step


def octets(side, data):
    return lambda c: c.send(side, data)


def ack(side):
    return lambda c: c.seg(side)


def again(side, after=0):
    """The last data of a side once more, after so many milliseconds."""
    def step(c):
        c.tape.sleep(after)
        c.seg(side, c.last[side], "PA", at=-len(c.last[side]), ack=c.last_ack[side])
    return step


def fin(side):
    return lambda c: c.tcp_end(side, "fin")


def rst(side):
    return lambda c: c.tcp_end(side, "rst")


def masked(f, size, yes):
    """The frame f, whose payload has so many bytes, with a fixed mask key."""
    if not yes:
        return f
    head, key, body = bytearray(f[:len(f) - size]), b"\x37\xfa\x21\x3d", f[len(f) - size:]
    head[1] |= 0x80
    return bytes(head) + key + bytes(b ^ key[i & 3] for i, b in enumerate(body))


class Attempt(Conn):
    """A connection that remembers what was said on it."""

    only = None  # the side whose packets alone were captured

    def __init__(self, tape, port, uri, client, server, host, **ip):
        super().__init__(tape, port, uri, **ip)
        self.client, self.server, self.host = f"{client}:{port}", server, host
        self.key = base64.b64encode(hashlib.sha1(uri.encode()).digest()[:16]).decode()
        self.last, self.last_ack, self.ended = {}, {}, None
        self.status = self.head = self.asked = None

    def seg(self, side, *args, **how):
        return super().seg(side, *args, **{"capture": self.only in (None, side)} | how)

    def send(self, side, data):
        if data:
            self.last[side], self.last_ack[side] = data, self.next["s" if side == "c" else "c"]
            self.seg(side, data, "PA")

    def text(self, side, words):
        self.send(side, self.frame(side, 1, words.encode()))

    def empty_close(self, side):
        self.close = self.close or {"code": 1005, "reason": "", "by": "client" if side == "c" else "server"}
        self.closed.add(side)
        return self.frame(side, 8)

    def connect(self, again=()):
        mss = b"\x02\x04\x05\xb4"
        self.seg("c", flags="S", options=mss)
        for ms in again:
            self.tape.sleep(ms)
            self.seg("c", flags="S", options=mss, at=-1)
        self.tape.sleep(7)
        self.seg("s", flags="SA", options=mss)
        self.seg("c")

    def ask(self, method="GET", version="1.1", target=None, drop=(), extra=(), body=b"", bare=False, **changed):
        """Send a request. bare leaves out all that makes it a handshake; changed fields keep their places, extra ones follow."""
        fields = {"Host": self.host}
        if not bare:
            fields |= {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Key": self.key, "Sec-WebSocket-Version": "13"}
        fields |= {k.replace("_", "-"): v for k, v in changed.items()}
        lines = [(k, v) for k, v in fields.items() if k not in drop] + [tuple(e.split(": ", 1)) for e in extra]
        target = target or self.uri
        first = lambda name: next((v for k, v in lines if k.lower() == name), None)  # noqa: E731
        self.asked = {"method": method, "http_version": version, "uri": target, "host": first("host"), "origin": first("origin")}
        self.send("c", "\r\n".join([f"{method} {target} HTTP/{version}"] + [f"{k}: {v}" for k, v in lines] + ["", ""]).encode() + body)

    def reply(self, data):
        """Send an answer and take the truth of it from its bytes."""
        self.head = data.split(b"\r\n\r\n")[0].decode("latin-1")
        found = re.match(r"HTTP/1\.\d (\d{3})", self.head)
        self.status = int(found[1]) if found else None
        self.send("s", data)
        self.seg("c")

    def answered(self, name):
        """The first field of that name in the answer."""
        found = re.search(rf"(?im)^{name}: *(.*?)\r?$", self.head or "")
        return found[1] if found else None

    def tcp_end(self, side, how):
        other = "s" if side == "c" else "c"
        self.ended = self.ended or how
        if how == "rst":
            return self.seg(side, flags="RA")
        self.seg(side, flags="FA")
        self.tape.sleep(5)
        self.seg(other, flags="FA")
        self.seg(side)

    def facts(self):
        """The truth of what was composed."""
        opened = self.status == 101 or self.head is not None and self.status is None
        ending = "none" if not opened else "clean" if len(self.closed) == 2 else "open" if not self.ended else \
            "one-sided" if self.closed else "rst" if self.ended == "rst" else "abnormal-fin"
        known = self.asked | {"client": self.client, "server": self.server, "status": self.status, "ending": ending}
        if self.head is not None and self.status is None:
            known["verdict"] = "bad-handshake"
        if self.status == 101:
            extensions = self.answered("Sec-WebSocket-Extensions")
            known |= {"subprotocol": self.answered("Sec-WebSocket-Protocol"), "extensions": extensions and extensions.split(";")[0],
                      "messages_client": self.sent["c"], "messages_server": self.sent["s"], "close": self.close}
        return known


class Book:
    """A capture of many attempts."""

    def __init__(self, name, description):
        self.name, self.description = name, description
        self.tape, self.rows, self.port, self.servers = Tape(), [], 40000, {}

    def wait(self, ms):
        self.tape.sleep(ms)

    def attempt(self, uri, reply=None, steps=(), *, ask=None, asked=(), ms=35, end=None, before=(), syn_again=(), client="192.0.2.10", server=None,
                host="ws.example.com", connect=None, gap=1000, only=None, shown=True, **means):
        """One attempt: a request (ask), the steps until its answer, the answer after ms, the steps after it, and TCP's end.

        before are (ask, answer, truth) of earlier requests on the connection. connect is the target of a CONNECT, which is then
        the request. end is "c fin", "s rst" and so on or "open"; where it is not said, the server ends what it said it would
        close and what was closed by Close frames, and the client all else. only names the side that alone was captured; shown says
        whether it is an attempt at all.
        """
        self.wait(gap)
        self.port += 1
        group = uri.split("/")[1] if "/" in uri else uri
        number = self.servers.setdefault(group, 10 + len(self.servers))
        c = Attempt(self.tape, self.port, uri, client, server or f"198.51.100.{number}:80", host, isn=(1000 + self.port, 900000 + self.port))
        c.only = only
        c.connect(syn_again)
        for was, said, its in before:
            c.ask(**was)
            self.wait(ms)
            c.reply(said)
            if its is not None:
                self.row(c, its)
            self.wait(20)
        if connect:
            c.host = connect
            c.ask(method="CONNECT", target=connect, bare=True, **(ask or {}))
        else:
            c.ask(**(ask or {}))
        if not asked and (reply is None or ms > 40):
            c.seg("s")
        for step in asked:
            step(c)
        c.status = c.head = None
        if reply is not None:
            self.wait(ms)
            c.reply(reply(c) if callable(reply) else reply)
        for step in steps:
            step(c)
        if end is None and c.ended is None:
            last = (c.answered("Connection") or "").lower() == "close" or len(c.closed) == 2
            end = "s fin" if last else "c fin"
        if end and end != "open":
            self.wait(5)
            c.tcp_end(*end.split())
        if shown:
            self.row(c, means)
        return c

    def row(self, c, means):
        """The truth of an attempt, with what it means: finds, nots and may are ids with spaces between them."""
        known = c.facts()
        if known["method"] == "CONNECT" and known["status"] != 200:
            known["verdict"] = "proxy-failed"
        known |= {k: v for k, v in means.items() if k not in ("finds", "nots", "may", "by", "product")}
        row = truth.handshake(**known)
        finds = means.get("finds", "").split()
        if row["verdict"] == "rejected" and row["status"] in STATUS_ROWS:
            finds = [STATUS_ROWS[row["status"]]] + [f for f in finds if f != STATUS_ROWS[row["status"]]]
        for name, value in (("findings", finds), ("not_findings", means.get("nots", "").split()), ("allowed", means.get("may", "").split()),
                            ("answered_by", means.get("by")), ("product", means.get("product"))):
            if value:
                row[name] = value
        both = {i for f in finds for i in f.split("|")} & set(row.get("not_findings", []))
        if both:
            raise SystemExit(f"{self.name} {row['uri']}: wanted and forbidden: {both}")
        self.rows.append(row)

    def write(self, **more):
        self.wait(7000)  # long enough to know that what got no answer got none
        last = Conn(self.tape, port=self.port + 1, uri="/end")
        last.open().handshake()
        last.end()
        self.rows.append(last.row())
        products = sorted({r["product"] for r in self.rows if r.get("product")})
        pcap.write(self.tape.path(self.name), self.tape.packets)
        truth.write(self.name, self.description, products or ["-"], self.rows, made="composed", implies=False, **more)
