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

    def own(cause, *found):
        """A refusal in the library's own words."""
        return {"cause": cause, "findings": [*found, "pywebsockets-reject"], "answered_by": "websockets"}

    def app(*found, **more):
        """A refusal of the application, in a header of the library."""
        return {"findings": list(found), "not_findings": ["pywebsockets-reject"], "answered_by": "websockets"} | more

    truth.write("pyws_rejects", "401, 403 with a body, 404, 429, 500 by the application; version 8, no key, a bad key, Upgrade: h2c, "
                "Connection: keep-alive and no Upgrade at all; one success", products, truth.join(
                    clients, servers, a=app("http-401"), b=app("http-403", allowed=["req-origin-mismatch"]), c=app("http-404"), d=app("http-429"),
                    e=app("http-500"), version8=own("Sec-WebSocket-Version: 8", "http-400", "req-version-bad"),
                    nokey=own("no Sec-WebSocket-Key", "http-400", "req-key-bad"),
                    badkey=own("Sec-WebSocket-Key is not 16 bytes", "http-400", "req-key-bad"), h2c=own("Upgrade: h2c", "http-426", "req-upgrade-missing"),
                    keepalive=own("Connection: keep-alive", "http-426", "req-connection-missing"),
                    noupgrade=own("no Upgrade and no Connection", "http-426", "req-upgrade-missing")))
