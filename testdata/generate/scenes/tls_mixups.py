"""TLS where none is, none where TLS is, the wrong protocol inside, connections that are cut, and certificates by somebody on the way."""
import json
import subprocess
import threading

import product
import products
import raw
import refusals
import truth
from certificates import FOLDER, HOST, Pki, make
from lab import HERE, OUT, WORK, Lab, wait_for_port
from scenes.tls_refusals import _haproxy, _nginx, _nginx_version
from tlskit import CLAIMS, HIDDEN, clients_of, converse, failed, keylog, openssl_version, peers, readable_alerts, records, row, s_client, s_server, without_keys
from wss_peers import go_client, go_server, node_attempt, node_server, node_version, python_server, python_version, rows

NONE = [*CLAIMS, "tls-cert-name-or-bad", "tls13-hidden-alert", "tls-alpn-h2"]


def _not(*found):
    return [f for f in NONE if f not in found]


def _banner(at, data, wait=0.0, how="fin", logs=None, read=True):
    """A server that says data to whoever connects, or nothing, and then goes."""
    def one(p):
        if read:
            p.s.recv(4096)
        if data:
            p.send(data)
        p.s.settimeout(wait or 0.01)
        try:
            while wait and p.s.recv(4096):
                pass
        except OSError:
            pass
        p.end(how)
    raw.listen(at, one, [] if logs is None else logs)


