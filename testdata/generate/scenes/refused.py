"""Connects that fail, and connections on which nothing is answered."""
import signal
import time

import raw
import truth
from lab import HERE, Lab, bound_socket, sh


def _failed(at, logs, wait=10):
    """A connect that fails; its port is known because it was bound before."""
    host, port = at.rsplit(":", 1)
    s = bound_socket("0.0.0.0")
    s.settimeout(wait)
    here = s.getsockname()[1]
    try:
        s.connect((host, int(port)))
        raise SystemExit(f"{at} accepts connections")
    except OSError as e:
        said = str(e)
    s.close()
    logs.append((here, said))
    return here, said


def refused():
    at, lab, failed = "127.0.0.1:8085", Lab(), []
    lab.capture("refused.pcap")
    node = lab.node_server(at)
    hi = [["text", "hi"], ["messages", 1], ["close", 1000, "done"]]
    clients = lab.node_client([{"url": f"ws://{at}/before", "do": hi}])
    node.stop(signal.SIGTERM)
    for _ in range(2):
        _failed(at, failed)
    lab.node_server(at)
    clients += lab.node_client([{"url": f"ws://{at}/after", "do": hi}])
    _failed("127.0.0.1:8986", failed)
    servers = lab.end()
    rows = truth.join(clients, servers)
    for (port, said), server in zip(failed, (at, at, "127.0.0.1:8986")):
        rows.append(truth.unreached(f"127.0.0.1:{port}", server, f"connection refused: {said}"))
    truth.write("refused", "two refused connects between two handshakes with the same endpoint, and one to an endpoint with no handshake",
                [truth.node_ws(), truth.RAW], rows)


