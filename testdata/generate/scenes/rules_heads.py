"""Attempts that fire, or nearly fire, the rules about the request and about the status, composed byte for byte.

The path of each says which rule it is for and what is special about it.
"""
from attempts import Book, ack, again, answer, bye, switch, text, wait

PLAIN = "Content-Type: text/plain; charset=utf-8"
GENERIC = "an application that leaves no mark"
EVIL = {"Origin": "http://evil.example"}


def _plain(status, reason, *fields, body=None):
    """An answer that could be anybody's."""
    return answer(status, reason, "Date: *", PLAIN, *fields, "Content-Length: *", body=f"{reason}." if body is None else body)


def _ask(b, uri, asked, status, reason, finds="", nots="", cause="", **more):
    fields = more.pop("fields", ())
    b.attempt(uri, _plain(status, reason, *fields), ask=asked, finds=finds, nots=nots, cause=cause, product=GENERIC, **more)


def rules_request():
    b = Book("rules_request", "composed attempts for each rule about the request, with near misses; the path names the rule")

    def one(*args, **more):
        _ask(b, *args, **more)

    one("/req-upgrade-missing/dropped", {"drop": ["Upgrade"]}, 426, "Upgrade Required", "req-upgrade-missing", cause="the request lacks Upgrade")
    one("/req-upgrade-missing/h2c", {"Upgrade": "h2c"}, 400, "Bad Request", "req-upgrade-missing", cause="Upgrade: h2c with a key")
    one("/req-upgrade-missing/near-case", {"Upgrade": "WebSocket"}, 400, "Bad Request", nots="req-upgrade-missing req-duplicate-upgrade",
        cause="Upgrade is there in another case")
    one("/req-upgrade-missing/near-list", {"Upgrade": "foo, websocket"}, 400, "Bad Request", nots="req-upgrade-missing",
        cause="websocket is in the list")

    one("/req-connection-missing/close", {"Connection": "close"}, 400, "Bad Request", "req-connection-missing", cause="Connection: close")
    one("/req-connection-missing/keep-alive", {"Connection": "keep-alive"}, 426, "Upgrade Required", "req-connection-missing",
        cause="Connection: keep-alive")
    one("/req-connection-missing/near-firefox", {"Connection": "keep-alive, Upgrade"}, 400, "Bad Request",
        nots="req-connection-missing req-duplicate-upgrade", cause="Connection as Firefox sends it")

    one("/req-http10/upgrade", {"version": "1.0"}, 426, "Upgrade Required", "req-http10", cause="an upgrade over HTTP/1.0")
    b.attempt("/req-http10/near-answer", answer(400, "Bad Request", PLAIN, "Connection: close", body="no\n", version="1.0"), nots="req-http10",
              product=GENERIC, cause="only the answer is HTTP/1.0")

    one("/req-key-bad/missing", {"drop": ["Sec-WebSocket-Key"]}, 400, "Bad Request", "req-key-bad", cause="no key")
    one("/req-key-bad/twice", {"extra": ["Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="]}, 400, "Bad Request", "req-key-bad", cause="two keys")
    one("/req-key-bad/12-bytes", {"Sec-WebSocket-Key": "MTIzNDU2Nzg5MDEy"}, 400, "Bad Request", "req-key-bad", cause="a key of 12 bytes")
    one("/req-key-bad/15-bytes", {"Sec-WebSocket-Key": "MTIzNDU2Nzg5MDEyMzQ1"}, 404, "Not Found", "req-key-bad", cause="a key of 15 bytes")
    one("/req-key-bad/near", {"Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA=="}, 400, "Bad Request", nots="req-key-bad",
        cause="a key of 16 zero bytes is one")

    one("/req-version-bad/missing", {"drop": ["Sec-WebSocket-Version"]}, 400, "Bad Request", "req-version-bad", cause="no version")
    one("/req-version-bad/8", {"Sec-WebSocket-Version": "8"}, 400, "Bad Request", "req-version-bad", "version-mismatch-answered", "version 8")
    one("/req-version-bad/twice", {"extra": ["Sec-WebSocket-Version: 8"]}, 400, "Bad Request", "req-version-bad", cause="versions 13 and 8")
    one("/req-version-bad/hixie-76", {"drop": ["Sec-WebSocket-Key", "Sec-WebSocket-Version"], "body": b"^n:ds[4U", "extra":
        ["Sec-WebSocket-Key1: 4 @1  46546xW%0l 1 5", "Sec-WebSocket-Key2: 12998 5 Y3 1  .P00"]}, 400, "Bad Request", "req-version-bad",
        may="req-key-bad req-early-data", cause="the handshake of draft Hixie-76, version 0")
    one("/req-version-bad/near", {}, 426, "Upgrade Required", nots="req-version-bad version-mismatch-answered", cause="version 13, and refused")

    old = {"Sec-WebSocket-Version": "8"}
    one("/version-mismatch-answered/426", old, 426, "Upgrade Required", "version-mismatch-answered req-version-bad", cause="version 8, 13 is offered",
        fields=["Sec-WebSocket-Version: 13"])
    one("/version-mismatch-answered/400-list", {"Sec-WebSocket-Version": "7"}, 400, "Bad Request", "version-mismatch-answered req-version-bad",
        cause="version 7, 13 and 8 are offered", fields=["Sec-WebSocket-Version: 13, 8"])
    one("/version-mismatch-answered/near-listed", old, 400, "Bad Request", "req-version-bad", "version-mismatch-answered",
        "version 8, which is in the list of the answer", fields=["Sec-WebSocket-Version: 13, 8"])
    one("/version-mismatch-answered/near-13", {}, 400, "Bad Request", "", "version-mismatch-answered req-version-bad",
        "version 13 was asked for and is what is named", fields=["Sec-WebSocket-Version: 13"])

    one("/req-method-not-get/post", {"method": "POST", "extra": ["Content-Length: 0"]}, 405, "Method Not Allowed", "req-method-not-get",
        cause="a POST with the handshake's fields", fields=["Allow: GET"])
    one("/req-method-not-get/near", {}, 405, "Method Not Allowed", nots="req-method-not-get", cause="405 to a GET", fields=["Allow: POST"])

    one("/req-host-problem/missing", {"drop": ["Host"]}, 400, "Bad Request", "req-host-problem", cause="no Host")
    one("/req-host-problem/twice", {"extra": ["Host: other.example"]}, 400, "Bad Request", "req-host-problem", cause="two Host fields")
    one("/req-host-problem/near", {}, 400, "Bad Request", nots="req-host-problem", cause="one Host")

    one("/req-origin-mismatch/other-host", EVIL, 403, "Forbidden", "req-origin-mismatch", cause="Origin is another host")
    one("/req-origin-mismatch/null", {"Origin": "null"}, 403, "Forbidden", "req-origin-mismatch", cause="Origin: null")
    one("/req-origin-mismatch/port", {"Origin": "http://ws.example.com:8080"}, 403, "Forbidden", "req-origin-mismatch",
        cause="Origin has another port")
    one("/req-origin-mismatch/near-same", {"Origin": "http://WS.example.com:80"}, 403, "Forbidden", nots="req-origin-mismatch",
        cause="Origin is the Host, with the port that http has anyway and in another case")
    one("/req-origin-mismatch/near-none", {}, 403, "Forbidden", nots="req-origin-mismatch", cause="no Origin")
    one("/req-origin-mismatch/near-500", EVIL, 500, "Internal Server Error", nots="req-origin-mismatch",
        cause="another Origin, and an error of the server")
    b.attempt("/req-origin-mismatch/near-accepted", switch(), [text("c", "hello"), bye("c"), bye("s")], ask=EVIL, nots="req-origin-mismatch",
              product=GENERIC)

    one("/req-duplicate-upgrade/list", {"Upgrade": "websocket, websocket"}, 403, "Forbidden", "req-duplicate-upgrade",
        cause="Upgrade names websocket twice")
    one("/req-duplicate-upgrade/lines", {"extra": ["Upgrade: websocket", "Connection: Upgrade"]}, 400, "Bad Request", "req-duplicate-upgrade",
        cause="two Upgrade and two Connection fields")
    one("/req-duplicate-upgrade/close", {"Connection": "close, Upgrade"}, 400, "Bad Request", "req-duplicate-upgrade",
        cause="Connection: close, Upgrade")

    b.write()


