"""Handshakes that a server refuses."""
import importlib.metadata

import raw
import truth
from lab import HERE, Lab


def pyws_rejects():
    at, lab = "127.0.0.1:8081", Lab()
    lab.capture("pyws_rejects.pcap")
    lab.start(["/usr/bin/python3", str(HERE / "pyws_server.py"), "127.0.0.1", "8081"], ready=("127.0.0.1", 8081))
    url = "ws://" + at
    clients = lab.node_client([
        {"url": url + "/a?status=401"},
        {"url": url + "/b?status=403&body=origin%20not%20allowed", "origin": "https://evil.example"},
        {"url": url + "/c?status=404&body=no%20such%20route"},
        {"url": url + "/d?status=429&body=slow%20down"},
        {"url": url + "/e?status=500&body=boom"},
        {"url": url + "/ok", "do": [["text", "hi"], ["messages", 1], ["close", 1000, "ok"]]},
    ])
    for uri, fields in [
        ("/version8", {"Sec_WebSocket_Version": "8"}), ("/nokey", {"drop": ["Sec-WebSocket-Key"]}),
        ("/badkey", {"key": "abc"}), ("/h2c", {"Upgrade": "h2c"}), ("/keepalive", {"Connection": "keep-alive"}),
        ("/noupgrade", {"drop": ["Upgrade", "Connection"]}),
    ]:
        p = raw.handshake(at, uri, clients, **fields)
        p.drain()
        p.end()
    servers = lab.end()
    products = ["websockets " + importlib.metadata.version("websockets"), truth.node_ws(), truth.RAW]
    truth.write("pyws_rejects", "401, 403 with a body, 404, 429, 500 by the application; version 8, no key, a bad key, Upgrade: h2c, "
                "Connection: keep-alive and no Upgrade at all; one success", products, truth.join(
                    clients, servers, version8={"cause": "Sec-WebSocket-Version: 8"}, nokey={"cause": "no Sec-WebSocket-Key"},
                    badkey={"cause": "Sec-WebSocket-Key is not 16 bytes"}, h2c={"cause": "Upgrade: h2c"},
                    keepalive={"cause": "Connection: keep-alive"}, noupgrade={"cause": "no Upgrade and no Connection"}))
