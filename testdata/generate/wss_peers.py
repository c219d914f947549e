"""WebSocket programs that speak TLS: Node's, Go's and Python's, and the truth of what they logged."""
import json
import subprocess
import sys

import truth
from certificates import HOST
from lab import HERE, WORK, Proc
from tlskit import iana, version

HELLO = [["text", "hello"], ["messages", 1], ["close", 1000, "done"]]
FACTS = ("tls_version", "tls_cipher", "tls_resumed")


def node_server(lab, at, pair, keys=None, **tls):
    """node/server.js with TLS; tls has options of https.createServer."""
    return lab.node_server(at, tls={"cert": pair.crt, "key": pair.key} | ({"keylog": str(keys)} if keys else {}) | tls)


def node_attempt(at, uri, ca=None, sni=HOST, do=HELLO, plain=False, more=None, **tls):
    """An attempt of node/client.js; tls has options of tls.connect."""
    port = at.rsplit(":", 1)[1]
    a = {"url": f"{'ws' if plain else 'wss'}://{at}{uri}", "headers": {"Host": f"{sni or HOST}:{port}"}, "do": do} | (more or {})
    if not plain:
        a["tls"] = {"servername": sni or ""} | ({"ca": ca.crt} if ca else {}) | tls
    return a


def _binary():
    binary = WORK / "goservers"
    subprocess.run(["go", "build", "-o", str(binary), "."], cwd=HERE / "goservers", check=True)
    return str(binary)


def go_server(lab, at, pair, **told):
    return lab.start([_binary(), "wss-serve", json.dumps({"At": at, "Cert": pair.crt, "Key": pair.key} | told)], ready="line")


def go_client(at, uri, ca=None, sni=HOST, **told):
    """What Go's client logged of its attempts."""
    port = at.rsplit(":", 1)[1]
    told = {"At": at, "URL": f"wss://{HOST}:{port}{uri}", "SNI": sni} | ({"CA": ca.crt} if ca else {}) | told
    return Proc([_binary(), "wss-dial", json.dumps(told)]).wait()


def python_server(lab, at, pair, **told):
    host, port = at.rsplit(":", 1)
    return lab.start(["/usr/bin/python3", str(HERE / "pyws_server.py"), host, port, json.dumps({"cert": pair.crt, "key": pair.key} | told)],
                     ready=(host, int(port)))


def python_client(at, uri, ca=None, sni=HOST, **told):
    told = {"uri": uri, "at": at, "sni": sni} | ({"ca": ca.crt} if ca else {}) | told
    return Proc(["/usr/bin/python3", str(HERE / "pyws_client.py"), json.dumps(told)]).wait()


def rows(clients, servers, known=None, **common):
    """The rows of attempts in TLS that were understood by both sides; known has what is to be said of a URI besides."""
    made = []
    for h, c in zip(truth.join(clients, servers), clients, strict=True):
        s = next((s for s in servers if s["client"] == c["client"]), {})
        if "openssl_cipher" in s:
            s["tls_cipher"] = iana(s["openssl_cipher"])
        facts = {k: version(c.get(k, s.get(k))) for k in FACTS if k in c or k in s}
        if s and any(k in s and version(s[k]) != facts[k] for k in facts):
            raise SystemExit(f"client and server differ on TLS: {c} {s}")
        h |= {"tls": True, "sni": HOST} | facts
        if h["status"] == 101:
            h["cause"] = f"none: success in {facts['tls_version']}, {facts['tls_cipher']}{', resumed' * facts['tls_resumed']}"
        made.append(h | common | (known or {}).get(h["uri"], {}))
    return made


def python_version():
    import ssl

    import websockets.version
    return f"websockets {websockets.version.version} (Python {sys.version.split()[0]}, {' '.join(ssl.OPENSSL_VERSION.split()[:2])})"


def node_version():
    openssl = subprocess.run(["node", "-p", "process.versions.openssl"], capture_output=True, text=True, check=True).stdout.strip()
    return truth.node_ws().rstrip(")") + f", OpenSSL {openssl})"
