"""Go's WebSocket libraries and HTTP server, and what each refuses with."""
import truth
from lab import Lab
from refusals import SILENT, asked, called, go_server, go_version, rows, run

EVIL = "http://evil.example"


def _write(name, description, product, cases, server, at, more=(), **common):
    """Run cases against one product of goservers and write the truth."""
    lab = Lab()
    go_server(lab, server, at)
    lab.capture(f"product_{name}.pcap")
    run(lab, at, cases)
    lab.capture_end()
    servers = lab.end()
    truth.write(f"product_{name}", description, [product, truth.node_ws(), truth.RAW],
                rows(cases, servers, product=product, **common) + list(more))


def product_gorilla():
    own, no_trap = ["gorilla-reject"], ["version-mismatch-answered"]

    def no(cause, *ids, but=(), **more):
        return {"cause": cause, "findings": own + list(ids), "not_findings": no_trap + list(but)} | more

    at = "127.0.0.1:8110"
    _write("gorilla", "gorilla/websocket: Origin, Connection, Upgrade, method, version and key refused, a writer that cannot be hijacked, bytes "
           "before the 101; two successes", "gorilla/websocket " + go_version("github.com/gorilla/websocket"), [
               called("/origin", no("Origin is not Host", "req-origin-mismatch"), origin=EVIL),
               called("/same", {"not_findings": own}, origin="http://" + at, do=[["text", "hi"], ["messages", 1], ["close", 1000, "done"]]),
               asked("/null", no("Origin: null", "req-origin-mismatch"), Origin="null"),
               asked("/no_connection", no("no upgrade in Connection", "req-connection-missing"), Connection="keep-alive"),
               asked("/no_upgrade", no("no Upgrade", "req-upgrade-missing"), drop=["Upgrade"]),
               asked("/head", no("method HEAD", "req-method-not-get"), method="HEAD"),
               asked("/post", no("method POST", "req-method-not-get"), method="POST"),
               asked("/version8", {"cause": "version 8", "findings": own + ["req-version-bad", "version-mismatch-answered"]}, Sec_WebSocket_Version="8"),
               asked("/no_version", {"cause": "no version", "findings": own + ["req-version-bad"], "allowed": no_trap}, drop=["Sec-WebSocket-Version"]),
               asked("/bad_key", no("key of 3 bytes", "req-key-bad"), key="abc"),
               asked("/no_key", no("no key", "req-key-bad"), drop=["Sec-WebSocket-Key"]),
               asked("/wrapped", no("ResponseWriter without Hijacker")),
               asked("/early", {"cause": "a frame before the 101: gorilla closes without a word", "findings": ["http-empty-reply", "req-early-data"],
                                "not_findings": own, "answered_by": None, "unchecked": ["messages_client"],
                                 "allowed": ["silent-close-server"]}, then=b"\x81\x82\x00\x00\x00\x00hi"),
               asked("/http10", {"not_findings": own, "findings": ["req-http10"], "cause": "none: success, over HTTP/1.0"}, version="1.0"),
           ], "gorilla", at, answered_by="gorilla")


def product_coder():
    own, others = ["coder-reject"], ["gorilla-reject", "version-mismatch-answered"]

    def no(cause, *ids, but=(), **more):
        return {"cause": cause, "findings": own + list(ids), "not_findings": [i for i in others + list(but) if i not in ids]} | more

    at = "127.0.0.1:8111"
    _write("coder", "coder/websocket: Origin, Connection, Upgrade, HTTP/1.0, method, version and keys refused, a writer that cannot be hijacked; "
           "a success", "coder/websocket " + go_version("github.com/coder/websocket"), [
               called("/origin", no("Origin is not Host", "req-origin-mismatch"), origin=EVIL),
               called("/same", {"not_findings": own}, origin="http://" + at, do=[["text", "hi"], ["messages", 1], ["close", 1000, "done"]]),
               asked("/null", no("Origin: null", "req-origin-mismatch"), Origin="null"),
               asked("/no_connection", no("no upgrade in Connection", "req-connection-missing"), Connection="keep-alive"),
               asked("/no_upgrade", no("no Upgrade", "req-upgrade-missing"), drop=["Upgrade"]),
               asked("/http10", no("HTTP/1.0", "req-http10"), version="1.0"),
               asked("/post", no("method POST", "req-method-not-get"), method="POST"),
               asked("/version8", no("version 8", "req-version-bad", "version-mismatch-answered"), Sec_WebSocket_Version="8"),
               asked("/no_key", no("no key", "req-key-bad"), drop=["Sec-WebSocket-Key"]),
               asked("/two_keys", no("two keys", "req-key-bad"), extra=["Sec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PEA=="]),
               asked("/bad_key", no("key of 3 bytes", "req-key-bad"), key="abc"),
               asked("/wrapped", {"cause": "ResponseWriter without Hijacker", "not_findings": own + others, "answered_by": None}),
           ], "coder", at, answered_by="coder")


