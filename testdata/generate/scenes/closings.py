"""How open connections end."""
import signal
import struct
import time

import raw
import truth
from lab import Lab


def closings():
    at, lab = "127.0.0.1:8086", Lab()
    lab.capture("closings.pcap")
    lab.node_server(at)
    url, hi = "ws://" + at, [["text", "hi"], ["messages", 1]]
    clients = lab.node_client([
        {"url": url + "/client/1000", "do": hi + [["close", 1000, "goodbye"]]},
        {"url": url + "/client/empty", "do": hi + [["close"]]},
        {"url": url + "/client/4001", "do": hi + [["close", 4001, "häßlich ☃"]]},
        {"url": url + "/server/1001?close=1001", "do": [["text", "hi"], ["gone"]]},
        {"url": url + "/server/1008?close=1008&reason=policy", "do": [["text", "hi"], ["gone"]]},
        {"url": url + "/server/1011?close=1011&reason=boom", "do": [["text", "hi"], ["gone"]]},
        {"url": url + "/server/4001?close=4001&reason=token%20expired", "do": [["text", "hi"], ["gone"]]},
        {"url": url + "/server/empty?close=1005", "do": [["text", "hi"], ["gone"]]},
        {"url": url + "/server/long?close=4400&reason=" + "r" * 123, "do": [["text", "hi"], ["gone"]]},
        {"url": url + "/client/fin", "do": hi + [["fin"]]},
        {"url": url + "/client/rst", "do": hi + [["rst"]]},
        {"url": url + "/server/fin?end=fin", "do": [["text", "hi"], ["gone"]]},
        {"url": url + "/server/rst?end=rst", "do": [["text", "hi"], ["gone"]]},
    ])
    # A Close frame and then nothing: the server echoes, and the client is gone without having read it.
    p = raw.handshake(at, "/client/close-rst", clients)
    p.message("hi")
    p.drain()
    p.close_frame(1000, "in a hurry")
    p.end("rst")
    # A Close reason of 124 bytes makes a control frame of 126: the server must refuse it.
    p = raw.handshake(at, "/client/overlong", clients)
    p.close_frame(1000, "x" * 124)
    p.log["closes"][0]["reason"] = ""  # no more than 123 bytes are legal, so a decoder may show any part of it
    p.drain(until_close=True)
    p.end()
    lab.capture_end()
    servers = lab.end()
    truth.write("closings", "client 1000, empty Close and 4001; server 1001, 1008, 1011, 4001, empty Close and a reason of 123 bytes; FIN and "
                "RST without Close from either side; RST after the Close handshake; a Close reason that is too long", [truth.node_ws(), truth.RAW],
                truth.join(clients, servers, client_overlong={"cause": "protocol violation: Close frame of 126 bytes"},
                           client_4001={"not_findings": ["close-auth-private", "close-accept-then-close"]},
                           server_1001={"findings": ["close-restart-busy"], "allowed": ["close-accept-then-close"]},
                           server_4001={"findings": ["close-auth-private"], "allowed": ["close-accept-then-close"]},
                           client_close_rst={"not_findings": ["close-abnormal-1006", "close-handshake-incomplete"]}))


def killed():
    at, lab = "127.0.0.1:6002", Lab()
    lab.capture("killed.pcap")
    node = lab.node_server(at)
    clients = []
    peers = [raw.handshake(at, f"/{i}", clients) for i in range(3)]
    for p in peers:
        p.message("hi")
        p.drain()
    node.p.send_signal(signal.SIGKILL)
    time.sleep(0.2)
    for p in peers:
        p.drain()
        p.s.close()
    lab.end()
    for c in clients:
        c["end"] = "server killed"
    truth.write("killed", "SIGKILL of a server with three open sockets: the kernel ends them with FIN and no Close frame",
                [truth.node_ws(), truth.RAW], [h | {"ending": "abnormal-fin|rst", "cause": "none: success, then the server was killed",
                                                    "findings": ["close-abnormal-1006"], "not_findings": ["close-accept-then-close"]}
                                               for h in truth.join(clients, [])])
