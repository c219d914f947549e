"""TLS handshakes that the server ends, and what else a server can do to a client that wants TLS; without keys unless a scene says so."""
import json
import re
import subprocess

import product
import products
import refusals
import truth
from certificates import FOLDER, HOST, Pki, make
from lab import OUT, WORK, Lab
from tlskit import CLAIMS, clients_of, failed, keylog, openssl_version, readable_alerts, s_server, without_keys
from wss_peers import go_client, go_server, node_attempt, node_server, node_version, rows

NGINX = """daemon off; user root; pid WORK/nginx.pid; error_log WORK/error.log info;
events { worker_connections 64; }
http {
	access_log off; server_tokens off;
	client_body_temp_path WORK/body; proxy_temp_path WORK/proxy; fastcgi_temp_path WORK/fastcgi; uwsgi_temp_path WORK/uwsgi; scgi_temp_path WORK/scgi;
	ssl_certificate CRT; ssl_certificate_key KEY; ssl_protocols TLSv1.2 TLSv1.3;
	MORE
}
"""
HAPROXY = """global
	log stdout format raw daemon info
defaults
	mode http
	timeout connect 1s
	timeout client 5s
	timeout server 5s
"""


def _nginx(lab, port, pair, more):
    work = WORK / f"nginx-{port}"
    work.mkdir(exist_ok=True)
    (work / "nginx.conf").write_text(NGINX.replace("MORE", more).replace("WORK", str(work)).replace("CRT", pair.crt).replace("KEY", pair.key))
    return lab.start(["nginx", "-p", str(work), "-c", str(work / "nginx.conf")], ready=("127.0.0.1", port))


def _haproxy(lab, port, bind):
    work = WORK / f"haproxy-{port}"
    work.mkdir(exist_ok=True)
    (work / "haproxy.cfg").write_text(HAPROXY + f"frontend f\n\tbind 127.0.0.1:{port} {bind}\n\thttp-request deny\n")
    return lab.start(["haproxy", "-f", str(work / "haproxy.cfg")], ready=("127.0.0.1", port))


def _nginx_version():
    return product.version("nginx", "nginx", "-v")


def _s_client_says(at, *args, sni=HOST):
    """What openssl s_client got: the number of an alert, and its words for it."""
    said = subprocess.run(["openssl", "s_client", "-connect", at, *(["-servername", sni] if sni else ["-noservername"]), *args], input=b"", capture_output=True,
                          timeout=20)
    text = (said.stderr + said.stdout).decode()
    number = re.search(r"SSL alert number (\d+)", text)
    error = re.search(r":error:[0-9A-F]+:SSL routines:[^:]*:([^:]*):", text)
    return number and int(number[1]), error[1] if error else "nothing"


def _node_words(error):
    return re.search(r"SSL routines:[^:]*:([^:]*):", error)[1]


def _server_alerts(name, description, made_by, cases):
    """The rows of servers that answer with an alert: (at, alert that the client logs, its words, row, further fields)."""
    clients, readable, made = clients_of(name), readable_alerts(name), []
    for at, alert, words, found, more in cases:
        if readable.get((at, clients[at])) != [alert]:
            raise SystemExit(f"{at}: {readable.get((at, clients[at]))}, but the client got {alert}: {words}")
        known = {"findings": [found], "not_findings": [f for f in [*CLAIMS, "tls-cert-name-or-bad", "tls13-hidden-alert", "http-no-response"] if f != found],
                 "tls_alert": {"code": alert, "by": "server"}, "allowed": ["tls-server-alert"] if found != "tls-server-alert" else []} | more
        known["not_findings"] = [f for f in known["not_findings"] if f not in known["allowed"]]
        made.append(failed(clients[at], at, f"the server sends alert {alert}: the client says {words!r}", **known))
    truth.write(name, description, made_by, made, implies=False)


