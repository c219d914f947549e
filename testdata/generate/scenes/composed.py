"""What the kernels and products at hand do not do on request, composed byte for byte."""
import raw
from compose import Conn, Tape


def _one(name, description, talk, row=None, **conn):
    """A capture with one connection: talk does what is special between the 101 and the Close."""
    tape = Tape()
    c = Conn(tape, uri="/" + name, **conn)
    c.open().handshake()
    c.text("c", "hello")
    c.text("s", "welcome")
    talk(c)
    c.text("c", "last")
    c.text("s", "words")
    c.end()
    tape.write(name, description, [c.row(**(row or {}))])


def response_first():
    """The capture point saw each answer before its request."""
    tape, rows = Tape(), []
    for port, uri, answer in ((50001, "/first/101", raw.response_101()),
                              (50002, "/first/403", b"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno")):
        c = Conn(tape, port, uri).open()
        late = c.seg("c", c.request(), "PA", capture=False)
        c.seg("s", answer, "PA")
        tape.put(late)
        c.seg("c")
        if "101" in uri:
            c.text("c", "hello")
            c.end()
            rows.append(c.row())
        else:
            c.seg("c", flags="FA")
            c.seg("s", flags="FA")
            rows.append(c.row(status=403, ending="none"))
    tape.write("response_first", "a 101 and a 403 captured before their requests", rows)


def port_reuse():
    """One 4-tuple, four connections: after FIN, after RST, and after nothing at all."""
    tape, rows = Tape(), []
    for i, end in enumerate(("fin", "rst", "none", "fin")):
        c = Conn(tape, uri=f"/life/{i + 1}", isn=(1000 + i * 10_000_000, 900000 + i * 77_000_000)).open().handshake()
        c.text("c", f"life {i + 1}")
        more = {}
        if end == "fin":
            c.end()
        elif end == "rst":
            c.seg("s", flags="RA")
            more = {"ending": "rst"}
        else:
            more = {"ending": "lost|open"}
        rows.append(c.row(**more))
    tape.write("port_reuse", "the same client port used for four connections, the third of which ends unseen", rows)


def keepalive_probes():
    def talk(c):
        for _ in range(3):
            c.seg("c", b"\0", at=-1)  # one old byte, and a wrong one
            c.seg("s")
            c.seg("s", b"", at=-1)  # or none
            c.seg("c")
    _one("keepalive_probes", "TCP keep-alive probes that repeat an old byte, with another value", talk)


def zero_window():
    def talk(c):
        c.seg("s", window=0)
        f = c.frame("c", 2, bytes(range(100)))
        for _ in range(2):
            c.seg("c", f[:1], at=0)  # probe: the next byte, which is not taken
            c.seg("s", window=0)
        c.seg("s", window=64000)
        c.seg("c", f, "PA")
        c.seg("s")
    _one("zero_window", "a closed window, probes with one new byte, then the whole frame", talk)


def overlap():
    def talk(c):
        f = c.frame("c", 2, bytes(range(200)))
        c.seg("c", f[:120], at=0)
        c.seg("c", f[60:150], at=60)  # half of it old
        c.seg("c", f[90:100], at=90)  # all of it old
        c.seg("c", f[170:], at=170)  # a hole
        c.seg("c", f[140:206], at=140)  # fills it and covers what was held
        c.seg("c", f, "PA", capture=False)
        c.seg("s")
        g = c.frame("s", 2, bytes(range(100)))
        c.seg("s", g[50:], at=50)
        c.seg("s", g, "PA")  # the repetition is longer than what was held
        c.seg("c")
    _one("overlap", "segments that overlap each other, old ones, and one that fills a hole and covers held bytes", talk)


