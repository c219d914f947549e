"""Caddy as the reverse proxy, and what it answers itself."""
import subprocess

import truth
from lab import WORK, Lab
from refusals import SILENT, STATUS, asked, called, go_server, go_version, rows, run

FRONT, BACK, GORILLA = "127.0.0.1:8140", "127.0.0.1:8141", "127.0.0.1:8142"
CONFIG = f"""{{
	admin off
	auto_https off
}}
http://{FRONT} {{
	bind 127.0.0.1
	log {{
		output stdout
		format json
	}}
	handle /dead* {{
		reverse_proxy 127.0.0.1:9
	}}
	handle /slow* {{
		reverse_proxy {BACK} {{
			transport http {{
				response_header_timeout 500ms
			}}
		}}
	}}
	handle /files* {{
		root * WORK/nothing
		file_server
	}}
	handle /forbidden* {{
		respond 403
	}}
	handle /moved* {{
		redir * /elsewhere
	}}
	handle /back* {{
		reverse_proxy {BACK}
	}}
	handle /gorilla* {{
		reverse_proxy {GORILLA}
	}}
}}
"""


def _record(line):
    """A line of Caddy's access log in the form of the other servers' logs."""
    r = line["request"]
    origin = r["headers"].get("Origin")
    return {"side": "server", "client": f"{r['remote_ip']}:{r['remote_port']}", "server": FRONT, "method": r["method"], "uri": r["uri"], "host": r["host"],
            "origin": origin[0] if origin else None, "http_version": r["proto"].removeprefix("HTTP/"),
            "status": line["status"] or None}  # 0 where it became a tunnel


def product_caddy_node():
    work, lab, own = WORK / "caddy", Lab(), ["traefik-caddy"]
    work.mkdir(exist_ok=True)
    (work / "Caddyfile").write_text(CONFIG.replace("WORK", str(work)))
    lab.capture("product_caddy_node.pcap")
    node = lab.node_server(BACK)
    gorilla = go_server(lab, "gorilla", GORILLA)
    caddy = lab.start(["env", f"HOME={work}", "caddy", "run", "--config", str(work / "Caddyfile"), "--adapter", "caddyfile"], ready=("127.0.0.1", 8140))
    others = ["nginx-page", "haproxy-page", "go-mux-404", "gorilla-reject", "ws-node-reject"]

    def no(cause, *ids, **more):
        return {"cause": cause, "findings": own + list(ids), "not_findings": others, "answered_by": "caddy"} | more

    def behind(cause, *ids, **more):
        return {"cause": cause, "findings": list(ids), "not_findings": own + others, "leg": "front", "product": truth.node_ws()} | more

    guest = {"allowed": ["req-no-credentials"]}
    cases = [
        called("/back/good", behind("none: success"), do=[["text", "hello"], ["messages", 1], ["close", 1000, "x"]]),
        called("/back/no?reject=403&body=not%20you", behind("the backend says 403", **guest)),
        called("/back/no?reject=502&body=bad", behind("the backend says 502")),
        called("/back/no?reject=502&body=", behind("the backend says 502, without a body: Caddy's own but for a Content-Type")),
        called("/back/no?reject=404&body=", behind("the backend says 404, without a body")),
        called("/dead", no("backend refuses connections")),
        asked("/slow?hang=1", no("backend does not answer"), wait=2),
        called("/files/nothing", no("no such file", findings=[], allowed=own)),
        called("/forbidden", no("respond 403", findings=[], allowed=own + guest["allowed"])),
        called("/moved", no("redir", findings=[], allowed=own + guest["allowed"])),
        called("/nowhere", no("no handler of its configuration: an empty 200", findings=[], allowed=own)),
        asked("/back/stripped", behind("no Upgrade arrives at Caddy", "req-upgrade-missing"), drop=["Upgrade"], Connection="close"),
    ]
    behind_gorilla = {"cause": "Origin is not Host: gorilla/websocket behind Caddy says so", "findings": ["gorilla-reject", "req-origin-mismatch"],
                      "not_findings": own + ["version-mismatch-answered"], "answered_by": "gorilla", "product": "gorilla/websocket "
                      + go_version("github.com/gorilla/websocket")}
    cases.append(called("/gorilla", behind_gorilla | {"leg": "front"}, origin="http://evil.example"))
    run(lab, FRONT, cases)
    lab.capture_end()
    lab.end()
    product = "Caddy " + subprocess.run(["caddy", "version"], capture_output=True, text=True).stdout.split()[0]
    front = rows(cases, [_record(r) for r in caddy.records if "request" in r and "status" in r], product=product)
    made = []
    for b in node.records:  # Caddy relays without a log of frames: the client's has them
        mine = next(c.log for c in cases if c.uri == b["uri"])
        row = truth.one(mine | {k: b[k] for k in ("client", "server", "host", "status", "http_version", "origin", "subprotocol", "extensions")}, b, {})
        row |= {"leg": "back", "product": truth.node_ws(), "not_findings": own + others}
        defects = ["req-upgrade-missing"] if "stripped" in b["uri"] else ["http-no-response"] if "hang" in b["uri"] else []
        row["findings"] = ([STATUS[b["status"]]] if b["status"] in STATUS else []) + defects
        made.append(row)
    made += [truth.one(None, SILENT | s, {}) | behind_gorilla | {"leg": "back", "findings": ["http-403"] + behind_gorilla["findings"]}
             for s in gorilla.records]
    for row in front + made:
        if "stripped" in row["uri"] or "hang" in row["uri"]:  # one was no upgrade, the other was not answered on both legs
            row.pop("leg", None)
    dead = truth.handshake(server="127.0.0.1:9", method=None, verdict="unreached", unchecked=["host", "uri", "origin"],
                           cause="Caddy's connect to the dead backend was refused; its port is in no log")
    truth.write("product_caddy_node", "Caddy before node: a success and 403, 404, 502 from the backend passed on; 403 of gorilla/websocket behind it; "
                "dead backend (502), silent backend (504), a file that is not there (404), 403, a redirect, an empty 200; no Upgrade (426 from the backend)",
                [product, truth.node_ws(), truth.RAW], front + made + [dead])
