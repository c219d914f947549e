"""Refusals of servers and frameworks, composed from the marks that their sources show, each beside answers that only resemble it."""
from attempts import Book, ack, answer, wait

PLAIN = "Content-Type: text/plain; charset=utf-8"
NOSNIFF = "X-Content-Type-Options: nosniff"
EVIL = {"Origin": "http://evil.example"}
NO_UPGRADE, CLOSING, NO_KEY, OLD = {"drop": ["Upgrade"]}, {"Connection": "close"}, {"drop": ["Sec-WebSocket-Key"]}, {"Sec-WebSocket-Version": "8"}
# What a request lacks, and which rule says so.
DEFECT = {"no-upgrade": (NO_UPGRADE, "req-upgrade-missing"), "no-connection": (CLOSING, "req-connection-missing"), "no-key": (NO_KEY, "req-key-bad"),
          "version": (OLD, "req-version-bad"), "origin": (EVIL, "req-origin-mismatch"), "http10": ({"version": "1.0"}, "req-http10"),
          "post": ({"method": "POST", "extra": ["Content-Length: 0"]}, "req-method-not-get"), "": ({}, "")}


class Rules:
    """Attempts of one capture that fire a rule and that nearly do."""

    def __init__(self, name, description):
        self.book = Book(name, description)

    def fires(self, rule, word, reply, who, product, why="", also="", **more):
        """why names the request's defect, see DEFECT."""
        ask, req = DEFECT[why]
        cause = f"{product} refuses" + (f": {why}, in Upgrade, Connection, Host, key, version or Origin" if why else "")
        self.book.attempt(f"/{rule}/{word}", reply, ask=more.pop("ask", ask), finds=f"{rule} {req} {also}", by=who,
                          product=product + ", as in the catalogue", cause=more.pop("cause", cause), **more)

    def near(self, rule, word, reply, why="", nots="", finds="", **more):
        ask, req = DEFECT[why]
        cause = f"resembles {rule}" + (f"; the request's {why}: Upgrade, Connection, Host, key, version or Origin" if why else "")
        self.book.attempt(f"/{rule}/near-{word}", reply, ask=more.pop("ask", ask), finds=f"{req} {finds}", nots=f"{rule} {nots}",
                          product=more.pop("product", "an application that leaves no mark"), cause=cause, **more)

    def write(self):
        self.book.write()


def _go_error(status, reason, words, *more):
    """What net/http's Error writes: its own fields sorted, then Date and Content-Length."""
    return answer(status, reason, *sorted([PLAIN, NOSNIFF, *more]), "Date: *", "Content-Length: *", body=words + "\n")


def _text(status, reason, words, *fields):
    return answer(status, reason, "Date: *", PLAIN, *fields, "Content-Length: *", body=words)


