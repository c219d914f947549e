"""Refusals by servers written in Erlang, Ruby, C and C++."""
import glob
import pathlib
import re
import shutil
import subprocess

import truth
from lab import WORK, Lab
from products import SOURCES, ask, compiled, judged, need, npm, version

BYE = [["text", "hi"], ["messages", 1], ["close", 1000, "ok"]]


def _cowboy(lab):
    cowboy = need("/usr/lib/rabbitmq/lib/rabbitmq_server-*/plugins/cowboy-*", "rabbitmq-server, which brings Cowboy")
    plugins, out = cowboy.rsplit("/", 1)[0], WORK / "erlang"
    out.mkdir(exist_ok=True)
    need("/usr/bin/erlc", "erlang-base")
    subprocess.run(["erlc", "-o", str(out), str(SOURCES / "cowboy_server.erl")], check=True)
    beams = [need(f"{plugins}/{name}-*/ebin", "rabbitmq-server") for name in ("cowboy", "cowlib", "ranch")]
    lab.start(["erl", "-noinput", "-pa", *beams, str(out), "-eval", 'cowboy_server:start(["8190"]).'], ready=("127.0.0.1", 8190))
    return "Cowboy " + re.search(r"cowboy-(\S+)$", cowboy)[1]


def product_cowboy():
    at, lab = "127.0.0.1:8190", Lab()
    product = _cowboy(lab)
    lab.capture("product_cowboy.pcap")
    url = "ws://" + at
    clients = lab.node_client([
        {"url": url + "/chat", "protocols": ["chat"], "do": BYE}, {"url": url + "/nowhere"}, {"url": url + "/vetoed"},
    ])
    ask(at, clients, ("/chat?upgrade=none", {"drop": ["Upgrade", "Connection"]}), ("/chat?connection=keep", {"Connection": "keep-alive"}),
        ("/chat?upgrade=h2c", {"Upgrade": "h2c"}), ("/chat?nokey", {"drop": ["Sec-WebSocket-Key"]}), ("/chat?shortkey", {"key": "abc"}),
        ("/chat?version=99", {"Sec_WebSocket_Version": "99"}), ("/chat?version=8", {"Sec_WebSocket_Version": "8"}),
        ("/chat?version=none", {"drop": ["Sec-WebSocket-Version"]}), ("/chat?method=post", {"method": "POST", "Content_Length": "0"}),
        ("/chat?http10", {"version": "1.0"}), ("/chat?nohost", {"drop": ["Host"], "host": None}))
    servers = lab.end()
    others = ["tomcat-reject", "netty-reject", "phoenix-403", "envoy-upgrade-403", "uvicorn-403-empty", "apache-proxy", "ws-node-reject"]
    agreed = {"not_findings": [*others, "version-mismatch-answered"]}
    app = {"not_findings": [*others, "cowboy-reject"], "allowed": ["req-no-credentials"]}
    truth.write("product_cowboy",
                "Cowboy: no route (404), 403 by the application, no Upgrade, Connection: keep-alive, Upgrade: h2c, POST (426), no key, version 99 and "
                "none, HTTP/1.0 (400), no Host (400 before Cowboy names itself); a short key and version 8 are let in",
                [product, truth.node_ws(), truth.RAW], judged(clients, servers, product, "cowboy", {
                    "/nowhere": app | {"cause": "no such route"}, "/vetoed": app | {"cause": "the application answers 403"},
                    "/chat?upgrade=none": agreed | {"findings": ["cowboy-reject", "req-upgrade-missing"], "allowed": ["req-connection-missing"],
                                                    "cause": "no Upgrade and no Connection"},
                    "/chat?connection=keep": agreed | {"findings": ["cowboy-reject", "req-connection-missing"], "cause": "Connection: keep-alive"},
                    "/chat?upgrade=h2c": agreed | {"findings": ["cowboy-reject", "req-upgrade-missing"], "cause": "Upgrade: h2c"},
                    "/chat?nokey": agreed | {"findings": ["cowboy-reject", "req-key-bad"], "cause": "no Sec-WebSocket-Key"},
                    "/chat?shortkey": {"allowed": ["req-key-bad"]},
                    "/chat?version=99": agreed | {"findings": ["cowboy-reject", "req-version-bad"], "cause": "Sec-WebSocket-Version: 99"},
                    "/chat?version=8": {"allowed": ["req-version-bad"]},
                    "/chat?version=none": agreed | {"findings": ["cowboy-reject", "req-version-bad"], "cause": "no Sec-WebSocket-Version"},
                    "/chat?method=post": agreed | {"findings": ["cowboy-reject", "req-method-not-get"], "cause": "POST"},
                    "/chat?http10": agreed | {"findings": ["cowboy-reject", "req-http10"], "cause": "HTTP/1.0"},
                    "/chat?nohost": {"findings": ["req-host-problem"], "not_findings": [*others, "cowboy-reject"], "marks": False, "cause": "no Host"},
                }))


