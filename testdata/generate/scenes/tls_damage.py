"""TLS of which the capture does not hold everything, with keys."""
import json
import shutil

import pcap
import truth
from certificates import Pki
from lab import OUT, Lab
from tlskit import HIDDEN, converse, keylog, openssl_version, peers, row, s_client, s_server, without_keys

UNSEEN = ["host", "uri", "origin", "http_version", "subprotocol", "messages_client", "messages_server"]


def _without(packets, wanted):
    """The packets but for some: (client's address, "client" or "server", number of the packet with data of that side): the least and the most bytes of it."""
    count, out, left = {}, [], set(wanted)
    for p in packets:
        t = pcap.Tcp(p)
        if t.payload:
            n = count[t.src, t.dst] = count.get((t.src, t.dst), -1) + 1
            which = {(t.src, "client", n), (t.dst, "server", n)} & left
            if which:
                low, high = wanted[which.pop()]
                if not low <= len(t.payload) <= high:
                    raise SystemExit(f"packet {n} of {t.src} to {t.dst} has {len(t.payload)} bytes: the programs sent something else than last time")
                left -= {(t.src, "client", n), (t.dst, "server", n)}
                continue
        out.append(p)
    if left:
        raise SystemExit(f"no such packets: {left}")
    return out


def tls_loss():
    """Packets that the peers had and the capture does not hold: what comes after them can be read."""
    link, packets = pcap.read(OUT / "tls_node.pcap")
    told = json.loads((OUT / "tls_node.json").read_text())
    by = {h["uri"]: h for h in told["handshakes"]}
    half = {"verdict": "incomplete|accepted", "unchecked": UNSEEN}
    drops = {
        "/13": ([("client", 3, (26, 45)), ("server", 4, (26, 45))], {"close": None, "ending": "lost", "cause": "both Close frames are not in the capture"}),
        "/13/128": ([("client", 2, (26, 45))], {"cause": "the client's message is not in the capture", "unchecked": ["messages_client"]}),
        "/13/chacha": ([("server", 2, (140, 400))], half | {"cause": "the 101 is not in the capture", "status": None, "unchecked": ["status", "close", "ending", *UNSEEN[3:]]}),
        "/12": ([("server", 3, (26, 45))], {"cause": "the server's message is not in the capture", "unchecked": ["messages_server"]}),
        "/12/dhe": ([("client", 2, (140, 400))], half | {"cause": "the request is not in the capture"}),
        "/12/cbc?reply=5000": ([("server", 3, (5000, 5200))], {"cause": "the server's message of 5000 bytes is not in the capture", "unchecked": ["messages_server"]}),
        "/13/deflate": ([("server", 1, (500, 700))], {"cause": "the session tickets are not in the capture, and nothing of HTTP is missing"}),
        "/12/rsa": ([("server", 1, (200, 300))], {"cause": "the server's change_cipher_spec and Finished are not in the capture, and nothing of HTTP is missing",
                                      "verdict": "accepted|incomplete|encrypted", "unchecked": HIDDEN}),
        "/13/no?reject=403&body=no": ([("server", 0, (500, 900))], {
            "cause": "the ServerHello is not in the capture, so that the suite is not known but by trial", "verdict": "rejected|incomplete|encrypted",
            "unchecked": HIDDEN, "allowed": ["http-403"]}),
    }
    wanted = {(by[uri]["client"], side, n): size for uri, (lost, _) in drops.items() for side, n, size in lost}
    for uri, (_, known) in drops.items():
        by[uri] |= known
        if "unchecked" in known:
            for k in ("findings", "not_findings"):
                by[uri].pop(k, None)
    pcap.write(OUT / "tls_loss.pcap", _without(packets, wanted), link=link)
    shutil.copy(OUT / "tls_node.keys", OUT / "tls_loss.keys")
    truth.write("tls_loss", "packets missing in the capture: both Close frames, messages, a 101, a request, session tickets, a Finished, a ServerHello", told["products"],
                list(by.values()), made="edited from tls_node", keylog="tls_loss.keys")


def tls_midstream():
    """The capture begins after the TLS handshake, of which the keys are at hand: TLS 1.3 needs nothing else, TLS 1.2 the randoms of both sides."""
    lab, pki, keys, made = Lab(), Pki(), keylog("tls_midstream"), []
    open_ones = []
    for port, uri, speaks, tickets, cipher in ((9440, "/13", "-tls1_3", "0", "TLS_AES_128_GCM_SHA256"), (9441, "/13/tickets", "-tls1_3", "2", "TLS_AES_256_GCM_SHA384"),
                                               (9442, "/13/chacha", "-tls1_3", "1", "TLS_CHACHA20_POLY1305_SHA256"), (9443, "/12", "-tls1_2", "0", None)):
        at = f"127.0.0.1:{port}"
        server = s_server(at, pki.ec, speaks, "-num_tickets", tickets)
        client = s_client(at, speaks, "-keylogfile", str(keys), "-CAfile", pki.ca.crt, *(["-ciphersuites", cipher] if cipher else []))
        open_ones.append((uri, *peers(client, server), client))
    lab.capture("tls_midstream.pcap")
    for uri, c, s, client in open_ones:
        converse(c, s, uri)
        c.end()
        s.end()
        facts = client.facts()
        h = row(c, s, cause=f"none: success in {facts['tls_version']}, {facts['tls_cipher']}, whose TLS handshake was before the capture", **facts)
        h["sni"] = None
        h["unchecked"] = ["sni", "tls_version", "tls_cipher", "tls_resumed"]
        made.append(without_keys(h, sni=None, verdict="encrypted", unchecked=[*HIDDEN, "sni", "tls_version", "tls_cipher", "tls_resumed"],
                                 cause="accepted, but no random of either side is in the capture, without which TLS 1.2's keys cannot be made") if uri == "/12" else h)
    at = "127.0.0.1:9444"
    server = s_server(at, pki.ec)
    client = s_client(at, "-keylogfile", str(keys), "-CAfile", pki.ca.crt)
    c, s = peers(client, server)
    converse(c, s, "/whole")
    c.end()
    s.end()
    made.append(row(c, s, **client.facts()))
    lab.end()
    truth.write("tls_midstream", "TLS connections whose handshake was before the capture, with keys: TLS 1.3 with and without session tickets before the request, TLS 1.2; "
                "and a whole one", [openssl_version() + " (s_client and s_server)", truth.RAW], made, keylog=keys.name)