def rules_request_more():
    b = Book("rules_request_more",
             "composed attempts for the rules about credentials, subprotocols, early data and size of the request, with near misses")

    def one(*args, **more):
        _ask(b, *args, **more)

    login = ["WWW-Authenticate: Bearer"]
    one("/req-no-credentials/401", {}, 401, "Unauthorized", "req-no-credentials", "sec-credentials-in-clear", "nothing that could be a credential",
        fields=login)
    one("/req-no-credentials/login", {}, 302, "Found", "req-no-credentials", cause="sent to log in",
        fields=["Location: http://ws.example.com/login?next=%2F"])
    for word, asked in (("near-header", {"Authorization": "Bearer secret-1"}), ("near-cookie", {"Cookie": "session=secret-2"}),
                        ("near-subprotocol", {"Sec-WebSocket-Protocol": "bearer, eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"})):
        one("/req-no-credentials/" + word, asked, 401, "Unauthorized", "sec-credentials-in-clear", "req-no-credentials",
            "a credential that is refused", fields=login)
    one("/req-no-credentials/near-query?access_token=secret-3", {}, 401, "Unauthorized", "sec-credentials-in-clear", "req-no-credentials",
        "a token that is refused", fields=login)
    one("/req-no-credentials/near-404", {}, 404, "Not Found", nots="req-no-credentials", cause="nobody asked for credentials")

    for word, value in (("null", "null"), ("undefined", "undefined"), ("empty", ""), ("illegal", "chat room")):
        one("/req-subprotocol-junk/" + word, {"Sec-WebSocket-Protocol": value}, 400, "Bad Request", "req-subprotocol-junk", cause=f"offers {value!r}")
    one("/req-subprotocol-junk/near", {"Sec-WebSocket-Protocol": "nullable, v1.chat+json"}, 400, "Bad Request", nots="req-subprotocol-junk",
        cause="odd names, but tokens")

    one("/req-early-data/frame", {"body": b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"}, 400, "Bad Request", "req-early-data",
        cause="a frame in the segment of the request", messages_client=1)
    b.attempt("/req-early-data/near", switch(), [text("c", "hello"), text("s", "hello"), bye("c"), bye("s")], ms=1, nots="req-early-data",
              product=GENERIC)

    big = {"Cookie": "a=" + "0123456789abcdef" * 600}
    one("/req-headers-too-big/431", big, 431, "Request Header Fields Too Large", "req-headers-too-big", may="sec-credentials-in-clear",
        cause="9.6 kB of cookies")
    title = "400 Request Header Or Cookie Too Large"
    b.attempt("/req-headers-too-big/nginx", answer(400, "Bad Request", "Server: nginx/1.22.1", "Date: *", "Content-Type: text/html",
                                                   "Content-Length: *", "Connection: close",
                                                   body=f"<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>400 Bad "
                                                   f"Request</h1></center>\r\n"
                                                   "<center>Request Header Or Cookie Too Large</center>\r\n<hr><center>nginx/1.22.1</center>\r\n"
                                                   "</body>\r\n</html>\r\n"), ask=big, finds="req-headers-too-big nginx-page",
              may="sec-credentials-in-clear", by="nginx", product="nginx, as in the catalogue", cause=title)
    one("/req-headers-too-big/near-403", big, 403, "Forbidden", nots="req-headers-too-big", may="sec-credentials-in-clear",
        cause="as big, but refused for what it is")
    one("/req-headers-too-big/near-small", {}, 400, "Bad Request", nots="req-headers-too-big", cause="a small request")
    b.write()


def rules_status():
    b = Book("rules_status",
             "composed attempts for each rule about the status, and for answers that are late, empty, missing or not HTTP; with near misses")

    def one(rule, word, status, reason, *fields, nots="", may="", **more):
        b.attempt(f"/{rule}/{word}", _plain(status, reason, *fields, **more), nots=nots, may=may, product=GENERIC, cause=f"{status} {reason}")

    b.attempt("/http-200/page", answer(200, "OK", "Date: *", "Content-Type: text/html", "Content-Length: *",
                                       body="<!doctype html><title>App</title>"), product=GENERIC, cause="a page instead of an upgrade")
    one("http-200", "near-204", 204, "No Content", nots="http-200", body="")
    one("http-redirect", "https", 301, "Moved Permanently", "Location: https://ws.example.com/http-redirect/https")
    one("http-redirect", "303", 303, "See Other", "Location: /other")
    one("http-redirect", "slash", 307, "Temporary Redirect", "Location: /http-redirect/slash/")
    one("http-redirect", "308", 308, "Permanent Redirect", "Location: https://ws.example.com/")
    one("http-redirect", "near-300", 300, "Multiple Choices", nots="http-redirect")
    one("http-400", "plain", 400, "Bad Request")
    one("http-400", "near-422", 422, "Unprocessable Content", nots="http-400")
    one("http-401", "basic", 401, "Unauthorized", 'WWW-Authenticate: Basic realm="x"')
    one("http-401", "near-403", 403, "Forbidden", 'WWW-Authenticate: Basic realm="x"', nots="http-401")
    one("http-403", "plain", 403, "Forbidden")
    one("http-403", "near-451", 451, "Unavailable For Legal Reasons", nots="http-403")
    one("http-404", "plain", 404, "Not Found")
    one("http-404", "near-410", 410, "Gone", nots="http-404")
    one("http-426", "plain", 426, "Upgrade Required", "Upgrade: websocket")
    one("http-426", "near-505", 505, "HTTP Version Not Supported", nots="http-426")
    one("http-429", "retry-after", 429, "Too Many Requests", "Retry-After: 30", nots="cloudflare-block")
    one("http-429", "near-503", 503, "Service Unavailable", "Retry-After: 30", nots="http-429")
    one("http-500", "plain", 500, "Internal Server Error")
    one("http-500", "near-501", 501, "Not Implemented", nots="http-500")
    one("http-502", "plain", 502, "Bad Gateway", nots="nginx-page haproxy-page apache-proxy traefik-caddy")
    one("http-502", "near-507", 507, "Insufficient Storage", nots="http-502")
    one("http-503", "plain", 503, "Service Unavailable", nots="nginx-page haproxy-page envoy-other")
    one("http-503", "near-509", 509, "Bandwidth Limit Exceeded", nots="http-503")
    b.attempt("/http-504-408/504", _plain(504, "Gateway Timeout"), ms=30000, may="net-slow-answer", product=GENERIC, cause="504 after 30 s")
    b.attempt("/http-504-408/408", _plain(408, "Request Timeout", "Connection: close"), ms=10000, may="net-slow-answer", product=GENERIC,
              cause="408 after 10 s")
    one("http-504-408", "near-499", 499, "Client Closed Request", nots="http-504-408 http-400")

    nothing = {"product": GENERIC, "reply": None}
    b.attempt("/http-empty-reply/fin", end="s fin", ms=0, asked=[ack("s"), wait(300)], finds="http-empty-reply",
              nots="http-no-response engineio-path-mismatch", cause="the server closed without an answer", **nothing)
    b.attempt("/http-empty-reply/rst", end="s rst", asked=[ack("s"), wait(3)], finds="http-empty-reply", nots="http-no-response",
              cause="the server reset without an answer", **nothing)
    b.attempt("/http-empty-reply/near-client", end="c fin", asked=[ack("s"), wait(700)], finds="http-no-response",
              nots="http-empty-reply silent-close-server", cause="the client gave up first", **nothing)
    b.attempt("/http-empty-reply/near-answered", _plain(404, "Not Found", "Connection: close"), nots="http-empty-reply", product=GENERIC)
    for word, seconds in (("10s", 10), ("45s", 45)):
        b.attempt("/http-no-response/" + word, end="c fin", asked=[ack("s"), wait(seconds * 1000)], finds="http-no-response", nots="http-empty-reply",
                  cause=f"the client gave up after {seconds} s", **nothing)
    b.attempt("/http-no-response/near-slow", switch(), [text("s", "hello"), bye("c"), bye("s")], ms=4000, nots="http-no-response net-slow-answer",
              product=GENERIC)

    b.attempt("/http-not-http/ssh", b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n", finds="http-not-http", nots="tls-alpn-h2 tls-plain-on-tls-port",
              cause="another service listens there", product=GENERIC)
    b.attempt("/http-not-http/h2", b"\0\0\x12\4\0\0\0\0\0\0\3\0\0\0\x64\0\4\0\1\0\0\0\6\0\1\0\0", finds="http-not-http|tls-alpn-h2",
              may="http-not-http tls-alpn-h2", cause="HTTP/2 without being asked", product=GENERIC)
    b.attempt("/http-not-http/near-banner", _plain(400, "Bad Request", body="SSH-2.0-OpenSSH_9.2p1\r\n"), nots="http-not-http", product=GENERIC)
    b.attempt("/http-not-http/near-1.0", answer(404, "Not Found", "Connection: close", body="no", version="1.0"), nots="http-not-http",
              product=GENERIC)
    b.write()


def rules_paths():
    b = Book("rules_paths",
             "composed attempts over lossy and slow paths, with credentials in clear and for want of a client certificate; with near misses")
    talk = [text("c", "hello"), text("s", "hello"), bye("c"), bye("s")]
    lost = [again("c", 200), again("c", 400), again("c", 800), ack("s")]
    b.attempt("/net-lossy-path/request", switch(), talk, asked=lost, finds="net-lossy-path", nots="net-slow-answer", product=GENERIC)
    b.attempt("/net-lossy-path/refused", _plain(404, "Not Found"), asked=lost, finds="net-lossy-path", nots="req-early-data", product=GENERIC)
    b.attempt("/net-lossy-path/near-later", switch(), [text("c", "hello"), again("c", 200), again("c", 400), again("c", 800), *talk[1:]],
              nots="net-lossy-path", product=GENERIC)
    b.attempt("/net-lossy-path/near-slow", switch(), talk, ms=1500, nots="net-lossy-path net-slow-answer", product=GENERIC)

    b.attempt("/net-slow-answer/accepted", switch(), talk, ms=6200, finds="net-slow-answer", nots="net-lossy-path", product=GENERIC)
    b.attempt("/net-slow-answer/refused", _plain(403, "Forbidden"), ms=8000, finds="net-slow-answer", product=GENERIC)
    b.attempt("/net-slow-answer/near-4.6s", switch(), talk, ms=4600, nots="net-slow-answer", product=GENERIC)
    b.attempt("/net-slow-answer/near-lost", switch(), talk, asked=[again("c", 1000), again("c", 2000), again("c", 4000), ack("s")],
              finds="net-lossy-path", nots="net-slow-answer", product=GENERIC)

    clear, jwt = "sec-credentials-in-clear", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"
    for word, asked in (("cookie", {"Cookie": "session=secret"}), ("authorization", {"Authorization": "Basic dXNlcjpzZWNyZXQ="}),
                        ("subprotocol", {"Sec-WebSocket-Protocol": f"access_token, {jwt}"}), ("query?token=secret", {})):
        chosen = {"Sec_WebSocket_Protocol": "access_token"} if word == "subprotocol" else {}
        b.attempt(f"/{clear}/{word}", switch(**chosen), talk, ask=asked, finds=clear, product=GENERIC)
    b.attempt(f"/{clear}/near-loopback", switch(), talk, ask={"Cookie": "session=secret"}, client="127.0.0.1", server="127.0.0.1:8080",
              host="127.0.0.1:8080", nots=clear, product=GENERIC)
    b.attempt(f"/{clear}/near-none?room=7", switch(Sec_WebSocket_Protocol="chat"), talk, ask={"Sec-WebSocket-Protocol": "chat"}, nots=clear,
              product=GENERIC)

    def refusal(title, centre, who="nginx/1.22.1"):
        return answer(400, "Bad Request", f"Server: {who}", "Date: *", "Content-Type: text/html", "Content-Length: *", "Connection: close",
                      body=f"<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>400 Bad Request</h1></center>\r\n"
                      f"<center>{centre}</center>\r\n<hr><center>{who}</center>\r\n</body>\r\n</html>\r\n")

    made = {"by": "nginx", "product": "nginx, as in the catalogue"}
    b.attempt("/http-403-client-cert/nginx", refusal("400 No required SSL certificate was sent", "No required SSL certificate was sent"),
              finds="http-403-client-cert|tls-client-cert-needed nginx-page", may="http-403-client-cert tls-client-cert-needed",
              cause="no client certificate, on the leg behind TLS", **made)
    title, centre = "400 No required SSL certificate was sent", "No required SSL certificate was sent"
    azure = refusal(title, centre, "Microsoft-Azure-Application-Gateway/v2")
    b.attempt("/http-403-client-cert/azure", azure, finds="http-403-client-cert|tls-client-cert-needed",
              may="http-403-client-cert tls-client-cert-needed azure-edge", nots="nginx-page", by="azure",
              product="Azure Application Gateway, as in the catalogue", cause="no client certificate, on the leg behind TLS")
    b.attempt("/http-403-client-cert/apache", answer(403, "Forbidden", "Date: *", "Server: Apache/2.4.62 (Debian)", "Content-Length: *",
                                                     "Content-Type: text/html; charset=iso-8859-1",
                                                     body="<!DOCTYPE HTML PUBLIC \"-//IETF//DTD HTML 2.0//EN\">\n<html><head>\n<title>403 "
                                                     "Forbidden</title>\n"
                                                     "</head><body>\n<h1>Forbidden</h1>\n<p>You don't have permission to access this "
                                                     "resource.Reason: Cannot perform Post-Handshake Authentication.<br />\n"
                                                     "</p>\n</body></html>\n"), finds="http-403-client-cert", may="apache-proxy", by="apache",
              product="Apache, as in the catalogue", cause="no client certificate")
    b.attempt("/http-403-client-cert/near-403", _plain(403, "Forbidden", body="a certificate of attendance is required"),
              nots="http-403-client-cert tls-client-cert-needed", product=GENERIC)
    b.attempt("/http-403-client-cert/near-port", refusal("400 The plain HTTP request was sent to HTTPS port",
                                                       "The plain HTTP request was sent to HTTPS port"), finds="tls-plain-on-tls-port",
              may="nginx-page", nots="http-403-client-cert tls-client-cert-needed", cause="http on a TLS port", **made)
    b.write()
