"""Attempts that a naive rule takes for something that they are not, one or more for each trap that plain HTTP and WebSocket can show.

The path names the number of the trap. not_findings are what the naive rule would say.
"""
from attempts import Book, ack, again, answer, bye, fin, frame, octets, page, ping, pong, rst, switch, text, wait

APP = "an application that leaves no mark"
PLAIN = "Content-Type: text/plain; charset=utf-8"
NOSNIFF = "X-Content-Type-Options: nosniff"
HTML = "Content-Type: text/html"
EVIL = {"Origin": "http://evil.example"}
TALK = [text("c", "hello"), text("s", "hello")]
DONE = [bye("c", 1000, "done"), bye("s")]


def _as(name):
    return f"{name}, as in the catalogue"


def _go(status, reason, *more, product="gorilla/websocket", mark="Sec-Websocket-Version: 13"):
    """gorilla's refusal, perhaps through something that added its own fields."""
    return answer(status, reason, PLAIN, mark, NOSNIFF, "Date: *", "Content-Length: *", *more, body=reason + "\n")


def traps_status():
    b = Book("traps_status", "composed attempts whose status, or whose fields, are not what they seem: traps 1 to 5, 17 and 18")
    ray = ("Server: cloudflare", "CF-RAY: 8a1b2c3d4e5f6789-FRA", "cf-cache-status: DYNAMIC")

    # 1: a 403 is not a matter of authorization.
    b.attempt("/trap-01/no-such-route", answer(403, "Forbidden", "Date: *", "Content-Length: *", PLAIN, "Connection: close"),
              ask={"Authorization": "Bearer x"}, finds="uvicorn-403-empty", nots="req-no-credentials req-origin-mismatch http-401",
              may="sec-credentials-in-clear", by="uvicorn", product=_as("uvicorn"), cause="no route of that name")
    b.attempt("/trap-01/upgrade-off", answer(403, "Forbidden", "date: *", "server: envoy", "connection: close", "content-length: *"),
              finds="envoy-upgrade-403", by="envoy", nots="uvicorn-403-empty req-origin-mismatch phoenix-403 spring-reject", product=_as("Envoy"),
              cause="upgrades are not enabled")
    b.attempt("/trap-01/waf", answer(403, "Forbidden", "Date: *", "Content-Type: text/html; charset=UTF-8", "Content-Length: *",
                                     "cf-mitigated: challenge", *ray[:2], body="<title>Just a moment...</title>"), ask=EVIL, finds="cloudflare-block",
              nots="gorilla-reject", may="req-origin-mismatch", by="cloudflare", product=_as("Cloudflare"), cause="a challenge for robots")
    b.attempt("/trap-01/subprotocol/websocket?vsn=2.0.0", answer(403, "Forbidden", "cache-control: max-age=0, private, must-revalidate",
                                                                 "content-length: *", "date: *"), ask={"Sec-WebSocket-Protocol": "chat",
            "Origin": "http://ws.example.com"}, finds="phoenix-403", nots="req-origin-mismatch uvicorn-403-empty", by="phoenix",
              product=_as("Phoenix"), cause="a subprotocol that is not served")

    # 2: a 404 is not a wrong path.
    b.attempt("/trap-02/cable", answer(404, "Not Found", "Content-Type: text/plain; charset=utf-8", "Content-Length: *", body="Page not found"),
              ask=EVIL, finds="rails-404 req-origin-mismatch", nots="go-mux-404 sockjs-reject uws-fallback", by="rails", product=_as("Ruby on Rails"),
              cause="Origin is refused")
    line = "404 WebSocket Upgrade Failure"
    b.attempt("/trap-02/java", answer(404, "WebSocket Upgrade Failure", HTML, "Server: TooTallNate Java-WebSocket", "Content-Length: *",
                                      body=f"<html><head></head><body><h1>{line}</h1></body></html>"), ask={"Sec-WebSocket-Version": "8"},
              end="s fin", finds="java-websocket-404 req-version-bad", nots="go-mux-404 tomcat-reject", by="java-websocket",
              product=_as("Java-WebSocket"), cause="version 8")
    b.attempt("/trap-02/signalr?id=q1w2e3", answer(404, "Not Found", "Content-Length: *", "Content-Type: text/plain", "Date: *", "Server: Kestrel",
                                                   body="No Connection with that ID"), finds="aspnet-reject", nots="go-mux-404 rails-404",
              may="sec-credentials-in-clear", by="asp", product=_as("ASP.NET Core SignalR"), cause="the connection id is unknown to this server")
    b.attempt("/trap-02/jetty", answer(404, "Not Found", "Date: *", "Content-Type: text/html;charset=iso-8859-1", "Content-Length: *",
                                       "Server: Jetty(11.0.24)",
                                       body="<html><head><title>Error 404 Not Found</title></head><body><h2>HTTP ERROR 404 Not "
                                       "Found</h2></body></html>"), ask={"Connection": "close"},
              finds="jetty-undertow-fallthrough req-connection-missing", nots="go-mux-404 tomcat-reject", by="jetty", product=_as("Jetty"),
              cause="Connection: close")

    # 3: a 400 can be the answer of authorization.
    b.attempt("/trap-03/?EIO=4&transport=websocket", answer(400, "Bad Request", "Connection: close", "Content-type: text/html", "Content-Length: *",
                                                            body="Forbidden"), finds="engineio-upgrade-400",
              nots="req-upgrade-missing req-version-bad req-key-bad http-403 ws-node-reject haproxy-page", product=_as("socket.io (Engine.IO)"),
              cause="allowRequest said no")
    b.attempt("/trap-03/autobahn", answer(400, "WebSocket connection denied: origin 'http://evil.example' not allowed"), ask=EVIL, end="s fin",
              finds="autobahn-reject req-origin-mismatch", nots="req-upgrade-missing req-key-bad http-403", by="autobahn", product=_as("Autobahn"),
              cause="Origin is refused")

    # 4: Server, Via and cf-ray name the last hop.
    b.attempt("/trap-04/nginx", _go(403, "Forbidden", "Server: nginx/1.22.1"), ask=EVIL, finds="gorilla-reject req-origin-mismatch",
              nots="nginx-page version-mismatch-answered", by="gorilla", product="gorilla/websocket behind nginx, as in the catalogue",
              cause="Origin is refused")
    b.attempt("/trap-04/cloudflare", _go(403, "Forbidden", *ray), ask=EVIL, finds="gorilla-reject req-origin-mismatch",
              nots="cloudflare-block version-mismatch-answered", by="gorilla", product="gorilla/websocket behind Cloudflare, as in the catalogue",
              cause="Origin is refused")
    b.attempt("/trap-04/cloudfront", _go(403, "Forbidden", "X-Cache: Miss from cloudfront", "Via: 1.1 0123456789abcdef.cloudfront.net (CloudFront)",
                                         "X-Amz-Cf-Id: q1w2e3=="), ask=EVIL, finds="gorilla-reject req-origin-mismatch", nots="aws-alb-cloudfront",
              by="gorilla", product="gorilla/websocket behind CloudFront, as in the catalogue", cause="Origin is refused")
    b.attempt("/trap-04/cloudfront-error", _go(403, "Forbidden", "X-Cache: Error from cloudfront",
                                               "Via: 1.1 0123456789abcdef.cloudfront.net (CloudFront)", "X-Amz-Cf-Id: q1w2e3=="), ask=EVIL,
              finds="gorilla-reject req-origin-mismatch", nots="aws-alb-cloudfront", by="gorilla",
              product="gorilla/websocket behind CloudFront, as in the catalogue", cause="Origin is refused; the wording is the same for errors of "
              "the origin")
    b.attempt("/trap-04/api-gateway", answer(403, "Forbidden", "Content-Type: application/json", "Content-Length: *",
                                             "x-amz-apigw-id: Ab1CdEfGhIjKlMn=", body='{"error":"plan"}'), nots="aws-apigateway",
              product="an application behind API Gateway")
    b.attempt("/trap-04/envoy", answer(403, "Forbidden", "date: *", "server: envoy", "content-length: *", "x-envoy-upstream-service-time: 4"),
              nots="envoy-upgrade-403 envoy-other", product="an application behind Envoy")
    b.attempt("/trap-04/caddy", answer(502, "Bad Gateway", "Via: 1.1 Caddy", "Server: app", "Date: *", PLAIN, "Content-Length: *",
                                       body="a service of ours is down\n"), nots="traefik-caddy", product="an application behind Caddy")
    b.attempt("/trap-04/google", answer(401, "Unauthorized", "WWW-Authenticate: Bearer", "Via: 1.1 google", "Content-Length: *"),
              may="gcp-lb req-no-credentials", nots="cloudflare-block", product="an application behind Google Cloud")

    # 5: gorilla names version 13 in every refusal.
    for status, reason, ask in ((403, "Forbidden", EVIL), (400, "Bad Request", {"Connection": "close"}), (405, "Method Not Allowed",
            {"method": "POST", "extra": ["Content-Length: 0"]})):
        finds = {403: "req-origin-mismatch", 400: "req-connection-missing", 405: "req-method-not-get"}[status]
        b.attempt(f"/trap-05/{status}", _go(status, reason), ask=ask, finds=f"gorilla-reject {finds}",
                  nots="version-mismatch-answered req-version-bad", by="gorilla", product=_as("gorilla/websocket"),
                  cause="version 13 was asked for; Origin, Connection or POST is refused")

    # 17: 426 with words came from behind nginx.
    nginx = ("Server: nginx/1.22.1", "Date: *")
    b.attempt("/trap-17/words", answer(426, "Upgrade Required", *nginx, PLAIN, "Content-Length: *", "Connection: close", body="Upgrade Required"),
              nots="nginx-page", product="an application behind nginx")
    b.attempt("/trap-17/empty", answer(426, "", *nginx, "Content-Length: *"), finds="nginx-page", by="nginx", product=_as("nginx"),
              cause="return 426")
    b.attempt("/trap-17/footer", answer(426, "Upgrade Required", "Server: nginx/1.27", "Date: *", HTML, "Content-Length: *",
                                        body="<p>nginx wants an upgrade</p>"), nots="nginx-page", product="an application behind nginx")

    # 18: 499 of nginx is in its log only; what the wire shows is that the client left.
    b.attempt("/trap-18/client-left", end="c fin", asked=[ack("s"), wait(8000)], finds="http-no-response",
              nots="http-empty-reply silent-close-server close-abnormal-1006", product="an application behind nginx",
              cause="the client closed first, after 8 s")
    b.attempt("/trap-18/499", answer(499, "Client Closed Request", PLAIN, "Content-Length: *", "Date: *", body="Client Closed Request"),
              nots="http-400 http-504-408 nginx-page", may="traefik-caddy", product=_as("Traefik"))
    b.write()


