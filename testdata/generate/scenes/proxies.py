"""Handshakes through reverse and forward proxies, both legs in one capture."""
import base64
import subprocess

import raw
import truth
from lab import HERE, WORK, Lab


def _version(command, pattern):
    import re
    said = subprocess.run(command, capture_output=True, text=True)
    return re.search(pattern, said.stdout + said.stderr).group(1)


def _legs(clients, proxy, backend, **overrides):
    """Rows of the front legs, from the client's and the proxy's logs, and of the back legs, from the backend's.

    What the proxy relayed without logging it, messages and Close frames, is in the log of the other end.
    """
    ours = {c["uri"]: c for c in clients}
    theirs = {b["uri"]: b for b in backend}
    far = {"sent": 0, "received": 0, "closes": [], "subprotocol": None, "extensions": None}
    fronts = [{k: theirs.get(p["uri"], far).get(k, far[k]) for k in far} | p | {"origin": ours[p["uri"]]["origin"]} for p in proxy]
    front = truth.join(clients, fronts, **overrides.get("front", {}))
    backs = [ours[b["uri"]] | {k: b[k] for k in ("client", "server", "host", "status", "http_version", "subprotocol", "extensions")} for b in backend]
    back = truth.join(backs, backend, **overrides.get("back", {}))
    for rows, leg in ((front, "front"), (back, "back")):
        for row in rows:
            if row["uri"] in ours and row["uri"] in theirs:
                row["leg"] = leg
    for row, b in zip(back, backs):
        row["http_version_on_wire"] = b["http_version"]
    return front + back


def nginx_proxy():
    work, lab = WORK / "nginx", Lab()
    work.mkdir(exist_ok=True)
    (work / "users").write_text("ann:{PLAIN}secret\n")
    (work / "nginx.conf").write_text((HERE / "nginx.conf").read_text().replace("WORK", str(work)))
    lab.capture("nginx_proxy.pcap")
    node = lab.node_server("127.0.0.1:8090", deflate=True)
    nginx = lab.start(["nginx", "-p", str(work), "-c", str(work / "nginx.conf")], ready=("127.0.0.1", 8088))
    url = "ws://127.0.0.1:8088"
    clients = lab.node_client([
        {"url": url + "/good", "deflate": True, "origin": "http://site.example", "do": [["text", "hello"], ["messages", 1], ["close", 1000, "x"]]},
        {"url": url + "/good/closed?close=1008&reason=policy", "do": [["text", "hello"], ["gone"]]},
        {"url": url + "/refused?reject=403&body=not%20you"},
        {"url": url + "/strips10"}, {"url": url + "/strips11", "origin": "http://site.example"},
        {"url": url + "/dead"}, {"url": url + "/slow?hang=1"},
        {"url": url + "/deny"}, {"url": url + "/auth"}, {"url": url + "/moved"}, {"url": url + "/page"}, {"url": url + "/nowhere"},
        {"url": url + "/idle", "do": [["text", "one"], ["messages", 1], ["gone"]]},
    ])
    lab.capture_end()
    lab.end()
    stripped = {"cause": "nginx forwards without Upgrade and Connection", "is_ws_request": False}
    cut = {"ending": "abnormal-fin", "cause": "none: success, then nginx cut the idle connection after 2 s"}
    version = "nginx " + _version(["nginx", "-v"], r"nginx/(\S+)")
    own = {path: {"findings": [row, "nginx-page"], "answered_by": "nginx", "product": version} for path, row in {
        "dead": "http-502", "slow": "http-504-408", "deny": "http-403", "auth": "http-401", "moved": "http-redirect", "nowhere": "http-404"}.items()}
    own["dead"]["cause"], own["slow"]["cause"] = "backend refuses connections", "backend does not answer"
    node_said = {"product": truth.node_ws()}
    passed = {path: node_said for path in ("refused", "strips10", "strips11")}
    strips10 = stripped | {"findings": ["http-426", "req-upgrade-missing|proxy-strips-upgrade", "req-http10"]}
    rows = _legs(clients, nginx.records, node.records, front={"idle": cut} | own | passed,
                 back={"idle": cut, "refused": node_said, "strips10": strips10 | node_said, "strips11": stripped | node_said,
                       "slow": {"cause": "no answer before nginx gave up after 1 s", "findings": ["http-no-response"],
                                "not_findings": ["http-empty-reply"]}})
    rows.append(truth.handshake(server="127.0.0.1:8091", method=None, verdict="unreached", unchecked=["host", "uri", "origin"],
                                cause="nginx's connect to the dead backend was refused; its port is in no log"))
    truth.write("nginx_proxy", "nginx before node: with upgrade headers, a Close and a 403 from the backend passed on, without upgrade headers "
                "(426), dead backend (502), silent backend (504), deny (403), 401, 301, an HTML page (200), 404, idle time-out after 2 s",
                [version, truth.node_ws()], rows)