def syn_data():
    """TCP Fast Open: the request travels in the SYN."""
    tape = Tape()
    c = Conn(tape, uri="/syn-data")
    c.seg("c", c.request(), "S", options=b"\x22\x0c1234567890")
    c.seg("s", flags="SA", options=b"\x02\x04\x05\xb4")
    c.seg("s", raw.response_101(), "PA")
    c.seg("c")
    c.text("c", "hello")
    c.end()
    again = Conn(tape, 50001, "/syn-data-refused")  # the server takes the SYN only; the request is sent again
    request = again.request()
    again.seg("c", request, "S", options=b"\x22\x0c1234567890")
    again.next["c"] -= len(request)
    again.seg("s", flags="SA", options=b"\x02\x04\x05\xb4")
    again.handshake()
    again.text("c", "hello")
    again.end()
    tape.write("syn_data", "the request in the SYN: once accepted there, once sent again", [c.row(), again.row()])


def fin_data():
    """The last frames travel in the segments that carry FIN; and one side goes on after the other's FIN."""
    tape = Tape()
    c = Conn(tape, uri="/fin-data").open().handshake()
    c.text("c", "hello")
    c.seg("c", c.closing("c", 1000), "FPA")
    c.text("s", "half-closed, still talking")
    c.seg("s", c.closing("s", 1000), "FPA")
    c.seg("c")
    tape.write("fin_data", "Close frames in the segments with FIN, a message in between", [c.row()])


def hole_payload():
    def talk(c):
        f = c.frame("s", 2, bytes(3000))
        c.seg("s", f[:1400], "PA")
        c.seg("s", f[1400:2800], "PA", capture=False)
        c.seg("s", f[2800:], "PA")
        c.seg("c")
    _one("hole_payload", "a hole inside a frame's payload, acknowledged by the peer", talk, {"unchecked": ["messages_server"]})


def hole_header():
    def talk(c):
        f, g = c.frame("s", 2, b"x" * 500), c.frame("s", 1, b"y" * 300)
        both = f + g
        c.seg("s", both[:400], "PA")
        c.seg("s", both[400:600], "PA", capture=False)  # the end of f and the head of g
        c.seg("s", both[600:], "PA")
        c.seg("c")
        for i in range(3):
            c.text("s", f"after the hole {i}")
            c.seg("c")
    _one("hole_header", "a hole over the end of one frame and the header of the next, acknowledged by the peer", talk,
         {"unchecked": ["messages_server"]})


def hole_filled_late():
    def talk(c):
        f = c.frame("s", 2, bytes(range(256)) * 4)
        c.seg("s", f[500:], at=500)
        for _ in range(3):
            c.seg("c")  # duplicate acknowledgements: the hole is real, and will be filled
        c.text("c", "meanwhile")
        c.seg("s", f, "PA")
        c.seg("c")
    _one("hole_filled_late", "a segment lost on the way and sent again after duplicate acknowledgements", talk)


def tso():
    _one("tso", "IPv4 total length 0, as a sender's segmentation offload leaves it", lambda c: None, total_length=0)


def ip_options():
    _one("ip_options", "IPv4 with a router alert option", lambda c: None, ip_options=b"\x94\x04\0\0")


def ipv6_extensions():
    hop = b"\x3c\x00\x01\x04\0\0\0\0"  # hop-by-hop, next: destination options
    destination = b"\x2b\x00\x01\x04\0\0\0\0"  # next: routing
    routing = b"\x06\x00\x03\x00\0\0\0\0"  # next: TCP
    _one("ipv6_extensions", "IPv6 with hop-by-hop, destination and routing headers", lambda c: None, v6=True, extension=(0, hop + destination + routing))


def padding():
    """Ethernet pads short packets to 60 bytes: what stands behind the IP packet is no TCP data."""
    tape = Tape()
    c = Conn(tape, uri="/padding").open().handshake()
    for i in range(4):
        c.seg("c", padding=b"\x81\x05junk!"[:6])
        c.text("s", f"{i}", padding=b"\x88\x02\x03")
        c.seg("c", padding=b"\0" * 6)
    c.end()
    tape.write("padding", "Ethernet padding behind short packets, with bytes that look like frames", [c.row()])