def traps_wire():
    b = Book("traps_wire",
             "composed attempts that retransmissions, one-sided captures, retries and teardown make look like failures: traps 8, 10 to 13, 21 and 24")
    silence = "http-no-response http-empty-reply silent-close-server tcp-accept-then-reset"

    # 8: one side of a conversation, and bytes that were acknowledged but not captured.
    lost = {"verdict": "incomplete", "ending": "lost", "unchecked": ["status", "messages_client", "messages_server", "subprotocol", "close"],
            "product": APP}
    b.attempt("/trap-08/client-only", answer(403, "Forbidden", "Date: *", PLAIN, "Content-Length: *", body="no"), only="c", nots=silence
              + " http-403", cause="only the client's packets were captured", **lost)

    def unseen(c):
        """An answer that was sent and acknowledged, and is not in the capture."""
        c.seg("s", answer(404, "Not Found", "Content-Length: *", body="not here"), "PA", capture=False)
        c.seg("c")

    b.attempt("/trap-08/hole", asked=[unseen, wait(50)], end="c fin", nots=silence, cause="the answer is missing in the capture", **lost)
    hole = [*TALK, lambda c: c.seg("s", c.frame("s", 1, b"unseen"), "PA", capture=False), lambda c: c.seg("c"), text("s", "seen"), *DONE]
    b.attempt("/trap-08/frames", switch(), hole, nots="frame-mask frame-rsv frame-opcode-control frame-length", unchecked=["messages_server"],
              product=APP, cause="a whole frame is missing in the capture")

    # 10: a reset behind all that had to be said.
    b.attempt("/trap-10/after-close", switch(), [*TALK, *DONE, wait(2), rst("c")],
              nots="close-abnormal-1006 close-handshake-incomplete tcp-rst-injected", product=APP)
    b.attempt("/trap-10/after-answer", answer(403, "Forbidden", "Date: *", PLAIN, "Content-Length: *", "Connection: close", body="no"), end="s rst",
              nots="close-abnormal-1006 tcp-accept-then-reset http-empty-reply tcp-rst-injected", product=APP)
    b.attempt("/trap-10/client-resets", answer(404, "Not Found", "Date: *", PLAIN, "Content-Length: *", body="no"), end="c rst",
              nots="tcp-accept-then-reset http-empty-reply", product=APP)

    # 11: health checks, scanners, preflights: no attempts at all.
    noise = (({"User-Agent": "ELB-HealthChecker/2.0"}, 400), ({"User-Agent": "kube-probe/1.29", "Connection": "close"}, 426),
             ({"User-Agent": "GoogleHC/1.0"}, 404), ({"User-Agent": "zgrab/0.x"}, 400),
             ({"method": "OPTIONS", "Origin": "http://app.example", "Access-Control-Request-Method": "GET"}, 405))
    for n, (ask, status) in enumerate(noise):
        b.attempt(f"/trap-11/noise?{n}", answer(status, "No", "Date: *", "Content-Length: *"), ask=ask | {"bare": True}, shown=False)
    b.attempt("/trap-11/real", switch(), TALK + DONE, nots="http-426 http-400 http-404", product=APP, cause="the one attempt between health checks")

    # 12: asked for credentials, given them, accepted, on one connection.
    wants = answer(401, "Unauthorized", 'WWW-Authenticate: Basic realm="x"', "Content-Length: *", "Date: *")
    first = {"finds": "", "nots": "http-403", "product": APP, "may": "req-no-credentials sec-credentials-in-clear",
             "cause": "the first round of authentication"}
    b.attempt("/trap-12/round?2", switch(), TALK + DONE, ask={"Authorization": "Basic dXNlcjpzZWNyZXQ="}, before=[({"target": "/trap-12/round?1"},
            wants, first)], nots="http-401 req-no-credentials", may="sec-credentials-in-clear", product=APP)
    gate = answer(407, "Proxy Authentication Required", "Server: squid/5.7", "X-Squid-Error: ERR_CACHE_ACCESS_DENIED 0",
                  'Proxy-Authenticate: Basic realm="gate"', "Content-Length: *", "Connection: keep-alive")
    tunnel = {"method": "CONNECT", "target": "ws.example.com:80", "bare": True, "Host": "ws.example.com:80"}
    denied = {"may": "proxy-407", "nots": "proxy-connect-denied", "product": _as("squid"), "cause": "the first round of the proxy's authentication"}
    b.attempt("/trap-12/tunnel", switch(), TALK + DONE, before=[(tunnel, gate, denied), (tunnel | {"Proxy-Authorization": "Basic dXNlcjpzZWNyZXQ="},
            b"HTTP/1.1 200 Connection established\r\n\r\n", None)], server="203.0.113.8:3128", nots="proxy-407 proxy-connect-denied http-200",
              may="sec-credentials-in-clear", product=APP)

    # 13: other answers of the hundreds come before the last one.
    for word, early in (("100", b"HTTP/1.1 100 Continue\r\n\r\n"), ("103", b"HTTP/1.1 103 Early Hints\r\nLink: </app.css>; rel=preload\r\n\r\n")):
        b.attempt(f"/trap-13/{word}", switch(), TALK + DONE, asked=[octets("s", early), wait(20)], nots="opt-101-odd http-not-http http-200",
                  product=APP)
    b.attempt("/trap-13/100-403", answer(403, "Forbidden", "Date: *", PLAIN, "Content-Length: *", body="no"), asked=[octets("s",
            b"HTTP/1.1 100 Continue\r\n\r\n"), wait(20)], nots="opt-101-odd http-not-http", product=APP)

    # 21: the same request again is not another attempt.
    b.attempt("/trap-21/request", switch(), TALK + DONE, asked=[again("c", 210), ack("s")],
              nots="req-early-data req-key-bad pattern-reconnect-storm frame-mask", product=APP)
    b.attempt("/trap-21/syn", switch(), TALK + DONE, syn_again=[1000], nots="tcp-syn-unanswered tcp-refused", product=APP)
    b.attempt("/trap-21/answer", answer(404, "Not Found", "Date: *", PLAIN, "Content-Length: *", body="no"), [again("s", 210), ack("c")],
              nots="opt-101-odd http-not-http", product=APP)
    b.attempt("/trap-21/frame", switch(), [text("c", "once"), again("c", 220), ack("s"), text("s", "yes"), *DONE],
              nots="frame-fragmentation frame-mask", product=APP)

    # 24: both legs of one attempt.
    def behind(c):
        b.attempt("/trap-24/legs", _go(403, "Forbidden"), ask=EVIL, gap=1, ms=6, client="198.51.100.80", server="10.0.0.7:8080", leg="back",
                  by="gorilla", finds="gorilla-reject req-origin-mismatch", nots="nginx-page pattern-reconnect-storm",
                  product=_as("gorilla/websocket"), cause="Origin is refused")

    b.attempt("/trap-24/legs", _go(403, "Forbidden", "Server: nginx/1.22.1"), ask=EVIL, asked=[behind], leg="front", server="198.51.100.80:80",
              finds="gorilla-reject", by="gorilla", nots="nginx-page pattern-reconnect-storm", may="req-origin-mismatch",
              product="gorilla/websocket behind nginx, as in the catalogue", cause="Origin is refused")
    b.write()


