"""Refusals by servers that run in a Java machine."""
import truth
from lab import WORK, Lab
from products import ask, java, judged, need, version

EVIL = "https://evil.example"


def _tomcat(lab):
    jars = [need(f"/usr/share/java/tomcat10-embed-{part}.jar", "libtomcat10-embed-java") for part in ("core", "websocket")]
    jars += [need(f"/usr/share/java/tomcat10-{part}-api.jar", "libtomcat10-java") for part in ("websocket", "websocket-client", "servlet",
                                                                                               "annotations")]
    server = java("TomcatServer", jars)
    lab.start([*server, "127.0.0.1", "8180", str(WORK / "tomcat")], ready=("127.0.0.1", 8180))
    return f"Tomcat {version('libtomcat10-embed-java')}"


def product_tomcat():
    at, lab = "127.0.0.1:8180", Lab()
    product = _tomcat(lab)
    lab.capture("product_tomcat.pcap")
    url = "ws://" + at
    clients = lab.node_client([
        {"url": url + "/app/chat", "origin": "https://app.example", "protocols": ["chat"], "do": [["text", "hi"], ["messages", 1], ["close", 1000,
                                                                                                                                    "ok"]]},
        {"url": url + "/app/chat?origin=1", "origin": EVIL}, {"url": url + "/app/nowhere"}, {"url": url + "/nocontext"},
        {"url": url + "/app/secret"}, {"url": url + "/app/vetoed"},
    ])
    ask(at, clients, ("/app/chat?version=8", {"Sec_WebSocket_Version": "8"}), ("/app/chat?nokey", {"drop": ["Sec-WebSocket-Key"]}),
        ("/app/chat?shortkey", {"key": "abc"}), ("/app/chat?connection=keep", {"Connection": "keep-alive"}),
        ("/app/chat?upgrade=none", {"drop": ["Upgrade", "Connection"]}), ("/app/chat?method=post", {"method": "POST", "Content_Length": "0"}))
    servers = lab.end()
    others = ["netty-reject", "spring-reject", "jetty-undertow-fallthrough", "cowboy-reject"]
    agreed = {"findings": ["tomcat-reject"], "not_findings": [*others, "version-mismatch-answered"]}
    truth.write("product_tomcat", "Tomcat: one origin allowed, another refused (403), no endpoint and no context (404), BASIC authentication (401), an "
                "application's own 403; version 8 (426), no key, a short key, Connection: keep-alive (400), no Upgrade, POST (404)",
                [product, truth.node_ws(), truth.RAW], judged(clients, servers, product, "tomcat", {
                    "/app/chat?origin=1": {"findings": ["tomcat-reject", "req-origin-mismatch"], "not_findings": others,
                                           "allowed": ["req-no-credentials"],
                                           "cause": "checkOrigin refuses the origin"},
                    "/app/nowhere": agreed | {"cause": "no such endpoint"}, "/nocontext": agreed | {"cause": "no such context"},
                    "/app/secret": {"allowed": ["tomcat-reject", "req-no-credentials"], "not_findings": others, "cause": "BASIC authentication"},
                    "/app/vetoed": {"marks": False, "not_findings": ["tomcat-reject", "req-origin-mismatch", *others],
                                    "allowed": ["req-no-credentials"],
                                    "cause": "a filter of the application answers 403 and JSON"},
                    "/app/chat?version=8": {"findings": ["tomcat-reject", "req-version-bad", "version-mismatch-answered"], "not_findings": others,
                                            "cause": "Sec-WebSocket-Version: 8"},
                    "/app/chat?nokey": agreed | {"findings": ["tomcat-reject", "req-key-bad"], "cause": "no Sec-WebSocket-Key"},
                    "/app/chat?shortkey": agreed | {"findings": ["tomcat-reject", "req-key-bad"], "cause": "Sec-WebSocket-Key is not 16 bytes"},
                    "/app/chat?connection=keep": agreed | {"findings": ["tomcat-reject", "req-connection-missing"], "cause": "Connection: keep-alive"},
                    "/app/chat?upgrade=none": agreed | {"findings": ["tomcat-reject", "req-upgrade-missing"], "allowed": ["req-connection-missing"],
                                                        "cause": "no Upgrade and no Connection"},
                    "/app/chat?method=post": agreed | {"findings": ["tomcat-reject", "req-method-not-get"], "cause": "POST"},
                }))


