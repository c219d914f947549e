"""Node's WebSocket libraries and web frameworks, and what each refuses with."""
import json

import raw
import truth
from lab import HERE, Lab
from refusals import asked, called, node_product, npm_version, rows, run, seen

EVIL = "http://evil.example"
OTHERS = ["ws-node-reject", "engineio-upgrade-400", "engineio-json", "engineio-path-mismatch", "sockjs-reject", "gorilla-reject", "go-mux-404"]


def _node():
    return truth.node_ws().split("(Node ")[1].rstrip(")")


def _product(package):
    return f"{package} {npm_version(package)} (Node {_node()})"


def _others(*own):
    return [i for i in OTHERS if i not in own]


def _write(name, description, parts, more=(), **common):
    """Run the cases of parts, each (server of products.js, its address, product, cases), and write one truth."""
    lab = Lab()
    for server, at, _, _ in parts:
        node_product(lab, server, at)
    lab.capture(f"product_{name}.pcap")
    for _, at, _, cases in parts:
        run(lab, at, cases)
    lab.capture_end()
    servers = lab.end()
    made = []
    for _, at, product, cases in parts:
        made += rows(cases, [s for s in servers if s.get("server") == at], product=product, **common)
    truth.write(f"product_{name}", description, [*dict.fromkeys(p for _, _, p, _ in parts), truth.RAW], made + list(more))


def product_ws():
    own = ["ws-node-reject"]
    product = _product("ws")

    def no(cause, *ids, but=("version-mismatch-answered",), **more):
        return {"cause": cause, "findings": own + list(ids), "not_findings": _others(*own) + list(but)} | more

    alone = [
        called("/good", {"not_findings": own}, do=[["text", "hi"], ["messages", 1], ["close", 1000, "done"]]),
        called("/denied", no("verifyClient says no", allowed=["req-no-credentials"])),
        called("/denied/403", no("verifyClient says 403 with a text of its own", allowed=["req-no-credentials", "req-origin-mismatch"])),
        called("/denied/429", no("verifyClient says 429")),
        asked("/h2c", no("Upgrade: h2c", "req-upgrade-missing"), Upgrade="h2c"),
        asked("/no_key", no("no key", "req-key-bad"), drop=["Sec-WebSocket-Key"]),
        asked("/bad_key", no("key of 3 bytes", "req-key-bad"), key="abc"),
        asked("/version7", no("version 7", "req-version-bad", "version-mismatch-answered", but=()), Sec_WebSocket_Version="7"),
        asked("/no_version", no("no version", "req-version-bad", but=(), allowed=["version-mismatch-answered"]), drop=["Sec-WebSocket-Version"]),
        asked("/post", no("method POST", "req-method-not-get"), method="POST"),
        asked("/protocol", no("a subprotocol with illegal characters", "req-subprotocol-junk"), Sec_WebSocket_Protocol="a b"),
        asked("/protocol/empty", no("an empty subprotocol", "req-subprotocol-junk"), Sec_WebSocket_Protocol=""),
        asked("/extension", no("an extension with an illegal parameter"), Sec_WebSocket_Extensions="permessage-deflate; server_max_window_bits=99"),
        asked("/no_connection", {"cause": "no upgrade in Connection: a plain GET to ws", "findings": ["req-connection-missing"], "not_findings": OTHERS,
                                 "answered_by": None}, Connection="keep-alive"),
        asked("/no_upgrade", {"cause": "no Upgrade: a plain GET to ws", "findings": ["req-upgrade-missing"], "not_findings": OTHERS, "answered_by": None},
              drop=["Upgrade"]),
        asked("/version8", {"cause": "none: success with version 8, which ws takes", "allowed": ["req-version-bad"],
                            "not_findings": own + ["version-mismatch-answered"]}, Sec_WebSocket_Version="8"),
    ]
    shared = [
        called("/elsewhere", no("path is not that of the path option")),
        called("/closing", no("the server is closing")),
        asked("/handmade", {"cause": "a 401 by hand, as ws' documentation shows it", "not_findings": OTHERS, "answered_by": None,
                            "allowed": ["req-no-credentials"]}),
        asked("/destroyed", {"cause": "socket.destroy() in the upgrade listener", "findings": ["http-empty-reply"], "not_findings": OTHERS,
                             "answered_by": None}),
    ]
    _write("ws", "ws: verifyClient (401, 403, 429), Upgrade, key, version, method, subprotocol and extensions refused, path mismatch, closing; "
           "plain GETs (426), a 401 by hand, a socket destroyed; two successes", [
               ("ws", "127.0.0.1:8120", product, alone), ("ws-shared", "127.0.0.1:8121", product, shared)], answered_by="ws")


