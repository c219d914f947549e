"""Whole applications with a WebSocket of their own, which no rule names."""
import subprocess

import truth
from lab import WORK, Lab
from products import SOURCES, ask, judged, need, version
from scenes.servers_other import OTHERS, _defects, _unnamed


def product_applications():
    lab = Lab()
    ws, mojo, prosody = "127.0.0.1:8198", "127.0.0.1:8199", "127.0.0.1:8200"
    lab.start([need("/usr/lib/cockpit/cockpit-ws", "cockpit-ws"), "--no-tls", "-a", "127.0.0.1", "-p", "8198"], ready=("127.0.0.1", 8198))
    need("/usr/bin/mojo", "libmojolicious-perl")
    lab.start(["perl", str(SOURCES / "mojo_server.pl"), "daemon", "-m", "production", "-l", "http://" + mojo], ready=("127.0.0.1", 8199))
    need("/usr/bin/prosody", "prosody")
    home = WORK / "prosody"
    home.mkdir(exist_ok=True)
    (home / "prosody.cfg.lua").write_text(f"""run_as_root = true
daemonize = false
data_path = "{home}"
pidfile = "{home}/pid"
modules_enabled = {{ "http", "websocket" }}
modules_disabled = {{ "s2s" }}
c2s_ports = {{ }}
c2s_direct_tls_ports = {{ }}
http_ports = {{ 8200 }}
http_interfaces = {{ "127.0.0.1" }}
https_ports = {{ }}
log = {{ info = "*console" }}
VirtualHost "localhost"
""")
    lab.start(["prosody", "--config", str(home / "prosody.cfg.lua"), "-F"], ready=("127.0.0.1", 8200))
    lab.capture("product_applications.pcap")
    cockpit = lab.node_client([
        {"url": f"ws://{ws}/cockpit/socket", "origin": "http://" + ws, "protocols": ["cockpit1"], "do": [["gone"]]},
        {"url": f"ws://{ws}/cockpit/socket?evil", "origin": "http://evil.example", "protocols": ["cockpit1"]},
    ])
    known = {"Origin": "http://" + ws, "Sec_WebSocket_Protocol": "cockpit1"}
    ask(ws, cockpit, ("/cockpit/socket?nokey", known | {"drop": ["Sec-WebSocket-Key"]}), ("/cockpit/socket?version=99",
                                                                                          known | {"Sec_WebSocket_Version": "99"}),
        ("/cockpit/socket?upgrade=h2c", known | {"Upgrade": "h2c"}))
    camel = lab.node_client([{"url": f"ws://{mojo}/chat", "do": [["text", "hi"], ["messages", 1], ["close", 1000, "ok"]]},
                             {"url": f"ws://{mojo}/nowhere"},
                             {"url": f"ws://{mojo}/vetoed"}])
    ask(mojo, camel, ("/chat?upgrade=none", {"drop": ["Upgrade", "Connection"]}))
    chat, xmpp = [], {"host": "localhost:8200", "Sec_WebSocket_Protocol": "xmpp"}
    path = "/xmpp-websocket"
    ask(prosody, chat, (path, xmpp), (path + "?other", xmpp | {"Sec_WebSocket_Protocol": "chat"}), (path + "?noprotocol", {"host": "localhost:8200"}),
        (path + "?upgrade=none", xmpp | {"drop": ["Upgrade", "Connection"]}), (path + "?nokey", xmpp | {"drop": ["Sec-WebSocket-Key"]}),
        (path + "?version=99", xmpp | {"Sec_WebSocket_Version": "99"}), (path + "?host", {"Sec_WebSocket_Protocol": "xmpp"}), ("/nowhere", xmpp))
    lab.end()
    products = [f"Cockpit {version('cockpit-ws')}", f"Mojolicious {version('libmojolicious-perl')}", f"Prosody {version('prosody')}"]
    nobody = [*OTHERS, "version-mismatch-answered", "phoenix-403", "sockjs-reject"]

    def said(why, *found, **more):
        return {"findings": list(found), "not_findings": nobody, "marks": False, "cause": why} | more

    guest = {"allowed": ["req-no-credentials"]}
    login = {"close": {"code": 1001, "reason": "no-session", "by": "server"}, "allowed": ["close-accept-then-close", "close-restart-busy",
                                                                                          "close-auth-private"],
             "cause": "none: success, then Cockpit wants a login first"}
    rows = judged(cockpit, [], products[0], "", {
        "/cockpit/socket": login,
        "/cockpit/socket?evil": said("received request from bad Origin", "req-origin-mismatch", **guest),
        "/cockpit/socket?nokey": said("no Sec-WebSocket-Key", "req-key-bad"), "/cockpit/socket?version=99": said("Sec-WebSocket-Version: 99",
                                                                                                                 "req-version-bad"),
        "/cockpit/socket?upgrade=h2c": said("Upgrade: h2c", "req-upgrade-missing")})
    rows += judged(camel, [], products[1], "", {
        "/nowhere": said("no such route"), "/vetoed": said("the application answers 403", **guest),
        "/chat?upgrade=none": said("no Upgrade and no Connection", "req-upgrade-missing", allowed=["req-connection-missing"])})
    rows += judged(chat, [], products[2], "", {
        path + "?other": said("a subprotocol that is not xmpp"), path + "?noprotocol": said("no subprotocol"), "/nowhere": said("no such path"),
        path + "?nokey": said("no Sec-WebSocket-Key: the page for people", "req-key-bad"),
        path + "?upgrade=none": {"findings": ["opt-101-odd"], "allowed": ["req-upgrade-missing", "req-connection-missing"],
                                 "verdict": "accepted|bad-handshake"},
        path + "?version=99": {"allowed": ["req-version-bad"]}, path + "?host": {}})
    truth.write("product_applications",
                "applications that no rule names: Cockpit refuses an origin (403), no key, a version, Upgrade: h2c (400), and lets in only to close; "
                "Mojolicious answers 404 and 403 with the Sec-WebSocket-Accept of a 101; Prosody answers 501 without its subprotocol, and a page (200) without a key",
                [*products, truth.node_ws(), truth.RAW], rows)