def tls_server_alerts():
    """No version, no suite, no group in common; names that nobody serves; a client that says that it fell back."""
    lab, pki, told = Lab(), Pki(), []
    lab.capture("tls_server_alerts.pcap")

    def openssl(port, expected, mine, its, found="tls-server-alert", sni=HOST, **more):
        server = s_server(f"127.0.0.1:{port}", pki.ec, *its)
        alert, words = _s_client_says(f"127.0.0.1:{port}", *mine, sni=sni)
        server.close()
        if alert != expected:
            raise SystemExit(f"{port}: {alert} {words}")
        told.append((f"127.0.0.1:{port}", alert, words, found, {"sni": sni} | more))

    openssl(9440, 70, ["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"], ["-tls1_2"])
    openssl(9441, 70, ["-tls1_2"], ["-tls1_3"])
    openssl(9442, 40, ["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256"], ["-tls1_2", "-cipher", "ECDHE-ECDSA-AES256-GCM-SHA384"])
    openssl(9443, 40, ["-tls1_3", "-ciphersuites", "TLS_AES_128_GCM_SHA256"], ["-tls1_3", "-ciphersuites", "TLS_CHACHA20_POLY1305_SHA256"])
    openssl(9444, 40, ["-tls1_3", "-groups", "X25519"], ["-tls1_3", "-groups", "P-384"])
    openssl(9445, 86, ["-tls1_1", "-fallback_scsv", "-cipher", "ALL:@SECLEVEL=0"], ["-cipher", "ALL:@SECLEVEL=0"])
    openssl(9446, 112, ["-tls1_2"], ["-servername", "known.example.test", "-servername_fatal", "-cert2", pki.ec.crt, "-key2", pki.ec.key])
    openssl(9447, 112, ["-tls1_3"], ["-servername", "known.example.test", "-servername_fatal", "-cert2", pki.ec.crt, "-key2", pki.ec.key])
    openssl(9448, 120, ["-alpn", "http/1.1"], ["-alpn", "h2"], found="tls-alpn-h2|tls-server-alert")

    products.need("/usr/sbin/nginx", "nginx")
    _nginx(lab, 9450, pki.ec, "server { listen 127.0.0.1:9450 ssl default_server; ssl_reject_handshake on; }\n"
           "\tserver { listen 127.0.0.1:9450 ssl; server_name known.example.test; return 404; }")
    error = lab.node_client([node_attempt("127.0.0.1:9450", "/x", pki.ca)])[0]["error"]
    told.append(("127.0.0.1:9450", 112, _node_words(error), "tls-server-alert", {}))
    both = FOLDER / "haproxy.pem"
    both.write_text(open(pki.ec.crt).read() + open(pki.ec.key).read())
    _haproxy(lab, 9451, f"ssl crt {both} strict-sni")
    alert, words = _s_client_says("127.0.0.1:9451", sni="nobody.example.test")
    told.append(("127.0.0.1:9451", alert, words, "tls-server-alert", {"sni": "nobody.example.test"}))
    go_server(lab, "127.0.0.1:9452", pki.ec, Min=772)
    error = go_client("127.0.0.1:9452", "/x", pki.ca, Max=771)[0]["error"]
    told.append(("127.0.0.1:9452", 70, error, "tls-server-alert", {}))
    go_server(lab, "127.0.0.1:9453", pki.ec, ALPN=["h2"], Alone=True)
    error = go_client("127.0.0.1:9453", "/x", pki.ca, ALPN=["mqtt"])[0]["error"]
    told.append(("127.0.0.1:9453", 120, error, "tls-alpn-h2|tls-server-alert", {}))
    node_server(lab, "127.0.0.1:9454", pki.ec, minVersion="TLSv1.3")
    error = lab.node_client([node_attempt("127.0.0.1:9454", "/x", pki.ca, maxVersion="TLSv1.2")])[0]["error"]
    told.append(("127.0.0.1:9454", 70, _node_words(error), "tls-server-alert", {}))
    lab.end()
    _server_alerts("tls_server_alerts", "servers that refuse the ClientHello: no version, suite, group or protocol (ALPN) in common, names that they do not know, a fallback",
                   [openssl_version() + " (s_client, s_server)", _nginx_version(), product.version("HAProxy", "haproxy", "-v"),
                    f"Go crypto/tls {refusals.go_version()}", node_version()], told)


CERT_ROWS = ["tls-client-cert-needed", "http-403-client-cert"]


