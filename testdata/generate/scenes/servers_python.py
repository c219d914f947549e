"""Servers on Python's libraries that refuse handshakes."""
import os

import product
import raw
import truth
from lab import HERE, Lab
from product import Visits

PYTHON = "/usr/bin/python3"
ORIGIN, OTHER = "https://app.example", "https://evil.example"
FINGERPRINTS = ["pywebsockets-reject", "uvicorn-403-empty", "uvicorn-no-ws-lib", "daphne-403", "autobahn-reject", "hypercorn-reject", "tornado-reject",
                "aiohttp-reject", "gorilla-reject", "ws-node-reject", "spring-reject", "nginx-page"]

NO_UPGRADE = {"drop": ["Upgrade", "Connection"], "findings": ["req-upgrade-missing"], "known": {"cause": "no Upgrade and no Connection"}}
H2C = {"Upgrade": "h2c", "findings": ["req-upgrade-missing"], "known": {"cause": "Upgrade: h2c"}}
NO_CONNECTION = {"Connection": "keep-alive", "findings": ["req-connection-missing"], "known": {"cause": "Connection: keep-alive"}}
NO_KEY = {"drop": ["Sec-WebSocket-Key"], "findings": ["req-key-bad"], "known": {"cause": "no Sec-WebSocket-Key"}}
BAD_KEY = {"key": "abc", "findings": ["req-key-bad"], "known": {"cause": "Sec-WebSocket-Key is not 16 bytes"}}
MISMATCH = {"Sec_WebSocket_Version": "12", "findings": ["req-version-bad", "version-mismatch-answered"], "known": {"cause": "Sec-WebSocket-Version: 12"}}
VERSION_12 = {"Sec_WebSocket_Version": "12", "findings": ["req-version-bad"], "known": {"cause": "Sec-WebSocket-Version: 12"}}
NO_VERSION = {"drop": ["Sec-WebSocket-Version"], "findings": ["req-version-bad"], "known": {"cause": "no Sec-WebSocket-Version"}}
HTTP_10 = {"version": "1.0", "findings": ["req-http10"], "known": {"cause": "HTTP/1.0"}}
POST = {"method": "POST", "findings": ["req-method-not-get"], "known": {"cause": "POST instead of GET"}}


CROSSING = {"Origin": OTHER, "findings": ["req-origin-mismatch"], "known": {"cause": "the Origin is not allowed"}}


def _visits(at, mine, answered_by):
    """Attempts at a server whose refusals carry the fingerprint mine and nobody else's; and what its application's refusals must not be taken for."""
    others = [f for f in FINGERPRINTS if f not in mine]
    v = Visits(at, answered_by=answered_by, not_findings=others, **({"fingerprint": mine[0]} if mine else {}))
    return v, {"plain": True, "answered_by": "", "not_findings": FINGERPRINTS}


def _start(lab, what, port):
    lab.start([PYTHON, str(HERE / "python_apps.py"), what, str(port)], ready=("127.0.0.1", port))


def product_pywebsockets():
    product.need(modules=["websockets"], package="python3-websockets")
    lab, at = Lab(), "127.0.0.1:8130"
    lab.capture("product_pywebsockets.pcap", filter="tcp port 8130")
    _start(lab, "websockets", 8130)
    v, passed = _visits(at, ["pywebsockets-reject"], "websockets")
    v.ask("/origin", 403, "Failed to open a WebSocket connection: invalid Origin header", **CROSSING)
    v.ask("/plain", 426, "Failed to open a WebSocket connection: empty Connection header", **NO_UPGRADE)
    v.ask("/noupgrade", 426, "Failed to open a WebSocket connection: ", drop=["Upgrade"], findings=["req-upgrade-missing"], known={"cause": "no Upgrade"})
    v.ask("/h2c", 426, "Failed to open a WebSocket connection: invalid Upgrade header", **H2C)
    v.ask("/noconnection", 426, "Failed to open a WebSocket connection: invalid Connection header", **NO_CONNECTION)
    v.ask("/nokey", 400, "Failed to open a WebSocket connection: missing Sec-WebSocket-Key header", **NO_KEY)
    v.ask("/badkey", 400, "Failed to open a WebSocket connection: invalid Sec-WebSocket-Key header", **BAD_KEY)
    v.ask("/version12", 400, "Failed to open a WebSocket connection: invalid Sec-WebSocket-Version header", **VERSION_12)
    v.ask("/noversion", 400, "Failed to open a WebSocket connection: missing Sec-WebSocket-Version header", **NO_VERSION)
    v.ask("/http10", 400, "Failed to open a WebSocket connection", **HTTP_10)
    v.ask("/post", 400, "Failed to open a WebSocket connection", **POST)
    v.ask("/raise", 500, "See server log for more information.")
    v.ask("/auth", 401, "Missing credentials", known=passed)
    v.ask("/auth", 401, "Invalid credentials", extra=["Authorization: Basic YW5uOndyb25n"], known=passed)
    v.ask("/empty", 403, known=passed | {"not_findings": [f for f in FINGERPRINTS if f != "uvicorn-403-empty"], "allowed": ["uvicorn-403-empty"]})
    for code in (403, 404, 500, 503):
        v.ask(f"/own/{code}", code, "not for you", known=passed)
    lab.end()
    truth.write("product_pywebsockets",
                "the library's own 403, 426, 400, 500 and 401, and texts of its application",
                [product.version("websockets"), truth.RAW], v.rows)


