"""Links between network namespaces, as the kernel makes them: VXLAN, TUN, and interfaces that see a packet again."""
import fcntl
import os
import select
import struct
import threading

import truth
import wires
from lab import Lab

NEAR, FAR = "10.9.0.1", "10.9.0.2"
NEAR6, FAR6 = "fd00:9::1", "fd00:9::2"
INNER, INNER_FAR = "10.42.0.1", "10.42.0.2"


def _write(name, description, rows, **more):
    truth.write(name, description, [truth.node_ws(), truth.RAW], rows, **more)


def veth():
    """What the captures in wraps.py are made of: the MTU leaves room."""
    lab = Lab()
    with wires.Nets("far") as (far,):
        wires.veth(("", "v0", f"{NEAR}/24"), (far, "v1", f"{FAR}/24"), mtu=1400)
        lab.capture("veth.pcap", iface="v0")
        rows = wires.talk(lab, NEAR, f"{FAR}:8085", [], far)
        lab.end()
    _write("veth", "a pair of virtual Ethernet devices, MTU 1400, without offloading", rows)


def veth_ipv6():
    lab = Lab()
    with wires.Nets("far") as (far,):
        wires.veth(("", "v0", f"{NEAR6}/64"), (far, "v1", f"{FAR6}/64"), mtu=1400)
        lab.capture("veth_ipv6.pcap", iface="v0")
        rows = wires.talk(lab, NEAR6, f"[{FAR6}]:8085", [], far)
        lab.end()
    _write("veth_ipv6", "the same over IPv6", rows)


def _vxlan(net, local, remote, inner, port=4789, mtu=1400):
    """One end of a VXLAN. It knows no underlying device, whose MTU it would have to heed."""
    wires.run(net, f"ip link add vxlan42 type vxlan id 42 local {local} remote {remote} dstport {port}")
    wires.up(net, "vxlan42", f"{inner}/24", mtu=mtu)


def vxlan():
    lab = Lab()
    with wires.Nets("far") as (far,):
        wires.veth(("", "v0", f"{NEAR}/24"), (far, "v1", f"{FAR}/24"))
        _vxlan("", NEAR, FAR, INNER)
        _vxlan(far, FAR, NEAR, INNER_FAR)
        lab.capture("vxlan.pcap", iface="v0", filter="ip")
        rows = wires.talk(lab, INNER, f"{INNER_FAR}:8085", ["vxlan 42"], far)
        lab.end()
    _write("vxlan", "VXLAN, on the underlay", rows)


def vxlan_8472():
    lab = Lab()
    with wires.Nets("far") as (far,):
        wires.veth(("", "v0", f"{NEAR6}/64"), (far, "v1", f"{FAR6}/64"))
        _vxlan("", NEAR6, FAR6, INNER, port=8472)
        _vxlan(far, FAR6, NEAR6, INNER_FAR, port=8472)
        lab.capture("vxlan_8472.pcap", iface="v0", filter="udp")
        rows = wires.talk(lab, INNER, f"{INNER_FAR}:8085", ["vxlan 42"], far)
        lab.end()
    _write("vxlan_8472", "VXLAN over IPv6, on the port that was Linux' default before there was a standard", rows)


def vxlan_both():
    """What is sent is seen in the tunnel first, what is received outside it."""
    lab = Lab()
    with wires.Nets("far") as (far,):
        wires.veth(("", "v0", f"{NEAR}/24"), (far, "v1", f"{FAR}/24"))
        _vxlan("", NEAR, FAR, INNER)
        _vxlan(far, FAR, NEAR, INNER_FAR)
        lab.capture("vxlan_both.pcap", iface="any", filter="ip", args=["-y", "LINUX_SLL2"])
        rows = wires.talk(lab, INNER, f"{INNER_FAR}:8085", [], far, size=500)
        rows += wires.talk(lab, INNER_FAR, f"{INNER}:8085", ["vxlan 42"], client_net=far, size=500)
        lab.end()
    _write("vxlan_both", "tcpdump -i any where a VXLAN ends: every packet inside and outside it; five attempts from here and five from the other side", rows)


