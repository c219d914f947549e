"""The same kind of talk on different links and through different capture options."""
import time

import raw
import truth
from lab import OUT, Lab

UNSEEN = ["close", "ending", "host", "http_version", "messages_client", "messages_server", "origin", "status", "subprotocol", "tls", "uri"]


def _talk(name, at, lab, **capture):
    """Two attempts, an accepted and a rejected one, under the given capture options."""
    lab.capture(capture.pop("file", name + ".pcap"), **capture)
    lab.node_server(at)
    clients = lab.node_client([
        {"url": f"ws://{at}/chat", "protocols": ["chat"], "origin": "https://app.example",
         "do": [["text", "one"], ["binary", 3000], ["messages", 2], ["close", 1000, "done"]]},
        {"url": f"ws://{at}/no?reject=403&body=no"},
    ])
    return truth.join(clients, lab.end())


def ipv6():
    rows = _talk("ipv6", "[::1]:8085", Lab(mtu=1500))
    truth.write("ipv6", "IPv6 with an MTU of 1500: 101 and 403", [truth.node_ws()], rows)


def sll():
    rows = _talk("sll", "127.0.0.1:6001", Lab(), iface="any", args=["-y", "LINUX_SLL"])
    truth.write("sll", "Linux cooked capture v1 of the pseudo-interface any", [truth.node_ws()], rows)


def sll2():
    rows = _talk("sll2", "127.0.0.1:6001", Lab(), iface="any", args=["-y", "LINUX_SLL2"])
    truth.write("sll2", "Linux cooked capture v2 of the pseudo-interface any", [truth.node_ws()], rows)


def nanosecond():
    rows = _talk("nanosecond", "127.0.0.1:8085", Lab(), args=["--time-stamp-precision=nano"])
    truth.write("nanosecond", "pcap with nanoseconds (magic a1b23c4d)", [truth.node_ws()], rows)


def dumpcap():
    rows = _talk("dumpcap", "127.0.0.1:8085", Lab(), file="dumpcap.pcapng", tool="dumpcap")
    truth.write("dumpcap", "pcapng written by dumpcap", [truth.node_ws(), "dumpcap"], rows, files=["dumpcap.pcapng"])


def snaplen():
    rows = _talk("snaplen", "127.0.0.1:8085", Lab(), args=["-s", "96"])
    for row in rows:
        row |= {"verdict": "incomplete|accepted|rejected|headless", "unchecked": UNSEEN, "cause": f"snaplen 96; in truth {row['status']}"}
    rows[1]["optional"] = True  # what is left of its head does not say WebSocket
    truth.write("snaplen", "snaplen 96: no head is whole", [truth.node_ws()], rows)


def oneway_client():
    rows = _talk("oneway_client", "127.0.0.1:8085", Lab(), filter="tcp dst port 8085")
    for row in rows:
        row |= {"verdict": "incomplete", "cause": f"only the client was captured; in truth {row['status']}",
                "unchecked": [n for n in UNSEEN if n not in ("uri", "host")]}
    truth.write("oneway_client", "packets from the client only: what was answered cannot be known", [truth.node_ws()], rows)


def oneway_server():
    rows = _talk("oneway_server", "127.0.0.1:8085", Lab(), filter="tcp src port 8085")
    accepted, rejected = rows
    accepted |= {"verdict": "incomplete|accepted", "cause": "only the server was captured: a 101 without its request",
                 "unchecked": [n for n in UNSEEN if n != "status"]}
    rejected |= {"optional": True, "verdict": "incomplete|rejected", "unchecked": UNSEEN,
                 "cause": "only the server was captured: a 403 that may have answered anything"}
    truth.write("oneway_server", "packets from the server only: a 101 without its request, a 403 that nothing says was for a handshake",
                [truth.node_ws()], rows)


def midstream():
    """The capture begins between the handshake and the end of one connection."""
    at, lab, clients = "127.0.0.1:8085", Lab(), []
    node = lab.node_server(at)
    early = raw.handshake(at, "/early", clients)
    early.message("before the capture")
    early.drain()
    lab.capture("midstream.pcap")
    for i in range(4):
        early.message(f"message {i}")
        early.drain()
    early.close_frame(1000, "mid")
    early.drain(until_close=True)
    early.end()
    late = raw.handshake(at, "/late", clients)
    late.message("hi")
    late.drain()
    late.close_frame(1000, "done")
    late.drain(until_close=True)
    late.end()
    lab.capture_end()
    lab.end()
    rows = truth.join(clients, node.records)
    rows[0] |= {"verdict": "headless", "unchecked": [n for n in UNSEEN if n not in ("close", "ending")],
                "cause": "the handshake was before the capture"}
    truth.write("midstream", "a connection whose handshake was before the capture, and a whole one", [truth.node_ws(), truth.RAW], rows)


def still_open():
    """The capture ends before the connections do."""
    at, lab, clients = "127.0.0.1:8085", Lab(), []
    node = lab.node_server(at)
    lab.capture("still_open.pcap")
    open_, hang = raw.handshake(at, "/open", clients), raw.connect(at, clients)
    open_.message("hi")
    open_.drain()
    hang.log |= {"uri": "/hang?hang=1", "host": at}
    hang.send(raw.request("/hang?hang=1", at))
    time.sleep(0.2)
    lab.capture_end()
    closes = len(open_.log["closes"])
    open_.end()
    hang.end()
    time.sleep(0.2)
    lab.end()
    rows = truth.join(clients, node.records)
    assert closes == 0
    rows[0] |= {"ending": "open"}
    rows[1] |= {"verdict": "unanswered|incomplete", "cause": "no answer when the capture ended"}
    truth.write("still_open", "the capture ends while a socket is open and a request is not answered", [truth.node_ws(), truth.RAW], rows)


def rotated():
    """tcpdump -G 1: one connection lives in several files."""
    at, lab, clients = "127.0.0.1:8085", Lab(), []
    for old in list(OUT.glob("rotated_*.pcap")):
        old.unlink()
    node = lab.node_server(at)
    lab.capture("rotated_new_%s.pcap", args=["-G", "1"])
    long = raw.handshake(at, "/long", clients)
    for i in range(3):
        long.message(f"second {i}")
        long.drain()
        if i == 1:
            clients += lab.node_client([{"url": f"ws://{at}/short", "do": [["text", "x"], ["messages", 1], ["close", 1000, "done"]]}])
        time.sleep(1)
    long.close_frame(1000, "rotated")
    long.drain(until_close=True)
    long.end()
    lab.capture_end()
    lab.end()
    files = []
    for i, path in enumerate(sorted(OUT.glob("rotated_new_*.pcap")), 1):
        path.rename(path.with_name(f"rotated_{i}.pcap"))
        files.append(f"rotated_{i}.pcap")
    truth.write("rotated", "tcpdump -G 1: one connection goes through all files of the set, another one is in the middle",
                [truth.node_ws(), truth.RAW], truth.join(clients, node.records), files=files)
