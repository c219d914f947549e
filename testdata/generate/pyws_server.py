"""A server on Python's websockets library: pyws_server.py HOST PORT [TLS-JSON], with cert, key, keylog, version and ciphers.

The query of the request says what to answer: status=N and body=TEXT reject it.
"""
import asyncio
import http
import json
import ssl
import sys
import urllib.parse

import websockets

SAID = {401: [("WWW-Authenticate", "Bearer")], 429: [("Retry-After", "5")]}


def write(**record):
    print(json.dumps(record), flush=True)


class Protocol(websockets.WebSocketServerProtocol):
    """Logs each request's connection with the status that it got."""

    async def read_http_request(self):
        self.asked = None
        path, headers = await super().read_http_request()
        self.asked = (path, headers)
        return path, headers

    def write_http_response(self, status, headers, body=None):
        ip = lambda a: f"{a[0]}:{a[1]}"
        path, fields = self.asked or (None, {})
        tls = self.transport.get_extra_info("ssl_object")
        self.record = {"side": "server", "client": ip(self.remote_address), "server": ip(self.local_address), "method": "GET", "uri": path,
                       "host": fields.get("Host"), "origin": fields.get("Origin"), "http_version": "1.1", "status": int(status),
                       "subprotocol": headers.get("Sec-WebSocket-Protocol"), "extensions": None, "sent": 0, "received": 0, "closes": [],
                       "end": None}
        if tls:
            self.record |= {"tls_version": tls.version(), "openssl_cipher": tls.cipher()[0], "tls_resumed": tls.session_reused}
        if int(status) != 101:
            write(**self.record)
        super().write_http_response(status, headers, body)

    async def process_request(self, path, headers):
        query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(path).query))
        if "status" in query:
            status = int(query["status"])
            return http.HTTPStatus(status), SAID.get(status, []), query.get("body", "").encode()


async def echo(ws, _path=None):
    async for message in ws:
        ws.record["received"] += 1
        await ws.send(message)
        ws.record["sent"] += 1
    ws.record["closes"].append({"t": 9e18, "code": ws.close_code, "reason": ws.close_reason, "echo": True})
    write(**ws.record)


def context(told):
    c = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    c.load_cert_chain(told["cert"], told["key"])
    if "version" in told:
        c.minimum_version = c.maximum_version = ssl.TLSVersion[told["version"]]
    if "ciphers" in told:
        c.set_ciphers(told["ciphers"])
    if "keylog" in told:
        c.keylog_filename = told["keylog"]
    return c


async def main():
    tls = context(json.loads(sys.argv[3])) if len(sys.argv) > 3 else None
    async with websockets.serve(echo, sys.argv[1], int(sys.argv[2]), create_protocol=Protocol, compression=None, ping_interval=None, ssl=tls):
        await asyncio.Future()


asyncio.run(main())
