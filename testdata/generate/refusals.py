"""Attempts that a product refuses, or nearly, and the truth of each.

A scene lists cases: asked() sends a request of our own on a raw socket, called() lets a ws client make it. What the
product answered is in its own log, and what the bytes then have to be taken for is in the case's fields, which are
those of truth.handshake.
"""
import json
import subprocess

import raw
import truth
from lab import HERE, WORK

SILENT = {"subprotocol": None, "extensions": None, "sent": 0, "received": 0, "closes": [], "end": None}
# The rows that a status has whoever sent it.
STATUS = {200: "http-200", 400: "http-400", 401: "http-401", 403: "http-403", 404: "http-404", 408: "http-504-408", 426: "http-426",
          429: "http-429", 500: "http-500", 502: "http-502", 503: "http-503", 504: "http-504-408",
          301: "http-redirect", 302: "http-redirect", 303: "http-redirect", 307: "http-redirect", 308: "http-redirect"}


class Case:
    """One attempt: how it is made, and what is true of it."""

    def __init__(self, uri, known, make):
        self.uri, self.known, self.make, self.log = uri, known, make, None


def asked(uri, known, wait=0.15, head=None, then=b"", text="hello", **fields):
    """An attempt on a raw socket; fields are those of raw.request.

    head is the request where it is not one that raw.request can write, then what follows it in the same segment, wait how
    long to wait for more after the answer began, text the message where the handshake succeeds.
    """
    def make(lab, at):
        logs = []
        p = raw.connect(at, logs)
        p.log |= {"uri": uri, "host": fields.get("Host", at), "method": fields.get("method", "GET"), "origin": fields.get("Origin"),
                  "http_version": fields.get("version", "1.1")}
        if "Host" in fields.get("drop", ()):
            p.log["host"] = None
        p.s.settimeout(wait if wait > 1 else 5)
        try:
            p.send((head or raw.request(uri, at, **fields)) + then)
            p.read_status()
            if p.log["status"] == 101:
                echo(p, text)
            else:
                p.drain(seconds=wait)
                p.log["received"] = 0
        except (ConnectionError, TimeoutError):
            pass
        p.end()
        return logs[0]
    return Case(uri, known, make)


def echo(p, text):
    """A message there and back, and Close frames both ways."""
    p.message(text)
    p.close_frame(1000, "done")
    frames = p.drain(until_close=True)
    p.log["clean"] = any(f[0] == 8 for f in frames)


def called(uri, known, **attempt):
    """An attempt by a ws client; attempt is one of node/client.js."""
    return Case(uri, known, lambda lab, at: lab.node_client([{"url": f"ws://{at}{uri}"} | attempt])[0])


def seen(uri, known):
    """An attempt of a client that does not log its port: the server's log has to do."""
    return Case(uri, known, None)


def run(lab, at, cases):
    """Make the attempts one after the other."""
    for case in cases:
        case.log = case.make(lab, at) if case.make else None


def rows(cases, servers, **common):
    """The truths of cases: what client and server logged, the case's own fields, and common ones where it has none.

    findings of a case are those besides the status' own.
    """
    made, servers = [], list(servers)
    for case in cases:
        c = case.log
        s = next((s for s in servers if s["uri"] == case.uri and (c is None or s["client"] == c["client"])), None)
        if s:
            servers.remove(s)
            s = SILENT | s
        elif c is None or not case.known.get("unlogged"):
            raise SystemExit(f"{case.uri}: the server logged no such request, but client {c}")
        if s and c:
            s["sent"] = s["sent"] or c["received"]
        known = common | {k: v for k, v in case.known.items() if k != "unlogged"}
        h = truth.one(c, s, {})
        if c and (c.get("clean") or c["closes"] and c.get("closed") == c["closes"][0]["code"]):  # the server's Close came back
            h["ending"] = "clean"
        own = [STATUS[h["status"]]] if h["status"] in STATUS else []
        for name, first in (("findings", own), ("not_findings", []), ("allowed", [])):
            ids = first + [i for i in known.pop(name, []) if i not in first]
            if ids:
                known[name] = ids
        if known.get("answered_by") is None or h["status"] in (None, 101):  # where nothing was said, nobody answered
            known.pop("answered_by", None)
        truth.handshake(**h | known)  # says which field there is not
        made.append(h | known)
    return made


def go_server(lab, product, at):
    """A server of goservers, built once per work folder and change."""
    binary = WORK / "goservers"
    subprocess.run(["go", "build", "-o", str(binary), "."], cwd=HERE / "goservers", check=True)
    host, port = at.rsplit(":", 1)
    return lab.start([str(binary), product, at], ready=(host, int(port)))


def node_product(lab, product, at):
    """A server of node/products.js."""
    host, port = at.rsplit(":", 1)
    return lab.start(["node", str(HERE / "node/products.js"), product, at], ready=(host, int(port)))


def go_version(module=None):
    """The version of a module that goservers pins, or of Go itself."""
    if module is None:
        return subprocess.run(["go", "env", "GOVERSION"], capture_output=True, text=True, check=True).stdout.strip().removeprefix("go")
    for line in (HERE / "goservers/go.mod").read_text().splitlines():
        words = line.split()
        if module in words:
            return words[words.index(module) + 1].lstrip("v")
    raise SystemExit(f"goservers/go.mod does not name {module}")


def npm_version(package):
    return json.loads((WORK / f"node_modules/{package}/package.json").read_text())["version"]
