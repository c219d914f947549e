"""TLS in scenes: command-line programs that carry bytes in TLS, a talk over them, and what a row has to say of TLS."""
import os
import re
import select
import socket
import subprocess
import time

import pcap
import raw
import truth
from certificates import FOLDER, HOST
from lab import OUT, wait_for_port


def openssl_version():
    return "OpenSSL " + subprocess.run(["openssl", "version"], capture_output=True, text=True, check=True).stdout.split()[1]


def keylog(name):
    """The path of testdata/NAME.keys, which does not exist yet."""
    path = OUT / f"{name}.keys"
    path.unlink(missing_ok=True)
    return path


def client_randoms(name):
    """The random of every ClientHello of testdata/NAME.pcap by the client's address, in hexadecimal, as key logs have it."""
    found = {}
    for p in pcap.read(OUT / f"{name}.pcap")[1]:
        t = pcap.Tcp(p)
        if t.payload[:1] == b"\x16" and t.payload[5:6] == b"\1":
            found.setdefault(t.src, t.payload[11:43].hex())
    return found


def iana(name):
    """The IANA name of a cipher suite that OpenSSL calls something else."""
    if name.startswith("TLS_"):
        return name
    said = subprocess.run(["openssl", "ciphers", "-stdname", "-s", "ALL:COMPLEMENTOFALL:@SECLEVEL=0"], capture_output=True, text=True, check=True).stdout
    said += subprocess.run(["openssl", "ciphers", "-stdname", "ALL:COMPLEMENTOFALL:@SECLEVEL=0"], capture_output=True, text=True, check=True).stdout
    for line in said.splitlines():
        words = line.split()
        if name in (words[0], words[2]):
            return words[0]
    raise SystemExit(f"no cipher suite is called {name}")


def version(name):
    """TLSv1 is 1.0, which is how a row says it."""
    return {"TLSv1": "TLSv1.0"}.get(name, name)


class Piped:
    """A program that has TLS on one side and its standard streams on the other, in the place of a socket.

    What it says before the first of the bytes in until is its own talk, and kept apart in said.
    """

    def __init__(self, args, until=(), env=None, patience=3):
        self.log = open(FOLDER / (os.path.basename(args[0]) + ".log"), "ab")
        self.p = subprocess.Popen(args, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log, env=env)
        self.until, self.timeout, self.patience, self.said, self.found = until, 10, patience, b"", not until

    def getsockname(self):
        return self.here

    def getpeername(self):
        return self.there

    def settimeout(self, seconds):
        self.timeout = seconds

    def setsockopt(self, *_):
        pass

    def sendall(self, data):
        self.p.stdin.write(data)
        self.p.stdin.flush()

    def again(self, until=None):
        """What comes until the bytes of until is the program's own talk once more: the next connection, by default."""
        self.said, self.found, self.until = b"" if until is None else self.said, False, until or self.until

    def recv(self, n):
        while True:
            if not select.select([self.p.stdout], [], [], self.timeout)[0]:
                raise TimeoutError(self.said.decode("latin-1"))
            got = os.read(self.p.stdout.fileno(), n)
            if not got:
                return got
            if self.found:
                got = got.replace(NOISE, b"")
                if got:
                    return got
                continue
            self.said += got
            at = [i for i in (self.said.find(u) for u in self.until) if i >= 0]
            if at:
                self.found, rest, self.said = True, self.said[min(at):].replace(NOISE, b""), self.said[:min(at)]
                return rest

    def close(self):
        """The end of what the program sends: it says goodbye in TLS and ends."""
        self.p.stdin.close()
        try:
            self.p.wait(self.patience)
        except subprocess.TimeoutExpired:
            self.p.kill()
            self.p.wait()
        self.log.close()

    def facts(self):
        """What s_client says of the TLS session, in the words of a row."""
        said = self.said.decode("latin-1")
        kind, cipher = re.search(r"(New|Reused), .*?, Cipher is (\S+)", said).groups()
        protocol = re.findall(r"Protocol *: (\S+)", said) or re.findall(r"(?:New|Reused), (\S+), Cipher", said)
        return {"tls_version": version(protocol[-1]), "tls_cipher": iana(cipher), "tls_resumed": kind == "Reused"}


def agreed(server, speaks):
    """What s_server says of the TLS session, which does not name the version."""
    said = server.said.decode("latin-1")
    return {"tls_version": speaks, "tls_cipher": iana(re.findall(r"CIPHER is (\S+)", said)[-1]), "tls_resumed": "Reused session-id" in said}


def s_server(at, pair, *args):
    """openssl s_server, which serves one connection after the other on the same streams."""
    _, port = at.rsplit(":", 1)
    p = Piped(["openssl", "s_server", "-accept", at, "-cert", pair.crt, "-key", pair.key, *args], until=(b"GET ",), patience=0.1)  # it does not notice the end while it accepts
    wait_for_port(*at.rsplit(":", 1)[:1], int(port))
    return p


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def s_client(at, *args, sni=HOST, connect=None):
    """openssl s_client, from a port that is known before; connect is the target where at is a proxy."""
    mine = ("127.0.0.1", free_port())
    p = Piped(["openssl", "s_client", "-connect", connect or at, "-bind", raw.address(mine), *(["-servername", sni] if sni else ["-noservername"]), *args],
              until=(b"HTTP/1.",))
    host, port = at.rsplit(":", 1)
    p.here, p.there = mine, (host, int(port))
    time.sleep(0.3)
    return p


def client_port(at, wait=5):
    """The port of the one connection to a server that is established now, for programs that do not say theirs."""
    want = f":{int(at.rsplit(':', 1)[1]):04X} 01"
    for _ in range(int(wait / 0.02)):
        for line in open("/proc/net/tcp").read().splitlines()[1:]:
            words = line.split()
            if f"{words[2]} {words[3]}".endswith(want):
                return int(words[1].split(":")[1], 16)
        time.sleep(0.02)
    raise SystemExit(f"nobody is connected to {at}")


