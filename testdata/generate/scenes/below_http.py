"""Connects that never reach a server, each for a reason of its own, between two routers whose rules and routes say no.

The scene's own namespace is the client, 10.50.0.1 and fd50::1; one router is 10.50.0.254 and the other, behind a narrow
link, 10.50.2.254; the server is 10.50.2.2 and fd50:2::2. The capture stands at the client.
"""
import contextlib
import socket
import struct
import threading
import time

import raw
import truth
from lab import Lab, sh
from wires import Nets, forward, inside, run, veth

SERVER, SERVER6 = "10.50.2.2", "fd50:2::2"
CLIENT, CLIENT6 = "10.50.0.1", "fd50::1"
NEAR, NEAR6 = "10.50.0.254", "fd50::fe"
FAR, FAR6 = "10.50.1.2", "fd50:1::2"  # the second router, as the first one reaches it
KERNEL = "Linux kernel " + ".".join(__import__("os").uname().release.split(".")[:2])
ICMP = ["icmp-unreachable", "icmp-admin-prohibited"]
CONNECT = [*ICMP, "tcp-refused", "tcp-syn-unanswered"]


@contextlib.contextmanager
def _routed(middle=1500):
    """Client, two routers with a link of that MTU between them, server; the names of the last three."""
    with Nets("near", "far", "server") as (near, far, server):
        veth(("", "c0", CLIENT + "/24", CLIENT6 + "/64"), (near, "n0", NEAR + "/24", NEAR6 + "/64"))
        veth((near, "n1", "10.50.1.1/24", "fd50:1::1/64"), (far, "f0", FAR + "/24", FAR6 + "/64"), mtu=middle)
        veth((far, "f1", "10.50.2.254/24", "fd50:2::fe/64"), (server, "s0", SERVER + "/24", SERVER6 + "/64"))
        forward(near)
        forward(far)
        for n, (net, dev) in enumerate(((near, "n0"), (near, "n1"), (far, "f0"), (far, "f1")), 1):
            run(net, f"ip addr add fe80::{n}/64 dev {dev} nodad")  # a router asks for neighbours from such an address
        for net, via, via6 in (("", NEAR, NEAR6), (server, "10.50.2.254", "fd50:2::fe")):
            run(net, f"ip route add default via {via}")
            run(net, f"ip -6 route add default via {via6}")
        for net, to, via, via6 in ((near, 2, FAR, FAR6), (far, 0, "10.50.1.1", "fd50:1::1")):
            run(net, f"ip route add 10.50.{to}.0/24 via {via}")
            run(net, f"ip -6 route add fd50:{to}::/64 via {via6}".replace("fd50:0::", "fd50::"))
        for net in (near, far, server):
            run(net, "sysctl -qw net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0 net.ipv4.icmp_msgs_per_sec=100000")
        yield near, far, server


def _socket(six):
    s = socket.socket(socket.AF_INET6 if six else socket.AF_INET)
    s.bind((CLIENT6 if six else CLIENT, 0))
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return s


def _connect(host, port, logs, wait=10):
    s = _socket(":" in host)
    s.settimeout(wait)
    s.connect((host, port))
    p = raw.Peer(s, "client")
    logs.append(p.log)
    return p


def _fails(host, port, why, found, *, wait=10, ttl=None, allowed=(), nots=None):
    """A connect that fails; its row."""
    six = ":" in host
    s = _socket(six)
    s.settimeout(wait)
    if ttl:
        s.setsockopt(socket.IPPROTO_IPV6 if six else socket.IPPROTO_IP, socket.IPV6_UNICAST_HOPS if six else socket.IP_TTL, ttl)
    here = raw.address(s.getsockname())
    try:
        s.connect((host, port))
    except OSError as e:
        said = f"{e.errno}" if e.errno is None else str(e)
    else:
        raise SystemExit(f"{host} {port} accepts connections")
    s.close()
    to = f"[{host}]:{port}" if six else f"{host}:{port}"
    nots = [i for i in CONNECT if i != found] if nots is None else nots
    return truth.unreached(here, to, f"{why}: the client's system says {said if said != 'None' else 'nothing for ' + str(wait) + ' s'}",
                           findings=[found], not_findings=nots, allowed=list(allowed), product=KERNEL)


