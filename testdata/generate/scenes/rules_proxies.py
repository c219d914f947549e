"""What forward proxies, filters and portals answer, to CONNECT and to requests, composed byte for byte, with near misses."""
from attempts import Book, answer, bye, switch, text

HTML = "Content-Type: text/html"
PLAIN = "Content-Type: text/plain; charset=utf-8"


def _made(name):
    return f"{name}, as in the catalogue"


def rules_forward_proxies():
    b = Book("rules_forward_proxies", "composed answers of forward proxies, filters and portals, to CONNECT and to requests, with near misses")
    proxy = {"server": "203.0.113.8:3128"}
    squid = ("Server: squid/5.7", "Mime-Version: 1.0", "Date: *", "Content-Type: text/html;charset=utf-8", "Content-Length: *")
    tail = ("Via: 1.1 gate (squid/5.7)", "Connection: keep-alive")
    name = _made("squid")
    talk = [text("c", "hello"), text("s", "hello"), bye("c"), bye("s")]

    def error(status, reason, code, *more):
        return answer(status, reason, *squid, f"X-Squid-Error: {code}", *more, *tail,
                      body=f"<html><head><title>ERROR</title></head><body id=\"{code.split()[0]}\">" "</body></html>\n")

    login = ('Proxy-Authenticate: Basic realm="gate"',)
    wants = error(407, "Proxy Authentication Required", "ERR_CACHE_ACCESS_DENIED 0", *login)
    b.attempt("/proxy-407/connect", wants, connect="proxy-407.example:443", finds="proxy-407", nots="proxy-connect-denied", by="squid", product=name,
              **proxy)
    b.attempt("/proxy-407/unknown", answer(407, "Proxy Authentication Required", "Proxy-Authenticate: Negotiate", "Proxy-Authenticate: NTLM",
                                           "Content-Length: *"), connect="proxy-407-ntlm.example:443", finds="proxy-407", nots="proxy-connect-denied",
              product="a proxy that leaves no name", **proxy)
    b.attempt("/proxy-407/near-401", answer(401, "Unauthorized", 'WWW-Authenticate: Basic realm="x"', "Content-Length: *"), nots="proxy-407",
              product="an application that leaves no mark")

    denied = "proxy-connect-denied"
    b.attempt(f"/{denied}/squid", error(403, "Forbidden", "ERR_ACCESS_DENIED 0"), connect="connect-denied.example:8443", finds=denied,
              nots="proxy-407 proxy-upstream-fail", by="squid", product=name, **proxy)
    b.attempt(f"/{denied}/405", answer(405, "Method Not Allowed", "Date: *", "Allow: GET, HEAD", "Content-Length: *"),
              connect="connect-denied-405.example:443", finds=denied, product="a proxy that leaves no name", **proxy)
    b.attempt(f"/{denied}/near-get", answer(403, "Forbidden", "Date: *", "Content-Length: *", PLAIN, body="no"), nots=denied,
              product="an application that leaves no mark")

    failed = "proxy-upstream-fail"
    for word, code in (("dns", "ERR_DNS_FAIL 0"), ("refused", "ERR_CONNECT_FAIL 111")):
        b.attempt(f"/{failed}/{word}", error(503, "Service Unavailable", code), connect=f"upstream-{word}.example:443", finds=failed, nots=denied,
                  by="squid", product=name, **proxy)
    b.attempt(f"/{failed}/timeout", error(504, "Gateway Timeout", "ERR_READ_TIMEOUT 0"), connect="upstream-timeout.example:443", ms=3000,
              finds=failed, nots=denied, by="squid", product=name, **proxy)
    b.attempt(f"/{failed}/get", error(503, "Service Unavailable", "ERR_CONNECT_FAIL 111"), ask={"target": f"http://ws.example.com/{failed}/get"},
              finds=failed + " proxy-absolute-form-ws", by="squid", product=name, **proxy)
    b.attempt(f"/{failed}/near", answer(503, "Service Unavailable", "Date: *", PLAIN, "Content-Length: *", body="busy"), nots=failed,
              product="an application that leaves no mark")

    strips = "proxy-strips-upgrade"
    words = answer(426, "Upgrade Required", "Date: *", PLAIN, "Content-Length: *", "Via: 1.1 gate (squid/5.7)", body="upgrade, please\n")

    def behind(uri, said, finds, ask=None, host="ws.example.com", **more):
        """A step: the same request on the leg behind the proxy."""
        return lambda c: b.attempt(uri, said, more.pop("steps", ()), ask=ask, host=host, client="203.0.113.8", server="198.51.100.77:80", gap=2, ms=9,
                                   leg="back", finds=finds, product="an application behind squid", **more)

    stripped = {"drop": ["Upgrade"], "Connection": "keep-alive", "Via": "1.1 gate (squid/5.7)"}
    b.attempt(f"/{strips}/legs", words, asked=[behind(f"/{strips}/legs", answer(426, "Upgrade Required", "Date: *", PLAIN, "Content-Length: *",
            body="upgrade, please\n"), "req-upgrade-missing", stripped, cause="the proxy removed Upgrade and Connection: upgrade")], leg="front",
              finds=strips, nots="req-upgrade-missing", product=name, cause="the proxy removed Upgrade", **proxy)
    b.attempt(f"/{strips}/via", answer(200, "OK", "Date: *", HTML, "X-Cache: MISS from gate", "Via: 1.1 gate (squid/5.7)", "Content-Length: *",
                                       body="<p>hello</p>"), finds=strips, product=name, cause="a page through a proxy")
    b.attempt(f"/{strips}/near-kept", answer(404, "Not Found", "Date: *", PLAIN, "Content-Length: *", body="nothing here"),
              asked=[behind(f"/{strips}/near-kept", answer(404, "Not Found", "Date: *", PLAIN, "Content-Length: *", body="nothing here"), "",
                            {"Via": "1.1 gate"}, nots=strips)], leg="front", nots=strips, product="an application behind squid", **proxy)
    b.attempt(f"/{strips}/near-none", answer(426, "Upgrade Required", "Date: *", PLAIN, "Content-Length: *", body="upgrade, please\n"), nots=strips,
              product="an application that leaves no mark")

    bad = "proxy-bad-101"
    broken = switch(drop=["Upgrade"])
    b.attempt(f"/{bad}/squid", error(502, "Bad Gateway", "ERR_INVALID_RESP 0"), asked=[behind(f"/{bad}/squid", broken, "opt-upgrade-connection-bad",
              verdict="bad-handshake", cause="a 101 without Upgrade")], leg="front", finds=bad, by="squid", product=name, **proxy)
    b.attempt(f"/{bad}/apache", answer(502, "Bad Gateway", "Date: *", "Server: Apache/2.4.62 (Debian)", "Content-Length: *", HTML,
                                       body="<h1>Proxy Error</h1>"
                                       "<p>The proxy server received an invalid response from an upstream server. Unexpected Upgrade: h2c "
                                       "(expecting WebSocket)</p>\n"), finds=bad, may="apache-proxy", by="apache", product=_made("Apache"))
    b.attempt(f"/{bad}/near-refused", error(502, "Bad Gateway", "ERR_READ_ERROR 104"), nots=bad, may=failed, product=name, **proxy)

    form = "proxy-absolute-form-ws"
    for word, said in (("403", error(403, "Forbidden", "ERR_ACCESS_DENIED 0")), ("400", answer(400, "Bad Request", "Date: *", "Content-Length: *"))):
        b.attempt(f"/{form}/{word}", said, ask={"target": f"http://ws.example.com/{form}/{word}"}, finds=form, may=denied, product=name, **proxy)
    b.attempt(f"/{form}/near", answer(400, "Bad Request", "Date: *", "Content-Length: *"), nots=form, product=name, **proxy)

    block = "proxy-block-page"
    zscaler = "https://gateway.zscaler.net:443/_sm_ctn?_sm_url=http%3A%2F%2Fws.example.com%2F&_sm_rid=1&_sm_cat=99&reason=Not+allowed"
    b.attempt(f"/{block}/zscaler-redirect", answer(307, "Temporary Redirect", "Content-Length: *", "Location: " + zscaler, "Server: Zscaler/6.2",
                                                   "Cache-Control: no-cache"), finds=block, nots="captive-portal", by="zscaler",
              product=_made("Zscaler"))
    b.attempt(f"/{block}/zscaler-page", answer(403, "Forbidden", HTML, "Server: Zscaler/6.2", "Cache-Control: no-cache", "Content-Length: *",
                                               body="<html><head><title>"
                                               "Internet Security by Zscaler</title></head><body>Sorry, you don't have permission to visit this "
                                               "site.</body></html>"), finds=block, by="zscaler", product=_made("Zscaler"))
    b.attempt(f"/{block}/bluecoat", answer(403, "Forbidden", "Cache-Control: no-cache", "Pragma: no-cache", "Content-Type: text/html; charset=utf-8",
                                           "Proxy-Connection: close", "Connection: close", "X-Bluecoat-Via: 4a3b2c1d0e9f8a7b", "Content-Length: *",
                                           body="<HTML><HEAD><TITLE>Access Denied</TITLE></HEAD><BODY>Access Denied "
                                           "(policy_denied)<br>Your system policy has denied access to the requested URL.</BODY></HTML>"),
              finds=block, by="blue coat", product=_made("Blue Coat ProxySG"))
    b.attempt(f"/{block}/fortiguard", answer(200, "OK", "Connection: close", HTML, "Content-Length: *",
                                             body="<html><head><title>Web Filter Violation</title></head><body>"
                                             "<h1>FortiGuard Intrusion Prevention - Access Blocked</h1>Category: Chat</body></html>"), finds=block,
              by="forti", product=_made("FortiGate"))
    b.attempt(f"/{block}/near-403", answer(403, "Forbidden", "Date: *", HTML, "Content-Length: *",
                                           body="<title>Access Denied</title><p>your plan has no sockets</p>"), nots=block,
              product="an application that leaves no mark")
    b.attempt(f"/{block}/near-redirect", answer(302, "Found", "Location: http://ws.example.com/blog?cat=5", "Content-Length: *"), nots=block,
              product="an application that leaves no mark")

    portal = "captive-portal"
    b.attempt(f"/{portal}/511", answer(511, "Network Authentication Required", "Date: *", HTML, "Content-Length: *",
                                       body="<a href=\"http://10.0.0.1/login\">Sign in</a>"), finds=portal, product="a captive portal")
    for host in ("ws.example.com", "news.example.net"):  # the same portal for whatever is asked
        b.attempt(f"/{portal}/302?{host}", answer(302, "Found", "Location: http://login.hotel-wifi.example/start?orig=" + host, "Connection: close",
                                                  "Content-Length: *"), host=host, finds=portal, nots=block, product="a captive portal",
                  server="10.0.0.1:80" if host.startswith("news") else "198.51.100.66:80")
    b.attempt(f"/{portal}/near-https", answer(301, "Moved Permanently", f"Location: https://ws.example.com/{portal}/near-https", "Content-Length: *"),
              nots=portal, product="an application that leaves no mark")
    b.attempt(f"/{portal}/near-www", answer(301, "Moved Permanently", "Location: http://www.ws.example.com/", "Content-Length: *"), nots=portal,
              product="an application that leaves no mark")
    b.write()
