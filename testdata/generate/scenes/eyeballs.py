"""Names with an IPv4 and an IPv6 address of which one cannot be reached: clients that try both, and what becomes of it."""
import json
import subprocess
import sys
import time

import product
import refusals
import truth
import wires
from lab import HERE, WORK, Lab, Proc, within

NOISE = "tcp-happy-eyeballs-noise"
IDS = ["tcp-refused", "tcp-syn-unanswered", "icmp-unreachable", "icmp-admin-prohibited", NOISE]
GOOD, CLOSED = "198.51.100.7", "198.51.100.8"
# By name: the IPv6 address, the IPv4 address, and what the connect to the former finds.
NAMES = {"closed6": ("2001:db8::8", GOOD, "tcp-refused"), "silent6": ("2001:db8::9", GOOD, None), "filtered6": ("2001:db8::a", GOOD, "icmp-admin-prohibited"),
         "dead": ("2001:db8::8", CLOSED, "tcp-refused")}
RULES = ["ip6tables -A INPUT -d 2001:db8::9 -p tcp -j DROP", "ip6tables -A INPUT -d 2001:db8::a -p tcp -j REJECT --reject-with icmp6-adm-prohibited"]


def eyeballs():
    """Node and Go, which try the addresses of a name in turn (RFC 8305)."""
    product.need("ip6tables", package="iptables")
    lab, binary = Lab(), WORK / "goservers"
    subprocess.run(["go", "build", "-o", str(binary), "."], cwd=HERE / "goservers", check=True)
    zone = {f"{client}-{name}.example.test": {"aaaa": [six], "a": [four]} for client in ("node", "go") for name, (six, four, _) in NAMES.items()}
    zone["ok.example.test"] = {"a": [GOOD]}
    rows, known = [], []
    with wires.resolving("nameserver 192.0.2.53\noptions timeout:1 attempts:2\n", "2001:db8::10/64") as net:
        for at in ("2001:db8::8", "2001:db8::9", "2001:db8::a"):
            wires.run("", f"ip addr add {at}/64 dev names0 nodad")
        wires.run("", f"ip addr add {CLOSED}/24 dev names0")
        for rule in RULES:
            wires.run("", rule)
        lab.node_server(f"{GOOD}:8085")
        lab.start([sys.executable, str(HERE / "resolver.py"), "192.0.2.53", json.dumps(zone)], ready=("192.0.2.53", 53))
        lab.capture("eyeballs.pcap", filter="tcp or icmp6 or udp port 53", iface="names0")
        # A failed connect is a row where its name is known to be a WebSocket server's.
        known += lab.node_client([{"url": f"ws://{GOOD}:8085/known", "headers": {"Host": f"{client}-dead.example.test:8085"},
                                   "do": [["text", "hi"], ["messages", 1], ["close", 1000, "done"]]} for client in ("node", "go")], net=net)
        for client in ("node", "go"):
            for name, (six, four, finds) in NAMES.items():
                host = f"{client}-{name}.example.test"
                url = f"ws://{host}:8085/{client}"
                if client == "node":
                    got = lab.node_client([{"url": url, "do": [["text", "hi"], ["messages", 1], ["close", 1000, "done"]]}], net=net)[0]
                else:
                    got = Proc([*within(net), str(binary), "dial", url]).wait()[0]
                if bool(got["client"]) != (four == GOOD):
                    raise SystemExit(f"{host}: {got}")
                failed = dict(host=f"{host}:8085", not_findings=[i for i in IDS if i not in (finds, NOISE)])
                noise = [NOISE] if four == GOOD else []
                cause = f"{client} connects to {four} instead" if noise else f"no address works: {got['error']}"
                rows.append(truth.unreached(None, f"[{six}]:8085", cause, findings=noise + [finds] * bool(finds), **failed))
                if four == GOOD:
                    known.append(got | {"server": f"{GOOD}:8085"})
                else:
                    rows.append(truth.unreached(None, f"{four}:8085", cause, findings=["tcp-refused"], **failed | {"not_findings": [NOISE]}))
                time.sleep(0.3)
        servers = [r for r in lab.end() if "side" in r]
    by_client = {s["client"]: s for s in servers}
    for got in known:
        s = by_client[got["client"]]
        rows.append(truth.handshake(**{k: s[k] for k in ("client", "host", "uri", "status")}, messages_client=s["received"], messages_server=s["sent"], server=f"{GOOD}:8085", origin=s["origin"], ending="clean",
                                    not_findings=IDS, unchecked=["close"]))
    truth.write("eyeballs", "names with an address of each family: the IPv6 one refuses, drops or rejects and the IPv4 one works, or neither does; Node and Go as clients",
                ["hand-written resolver (Python)", truth.node_ws(), f"Go {refusals.go_version()}"], rows)