def _answer(p):
    """What the server does: a good handshake and one message back, or what the path asks for."""
    try:
        fields = p.read_request()
    except OSError:  # nothing arrives
        return p.end()
    what = p.log["uri"].strip("/").split("?")[0]
    if what.startswith("silent"):
        p.s.settimeout(12)
        try:
            while p.s.recv(65536):
                pass
        except OSError:
            pass
        return p.end()
    if what == "reset":
        return p.end("rst")
    p.log["status"] = 101
    p.send(raw.response_101(fields["sec-websocket-key"]))
    p.drain(until_close=True)
    p.close_frame(1000, "done", echo=True)
    p.end()


def _serve(server, port, logs, six=False):
    with inside(server):
        raw.listen(f"[{SERVER6}]:{port}" if six else f"{SERVER}:{port}", _answer, logs)
    time.sleep(0.2)


def _talk(p, uri, host, **fields):
    """A handshake, one message, and Close."""
    p.log |= {"uri": uri, "host": host}
    p.send(raw.request(uri, host, **fields))
    p.read_status()
    p.message("hi")
    p.close_frame(1000, "done")
    p.drain(until_close=True)
    p.end()


def _well(host, port, clients, uri="/well"):
    _talk(_connect(host, port, clients), uri, f"[{host}]:{port}" if ":" in host else f"{host}:{port}")


def _rows(clients, servers, found=None):
    rows = truth.join(clients, [s for s in servers if s["uri"]])
    for row in rows:
        row |= (found or {}).get(row["uri"], {"not_findings": CONNECT + ["tcp-backlog-slow", "tcp-mtu-blackhole", "tcp-rst-injected"]})
        row.setdefault("product", KERNEL)
    return rows


def icmp_reject():
    """Every way in which iptables, nftables and routes of Linux say no to a SYN over IPv4."""
    lab, clients, servers = Lab(), [], []
    with _routed() as (near, far, server):
        _serve(server, 8201, servers)
        for n, how in enumerate(("icmp-net-unreachable", "icmp-host-unreachable", "icmp-proto-unreachable", "icmp-port-unreachable",
                                 "icmp-net-prohibited", "icmp-host-prohibited", "icmp-admin-prohibited", "tcp-reset")):
            run(server, f"iptables -A INPUT -p tcp --dport {8210 + n} -j REJECT --reject-with {how}")
        run(near, "nft add table inet t")
        run(near, "nft 'add chain inet t c { type filter hook forward priority 0; }'")
        run(near, "nft add rule inet t c tcp dport 8220 reject")
        run(near, "nft add rule inet t c tcp dport 8221 reject with icmp type admin-prohibited")
        run(near, "nft add rule inet t c tcp dport 8222 reject with tcp reset")
        run(near, "nft add rule inet t c tcp dport 8223 drop")
        run(near, "ip route add unreachable 10.51.0.0/16")
        run(near, "ip route add prohibit 10.52.0.0/16")
        run(near, "ip route add blackhole 10.53.0.0/16")
        lab.capture("icmp_reject.pcap", filter="tcp or icmp", iface="c0")
        _well(SERVER, 8201, clients)
        rows = []
        for n in range(4):
            rows.append(_fails(SERVER, 8210 + n, "iptables on the server rejects with " + ("net", "host", "proto", "port")[n] + " unreachable", ICMP[0]))
        for n in range(4, 7):
            rows.append(_fails(SERVER, 8210 + n, "iptables on the server rejects with " + ("net", "host", "admin")[n - 4] + " prohibited", ICMP[1]))
        rows.append(_fails(SERVER, 8217, "iptables on the server rejects with a reset", "tcp-refused"))
        rows.append(_fails(SERVER, 8299, "nothing listens on the port", "tcp-refused"))
        rows.append(_fails(SERVER, 8220, "nftables on the router rejects", ICMP[0]))
        rows.append(_fails(SERVER, 8221, "nftables on the router rejects with admin-prohibited", ICMP[1]))
        rows.append(_fails(SERVER, 8222, "nftables on the router rejects with a reset", "tcp-refused"))
        rows.append(_fails("10.51.0.1", 8201, "the router has an unreachable route", ICMP[0]))
        rows.append(_fails("10.52.0.1", 8201, "the router has a prohibit route", ICMP[1]))
        rows.append(_fails("10.54.0.1", 8201, "the router has no route", ICMP[0]))
        rows.append(_fails(SERVER, 8201, "the client's TTL of 1 ends at the router", ICMP[0], ttl=1))
        rows.append(_fails("10.50.2.77", 8201, "no host has the address: the last router gets no answer to ARP", ICMP[0]))
        lab.end()
        rows = _rows(clients, servers) + rows
    truth.write("icmp_reject", "a handshake, and connects over IPv4 that routers and firewalls refuse in every way that Linux has", [KERNEL, truth.RAW], rows,
                implies=False)