def squid_connect():
    work, lab = WORK / "squid", Lab()
    work.mkdir(exist_ok=True)
    work.chmod(0o777)
    login_check = work / "auth.sh"
    login_check.write_text("#!/bin/sh\nwhile read user password; do [ \"$user $password\" = 'ann secret' ] && echo OK || echo ERR; done\n")
    login_check.chmod(0o755)
    (work / "squid.conf").write_text(f"""http_port 127.0.0.1:3129
pid_filename none
cache_log {work}/cache.log
access_log none
logformat truth {{"server":"%la:%lp","client":"%>a:%>p","status":%>Hs,"uri":"%ru"}}
access_log stdio:{work}/access.log logformat=truth
cache deny all
coredump_dir {work}
auth_param basic program {login_check}
auth_param basic realm staff
acl known proxy_auth REQUIRED
acl allowed port 8091 8095
http_access deny !known
http_access deny !allowed
http_access allow all
shutdown_lifetime 1 seconds
""")
    access = work / "access.log"
    access.unlink(missing_ok=True)
    lab.capture("squid_connect.pcap")
    node = lab.node_server("127.0.0.1:8091")
    lab.start(["squid", "-N", "-f", str(work / "squid.conf")], ready=("127.0.0.1", 3129))
    login = "Proxy-Authorization: Basic " + base64.b64encode(b"ann:secret").decode()
    clients = []

    def ask(target, *extra):
        p = raw.connect("127.0.0.1:3129", clients)
        p.log |= {"uri": target, "host": target, "method": "CONNECT"}
        p.send("\r\n".join([f"CONNECT {target} HTTP/1.1", f"Host: {target}", *extra]).encode() + b"\r\n\r\n")
        p.read_status()
        return p

    for target, extra in (("127.0.0.1:8091", ()), ("127.0.0.1:8092", (login,)), ("127.0.0.1:8095", (login,))):
        p = ask(target, *extra)
        p.drain()
        p.end()
    p = ask("127.0.0.1:8091", login)
    p.log |= {"uri": "/inside?x=1", "host": "127.0.0.1:8091", "method": "GET", "origin": "http://corp.example"}
    p.send(raw.request("/inside?x=1", "127.0.0.1:8091", Origin="http://corp.example"))
    p.read_status()
    p.message("through the tunnel")
    p.close_frame(1000, "bye")
    p.drain(until_close=True)
    p.end()
    refused = ask("127.0.0.1:8091", login)
    refused.log |= {"uri": "/refused?reject=403", "host": "127.0.0.1:8091", "method": "GET"}
    refused.send(raw.request("/refused?reject=403", "127.0.0.1:8091"))
    refused.read_status()
    refused.drain()
    refused.end()
    lab.capture_end()
    lab.end()
    inner = {r["uri"]: r for r in node.records}
    back = truth.join([], node.records)
    for row in back:
        mine = next(c for c in clients if c["uri"] == row["uri"])
        row |= {"leg": "back"}
        if mine["closes"]:
            row |= {"close": {k: mine["closes"][0][k] for k in ("code", "reason")} | {"by": "client"}, "ending": "clean"}
    sides = [{"sent": 0, "closes": []} | c | {k: inner[c["uri"]][k] for k in ("sent", "closes")} if c["uri"] in inner else c for c in clients]
    front = truth.join(clients, [s | {"side": "server"} for s in sides])
    version = "squid " + _version(["squid", "-v"], r"Version (\S+)")
    for row in front:
        if row["method"] == "CONNECT":
            row |= {"verdict": "proxy-failed", "cause": f"squid refuses the CONNECT with {row['status']}", "answered_by": "squid", "product": version,
                    "findings": [{407: "proxy-407", 403: "proxy-connect-denied", 503: "proxy-upstream-fail"}[row["status"]]]}
        else:
            row["leg"] = "front"
    for row in front + back:
        if row["status"] == 403 and row["method"] == "GET":
            row["product"] = truth.node_ws()
    dead = truth.handshake(server="127.0.0.1:8095", method=None, verdict="unreached", unchecked=["host", "uri", "origin"],
                           cause="squid's connect to the dead target was refused; its port is in no log")
    truth.write("squid_connect", "CONNECT through squid: 407 without credentials, 403 to a forbidden port, 503 to a dead target, 200 and a "
                "handshake inside, 200 and a handshake refused inside", [version, truth.node_ws(), truth.RAW], front + back + [dead])