def unanswered():
    """Servers that say nothing, at every stage at which they can."""
    lab, clients, servers = Lab(), [], []

    def silent(p):
        fields = p.read_request()
        what = p.log["uri"].strip("/")
        if what == "hang":
            p.s.settimeout(5)
            p.s.recv(10)  # until the client is gone
        elif what == "half":
            p.send(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: webso")
        elif what == "ok":
            p.log["status"] = 101
            p.send(raw.response_101(fields["sec-websocket-key"]))
            return p.drain()
        p.end("rst" if what == "rst" else "fin")

    def slam(p):
        p.end()

    def slam_rst(p):
        time.sleep(0.05)  # so that the client's connect() succeeds
        p.end("rst")

    talk, cut, cut_rst = "127.0.0.1:8087", "127.0.0.1:8092", "127.0.0.1:8093"
    raw.listen(talk, silent, servers)
    raw.listen(cut, slam, [])
    raw.listen(cut_rst, slam_rst, [])
    lab.capture("unanswered.pcap")
    rows = []
    for what, cause in (("hang", "no answer until the client gave up after 1 s"), ("fin", "the server ends TCP without a byte"),
                        ("rst", "the server resets TCP without a byte"), ("half", "the server ends TCP inside the head of the answer"), ("ok", None)):
        p = raw.connect(talk, clients)
        p.log |= {"uri": "/" + what, "host": talk}
        p.send(raw.request("/" + what, talk))
        p.s.settimeout(1)
        try:
            p.read_status()
        except OSError:
            pass
        if what == "half":
            p.log["status"] = None
        p.end()
        row = truth.join([p.log], [s for s in servers if s["client"] == p.log["client"]])[0]
        if cause:
            row |= {"verdict": "unanswered", "cause": cause, "status": None}
        if what == "half":
            row |= {"unchecked": ["status"], "verdict": "unanswered|bad-handshake|incomplete", "ending": "none|abnormal-fin"}
        elif what == "hang":
            row |= {"findings": ["http-no-response"], "not_findings": ["http-empty-reply"]}
        elif what in ("fin", "rst"):
            row |= {"findings": ["http-empty-reply"], "not_findings": ["http-no-response", "tcp-accept-then-reset"]}
        rows.append(row)
    for server, how in ((cut, "FIN"), (cut_rst, "RST")):
        p = raw.connect(server, [])
        client = p.log["client"]
        time.sleep(0.1)
        p.s.close()
        rows.append(truth.unreached(client, server, f"the server accepts and sends {how} before a byte was sent"))
    lab.end()
    truth.write("unanswered", "a server that never answers, one that ends or resets TCP after the request, one that stops inside the answer's "
                "head, and two that cut the connection before a byte was sent", [truth.RAW], rows)


PEER = "wstap-peer"  # name of the other namespace


def _between_namespaces(lab, name, filter, talk):
    """Capture talk() on a link to another namespace, in which a server listens on 10.9.0.2:8085."""
    sh(f"ip netns del {PEER} 2>/dev/null || true; ip netns add {PEER}")
    try:
        sh(f"ip link add v0 type veth peer name v1 netns {PEER} && ip addr add 10.9.0.1/24 dev v0 && ip link set v0 up")
        sh(f"ip -n {PEER} link set v1 up && ip -n {PEER} addr add 10.9.0.2/24 dev v1 && ip -n {PEER} link set lo up")
        sh(f"ip neigh replace 10.9.0.2 lladdr $(ip -n {PEER} -br link show v1 | awk '{{print $3}}') dev v0 nud permanent")
        sh("ip route add 10.9.9.0/24 via 10.9.0.2")
        lab.capture(name, filter=filter, iface="v0")
        lab.start(["ip", "netns", "exec", PEER, "node", str(HERE / "node/server.js"), "0.0.0.0:8085"], ready="line")
        talk()
        lab.capture_end()
        return lab.end()
    finally:
        sh(f"ip netns del {PEER}")


def _greet(lab, path):
    return lab.node_client([{"url": f"ws://10.9.0.2:8085/{path}", "do": [["text", "hi"], ["messages", 1], ["close", 1000, "done"]]}])


def unreachable():
    """The server's address goes away and comes back; in between a black hole swallows what is sent to it."""
    lab, clients, failed = Lab(), [], []

    def talk():
        clients.extend(_greet(lab, "before"))
        sh(f"ip -n {PEER} addr del 10.9.0.2/24 dev v1 && ip -n {PEER} route add blackhole 10.9.0.2")
        _failed("10.9.0.2:8085", failed, wait=4)
        sh(f"ip -n {PEER} route del blackhole 10.9.0.2 && ip -n {PEER} addr add 10.9.0.2/24 dev v1")
        clients.extend(_greet(lab, "after"))

    rows = truth.join(clients, _between_namespaces(lab, "unreachable.pcap", "tcp", talk))
    rows.append(truth.unreached(f"10.9.0.1:{failed[0][0]}", "10.9.0.2:8085", "no answer to the SYN and its repetitions"))
    truth.write("unreachable", "a connect that is never answered between two handshakes with the same endpoint", [truth.node_ws(), truth.RAW], rows)


def icmp():
    """A router that says why it does not forward."""
    lab, clients, failed = Lab(), [], []

    def talk():
        clients.extend(_greet(lab, "well"))
        sh(f"ip netns exec {PEER} sh -c 'echo 1 > /proc/sys/net/ipv4/ip_forward'")
        sh(f"ip -n {PEER} route add unreachable 10.9.9.1; ip -n {PEER} route add prohibit 10.9.9.2")
        for i in (1, 2):
            _failed(f"10.9.9.{i}:8085", failed, wait=1.5)

    rows = truth.join(clients, _between_namespaces(lab, "icmp.pcap", "tcp or icmp", talk))
    found = ["icmp-unreachable", "icmp-admin-prohibited"]
    rows += [truth.unreached(f"10.9.0.1:{port}", f"10.9.9.{i}:8085", f"ICMP: {said}", findings=[found[i - 1]], not_findings=[found[2 - i]])
             for i, (port, said) in enumerate(failed, 1)]
    truth.write("icmp", "connects answered by ICMP host unreachable and administratively prohibited", [truth.node_ws(), truth.RAW], rows)