def icmp6_reject():
    """The same over IPv6."""
    lab, clients, servers = Lab(), [], []
    with _routed() as (near, far, server):
        _serve(server, 8201, servers, six=True)
        for n, how in enumerate(("no-route", "addr-unreach", "port-unreach", "adm-prohibited", "policy-fail", "reject-route", "tcp-reset")):
            with_ = {"no-route": "icmp6-no-route", "addr-unreach": "icmp6-addr-unreachable", "port-unreach": "icmp6-port-unreachable",
                     "adm-prohibited": "icmp6-adm-prohibited"}.get(how, how)
            run(server, f"ip6tables -A INPUT -p tcp --dport {8210 + n} -j REJECT --reject-with {with_}")
        run(near, "ip -6 route add unreachable fd51::/32")
        run(near, "ip -6 route add prohibit fd52::/32")
        run(near, "ip -6 route add blackhole fd53::/32")
        lab.capture("icmp6_reject.pcap", filter="tcp or (icmp6 and ip6[40] < 128)", iface="c0")
        _well(SERVER6, 8201, clients)
        rows = []
        for n in range(3):
            rows.append(_fails(SERVER6, 8210 + n, "ip6tables on the server rejects with " + ("no-route", "addr-unreach", "port-unreach")[n], ICMP[0]))
        for n in range(3, 6):
            rows.append(_fails(SERVER6, 8210 + n, "ip6tables on the server rejects with " + ("adm-prohibited", "policy-fail", "reject-route")[n - 3], ICMP[1]))
        rows.append(_fails(SERVER6, 8216, "ip6tables on the server rejects with a reset", "tcp-refused"))
        rows.append(_fails("fd51::1", 8201, "the router has an unreachable route", ICMP[0]))
        rows.append(_fails("fd52::1", 8201, "the router has a prohibit route", ICMP[1]))
        rows.append(_fails("fd54::1", 8201, "the router has no route", ICMP[0]))
        rows.append(_fails(SERVER6, 8201, "the client's hop limit of 1 ends at the router", ICMP[0], ttl=1))
        rows.append(_fails("fd50:2::77", 8201, "no host has the address: the last router gets no answer to neighbour discovery", ICMP[0]))
        lab.end()
        rows = _rows(clients, servers) + rows
    truth.write("icmp6_reject", "a handshake, and connects over IPv6 that routers and firewalls refuse in every way that Linux has", [KERNEL, truth.RAW], rows,
                implies=False)