def _netty(lab):
    server = java("NettyServer", [need(f"/usr/share/java/netty-{part}.jar", "libnetty-java") for part in (
        "buffer", "codec", "codec-http", "common", "handler", "resolver", "transport")])
    lab.start([*server, "127.0.0.1", "8181"], ready=("127.0.0.1", 8181))
    return f"Netty {version('libnetty-java')}"


def product_netty():
    at, lab = "127.0.0.1:8181", Lab()
    product = _netty(lab)
    lab.capture("product_netty.pcap")
    url = "ws://" + at
    clients = lab.node_client([
        {"url": url + "/chat", "protocols": ["chat"], "do": [["text", "hi"], ["messages", 1], ["close", 1000, "ok"]]},
        {"url": url + "/elsewhere"},
    ])
    ask(at, clients, ("/chat?version=99", {"Sec_WebSocket_Version": "99"}), ("/chat?nokey", {"drop": ["Sec-WebSocket-Key"]}),
        ("/chat?version=8", {"Sec_WebSocket_Version": "8"}), ("/chat?version=none", {"drop": ["Sec-WebSocket-Version"]}),
        ("/chat?shortkey", {"key": "abc"}), ("/chat?connection=keep", {"Connection": "keep-alive"}),
        ("/chat?upgrade=none", {"drop": ["Upgrade", "Connection"]}), ("/chat?method=post", {"method": "POST", "Content_Length": "0"}),
        ("/chat?http10", {"version": "1.0"}), ("/chat?protocol=other", {"Sec_WebSocket_Protocol": "other"}))
    servers = lab.end()
    others = ["tomcat-reject", "spring-reject", "tornado-reject", "daphne-403", "cowboy-reject", "envoy-upgrade-403"]
    agreed = {"not_findings": [*others, "version-mismatch-answered"]}
    truth.write("product_netty",
                "Netty's WebSocket handler: version 99 (426), no key, no version (400 without a header), POST (403 without a header), another path "
                "(403 by the application); let in all the same: version 8, a short key, Connection: keep-alive, no Upgrade at all, HTTP/1.0, "
                "a subprotocol that it does not know", [product, truth.node_ws(), truth.RAW], judged(clients, servers, product, "netty", {
                    "/elsewhere": agreed | {"marks": False, "not_findings": [*others, "netty-reject"], "allowed": ["req-no-credentials"],
                                            "cause": "the application answers 403 on other paths"},
                    "/chat?version=99": {"findings": ["netty-reject", "req-version-bad", "version-mismatch-answered"], "not_findings": others,
                                         "cause": "Sec-WebSocket-Version: 99"},
                    "/chat?nokey": agreed | {"findings": ["netty-reject", "req-key-bad"], "cause": "no Sec-WebSocket-Key"},
                    "/chat?version=none": agreed | {"findings": ["req-version-bad"], "allowed": ["netty-reject"], "marks": False,
                                                    "cause": "without a version it is taken for draft 00, which needs an Origin"},
                    "/chat?method=post": agreed | {"findings": ["req-method-not-get"], "allowed": ["netty-reject", "req-no-credentials"],
                                                   "marks": False, "cause": "POST"},
                    "/chat?version=8": {"not_findings": ["version-mismatch-answered"], "allowed": ["req-version-bad"]},
                    "/chat?shortkey": {"allowed": ["req-key-bad"]},
                    "/chat?connection=keep": {"allowed": ["req-connection-missing"]},
                    "/chat?upgrade=none": {"findings": ["opt-101-odd"], "allowed": ["req-upgrade-missing", "req-connection-missing"],
                                           "verdict": "accepted|bad-handshake"},
                    "/chat?http10": {"allowed": ["req-http10"]},
                    "/chat?protocol=other": {"allowed": ["opt-subprotocol-unanswered"]},
                }))


def _jetty(lab):
    jars = [need(f"/usr/share/java/jetty9-{part}.jar", "libjetty9-java libjetty9-extra-java") for part in (
        "server", "servlet", "http", "io", "util", "security", "websocket-server", "websocket-servlet", "websocket-common", "websocket-api",
        "websocket-client",
        "client", "util-ajax")]
    jars.append(need("/usr/share/java/servlet-api.jar", "libservlet-api-java"))
    lab.start([*java("JettyServer", jars), "127.0.0.1", "8182", "8183"], ready=("127.0.0.1", 8183))
    return f"Jetty {version('libjetty9-java')}"