def _gobwas(name, server, at, what, *more):
    own, others = ["gobwas-reject"], ["gorilla-reject", "coder-reject", "version-mismatch-answered"]

    def no(cause, *ids, **more):
        return {"cause": cause, "findings": own + list(ids), "not_findings": [i for i in others if i not in ids]} | more

    _write(name, f"gobwas/ws, {what}: Upgrade, Connection, Host, key, versions, method and HTTP/1.0 refused; a success",
           "gobwas/ws " + go_version("github.com/gobwas/ws"), [
               called("/good", {"not_findings": own}, do=[["text", "hi"], ["messages", 1], ["close", 1000, "done"]]),
               asked("/no_upgrade", no("no Upgrade", "req-upgrade-missing"), drop=["Upgrade"]),
               asked("/h2c", no("Upgrade: h2c", "req-upgrade-missing"), Upgrade="h2c"),
               asked("/no_connection", no("no upgrade in Connection", "req-connection-missing"), Connection="keep-alive"),
               asked("/no_key", no("no key", "req-key-bad"), drop=["Sec-WebSocket-Key"]),
               asked("/bad_key", no("key of 3 bytes", "req-key-bad"), key="abc"),
               asked("/version8", no("version 8", "req-version-bad", "version-mismatch-answered"), Sec_WebSocket_Version="8"),
               asked("/no_version", no("no version", "req-version-bad"), drop=["Sec-WebSocket-Version"]),
               asked("/post", no("method POST", "req-method-not-get"), method="POST"),
               asked("/http10", no("HTTP/1.0", "req-http10"), version="1.0"),
               *[f(no) for f in more],
           ], server, at, answered_by="gobwas")


def product_gobwas_raw():
    _gobwas("gobwas_raw", "gobwas-raw", "127.0.0.1:8112", "which reads the connection itself",
            lambda no: asked("/no_host", no("no Host", "req-host-problem"), drop=["Host"]),
            lambda no: asked("/protocol", no("an empty element in Sec-WebSocket-Protocol", "req-subprotocol-junk"), Sec_WebSocket_Protocol="a b,;c"),
            lambda no: asked("/malformed", no("a field without a colon"), extra=["no colon here"]))


def product_gobwas_http():
    _gobwas("gobwas_http", "gobwas", "127.0.0.1:8113", "behind net/http",
            lambda no: asked("/no_host", {"cause": "no Host: refused by net/http itself", "findings": ["req-host-problem"],
                                          "not_findings": ["gobwas-reject", "gorilla-reject"], "answered_by": None,
                                          "product": "Go net/http " + go_version()}, drop=["Host"]))


def product_gws():
    at = "127.0.0.1:8114"
    others = ["gorilla-reject", "coder-reject", "gobwas-reject", "go-mux-404", "version-mismatch-answered"]

    def no(cause, *ids):
        return {"cause": cause, "findings": list(ids), "not_findings": others}

    _write("gws", "lxzan/gws, for which the catalogue has no row: Connection, Upgrade, method, version, key, authorization; a success",
           "lxzan/gws " + go_version("github.com/lxzan/gws"), [
               called("/good", {"not_findings": others}, do=[["text", "hi"], ["messages", 1], ["close", 1000, "done"]]),
               asked("/unauthorized", no("the application's Authorize says no")),
               asked("/no_connection", no("no upgrade in Connection", "req-connection-missing"), Connection="keep-alive"),
               asked("/no_upgrade", no("no Upgrade", "req-upgrade-missing"), drop=["Upgrade"]),
               asked("/post", no("method POST", "req-method-not-get"), method="POST"),
               asked("/version8", no("version 8", "req-version-bad"), Sec_WebSocket_Version="8"),
               asked("/no_key", no("no key", "req-key-bad"), drop=["Sec-WebSocket-Key"]),
           ], "gws", at)


