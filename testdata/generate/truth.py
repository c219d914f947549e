"""Ground truth: joins what clients and servers logged into testdata/NAME.json."""
import json
import subprocess

from lab import OUT, WORK

NODE_WS = None


def node_ws():
    """The version of the ws package and of Node, as products are named."""
    version = json.loads((WORK / "node_modules/ws/package.json").read_text())["version"]
    node = subprocess.run(["node", "--version"], capture_output=True, text=True).stdout.strip().lstrip("v")
    return f"ws {version} (Node {node})"


RAW = "hand-written raw socket (Python)"

BLANK = {
    "client": None, "server": None, "host": None, "uri": None, "method": "GET", "http_version": "1.1", "tls": False,
    "status": None, "subprotocol": None, "extensions": None, "origin": None, "close": None, "ending": "none",
    "messages_client": 0, "messages_server": 0, "cause": "", "verdict": None,
}


def handshake(**known):
    """One handshake with everything that is not said left at its default.

    findings are ids of the rules that must be found, several joined by "|" where one of them is enough; not_findings
    must not be found; allowed may be. product names who answered, with its version, where the capture has several.
    """
    unknown = set(known) - set(BLANK) - {"unchecked", "leg", "http_version_on_wire", "optional", "is_ws_request", "carrier",
                                          "findings", "not_findings", "allowed", "answered_by", "product", "sni", "tls_version", "tls_cipher",
                                          "tls_resumed", "tls_alert", "tls_certificate", "alpn", "alpn_offered"}
    if unknown:
        raise SystemExit(f"no such field: {unknown}")
    h = dict(BLANK, **known)
    if h["verdict"] is None:
        h["verdict"] = "accepted" if h["status"] == 101 else "unanswered" if h["status"] is None else "rejected"
    if not h["cause"]:
        h["cause"] = "none: success" if h["verdict"] == "accepted" else f"rejected {h['status']}"
    return h


STATUS_ROWS = {200: "http-200", 408: "http-504-408", 504: "http-504-408"} | {n: "http-redirect" for n in (301, 302, 303, 307, 308)} | {
    n: f"http-{n}" for n in (400, 401, 403, 404, 426, 429, 500, 502, 503)}
CLOSE_ROWS = {1011: "close-1011-server-error"} | {n: "close-protocol-codes" for n in (1002, 1003, 1007, 1009, 1010)}


def implied(h):
    """What has to be found, where the scene does not say: as far as status, Close code, ending and cause tell it by themselves."""
    if "findings" in h or "not_findings" in h or "|" in (h["verdict"] or ""):
        return h
    close, found, allowed = h["close"] or {}, [], []
    if h["verdict"] == "rejected" and h["status"] in STATUS_ROWS:
        found.append(STATUS_ROWS[h["status"]])
    if h["verdict"] == "unreached" and h["method"] is None and "refuse" in h["cause"]:
        found.append("tcp-refused")
    if h["verdict"] == "unanswered":
        found.append("http-no-response|http-empty-reply")
    if h["verdict"] == "accepted":
        if close.get("code") in CLOSE_ROWS:
            found.append(CLOSE_ROWS[close["code"]])
        if close.get("by") == "server":
            allowed += ["close-accept-then-close", "close-auth-private", "close-restart-busy"]
        if not close and h["ending"] in ("abnormal-fin", "rst"):
            found.append("close-abnormal-1006")
            allowed += ["opt-client-gone-after-101", "close-accept-then-close"]
    for words, row in PROTOCOL_ROWS:
        if words in h["cause"]:
            found.append(row)
            allowed += ["close-protocol-codes", "close-handshake-incomplete", "close-accept-then-close"]
    for words, row in REQUEST_ROWS:
        if words in h["cause"]:
            found.append(row)
    if found:
        h["findings"] = found
    allowed = [*h.get("allowed", []), *(i for i in allowed if i not in h.get("allowed", []))]
    if allowed:
        h["allowed"] = allowed
    return h