def syn_dropped():
    """SYNs that are dropped: for good by a firewall and a route, for a while by a firewall and by a full accept queue."""
    lab, clients, servers = Lab(), [], []
    with _routed() as (near, far, server):
        _serve(server, 8201, servers)
        run(near, "ip route add blackhole 10.53.0.0/16")
        run(near, "iptables -A FORWARD -p tcp --dport 8223 -j DROP")
        lab.capture("syn_dropped.pcap", filter="tcp or icmp", iface="c0")
        _well(SERVER, 8201, clients)
        rows = [_fails(SERVER, 8223, "iptables on the router drops", "tcp-syn-unanswered", wait=8),
                _fails("10.53.0.1", 8201, "the router has a blackhole route", "tcp-syn-unanswered", wait=8)]
        run(far, "iptables -A FORWARD -p tcp --dport 8201 --syn -j DROP")
        threading.Timer(2, run, (far, "iptables -F FORWARD")).start()
        _well(SERVER, 8201, clients, "/late")
        with inside(server):
            full = socket.socket()
            full.bind((SERVER, 8202))
            full.listen(0)
        waiting = [_connect(SERVER, 8202, []) for _ in range(1)]

        def accept():
            for _ in range(2):
                s, _ = full.accept()
                s.settimeout(10)
                p = raw.Peer(s, "server")
                servers.append(p.log)
                if p.log["client"] == waiting[0].log["client"]:
                    s.close()
                else:
                    _answer(p)
        threading.Timer(2, accept).start()
        _well(SERVER, 8202, clients, "/queue")
        lab.end()
        rows = _rows(clients, servers, {uri: {"findings": ["tcp-backlog-slow"], "not_findings": CONNECT} for uri in ("/late", "/queue")}) + rows
        rows.append(truth.unreached(waiting[0].log["client"], f"{SERVER}:8202", "taken out of the queue late and closed before a byte was sent",
                                    findings=["tcp-accept-then-reset"], not_findings=CONNECT, product=KERNEL))
    truth.write("syn_dropped", "SYNs that a firewall and a route drop, and two that are accepted late: when the firewall lets them, when the accept queue has room",
                [KERNEL, truth.RAW], rows, implies=False)


def mtu_blackhole():
    """Requests longer than what the narrow link takes, with and without the ICMP error that says so, and with a server that is gone."""
    lab, clients, servers = Lab(), [], []
    cookie = {"Cookie": "session=" + "x" * 1700}
    with _routed(middle=1300) as (near, far, server):
        _serve(server, 8201, servers)
        lab.capture("mtu_blackhole.pcap", filter="tcp or icmp", iface="c0")

        def gives_up(uri, seconds=4, between=None, **fields):
            p = _connect(SERVER, 8201, clients)
            p.log |= {"uri": uri, "host": f"{SERVER}:8201"}
            if between:
                between()
            p.send(raw.request(uri, f"{SERVER}:8201", **fields))
            p.s.settimeout(seconds)
            try:
                p.read_status()
            except OSError:
                pass
            p.end()

        _well(SERVER, 8201, clients)
        run(near, "iptables -A OUTPUT -p icmp -j DROP")
        gives_up("/silent-hole", **cookie)
        gives_up("/silent-short")
        gives_up("/silent-long", **cookie | {"Cookie": "session=" + "x" * 600})
        gives_up("/silent-gone", between=lambda: run(near, "iptables -A FORWARD -p tcp --dport 8201 -j DROP"), **cookie)
        run(near, "iptables -F FORWARD")
        run(near, "iptables -F OUTPUT")
        p = _connect(SERVER, 8201, clients)
        _talk(p, "/told", f"{SERVER}:8201", **cookie)
        lab.end()
        no = {"not_findings": ["tcp-mtu-blackhole", *CONNECT], "findings": ["http-no-response"], "verdict": "unanswered"}
        found = {
            "/silent-hole": {"findings": ["tcp-mtu-blackhole"], "not_findings": CONNECT, "allowed": ["http-no-response", "http-empty-reply", "net-lossy-path"], "verdict": "unanswered",
                             "cause": "the request does not fit the narrow link, and the ICMP error that says so is filtered"},
            "/silent-short": no | {"cause": "the server reads a short request and says nothing"},
            "/silent-long": no | {"cause": "the server reads a request of one segment that fits and says nothing"},
            "/silent-gone": no | {"cause": "the router drops all that comes after the connect", "findings": [], "allowed": ["http-no-response", "net-lossy-path"]},
            "/told": {"not_findings": ["tcp-mtu-blackhole", *CONNECT], "cause": "", "allowed": ["net-lossy-path"]},
        }
        rows = _rows(clients, servers, found)
    for row in rows:
        if row["uri"].startswith("/silent"):
            row |= {"status": None, "ending": "none"}
    truth.write("mtu_blackhole", "requests longer than a link on the way takes: without the ICMP error that says so, and with it; and servers that say nothing",
                [KERNEL, truth.RAW], [truth.handshake(**row) for row in rows], implies=False)