def product_options():
    at, lab = "127.0.0.1:8190", Lab()
    product = _cowboy(lab)
    lab.capture("product_options.pcap")
    url = "ws://" + at
    clients = lab.node_client([
        {"url": url + "/hardcoded", "protocols": ["mqtt"], "do": BYE}, {"url": url + "/hardcoded?none"}, {"url": url + "/hardcoded?other",
                                                                                                          "protocols": ["chat"]},
        {"url": url + "/hardcoded?case", "protocols": ["MQTT"]},
        {"url": url + "/extension", "deflate": True, "do": [["close", 1000, "ok"]]}, {"url": url + "/extension?none"},
        {"url": url + "/deaf", "protocols": ["chat"]}, {"url": url + "/deaf?none", "do": BYE},
        {"url": url + "/deaf?gone", "do": [["fin"]]}, {"url": url + "/deaf?later", "do": [["text", "hi"], ["messages", 1], ["fin"]]},
    ])
    ask(at, clients, ("/deaf?patient", {"Sec_WebSocket_Protocol": "chat", "says": "hi"}))
    lab.end()
    bad = {"verdict": "bad-handshake", "ending": "abnormal-fin"}
    unoffered = bad | {"findings": ["opt-subprotocol-unoffered"], "subprotocol": "mqtt", "not_findings": ["opt-subprotocol-unanswered",
                                                                                                          "opt-extension-bad", "opt-accept-bad"],
                       "cause": "the handler always answers with mqtt"}
    fine = {"not_findings": ["opt-subprotocol-unoffered", "opt-subprotocol-unanswered", "opt-extension-bad", "opt-accept-bad",
                             "opt-client-gone-after-101"]}
    truth.write("product_options",
                "handlers on Cowboy that always answer with the subprotocol mqtt, with permessage-deflate, or with no subprotocol, and clients that had "
                "offered it, nothing, something else, MQTT; a client that leaves right after the 101, and one after a message",
                [product, truth.node_ws(), truth.RAW], judged(clients, [], product, "cowboy", {
                    "/hardcoded": fine, "/extension": fine, "/deaf?none": fine, "/deaf?patient": fine, "/hardcoded?none": unoffered,
                    "/hardcoded?other": unoffered,
                    "/hardcoded?case": unoffered,
                    "/extension?none": bad | {"findings": ["opt-extension-bad"], "extensions": "permessage-deflate",
                                              "not_findings": ["opt-subprotocol-unoffered", "opt-subprotocol-unanswered", "opt-accept-bad"],
                                              "cause": "the handler always answers with permessage-deflate"},
                    "/deaf": {"findings": ["opt-subprotocol-unanswered"], "allowed": ["opt-client-gone-after-101", "close-abnormal-1006"],
                              "ending": "abnormal-fin",
                              "not_findings": ["opt-subprotocol-unoffered", "opt-extension-bad"],
                              "cause": "the handler answers no subprotocol, and the client leaves"},
                    "/deaf?gone": {"findings": ["opt-client-gone-after-101"], "not_findings": ["opt-subprotocol-unanswered"],
                                   "allowed": ["close-abnormal-1006"], "cause": "the client leaves"},
                    "/deaf?later": fine | {"allowed": ["close-abnormal-1006"]},
                }))