def product_xnet():
    at = "127.0.0.1:8115"
    others = ["gorilla-reject", "coder-reject", "gobwas-reject", "go-mux-404"]

    def no(cause, *ids, but=("version-mismatch-answered",)):
        return {"cause": cause, "findings": list(ids), "not_findings": others + list(but)}

    _write("xnet", "golang.org/x/net/websocket, for which the catalogue has no row: no Origin, an Origin that is no URL, Connection, Upgrade, "
           "method, version and key; a success", "golang.org/x/net/websocket " + go_version("golang.org/x/net"), [
               called("/good", {"not_findings": others}, origin="http://" + at, do=[["text", "hi"], ["messages", 1], ["close", 1000, "done"]]),
               called("/no_origin", no("no Origin")),
               asked("/bad_origin", no("Origin is no URL"), Origin="http://[evil"),
               asked("/no_connection", no("no upgrade in Connection", "req-connection-missing"), Connection="keep-alive", Origin=EVIL),
               asked("/no_upgrade", no("no Upgrade", "req-upgrade-missing"), drop=["Upgrade"], Origin=EVIL),
               asked("/post", no("method POST", "req-method-not-get"), method="POST", Origin=EVIL),
               asked("/version8", no("version 8", "req-version-bad", "version-mismatch-answered", but=()), Sec_WebSocket_Version="8", Origin=EVIL),
               asked("/no_key", no("no key", "req-key-bad"), drop=["Sec-WebSocket-Key"], Origin=EVIL),
           ], "xnet", at)


def product_go_http():
    at, own, gorilla = "127.0.0.1:8116", ["go-mux-404"], ["gorilla-reject", "coder-reject", "gobwas-reject"]

    def no(cause, **more):
        return {"cause": cause, "not_findings": own + gorilla, "answered_by": None} | more

    _write("go_http", "Go's ServeMux: no route (404), a route for other methods only (405), and handlers that refuse in nearly the words of that "
           "404 or of gorilla/websocket; a page, a redirect, and a handler that ends the connection", "Go net/http " + go_version(), [
               called("/nowhere", {"cause": "no such route", "findings": own, "not_findings": gorilla}),
               asked("/nowhere/origin", {"cause": "no such route", "findings": own, "not_findings": gorilla + ["req-origin-mismatch"]}, Origin=EVIL),
               asked("/forbidden", no("403 by http.Error: gorilla's without its version field", allowed=["req-no-credentials"])),
               asked("/forbidden?origin", no("the same 403 to a page of another host", allowed=["req-no-credentials", "req-origin-mismatch"]),
                     Origin=EVIL),
               asked("/bad", no("400 by http.Error: gorilla's without its version field")),
               asked("/room", no("404 by http.Error, in other words")),
               asked("/folder/x", no("404 by http.Error, whose text begins as Go's own")),
               asked("/empty", no("404 without a body")),
               asked("/posts", no("405: the route is for POST")),
               asked("/login", no("redirected to a login form", allowed=["req-no-credentials"])),
               called("/page", no("a page: the upgrade was not looked at")),
               asked("/panic", no("the handler ended the connection", findings=["http-empty-reply"])),
           ], "mux", at, answered_by="go")


def product_go_tls():
    """Plain HTTP to Go's HTTPS port, by clients and by a proxy that passes the answer on."""
    at, before, lab, own = "127.0.0.1:8117", "127.0.0.1:8137", Lab(), ["tls-plain-on-tls-port"]
    product, proxy = "Go net/http " + go_version(), "Go httputil.ReverseProxy " + go_version()
    go_server(lab, "tls", at)
    go_server(lab, "proxy", before)
    lab.capture("product_go_tls.pcap")
    same = {"cause": "plain HTTP to an HTTPS port", "findings": own, "not_findings": ["go-mux-404", "gorilla-reject"],
            "product": product, "answered_by": "go"}
    direct = [called("/chat", same), asked("/chat/old", same, version="1.0"),
              asked("/chat/post", same | {"findings": own + ["req-method-not-get"]}, method="POST")]
    passed = [called("/https", {"cause": "the proxy speaks plain HTTP to an HTTPS port and passes the answer on", "not_findings": own + ["gorilla-reject"],
                                "product": product, "leg": "front"})]
    run(lab, at, direct)
    run(lab, before, passed)
    lab.capture_end()
    servers = lab.end()
    back = [truth.one(None, SILENT | s, {}) | same | {"leg": "back", "findings": ["http-400"] + own} for s in servers
            if s["uri"] == "/https" and s["server"] == at]
    truth.write("product_go_tls", "ws:// to the port of Go's HTTPS server, which answers 400 over HTTP/1.0 without a field; the same from a proxy, "
                "which passes it on over HTTP/1.1", [product, proxy, truth.node_ws(), truth.RAW], rows(direct, servers) + rows(passed, servers) + back)


def product_go_proxy():
    at = "127.0.0.1:8118"
    others = ["traefik-caddy", "nginx-page", "haproxy-page", "go-mux-404", "gorilla-reject"]
    dead = truth.handshake(server="127.0.0.1:9", method=None, verdict="unreached", unchecked=["host", "uri", "origin"],
                           cause="the proxy's connect to the dead backend was refused; its port is in no log")
    _write("go_proxy", "httputil.ReverseProxy before a dead backend: its own 502, which is empty, and one with a body by an error handler of its own",
           "Go httputil.ReverseProxy " + go_version(), [
               called("/chat", {"cause": "backend refuses connections", "not_findings": others}),
               asked("/other", {"cause": "backend refuses connections", "not_findings": others}),
           ], "proxy", at, more=[dict(dead), dict(dead)])


