"""What stands beside a scene's own network namespace: others, the links between them, and a talk over these.

In all functions net names a namespace, "" the scene's own.
"""
import contextlib
import ctypes
import os
import pathlib
import shutil
import socket

import truth
from lab import sh, within

PREFIX = "wstap-generate-"

# A segment that the adapter is to cut, or whose checksum it is to fill in, is
# not what goes over a wire.
OFFLOADS = "tx off rx off sg off tso off gso off gro off"


class Nets:
    """Namespaces, for the time of a with statement."""

    def __init__(self, *names):
        self.names = [PREFIX + n for n in names]

    def __enter__(self):
        for name in self.names:
            sh(f"ip netns del {name} 2>/dev/null || true; ip netns add {name}; ip -n {name} link set lo up")
        return self.names

    def __exit__(self, *failed):
        for name in self.names:
            sh(f"ip netns del {name}")


def run(net, command):
    sh(" ".join([*within(net), command]))


def up(net, dev, *addresses, mtu=None):
    """Bring a device up. IPv6 addresses are usable at once; there is no solicitation of routers."""
    run(net, f"ethtool -K {dev} {OFFLOADS} >/dev/null 2>&1 || true")
    for a in addresses:
        run(net, f"ip addr add {a} dev {dev} {'nodad' if ':' in a else ''}")
    run(net, f"ip link set {dev} addrgenmode none 2>/dev/null || true")  # an MTU below 1280 leaves no IPv6
    run(net, f"ip link set {dev} {f'mtu {mtu}' if mtu else ''} up")


def veth(a, b, mtu=1500):
    """A cable. Each end is (net, device, address…)."""
    sh(f"ip link add {a[1]} type veth peer name {b[1]}")
    for net, dev, *addresses in (a, b):
        if net:
            sh(f"ip link set {dev} netns {net}")
    for net, dev, *addresses in (a, b):
        up(net, dev, *addresses, mtu=mtu)


def forward(net):
    """Make a namespace a router."""
    run(net, "sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1")


@contextlib.contextmanager
def inside(net):
    """Sockets and devices that are opened in here belong to net, and stay there."""
    if not net:
        yield
        return
    libc = ctypes.CDLL(None, use_errno=True)
    with open("/proc/thread-self/ns/net") as home, open("/run/netns/" + net) as there:
        if libc.setns(there.fileno(), 0):
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
        try:
            yield
        finally:
            libc.setns(home.fileno(), 0)


def refused(client, at, net=""):
    """A connect from the address client to a port on which nothing listens; its row."""
    host, port = at.rsplit(":", 1)
    with inside(net):
        s = socket.socket(socket.AF_INET6 if ":" in client else socket.AF_INET)
    s.settimeout(5)
    s.bind((client, 0))
    here = f"[{client}]:{s.getsockname()[1]}" if ":" in client else f"{client}:{s.getsockname()[1]}"
    try:
        s.connect((host.strip("[]"), int(port)))
    except ConnectionRefusedError as e:
        return truth.unreached(here, at, f"connection refused: {e}")
    finally:
        s.close()
    raise SystemExit(f"{at} accepts connections")


def attempts(at, size=3000):
    """What ws clients do in the usual talk: a chat, a Close by the server, a 403 and a 404."""
    return [
        {"url": f"ws://{at}/chat", "protocols": ["chat"], "origin": "https://app.example",
         "do": [["text", "one"], ["binary", size], ["messages", 2], ["close", 1000, "done"]]},
        {"url": f"ws://{at}/away?close=4001&reason=away", "do": [["text", "two"], ["gone"]]},
        {"url": f"ws://{at}/no?reject=403&body=no"},
        {"url": f"ws://{at}/missing?reject=404"},
    ]


def talk(lab, client, at, carrier=None, server_net="", client_net="", size=3000):
    """The usual talk and a refused connect, between the address client and the server at; their rows.

    carrier is what wraps the first packet of each connection.
    """
    server = lab.node_server(at, net=server_net)
    clients = lab.node_client(attempts(at, size), net=client_net)
    host = at.rsplit(":", 1)[0]
    nobody = refused(client, f"{host}:8986", client_net)
    server.stop()
    rows = truth.join(clients, server.records) + [nobody]
    return rows if carrier is None else [row | {"carrier": carrier} for row in rows]


@contextlib.contextmanager
def resolving(config, *more):
    """A namespace with a resolv.conf of its own, and the other end of a cable in the scene's; a server answers there.

    With an IPv6 address among more the client asks for both families, without one for A only (AI_ADDRCONFIG)."""
    client, host = "192.0.2.10", "192.0.2.1"
    with Nets("names") as (net,):
        folder = pathlib.Path("/etc/netns") / net
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "resolv.conf").write_text(config)
        (folder / "hosts").write_text("127.0.0.1 localhost\n")
        (folder / "nsswitch.conf").write_text("hosts: files dns\n")
        try:
            veth(("", "names0", f"{host}/24", "192.0.2.53/24", "192.0.2.54/24", "198.51.100.7/24"), (net, "names1", f"{client}/24", *more))
            run(net, f"ip route add default via {host}")
            yield net
        finally:
            shutil.rmtree(folder)
