"""Raw requests to real products, and the rows of what has to be said about each answer.

The truth of a row is what the scene configured the product to do, checked against what came back: a scene fails where
the status or the words are other than it says.
"""
import importlib.metadata
import importlib.util
import re
import shutil
import subprocess
import sys

import raw
import truth

STATUS = {200: "http-200", 400: "http-400", 401: "http-401", 403: "http-403", 404: "http-404", 408: "http-504-408", 426: "http-426",
          429: "http-429", 500: "http-500", 502: "http-502", 503: "http-503", 504: "http-504-408"}
STATUS |= {n: "http-redirect" for n in (301, 302, 303, 307, 308)}


def need(*tools, modules=(), package=None):
    """End the scene with the name of the package that it lacks."""
    missing = [t for t in tools if not shutil.which(t)] + [m for m in modules if not importlib.util.find_spec(m)]
    if missing:
        raise SystemExit(f"generate: {', '.join(missing)} missing: apt install {package or ' '.join(missing)}")


def version(name, *command, pattern=r"(\d+\.\d+[\w.]*)"):
    """NAME and its version, from what the command says or, where there is none, from Python's metadata."""
    if not command:
        return f"{name} {importlib.metadata.version(name)}"
    said = subprocess.run(command, capture_output=True, text=True)
    return f"{name} {re.search(pattern, said.stdout + said.stderr).group(1)}"


class Visits:
    """Attempts at one server, each on a connection of its own. What is said here holds for all rows unless ask says otherwise."""

    def __init__(self, at, **always):
        self.at, self.always, self.rows, self.logs = at, always, [], []

    def ask(self, uri, status, said=None, send=None, rest=b"", findings=(), wait=0.25, known=None, **fields):
        """One request and its row. said is a part of the answer's bytes that must be there; send replaces the request's
        bytes and rest follows them; fields are raw.request's, known those of the row. status None: what comes back is not HTTP."""
        row = dict(self.always, **(known or {}))
        if row.pop("fingerprint", None) and not (known or {}).get("plain"):
            findings = [*findings, self.always["fingerprint"]]
        row.pop("plain", None)
        host = fields.pop("Host", self.at)
        p = raw.connect(self.at, self.logs)
        p.send((send or raw.request(uri, host, **fields)) + rest)
        p.s.settimeout(12 if status else wait)
        try:
            head = p.read_status()
        except (TimeoutError, ConnectionError):
            head = ""
        p.s.settimeout(wait)
        body = p.buffer
        try:
            while got := p.s.recv(65536):
                body += got
        except OSError:
            pass
        p.end()
        answer = head + "\n\n" + body.decode("latin-1")
        if p.log["status"] != status or said and said not in answer:
            raise SystemExit(f"{self.at}{uri}: expected {status} {said!r}, but it is\n{answer}")
        own = [STATUS[status]] if status in STATUS else []
        row = {"client": p.log["client"], "server": self.at, "host": None if "Host" in fields.get("drop", ()) else host, "uri": uri,
               "origin": fields.get("Origin"), "method": fields.get("method", "GET"), "http_version": fields.get("version", "1.1"),
               "status": status} | ({"findings": own + list(findings)} if status else {}) | row
        if status is None:
            row = {"verdict": "bad-handshake", "ending": "abnormal-fin|rst", "findings": ["http-not-http"]} | row
        shy = {401: ["req-no-credentials"], 403: ["req-no-credentials"], 101: ["opt-client-gone-after-101", "close-abnormal-1006"]}.get(status, [])
        if shy:
            row["allowed"] = [*row.get("allowed", ()), *shy]
        row = {k: x for k, x in row.items() if x != ""}
        self.rows.append(truth.handshake(**row))
        if "-v" in sys.argv:
            print(answer)
        return answer


def canned(at, answers, logs=None):
    """A backend that answers each path with the bytes said for it; None: with nothing at all."""
    logs = [] if logs is None else logs

    def one(p):
        p.read_request()
        path = p.log["uri"].split("?")[0]
        answer = answers[path]
        if answer is None:
            p.s.settimeout(6)
            p.s.recv(1)
            return
        p.send(answer)
        words = answer.split()
        p.log["status"] = int(words[1]) if len(words) > 1 and words[1].isdigit() else None
        if b"101" in answer[:12]:
            p.drain(seconds=0.5)
        p.end()

    raw.listen(at, one, logs)
    return logs


def answer(status, body="", *fields, type="text/html"):
    """The bytes of a response, as a backend sends them."""
    b = body.encode()
    return "\r\n".join([f"HTTP/1.1 {status}", f"Content-Type: {type}", f"Content-Length: {len(b)}", *fields, "", ""]).encode() + b


def far_legs(logs, stripped=(), **of):
    """The rows of what a proxy asked a backend of ours for. stripped are URIs that came without Upgrade; of says more about a path."""
    rows = []
    for r in logs:
        row = {k: r[k] for k in ("client", "server", "host", "uri", "origin", "method", "http_version", "status")} | {"leg": "back"}
        row["findings"] = [STATUS[r["status"]]] if r["status"] in STATUS else []
        if r["uri"] in stripped:
            row |= {"cause": "forwarded without Upgrade and Connection", "is_ws_request": False}
            row["findings"] += ["req-upgrade-missing", "proxy-strips-upgrade"]
        if r["status"] is None:
            row |= {"cause": row.get("cause", "") + " and no answer before the proxy gave up"}
            row["findings"].append("http-no-response")
        if r["status"] == 101:
            row["allowed"] = ["opt-client-gone-after-101", "close-abnormal-1006"]
        rows.append(truth.handshake(**(row | of.get(r["uri"].strip("/").replace("/", "_"), {}))))
    return rows