def product_kubernetes():
    at, own = "127.0.0.1:8119", ["k8s-upgrade"]
    pod, others = "/api/v1/namespaces/default/pods/web", ["gorilla-reject", "go-mux-404"]
    speaks = "X-Stream-Protocol-Version: "

    def no(cause, *ids, **more):
        return {"cause": cause, "findings": own + list(ids), "not_findings": others} | more

    def late(cause):  # texts of the same library that the catalogue does not name
        return {"cause": cause, "allowed": own, "not_findings": others}

    dead = truth.handshake(server="127.0.0.1:9", method=None, verdict="unreached", unchecked=["host", "uri", "origin"],
                           cause="the proxy's connect to the dead backend was refused; its port is in no log")
    _write("kubernetes", "Kubernetes' apimachinery: exec without an upgrade that arrives (400), forbidden (403), a protocol that is not spoken "
           "(403) or not named (400), and a dead backend (500)", "k8s.io/apimachinery " + go_version("k8s.io/apimachinery"), [
               asked(pod + "/exec?command=sh&stdout=true", no("no upgrade in Connection", "req-connection-missing"), Connection="keep-alive",
                     Sec_WebSocket_Protocol="v5.channel.k8s.io"),
               asked(pod + "/attach?stdout=true", no("no Upgrade and no Connection", "req-upgrade-missing"), drop=["Upgrade", "Connection"],
                     Sec_WebSocket_Protocol="v4.channel.k8s.io"),
               called("/api/v1/namespaces/default/pods/secret/exec?command=sh", no("ann may not create pods/exec", allowed=["req-no-credentials"]),
                      protocols=["v5.channel.k8s.io"]),
               asked("/exec/default/web/web?command=sh", no("a stream protocol that is not spoken"), Sec_WebSocket_Protocol="v5.channel.k8s.io",
                     extra=[speaks + "v9.channel.k8s.io"]),
               asked("/exec/default/web/db?command=sh", late("no stream protocol named"), Sec_WebSocket_Protocol="v5.channel.k8s.io"),
               asked("/exec/default/web/spdy?command=sh", late("WebSocket to an upgrade to SPDY"), extra=[speaks + "v4.channel.k8s.io"]),
               called(pod + "/portforward?ports=80", no("backend refuses connections"), protocols=["v4.channel.k8s.io"]),
           ], "k8s", at, answered_by="kubernetes", more=[dead])


def product_gorilla_newer():
    own = ["gorilla-reject"]
    at = "127.0.0.1:8135"

    def no(cause, *ids):
        return {"cause": cause, "findings": own + list(ids), "not_findings": ["version-mismatch-answered", "coder-reject"]}

    _write("gorilla_newer", "gorilla/websocket after its last release: no Upgrade is 426 there, with Upgrade in the answer; Origin, Connection",
           "gorilla/websocket " + go_version("newer.example/gorilla/websocket"), [
               asked("/no_upgrade", no("no Upgrade", "req-upgrade-missing"), drop=["Upgrade"]),
               asked("/h2c", no("Upgrade: h2c", "req-upgrade-missing"), Upgrade="h2c"),
               asked("/no_connection", no("no upgrade in Connection", "req-connection-missing"), Connection="keep-alive"),
               called("/origin", no("Origin is not Host", "req-origin-mismatch"), origin=EVIL),
           ], "gorilla-newer", at, answered_by="gorilla")


def product_gin():
    """A router that many use, with gorilla/websocket behind it."""
    at, others = "127.0.0.1:8136", ["gorilla-reject", "coder-reject", "gobwas-reject"]

    def no(cause, **more):
        return {"cause": cause, "not_findings": others + ["go-mux-404"], "answered_by": None} | more

    _write("gin", "gin, whose 404 has the words of Go's own without its line end and without nosniff; 401, 405, and gorilla/websocket behind it",
           "gin " + go_version("github.com/gin-gonic/gin"), [
               called("/nowhere", no("no such route", not_findings=others, allowed=["go-mux-404"])),
               called("/private", no("AbortWithStatus(401)", allowed=["req-no-credentials"])),
               asked("/posts", no("405: the route is for POST")),
               called("/ws", {"cause": "Origin is not Host", "findings": ["gorilla-reject", "req-origin-mismatch"],
                              "not_findings": ["version-mismatch-answered", "go-mux-404"]}, origin=EVIL),
           ], "gin", at, answered_by="gorilla")