def product_ws_twice():
    """Two ws servers on one http server: the second answers what the first has accepted."""
    product = _product("ws")
    odd = {"cause": "the second server writes its 400 behind the first one's 101", "findings": ["opt-101-odd"], "not_findings": ["ws-node-reject"],
           "unchecked": ["messages_client", "messages_server", "close", "ending"], "verdict": "accepted",
           "allowed": ["frame-opcode-control", "frame-rsv", "frame-mask", "frame-fragmentation", "frame-length"]}
    _write("ws_twice", "two ws servers with paths of their own on one http server: a 400 behind the 101, and a 400 for the path that exists", [
        ("ws-twice", "127.0.0.1:8122", product, [
            called("/one", odd, do=[["gone"]]),
            asked("/one", odd),
            called("/two", {"cause": "the first server refuses the second one's path", "findings": ["ws-node-reject"], "not_findings": ["opt-101-odd"]}),
            called("/three", {"cause": "a path of neither", "findings": ["ws-node-reject"], "not_findings": ["opt-101-odd"]}),
        ])], answered_by="ws")


def product_node_http():
    """What no WebSocket library has a part in."""
    def no(cause, **more):
        return {"cause": cause, "not_findings": OTHERS + ["k8s-upgrade"]} | more

    guest = {"allowed": ["req-no-credentials", "req-origin-mismatch"]}
    exec_path = "/api/v1/namespaces/default/pods/web/exec"
    _write("node_http", "Node's http, express and fastify, which know nothing of WebSockets: pages, 400, 401, 403, 404, 500, redirects, some of them "
           "nearly in the words of a library", [
               ("plain", "127.0.0.1:8123", f"Node http {_node()}", [
                   called("/", no("a page: nobody listens for upgrades")),
                   called("/forbidden", no("403 in the words of ws, but with a Date", **guest)),
                   asked("/unauthorized", no("401 in the words of ws, but with a Date", **guest)),
                   asked("/bad", no("400 in the words of ws, but with a Date")),
                   asked("/code?EIO=4&transport=websocket", no("400 with a code and a message, none of Engine.IO's")),
                   asked("/welcome", no("a text that begins as that of SockJS")),
               ]),
               ("express", "127.0.0.1:8124", f"express {npm_version('express')} (Node {_node()})", [
                   called("/nowhere", no("no such route")),
                   called("/private", no("no token", allowed=["req-no-credentials"])),
                   asked("/staff", no("sendStatus(403)", **guest), Origin=EVIL),
                   called("/home", no("a page")), called("/old", no("moved")), called("/broken", no("an exception")),
               ]),
               ("fastify", "127.0.0.1:8125", f"fastify {npm_version('fastify')} (Node {_node()})", [
                   called("/nowhere", no("no such route")),
                   called("/staff", no("an error with status 403", **guest)),
                   asked(exec_path, no("an error with status 403 on a path that looks like Kubernetes'", **guest)),
                   asked("/socket.io/?EIO=4&transport=websocket", no("Engine.IO's words in another form")),
               ])])


