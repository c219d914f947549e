"""Names that are not found, in all the ways in which a resolver can say so, and clients that get through all the same."""
import json
import subprocess
import sys
import time

import product
import refusals
import truth
import wires
from lab import HERE, WORK, Lab, Proc, within

CLIENT, HOST, SERVER = "192.0.2.10", "192.0.2.1", "198.51.100.7:8085"
FILTER = "tcp or udp port 53 or ip[6:2] & 0x1fff != 0"
IDS = ["dns-nxdomain", "dns-servfail-refused", "dns-nodata", "dns-timeout", "dns-sinkhole"]
FILTERED = "0.0.0.0 for a name that the filter blocks"


def _lookups(lab, net, urls):
    """Attempts of a real client, each after the other; those that found no address have no port, and none of these may have got through."""
    rows = []
    for name, expected in urls:
        hi = [["text", "hi"], ["messages", 1], ["close", 1000, "done"]]
        got = lab.node_client([{"url": f"ws://{name}:8085/chat", "do": hi}], net=net)[0]
        if bool(got["client"]) != (expected is None):
            raise SystemExit(f"{name}: {got}")
        rows.append((name, expected, got))
        time.sleep(0.05)
    return rows


def _truth(looked, servers):
    rows = truth.join([got | {"server": SERVER} for _, expected, got in looked if expected is None], servers)
    for row in rows:
        row["not_findings"] = IDS
    for name, expected, got in looked:
        if expected:
            finding, cause = expected
            rows.append(truth.unreached(None, None, f"{cause}: the client says {got['error']}", host=f"{name}:8085", findings=[finding],
                                        not_findings=[i for i in IDS if i != finding]))
    return rows


def _listening(net):
    """Wait until the resolver is there, without a packet."""
    for _ in range(300):
        if ":0035 " in open("/proc/net/udp").read():
            return
        time.sleep(0.02)
    raise SystemExit("no resolver listens")


def names_dnsmasq():
    """dnsmasq as the resolver of a network: what it knows, what it does not, a search domain, an ad list."""
    product.need("dnsmasq", package="dnsmasq-base")
    lab = Lab()
    with wires.resolving("nameserver 192.0.2.53\nsearch corp.test\noptions timeout:1 attempts:2\n", "2001:db8::10/64") as net:
        lab.node_server("198.51.100.7:8085")
        lab.start(["dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv", "--no-hosts", "--listen-address=192.0.2.53", "--bind-interfaces",
                   "--pid-file=", "--user=root", "--local=/test/", "--host-record=ws.example.test,198.51.100.7", "--txt-record=text.example.test,nothing-else",
                   "--host-record=chat.room.corp.test,198.51.100.7", "--address=/ads.example.test/0.0.0.0", "--address=/ads.example.test/::"])
        _listening(net)
        lab.capture("names_dnsmasq.pcap", filter=FILTER, iface="names0")
        looked = _lookups(lab, net, [
            ("ws.example.test", None),
            ("missing.example.test", ("dns-nxdomain", "NXDOMAIN, also with the search domain")),
            ("text.example.test", ("dns-nodata", "there is a TXT record only")),
            ("chat.room", None),  # not as it is, but in the search domain
            ("ws.example.test", None),
        ])
        servers = lab.end()
    truth.write("names_dnsmasq", "names asked of dnsmasq: one that exists, with an address of one family; one that does not; one with a TXT record only; one that "
                "exists in the search domain", [product.version("dnsmasq", "dnsmasq", "--version"), truth.node_ws()], _truth(looked, servers))


UNBOUND = """server:
	interface: 192.0.2.53
	access-control: 0.0.0.0/0 allow
	username: ""
	chroot: ""
	directory: "WORK"
	pidfile: "WORK/pid"
	use-syslog: no
	do-daemonize: no
	module-config: "iterator"
	do-not-query-localhost: yes
	local-zone: "example.test." static
	local-data: "ws.example.test. 300 IN A 198.51.100.7"
	local-data: "mail.example.test. 300 IN MX 10 ws.example.test."
	local-zone: "closed.test." refuse
	local-zone: "tracker.test." always_null
	local-zone: "gone.test." always_nxdomain
	local-zone: "broken.test." transparent
remote-control:
	control-enable: no
forward-zone:
	name: "broken.test."
	forward-addr: 127.0.0.1@5399
"""


