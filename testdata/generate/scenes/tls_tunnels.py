"""TLS inside of something else, and something else behind TLS: CONNECT, SOCKS5, TLS in TLS, proxies that end TLS or open it."""
import json
import subprocess

import product
import products
import refusals
import truth
from certificates import HOST, Pki, make
from lab import OUT, WORK, Lab
from scenes.tls_refusals import _nginx, _nginx_version
from tlskit import converse, keylog, openssl_version, peers, row, s_client, s_server, without_keys
from wss_peers import go_client, go_server, node_attempt, node_server, node_version, rows

SQUID = """http_port 127.0.0.1:3128 MORE
pid_filename none
cache_log WORK/cache.log
access_log none
cache deny all
coredump_dir WORK
acl allowed port 9440-9445
http_access deny !allowed
http_access allow all
http_upgrade_request_protocols websocket allow all
visible_hostname proxy.example
err_page_stylesheet /dev/null
shutdown_lifetime 1 seconds
"""


def _squid(lab, more="", program="squid", further=""):
    work = WORK / "squid-tls"
    subprocess.run(["rm", "-rf", str(work)], check=True)
    work.mkdir()
    (work / "squid.conf").write_text(SQUID.replace("MORE", more).replace("WORK", str(work)) + further.replace("WORK", str(work)))
    work.chmod(0o777)
    return lab.start([program, "-N", "-f", str(work / "squid.conf")], ready=("127.0.0.1", 3128))


def _at_proxy(servers, clients, proxy):
    """The servers' logs as of the leg that is in the capture, the clients' to the proxy."""
    by_uri = {c["uri"]: c for c in clients}
    return [s | {"client": by_uri[s["uri"]]["client"], "server": proxy} for s in servers]


def tls_in_connect():
    """TLS in a tunnel through squid: Node, Go, OpenSSL; a certificate that is refused; a tunnel that is."""
    name, proxy = "tls_in_connect", "127.0.0.1:3128"
    lab, pki, keys = Lab(), Pki(), keylog(name)
    node_server(lab, "127.0.0.1:9440", pki.ec)
    go_server(lab, "127.0.0.1:9441", pki.ec)
    _squid(lab)
    lab.capture(f"{name}.pcap", filter="tcp port 3128")
    told = {"keylog": str(keys)}
    through = {"through": {"proxy": proxy, "target": "127.0.0.1:9440"}}
    clients = lab.node_client([node_attempt("127.0.0.1:9440", "/node/13", pki.ca, more=through, **told),
                               node_attempt("127.0.0.1:9440", "/node/12", pki.ca, more=through, maxVersion="TLSv1.2", **told),
                               node_attempt("127.0.0.1:9440", "/node/no?reject=403&body=no", pki.ca, more=through, **told)])
    for uri, more in (("/go/13", {}), ("/go/12", {"Max": 771})):
        clients += go_client(proxy, uri, pki.ca, URL=f"wss://127.0.0.1:9441{uri}", Proxy=f"http://{proxy}", Keylog=str(keys), **more)
    server = s_server("127.0.0.1:9442", pki.ec, "-num_tickets", "0")
    client = s_client(proxy, "-proxy", proxy, "-CAfile", pki.ca.crt, "-keylogfile", str(keys), connect="127.0.0.1:9442")
    c, s = peers(client, server)
    converse(c, s, "/openssl", host=f"{HOST}:9442")
    c.end()
    s.end()
    refused = go_client(proxy, "/go/untrusted", pki.stranger, URL="wss://127.0.0.1:9441/go/untrusted", Proxy=f"http://{proxy}", Max=771)[0]
    denied = go_client(proxy, "/go/denied", pki.ca, URL="wss://127.0.0.1:9449/go/denied", Proxy=f"http://{proxy}")[0]
    servers = lab.end()
    made = rows(clients, _at_proxy(servers, clients, proxy), {"/node/no?reject=403&body=no": {"findings": ["http-403"]}},
                not_findings=["proxy-connect-denied", "proxy-407"])
    made.append(row(c, s, **client.facts()))
    made.append(truth.handshake(client=refused["client"], server=proxy, method=None, tls=True, sni=HOST, verdict="tls-failed", findings=["tls-cert-name-or-bad"],
                                cause=f"inside the tunnel the client does not trust the certificate: it says {refused['error']!r}", not_findings=["proxy-connect-denied"],
                                unchecked=["host", "uri", "origin", "status", "method", "http_version"], tls_alert={"code": 42, "by": "client"}, tls_version="TLSv1.2"))
    made.append(truth.handshake(client=denied["client"], server=proxy, method="CONNECT", uri="127.0.0.1:9449", host="127.0.0.1:9449", status=403, verdict="proxy-failed",
                                cause=f"the proxy refuses the CONNECT: the client says {denied['error']!r}", findings=["proxy-connect-denied"], unchecked=["origin"]))
    truth.write(name, "TLS in CONNECT through squid: TLS 1.3 and 1.2, accepted and refused, a certificate that the client refuses inside, and a CONNECT that squid refuses",
                [product.version("squid", "squid", "-v"), node_version(), f"Go crypto/tls {refusals.go_version()}", openssl_version() + " (s_client, s_server)", truth.RAW],
                made, keylog=keys.name, implies=False)