def product_engineio():
    own, late = ["engineio-upgrade-400"], ["engineio-json"]
    at, product = "127.0.0.1:8126", _product("engine.io")
    path = "/engine.io/?"

    def no(cause, *ids, **more):
        return {"cause": cause, "findings": own + list(ids), "not_findings": _others(*own)} | more

    def said(cause, *ids, **more):
        return {"cause": cause, "findings": late + list(ids), "not_findings": _others(*late)} | more

    stripped = {"drop": ["Upgrade"], "Connection": "close"}
    polling = asked(path + "EIO=4&transport=polling&id=poll", {}, head=raw.request(path + "EIO=4&transport=polling&id=poll", at, drop=[
        "Upgrade", "Connection", "Sec-WebSocket-Key", "Sec-WebSocket-Version"]))
    cases = [
        asked(path + "EIO=4&transport=websocket&id=ok", {"not_findings": own + late}, text="4hello"),
        called(path + "EIO=4&transport=carrier-pigeon", no("no such transport")),
        called(path + "EIO=4&transport=websocket&sid=lost", no("no such session")),
        asked(path + "EIO=4&transport=websocket&post", no("method POST", "req-method-not-get"), method="POST"),
        called(path + "EIO=4&transport=websocket&deny", no("allowRequest says no", allowed=["req-no-credentials"])),
        called(path + "EIO=4&transport=websocket&deny=ticket%20expired", {
            "cause": "allowRequest says no in words of its own", "allowed": own + ["req-no-credentials"], "not_findings": _others(*own)}),
        asked(path + "EIO=3&transport=websocket&sid=poll", no("the session speaks another protocol version")),
        called(path + "EIO=3&transport=websocket&id=old", {
            "cause": "EIO=3 to a server of EIO=4 only: a 400 behind the 101", "findings": ["opt-101-odd"], "not_findings": ["ws-node-reject"],
            "unchecked": ["messages_client", "messages_server", "close", "ending"], "verdict": "accepted",
            "allowed": own + ["frame-opcode-control", "frame-rsv", "frame-mask", "frame-fragmentation", "frame-length"]}, do=[["gone"]]),
        asked(path + "EIO=4&transport=websocket&stripped", said("no Upgrade arrives", "req-upgrade-missing"), **stripped),
        asked(path + "EIO=4&transport=websocket&sid=gone", said("no Upgrade arrives, and no such session", "req-upgrade-missing"), **stripped),
        asked(path + "EIO=4&transport=smoke", said("no Upgrade arrives, and no such transport", "req-upgrade-missing"), **stripped),
        asked(path + "EIO=3&transport=polling", said("no Upgrade arrives, and another protocol version", "req-upgrade-missing"), **stripped),
        asked(path + "EIO=4&transport=polling&deny", said("allowRequest says no", "req-upgrade-missing", allowed=["req-no-credentials"]), **stripped),
        asked(path + "EIO=4&transport=polling&post", said("method POST", "req-upgrade-missing", "req-method-not-get"), method="POST", **stripped),
        called("/chat", {"cause": "not Engine.IO's path", "findings": ["engineio-path-mismatch", "http-empty-reply"],
                         "not_findings": own + late}),
        asked("/chat/slash", {"cause": "not Engine.IO's path", "findings": ["engineio-path-mismatch", "http-empty-reply"],
                              "not_findings": own + late}, wait=3),
    ]
    lab = Lab()
    node_product(lab, "engine.io", at)
    lab.capture("product_engineio.pcap")
    for case in cases:
        if "sid=poll" in case.uri:
            run(lab, at, [polling])  # the session that it asks for
        run(lab, at, [case])
    lab.capture_end()
    made = rows(cases, lab.end(), product=product, answered_by="engine.io")
    truth.write("product_engineio", "Engine.IO: unknown transport and session, method, allowRequest, protocol versions, on the WebSocket transport "
                "(400) and where no Upgrade arrives (JSON); paths that are not its own (FIN after 1 s); a success", [product, truth.RAW], made)