def rules_go_and_node():
    r = Rules("rules_go_and_node", "composed refusals of gorilla, coder, gobwas, Go's mux, ws, Engine.IO, uWebSockets and SockJS, with near misses")
    v13 = "Sec-Websocket-Version: 13"
    r.fires("gorilla-reject", "origin", _go_error(403, "Forbidden", "Forbidden", v13), "gorilla", "gorilla/websocket", "origin",
            nots="version-mismatch-answered")
    r.fires("gorilla-reject", "upgrade", _go_error(400, "Bad Request", "Bad Request", v13), "gorilla", "gorilla/websocket", "no-upgrade",
            nots="version-mismatch-answered")
    r.fires("gorilla-reject", "version", _go_error(400, "Bad Request", "Bad Request", v13), "gorilla", "gorilla/websocket", "version",
            also="version-mismatch-answered")
    r.fires("gorilla-reject", "405", _go_error(405, "Method Not Allowed", "Method Not Allowed", v13), "gorilla", "gorilla/websocket", "post")
    r.near("gorilla-reject", "no-version", _go_error(403, "Forbidden", "Forbidden"), "origin", product="a Go handler, http.Error")
    r.near("gorilla-reject", "case", answer(403, "Forbidden", PLAIN, "Sec-WebSocket-Version: 13", "Content-Length: *", body="Forbidden\n"),
           nots="version-mismatch-answered")

    origin = 'request Origin "http://evil.example" is not authorized for Host "ws.example.com"'
    r.fires("coder-reject", "origin", _go_error(403, "Forbidden", origin), "coder", "coder/websocket", "origin", nots="gorilla-reject")
    r.fires("coder-reject", "426", _go_error(426, "Upgrade Required",
                                             'WebSocket protocol violation: Connection header "close" does not contain Upgrade',
                                             "Connection: Upgrade", "Upgrade: websocket"), "coder", "coder/websocket", "no-connection")
    r.fires("coder-reject", "400", _go_error(400, "Bad Request", 'unsupported WebSocket protocol version (only 13 is supported): "8"',
                                             "Sec-Websocket-Version: 13"), "coder", "coder/websocket", "version", also="version-mismatch-answered",
            nots="gorilla-reject")
    r.near("coder-reject", "words", _go_error(403, "Forbidden", "request from this Origin is not authorized"), "origin", nots="gorilla-reject")

    for word, why in (("Upgrade", "no-upgrade"), ("Sec-WebSocket-Key", "no-key"), ("Sec-WebSocket-Version", "version")):
        status, reason, more = (426, "Upgrade Required", ["Sec-WebSocket-Version: 13"]) if why == "version" else (400, "Bad Request", [])
        r.fires("gobwas-reject", why, answer(status, reason, PLAIN, *more, "Content-Length: *", body=f'handshake error: bad "{word}" header'),
                "gobwas", "gobwas/ws", why, also="version-mismatch-answered" if more else "")
    r.fires("gobwas-reject", "505", answer(505, "HTTP Version Not Supported", PLAIN, "Content-Length: *",
                                           body="handshake error: bad HTTP protocol version"), "gobwas", "gobwas/ws", "http10")
    r.near("gobwas-reject", "words", _text(400, "Bad Request", 'handshake failed: bad "token" parameter'))

    r.fires("go-mux-404", "404", _go_error(404, "Not Found", "404 page not found"), None, "Go net/http",
            nots="gorilla-reject traefik-caddy uws-fallback")
    r.near("go-mux-404", "text", _text(404, "Not Found", "404 page not found!"))
    r.near("go-mux-404", "html", answer(404, "Not Found", "Date: *", "Content-Type: text/html", "Content-Length: *",
                                        body="<h1>404 page not found</h1>"))

    def node(status, reason, words, *more):
        return answer(status, reason, "Connection: close", "Content-Type: text/html", "Content-Length: *", *more, body=words)

    ws = ("ws", "ws (Node)")
    r.fires("ws-node-reject", "upgrade", node(400, "Bad Request", "Invalid Upgrade header"), *ws, ask={"Upgrade": "h2c"}, also="req-upgrade-missing")
    r.fires("ws-node-reject", "key", node(400, "Bad Request", "Missing or invalid Sec-WebSocket-Key header"), *ws, "no-key")
    r.fires("ws-node-reject", "version", node(400, "Bad Request", "Missing or invalid Sec-WebSocket-Version header", "Sec-WebSocket-Version: 13, 8"),
            *ws, ask={"Sec-WebSocket-Version": "7"}, also="req-version-bad version-mismatch-answered")
    r.fires("ws-node-reject", "method", node(405, "Method Not Allowed", "Invalid HTTP method"), *ws, "post")
    r.fires("ws-node-reject", "401", node(401, "Unauthorized", "Unauthorized"), *ws)
    r.fires("ws-node-reject", "path", node(400, "Bad Request", "Bad Request"), *ws)
    r.near("ws-node-reject", "date", answer(401, "Unauthorized", "Date: *", "Server: app", "Connection: close", "Content-Type: text/html",
                                            "Content-Length: *", body="Unauthorized"))
    r.near("ws-node-reject", "engine.io", answer(400, "Bad Request", "Connection: close", "Content-type: text/html", "Content-Length: *",
                                                 body="Bad request"), product="Engine.IO, as in the catalogue", finds="engineio-upgrade-400")

    def engine(words):
        return answer(400, "Bad Request", "Connection: close", "Content-type: text/html", "Content-Length: *", body=words)

    e = "engineio-upgrade-400"
    for i, words in enumerate(("Transport unknown", "Session ID unknown", "Bad handshake method", "Forbidden", "Unsupported protocol version")):
        r.fires(e, f"{i}?EIO={3 if i == 4 else 4}&transport=websocket" + ("&sid=abc" if i == 1 else ""), engine(words), None, "socket.io (Engine.IO)",
                nots="http-403 ws-node-reject engineio-json", may="sec-credentials-in-clear")
    r.near(e, "case", answer(400, "Bad Request", "Connection: close", "Content-Type: text/html", "Content-Length: *", body="Session unknown"))

    def code(status, reason, n, words):
        return answer(status, reason, "Content-Type: application/json", "Date: *", "Connection: keep-alive", "Content-Length: *",
                      body=f'{{"code":{n},"message":"{words}"}}')

    r.fires("engineio-json", "1?EIO=4&transport=websocket&sid=abc", code(400, "Bad Request", 1, "Session ID unknown"), None, "socket.io (Engine.IO)",
            nots=e, may="sec-credentials-in-clear")
    r.fires("engineio-json", "4?EIO=4&transport=websocket", code(403, "Forbidden", 4, "Forbidden"), None, "socket.io (Engine.IO)", nots=e)
    r.near("engineio-json", "code", code(400, "Bad Request", 17, "Cart is empty"))
    r.near("engineio-json", "words", answer(400, "Bad Request", "Content-Type: application/json", "Content-Length: *",
                                            body='{"message":"Session ID unknown to us"}'))

    m = "engineio-path-mismatch"
    r.fires(m, "1s", None, None, "socket.io (Engine.IO)", also="http-empty-reply", end="s fin", asked=[ack("s"), wait(1000)],
            nots="silent-close-server http-no-response")
    r.near(m, "300ms", None, finds="http-empty-reply", end="s fin", asked=[ack("s"), wait(300)])
    r.near(m, "client", None, finds="http-no-response", end="c fin", asked=[ack("s"), wait(1000)], nots="http-empty-reply")

    def uws(status, reason, words):
        return f"HTTP/1.1 {status} {reason}\r\n\r\n<h1>{reason}</h1>{words}<hr><i>uWebSockets/20 Server</i>".encode()

    end = {"end": "s fin"}
    r.fires("uws-fallback", "404", uws(404, "File Not Found", ""), "uwebsockets", "uWebSockets", **end)
    r.fires("uws-fallback", "key", uws(404, "File Not Found", ""), "uwebsockets", "uWebSockets", "no-key", **end)
    r.fires("uws-fallback", "400", uws(400, "Bad Request", ""), "uwebsockets", "uWebSockets", **end)
    r.fires("uws-fallback", "505", uws(505, "HTTP Version Not Supported", "<p>This server does not support HTTP/1.0.</p>"), "uwebsockets",
            "uWebSockets", "http10", **end)
    r.near("uws-fallback", "404", answer(404, "File Not Found", "Content-Type: text/html", "Content-Length: *",
                                         body="<h1>File Not Found</h1><hr><i>Server</i>"))

    s = "sockjs-reject"
    r.fires(s, "welcome", answer(200, "OK", "Content-Type: text/plain; charset=UTF-8", "Content-Length: *", "Date: *", body="Welcome to SockJS!\n"),
            "sockjs", "SockJS")
    r.fires(s, "404", answer(404, "Not Found", "Content-Type: text/plain; charset=UTF-8", "Content-Length: *", body="404 Error: Page not found\n"),
            "sockjs", "SockJS", nots="rails-404 go-mux-404")
    r.fires(s, "400", _text(400, "Bad Request", "Not a valid websocket request"), "sockjs", "SockJS", "no-connection")
    r.fires(s, "version", _text(400, "Bad Request", "Only supported WebSocket protocol is RFC 6455."), "sockjs", "SockJS", "version")
    r.near(s, "welcome", _text(200, "OK", "Welcome to our site!\n"))

    z = "silent-close-server"
    for why in ("no-upgrade", "no-key", "version"):
        r.fires(z, why, None, None, "tungstenite", why, also="http-empty-reply", end="s fin", asked=[ack("s"), wait(2)], nots=m)
    r.near(z, "answered", _text(400, "Bad Request", "no key", "Connection: close"), "no-key", nots="http-empty-reply")
    r.near(z, "client", None, "no-key", finds="http-no-response", end="c fin", asked=[ack("s"), wait(400)], nots="http-empty-reply")
    r.write()