def product_jetty():
    at, lab = "127.0.0.1:8182", Lab()
    product = _jetty(lab)
    lab.capture("product_jetty.pcap")
    url = "ws://" + at
    clients = lab.node_client([
        {"url": url + "/chat", "protocols": ["chat"], "do": [["text", "hi"], ["messages", 1], ["close", 1000, "ok"]]},
        {"url": url + "/nowhere"}, {"url": url + "/vetoed"},
    ])
    ask(at, clients, ("/chat?version=8", {"Sec_WebSocket_Version": "8"}), ("/chat?nokey", {"drop": ["Sec-WebSocket-Key"]}),
        ("/chat?shortkey", {"key": "abc"}), ("/chat?connection=keep", {"Connection": "keep-alive"}),
        ("/chat?upgrade=none", {"drop": ["Upgrade", "Connection"]}), ("/chat?method=post", {"method": "POST", "Content_Length": "0"}),
        ("/chat?http10", {"version": "1.0"}), ("/filtered", {}), ("/filtered?connection=keep", {"Connection": "keep-alive"}),
        ("/filtered?upgrade=none", {"drop": ["Upgrade", "Connection"]}), ("/filtered?http10", {"version": "1.0"}))
    ask("127.0.0.1:8183", clients, ("/chat?version=none", {"drop": ["Sec-WebSocket-Version"]}))
    servers = lab.end()
    mark = "jetty-undertow-fallthrough"
    others = ["tomcat-reject", "netty-reject", "spring-reject"]
    agreed = {"not_findings": [*others, "version-mismatch-answered"]}
    truth.write("product_jetty",
                "Jetty: no such path (404), 403 by the application, version 8 and none (400), no key (400 with a stack trace), Connection: keep-alive "
                "(400), no Upgrade, POST (405), HTTP/1.0 (400); a filter lets pass what it does not take for a handshake (404); a short key is let in; "
                "the last one from a connector that does not name itself",
                [product, truth.node_ws(), truth.RAW], judged(clients, servers, product, "jetty", {
                    "/nowhere": {"not_findings": [*others, mark], "cause": "no such path, and nothing wrong with the request"},
                    "/vetoed": {"not_findings": [*others, mark], "allowed": ["req-no-credentials"], "cause": "the application's creator refuses"},
                    "/chat?version=8": {"findings": ["req-version-bad", "version-mismatch-answered"], "not_findings": others, "allowed": [mark],
                                        "cause": "Sec-WebSocket-Version: 8"},
                    "/chat?nokey": agreed | {"findings": [mark, "req-key-bad"], "cause": "no Sec-WebSocket-Key"},
                    "/chat?shortkey": {"allowed": ["req-key-bad"]},
                    "/chat?connection=keep": agreed | {"findings": ["req-connection-missing"], "allowed": [mark], "cause": "Connection: keep-alive"},
                    "/chat?upgrade=none": agreed | {"findings": [mark, "req-upgrade-missing"], "allowed": ["req-connection-missing"],
                                                    "cause": "no Upgrade and no Connection"},
                    "/chat?method=post": agreed | {"findings": [mark, "req-method-not-get"], "cause": "POST"},
                    "/chat?http10": agreed | {"findings": ["req-http10"], "allowed": [mark], "cause": "HTTP/1.0"},
                    "/filtered?connection=keep": agreed | {"findings": ["req-connection-missing"], "allowed": [mark],
                                                           "cause": "Connection: keep-alive"},
                    "/filtered?upgrade=none": agreed | {"findings": [mark, "req-upgrade-missing"], "allowed": ["req-connection-missing"],
                                                        "cause": "no Upgrade and no Connection: the filter lets it pass to nobody"},
                    "/filtered?http10": agreed | {"findings": [mark, "req-http10"], "cause": "HTTP/1.0: the filter lets it pass to nobody"},
                    "/chat?version=none": {"findings": ["req-version-bad"], "allowed": [mark, "version-mismatch-answered"], "not_findings": others,
                                           "marks": False,
                                           "cause": "no Sec-WebSocket-Version"},
                }))
