"""IP fragments: by routers, edited ones, and composed ones that come in every disorder."""
import json

import encap
import pcap
import raw
import truth
import wires
from compose import Conn, Tape
from lab import OUT, Lab

NEAR, FAR = "10.1.0.1", "10.3.0.2"


def fragments_ipv4():
    """Two routers with a link of MTU 600 between them; the ends do without path MTU discovery, so that DF is not set."""
    lab = Lab()
    with wires.Nets("first", "second", "far") as (first, second, far):
        wires.veth(("", "v0", f"{NEAR}/24"), (first, "west", "10.1.0.254/24"))
        wires.veth((first, "east", "10.2.0.1/24"), (second, "west", "10.2.0.2/24"), mtu=600)
        wires.veth((second, "east", "10.3.0.254/24"), (far, "v1", f"{FAR}/24"))
        for net, router in (("", "10.1.0.254"), (first, "10.2.0.2"), (second, "10.2.0.1"), (far, "10.3.0.254")):
            wires.run(net, f"ip route add default via {router}")
            wires.run(net, "sysctl -qw net.ipv4.ip_no_pmtu_disc=1 net.ipv4.ip_forward=1")
        lab.capture("fragments_ipv4.pcap", iface="east", net=first, filter="ip")
        rows = wires.talk(lab, NEAR, f"{FAR}:8085", [], far)
        lab.end()
    truth.write("fragments_ipv4", "TCP segments that a router had to fragment", [truth.node_ws(), truth.RAW], rows)


def fragments_ipv6():
    """Linux does not fragment TCP over IPv6. One end sends atomic fragments, which are whole (RFC 6946)."""
    out = []
    for i, p in enumerate(pcap.read(OUT / "veth_ipv6.pcap")[1]):
        t, ip = pcap.Tcp(p), p.data[14:]
        atomic = t.src.endswith(":8085")
        parts = encap.fragments(ip, 128, 77_000 + i) if atomic or len(ip) - 40 > 128 else [ip]
        for k, part in enumerate(parts):
            out.append(p.copy(time=p.time + k * 1000, data=p.data[:14] + part, original=14 + len(part)))
    out.sort(key=lambda p: p.time)  # fragments of neighbours come in turn
    pcap.write(OUT / "fragments_ipv6.pcap", out)
    known = json.loads((OUT / "veth_ipv6.json").read_text())
    truth.write("fragments_ipv6", "IPv6 segments in fragments of 128 bytes; those of the server have a fragment header even where they are whole",
                known["products"], known["handshakes"], made="edited from veth_ipv6")


class Cut(Conn):
    """A connection in a VLAN whose segments are put into the capture by hand, in fragments."""

    def __init__(self, tape, vlan, uri, **how):
        super().__init__(tape, uri=uri, **how)
        self.vlan, self.carrier = vlan, [f"vlan {vlan}"]
        self.ident = 1  # all connections count alike; only their VLANs or the time tell equal numbers apart

    def put(self, ip):
        self.tape.put(encap.tagged(b"\x02\0\0\0\0\x01\x02\0\0\0\0\x02" + encap.kind_of(ip).to_bytes(2, "big") + ip, (0x8100, self.vlan)))

    def seg(self, side, data=b"", flags="A", capture=True, **how):
        """Segments without data are put whole; what is not captured is returned as an IP packet."""
        ip = super().seg(side, data, flags, capture=False, **how)[14:]
        if capture:
            self.put(ip)
        return ip

    def parts(self, side, data, size=64):
        """The fragments of the segment that sends data."""
        self.ident += 1
        return encap.fragments(self.seg(side, data, "PA", capture=False), size, self.ident)


def _shuffled(parts):
    """Every third part first, then the rest backwards."""
    return parts[::3] + [p for i, p in enumerate(parts) if i % 3][::-1]