def product_tornado():
    product.need(modules=["tornado"], package="python3-tornado")
    lab, at = Lab(), "127.0.0.1:8131"
    lab.capture("product_tornado.pcap", filter="tcp port 8131")
    _start(lab, "tornado", 8131)
    v, passed = _visits(at, ["tornado-reject"], "tornado")
    v.ask("/ok", 403, "Cross origin websockets not allowed", **CROSSING)
    v.ask("/ok?plain", 400, 'Can "Upgrade" only to "WebSocket".', **NO_UPGRADE)
    v.ask("/ok?h2c", 400, 'Can "Upgrade" only to "WebSocket".', **H2C)
    v.ask("/ok?noconnection", 400, '"Connection" must be "Upgrade".', **NO_CONNECTION)
    v.ask("/ok?nokey", 400, "Missing/Invalid WebSocket headers", **NO_KEY)
    v.ask("/ok?version12", 426, "Sec-Websocket-Version: 7, 8, 13", **MISMATCH)
    v.ask("/veto", 403, "403: Forbidden", known=passed)
    v.ask("/own", 403, "not for you", known=passed)
    v.ask("/nowhere", 404, known=passed)
    v.ask("/raise", 500, known=passed)
    lab.end()
    truth.write("product_tornado",
                "Tornado's 403 for an Origin, 400 and 426; errors of its application, a 404",
                [product.version("tornado"), truth.RAW], v.rows)


def product_aiohttp():
    product.need(modules=["aiohttp"], package="python3-aiohttp")
    lab, at = Lab(), "127.0.0.1:8132"
    lab.capture("product_aiohttp.pcap", filter="tcp port 8132")
    _start(lab, "aiohttp", 8132)
    v, passed = _visits(at, ["aiohttp-reject"], "aiohttp")
    v.ask("/ok?plain", 400, "No WebSocket UPGRADE hdr", **NO_UPGRADE)
    v.ask("/ok?h2c", 400, "No WebSocket UPGRADE hdr: h2c", **H2C)
    v.ask("/ok?noconnection", 400, "No CONNECTION upgrade hdr: keep-alive", **NO_CONNECTION)
    v.ask("/ok?version12", 400, "Unsupported version: 12", **VERSION_12)
    v.ask("/ok?noversion", 400, "Unsupported version", **NO_VERSION)
    v.ask("/ok?nokey", 400, "Handshake error: None", **NO_KEY)
    v.ask("/ok?badkey", 400, "Handshake error: 'abc'", **BAD_KEY)
    v.ask("/veto", 403, "403: Forbidden", known=passed)
    v.ask("/own", 403, "not for you", known=passed)
    v.ask("/nowhere", 404, "404: Not Found", known=passed)
    v.ask("/raise", 500, known=passed)
    lab.end()
    truth.write("product_aiohttp", "aiohttp's 400 of six kinds; errors of its application, a 404", [product.version("aiohttp"), truth.RAW], v.rows)