def product_actioncable():
    at, lab = "127.0.0.1:8191", Lab()
    need("/usr/share/rubygems-integration/all/gems/actioncable-*", "ruby-actioncable")
    lab.start([need("/usr/bin/puma", "puma"), "-q", "-e", "production", "-t", "1:2", "-b", "tcp://" + at, str(SOURCES / "actioncable.ru")],
              ready=("127.0.0.1", 8191))
    lab.capture("product_actioncable.pcap")
    url, spoken = "ws://" + at, ["actioncable-v1-json", "actioncable-unsupported"]
    hello = [["messages", 1], ["close", 1000, "ok"]]
    clients = lab.node_client([
        {"url": url + "/cable", "origin": "https://app.example", "protocols": spoken, "do": hello},
        {"url": url + "/cable?same", "origin": "http://" + at, "protocols": spoken, "do": hello},
        {"url": url + "/cable?evil", "origin": "https://evil.example", "protocols": spoken}, {"url": url + "/cable?null", "origin": "null"},
        {"url": url + "/cable?noorigin"}, {"url": url + "/nowhere", "origin": "https://app.example"},
    ])
    good = {"Origin": "https://app.example"}
    ask(at, clients, ("/cable?upgrade=none", good | {"drop": ["Upgrade", "Connection"]}), ("/cable?connection=keep",
                                                                                           good | {"Connection": "keep-alive"}),
        ("/cable?nokey", good | {"drop": ["Sec-WebSocket-Key"]}), ("/cable?version=99", good | {"Sec_WebSocket_Version": "99"}),
        ("/cable?method=post", good | {"method": "POST", "Content_Length": "0"}))
    servers = lab.end()
    product = f"Action Cable {version('ruby-actioncable')} (Puma {version('puma')})"
    others = ["java-websocket-404", "uws-fallback", "go-mux-404", "tomcat-reject", "sockjs-reject"]
    refused = {"findings": ["rails-404"], "not_findings": [*others, "req-origin-mismatch"]}
    truth.write("product_actioncable",
                "Action Cable: origins that it knows, one that it does not, Origin: null, no Origin, no Upgrade, Connection: keep-alive, POST "
                "(all 404), another path (404 of Rack), no key (500 of Puma); version 99 is let in",
                [product, truth.node_ws(), truth.RAW], judged(clients, servers, product, "action cable", {
                    "/cable?evil": {"findings": ["rails-404", "req-origin-mismatch"], "not_findings": others, "cause": "Request origin not allowed"},
                    "/cable?null": {"findings": ["rails-404", "req-origin-mismatch"], "not_findings": others, "cause": "Request origin not allowed"},
                    "/cable?noorigin": refused | {"cause": "Request origin not allowed: there is none"},
                    "/nowhere": {"not_findings": [*others, "rails-404", "req-origin-mismatch"], "marks": False, "cause": "no such path in Rack"},
                    "/cable?upgrade=none": refused | {"findings": ["rails-404", "req-upgrade-missing"], "allowed": ["req-connection-missing"],
                                                      "cause": "no Upgrade and no Connection"},
                    "/cable?connection=keep": refused | {"findings": ["rails-404", "req-connection-missing"], "cause": "Connection: keep-alive"},
                    "/cable?nokey": {"findings": ["req-key-bad"], "not_findings": [*others, "rails-404"], "marks": False,
                                     "cause": "no Sec-WebSocket-Key: websocket-driver raises, Puma answers 500"},
                    "/cable?version=99": {"allowed": ["req-version-bad"]},
                    "/cable?method=post": refused | {"findings": ["rails-404", "req-method-not-get"], "cause": "POST"},
                }))