def names_unbound():
    """unbound with zones that it refuses, blocks and cannot ask."""
    product.need("unbound", package="unbound")
    lab, work = Lab(), WORK / "unbound"
    work.mkdir(exist_ok=True)
    (work / "unbound.conf").write_text(UNBOUND.replace("WORK", str(work)))
    with wires.resolving("nameserver 192.0.2.53\noptions timeout:2 attempts:1\n", "2001:db8::10/64") as net:
        lab.node_server("198.51.100.7:8085")
        lab.start(["unbound", "-d", "-c", str(work / "unbound.conf")])
        _listening(net)
        lab.capture("names_unbound.pcap", filter=FILTER, iface="names0")
        looked = _lookups(lab, net, [
            ("ws.example.test", None),
            ("other.example.test", ("dns-nxdomain", "a static zone without the name")),
            ("mail.example.test", ("dns-nodata", "there is an MX record only")),
            ("ws.closed.test", ("dns-servfail-refused", "a zone that is refused")),
            ("ws.broken.test", ("dns-servfail-refused", "the server of the zone must not be asked")),
            ("ws.gone.test", ("dns-nxdomain", "a zone that is answered with NXDOMAIN")),
        ])
        sinkhole = lab.node_client([{"url": "ws://ads.tracker.test:8085/", "do": []}], net=net)[0]
        servers = lab.end()
    rows = _truth(looked, servers)
    rows.append(truth.unreached(None, None, f"{FILTERED}: the client says {sinkhole.get('error')}", host="ads.tracker.test:8085", findings=["dns-sinkhole"],
                                not_findings=[i for i in IDS if i != "dns-sinkhole"]))
    truth.write("names_unbound", "names asked of unbound: a static zone, a zone that it refuses, one whose server it must not ask, one that it blocks",
                [product.version("unbound", "unbound", "-V"), truth.node_ws()], rows)


def names_two_resolvers():
    """Two resolvers of which the first fails or says nothing, and a name that both fail with; aliases; an answer that is cut and comes over TCP."""
    lab = Lab()
    with wires.resolving("nameserver 192.0.2.53\nnameserver 192.0.2.54\noptions timeout:1 attempts:2\n") as net:
        lab.node_server("198.51.100.7:8085")
        there = {"a": ["198.51.100.7"]}
        first = {"ok.example.test": there, "half.example.test": {"rcode": 2}, "mute.example.test": {"silent": True}, "both.example.test": {"rcode": 2},
                 "mixed.example.test": {"rcode": 5}, "lost.example.test": {"silent": True}, "alias.example.test": {"cname": "lb.example.test"},
                 "lb.example.test": there, "dangling.example.test": {"cname": "nowhere.example.test"}, "empty.example.test": {"cname": "void.example.test"},
                 "void.example.test": {}, "big.example.test": there | {"truncate": True}}
        second = {"half.example.test": there, "mute.example.test": there, "both.example.test": {"rcode": 2}, "mixed.example.test": {"rcode": 2},
                  "lost.example.test": {"silent": True}}
        for at, zone in (("192.0.2.53", first), ("192.0.2.54", second)):
            lab.start([sys.executable, str(HERE / "resolver.py"), at, json.dumps(zone)], ready=(at, 53))
        lab.capture("names_two_resolvers.pcap", filter=FILTER, iface="names0")
        looked = _lookups(lab, net, [
            ("ok.example.test", None),
            ("half.example.test", None),  # SERVFAIL, and the second knows
            ("mute.example.test", None),  # silence, and the second knows
            ("both.example.test", ("dns-servfail-refused", "SERVFAIL from both resolvers")),
            ("mixed.example.test", ("dns-servfail-refused", "REFUSED from one resolver and SERVFAIL from the other")),
            ("lost.example.test", ("dns-timeout", "neither resolver answers")),
            ("alias.example.test", None),
            ("dangling.example.test", ("dns-nxdomain", "an alias of a name that does not exist")),
            ("empty.example.test", ("dns-nodata", "an alias of a name without an address")),
            ("big.example.test", None),
        ])
        servers = [r for r in lab.end() if "side" in r]
    truth.write("names_two_resolvers", "two resolvers: the first fails or says nothing and the second knows, both fail, both say nothing; aliases to an address, to a "
                "name that does not exist and to one without an address; an answer that comes over TCP",
                ["hand-written resolver (Python)", truth.node_ws()], _truth(looked, servers))