def tls_certificate_wanted():
    """Clients without the certificate that the server wants, TLS 1.2: OpenSSL and Go say so in the clear, Node after the handshake."""
    lab, pki, told, made = Lab(), Pki(), [], []
    lab.capture("tls_certificate_wanted.pcap")
    want = ["-Verify", "2", "-verify_return_error", "-CAfile", pki.ca.crt]
    server = s_server("127.0.0.1:9440", pki.ec, "-tls1_2", *want)
    alert, words = _s_client_says("127.0.0.1:9440", "-CAfile", pki.ca.crt)
    server.close()
    told.append(("127.0.0.1:9440", alert, words))
    go_server(lab, "127.0.0.1:9441", pki.ec, CA=pki.ca.crt, RequireCertificate=True)
    told.append(("127.0.0.1:9441", 40, go_client("127.0.0.1:9441", "/x", pki.ca, Max=771)[0]["error"]))
    server = s_server("127.0.0.1:9442", pki.ec, "-tls1_2", *want)
    told.append(("127.0.0.1:9442", 40, _node_words(lab.node_client([node_attempt("127.0.0.1:9442", "/x", pki.ca)])[0]["error"])))
    server.close()
    stranger = make("strange-client", "eve", names=("eve.example.test",), by=pki.stranger)
    server = s_server("127.0.0.1:9443", pki.ec, "-tls1_2", *want)
    alert, words = _s_client_says("127.0.0.1:9443", "-CAfile", pki.ca.crt, "-cert", stranger.crt, "-key", stranger.key)
    server.close()
    told.append(("127.0.0.1:9443", alert, words))
    lab.end()
    clients, readable = clients_of("tls_certificate_wanted"), readable_alerts("tls_certificate_wanted")
    for at, alert, words in told:
        if readable.get((at, clients[at])) != [alert]:
            raise SystemExit(f"{at}: {readable.get((at, clients[at]))}, but the client got {alert}: {words}")
        none = at.endswith("3")
        made.append(failed(clients[at], at, f"the server sends alert {alert}{' for a certificate of an issuer that it does not trust' if none else ''}: the client says "
                           f"{words!r}", tls_alert={"code": alert, "by": "server"}, tls_version="TLSv1.2", findings=[] if none else ["tls-client-cert-needed"],
                           allowed=["tls-server-alert", *(["tls-client-cert-needed"] if none else [])], not_findings=[
                               "tls-untrusted-ca", "tls-cert-expired", "tls13-hidden-alert", "tls-closed-after-clienthello", "tls-handshake-stall", "http-no-response"]))
    truth.write("tls_certificate_wanted", "servers that want a certificate of the client and get none, or one of a stranger, TLS 1.2, whose alerts can be read", [
        openssl_version() + " (s_client, s_server)", f"Go crypto/tls {refusals.go_version()}", node_version()], made, implies=False)


def tls13_certificate_wanted():
    """The same in TLS 1.3, where the server says so after the client's Finished, and a request may have been sent by then. With keys."""
    name = "tls13_certificate_wanted"
    lab, pki, keys, made = Lab(), Pki(), keylog(name), []
    lab.capture(f"{name}.pcap")
    go_server(lab, "127.0.0.1:9440", pki.ec, CA=pki.ca.crt, RequireCertificate=True)
    errors = [("127.0.0.1:9440", go_client("127.0.0.1:9440", "/go", pki.ca, Keylog=str(keys))[0])]
    server = s_server("127.0.0.1:9441", pki.ec, "-tls1_3", "-Verify", "2", "-verify_return_error", "-CAfile", pki.ca.crt)
    errors.append(("127.0.0.1:9441", lab.node_client([node_attempt("127.0.0.1:9441", "/node", pki.ca, keylog=str(keys))])[0]))
    server.close()
    lab.end()
    for at, c in errors:
        if "certificate required" not in c["error"]:
            raise SystemExit(c)
        h = failed(c["client"], at, f"the server sends alert 116 to a client without a certificate: it says {c['error'].split(':SSL')[0]!r}",
                   tls_version="TLSv1.3", tls_alert={"code": 116, "by": "server"}, findings=["tls-client-cert-needed"], verdict="tls-failed|unanswered",
                   allowed=["tls-server-alert", "http-empty-reply", "http-no-response"], not_findings=["tls-untrusted-ca", "tls-cert-expired", "tls13-hidden-alert"])
        made.append(h | {"uri": c["uri"], "host": c["host"], "method": "GET", "unchecked": ["ending"]})  # both ask before they read the alert
    told = {"description": "certificates of clients that a server misses in TLS 1.3, where the alert comes after the client's Finished, and after its request; with keys",
            "products": [f"Go crypto/tls {refusals.go_version()}", openssl_version() + " (s_server)", node_version()]}
    truth.write(name, told["description"], told["products"], made, keylog=keys.name, implies=False)