def vxlan_fragmented():
    """The inner route's MTU is locked, so that the tunnel cannot lower it to what fits; the outer packets may be fragmented."""
    lab = Lab()
    with wires.Nets("far") as (far,):
        wires.veth(("", "v0", f"{NEAR}/24"), (far, "v1", f"{FAR}/24"), mtu=600)
        _vxlan("", NEAR, FAR, INNER, mtu=1450)
        _vxlan(far, FAR, NEAR, INNER_FAR, mtu=1450)
        for net in ("", far):
            wires.run(net, "ip route replace 10.42.0.0/24 dev vxlan42 mtu lock 1450")
        lab.capture("vxlan_fragmented.pcap", iface="v0", filter="ip")
        rows = wires.talk(lab, INNER, f"{INNER_FAR}:8085", ["vxlan 42"], far)
        lab.end()
    _write("vxlan_fragmented", "VXLAN over a link that is too small for it: the outer packets are in fragments", rows)


def any_doubled():
    """A router sees every packet come and go, with a TTL that is one less."""
    lab = Lab()
    with wires.Nets("mid", "far") as (mid, far):
        wires.veth(("", "v0", f"{NEAR}/24"), (mid, "left", "10.9.0.254/24"))
        wires.veth((mid, "right", "10.8.0.254/24"), (far, "v1", "10.8.0.2/24"))
        wires.run("", "ip route add default via 10.9.0.254")
        wires.run(far, "ip route add default via 10.8.0.254")
        wires.forward(mid)
        lab.capture("any_doubled.pcap", iface="any", net=mid, args=["-y", "LINUX_SLL2"])
        rows = wires.talk(lab, NEAR, "10.8.0.2:8085", [], far)
        lab.end()
    _write("any_doubled", "tcpdump -i any on a router: every packet as it comes and as it goes", rows)


def any_tripled():
    """A bridge that is also a router's interface: port, bridge and the other link see every packet."""
    lab = Lab()
    with wires.Nets("mid", "far") as (mid, far):
        wires.veth(("", "v0", f"{NEAR}/24"), (mid, "port"))
        wires.veth((mid, "right", "10.8.0.254/24"), (far, "v1", "10.8.0.2/24"))
        wires.run(mid, "ip link add bridge type bridge")
        wires.run(mid, "ip link set port master bridge")
        wires.up(mid, "bridge", "10.9.0.254/24")
        wires.run("", "ip route add default via 10.9.0.254")
        wires.run(far, "ip route add default via 10.8.0.254")
        wires.forward(mid)
        lab.capture("any_tripled.pcap", iface="any", net=mid, args=["-y", "LINUX_SLL2"])
        rows = wires.talk(lab, NEAR, "10.8.0.2:8085", [], far)
        lab.end()
    _write("any_tripled", "tcpdump -i any on a router with a bridge: every packet at the bridge's port, on the bridge, and on the other link", rows)


def _tun(net, name, *addresses):
    """A TUN device in net. Packets go through the descriptor, without a header in front."""
    TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 1, 0x1000
    with wires.inside(net):
        fd = os.open("/dev/net/tun", os.O_RDWR)
        fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TUN | IFF_NO_PI))
    wires.up(net, name, *addresses)
    return fd


def _pass(a, b):
    """Hand packets over between two TUN devices."""
    while True:
        for fd in select.select([a, b], [], [])[0]:
            os.write(b if fd == a else a, os.read(fd, 65535))


def tun():
    lab = Lab()
    with wires.Nets("far") as (far,):
        near_end = _tun("", "tun0", f"{NEAR}/24", f"{NEAR6}/64")
        far_end = _tun(far, "tun1", f"{FAR}/24", f"{FAR6}/64")
        threading.Thread(target=_pass, args=(near_end, far_end), daemon=True).start()
        lab.capture("tun.pcap", iface="tun0")
        rows = wires.talk(lab, NEAR, f"{FAR}:8085", [], far)
        rows += wires.talk(lab, NEAR6, f"[{FAR6}]:8085", [], far)
        lab.end()
    _write("tun", "a TUN device: raw IP, five attempts over IPv4 and five over IPv6", rows)