def _no_keys(source, rows_of):
    told = json.loads((OUT / f"{source}.json").read_text())
    truth.write(f"{source}_no_keys", f"the same capture without keys: {told['description']}", told["products"], [rows_of(h) for h in told["handshakes"]],
                files=told["files"], made=told["made"], implies=False)


def _hidden(h):
    """What is in TLS is hidden, and the rest as it was."""
    if h["verdict"] in ("tls-failed", "proxy-failed") or not h["tls"]:
        return h
    return without_keys(h) | ({"allowed": ["tls-opaque-reject-shape"]} if h["verdict"] != "accepted" else {})


def tls_in_connect_no_keys():
    _no_keys("tls_in_connect", _hidden)


def tls_in_socks():
    """TLS in SOCKS5, with a key log and, for one connection, without its keys."""
    name, proxy = "tls_in_socks", "127.0.0.1:1080"
    product.need("microsocks")
    lab, pki, keys = Lab(), Pki(), keylog(name)
    go_server(lab, "127.0.0.1:9441", pki.ec)
    lab.start(["microsocks", "-i", "127.0.0.1", "-p", "1080"], ready=("127.0.0.1", 1080))
    lab.start(["microsocks", "-i", "127.0.0.1", "-p", "1081", "-u", "ann", "-P", "secret"], ready=("127.0.0.1", 1081))
    lab.capture(f"{name}.pcap", filter="tcp portrange 1080-1081")
    clients = []
    for uri, at, url, more in (("/13", proxy, "socks5://127.0.0.1:1080", {}), ("/12", proxy, "socks5://127.0.0.1:1080", {"Max": 771}),
                               ("/no", proxy, "socks5://127.0.0.1:1080", {}), ("/login", "127.0.0.1:1081", "socks5://ann:secret@127.0.0.1:1081", {})):
        clients += go_client(at, uri, pki.ca, URL=f"wss://127.0.0.1:9441{uri}", Proxy=url, Keylog=str(keys), **more)
    hidden = go_client(proxy, "/hidden", pki.ca, URL="wss://127.0.0.1:9441/hidden", Proxy="socks5://127.0.0.1:1080")
    servers = lab.end()
    by_uri = {c["uri"]: c for c in clients + hidden}
    servers = [s | {k: by_uri[s["uri"]][k] for k in ("client", "server")} for s in servers]
    made = rows(clients + hidden, servers, {"/no": {"findings": ["http-403"]}}, not_findings=["socks-refused"])
    made[-1] = without_keys(made[-1], cause="accepted, and its keys are not in the log")
    truth.write(name, "TLS in SOCKS5, with and without a login; one connection without its keys", [
        product.version("microsocks", "dpkg-query", "-W", "microsocks"), f"Go crypto/tls {refusals.go_version()}",
        f"gorilla/websocket {refusals.go_version('github.com/gorilla/websocket')}"], made, keylog=keys.name)


HAPROXY = """global
	log stdout format raw daemon info
defaults
	mode tcp
	timeout connect 1s
	timeout client 5s
	timeout server 5s
frontend f
	bind 127.0.0.1:3129 ssl crt WORK/proxy.pem
	default_backend squid
backend squid
	server s 127.0.0.1:3128
"""