def tls13_certificate_wanted_no_keys():
    _no_keys("tls13_certificate_wanted", verdict="encrypted|tls-failed", allowed=["tls-opaque-reject-shape"], keep=("tls_version",))


def _no_keys(source, keep=("tls_version", "tls_cipher", "tls_resumed"), **known):
    """The same capture without its keys."""
    told = json.loads((OUT / f"{source}.json").read_text())
    made = []
    for h in told["handshakes"]:
        shape = {"allowed": ["tls-opaque-reject-shape"]} if h["verdict"] != "accepted" else {}
        made.append({k: v for k, v in (without_keys(h) | shape | known).items() if k != "tls_alert"})
        if "tls-client-cert-needed" not in made[-1]["not_findings"]:
            raise SystemExit(made[-1])
    truth.write(f"{source}_no_keys", f"the same capture without keys: {told['description']}", told["products"], made, files=told["files"], made=told["made"],
                implies=False)


def tls_nginx_certificate():
    """nginx lets anybody in and then says 400 or 403. With keys."""
    name = "tls_nginx_certificate"
    products.need("/usr/sbin/nginx", "nginx")
    lab, pki, keys = Lab(), Pki(), keylog(name)
    mine = pki.client()
    server = f"""server {{ listen 127.0.0.1:9443 ssl; ssl_client_certificate {pki.ca.crt}; ssl_verify_client on; location / {{ proxy_pass http://127.0.0.1:9080; PASS }} }}
	server {{ listen 127.0.0.1:9444 ssl; ssl_client_certificate {pki.ca.crt}; ssl_verify_client optional;
		location / {{ if ($ssl_client_verify != SUCCESS) {{ return 403; }} proxy_pass http://127.0.0.1:9080; PASS }} }}
	server {{ listen 127.0.0.1:9445 ssl; location / {{ return 403; }} }}
""".replace("PASS", "proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade; proxy_set_header Host $http_host;")
    _nginx(lab, 9443, pki.ec, server)
    lab.node_server("127.0.0.1:9080")
    lab.capture(f"{name}.pcap", filter="tcp portrange 9443-9445")
    told, shown, old = {"keylog": str(keys)}, {"cert": mine.crt, "key": mine.key}, {"maxVersion": "TLSv1.2"}
    page, forbidden, plain = "127.0.0.1:9443", "127.0.0.1:9444", "127.0.0.1:9445"
    clients = lab.node_client([
        node_attempt(page, "/13/none", pki.ca, **told), node_attempt(page, "/12/none", pki.ca, **told, **old), node_attempt(page, "/13/ann", pki.ca, **told, **shown),
        node_attempt(forbidden, "/13/none", pki.ca, **told), node_attempt(forbidden, "/12/none", pki.ca, **told, **old),
        node_attempt(forbidden, "/12/ann", pki.ca, **told, **shown, **old), node_attempt(plain, "/13/any", pki.ca, **told)])
    lab.end()
    made = []
    for h, c in zip(rows(clients, []), clients, strict=True):
        found = {400: ["http-400", "tls-client-cert-needed|http-403-client-cert"], 403: ["http-403", "http-403-client-cert"]}.get(c["status"])
        if c["server"] == plain:
            found = ["http-403"]
        if c["status"] == 101:
            h |= {"ending": "clean", "close": {"code": 1000, "reason": "done", "by": "client"}, "not_findings": CERT_ROWS}
        else:
            h |= {"findings": found, "answered_by": "nginx", "not_findings": CERT_ROWS if c["server"] == plain else [],
                  "allowed": ["req-no-credentials", "nginx-page", *(CERT_ROWS if c["server"] != plain else [])]}
        made.append(h)
    if [c["status"] for c in clients] != [400, 400, 101, 403, 403, 101, 403]:
        raise SystemExit([c["status"] for c in clients])
    truth.write(name, "nginx, which asks for a certificate of the client: its 400 page without one, a 403 of its configuration for want of one, both let in with one; and a "
                "403 that has nothing to do with certificates", [_nginx_version(), node_version()], made, keylog=keys.name)


def tls_nginx_certificate_no_keys():
    _no_keys("tls_nginx_certificate")
