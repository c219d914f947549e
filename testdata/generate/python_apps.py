"""Servers and applications on Python's libraries that refuse handshakes: python_apps.py WHAT PORT [ARGUMENT…].

As a module it is what uvicorn, hypercorn and daphne run: the applications are starlette, fastapi, bare and channels.
"""
import asyncio
import http
import os
import sys

ORIGIN = "https://app.example"


async def bare(scope, receive, send):
    """An application on nothing but the ASGI interface."""
    if scope["type"] == "lifespan":
        while True:
            event = await receive()
            await send({"type": event["type"] + ".complete"})
            if event["type"] == "lifespan.shutdown":
                return
    if scope["type"] == "http":
        body = b'{"detail":"Not Found"}'
        await send({"type": "http.response.start", "status": 404, "headers": [(b"content-type", b"application/json"), (b"content-length", b"22")]})
        return await send({"type": "http.response.body", "body": body})
    await receive()
    path = scope["path"]
    if path == "/close":
        await send({"type": "websocket.close", "code": 4401})
    elif path == "/raise":
        raise RuntimeError("boom")
    elif path == "/return":
        return
    elif path == "/slow":
        await asyncio.sleep(8)
    elif path == "/response" and "websocket.http.response" in scope.get("extensions", {}):
        await send({"type": "websocket.http.response.start", "status": 401, "headers": [(b"content-type", b"text/plain"), (b"content-length", b"9")]})
        await send({"type": "websocket.http.response.body", "body": b"no token\n"})
    else:
        await send({"type": "websocket.accept"})
        while (await receive())["type"] != "websocket.disconnect":
            pass


def fastapi_app():
    import fastapi
    import starlette.websockets
    app = fastapi.FastAPI()

    def deny():
        raise fastapi.WebSocketException(code=1008, reason="no token")

    @app.get("/page")
    async def page():
        return {"hello": "world"}

    @app.websocket("/ok")
    async def ok(ws: fastapi.WebSocket):
        await ws.accept()
        try:
            while True:
                await ws.receive_text()
        except starlette.websockets.WebSocketDisconnect:
            pass

    @app.websocket("/close")
    async def close(ws: fastapi.WebSocket):
        await ws.close(code=1008)

    @app.websocket("/depends")
    async def depends(ws: fastapi.WebSocket, user=fastapi.Depends(deny)):
        pass

    @app.websocket("/raise")
    async def fails(ws: fastapi.WebSocket):
        raise RuntimeError("boom")
    return app


def channels_app():
    import django.conf
    import django
    django.conf.settings.configure(ALLOWED_HOSTS=["app.example"], SECRET_KEY="x", ROOT_URLCONF="python_apps",
                                   INSTALLED_APPS=["channels"], LOGGING_CONFIG=None)
    django.setup()
    from channels.generic.websocket import AsyncWebsocketConsumer
    from channels.routing import ProtocolTypeRouter, URLRouter
    from channels.security.websocket import AllowedHostsOriginValidator
    from django.core.asgi import get_asgi_application
    from django.urls import path

    class Closes(AsyncWebsocketConsumer):
        async def connect(self):
            await self.close()

    class Raises(AsyncWebsocketConsumer):
        async def connect(self):
            raise RuntimeError("boom")

    class Sleeps(AsyncWebsocketConsumer):
        async def connect(self):
            await asyncio.sleep(8)

    class Accepts(AsyncWebsocketConsumer):
        pass

    return ProtocolTypeRouter({"http": get_asgi_application(), "websocket": AllowedHostsOriginValidator(URLRouter([
        path("close", Closes.as_asgi()), path("raise", Raises.as_asgi()), path("slow", Sleeps.as_asgi()), path("ok", Accepts.as_asgi())]))})


urlpatterns = []
if os.environ.get("PYTHON_APP") == "fastapi":
    fastapi = fastapi_app()
if os.environ.get("PYTHON_APP") == "channels":
    channels = channels_app()


def websockets(port):
    """/own/STATUS is refused with a text of the application, /auth by the library's basic authentication."""
    import websockets as library

    def refuse(path, headers):
        if path == "/empty":
            return http.HTTPStatus.FORBIDDEN, [], b""
        if path.startswith("/own/"):
            return http.HTTPStatus(int(path[5:8])), [("Content-Type", "text/plain")], b"not for you\n"
        if path == "/raise":
            raise RuntimeError("boom")

    class Asks(library.BasicAuthWebSocketServerProtocol):
        async def process_request(self, path, headers):
            return refuse(path, headers) or (await super().process_request(path, headers) if path == "/auth" else None)

    async def echo(ws):
        async for message in ws:
            await ws.send(message)

    async def main():
        protocol = library.basic_auth_protocol_factory(realm="staff", credentials=("ann", "secret"), create_protocol=Asks)
        async with library.serve(echo, "127.0.0.1", port, origins=[ORIGIN, None], create_protocol=protocol):
            await asyncio.Future()
    asyncio.run(main())


def autobahn(port):
    from autobahn.twisted.websocket import WebSocketServerFactory, WebSocketServerProtocol
    from autobahn.websocket.types import ConnectionDeny
    from twisted.internet import reactor

    class Protocol(WebSocketServerProtocol):
        def onConnect(self, request):
            if request.path == "/veto":
                raise ConnectionDeny(ConnectionDeny.FORBIDDEN, "not for you")
            if request.path == "/raise":
                raise RuntimeError("boom")

    factory = WebSocketServerFactory("ws://127.0.0.1:%d" % port)
    factory.protocol = Protocol
    factory.setProtocolOptions(allowedOrigins=[ORIGIN + ":443"], maxConnections=1, webStatus=False)
    reactor.listenTCP(port, factory, interface="127.0.0.1")
    reactor.run()


def tornado(port):
    import tornado.web
    import tornado.websocket

    class Socket(tornado.websocket.WebSocketHandler):
        pass

    class Veto(tornado.websocket.WebSocketHandler):
        def prepare(self):
            raise tornado.web.HTTPError(403)

    class Own(tornado.websocket.WebSocketHandler):
        def prepare(self):
            self.set_status(403)
            self.finish("not for you")

    class Fails(tornado.websocket.WebSocketHandler):
        def prepare(self):
            raise RuntimeError("boom")

    async def main():
        tornado.web.Application([("/ok", Socket), ("/veto", Veto), ("/own", Own), ("/raise", Fails)]).listen(port, "127.0.0.1")
        await asyncio.Future()
    asyncio.run(main())


def aiohttp(port):
    from aiohttp import web

    async def socket(request):
        ws = web.WebSocketResponse()
        await ws.prepare(request)
        async for message in ws:
            pass
        return ws

    async def veto(request):
        raise web.HTTPForbidden()

    async def own(request):
        return web.Response(status=403, text="not for you")

    async def fails(request):
        raise RuntimeError("boom")

    app = web.Application()
    app.add_routes([web.get("/ok", socket), web.get("/veto", veto), web.get("/own", own), web.get("/raise", fails)])
    web.run_app(app, host="127.0.0.1", port=port, print=None)


if __name__ == "__main__":
    globals()[sys.argv[1]](int(sys.argv[2]))
