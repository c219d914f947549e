#!/usr/bin/python3
"""Makes wraps.txt: packets that scapy wraps, with the carrier that each must show.

Each line: link type, carrier divided by commas, the packet in hex. Every packet holds "wss!" from
192.0.2.1:40000 or [2001:db8::1]:40000 to port 80."""
import os
import sys

from scapy.all import (CookedLinux, CookedLinuxV2, Dot1AD, Dot1Q, Ether, GRE, GRE_PPTP, IP, IPv6, LLC, PPP, PPPoE, Raw, SNAP, TCP, UDP,
                       VXLAN, Dot11, Dot11QoS, RadioTap, load_contrib)

for name in ("mpls", "erspan", "geneve"):
    load_contrib(name)
from scapy.contrib.erspan import ERSPAN_I, ERSPAN_II, ERSPAN_III, ERSPAN_PlatformSpecific  # noqa: E402
from scapy.contrib.geneve import GENEVE  # noqa: E402
from scapy.contrib.mpls import MPLS  # noqa: E402

E = Ether(dst="02:00:00:00:00:02", src="02:00:00:00:00:01")
O4 = IP(src="198.51.100.1", dst="198.51.100.2")
O6 = IPv6(src="fd00::1", dst="fd00::2")


def segment():
    return TCP(sport=40000, dport=80, seq=0x01020304, ack=0x05060708, flags="PA", window=501) / Raw(b"wss!")


def inner(v6):
    return (IPv6(src="2001:db8::1", dst="2001:db8::2") if v6 else IP(src="192.0.2.1", dst="192.0.2.2", id=0x1234)) / segment()


def packets():
    for v6 in (False, True):
        i = inner(v6)
        f = E / i
        ip = 0x86dd if v6 else 0x0800
        yield 1, "vlan 10", E / Dot1Q(vlan=10) / i
        yield 1, "vlan 100,vlan 10", E / Dot1AD(vlan=100) / Dot1Q(vlan=10) / i
        yield 1, "mpls 16,mpls 17", E / MPLS(label=16, s=0) / MPLS(label=17, s=1) / i
        yield 1, "pppoe 5", E / PPPoE(sessionid=5) / PPP() / i
        yield 1, "vlan 7,pppoe 5", E / Dot1Q(vlan=7) / PPPoE(sessionid=5) / PPP() / i
        yield 1, "gre", E / O4 / GRE() / i
        yield 1, "gre 42", E / O6 / GRE(key_present=1, key=42, chksum_present=1, seqnum_present=1) / i
        yield 1, "gre", E / O4 / GRE(proto=0x6558) / f
        yield 1, "gre 5,ppp", E / O4 / GRE_PPTP(call_id=5, seqnum_present=1, sequence_number=1, acknum_present=1) / PPP() / i
        yield 1, "erspan", E / O4 / GRE(proto=0x88be) / ERSPAN_I() / f
        yield 1, "erspan 100", E / O4 / GRE(proto=0x88be, seqnum_present=1) / ERSPAN_II(ver=1, session_id=100) / f
        yield 1, "erspan 100", E / O4 / GRE(proto=0x22eb, seqnum_present=1) / ERSPAN_III(session_id=100) / f
        yield 1, "erspan 100", (E / O4 / GRE(proto=0x22eb, seqnum_present=1) / ERSPAN_III(session_id=100, o=1) /
                                ERSPAN_PlatformSpecific() / f)
        yield 1, "vxlan 42", E / O4 / UDP(sport=50000, dport=4789) / VXLAN(vni=42) / f
        yield 1, "vxlan 42", E / O6 / UDP(sport=50000, dport=31337) / VXLAN(flags=8, vni=42) / f
        yield 1, "vxlan 42", (E / O4 / UDP(sport=50000, dport=4790) /
                              VXLAN(flags=0x0c, vni=42, NextProtocol=2 if v6 else 1) / i)
        yield 1, "geneve 42", E / O4 / UDP(sport=50000, dport=6081) / GENEVE(proto=0x6558, vni=42) / f
        yield 1, "geneve 42", E / O6 / UDP(sport=50000, dport=6081) / GENEVE(proto=ip, vni=42) / i
        yield 1, "6in4" if v6 else "ipip", E / O4 / i
        yield 1, "6in6" if v6 else "4in6", E / O6 / i
        yield 1, "vlan 9,vxlan 7,vlan 10,gre 1", (E / Dot1Q(vlan=9) / O4 / UDP(sport=1, dport=4789) / VXLAN(vni=7) / E / Dot1Q(vlan=10) /
                                                  O4 / GRE(key_present=1, key=1) / i)
        yield 1, "erspan 3,vlan 12,geneve 8", (E / O4 / GRE(proto=0x88be, seqnum_present=1) / ERSPAN_II(ver=1, session_id=3) / E /
                                               Dot1Q(vlan=12) / O6 / UDP(sport=1, dport=6081) / GENEVE(proto=0x6558, vni=8) / f)
        yield 113, "vlan 10", CookedLinux(proto=0x8100) / Dot1Q(vlan=10) / i
        yield 276, "", CookedLinuxV2(proto=ip) / i
        yield 1, "", Ether(dst=E.dst, src=E.src, type=8 + len(i)) / LLC(dsap=0xaa, ssap=0xaa, ctrl=3) / SNAP(code=ip) / i
        yield 105, "", Dot11(type=2, subtype=0) / LLC(dsap=0xaa, ssap=0xaa, ctrl=3) / SNAP(code=ip) / i
        yield 127, "", RadioTap() / Dot11(type=2, subtype=8) / Dot11QoS() / LLC(dsap=0xaa, ssap=0xaa, ctrl=3) / SNAP(code=ip) / i


with open(os.path.join(os.path.dirname(os.path.abspath(sys.argv[0])), "wraps.txt"), "w", encoding="ascii") as out:
    for link, carrier, p in packets():
        out.write(f"{link} {carrier.replace(' ', '_') or '-'} {bytes(p).hex()}\n")