def tls_in_tls():
    """CONNECT to a proxy that is spoken to in TLS, and TLS to the server inside that."""
    name, proxy = "tls_in_tls", "127.0.0.1:3129"
    products.need("/usr/sbin/haproxy", "haproxy")
    lab, pki, keys, work = Lab(), Pki(), keylog(name), WORK / "haproxy-tls"
    mine = make("proxy", "proxy.example", names=("proxy.example",), by=pki.ca)
    work.mkdir(exist_ok=True)
    (work / "proxy.pem").write_text(open(mine.crt).read() + open(mine.key).read())
    (work / "haproxy.cfg").write_text(HAPROXY.replace("WORK", str(work)))
    node_server(lab, "127.0.0.1:9440", pki.ec)
    _squid(lab)
    lab.start(["haproxy", "-f", str(work / "haproxy.cfg")], ready=("127.0.0.1", 3129))
    lab.capture(f"{name}.pcap", filter="tcp port 3129")
    told, attempts = {"keylog": str(keys)}, []
    for uri, outer, inner in (("/13/13", {}, {}), ("/13/12", {}, {"maxVersion": "TLSv1.2"}), ("/12/13", {"maxVersion": "TLSv1.2"}, {}),
                              ("/12/12", {"maxVersion": "TLSv1.2"}, {"maxVersion": "TLSv1.2"}), ("/no?reject=401", {}, {})):
        attempts.append(node_attempt("127.0.0.1:9440", uri, pki.ca, more={"through": {
            "proxy": proxy, "target": "127.0.0.1:9440", "tls": {"ca": pki.ca.crt, "servername": "proxy.example"} | outer}}, **told, **inner))
    clients = lab.node_client(attempts)
    servers = lab.end()
    outers = [c.pop("outer") for c in clients]
    made = rows(clients, _at_proxy(servers, clients, proxy))
    for h, outer in zip(made, outers, strict=True):
        h["cause"] += f"; to the proxy {outer['tls_version']}, {outer['tls_cipher']}"
        h["sni"] = f"{HOST}|proxy.example"  # two of them on one connection
        h["unchecked"] = ["tls_version", "tls_cipher"]
    truth.write(name, "TLS in TLS: CONNECT inside TLS to a proxy, and TLS to the server inside that; versions mixed", [
        product.version("HAProxy", "haproxy", "-v"), product.version("squid", "squid", "-v"), node_version()], made, keylog=keys.name)


def tls_in_tls_no_keys():
    def hidden(h):
        return without_keys(h, sni="proxy.example", unchecked=[*without_keys(h)["unchecked"], "tls_version", "tls_cipher", "tls_resumed"]) | {"allowed": ["tls-opaque-reject-shape"]}
    _no_keys("tls_in_tls", lambda h: hidden(h) | {"not_findings": [f for f in hidden(h)["not_findings"] if f != "tls-opaque-reject-shape"]})


def tls_ended_by_nginx():
    """nginx ends TLS and passes on in the clear: both legs, with the keys of the front."""
    name, front = "tls_ended_by_nginx", "127.0.0.1:9443"
    lab, pki, keys = Lab(), Pki(), keylog(name)
    products.need("/usr/sbin/nginx", "nginx")
    up = "proxy_pass http://127.0.0.1:9080; proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade;"
    _nginx(lab, 9443, pki.ec, f"server {{ listen 127.0.0.1:9443 ssl; location / {{ {up} proxy_set_header Host $http_host; }}\n"
           "\t\tlocation /bare { proxy_pass http://127.0.0.1:9080; proxy_http_version 1.1; } location /own { return 404; } }")
    lab.capture(f"{name}.pcap", filter="tcp port 9443 or tcp port 9080")
    lab.node_server("127.0.0.1:9080")
    told, old = {"keylog": str(keys)}, {"maxVersion": "TLSv1.2"}
    clients = lab.node_client([node_attempt(front, "/good/13", pki.ca, **told), node_attempt(front, "/good/12", pki.ca, **told, **old),
                               node_attempt(front, "/no?reject=403&body=no", pki.ca, **told), node_attempt(front, "/bare", pki.ca, **told),
                               node_attempt(front, "/own", pki.ca, **told)])
    backend = lab.end()
    far = {b["uri"]: b for b in backend}
    silent = {"sent": 0, "received": 0, "closes": []}
    fronts = [far.get(c["uri"], silent) | {k: c[k] for k in ("client", "server", "uri", "host", "status", "origin", "http_version", "method")} for c in clients]
    made = rows(clients, [{k: v for k, v in f.items() if not k.startswith("tls_")} for f in fronts], {
        "/own": {"findings": ["http-404", "nginx-page"], "answered_by": "nginx"}, "/bare": {"findings": ["http-426", "proxy-strips-upgrade"], "leg": "front"},
        "/no?reject=403&body=no": {"findings": ["http-403"]}})
    near = {c["uri"]: c for c in clients}
    backs = truth.join([near[b["uri"]] | {k: b[k] for k in ("client", "server", "host", "status", "http_version")} for b in backend], backend, bare={
        "cause": "nginx forwards without Upgrade and Connection", "is_ws_request": False, "findings": ["http-426", "req-upgrade-missing|proxy-strips-upgrade"]})
    for h in made:
        if h["uri"] in far:
            h["leg"] = "front"
    truth.write(name, "nginx, which ends TLS and passes on in the clear: 101, 403 of the backend, Upgrade not passed on (426), 404 of its own; both legs", [
        _nginx_version(), node_version()], made + [h | {"leg": "back"} for h in backs], keylog=keys.name)


