"""Products that only some scenes need: where they are, what they are called, and programs of ours on top of them."""
import contextlib
import glob
import json
import os
import re
import subprocess

import raw
import truth
from lab import HERE, WORK

SOURCES = HERE / "servers_other"


def need(pattern, package, how="apt install"):
    """The newest path that a pattern names. Without one the scene cannot run, and says which package has it."""
    found = sorted(glob.glob(pattern), key=lambda p: [int(n) for n in re.findall(r"\d+", p)])
    if not found:
        raise SystemExit(f"generate: {pattern} is missing, {how} {package}")
    return found[-1]


def version(package):
    """The version of a Debian package as its authors count: no epoch, no revision."""
    said = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", package], capture_output=True, text=True).stdout
    return re.sub(r"^\d+:|[-+~][^-]*$|\+dfsg.*", "", said)


def npm(package, release):
    """The folder of an npm package and its version."""
    found = need(str(WORK / "npm/node_modules" / package), f"{package}@{release}", "npm install --ignore-scripts --prefix $WSTAP_WORK/npm")
    return found, json.loads(open(found + "/package.json").read())["version"]


def java(name, jars, *sources):
    """The command that runs the class NAME of servers_other/NAME.java, compiled into $WSTAP_WORK."""
    need("/usr/bin/javac", "default-jdk-headless")
    out = WORK / "java" / name
    out.mkdir(parents=True, exist_ok=True)
    path = os.pathsep.join([*map(str, jars), str(out)])
    files = [SOURCES / f"{name}.java", SOURCES / "Log.java", *sources]
    subprocess.run(["javac", "-nowarn", "-Xlint:-deprecation", "-proc:none", "-d", str(out), "-cp", path, *map(str, files)], check=True)
    return ["java", "-Xshare:auto", "-cp", path, name]


def compiled(name, source, *flags):
    """The command that runs a C or C++ program of servers_other, compiled into $WSTAP_WORK."""
    out = WORK / name
    if out.exists() and out.stat().st_mtime > (SOURCES / source).stat().st_mtime:
        return [str(out)]
    subprocess.run([need("/usr/bin/g++" if source.endswith("cc") else "/usr/bin/gcc", "g++"), "-O1", "-o", str(out), str(SOURCES / source), *flags],
                   check=True)
    return [str(out)]


def ask(at, logs, *attempts):
    """Attempts of a hand-written client, each (uri, fields of raw.request), which says goodbye where it was let in."""
    for uri, fields in attempts:
        fields = dict(fields)
        host, early, patience, says = (fields.pop(k, v) for k, v in {"host": at, "early": b"", "patience": 10, "says": None}.items())
        p = raw.connect(at, logs)
        p.log |= {"uri": uri, "host": host, "method": fields.get("method", "GET"), "http_version": fields.get("version", "1.1"),
                  "origin": fields.get("Origin")}
        p.send(raw.request(uri, host, **fields) + early)
        p.s.settimeout(patience)
        with contextlib.suppress(TimeoutError, ConnectionError):
            chosen = re.search(r"(?im)^sec-websocket-protocol: *(.*)$", p.read_status())
            p.log["subprotocol"] = chosen and chosen[1]
        let_in = p.log["status"] == 101
        if let_in and says:
            p.message(says)
        if let_in:
            p.close_frame(1000, "ok")
        frames = p.drain(until_close=let_in)
        p.log["closed"] = let_in and any(f[0] == 8 for f in frames)
        p.end()


STATUS_ROWS = {s: f"http-{s}" for s in (200, 400, 401, 403, 404, 426, 429, 500, 502, 503)} | {504: "http-504-408", 408: "http-504-408"} \
    | {s: "http-redirect" for s in (301, 302, 303, 307, 308)}


def judged(clients, servers, product, name, said):
    """Rows of the attempts, with what servers leave out of their logs (frames, or everything), and with what has to be found.

    said has the fields of each URI, findings without those of the status. Where the answer carries none of the product's
    own marks, "marks" is False there: then nobody can be asked to name it.
    """
    mine = {c["client"]: c for c in clients}
    logged = {s["client"] for s in servers}
    servers = servers + [dict(c, side="server") for c in clients if c["client"] not in logged]
    for s in servers:
        c = mine[s["client"]]
        closed = c["status"] == 101 and c.get("closed") not in (None, False, 1006)
        s |= {"sent": c["received"], "received": c["sent"], "closes": [{"t": 9e18, "code": 1000, "reason": "ok"}] if closed else []}
    rows = truth.join(clients, servers)
    if set(said) - {h["uri"] for h in rows}:
        raise SystemExit(f"nobody asked for {set(said) - {h['uri'] for h in rows}}")
    for h in rows:
        about = dict(said.get(h["uri"], {}))
        found = about.pop("findings", [])
        marks = about.pop("marks", True)
        if h["status"] != 101:
            found = [row for row in [STATUS_ROWS.get(h["status"])] if row] + found
            h |= {"product": product} | ({"answered_by": name} if marks and name and h["status"] else {})
        if found:
            h["findings"] = found
        h |= about
    return rows