def product_autobahn():
    product.need(modules=["autobahn", "twisted"], package="python3-autobahn python3-twisted")
    lab, at = Lab(), "127.0.0.1:8133"
    lab.capture("product_autobahn.pcap", filter="tcp port 8133")
    _start(lab, "autobahn", 8133)
    v, passed = _visits(at, ["autobahn-reject"], "autobahn")
    v.ask("/origin", 400, "400 WebSocket connection denied: origin 'https://evil.example' not allowed", **CROSSING)
    v.ask("/plain", 426, "426 HTTP Upgrade header missing", **NO_UPGRADE)
    v.ask("/h2c", 400, "400 HTTP Upgrade headers do not include", **H2C)
    v.ask("/noconnection", 400, "400 HTTP Connection headers do not include", **NO_CONNECTION)
    v.ask("/nokey", 400, "400 HTTP Sec-WebSocket-Key header missing", **NO_KEY)
    v.ask("/badkey", 400, "400 bad Sec-WebSocket-Key", **BAD_KEY)
    v.ask("/version12", 400, "400 WebSocket version 12 not supported", **MISMATCH)
    v.ask("/http10", 505, "505 Unsupported HTTP version", **HTTP_10)
    v.ask("/post", 405, '405 HTTP method "POST" not allowed', **POST)
    held = raw.handshake(at, "/held", [], Origin=ORIGIN)
    v.ask("/second", 503, "503 maximum number of connections reached", Origin=ORIGIN)
    held.close_frame(1000)
    held.drain(until_close=True)
    held.end()
    mine = {k: held.log[k] for k in ("client", "server", "host", "uri", "origin", "status")}
    v.rows.append(truth.handshake(**mine, close={"code": 1000, "reason": "", "by": "client"}, ending="clean"))
    unsure = {"plain": True, "answered_by": "", "not_findings": [f for f in FINGERPRINTS if f != "autobahn-reject"], "allowed": ["autobahn-reject"]}
    v.ask("/veto", 403, "403 not for you", known=unsure, Origin=ORIGIN)
    v.ask("/raise", 500, "500 Internal server error: boom", known=unsure, Origin=ORIGIN)
    lab.end()
    truth.write("product_autobahn",
                "Autobahn's refusals, with the cause in the reason phrase: Origin, headers, version, HTTP/1.0, POST, too many connections; a "
                "veto and an error of its application",
                [product.version("autobahn"), truth.RAW], v.rows)


def _by(fingerprint):
    """How a request with a bad key is asked where the library beneath the server refuses it with its own mark."""
    return {"findings": ["req-key-bad", fingerprint],
            "known": BAD_KEY["known"] | {"plain": True, "answered_by": "", "not_findings": [f for f in FINGERPRINTS if f != fingerprint]}}


def _asgi(lab, app, port, *command):
    os.environ.update(PYTHONPATH=str(HERE), PYTHON_APP=app)
    lab.start([PYTHON, "-m", *command], ready=("127.0.0.1", port))


def product_uvicorn():
    """The same applications on both WebSocket libraries that uvicorn can use, and without any."""
    product.need(modules=["uvicorn", "fastapi", "wsproto", "websockets"], package="python3-uvicorn python3-fastapi python3-wsproto python3-websockets")
    lab, rows = Lab(), []
    lab.capture("product_uvicorn.pcap", filter="tcp portrange 8134-8138")
    for port, app, ws in ((8134, "fastapi", "websockets"), (8135, "fastapi", "wsproto"), (8136, "fastapi", "none"), (8137, "bare", "websockets")):
        _asgi(lab, app, port, "uvicorn", "python_apps:" + app, "--port", str(port), "--ws", ws)
    v, passed = _visits("127.0.0.1:8134", ["uvicorn-403-empty"], "uvicorn")
    v.ask("/nowhere", 403)
    v.ask("/close", 403)
    v.ask("/depends", 403)
    v.ask("/ok?badkey", 400, "Failed to open a WebSocket connection", **(BAD_KEY | _by("pywebsockets-reject")))
    v.ask("/raise", 500, known=passed)
    rows += v.rows
    v, passed = _visits("127.0.0.1:8135", ["uvicorn-403-empty"], "uvicorn")
    v.ask("/nowhere", 403)
    v.ask("/close", 403)
    v.ask("/ok?nokey", 400, **(NO_KEY | {"known": NO_KEY["known"] | passed}))
    v.ask("/ok?version12", 426, **(MISMATCH | {"known": MISMATCH["known"] | passed}))
    v.ask("/raise", 500, known=passed)
    rows += v.rows
    v, passed = _visits("127.0.0.1:8136", ["uvicorn-no-ws-lib"], "uvicorn")
    v.ask("/ok", 400, "Unsupported upgrade request.")
    v.ask("/page", 400, "Unsupported upgrade request.")
    rows += v.rows
    v, passed = _visits("127.0.0.1:8137", ["uvicorn-403-empty"], "uvicorn")
    v.ask("/close", 403)
    v.ask("/return", 500, known=passed)
    rows += v.rows
    lab.end()
    truth.write("product_uvicorn",
                "uvicorn on websockets and on wsproto: empty 403 for a missing route and for close before accept, 500, bad handshakes; uvicorn"
                " without a WebSocket library",
                [product.version(n) for n in ("uvicorn", "websockets", "wsproto", "fastapi")] + [truth.RAW], rows)