def _lws(lab):
    need("/usr/include/libwebsockets.h", "libwebsockets-dev")
    lab.start([*compiled("lws_server", "lws_server.c", "-lwebsockets"), "8192"], ready=("127.0.0.1", 8192))
    return f"libwebsockets {version('libwebsockets-dev')}"


def product_lws():
    at, lab = "127.0.0.1:8192", Lab()
    product = _lws(lab)
    lab.capture("product_lws.pcap")
    url = "ws://" + at
    clients = lab.node_client([
        {"url": url + "/", "protocols": ["chat"], "do": BYE}, {"url": url + "/?other", "protocols": ["other"]}, {"url": url + "/vetoed",
                                                                                                                 "protocols": ["chat"]},
        {"url": url + "/?noprotocol"},
    ])
    chat = {"Sec_WebSocket_Protocol": "chat"}
    ask(at, clients, ("/?nokey", chat | {"drop": ["Sec-WebSocket-Key"]}), ("/?shortkey", chat | {"key": "abc"}),
        ("/?version=99", chat | {"Sec_WebSocket_Version": "99"}), ("/?version=none", chat | {"drop": ["Sec-WebSocket-Version"]}),
        ("/?upgrade=none", chat | {"drop": ["Upgrade", "Connection"]}), ("/?connection=keep", chat | {"Connection": "keep-alive"}),
        ("/?upgrade=other", chat | {"Upgrade": "other"}),
        ("/?method=post", chat | {"method": "POST", "Content_Length": "0"}), ("/?http10", chat | {"version": "1.0"}))
    servers = lab.end()
    silent = {"not_findings": ["engineio-path-mismatch", "http-no-response"]}
    page = {"not_findings": ["silent-close-server", "http-empty-reply", "nginx-page", "tomcat-reject", "jetty-undertow-fallthrough"], "marks": False}
    truth.write("product_lws",
                "libwebsockets closes without a word: a subprotocol that it does not serve, a veto by the callback, no key, Connection: keep-alive; "
                "a page of its own for no Upgrade (404) and for another protocol (403 in HTTP/1.0); a short key, version 99 and none, POST and HTTP/1.0 are let in",
                [product, truth.node_ws(), truth.RAW], judged(clients, servers, product, "libwebsockets", {
                    "/?other": silent | {"findings": ["http-empty-reply|silent-close-server"], "allowed": ["http-empty-reply", "silent-close-server"],
                                         "cause": "No supported protocol \"other\""},
                    "/vetoed": silent | {"findings": ["http-empty-reply|silent-close-server"], "allowed": ["http-empty-reply", "silent-close-server"],
                                         "cause": "User code denied connection"},
                    "/?nokey": silent | {"findings": ["silent-close-server", "req-key-bad"], "allowed": ["http-empty-reply"],
                                         "cause": "no Sec-WebSocket-Key"},
                    "/?connection=keep": silent | {"findings": ["silent-close-server", "req-connection-missing"], "allowed": ["http-empty-reply"],
                                                   "cause": "malformed or absent conn hdr"},
                    "/?upgrade=none": page | {"findings": ["req-upgrade-missing"], "allowed": ["req-connection-missing"],
                                              "cause": "no Upgrade and no Connection"},
                    "/?upgrade=other": page | {"findings": ["req-upgrade-missing"], "allowed": ["req-no-credentials"], "cause": "Upgrade: other"},
                    "/?shortkey": {"allowed": ["req-key-bad"]}, "/?version=99": {"allowed": ["req-version-bad"]},
                    "/?version=none": {"allowed": ["req-version-bad"]}, "/?method=post": {"allowed": ["req-method-not-get"]},
                    "/?http10": {"allowed": ["req-http10"]},
                }))


