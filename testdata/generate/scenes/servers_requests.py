"""Requests that carry something that they should not, to several servers at once."""
import truth
from lab import Lab
from products import ask, judged
from scenes.servers_jvm import _jetty, _netty, _tomcat
from scenes.servers_other import _axum, _beast, _cowboy, _lws

TWICE = {"Upgrade": "websocket, websocket"}
LINES = {"extra": ["Upgrade: websocket"]}
HOSTS = {"extra": ["Host: other.example"]}
NULL, SPACE = {"Sec_WebSocket_Protocol": "null"}, {"Sec_WebSocket_Protocol": "bearer token"}
CLOSE, KEEP = {"Connection": "close, Upgrade"}, {"Connection": "keep-alive, Upgrade"}


def product_requests():
    lab, rows = Lab(), []
    tomcat, netty, jetty, cowboy, lws, axum, beast = (start(lab) for start in (_tomcat, _netty, _jetty, _cowboy, _lws, _axum, _beast))
    lab.capture("product_requests.pcap")

    def to(product, port, path, said, **attempts):
        clients = []
        ask(f"127.0.0.1:{port}", clients, *((f"{path}?{what}", fields) for what, fields in attempts.items()))
        name = product.split()[0].lower()
        rows.extend(judged(clients, [], product, name, {f"{path}?{what}": about for what, about in said.items()}))

    twice = {"findings": ["req-duplicate-upgrade"], "not_findings": ["req-upgrade-missing", "req-connection-missing"],
             "cause": "Upgrade: websocket, websocket"}
    hosts = {"findings": ["req-host-problem"], "not_findings": ["req-duplicate-upgrade"], "cause": "two Host fields"}
    junk = {"findings": ["req-subprotocol-junk", "http-empty-reply|silent-close-server"], "allowed": ["http-empty-reply", "silent-close-server"],
            "cause": "a subprotocol that the client never meant"}
    let_in = {"allowed": ["req-duplicate-upgrade"]}
    fine = {"not_findings": ["req-duplicate-upgrade", "req-connection-missing"]}
    to(tomcat, 8180, "/app/chat", {"hosts": hosts | {"findings": ["req-host-problem", "tomcat-reject"]}, "twice": let_in, "close": let_in,
                                   "keep": fine},
       hosts=HOSTS, twice=TWICE, close=CLOSE, keep=KEEP)
    to(netty, 8181, "/chat", {"keys": {"allowed": ["req-key-bad"]}, "null": {"allowed": ["req-subprotocol-junk", "opt-subprotocol-unanswered"]}},
       keys={"extra": ["Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="]}, null=NULL)
    cut = {"findings": ["close-accept-then-close"], "not_findings": ["req-connection-missing", "opt-upgrade-connection-bad"],
           "allowed": ["req-duplicate-upgrade", "close-abnormal-1006", "close-handshake-incomplete"], "ending": "one-sided|abnormal-fin",
           "cause": "Connection: close, Upgrade: Jetty lets it in, says Connection: close as well, and ends TCP at once"}
    to(jetty, 8182, "/chat", {"twice": twice | {"findings": ["req-duplicate-upgrade", "jetty-undertow-fallthrough"]}, "close": cut,
                              "close_again": cut, "lines": let_in},
       twice=TWICE, close=CLOSE, close_again=CLOSE, lines=LINES)
    to(cowboy, 8190, "/chat", {"hosts": hosts | {"marks": False, "not_findings": ["cowboy-reject"]},
                               "space": {"findings": ["req-subprotocol-junk"], "not_findings": ["cowboy-reject"], "marks": False,
                                         "cause": "a space in the subprotocol: the handler's parser raises"}}, hosts=HOSTS, space=SPACE)
    to(lws, 8192, "/", {"twice": twice | {"marks": False, "not_findings": [*twice["not_findings"], "silent-close-server", "http-empty-reply"],
                                          "allowed": ["req-no-credentials"]},
                        "null": junk, "space": junk, "hosts": {"allowed": ["req-host-problem"]}}, twice=TWICE, null=NULL, space=SPACE, hosts=HOSTS)
    to(axum, 8193, "/__tauri_cli", {"twice": twice | {"findings": ["req-duplicate-upgrade", "rust-reject"]}}, twice=TWICE)
    early = {"findings": ["req-early-data"], "messages_client": 1, "messages_server": 1}
    to(beast, 8196, "/chat", {"early": early, "late": {"not_findings": ["req-early-data"]}}, early={"early": b"\x81\x82\x00\x00\x00\x00hi"},
       late={"says": "hi"})
    lab.end()
    truth.write("product_requests",
                "requests to seven servers: Upgrade: websocket, websocket (405 by Jetty, 403 by libwebsockets, 400 by axum), two Host fields (400 by "
                "Tomcat and Cowboy), the subprotocols null and \"bearer token\" (libwebsockets closes, Cowboy 400), Connection: close, Upgrade (Jetty: 101, then FIN), "
                "two keys, a frame before the 101; much of it is let in by others", [tomcat, netty, jetty, cowboy, lws, axum, beast, truth.RAW], rows)


def product_headers():
    lab, rows = Lab(), []
    tomcat, netty, jetty, cowboy, beast = (start(lab) for start in (_tomcat, _netty, _jetty, _cowboy, _beast))
    lab.capture("product_headers.pcap")
    big = {"Cookie": "session=" + "0123456789" * 830}
    sound = ["req-version-bad", "req-key-bad", "version-mismatch-answered"]
    refused = {"findings": ["req-headers-too-big"], "not_findings": sound, "cause": "8.4 kB of request head"}
    silent = {"findings": ["http-empty-reply|silent-close-server"], "allowed": ["http-empty-reply", "silent-close-server", "req-headers-too-big"],
              "not_findings": sound,
              "cause": "8.4 kB of request head: Beast gives up reading and ends TCP"}
    for product, port, path, fields, about in (
            (tomcat, 8180, "/app/chat", big, refused | {"findings": ["req-headers-too-big", "tomcat-reject"]}),
            (netty, 8181, "/chat", big, refused | {"marks": False, "allowed": ["netty-reject"],
                                                   "cause": "8.4 kB of request head: Netty drops the rest, "
                                                   "goes on with what it has, and misses a version"}),
            (jetty, 8182, "/chat", big, refused | {"not_findings": [*sound, "jetty-undertow-fallthrough"]}),
            (cowboy, 8190, "/chat", {"Cookie": "session=" + "0123456789" * 410}, {"not_findings": ["req-headers-too-big"]}),
            (beast, 8196, "/chat", big, silent)):
        clients = []
        ask(f"127.0.0.1:{port}", clients, (path + "?big", fields))
        rows.extend(judged(clients, [], product, product.split()[0].lower(), {path + "?big": about}))
    lab.end()
    truth.write("product_headers",
                "a cookie of 8 kB: Tomcat 400, Netty 400 with a misleading sentence, Jetty 431, Beast nothing at all; one of 4 kB to Cowboy, let in",
                [tomcat, netty, jetty, cowboy, beast, truth.RAW], rows)