def tls_ended_by_nginx_no_keys():
    """Only the legs behind nginx can be read, and nobody can say which of the front's they belong to."""
    _no_keys("tls_ended_by_nginx", lambda h: _hidden(h) if h["tls"] else {k: v for k, v in h.items() if k != "leg"} | (
        {"findings": ["http-426", "req-upgrade-missing"]} if h["uri"] == "/bare" else {}))


BUMP = """sslcrtd_program CERTGEN -s DATABASE -M 4MB
sslcrtd_children 1
ssl_bump bump all
tls_outgoing_options cafile=CAFILE
hosts_file HOSTS
"""


def _squid_openssl():
    """A squid that can open TLS: that of the system, or a package that was only unpacked into $WSTAP_WORK/squid-openssl."""
    for root in ("", str(WORK / "squid-openssl")):
        said = subprocess.run([f"{root}/usr/sbin/squid", "-v"], capture_output=True, text=True).stdout
        if "--with-openssl" in said:
            return f"{root}/usr/sbin/squid", f"{root}/usr/lib/squid/security_file_certgen"
    raise SystemExit("generate: squid with OpenSSL is missing: apt install squid-openssl, or dpkg -x its package to $WSTAP_WORK/squid-openssl")


def tls_bumped():
    """squid opens the tunnel, shows a certificate of its own, and asks the server in the client's place; keys of the client."""
    name, proxy = "tls_bumped", "127.0.0.1:3128"
    lab, pki, keys = Lab(), Pki(), keylog(name)
    program, certgen = _squid_openssl()
    inspector = make("inspector", "Inspection by proxy.example", organization="Example Corp", ca=True, kind="rsa")
    both, database = WORK / "inspector.pem", WORK / "squid-db"
    both.write_text(open(inspector.crt).read() + open(inspector.key).read())
    hosts = WORK / "squid-hosts"
    hosts.write_text(f"127.0.0.1 {HOST}\n")
    subprocess.run(["rm", "-rf", str(database)], check=True)
    subprocess.run([certgen, "-c", "-s", str(database), "-M", "4MB"], check=True, capture_output=True)
    node_server(lab, "127.0.0.1:9440", pki.ec)
    subprocess.run(["chown", "-R", "proxy", str(database), str(both)], check=True)
    _squid(lab, f"ssl-bump tls-cert={both} generate-host-certificates=on dynamic_cert_mem_cache_size=1MB", program,
           BUMP.replace("CERTGEN", certgen).replace("DATABASE", str(database)).replace("CAFILE", pki.ca.crt).replace("HOSTS", str(hosts)))
    lab.capture(f"{name}.pcap", filter="tcp port 3128")
    told = {"keylog": str(keys)}
    through = {"through": {"proxy": proxy, "target": "127.0.0.1:9440"}}
    clients = lab.node_client([node_attempt("127.0.0.1:9440", uri, inspector, more=through, **told, **more)
                               for uri, more in (("/13", {}), ("/12", {"maxVersion": "TLSv1.2"}), ("/no?reject=403&body=no", {}))])
    refused = go_client(proxy, "/go/untrusted", pki.ca, URL="wss://127.0.0.1:9440/go/untrusted", Proxy=f"http://{proxy}", Max=771)[0]
    servers = lab.end()
    made = rows(clients, [{k: v for k, v in s.items() if not k.startswith("tls_")} for s in _at_proxy(servers, clients, proxy)], allowed=["tls-intercepted"])
    made.append(truth.handshake(client=refused["client"], server=proxy, method=None, tls=True, sni=HOST, verdict="tls-failed", findings=["tls-cert-name-or-bad"],
                                cause=f"squid shows a certificate of its own, which the client does not trust: it says {refused['error']!r}", allowed=["tls-intercepted"],
                                unchecked=["host", "uri", "origin", "status", "method", "http_version"], tls_alert={"code": 42, "by": "client"}, tls_version="TLSv1.2"))
    truth.write(name, "squid, which opens TLS with certificates of its own: let through, refused by the server, and not trusted by the client; with the client's keys", [
        product.version("squid", program, "-v"), node_version(), f"Go crypto/tls {refusals.go_version()}"], made, keylog=keys.name)