def traps_open():
    b = Book("traps_open", "composed attempts with a 101 and endings that are not the errors they look like: traps 15, 16, 19 and 23")

    # 15: no subprotocol in the 101 is legal.
    for word, steps in (("talks", TALK + DONE), ("listens", [wait(4000), text("s", "news"), *DONE]), ("pings", [ping("c"), pong("s"), wait(2000),
            *DONE])):
        b.attempt(f"/trap-15/{word}", switch(), steps, ask={"Sec-WebSocket-Protocol": "chat"},
                  nots="opt-subprotocol-unanswered opt-client-gone-after-101", product=APP)

    # 16: what is not an error.
    b.attempt("/trap-16/navigated", switch(), [*TALK, wait(5000), bye("c", 1001), bye("s", 1001)], ask={"Origin": "http://ws.example.com",
            "User-Agent": "Mozilla/5.0 (X11; Linux " "x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"},
              nots="close-restart-busy close-accept-then-close", product=APP)
    b.attempt("/trap-16/long-use", switch(), [*TALK, *[s for _ in range(3) for s in (wait(400_000), *TALK)], bye("s", 1000), bye("c", 1000)],
              nots="close-idle-cutoff close-lifetime-cutoff close-accept-then-close", product=APP)
    b.attempt("/trap-16/fin-after-close", switch(), [*TALK, bye("c", 1000), bye("s", 1000), wait(1), fin("s")],
              nots="close-abnormal-1006 close-handshake-incomplete", product=APP)
    b.attempt("/trap-16/no-code", switch(), [*TALK, bye("c", None), bye("s", None)], nots="close-illegal-code close-abnormal-1006", product=APP)

    # 19: one fault, whatever code the peer has for it.
    b.attempt("/trap-19/chromium", switch(), [*TALK, frame("s", 1, b"caf\xe9"), bye("c", 1002, "Could not decode a text frame as UTF-8."), bye("s",
            1002)], finds="frame-utf8-deflate close-protocol-codes",
              nots="frame-opcode-control frame-rsv frame-mask frame-fragmentation frame-length close-illegal-code", unchecked=["messages_server"],
              product=APP, cause="protocol violation: text that is not UTF-8")

    # 23: a timer is one event.
    nginx = ("Server: nginx/1.22.1", "Date: *", HTML, "Content-Length: *", "Connection: keep-alive")
    b.attempt("/trap-23/504", answer(504, "Gateway Time-out", *nginx, body=page("504 Gateway Time-out", "nginx/1.22.1")), ms=59960,
              finds="nginx-page", may="net-slow-answer",
              nots="close-idle-cutoff close-lifetime-cutoff http-no-response http-empty-reply haproxy-page", by="nginx", product=_as("nginx"),
              cause="504 after just under 60 s")
    b.attempt("/trap-23/gave-up", end="c fin", asked=[ack("s"), wait(9990)], finds="http-no-response",
              nots="close-idle-cutoff close-abnormal-1006 net-slow-answer http-504-408", product=APP, cause="the client's timer of 10 s")
    b.attempt("/trap-23/408", answer(408, "Request Timeout", "Connection: close", "Content-Length: *"), ms=29980, may="net-slow-answer",
              nots="close-idle-cutoff close-lifetime-cutoff http-no-response http-empty-reply", product=APP, cause="408 after just under 30 s")
    b.write()