def rules_python():
    r = Rules("rules_python", "composed refusals of websockets, uvicorn, daphne, Autobahn, Hypercorn, Tornado and aiohttp, with near misses")
    words = "Failed to open a WebSocket connection: {0}.\n"

    def pyws(status, reason, cause, *more, tail=""):
        return answer(status, reason, "Date: *", "Server: Python/3.11 websockets/12.0", "Content-Length: *", "Content-Type: text/plain",
                      "Connection: close", *more, body=words.format(cause) + tail)

    p = "pywebsockets-reject"
    r.fires(p, "origin", pyws(403, "Forbidden", "invalid Origin header: http://evil.example"), "websockets", "websockets (Python)", "origin")
    r.fires(p, "upgrade", pyws(426, "Upgrade Required", "missing Upgrade header", "Upgrade: websocket"), "websockets", "websockets (Python)",
            "no-upgrade")
    r.fires(p, "500", answer(500, "Internal Server Error", "Date: *", "Content-Length: *", "Content-Type: text/plain", "Connection: close",
            body="Failed to open a WebSocket connection.\nSee server log for more information.\n"), "websockets", "websockets (Python)")
    r.near(p, "500", _text(500, "Internal Server Error", "Failed to open a database connection.\nSee server log for more information.\n"))

    u = "uvicorn-403-empty"
    empty = answer(403, "Forbidden", "date: *", "content-length: *", "content-type: text/plain", "connection: close")
    r.fires(u, "websockets", answer(403, "Forbidden", "Date: *", "Content-Length: *", "Content-Type: text/plain; charset=utf-8", "Connection: close"),
            "uvicorn", "uvicorn with websockets", cause="the application closed before it accepted")
    r.fires(u, "wsproto", answer(403, ""), "uvicorn", "uvicorn with wsproto", end="s fin", may="daphne-403")
    r.near(u, "body", _text(403, "Forbidden", "no", "Connection: close"))
    r.near(u, "hypercorn", answer(403, "", "content-length: 0", "date: *", "server: hypercorn-h11", "connection: close"), finds="hypercorn-reject",
           product="Hypercorn, as in the catalogue")
    n = "uvicorn-no-ws-lib"
    json = "content-type: application/json"
    r.fires(n, "404", answer(404, "Not Found", "date: *", "server: uvicorn", "content-length: *", json, body='{"detail":"Not Found"}'), "uvicorn",
            "uvicorn without websockets")
    r.fires(n, "426", answer(426, "Upgrade Required", "date: *", "server: uvicorn", "content-length: *", json, body='{"detail":"x"}'), "uvicorn",
            "uvicorn without websockets")
    r.near(n, "other", answer(404, "Not Found", "date: *", "content-length: *", json, body='{"detail":"Not Found"}'))

    d = "daphne-403"
    r.fires(d, "denied", answer(403, "Access denied"), "daphne", "daphne", end="s fin", nots=u)
    r.fires(d, "origin", answer(403, "Access denied"), "daphne", "daphne", "origin", end="s fin")
    r.fires(d, "20s", answer(403, "Access denied"), "daphne", "daphne", ms=20000, end="s fin", also="net-slow-answer",
            cause="the connect timer, 20 s")
    r.near(d, "headers", answer(403, "Access denied", "Date: *", "Server: app", "Content-Length: *"))
    r.near(d, "forbidden", answer(403, "Forbidden", "Content-Length: *"), may=u)

    a = "autobahn-reject"
    r.fires(a, "origin", answer(400, "WebSocket connection denied: origin 'http://evil.example' not allowed"), "autobahn", "Autobahn", "origin",
            end="s fin")
    r.fires(a, "upgrade", answer(426, "HTTP Upgrade header missing"), "autobahn", "Autobahn", "no-upgrade", end="s fin", nots="nginx-page")
    r.fires(a, "503", answer(503, "maximum number of connections reached"), "autobahn", "Autobahn", end="s fin")
    r.near(a, "reason", answer(400, "WebSocket origin not allowed", "Date: *", "Content-Length: *"), ask=EVIL, may="req-origin-mismatch")

    h = "hypercorn-reject"
    for status in (403, 404, 400):
        r.fires(h, str(status), answer(status, "", "content-length: 0", "date: *", "server: hypercorn-h11", "connection: close"), "hypercorn",
                "Hypercorn", nots=u, also="req-key-bad" if status == 400 else "", ask=NO_KEY if status == 400 else {})
    r.near(h, "server", empty, may=u)
    r.near(h, "body", answer(403, "", "content-length: *", "server: hypercorn-h11", json, body='{"error":"no"}'),
           product="an application in Hypercorn")

    t = "tornado-reject"
    tornado = ("Server: TornadoServer/6.4", "Content-Type: text/html; charset=UTF-8")
    r.fires(t, "origin", answer(403, "Forbidden", *tornado, "Date: *", "Content-Length: *", body="Cross origin websockets not allowed"), "tornado",
            "Tornado", "origin")
    r.fires(t, "upgrade", answer(400, "Bad Request", *tornado, "Date: *", "Content-Length: *", body='Can "Upgrade" only to "WebSocket".'), "tornado",
            "Tornado", "no-upgrade", nots="spring-reject")
    r.fires(t, "connection", answer(400, "Bad Request", *tornado, "Date: *", "Content-Length: *", body='"Connection" must be "Upgrade".'), "tornado",
            "Tornado", "no-connection", nots="spring-reject")
    r.fires(t, "version", answer(426, "Upgrade Required", *tornado, "Date: *", "Sec-WebSocket-Version: 7, 8, 13", "Content-Length: *"), "tornado",
            "Tornado", ask={"Sec-WebSocket-Version": "9"}, also="req-version-bad version-mismatch-answered")
    r.near(t, "spring", _text(400, "Bad Request", '"Connection" must be "upgrade".'), "no-connection", finds="spring-reject",
           product="Spring, as in the catalogue")
    r.near(t, "page", answer(403, "Forbidden", "Server: nginx", "Content-Type: text/html", "Content-Length: *",
                             body="Cross origin sockets not allowed"), "origin")

    i = "aiohttp-reject"
    aio = ("Content-Type: text/plain; charset=utf-8", "Content-Length: *", "Date: *", "Server: Python/3.11 aiohttp/3.9.5")
    r.fires(i, "upgrade", answer(400, "Bad Request", *aio, body="No WebSocket UPGRADE hdr: None\n Can \"Upgrade\" only to \"WebSocket\"."), "aiohttp",
            "aiohttp", "no-upgrade", nots="tornado-reject spring-reject")
    r.fires(i, "connection", answer(400, "Bad Request", *aio, body="No CONNECTION upgrade hdr: close"), "aiohttp", "aiohttp", "no-connection")
    r.fires(i, "version", answer(400, "Bad Request", *aio, body="Unsupported version: 8"), "aiohttp", "aiohttp", "version")
    r.near(i, "403", answer(403, "Forbidden", *aio, body="403: Forbidden"), product="an application in aiohttp")
    r.write()