PROTOCOL_ROWS = [
    ("client frame without mask", "frame-mask"), ("server frame with mask", "frame-mask"), ("RSV", "frame-rsv"), ("reserved opcode", "frame-opcode-control"),
    ("fragmented ping", "frame-opcode-control"), ("ping of 126", "frame-opcode-control"), ("Close body of one byte", "frame-opcode-control"),
    ("Close frame of 126 bytes", "frame-opcode-control"), ("continuation of nothing", "frame-fragmentation"), ("new message inside", "frame-fragmentation"),
    ("-bit length for 2 bytes", "frame-length"), ("Close code 1005 on the wire", "close-illegal-code"), ("Close code 1006 on the wire", "close-illegal-code"),
    ("Close code 1015 on the wire", "close-illegal-code"), ("Close code 999", "close-illegal-code"), ("data after Close", "close-handshake-incomplete"),
    ("text that is not UTF-8", "frame-utf8-deflate|close-protocol-codes"), ("HTML after the 101", "opt-101-odd"),
]
REQUEST_ROWS = [
    ("Sec-WebSocket-Version: 8", "req-version-bad"), ("no Sec-WebSocket-Key", "req-key-bad"), ("Sec-WebSocket-Key is not 16 bytes", "req-key-bad"),
    ("Upgrade: h2c", "req-upgrade-missing"), ("Connection: keep-alive", "req-connection-missing"), ("no Upgrade and no Connection", "req-upgrade-missing"),
    ("forwards without Upgrade", "req-upgrade-missing|proxy-strips-upgrade"), ("wrong Sec-WebSocket-Accept", "opt-accept-bad"),
    ("refuses the 101: no Sec-WebSocket-Accept", "opt-accept-bad"), ("refuses the 101: no Upgrade", "opt-upgrade-connection-bad"),
    ("refuses the 101: no Connection", "opt-upgrade-connection-bad"), ("subprotocol that was not offered", "opt-subprotocol-unoffered"),
    ("extension that was not offered", "opt-extension-bad"), ("the answer is not HTTP", "http-not-http"),
    ("squid refuses the CONNECT with 407", "proxy-407"), ("squid refuses the CONNECT with 403", "proxy-connect-denied"),
    ("squid refuses the CONNECT with 503", "proxy-upstream-fail"), ("no answer to the SYN and its repetitions", "tcp-syn-unanswered"),
    ("accepts and sends FIN before a byte", "tcp-accept-then-reset"), ("accepts and sends RST before a byte", "tcp-accept-then-reset"),
]


def unreached(client, server, cause, **known):
    """A connect that failed."""
    return handshake(client=client, server=server, method=None, verdict="unreached", cause=cause, unchecked=["host", "uri", "origin"], **known)


def join(clients, servers, **overrides):
    """Join both sides' logs of the same connections, in the clients' order.

    overrides maps a path (the URI without its query) to fields that the logs
    cannot say in our words: cause, unchecked, verdict.
    """
    left = {}
    for s in servers:
        left.setdefault(s["client"], []).append(s)
    rows = []
    for c in clients:
        mine = left.get(c["client"]) or []
        s = next((s for s in mine if s["uri"] == c["uri"]), None)
        if s:
            mine.remove(s)
        rows.append(one(c, s, overrides))
    rows += [one(None, s, overrides) for mine in left.values() for s in mine]
    return rows


def one(c, s, overrides):
    known = c or s
    h = {k: known.get(k) for k in ("client", "server", "host", "uri", "method", "http_version", "origin")}
    statuses = {r["status"] for r in (c, s) if r and r["status"] is not None}
    if len(statuses) > 1:
        raise SystemExit(f"client and server differ on the status: {c} {s}")
    h["status"] = statuses.pop() if statuses else None
    for name in ("subprotocol", "extensions"):
        h[name] = (s or c).get(name) or known.get(name)
    h["messages_client"] = c["sent"] if c else s["received"]
    h["messages_server"] = s["sent"] if s else c["received"]
    closes = sorted((x | {"by": side} for side, r in (("client", c), ("server", s)) if r for x in r.get("closes", [])),
                    key=lambda x: x["t"])
    if closes:
        first = closes[0]
        h["close"] = {"code": first["code"], "reason": first["reason"], "by": first["by"]}
    ends = [r["end"] for r in (c, s) if r and r.get("end")]
    if h["status"] == 101:
        sides = len({x["by"] for x in closes})
        h["ending"] = ("clean" if sides == 2 else "one-sided" if sides == 1 else
                       "rst" if any("rst" in e for e in ends) else "abnormal-fin" if ends else "open")
    h |= overrides.get(known["uri"].split("?")[0].strip("/").replace("/", "_").replace("-", "_"), {})
    return handshake(**h)


def write(name, description, products, handshakes, files=None, made="captured", exit=None, notes=None, implies=True, **more):
    """Write testdata/NAME.json.

    made says how the capture came to be: "captured" as it is, "edited" from a
    real capture by our own tool, or "composed" byte for byte. implies False says that what has to be found is already
    said of every handshake.
    """
    if implies:
        handshakes = [implied(h) for h in handshakes]
    for h in handshakes:
        if h["verdict"] == "rejected" and h["status"] not in STATUS_ROWS:
            h["findings"] = [*h.get("findings", []), "http-other-status"]
        elif h["verdict"] == "rejected" and name == "rules_status":
            h["not_findings"] = [*h.get("not_findings", []), "http-other-status"]
    truth = {"name": name, "description": description, "made": made, "products": products,
             "files": files or [name + ".pcap"], "notes": notes or [], "handshakes": handshakes} | more
    if exit is not None:
        truth["exit"] = exit
    (OUT / (name + ".json")).write_text(json.dumps(truth, indent=1, ensure_ascii=False) + "\n")
    return truth
