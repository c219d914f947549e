"""TLS connections that never come to a request and stand for no refused certificate, composed byte for byte: what a path does to a ClientHello, and what
connections look like that are made beforehand."""
import struct

from compose import Conn, Tape
from tlskit import CLAIMS, failed

NAME = "ws.example.test"


def _record(kind, body):
    return struct.pack(">BHH", kind, 0x303, len(body)) + body


def _extension(number, body):
    return struct.pack(">HH", number, len(body)) + body


def _hello(share):
    """A ClientHello for TLS 1.3 with a key share of so many bytes: 32 for X25519, 1216 for X25519MLKEM768 (RFC 8446 section 4.1.2)."""
    sni = struct.pack(">HBH", len(NAME) + 3, 0, len(NAME)) + NAME.encode()
    group = 0x1d if share == 32 else 0x11ec
    extensions = (_extension(0, sni) + _extension(43, b"\x02\x03\x04") + _extension(10, struct.pack(">HH", 2, group)) + _extension(13, b"\0\2\4\3")
                  + _extension(16, b"\0\x09\x08http/1.1") + _extension(51, struct.pack(">HHH", share + 4, group, share) + bytes(share)))
    body = b"\x03\x03" + bytes(range(32)) + b"\x20" + bytes(32) + b"\0\2\x13\1\1\0" + struct.pack(">H", len(extensions)) + extensions
    return _record(22, b"\1" + len(body).to_bytes(3, "big") + body)


def _server_hello():
    extensions = _extension(43, b"\3\4") + _extension(51, struct.pack(">HH", 0x1d, 32) + bytes(32))
    body = b"\x03\x03" + bytes(range(32, 64)) + b"\x20" + bytes(32) + b"\x13\1\0" + struct.pack(">H", len(extensions)) + extensions
    return _record(22, b"\2" + len(body).to_bytes(3, "big") + body)


FLIGHT = _server_hello() + _record(20, b"\1") + _record(23, bytes(900))  # EncryptedExtensions, Certificate, CertificateVerify and Finished, encrypted
FINISHED = _record(20, b"\1") + _record(23, bytes(4 + 32 + 17))
TICKETS = _record(23, bytes(250)) * 2
ALERT = _record(23, bytes(2 + 17))


def _row(c, cause, found, nots=(), **known):
    return failed(c.client, c.server, cause, findings=found, sni=NAME, **known, not_findings=[
        f for f in dict.fromkeys([*CLAIMS, "tls13-hidden-alert", "tls-opaque-reject-shape", "tls-client-left", "tcp-mtu-blackhole", "tcp-rst-injected",
                                  "http-no-response", "http-empty-reply", *nots]) if f not in found and f not in known.get("allowed", ())])


def rules_tls():
    t, rows = Tape(), []

    big, c = _hello(1216), Conn(t, 50000).open()
    c.seg("c", big[:1400], "A")
    c.seg("c", big[1400:], "PA")
    c.seg("s", ack=1001)
    for wait in (200, 400, 800, 1600, 3200):
        t.sleep(wait)
        c.seg("c", big[:1400], "A", at=-len(big))
        c.seg("s", ack=1001)
    t.sleep(1000)
    c.seg("c", flags="FA")
    rows.append(_row(c, "the first segment of a ClientHello with a post-quantum key does not get through, what is behind it does", ["tcp-mtu-blackhole"],
                     allowed=["tls-handshake-stall"]))

    c = Conn(t, 50001).open()
    c.seg("c", _hello(1216), "PA")
    c.seg("s")
    t.sleep(7000)
    c.seg("c", flags="FA")
    rows.append(_row(c, "a large ClientHello gets through and is not answered; the client gives up after 7 s", ["tls-handshake-stall"]))

    c = Conn(t, 50002).open()
    c.seg("c", _hello(32), "PA")
    c.seg("s", flags="RA", ttl=47)
    c.seg("s", _server_hello(), "PA")
    rows.append(_row(c, "a filter resets in the server's name, and the server's answer comes after it", ["tcp-rst-injected"],
                     allowed=["tls-closed-after-clienthello"], verdict="tls-failed|encrypted|incomplete"))

    c = Conn(t, 50003).open()
    c.seg("c", _hello(32), "PA")
    c.seg("s")
    t.sleep(1000)
    c.seg("c", flags="FA")
    rows.append(_row(c, "the client gives up after 1 s", ["tls-client-left"]))

    for port, side, cause in ((50004, "s", "a connection that a browser made beforehand; the server closes it after a minute"),
                              (50005, "c", "a connection that a client made beforehand, and closes: the alert after its Finished is close_notify")):
        c = Conn(t, port).open()
        c.seg("c", _hello(32), "PA")
        c.seg("s", FLIGHT, "PA")
        c.seg("c", FINISHED, "PA")
        c.seg("s", TICKETS, "PA")
        c.seg("c")
        t.sleep(60000)
        c.seg(side, ALERT, "FPA")
        c.seg("c" if side == "s" else "s", flags="FA")
        c.seg(side)
        rows.append(_row(c, cause, ["tls-client-left"], verdict="encrypted"))
    t.write("rules_tls", "composed: a ClientHello that does not get through, or is answered by a forged reset or not at all; connections made beforehand", rows,
            implies=False)