def product_daphne():
    product.need(modules=["daphne", "channels"], package="daphne python3-django-channels")
    lab, at = Lab(), "127.0.0.1:8139"
    lab.capture("product_daphne.pcap", filter="tcp port 8139")
    _asgi(lab, "channels", 8139, "daphne", "-b", "127.0.0.1", "-p", "8139", "--websocket_connect_timeout", "3", "python_apps:channels")
    v, passed = _visits(at, ["daphne-403"], "daphne")
    site = {"Origin": "http://app.example"}
    v.ask("/ok", 403, "HTTP/1.1 403 Access denied\n", **CROSSING)
    v.ask("/close", 403, "HTTP/1.1 403 Access denied\n", **site)
    v.ask("/slow", None, wait=6, known={"plain": True, "answered_by": "", "verdict": "unanswered", "ending": "none", "findings": ["http-empty-reply"],
                                        "cause": "the connect handler takes too long: the timer of the server's library resets the connection"}, **site)
    v.ask("/raise", 500, **site)
    v.ask("/nowhere", 500, **site)
    v.ask("/ok?badkey", 400, "400 bad Sec-WebSocket-Key", **(BAD_KEY | site | _by("autobahn-reject")))
    v.ask("/ok?plain", 404, **(NO_UPGRADE | {"known": NO_UPGRADE["known"] | passed}))
    lab.end()
    truth.write("product_daphne",
                "daphne's 403 for an Origin and for a consumer that closes, a connect handler that is too slow (RST), 500, a bad key, a plain "
                "GET",
                [product.version(n) for n in ("daphne", "channels", "autobahn")] + [truth.RAW], v.rows)


def product_hypercorn():
    product.need(modules=["hypercorn"], package="python3-hypercorn")
    lab, at = Lab(), "127.0.0.1:8140"
    lab.capture("product_hypercorn.pcap", filter="tcp portrange 8140-8141")
    _asgi(lab, "bare", 8140, "hypercorn", "-b", at, "python_apps:bare")
    _asgi(lab, "bare", 8141, "hypercorn", "-b", "127.0.0.1:8141", "--server-name", "app.example", "python_apps:bare")
    v, passed = _visits(at, ["hypercorn-reject"], "hypercorn")
    w, _ = _visits("127.0.0.1:8141", ["hypercorn-reject"], "hypercorn")
    v.ask("/close", 403)
    v.ask("/raise", 500)
    v.ask("/return", 500)
    v.ask("/response", 401, "no token", known=passed)
    v.ask("/ok?nokey", 400, **NO_KEY)
    v.ask("/ok?version12", 400, **VERSION_12)
    v.ask("/ok?plain", 404, **(NO_UPGRADE | {"known": NO_UPGRADE["known"] | passed}))
    w.ask("/name", 404)
    lab.end()
    truth.write("product_hypercorn",
                "Hypercorn's 403, 500, 400 and 404; a 401 and a 404 of the application",
                [product.version("hypercorn"), truth.RAW], v.rows + w.rows)