def _axum(lab):
    app = WORK / "axum/src-tauri"
    tauri, release = npm("@tauri-apps/cli", "2")
    if not shutil.which("cargo"):
        need("/usr/bin/cargo", "cargo")
    (app / "src").mkdir(parents=True, exist_ok=True)
    (app / "../dist").mkdir(exist_ok=True)
    (app / "../dist/index.html").write_text("<!DOCTYPE html><title>app</title><h1>app</h1>\n")
    (app / "src/main.rs").write_text("fn main() {}\n")
    (app / "Cargo.toml").write_text('[package]\nname = "app"\nversion = "0.1.0"\nedition = "2021"\n')
    (app / "tauri.conf.json").write_text('{"productName": "app", "version": "0.1.0", "identifier": "example.app", "build": {"frontendDist": "../dist"}}')
    runner = app / "runner"  # in the place of cargo: the desktop program is not wanted, only the server that Tauri starts for it
    runner.write_text("#!/bin/sh\nwhile kill -0 $PPID 2>/dev/null; do sleep 0.2; done\n")
    runner.chmod(0o755)
    lab.start(["env", "-C", str(app / ".."), "node", tauri + "/tauri.js", "dev", "--no-watch", "--port", "8193", "--runner", str(runner)],
              ready=("127.0.0.1", 8193))
    inside = set(re.findall(rb"axum-(\d+\.\d+\.\d+)/", pathlib.Path(glob.glob(tauri + "-linux-*-gnu/*.node")[0]).read_bytes()))
    return f"axum {b'/'.join(inside).decode()} (Tauri CLI {release})"


def product_axum():
    at, lab = "127.0.0.1:8193", Lab()
    product = _axum(lab)
    lab.capture("product_axum.pcap")
    url, path = "ws://" + at, "/__tauri_cli"
    clients = lab.node_client([{"url": url + path, "do": [["close", 1000, "ok"]]}, {"url": url + "/nowhere"}])
    ask(at, clients, (path + "?upgrade=none", {"drop": ["Upgrade", "Connection"]}), (path + "?connection=keep", {"Connection": "keep-alive"}),
        (path + "?upgrade=h2c", {"Upgrade": "h2c"}), (path + "?nokey", {"drop": ["Sec-WebSocket-Key"]}), (path + "?shortkey", {"key": "abc"}),
        (path + "?version=99", {"Sec_WebSocket_Version": "99"}), (path + "?version=none", {"drop": ["Sec-WebSocket-Version"]}),
        (path + "?method=post", {"method": "POST", "Content_Length": "0"}), (path + "?http10", {"version": "1.0"}))
    servers = lab.end()
    others = ["ws-node-reject", "pywebsockets-reject", "tornado-reject", "spring-reject", "coder-reject", "netty-reject"]
    agreed = {"not_findings": [*others, "version-mismatch-answered"]}
    truth.write("product_axum",
                "axum: a page where no route is (200), no Upgrade, Connection: keep-alive, Upgrade: h2c, no key, version 99 and none (400), POST "
                "(405), HTTP/1.0 (426); a short key is let in", [product, truth.node_ws(), truth.RAW], judged(clients, servers, product, "axum", {
                    "/nowhere": {"not_findings": [*others, "rust-reject"], "marks": False, "cause": "the web page that answers every other path"},
                    path + "?upgrade=none": agreed | {"findings": ["rust-reject", "req-upgrade-missing"], "allowed": ["req-connection-missing"],
                                                      "cause": "no Upgrade and no Connection"},
                    path + "?connection=keep": agreed | {"findings": ["rust-reject", "req-connection-missing"], "cause": "Connection: keep-alive"},
                    path + "?upgrade=h2c": agreed | {"findings": ["rust-reject", "req-upgrade-missing"], "cause": "Upgrade: h2c"},
                    path + "?nokey": agreed | {"findings": ["rust-reject", "req-key-bad"], "cause": "no Sec-WebSocket-Key"},
                    path: {"allowed": ["close-handshake-incomplete"]}, path + "?shortkey": {"allowed": ["req-key-bad", "close-handshake-incomplete"]},
                    path + "?version=99": agreed | {"findings": ["rust-reject", "req-version-bad"], "cause": "Sec-WebSocket-Version: 99"},
                    path + "?version=none": agreed | {"findings": ["rust-reject", "req-version-bad"], "cause": "no Sec-WebSocket-Version"},
                    path + "?method=post": {"findings": ["req-method-not-get"], "not_findings": [*others, "rust-reject"], "marks": False,
                                            "cause": "POST: axum's router answers 405 before its WebSocket part is asked"},
                    path + "?http10": agreed | {"findings": ["rust-reject", "req-http10"], "cause": "HTTP/1.0"},
                }))