PYTHON = """
import asyncio, json, sys, websockets
async def attempt():
    log = {"side": "client", "client": None, "status": None}
    try:
        async with websockets.connect(sys.argv[1], close_timeout=2) as ws:
            log["client"], log["status"] = "%s:%d" % ws.local_address[:2], 101
    except Exception as e:
        log["error"] = "%s: %s" % (type(e).__name__, e)
    print(json.dumps(log))
asyncio.run(attempt())
"""


def names_clients():
    """The same failures as Python's and Go's clients meet them: getaddrinfo, and a resolver of the client's own."""
    lab = Lab()
    binary = WORK / "goservers"
    subprocess.run(["go", "build", "-o", str(binary), "."], cwd=HERE / "goservers", check=True)
    clients = (("python", ["/usr/bin/python3", "-c", PYTHON]), ("go", [str(binary), "dial"]))
    there = {"a": ["198.51.100.7"]}
    fails = [("gone", "dns-nxdomain", {"rcode": 3}), ("broken", "dns-servfail-refused", {"rcode": 2}), ("closed", "dns-servfail-refused", {"rcode": 5}),
             ("empty", "dns-nodata", {}), ("mute", "dns-timeout", {"silent": True})]
    zone = {f"{client}-{name}.example.test": what for client, _ in clients for name, _, what in fails}
    zone |= {f"{client}.example.test": there for client, _ in clients}
    known, rows = [], []
    with wires.resolving("nameserver 192.0.2.53\nnameserver 192.0.2.54\noptions timeout:1 attempts:2\n", "2001:db8::10/64") as net:
        lab.node_server("198.51.100.7:8085")
        for at in ("192.0.2.53", "192.0.2.54"):
            lab.start([sys.executable, str(HERE / "resolver.py"), at, json.dumps(zone)], ready=(at, 53))
        lab.capture("names_clients.pcap", filter=FILTER, iface="names0")
        for client, command in clients:
            for name, finding, _ in [("", None, None), *fails]:
                host = f"{client}-{name}.example.test" if name else f"{client}.example.test"
                got = Proc([*within(net), *command, f"ws://{host}:8085/{client}"]).wait()[0]
                if bool(got["client"]) == bool(finding):
                    raise SystemExit(f"{host}: {got}")
                if finding:
                    rows.append(truth.unreached(None, None, f"{name}: the client says {got['error']}", host=f"{host}:8085", findings=[finding],
                                                not_findings=[i for i in IDS if i != finding]))
                else:
                    known.append(got)
                time.sleep(0.3)
        servers = [r for r in lab.end() if "side" in r]
    if sorted(r["client"] for r in servers) != sorted(r["client"] for r in known):
        raise SystemExit(f"{servers} {known}")
    rows += [truth.handshake(**{k: s[k] for k in ("client", "host", "uri", "status")}, server=SERVER, origin=s["origin"], ending="clean", not_findings=IDS,
                             unchecked=["close"]) for s in servers]
    websockets = product.version("websockets", "/usr/bin/python3", "-c", "import websockets.version as v; print(v.version)")
    truth.write("names_clients", "names that do not exist, fail, are refused, have no address and are not answered, each asked for by Python's getaddrinfo and by "
                "Go's own resolver, with two resolvers; and one that exists",
                ["hand-written resolver (Python)", f"{websockets} (Python)", f"gorilla/websocket {refusals.go_version('github.com/gorilla/websocket')}",
                 f"Go {refusals.go_version()}", truth.node_ws()], rows)
