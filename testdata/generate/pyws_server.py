"""A server on Python's websockets library: pyws_server.py HOST PORT.

The query of the request says what to answer: status=N and body=TEXT reject it.
"""
import asyncio
import http
import json
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
        self.record = {"side": "server", "client": ip(self.remote_address), "server": ip(self.local_address), "method": "GET", "uri": path,
                       "host": fields.get("Host"), "origin": fields.get("Origin"), "http_version": "1.1", "status": int(status),
                       "subprotocol": headers.get("Sec-WebSocket-Protocol"), "extensions": None, "sent": 0, "received": 0, "closes": [],
                       "end": None}
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


async def main():
    async with websockets.serve(echo, sys.argv[1], int(sys.argv[2]), create_protocol=Protocol, compression=None, ping_interval=None):
        await asyncio.Future()


asyncio.run(main())