def tls_to_plain():
    """wss:// to ports without TLS: what answers is not a record."""
    lab, pki, made = Lab(), Pki(), []
    lab.node_server("127.0.0.1:9080")
    refusals.go_server(lab, "gorilla", "127.0.0.1:9081")
    _nginx(lab, 9082, pki.ec, "server { listen 127.0.0.1:9082; return 404; }")
    _haproxy(lab, 9083, "")
    lab.start(["/usr/bin/python3", str(HERE / "pyws_server.py"), "127.0.0.1", "9084"], ready=("127.0.0.1", 9084))
    _banner("127.0.0.1:9085", b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n", wait=1, read=False)
    _banner("127.0.0.1:9086", b"220 mail.example.test ESMTP\r\n", wait=1, read=False)
    lab.capture("tls_to_plain.pcap")
    what = {9080: "Node's http", 9081: "Go's net/http", 9082: "nginx", 9083: "HAProxy", 9084: "Python's websockets", 9085: "a server that greets as SSH does",
            9086: "a server that greets as SMTP does"}
    for port, server in what.items():
        at = f"127.0.0.1:{port}"
        for who, speak in (("Node", lambda: lab.node_client([node_attempt(at, "/x", pki.ca)])[0]), ("Go", lambda: go_client(at, "/x", pki.ca)[0])):
            if who == "Go" and port not in (9080, 9085):
                continue
            c = speak()
            made.append(failed(c["client"], at, f"ClientHello to {server}: {who} says {c['error']!r}", findings=["tls-to-plain-port"], not_findings=_not("tls-to-plain-port"),
                               unchecked=["status"], allowed=["http-400", "http-not-http"]))
    lab.end()
    truth.write("tls_to_plain", "wss:// to ports of Node, Go, nginx, HAProxy and Python without TLS, and to ports that greet as SSH and SMTP do", [
        node_version(), f"Go {refusals.go_version()}", _nginx_version(), product.version("HAProxy", "haproxy", "-v"), python_version(), truth.RAW], made, implies=False)


APACHE = """ServerRoot WORK
ServerName ws.example.test
PidFile WORK/pid
DefaultRuntimeDir WORK
ErrorLog WORK/apache.log
User www-data
Group www-data
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
LoadModule ssl_module /usr/lib/apache2/modules/mod_ssl.so
Listen 127.0.0.1:9446
SSLEngine on
SSLCertificateFile CRT
SSLCertificateKeyFile KEY
"""


def plain_to_tls():
    """ws:// to ports with TLS: some answer in the clear, one with an alert, most go without a word."""
    products.need("/usr/bin/gnutls-serv", "gnutls-bin")
    products.need("/usr/sbin/apache2", "apache2")
    lab, pki, made, work = Lab(), Pki(), [], WORK / "apache-tls"
    both = FOLDER / "haproxy.pem"
    both.write_text(open(pki.ec.crt).read() + open(pki.ec.key).read())
    node_server(lab, "127.0.0.1:9440", pki.ec)
    go_server(lab, "127.0.0.1:9441", pki.ec)
    _nginx(lab, 9442, pki.ec, "server { listen 127.0.0.1:9442 ssl; return 404; }")
    _haproxy(lab, 9443, f"ssl crt {both}")
    python_server(lab, "127.0.0.1:9444", pki.ec)
    server = s_server("127.0.0.1:9445", pki.ec)
    work.mkdir(exist_ok=True)
    (work / "apache.conf").write_text(APACHE.replace("WORK", str(work)).replace("CRT", pki.ec.crt).replace("KEY", pki.ec.key))
    lab.start(["apache2", "-DFOREGROUND", "-f", str(work / "apache.conf")], ready=("127.0.0.1", 9446))
    gnutls = subprocess.Popen(["gnutls-serv", "-q", "--echo", "--port", "9447", "--x509certfile", pki.ec.crt, "--x509keyfile", pki.ec.key],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    wait_for_port("127.0.0.1", 9447)
    lab.capture("plain_to_tls.pcap")
    answers = {9440: ("Node", None), 9441: ("Go", 400), 9442: ("nginx", 400), 9443: ("HAProxy", None), 9444: ("Python's websockets", None), 9445: ("OpenSSL", None),
               9446: ("httpd", 400), 9447: ("GnuTLS", None)}
    clients = lab.node_client([node_attempt(f"127.0.0.1:{port}", "/x", plain=True) for port in answers])
    server.close()
    gnutls.terminate()
    lab.end()
    alerts = {src: found[0] for (src, _), found in readable_alerts("plain_to_tls").items() if found}
    for c, (port, (who, status)) in zip(clients, answers.items(), strict=True):
        if c["status"] != status:
            raise SystemExit(c)
        h = {k: c[k] for k in ("client", "server", "host", "uri", "status")}
        h["cause"] = f"a request in the clear to the TLS port of {who}: the client says {c.get('error', status)!r}"
        if status:
            h |= {"findings": ["http-400", "tls-plain-on-tls-port"], "not_findings": _not("tls-plain-on-tls-port"), "allowed": ["nginx-page", "apache-proxy"]}
        elif c["server"] in alerts:
            h |= {"findings": ["tls-plain-on-tls-port"], "not_findings": _not("tls-plain-on-tls-port"), "allowed": ["http-not-http"], "ending": "none|abnormal-fin|rst",
                  "verdict": "bad-handshake|unanswered", "tls_alert": {"code": alerts[c["server"]], "by": "server"}, "cause": h["cause"] + f", after alert {alerts[c['server']]}"}
        else:
            h |= {"findings": ["http-empty-reply"], "not_findings": _not("tls-plain-on-tls-port"), "allowed": ["tls-plain-on-tls-port"]}
        made.append(truth.handshake(**h))
    if list(alerts) != ["127.0.0.1:9447"]:
        raise SystemExit(alerts)
    products_of = dict(zip(answers, [node_version(), f"Go net/http {refusals.go_version()}", _nginx_version(), product.version("HAProxy", "haproxy", "-v"),
                                     python_version(), openssl_version() + " (s_server)", product.version("Apache httpd", "apache2", "-v"),
                                     f"GnuTLS {products.version('gnutls-bin')} (gnutls-serv)"], strict=True))
    for h, port in zip(made, answers, strict=True):
        h["product"] = products_of[port]
    truth.write("plain_to_tls", "ws:// to ports of Node, Go, nginx, HAProxy, Python, OpenSSL, httpd and GnuTLS with TLS: 400, an alert, or the end without a byte",
                list(products_of.values()), made, implies=False)


def tls_cut():
    """TCP that ends or says nothing after the ClientHello."""
    lab, pki, made = Lab(), Pki(), []
    _banner("127.0.0.1:9440", b"", how="rst")
    _banner("127.0.0.1:9441", b"")
    _banner("127.0.0.1:9442", b"", wait=15)
    _banner("127.0.0.1:9443", b"\x16\x03\x03\x00\x7a\x02\x00", wait=15)
    server = s_server("127.0.0.1:9444", pki.ec)
    lab.capture("tls_cut.pcap")
    said = {}

    def attempt(port):
        said[port] = lab.node_client([node_attempt(f"127.0.0.1:{port}", "/x", pki.ca)])[0]

    attempt(9440)
    attempt(9441)
    def patient(port):
        said[port] = go_client(f"127.0.0.1:{port}", "/x", pki.ca)[0]  # waits for 10 s

    slow = [threading.Thread(target=patient, args=(port,)) for port in (9442, 9443)]
    for t in slow:
        t.start()
    attempt(9445)  # nobody listens
    c, s = peers(s_client("127.0.0.1:9444", "-CAfile", pki.ca.crt), server)
    converse(c, s, "/well")
    c.end()
    s.end()
    for t in slow:
        t.join()
    lab.end()
    for port, found, cause in ((9440, "tls-closed-after-clienthello", "RST after the ClientHello"), (9441, "tls-closed-after-clienthello|tls-to-plain-port",
                               "FIN after the ClientHello"), (9442, "tls-handshake-stall", "nothing after the ClientHello, and the client gives up after 10 s")):
        h = failed(said[port]["client"], f"127.0.0.1:{port}", f"{cause}: it says {said[port]['error']!r}", findings=[found], not_findings=_not(*found.split("|")))
        made.append(h | {"allowed": ["tls-to-plain-port"]} if port == 9441 else h)
    h = failed(said[9443]["client"], "127.0.0.1:9443", f"the first bytes of a ServerHello and no more, and the client gives up after 10 s: it says {said[9443]['error']!r}",
               findings=[], not_findings=_not("tls-handshake-stall"), allowed=["tls-handshake-stall"], verdict="tls-failed|encrypted")
    made.append(h)
    made.append(truth.unreached(said[9445]["client"], "127.0.0.1:9445", "connection refused", findings=["tcp-refused"], not_findings=NONE))
    well = row(c, s)
    made.append(without_keys(well, cause="accepted, and no keys are at hand"))
    truth.write("tls_cut", "servers that reset or end TCP, say nothing, or stop in the middle of a record after the ClientHello; one that refuses TCP; one that goes well",
                [node_version(), f"Go crypto/tls {refusals.go_version()}", openssl_version() + " (s_client, s_server)", truth.RAW], made, implies=False)


def tls_alpn():
    """HTTP/2 chosen where the client then speaks HTTP/1.1, or goes. With keys."""
    name = "tls_alpn"
    lab, pki, keys = Lab(), Pki(), keylog(name)
    lab.capture(f"{name}.pcap")
    at = "127.0.0.1:9440"
    lab.start(["node", str(HERE / "node/h2_server.js"), at, json.dumps({"cert": pki.ec.crt, "key": pki.ec.key, "keylog": str(keys)})], ready=("127.0.0.1", 9440))
    offers, old = {"ALPNProtocols": ["h2", "http/1.1"]}, {"maxVersion": "TLSv1.2"}
    said = lab.node_client([node_attempt(at, "/13", pki.ca, **offers), node_attempt(at, "/12", pki.ca, **offers, **old)])
    for uri, told in (("/go/13", {}), ("/go/12", {"Max": 771})):
        said += go_client(at, uri, pki.ca, ALPN=["h2", "http/1.1"], **told)
    node_server(lab, "127.0.0.1:9441", pki.ec, keys, ALPNProtocols=["http/1.1"])
    well = lab.node_client([node_attempt("127.0.0.1:9441", "/well/13", pki.ca, **offers), node_attempt("127.0.0.1:9441", "/well/12", pki.ca, **offers, **old)])
    servers = lab.end()
    made = []
    sent = records(name)
    for c in said:
        asked = any(kind == 0x17 and size > 150 for kind, size, _ in sent[c["client"], at])  # the race with the server's SETTINGS decides
        version = {"tls_version": "TLSv1.2" if c["uri"].endswith("12") else "TLSv1.3", "alpn": "h2", "alpn_offered": ["h2", "http/1.1"]}
        chosen = f"the server chooses h2, and the client {'asks in HTTP/1.1 all the same' if asked else 'goes'}: it says {c['error']!r}"
        if asked:
            made.append(truth.handshake(client=c["client"], server=at, host=c["host"], uri=c["uri"], tls=True, sni=HOST, verdict="bad-handshake", findings=["tls-alpn-h2"],
                                        cause=chosen, not_findings=_not("tls-alpn-h2"), allowed=["http-not-http"], ending="none|abnormal-fin|rst", **version))
        else:
            made.append(failed(c["client"], at, chosen, findings=["tls-alpn-h2"], not_findings=_not("tls-alpn-h2"), verdict="tls-failed|encrypted", uri=c["uri"],
                               allowed=["tls-opaque-reject-shape"], **version))
    made += rows(well, [s for s in servers if s["server"].endswith("9441")], not_findings=NONE, alpn="http/1.1", alpn_offered=["h2", "http/1.1"])
    truth.write(name, "a server that chooses h2, and Node's and Go's clients, which speak HTTP/1.1 all the same or go; a server that chooses http/1.1", [
        node_version(), f"Go crypto/tls {refusals.go_version()}"], made, keylog=keys.name, implies=False)


def tls_alpn_no_keys():
    """TLS 1.2 still shows what was chosen."""
    told, made = json.loads((OUT / "tls_alpn.json").read_text()), []
    for h in told["handshakes"]:
        shown = h["tls_version"] == "TLSv1.2" and h["verdict"] != "accepted"
        k = without_keys(h, unchecked=HIDDEN if h["tls_version"] == "TLSv1.2" else [*HIDDEN, "alpn"], findings=["tls-alpn-h2"] if shown else [], verdict="encrypted|tls-failed" if h["verdict"] != "accepted" else "encrypted")
        made.append(k | ({"allowed": ["tls-opaque-reject-shape"]} if h["verdict"] != "accepted" else {}) | ({} if shown else {
            "not_findings": [*k["not_findings"], "tls-alpn-h2"]} if h["verdict"] == "accepted" else {}))
    truth.write("tls_alpn_no_keys", f"the same capture without keys: {told['description']}", told["products"], made, files=told["files"], made=told["made"], implies=False)


ISSUERS = [("Zscaler Intermediate Root CA (zscaler.net)", "Zscaler Inc."), ("FGT60FTK20012345", "Fortinet"), ("Netskope CA", "Netskope Inc."),
           ("Avast Web/Mail Shield Root", "Avast Web/Mail Shield"), ("Corp Proxy CA", "Example Corp")]


def tls_intercepted():
    """Certificates by those who sit on the way: made here, with the names that the products give their CAs. No product was involved."""
    lab, pki, made, told = Lab(), Pki(), [], []
    lab.capture("tls_intercepted.pcap")
    for n, (common, organization) in enumerate(ISSUERS):
        ca = make(f"way{n}", common, organization=organization, ca=True)
        leaf = make(f"leaf{n}", by=ca, organization=organization if n != 4 else None)
        for trusted in (True, False):
            for speaks in ("-tls1_2", "-tls1_3") if n == 0 else ("-tls1_2",):
                at = f"127.0.0.1:{9440 + len(told)}"
                server = s_server(at, leaf, speaks)
                told.append((at, common, trusted, speaks))
                if trusted:
                    c, s = peers(s_client(at, "-CAfile", ca.crt, "-verify_return_error"), server)
                    converse(c, s, "/in")
                    c.end()
                    s.end()
                    h = without_keys(row(c, s), cause=f"accepted, with a certificate by {common} that the client trusts", tls_version=speaks.replace("-tls1_", "TLSv1."))
                    found = ["tls-intercepted"] if speaks == "-tls1_2" and n < 4 else []
                    h |= {"tls_certificate": leaf.facts()} if speaks == "-tls1_2" else {}
                    h |= {"findings": found, "not_findings": [f for f in h["not_findings"] if f not in found], "allowed": ["tls-intercepted"] if speaks == "-tls1_2" else []}
                    if n == 4:  # a name that nobody can tell from a company's own CA
                        h |= {"not_findings": [f for f in h["not_findings"] if f != "tls-intercepted"]}
                    made.append(h)
                else:
                    subprocess.run(["openssl", "s_client", "-connect", at, "-servername", HOST, "-CAfile", pki.ca.crt, "-verify_return_error"], input=b"",
                                   capture_output=True, timeout=20)
                    server.close()
                    made.append((at, common, n, speaks, leaf.facts()))
    lab.end()
    clients = clients_of("tls_intercepted")
    for i, h in enumerate(made):
        if isinstance(h, tuple):
            at, common, n, speaks, facts = h
            found = ["tls-untrusted-ca", *(["tls-intercepted"] if n < 4 and speaks == "-tls1_2" else [])]
            made[i] = failed(clients[at], at, f"a certificate by {common} that the client does not trust: it sends alert 48", findings=found,
                             not_findings=[f for f in _not(*found) if n != 4 or f != "tls-intercepted"], tls_alert={"code": 48, "by": "client"},
                             allowed=["tls-intercepted"] if speaks == "-tls1_2" else [], tls_version=speaks.replace("-tls1_", "TLSv1."))
            made[i] |= {"tls_certificate": facts} if speaks == "-tls1_2" else {}
    truth.write("tls_intercepted", "certificates with the names that products for inspection give to their CAs, and of a company's own, trusted and not; made for this "
                "capture, by no product", [openssl_version() + " (s_client, s_server)", truth.RAW], made, implies=False)


def tls_warning():
    """A server that warns that it does not know the name, and goes on: an alert that refuses nothing. Without keys."""
    lab, pki, made = Lab(), Pki(), []
    lab.capture("tls_warning.pcap")
    for at, uri, status in (("127.0.0.1:9440", "/in", 101), ("127.0.0.1:9441", "/no", 403)):
        server = s_server(at, pki.ec, "-tls1_2", "-servername", "known.example.test", "-cert2", pki.ec.crt, "-key2", pki.ec.key)
        client = s_client(at, "-CAfile", pki.ca.crt)
        c, s = peers(client, server)
        converse(c, s, uri, status=status)
        c.end()
        s.end()
        h = without_keys(row(c, s, **client.facts()), cause=f"{status}, after a warning (unrecognized_name) in the TLS handshake; no keys are at hand")
        made.append(h | {"tls_alert": {"code": 112, "by": "server"}} | ({"allowed": ["tls-opaque-reject-shape"]} if status != 101 else {}))
    lab.end()
    if [n for n in readable_alerts("tls_warning").values() if n] != [[112], [112]]:
        raise SystemExit(readable_alerts("tls_warning"))
    truth.write("tls_warning", "a server that warns of a name that it does not know and goes on, accepted and refused", [
        openssl_version() + " (s_client, s_server)", truth.RAW], made, implies=False)