def _disorder(tape, rows):
    """In turn, backwards, shuffled and doubled."""
    a, b = Cut(tape, 10, "/first", port=50000), Cut(tape, 10, "/second", port=50001)
    b.ident = 1000
    for c in (a, b):
        c.open()
    _in_turn(a, b)
    for c in (a, b):
        c.seg("c")
    for x, y in zip(_shuffled(a.parts("c", a.frame("c", 1, b"a" * 900))), _shuffled(b.parts("c", b.frame("c", 1, b"b" * 900)))[::-1]):
        a.put(x)
        b.put(y)
        a.put(x)
    for c in (a, b):
        c.seg("s")
        c.end()
        rows.append(c.row(carrier=c.carrier))


def _in_turn(a, b):
    """Two handshakes: a fragment of the one, a fragment of the other; those of one answer backwards, those of the other twice."""
    for x, y in zip(a.parts("c", a.request()), b.parts("c", b.request())):
        a.put(x)
        b.put(y)
    for x, y in zip(a.parts("s", raw.response_101())[::-1], b.parts("s", raw.response_101())):
        a.put(x)
        b.put(y)
        b.put(y)


def fragments_vlans():
    tape, rows = Tape(), []
    a, b = Cut(tape, 10, "/vlan10", port=50000), Cut(tape, 20, "/vlan20", port=50001)
    for c in (a, b):
        c.open()
    _in_turn(a, b)
    for c in (a, b):
        c.seg("c")
        c.end()
        rows.append(c.row(carrier=c.carrier))
    tape.write("fragments_vlans", "fragments of two VLANs in turn, with the same addresses and the same identifications", rows)


def _ipv6(tape, rows):
    c = Cut(tape, 10, "/ipv6", v6=True, port=50002).open()
    for x in _shuffled(c.parts("c", c.request())):
        c.put(x)
    for x in c.parts("s", raw.response_101(), size=56)[::-1]:
        c.put(x)
        c.put(x)
    c.seg("c")
    c.end()
    rows.append(c.row(carrier=c.carrier))


def _overlap(tape, rows):
    """Fragments of which one would put a Close into the place of a message: after and before the one that it overlaps, and with the lower offset.

    A reader that lets the first, the last or the lowest win is deceived once. One
    that refuses the datagrams gets the bytes from the repetitions behind them.
    """
    c = Cut(tape, 10, "/overlap", port=50003).open().handshake()
    for how in ("last", "first", "lowest"):
        first = c.frame("s", 1, b"first")
        data = first + c.frame("s", 1, b"second " * 20)
        c.ident += 1
        ip = c.seg("s", data, "PA", capture=False)
        head, body = ip[:20], ip[20:]
        at, close = 20 + len(first), raw.frame(8, raw.close_body(1011, "evil"))
        evil = body[:at] + close + raw.frame(1, body[at + len(close) + 4:])  # as long as the message
        assert len(evil) == len(body)
        one, other = (evil, body) if how == "lowest" else (body, evil)
        pieces = [encap.fragment(head, b[start:end], start, end < len(b), c.ident)
                  for b, start, end in ((one, 0, 64), (other, 24, 64), (body, 64, 128), (body, 128, len(body)))]
        if how == "first":
            pieces[:2] = pieces[1::-1]
        for x in pieces:
            c.put(x)
        c.seg("s", data, "PA", at=-len(data))
        c.seg("c")
    c.end()
    rows.append(c.row(carrier=c.carrier, cause="none: success; datagrams with overlapping fragments must be refused, and are sent again whole"))


def _incomplete(tape, rows):
    """A fragment that the capture lacks and the receiver had."""
    c = Cut(tape, 20, "/incomplete", port=50004).open().handshake()
    c.text("s", "before")
    for i, x in enumerate(c.parts("s", c.frame("s", 1, b"x" * 300))):
        if i != 2:
            c.put(x)
    c.seg("c")
    c.text("s", "after")
    c.seg("c")
    c.end()
    rows.append(c.row(carrier=c.carrier, cause="none: success; a fragment of a message is not in the capture", unchecked=["messages_server"]))


def fragments_mixed():
    tape, rows = Tape(), []
    for talk in (_disorder, _ipv6, _overlap, _incomplete):
        talk(tape, rows)
    tape.write("fragments_mixed", "fragments of IPv4 and IPv6 backwards, shuffled and doubled; overlapping "
               "ones, which must be refused, with the same bytes sent again whole; and one that is missing", rows)