def product_odd_requests():
    """The same defects at servers that mind them and at others that do not: only where it was refused is the defect the reason."""
    product.need(modules=["websockets", "tornado", "aiohttp", "autobahn"], package="python3-websockets python3-tornado python3-aiohttp python3-autobahn")
    lab = Lab()
    lab.capture("product_odd_requests.pcap", filter="tcp portrange 8130-8133")
    for what, port in (("websockets", 8130), ("tornado", 8131), ("aiohttp", 8132), ("autobahn", 8133)):
        _start(lab, what, port)
    pyws, _ = _visits("127.0.0.1:8130", ["pywebsockets-reject"], "websockets")
    torn, _ = _visits("127.0.0.1:8131", ["tornado-reject"], "tornado")
    aio, _ = _visits("127.0.0.1:8132", ["aiohttp-reject"], "aiohttp")
    auto, _ = _visits("127.0.0.1:8133", ["autobahn-reject"], "autobahn")

    def accepted(v, uri, rule, cause, **fields):
        v.ask(uri, 101, known={"plain": True, "answered_by": "", "ending": "abnormal-fin|rst", "not_findings": [rule],
                               "cause": "none: success, although " + cause}, **fields)

    twice = {"Upgrade": "websocket, websocket", "findings": ["req-duplicate-upgrade"], "known": {"cause": "Upgrade: websocket, websocket"}}
    repeated = {"extra": ["Upgrade: websocket"], "findings": ["req-duplicate-upgrade"], "known": {"cause": "two Upgrade lines"}}
    large = {"extra": ["Cookie: session=" + "x" * 9000], "findings": ["req-headers-too-big"], "known": {"cause": "a cookie of 9 kB"}}
    no_host = {"drop": ["Host"], "findings": ["req-host-problem"], "known": {"cause": "no Host"}}
    two_hosts = {"extra": ["Host: other.example"], "findings": ["req-host-problem"], "known": {"cause": "two Host lines", "unchecked": ["host"]}}
    pyws.ask("/twice", 426, "Failed to open a WebSocket connection: ", **twice)
    pyws.ask("/repeated", 426, "Failed to open a WebSocket connection: ", **repeated)
    pyws.ask("/cookie", 400, "Failed to open a WebSocket connection: ", **large)
    torn.ask("/ok?twice", 400, 'Can "Upgrade" only to "WebSocket".', **twice)
    torn.ask("/ok?nohost", 400, "Missing/Invalid WebSocket headers", **no_host)
    aio.ask("/ok?cookie", 400, **(large | {"known": large["known"] | {"plain": True, "answered_by": "", "not_findings": FINGERPRINTS}}))
    auto.ask("/nohost", 400, "400 HTTP Host header missing", Origin=ORIGIN, **no_host)
    auto.ask("/twohosts", 400, "400 HTTP Host header appears more than once", Origin=ORIGIN, **two_hosts)
    auto.ask("/twokeys", 400, "400 HTTP Sec-WebSocket-Key header appears more than once", Origin=ORIGIN,
             extra=["Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="], findings=["req-key-bad"], known={"cause": "two Sec-WebSocket-Key lines"})
    auto.ask("/twoversions", 400, "400 HTTP Sec-WebSocket-Version header appears more than once", Origin=ORIGIN, extra=["Sec-WebSocket-Version: 13"],
             findings=["req-version-bad"], known={"cause": "two Sec-WebSocket-Version lines"})
    auto.ask("/early", None, rest=b"hello", wait=1, Origin=ORIGIN, known={
        "plain": True, "answered_by": "", "verdict": "unanswered", "ending": "none", "findings": ["req-early-data", "http-empty-reply"],
        "allowed": ["silent-close-server"], "cause": "bytes that are no frame behind the request: the server resets the connection"})
    accepted(torn, "/ok?version8", "req-version-bad", "Sec-WebSocket-Version is 8", Sec_WebSocket_Version="8")
    accepted(torn, "/ok?twohosts", "req-host-problem", "there are two Host lines", extra=["Host: other.example"])
    accepted(torn, "/ok?close", "req-duplicate-upgrade", "Connection is close, Upgrade", Connection="close, Upgrade")
    accepted(aio, "/ok?repeated", "req-duplicate-upgrade", "there are two Upgrade lines", extra=["Upgrade: websocket"])
    accepted(aio, "/ok?keepalive", "req-connection-missing", "Connection is keep-alive, Upgrade, as Firefox says it", Connection="keep-alive, Upgrade")
    accepted(aio, "/ok?origin", "req-origin-mismatch", "Origin and Host differ", Origin=OTHER)
    accepted(aio, "/ok?cookie2", "req-headers-too-big", "the cookie has 4 kB", extra=["Cookie: session=" + "x" * 4000])
    clients = lab.node_client([{"url": f"ws://127.0.0.1:8132/ok?protocol={p}", "protocols": [p]} for p in ("null", "undefined", "chat")])
    rows = pyws.rows + torn.rows + aio.rows + auto.rows
    for c, junk in zip(clients, (True, True, False)):
        rows.append(truth.handshake(**{k: c[k] for k in ("client", "server", "host", "uri", "origin")}, status=101, ending="abnormal-fin|rst",
                                    cause="none: success, but the client leaves, for its subprotocol is not in the answer",
                                    findings=["opt-subprotocol-unanswered"] + ["req-subprotocol-junk"] * junk,
                                    allowed=["opt-client-gone-after-101", "close-abnormal-1006"],
                                    not_findings=[] if junk else ["req-subprotocol-junk"]))
    lab.end()
    truth.write("product_odd_requests",
                "doubled Upgrade, Host, key and version, no Host and a cookie that is too large, refused by one server and accepted by "
                "another; subprotocols null, undefined and chat, which the server does not answer and for which the client leaves",
                [product.version(n) for n in ("websockets", "tornado", "aiohttp", "autobahn")] + [truth.node_ws(), truth.RAW], rows)