def other_client(at, args, env=None):
    """A client program that says neither its port nor what was agreed, and nothing but the data on standard output."""
    p = Piped(args, env=dict(os.environ, **(env or {})))
    host, port = at.rsplit(":", 1)
    p.here, p.there = ("127.0.0.1", client_port(at)), (host, int(port))
    time.sleep(0.3)
    return p


def peers(client, server):
    """Both programs as peers that keep logs. The server's knows from the client who it talks with."""
    server.here, server.there = client.there, client.here
    return raw.Peer(client, "client"), raw.Peer(server, "server")


def converse(c, s, uri, between=None, status=101, early=False, subprotocol=None, **fields):
    """An attempt over two peers: request, answer, a message each way, Close each way. between runs before the messages."""
    host = fields.pop("host", f"{HOST}:{c.log['server'].rsplit(':', 1)[1]}")
    c.log |= {"uri": uri, "host": host, "origin": fields.get("Origin")}
    if not early:
        c.send(raw.request(uri, host, **fields))
    asked = s.read_request()
    if s.log["uri"] != uri:
        raise SystemExit(f"asked for {uri}, got {s.log}")
    s.log["status"] = status
    if status != 101:
        s.send(f"HTTP/1.1 {status} No\r\nContent-Length: 3\r\nConnection: close\r\n\r\nno\n".encode())
        c.read_status()
        return
    s.send(raw.response_101(asked["sec-websocket-key"], **({"Sec_WebSocket_Protocol": subprotocol} if subprotocol else {})))
    c.read_status()
    c.log["subprotocol"] = s.log["subprotocol"] = subprotocol
    if between:
        between()
        for p in (c, s):
            p.buffer = b""
            p.s.again(until=(FRAME,))
    c.message("hello")
    s.message("hello yourself")
    c.close_frame(1000, "done")
    got = s.drain(until_close=True)
    s.close_frame(1000, "done", echo=True)
    back = c.drain(until_close=True)
    if [f[0] for f in got] != [1, 8] or [f[0] for f in back] != [1, 8]:
        raise SystemExit(f"{uri}: the server got {got}, the client {back}")


def row(c, s, **known):
    """The row of what two peers logged, with what is known of TLS."""
    return truth.join([c.log], [s.log])[0] | {"tls": True, "sni": HOST} | known


NOISE = b"SSL_do_handshake -> 1\n"  # by s_server, long after it did so
FRAME = b"\x81"  # how a text message begins, and no words of these programs

# What nobody can say of an attempt in TLS without its keys.
HIDDEN = ["host", "uri", "origin", "status", "http_version", "method", "subprotocol", "extensions", "close", "ending", "messages_client", "messages_server"]
# What is never found where TLS hides everything.
CLAIMS = ["tls-untrusted-ca", "tls-cert-expired", "tls-server-alert", "tls-client-alert", "tls-client-cert-needed", "tls-to-plain-port", "tls-plain-on-tls-port",
          "tls-closed-after-clienthello", "tls-handshake-stall", "tls-intercepted"]


def without_keys(row, **known):
    """The row as it is where the keys are not at hand: a TLS connection, and nothing about WebSockets."""
    h = {k: v for k, v in row.items() if k not in ("findings", "not_findings", "allowed", "answered_by", "product", "leg")}
    h |= {"verdict": "encrypted", "unchecked": HIDDEN, "not_findings": [f for f in CLAIMS if f not in known.get("findings", ())]
          + ["http-no-response", "http-empty-reply", "close-abnormal-1006"]}
    if row["verdict"] == "accepted":
        h["not_findings"] = ["tls-opaque-reject-shape", "tls13-hidden-alert", *h["not_findings"]]
    return h | known


def clients_of(name):
    """The address of the one client that each server of testdata/NAME.pcap had, for programs that do not say their port."""
    found = {}
    for p in pcap.read(OUT / f"{name}.pcap")[1]:
        t = pcap.Tcp(p)
        if t.flags & 0x12 == 2:
            found.setdefault(t.dst, []).append(t.src)
    return {server: clients[0] for server, clients in found.items() if len(clients) == 1}


def records(name):
    """The TLS records of testdata/NAME.pcap by who sent them to whom: type, size, and the last byte, which is the number of an alert."""
    streams, found = {}, {}
    for p in pcap.read(OUT / f"{name}.pcap")[1]:
        t = pcap.Tcp(p)
        streams[t.src, t.dst] = streams.get((t.src, t.dst), b"") + t.payload  # nothing is lost or sent twice on a loopback device
    for ends, data in streams.items():
        at = 0
        while data[at:at + 2] in (b"\x14\3", b"\x15\3", b"\x16\3", b"\x17\3"):
            size = int.from_bytes(data[at + 3:at + 5])
            found.setdefault(ends, []).append((data[at], size, data[at + 4 + size]))
            at += 5 + size
    return found


def readable_alerts(name):
    """The numbers of the alerts that stand in testdata/NAME.pcap in the clear, by who sent them to whom."""
    return {ends: [last for kind, size, last in all if kind == 0x15 and size == 2] for ends, all in records(name).items()}


def failed(client, server, cause, **known):
    """A row of a TLS handshake that does not succeed, or after which nothing is asked for."""
    h = {"client": client, "server": server, "method": None, "tls": True, "verdict": "tls-failed", "cause": cause, "sni": HOST} | known
    h["unchecked"] = sorted({"host", "uri", "origin", "http_version", *known.get("unchecked", ())})
    return truth.handshake(**h)