def rules_jvm_and_more():
    r = Rules("rules_jvm_and_more",
              "composed refusals of Spring, Tomcat, Jetty, Undertow, Netty, Java-WebSocket, ASP.NET, Rails, Phoenix, Cowboy, Rust, PHP and "
              "Kubernetes, with near misses")
    s = "spring-reject"
    vary = ("Vary: Origin", "Vary: Access-Control-Request-Method", "Vary: Access-Control-Request-Headers")
    r.fires(s, "origin", answer(403, "", *vary, "Content-Length: 0", "Date: *", "Keep-Alive: timeout=60", "Connection: keep-alive"), "spring",
            "Spring", "origin", nots="uvicorn-403-empty phoenix-403 tomcat-reject")
    r.fires(s, "upgrade", answer(400, "", *vary, "Content-Length: *", "Date: *", "Connection: close", body='Can "Upgrade" only to "WebSocket".'),
            "spring", "Spring", ask={"Upgrade": "h2c"}, also="req-upgrade-missing", may="tornado-reject")
    r.fires(s, "connection", answer(400, "", *vary, "Content-Length: *", "Date: *", "Connection: close", body='"Connection" must be "upgrade".'),
            "spring", "Spring", "no-connection", nots="tornado-reject")
    r.near(s, "origin", answer(403, "", "Content-Length: 0", "Date: *", "Server: app"))

    t = "tomcat-reject"

    def tomcat(status, reason):
        title = f"HTTP Status {status} – {reason}"
        return answer(status, "", "Content-Type: text/html;charset=utf-8", "Content-Language: en", "Content-Length: *", "Date: *",
                      "Connection: close",
                      body=f'<!doctype html><html lang="en"><head><title>{title}</title></head><body><h1>{title}</h1></body></html>')

    r.fires(t, "origin", tomcat(403, "Forbidden"), "tomcat", "Apache Tomcat", "origin", nots="spring-reject nginx-page apache-proxy")
    r.fires(t, "400", tomcat(400, "Bad Request"), "tomcat", "Apache Tomcat", "no-connection")
    r.fires(t, "404", tomcat(404, "Not Found"), "tomcat", "Apache Tomcat")
    r.fires(t, "426", answer(426, "", "Sec-WebSocket-Version: 13", "Content-Length: 0", "Date: *"), None, "Apache Tomcat", "version",
            also="version-mismatch-answered", may="netty-reject cowboy-reject nginx-page")
    r.near(t, "hyphen", answer(403, "", "Content-Type: text/html", "Content-Length: *", body="<title>HTTP Status 403 - Forbidden</title>"))

    j = "jetty-undertow-fallthrough"
    r.fires(j, "jetty-404", answer(404, "Not Found", "Date: *", "Cache-Control: must-revalidate,no-cache,no-store",
                                   "Content-Type: text/html;charset=iso-8859-1", "Content-Length: *", "Server: Jetty(9.4.53.v20231009)",
                                   body="<html><head><title>Error 404 Not Found</title></head><body><h2>HTTP ERROR 404 Not Found</h2></body>"
                                   "</html>"), "jetty", "Jetty", "version")
    r.fires(j, "jetty-key", answer(400, "Missing request header 'Sec-WebSocket-Key'", "Date: *", "Content-Length: *",
                                   "Server: Jetty(9.4.53.v20231009)",
                                   body="<h1>Bad Message 400</h1><pre>reason: Missing request header 'Sec-WebSocket-Key'</pre>"), "jetty", "Jetty",
            "no-key", nots="rust-reject")
    r.fires(j, "undertow", answer(404, "Not Found", "Server: undertow", "Content-Length: *", "Content-Type: text/html;charset=UTF-8", "Date: *",
            body="<html><head><title>Error</title></head><body>Not Found</body></html>"), "undertow", "Undertow", "no-upgrade")
    r.near(j, "unnamed", answer(404, "Not Found", "Content-Length: *", "Content-Type: text/html", "Date: *", body="<h2>HTTP 404</h2>"), "version")

    n = "netty-reject"
    for word, why in (("missing key", "no-key"), ("a |Upgrade| header must containing the value 'websocket'", "no-upgrade"),
                      ("a |Connection| header must includes a token 'Upgrade'", "no-connection")):
        r.fires(n, why, answer(400, "Bad Request", "content-length: *", body="not a WebSocket request: " + word), "netty", "Netty", why)
    r.fires(n, "newer", answer(400, "Bad Request", "content-length: *",
                               body="not a WebSocket request: an |Upgrade| header must containing the value 'websocket'"), "netty", "Netty 5",
            "no-upgrade")
    r.fires(n, "426", answer(426, "Upgrade Required", "Sec-WebSocket-Version: 13", "content-length: 0"), "netty", "Netty", "version",
            also="version-mismatch-answered")
    r.near(n, "words", _text(400, "Bad Request", "this is not a WebSocket request"), "no-upgrade")

    def tootall(line, space):
        return (f"HTTP/1.1 {line}\r\nContent-Type: text/html{space}Server: TooTallNate Java-WebSocket\r\nContent-Length: {len(line) + 48}\r\n\r\n"
                f"<html><head></head><body><h1>{line}</h1></body></html>").encode()

    w = "java-websocket-404"
    r.fires(w, "version", tootall("404 WebSocket Upgrade Failure", "\r\n"), "java-websocket", "Java-WebSocket", "version", end="s fin",
            nots="go-mux-404")
    r.fires(w, "bare-lf", tootall("404 WebSocket Upgrade Failure", "\n"), "java-websocket", "Java-WebSocket before 1.4", "no-key", end="s fin",
            cause="old versions end Content-Type with a bare LF; the request lacks a key")
    r.near(w, "reason", answer(404, "WebSocket Not Found", "Server: app", "Content-Length: *"))

    a = "aspnet-reject"
    net = "Server: Kestrel"
    for word, status, reason, said, also in (
            ("id", 404, "Not Found", "No Connection with that ID", ""), ("id-required", 400, "Bad Request", "Connection ID required", ""),
            ("transport", 404, "Not Found", "WebSockets transport not supported by this end point type", ""),
            ("mid", 400, "Bad Request", "Cannot change transports mid-connection", ""),
            ("post", 405, "Method Not Allowed", "POST requests are not allowed for WebSocket connections.", "req-method-not-get")):
        r.fires(a, word + "?id=x7", answer(status, reason, "Content-Length: *", "Content-Type: text/plain", "Date: *", net, body=said), "asp",
                "ASP.NET Core SignalR", "post" if also else "", may="sec-credentials-in-clear")
    r.fires(a, "origin", answer(403, "Forbidden", "Content-Length: 0", "Date: *", net), None, "ASP.NET Core", "origin", nots="uvicorn-403-empty")
    r.near(a, "words", _text(404, "Not Found", "No connection to that city"))

    c = "rails-404"
    r.fires(c, "cable", answer(404, "Not Found", "Content-Type: text/plain; charset=utf-8", "x-request-id: 5b1d", "x-runtime: 0.0021",
                               "Content-Length: *", body="Page not found"), "rails", "Ruby on Rails", "origin", nots="go-mux-404 sockjs-reject")
    r.fires(c, "stripped/cable", answer(404, "Not Found", "Content-Type: text/plain; charset=utf-8", "Content-Length: *", body="Page not found"),
            "rails", "Ruby on Rails", "no-upgrade")
    r.near(c, "html/cable", answer(404, "Not Found", "Content-Type: text/html; charset=UTF-8", "Content-Length: *", body="<h1>Page not found</h1>"))
    r.near(c, "words/cable", _text(404, "Not Found", "Page not found. Try the search."))

    p = "phoenix-403"
    more = ("cache-control: max-age=0, private, must-revalidate", "content-length: *", "date: *")
    live = "/websocket?vsn=2.0.0"
    r.fires(p, "origin" + live, answer(403, "Forbidden", *more), "phoenix", "Phoenix", "origin", nots="uvicorn-403-empty spring-reject")
    r.fires(p, "connect" + live, answer(403, "Forbidden", *more), "phoenix", "Phoenix")
    r.fires(p, "upgrade" + live, answer(400, "Bad Request", *more, body="'upgrade' header must contain 'websocket', got []"), "phoenix", "Phoenix",
            "no-upgrade")
    r.near(p, "path", answer(403, "Forbidden", "content-length: *", "date: *"))
    r.near(p, "body" + live, _text(403, "Forbidden", "no seat"))

    o = "cowboy-reject"
    cow = ("server: Cowboy", "date: *", "content-length: 0")
    r.fires(o, "426", answer(426, "Upgrade Required", "connection: upgrade", *cow, "upgrade: websocket"), "cowboy", "Cowboy", "no-upgrade",
            nots="apache-proxy")
    r.fires(o, "400", answer(400, "Bad Request", *cow), "cowboy", "Cowboy", "no-key")
    r.near(o, "app", answer(400, "Bad Request", "server: Cowboy", "content-type: application/json", "content-length: *", body='{"error":"room"}'),
           product="an application in Cowboy")
    r.near(o, "426", answer(426, "Upgrade Required", "connection: upgrade", "upgrade: websocket", "content-length: *"), "no-upgrade")

    q = "rust-reject"
    low = ("content-type: text/plain; charset=utf-8", "content-length: *", "date: *")
    r.fires(q, "axum-connection", answer(400, "Bad Request", *low, body="Connection header did not include 'upgrade'"), "axum", "axum",
            "no-connection")
    r.fires(q, "axum-upgrade", answer(400, "Bad Request", *low, body="`Upgrade` header did not include 'websocket'"), "axum", "axum", "no-upgrade")
    r.fires(q, "axum-key", answer(400, "Bad Request", *low, body="`Sec-WebSocket-Key` header missing"), "axum", "axum", "no-key")
    r.fires(q, "axum-426", answer(426, "Upgrade Required", *low, body="WebSocket request couldn't be upgraded since no upgrade state was present"),
            "axum", "axum")
    r.fires(q, "actix-upgrade", answer(400, "No WebSocket Upgrade header found", "content-length: 0", "date: *"), "actix", "actix-web", "no-upgrade")
    r.fires(q, "actix-version", answer(400, "Unsupported WebSocket version", "content-length: 0", "date: *"), "actix", "actix-web", "version")
    r.fires(q, "warp", answer(400, "Bad Request", *low, body='Missing request header "sec-websocket-key"'), "warp", "warp", "no-key", nots=j)
    r.near(q, "words", _text(400, "Bad Request", "Missing request parameter \"room\""))
    r.near(q, "reason", answer(400, "No Upgrade", "content-length: 0", "date: *"), "no-upgrade")

    h = "php-reject"
    ask = ("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13")
    r.fires(h, "ratchet-upgrade", answer(426, "Upgrade header MUST be provided", *ask, "X-Powered-By: Ratchet/0.4.4"), "ratchet", "Ratchet",
            "no-upgrade", end="s fin", nots="apache-proxy cowboy-reject version-mismatch-answered")
    r.fires(h, "ratchet-connection", answer(400, "Connection Upgrade MUST be requested", "X-Powered-By: Ratchet/0.4.4"), "ratchet", "Ratchet",
            "no-connection", end="s fin")
    r.fires(h, "ratchet-key", answer(400, "Invalid Sec-WebSocket-Key", "X-Powered-By: Ratchet/0.4.4"), "ratchet", "Ratchet",
            ask={"Sec-WebSocket-Key": "short"}, also="req-key-bad", end="s fin")
    r.fires(h, "ratchet-subprotocol", answer(426, "No Sec-WebSocket-Protocols requested supported", *ask, "Sec-WebSocket-Protocol: wamp"), "ratchet",
            "Ratchet", ask={"Sec-WebSocket-Protocol": "chat"}, end="s fin")
    r.fires(h, "swoole", answer(400, "Bad Request", "Connection: close", "Content-Type: text/html; charset=UTF-8",
                                "Cache-Control: must-revalidate,no-cache,no-store", "Content-Length: *", "Server: swoole-http-server",
                                body="<html><body><h2>HTTP 400 Bad Request</h2><hr><i>Powered by Swoole</i></body></html>"), "swoole", "Swoole",
            "no-key")
    r.near(h, "swoole", answer(400, "Bad Request", "Content-Type: text/html", "Content-Length: *",
                               body="<h2>HTTP 400 Bad Request</h2><hr><i>Powered by PHP</i>"))
    r.near(h, "reason", answer(426, "Upgrade header missing", "Content-Length: *"), "no-upgrade")

    k = "k8s-upgrade"
    pod = "/api/v1/namespaces/default/pods/web/"
    v4 = {"Sec-WebSocket-Protocol": "v5.channel.k8s.io, v4.channel.k8s.io"}

    def kind(code, reason, words):
        return ('{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"%s","reason":"%s","code":%d}\n' % (words, reason,
                code))

    audit = ("Audit-Id: 5c1b7a0e", "Cache-Control: no-cache, private", "Content-Type: application/json", "Date: *", "Content-Length: *")
    r.fires(k, "forbidden" + pod + "exec", answer(403, "Forbidden", *audit, body=kind(403, "Forbidden",
            "pods \\\"web\\\" is forbidden: User \\\"eve\\\" cannot create resource " "\\\"pods/exec\\\"")), "kubernetes", "Kubernetes", ask=v4)
    r.fires(k, "upgrade" + pod + "attach", answer(400, "Bad Request", *audit, body=kind(400, "BadRequest", "Upgrade request required")), "kubernetes",
            "Kubernetes", ask=v4 | NO_UPGRADE, also="req-upgrade-missing", cause="Upgrade was removed")
    r.fires(k, "protocol" + pod + "portforward", _go_error(403, "Forbidden",
                                                           "unable to upgrade: unable to negotiate protocol: client supports [chat], server accepts "
                                                           "[portforward.k8s.io]", "X-Accepted-Stream-Protocol-Versions: portforward.k8s.io"),
            "kubernetes", "Kubernetes", ask={"Sec-WebSocket-Protocol": "chat"}, nots="gorilla-reject")
    r.near(k, "json/exec", answer(403, "Forbidden", "Content-Type: application/json", "Content-Length: *", body='{"kind":"error","status":403}'))
    r.write()
