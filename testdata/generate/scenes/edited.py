"""Real captures of other scenes, changed by a tool: what links and capture points do to packets."""
import json

import pcap
import truth
from lab import OUT


def _source(name):
    link, packets = pcap.read(OUT / (name + ".pcap"))
    assert link == pcap.ETHERNET
    return packets, json.loads((OUT / (name + ".json")).read_text())


def _write(name, source, description, packets, rows, **how):
    pcap.write(OUT / (name + ".pcap"), packets, **how)
    truth.write(name, description, source["products"], rows, made=f"edited from {source['name']}")


def duplicated():
    packets, source = _source("closings")
    twice = [q for p in packets for q in (p, p.copy(time=p.time + 3000))]
    _write("duplicated", source, "every packet twice, 3 µs apart, as a SPAN port delivers them", twice, source["handshakes"])


def wrapped():
    """Sequence numbers moved so that each direction of each connection crosses 2^32 after some bytes."""
    packets, source = _source("ws_basic")
    by, out = {}, []
    for p in packets:
        t = pcap.Tcp(p)
        key = (t.src, t.connection)
        if t.flags & 2 and key not in by:
            by[key] = 2**32 - 250 - 37 * len(by) - t.seq
    for p in packets:
        t = pcap.Tcp(p)
        out.append(pcap.shift(p, {a: by.get((a, t.connection), 0) for a in (t.src, t.dst)}))
    _write("wrapped", source, "sequence numbers cross 2^32 in the middle of heads and frames", out, source["handshakes"])


def reordered():
    """Neighbours change places, as with several receive queues; nothing is lost."""
    packets, source = _source("heads")
    out, i = list(packets), 0
    while i + 1 < len(out):
        a, b = pcap.Tcp(out[i]), pcap.Tcp(out[i + 1])
        crossing = a.src != b.src and a.payload and b.payload  # would change who spoke first
        if not crossing and not (a.flags | b.flags) & 7 and (a.payload or b.payload) and i % 3 == 0:
            out[i], out[i + 1] = out[i + 1].copy(time=out[i].time), out[i].copy(time=out[i + 1].time)
            i += 1
        i += 1
    _write("reordered", source, "neighbouring packets have changed places", out, source["handshakes"])


def vlan():
    packets, source = _source("pyws_rejects")
    out = [p.copy(data=p.data[:12] + b"\x81\x00\x00\x65" + p.data[12:], original=p.original + 4) for p in packets]
    _write("vlan", source, "802.1Q tag with VLAN 101", out, [row | {"carrier": ["vlan 101"]} for row in source["handshakes"]])


def raw_ip():
    packets, source = _source("keepalive")
    out = [p.copy(data=p.data[14:], original=p.original - 14) for p in packets]
    _write("raw_ip", source, "raw IP without a link-layer header, as from a tunnel device", out, source["handshakes"], link=pcap.RAW)


def bsd_null():
    """BSD loopback as a big-endian machine writes it: link header and file header in its byte order."""
    packets, source = _source("refused")
    out = [p.copy(data=b"\0\0\0\x02" + p.data[14:], original=p.original - 10) for p in packets]
    _write("bsd_null", source, "BSD loopback header, big-endian file", out, source["handshakes"], link=pcap.NULL, order=">")


def _drop(packets, wanted):
    """Leave out the packets that wanted names: {uri: predicate of (Tcp, number of this direction's data packets before)}."""
    uris, count, out, dropped = {}, {}, [], set()
    for p in packets:
        t = pcap.Tcp(p)
        if t.payload.startswith(b"GET "):
            uris[t.connection] = t.payload.split(b" ")[1].decode()
    for p in packets:
        t = pcap.Tcp(p)
        uri, key = uris.get(t.connection), (t.src, t.connection)
        before = count.get(key, 0)
        if t.payload:
            count[key] = before + 1
        client = uri is not None and t.dst.endswith(SERVERS)
        if uri in wanted and t.payload and wanted[uri]("client" if client else "server", before, t.payload):
            dropped.add(uri)
            continue
        out.append(p)
    assert dropped == set(wanted), dropped
    return out


SERVERS = (":8085", ":6001")
UNSEEN = ["host", "uri", "origin", "http_version", "subprotocol", "messages_client", "messages_server"]


def loss():
    """Packets that the peers had and the capture does not hold."""
    packets, source = _source("ws_basic")
    out = _drop(packets, {
        "/plain": lambda side, n, data: data[0] == 0x88,
        "/deflate": lambda side, n, data: data.startswith(b"HTTP/1.1 101"),
        "/chat?room=7": lambda side, n, data: data.startswith(b"GET "),
        "/fragments": lambda side, n, data: side == "client" and n == 2,
        "/hello?hello=5": lambda side, n, data: side == "server" and n == 3,
    })
    rows = {row["uri"]: row for row in source["handshakes"]}
    rows["/plain"] |= {"close": None, "ending": "lost", "cause": "both Close frames are not in the capture"}
    rows["/deflate"] |= {"verdict": "incomplete|accepted", "cause": "the 101 is not in the capture", "status": None,
                         "unchecked": ["status", "close", "ending", *UNSEEN[3:]]}
    rows["/chat?room=7"] |= {"verdict": "incomplete|accepted", "cause": "the request is not in the capture", "unchecked": UNSEEN}
    rows["/fragments"] |= {"cause": "a fragment of the client's message is not in the capture", "unchecked": ["messages_client"]}
    rows["/hello?hello=5"] |= {"cause": "one of five messages is not in the capture", "unchecked": ["messages_server"]}
    _write("loss", source, "packets missing in the capture: both Close frames, a 101, a request, a fragment, a message", out, list(rows.values()))


def loss_close():
    """One Close frame is missing: the other one cannot be called the first."""
    packets, source = _source("ipv6")
    out = _drop(packets, {"/chat": lambda side, n, data: side == "client" and data[0] == 0x88})
    rows = source["handshakes"]
    rows[0] |= {"close": rows[0]["close"] | {"by": None}, "ending": "lost", "cause": "the client's Close frame is not in the capture"}
    _write("loss_close", source, "the first of two Close frames is missing in the capture", out, rows)


def loss_payload():
    """A big frame, split as on Ethernet, without its second segment."""
    packets, source = _source("ipv6")
    whole = [q for p in packets for q in (pcap.split(p, 1200) if len(p.data) > 1514 else [p])]
    out = _drop(whole, {"/chat": lambda side, n, data: side == "client" and len(data) == 1200 and n == 3})
    rows = source["handshakes"]
    rows[0] |= {"cause": "the middle of a frame's payload is not in the capture", "unchecked": ["messages_client"]}
    _write("loss_payload", source, "the middle segment of a frame's payload is missing in the capture", out, rows)