def product_uws():
    at, lab = "127.0.0.1:8194", Lab()
    uws, release = npm("@trufflesuite/uws-js-unofficial", "20.30.0-unofficial.0")
    lab.start(["node", str(SOURCES / "uws_server.js"), uws + "/dist/uws.js", "8194"], ready=("127.0.0.1", 8194))
    lab.capture("product_uws.pcap")
    url = "ws://" + at
    clients = lab.node_client([{"url": url + "/chat", "do": BYE}, {"url": url + "/nowhere"}, {"url": url + "/vetoed"}])
    ask(at, clients, ("/chat?upgrade=none", {"drop": ["Upgrade", "Connection"]}), ("/chat?nokey", {"drop": ["Sec-WebSocket-Key"]}),
        ("/chat?shortkey", {"key": "abc"}), ("/chat?version=99", {"Sec_WebSocket_Version": "99"}),
        ("/chat?method=post", {"method": "POST", "Content_Length": "0"}), ("/chat?big", {"Cookie": "c=" + "x" * 5000}),
        ("/chat?http10", {"version": "1.0", "patience": 6}))
    lab.end()
    product = f"uWebSockets.js {release.split('-')[0]}"
    silent = {"findings": ["http-empty-reply|silent-close-server"], "allowed": ["http-empty-reply", "silent-close-server"],
              "not_findings": ["uws-fallback", "http-no-response", "engineio-path-mismatch"]}
    truth.write("product_uws",
                "uWebSockets before it had error pages closes without a word: no such path, no key, a short key, POST; does not answer HTTP/1.0 at all; "
                "403 by the application; version 99, no Upgrade and 5 kB of cookie are let in", [product, truth.node_ws(), truth.RAW],
                judged(clients, [], product, "uwebsockets", {
                    "/nowhere": silent | {"cause": "no such path"},
                    "/vetoed": {"not_findings": ["uws-fallback", "ws-node-reject"], "allowed": ["req-no-credentials"], "marks": False,
                                "cause": "the application answers 403"},
                    "/chat?upgrade=none": {"findings": ["opt-101-odd"], "allowed": ["req-upgrade-missing", "req-connection-missing"],
                                           "verdict": "accepted|bad-handshake"},
                    "/chat?nokey": silent | {"findings": [*silent["findings"], "req-key-bad"], "cause": "no Sec-WebSocket-Key"},
                    "/chat?shortkey": silent | {"findings": [*silent["findings"], "req-key-bad"], "cause": "Sec-WebSocket-Key is not 24 characters"},
                    "/chat?version=99": {"allowed": ["req-version-bad"]},
                    "/chat?method=post": silent | {"findings": [*silent["findings"], "req-method-not-get"], "cause": "POST"},
                    "/chat?big": {"not_findings": ["req-headers-too-big"]},
                    "/chat?http10": {"findings": ["http-no-response", "req-http10"], "not_findings": ["http-empty-reply", "silent-close-server",
                                                                                                      "uws-fallback"],
                                     "cause": "no answer in 6 s to HTTP/1.0, then the client gave up"},
                }))