def product_socketio():
    """A real socket.io client, which falls back to polling where it may."""
    both, polling, product, lab = "127.0.0.1:8127", "127.0.0.1:8134", _product("socket.io"), Lab()
    node_product(lab, "socket.io", both)
    node_product(lab, "socket.io-polling", polling)
    lab.capture("product_socketio.pcap")
    only = {"transports": ["websocket"]}
    attempts = [  # what the client does, and whether and how it is connected at the end
        (both, only, "websocket"), (both, only | {"path": "/chat/"}, None), (both, only | {"auth": {"token": "expired"}}, None),
        (polling, only, None), (polling, {"transports": ["websocket", "polling"], "tryAllTransports": True}, "polling"),
        (polling, only | {"path": "/chat/", "timeout": 1500}, None),
    ]
    client = lab.start(["node", str(HERE / "node/sio_client.js"), json.dumps([{"url": "http://" + at, "options": o} for at, o, _ in attempts])])
    client.wait()
    lab.capture_end()
    servers = [s for s in lab.end() if s["side"] == "server" and "transport=websocket" in s["uri"]]
    said = [r["transport"] for r in client.records]
    if said != [transport for _, _, transport in attempts]:
        raise SystemExit(f"the client says otherwise: {client.records}")
    open_ = {"status": 101, "verdict": "accepted", "cause": "none: success", "not_findings": OTHERS,
             "unchecked": ["messages_client", "messages_server", "close", "ending"]}
    cases = [
        ("/socket.io/", both, open_), ("/socket.io/", both, open_ | {"cause": "none: success, but a middleware refuses the socket.io connection inside"}),
        ("/chat/", both, {"cause": "not the server's path", "findings": ["engineio-path-mismatch", "http-empty-reply"],
                          "not_findings": ["engineio-upgrade-400"]}),
        *2 * [("/socket.io/", polling, {
            "cause": "the server's transports are polling only: it does not listen for upgrades", "findings": ["engineio-json"],
            "not_findings": _others("engineio-json")})],
        ("/chat/", polling, {"cause": "not the path of a server that does not listen for upgrades: nothing answers, the client gives up",
                             "findings": ["http-no-response"], "not_findings": OTHERS + ["http-empty-reply"], "answered_by": None}),
    ]
    made = []
    for path, at, known in cases:
        record = next(s for s in servers if s["server"] == at and s["uri"].startswith(path))
        servers.remove(record)
        made += rows([seen(record["uri"], known)], [record], product=product, **({} if known.get("status") == 101 else {"answered_by": "engine.io"}))
    if servers:
        raise SystemExit(f"the server logged more attempts: {servers}")
    truth.write("product_socketio", "a socket.io client: connected, refused by a middleware after the 101, a wrong path (FIN after 1 s); to a "
                "server of polling only: refused (JSON), refused and then connected by polling, a wrong path (no answer)",
                [product, f"socket.io-client {npm_version('socket.io-client')}"], made)


def product_sockjs():
    own = ["sockjs-reject"]

    def no(cause, *ids, **more):
        return {"cause": cause, "findings": own + list(ids), "not_findings": _others(*own)} | more

    def faye(cause, *ids):  # SockJS has left these to the library beneath it
        return {"cause": cause, "findings": list(ids), "allowed": own, "not_findings": _others(*own), "answered_by": None}

    _write("sockjs", "SockJS: the base path (a greeting), unknown paths (404), its WebSocket paths with a good handshake and with "
           "bad ones; a path that is not its own", [
        ("sockjs", "127.0.0.1:8128", _product("sockjs"), [
            called("/echo/websocket", {"not_findings": own}, do=[["text", "hi"], ["messages", 1], ["close", 1000, "done"]]),
            called("/echo", no("a client of WebSockets at the base path")),
            called("/echo/", no("a client of WebSockets at the base path")),
            asked("/echo/stripped", no("no such path, and no Upgrade", "req-upgrade-missing"), drop=["Upgrade"], Connection="close"),
            called("/echo/nowhere", no("no such path")),
            asked("/echo/websocket", no("no Upgrade arrives", "req-upgrade-missing"), drop=["Upgrade"], Connection="close"),
            asked("/echo/0/a/websocket", no("Upgrade: h2c", "req-upgrade-missing"), Upgrade="h2c"),
            asked("/echo/websocket", no("version 5 at the path without sessions", "req-version-bad"), Sec_WebSocket_Version="5"),
            asked("/echo/0/b/websocket", faye("version 5, refused by faye-websocket", "req-version-bad"), Sec_WebSocket_Version="5"),
            asked("/echo/0/c/websocket", faye("no key, refused by faye-websocket", "req-key-bad"), drop=["Sec-WebSocket-Key"]),
            called("/other", {"cause": "not SockJS's path: nothing answers", "findings": ["http-no-response"],
                              "not_findings": OTHERS + ["http-empty-reply"], "answered_by": None}, timeout=1500),
        ])], answered_by="sockjs")


