"""A client on Python's websockets library, over TLS: pyws_client.py JSON, with uri, at, sni, ca, keylog, versions, ciphers, alpn."""
import asyncio
import json
import ssl
import sys
import time

import websockets

told = json.loads(sys.argv[1])
log = {"side": "client", "client": None, "server": told["at"], "method": "GET", "uri": told["uri"], "origin": None, "http_version": "1.1", "status": None,
       "subprotocol": None, "extensions": None, "sent": 0, "received": 0, "closes": [], "end": None}


class Protocol(websockets.WebSocketClientProtocol):
    def connection_made(self, transport):
        log["client"] = "%s:%d" % transport.get_extra_info("sockname")[:2]
        s = transport.get_extra_info("ssl_object")
        log["tls_version"], log["tls_resumed"] = s.version(), s.session_reused
        super().connection_made(transport)


def context():
    c = ssl.create_default_context(cafile=told.get("ca"))
    if "version" in told:
        c.minimum_version = c.maximum_version = ssl.TLSVersion[told["version"]]
    if "ciphers" in told:
        c.set_ciphers(told["ciphers"])
    if "keylog" in told:
        c.keylog_filename = told["keylog"]
    return c


async def attempt():
    host, port = told["at"].rsplit(":", 1)
    name = told["sni"]
    log["host"] = f"{name}:{port}"
    async with websockets.connect(f"wss://{name}:{port}{told['uri']}", host=host, port=int(port), ssl=context(), server_hostname=name, compression=None,
                                  create_protocol=Protocol, ping_interval=None, open_timeout=told.get("patience", 10)) as ws:
        log["status"] = 101
        await ws.send("hello")
        log["sent"] += 1
        await ws.recv()
        log["received"] += 1
        log["closes"].append({"t": time.time() * 1000, "code": 1000, "reason": "done"})
        await ws.close(1000, "done")

try:
    asyncio.run(attempt())
except Exception as e:
    log["error"] = f"{type(e).__name__}: {e}"
    log["status"] = getattr(e, "status_code", None)
print(json.dumps(log))