def _defects(path, **more):
    """Requests that lack something, each with a query that says what, and the fields of raw.request that make them so."""
    wrong = {"upgrade=none": {"drop": ["Upgrade", "Connection"]}, "connection=keep": {"Connection": "keep-alive"}, "upgrade=h2c": {"Upgrade": "h2c"},
             "nokey": {"drop": ["Sec-WebSocket-Key"]}, "shortkey": {"key": "abc"}, "version=99": {"Sec_WebSocket_Version": "99"},
             "version=none": {"drop": ["Sec-WebSocket-Version"]}, "method=post": {"method": "POST", "Content_Length": "0"},
             "http10": {"version": "1.0"}}
    return [(f"{path}?{what}", fields | more) for what, fields in wrong.items()]


def _unnamed(path, products):
    """What must be found for _defects of a server that has no row of its own, and what of other products must not."""
    rows = {"upgrade=none": ["req-upgrade-missing"], "connection=keep": ["req-connection-missing"], "upgrade=h2c": ["req-upgrade-missing"],
            "nokey": ["req-key-bad"],
            "version=99": ["req-version-bad"], "version=none": ["req-version-bad"], "method=post": ["req-method-not-get"], "http10": ["req-http10"]}
    said = {f"{path}?{what}": {"findings": found, "not_findings": [*products, "version-mismatch-answered"], "marks": False, "cause": what.replace("=",
                                                                                                                                                  ": ")}
            for what, found in rows.items()}
    said[f"{path}?upgrade=none"]["allowed"] = ["req-connection-missing"]
    said[f"{path}?version=99"] |= {"findings": ["req-version-bad", "version-mismatch-answered"], "not_findings": products}
    said[f"{path}?shortkey"] = {"allowed": ["req-key-bad"]}
    return said


OTHERS = ["tomcat-reject", "netty-reject", "cowboy-reject", "coder-reject", "gobwas-reject", "ws-node-reject", "rust-reject", "tornado-reject",
          "spring-reject",
          "jetty-undertow-fallthrough", "pywebsockets-reject", "apache-proxy", "nginx-page", "php-reject"]


def product_websocketpp():
    at, lab = "127.0.0.1:8195", Lab()
    need("/usr/include/websocketpp/server.hpp", "libwebsocketpp-dev libboost-system-dev")
    lab.start([*compiled("websocketpp_server", "websocketpp_server.cc", "-pthread"), "8195"], ready=("127.0.0.1", 8195))
    lab.capture("product_websocketpp.pcap")
    clients = lab.node_client([{"url": f"ws://{at}/chat", "protocols": ["chat"], "do": BYE}, {"url": f"ws://{at}/vetoed"}])
    ask(at, clients, *_defects("/chat"))
    lab.end()
    product = f"WebSocket++ {version('libwebsocketpp-dev')}"
    veto = {"not_findings": [*OTHERS, "version-mismatch-answered"], "marks": False, "cause": "the application refuses; WebSocket++ says 400"}
    truth.write("product_websocketpp",
                "WebSocket++, which no rule names: 400 by the application, no Upgrade, Connection: keep-alive, Upgrade: h2c (426), no key, "
                "version 99, POST, HTTP/1.0 (400), no version (500); a short key is let in", [product, truth.node_ws(), truth.RAW],
                judged(clients, [], product, "websocket++", _unnamed("/chat", OTHERS) | {"/vetoed": veto}))


def _beast(lab):
    need("/usr/include/boost/beast/websocket.hpp", "libboost-dev")
    lab.start([*compiled("beast_server", "beast_server.cc", "-pthread"), "8196"], ready=("127.0.0.1", 8196))
    return f"Boost.Beast {version('libboost-dev')}"


def product_beast():
    at, lab = "127.0.0.1:8196", Lab()
    product = _beast(lab)
    lab.capture("product_beast.pcap")
    clients = lab.node_client([{"url": f"ws://{at}/chat", "do": BYE}])
    ask(at, clients, *_defects("/chat"))
    lab.end()
    truth.write("product_beast",
                "Boost.Beast, which no rule names, says what is wrong in a sentence: version 99 (426), the others 400; a short key is let in",
                [product, truth.node_ws(), truth.RAW], judged(clients, [], product, "beast", _unnamed("/chat", OTHERS)))