def product_node_others():
    """Libraries for which the catalogue has no row."""
    def no(cause, *ids, **more):
        return {"cause": cause, "findings": list(ids), "not_findings": OTHERS} | more

    guest = {"allowed": ["req-no-credentials", "req-origin-mismatch"]}
    _write("node_others", "WebSocket-Node and faye-websocket: refusals by the application, key, version, Upgrade and method", [
        ("websocket-node", "127.0.0.1:8129", f"WebSocket-Node {npm_version('websocket')} (Node {_node()})", [
            called("/good", {"not_findings": OTHERS}, do=[["text", "hi"], ["messages", 1], ["close", 1000, "done"]]),
            called("/denied", no("reject()", **guest)),
            called("/denied/401", no("reject(401, 'no ticket')", **guest)),
            called("/unhandled", no("the application neither accepts nor rejects", "http-no-response"), timeout=1200),
            asked("/no_key", no("no key", "req-key-bad"), drop=["Sec-WebSocket-Key"]),
            asked("/version5", no("version 5", "req-version-bad", "version-mismatch-answered"), Sec_WebSocket_Version="5"),
            asked("/h2c", no("none: success, although Upgrade is h2c", allowed=["opt-101-odd", "req-upgrade-missing"]), Upgrade="h2c"),
            asked("/stripped", no("no Upgrade", "req-upgrade-missing"), drop=["Upgrade"], Connection="close"),
        ]),
        ("faye", "127.0.0.1:8130", f"faye-websocket {npm_version('faye-websocket')} (Node {_node()})", [
            called("/good", {"not_findings": OTHERS}, do=[["text", "hi"], ["messages", 1], ["close", 1000, "done"]]),
            asked("/no_key", no("no key", "req-key-bad"), drop=["Sec-WebSocket-Key"]),
            asked("/version5", no("version 5", "req-version-bad"), Sec_WebSocket_Version="5"),
            asked("/post", no("method POST: the application ends the connection", "req-method-not-get", "http-empty-reply",
                              allowed=["silent-close-server"]), method="POST"),
            asked("/always", no("Upgrade: h2c", "req-upgrade-missing"), Upgrade="h2c"),
        ])])


def product_node_proxies():
    """http-proxy and its middleware before a dead backend."""
    others = OTHERS + ["nginx-page", "haproxy-page", "traefik-caddy"]

    def no(cause, *ids, **more):
        return {"cause": cause, "findings": list(ids), "not_findings": others} | more

    dead = truth.handshake(server="127.0.0.1:9", method=None, verdict="unreached", unchecked=["host", "uri", "origin"],
                           cause="the proxy's connect to the dead backend was refused; its port is in no log")
    _write("node_proxies", "http-proxy and http-proxy-middleware before a dead backend", [
        ("http-proxy", "127.0.0.1:8131", _product("http-proxy"), [
            called("/chat", no("backend refuses connections; the error handler destroys the socket", "http-empty-reply")),
            called("/told", no("backend refuses connections; the error handler answers 502")),
            asked("/stripped", no("no Upgrade arrives, backend refuses connections", "req-upgrade-missing"), drop=["Upgrade"], Connection="close"),
        ]),
        ("http-proxy-middleware", "127.0.0.1:8132", _product("http-proxy-middleware"), [
            called("/chat", no("backend refuses connections", "http-empty-reply")),
            asked("/stripped", no("no Upgrade arrives, backend refuses connections", "req-upgrade-missing"), drop=["Upgrade"], Connection="close"),
        ])], more=[dict(dead) for _ in range(5)])


def product_node_silent():
    def no(cause, *ids, **more):
        return {"cause": cause, "findings": ["http-empty-reply"] + list(ids), "not_findings": OTHERS + ["silent-close-server"]} | more

    _write("node_silent", "Node applications that end the connection of an upgrade without a word: destroy, end, reset, after 0.3 s and after 2.5 s", [
        ("silent", "127.0.0.1:8133", f"Node http {_node()}", [
            called("/destroy", no("socket.destroy()")), called("/end", no("socket.end()")), called("/reset", no("socket.resetAndDestroy()")),
            called("/later", no("socket.end() after 0.3 s")), asked("/late", no("socket.end() after 2.5 s"), wait=4),
        ])])