def _injector(net, dev, word):
    """A filter beside the path: it forges a RST to the client for every request with the word in it, and lets it pass."""
    with inside(net):
        tap = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x0800))
        tap.bind((dev, 0x0800))
        out = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)

    def checksum(b):
        n = sum(struct.unpack(f"!{len(b) // 2}H", b))
        n = (n & 0xFFFF) + (n >> 16)
        return ~(n + (n >> 16)) & 0xFFFF

    def loop():
        while True:
            b, where = tap.recvfrom(65536)
            head = (b[0] & 15) * 4
            if where[2] == socket.PACKET_OUTGOING or b[9] != 6 or word not in b[head:]:
                continue
            source, target, (sport, dport, _, ack) = b[12:16], b[16:20], struct.unpack("!HHII", b[head:head + 12])
            tcp = struct.pack("!HHIIBBHHH", dport, sport, ack, 0, 5 << 4, 4, 0, 0, 0)
            tcp = tcp[:16] + struct.pack("!H", checksum(target + source + struct.pack("!HH", 6, 20) + tcp)) + tcp[18:]
            ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 40, 0x7A69, 0, 47, 6, 0, target, source)
            out.sendto(ip + tcp, (socket.inet_ntoa(source), 0))

    threading.Thread(target=loop, daemon=True).start()


def rst_injected():
    """Resets of a router, of a filter beside the path, and of the server itself, whose TTL is not theirs."""
    lab, clients, servers = Lab(), [], []
    with _routed() as (near, far, server):
        run(server, "sysctl -qw net.ipv4.ip_default_ttl=128")
        _serve(server, 8201, servers)
        run(near, "iptables -A FORWARD -p tcp --dport 8201 -m string --algo bm --string forbidden-word -j REJECT --reject-with tcp-reset")
        _injector(near, "n0", b"forged-word")
        lab.capture("rst_injected.pcap", filter="tcp or icmp", iface="c0")
        _well(SERVER, 8201, clients)
        for uri in ("/silent?forbidden-word", "/reset", "/forged-word"):
            p = _connect(SERVER, 8201, clients)
            p.log |= {"uri": uri, "host": f"{SERVER}:8201"}
            p.send(raw.request(uri, f"{SERVER}:8201"))
            p.s.settimeout(2)
            try:
                p.read_status()
            except OSError:
                pass
            p.end()
        lab.end()
        end = {"verdict": "unanswered", "status": None, "ending": "none"}
        found = {
            "/silent?forbidden-word": end | {"findings": ["tcp-rst-injected", "http-empty-reply"], "not_findings": CONNECT,
                                             "cause": "the router rejects the request with a reset in the server's name"},
            "/reset": end | {"findings": ["http-empty-reply"], "not_findings": ["tcp-rst-injected", *CONNECT], "cause": "the server resets"},
            "/forged-word": {"findings": ["tcp-rst-injected"], "not_findings": CONNECT, "cause": "a filter forges a reset; the server's answer comes after it",
                             "verdict": "accepted|unanswered", "ending": "rst|none", "status": 101, "unchecked": ["status", "messages_client", "messages_server", "close"],
                             "allowed": ["close-abnormal-1006", "close-accept-then-close", "opt-client-gone-after-101", "http-empty-reply"]},
        }
        rows = _rows(clients, servers, found)
    truth.write("rst_injected", "resets that a router and a filter send in the server's name, whose TTL is another, and one of the server itself",
                [KERNEL, truth.RAW], [truth.handshake(**row) for row in rows], implies=False)
