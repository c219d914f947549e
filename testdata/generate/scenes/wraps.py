"""Real captures of tunnels.py in what the kernel at hand does not make: tags, labels and tunnels put around each packet by us."""
import json
import struct

import encap
import pcap
import truth
from encap import GRE, IPIP, IPV4, IPV6_IN, OUTER, OUTER6, UDP, ethernet
from lab import OUT

TRANSPARENT = 0x6558  # EtherType of Ethernet in a tunnel
WIFI, RADIOTAP, PPP = 105, 127, 9


class Inner:
    """A packet to be wrapped."""

    def __init__(self, number, packet):
        self.number, self.time, self.frame, self.ip = number, packet.time, packet.data, packet.data[14:]
        self.back = pcap.Tcp(packet).src.endswith(":8085") or pcap.Tcp(packet).src.endswith(":8986")  # from the server
        self.outer, self.outer6 = (pair[::-1] if self.back else pair for pair in (OUTER, OUTER6))

    def over_ipv4(self, protocol, payload):
        """The payload between two routers, of which each counts its packets."""
        return ethernet(IPV4, encap.ipv4(protocol, payload, self.outer, self.number + (30000 if self.back else 500)), self.back)

    def over_ipv6(self, following, payload):
        return ethernet(encap.IPV6, encap.ipv6(following, payload, self.outer6), self.back)

    def mirrored(self, payload):
        """The payload from a switch to where it was told to send copies, whatever their direction."""
        return ethernet(IPV4, encap.ipv4(GRE, payload, OUTER, self.number + 500))

    def port(self):
        """An overlay's source port tells flows apart."""
        t = pcap.Tcp(pcap.Packet(0, self.frame, len(self.frame)))
        return 49152 + sum(b"".join(sorted(a.encode() for a in t.connection))) % 16384


def _wrap(name, description, carrier, wrap, source="veth", link=pcap.ETHERNET):
    """Write the source with wrap put around each packet, a function of Inner that returns bytes."""
    kind, packets = pcap.read(OUT / (source + ".pcap"))
    assert kind == pcap.ETHERNET
    known = json.loads((OUT / (source + ".json")).read_text())
    out = []
    for i, p in enumerate(packets):
        b = wrap(Inner(i, p))
        out.append(p.copy(data=b, original=len(b)))
    pcap.write(OUT / (name + ".pcap"), out, link=link)
    rows = [row | {"carrier": carrier} for row in known["handshakes"]]
    truth.write(name, description, known["products"], rows, made=f"edited from {source}")


def qinq():
    _wrap("qinq", "802.1ad: service tag 100, customer tag 200", ["vlan 100", "vlan 200"],
          lambda p: encap.tagged(p.frame, (0x88A8, 100), (0x8100, 200)))


def qinq_8100():
    _wrap("qinq_8100", "two 802.1Q tags, both of EtherType 8100, with priority bits", ["vlan 100", "vlan 200"],
          lambda p: encap.tagged(p.frame, (0x8100, 3 << 13 | 100), (0x8100, 5 << 13 | 1 << 12 | 200)))


def mpls():
    _wrap("mpls", "two MPLS labels", ["mpls 16004", "mpls 24001"],
          lambda p: ethernet(0x8847, encap.mpls(p.ip, 16004, 24001), p.back))


def mpls_ipv6():
    _wrap("mpls_ipv6", "a label and IPv6 explicit null", ["mpls 16004", "mpls 2"],
          lambda p: ethernet(0x8847, encap.mpls(p.ip, 16004, 2), p.back), "veth_ipv6")


def mpls_ethernet():
    _wrap("mpls_ethernet", "an Ethernet pseudowire with control word", ["mpls 16004", "mpls 24002"],
          lambda p: ethernet(0x8847, encap.mpls(struct.pack(">I", p.number % 65536) + p.frame, 16004, 24002), p.back))


def pppoe():
    _wrap("pppoe", "a PPPoE session", ["pppoe 5"], lambda p: ethernet(0x8864, encap.pppoe(5, p.ip), p.back))


def pppoe_vlan():
    _wrap("pppoe_vlan", "IPv6 in a PPPoE session in a VLAN", ["vlan 7", "pppoe 4660"],
          lambda p: encap.tagged(ethernet(0x8864, encap.pppoe(4660, p.ip), p.back), (0x8100, 7)), "veth_ipv6")


def gre():
    _wrap("gre", "IPv4 in GRE; one end adds checksums and sequence numbers", ["gre"],
          lambda p: p.over_ipv4(GRE, encap.gre(IPV4, p.ip, sequence=p.number if p.back else None, check=p.back)))


def gre_key_eth():
    _wrap("gre_key_eth", "Ethernet in GRE with a key", ["gre 42"],
          lambda p: p.over_ipv4(GRE, encap.gre(TRANSPARENT, p.frame, key=42)))


def gre_ipv6():
    _wrap("gre_ipv6", "IPv4 in GRE over IPv6", ["gre 4294967295"],
          lambda p: p.over_ipv6(GRE, encap.gre(IPV4, p.ip, key=0xFFFFFFFF)))


def pptp():
    """Each end numbers the call as the other one wishes."""
    _wrap("pptp", "PPP in GRE version 1, as PPTP has it", ["gre 7", "ppp"],
          lambda p: p.over_ipv4(GRE, encap.pptp(9 if p.back else 7, p.number, p.ip, ack=p.number - 1 if p.number % 3 else None)))


def erspan1():
    _wrap("erspan1", "ERSPAN type I: GRE without sequence numbers, no further header", ["erspan"],
          lambda p: p.mirrored(encap.gre(0x88BE, p.frame)))


def erspan2():
    _wrap("erspan2", "ERSPAN type II, session 100", ["erspan 100"],
          lambda p: p.mirrored(encap.gre(0x88BE, encap.erspan2(100, 10, p.frame), sequence=p.number)))


def erspan3():
    _wrap("erspan3", "ERSPAN type III, session 1023; every other packet with a platform subheader", ["erspan 1023"],
          lambda p: p.mirrored(encap.gre(0x22EB, encap.erspan3(1023, 10, p.frame, p.time, p.number % 2 == 1), sequence=p.number)))


def geneve():
    """Options of several lengths, or none."""
    def wrap(p):
        options = b"".join(encap.geneve_option(i, bytes([i]) * 4 * i) for i in range(p.number % 4))
        return p.over_ipv4(UDP, encap.udp(p.port(), 6081, encap.geneve(42, TRANSPARENT, p.frame, options)))
    _wrap("geneve", "GENEVE with none to three options", ["geneve 42"], wrap)


def geneve_ip():
    _wrap("geneve_ip", "GENEVE with IPv6 in it and no Ethernet", ["geneve 16777215"],
          lambda p: p.over_ipv4(UDP, encap.udp(p.port(), 6081, encap.geneve(0xFFFFFF, encap.IPV6, p.ip))), "veth_ipv6")


def ipip():
    _wrap("ipip", "IPv4 in IPv4", ["ipip"], lambda p: p.over_ipv4(IPIP, p.ip))


def sixin4():
    _wrap("sixin4", "IPv6 in IPv4", ["6in4"], lambda p: p.over_ipv4(IPV6_IN, p.ip), "veth_ipv6")


# RFC 2473, 4.1.1: how often the packet may be wrapped again, in a header of
# destination options, which Linux puts before what its tunnels carry.
def _limit(following):
    return bytes([following, 0, 4, 1, 4, 1, 1, 0])


def fourin6():
    _wrap("fourin6", "IPv4 in IPv6, behind destination options", ["4in6"], lambda p: p.over_ipv6(60, _limit(IPIP) + p.ip))


def sixin6():
    _wrap("sixin6", "IPv6 in IPv6", ["6in6"], lambda p: p.over_ipv6(IPV6_IN, p.ip), "veth_ipv6")


def nested_vxlan():
    def wrap(p):
        inside = encap.vxlan(42, encap.tagged(p.frame, (0x8100, 20)))
        return encap.tagged(p.over_ipv4(UDP, encap.udp(p.port(), 4789, inside)), (0x8100, 10))
    _wrap("nested_vxlan", "a VLAN in VXLAN in a VLAN", ["vlan 10", "vxlan 42", "vlan 20"], wrap)


def nested_gre6():
    def wrap(p):
        inside = encap.gre(TRANSPARENT, encap.tagged(p.frame, (0x88A8, 30), (0x8100, 31)), key=42)
        outer = encap.ipv6(GRE, inside, p.outer6)
        return encap.tagged(ethernet(0x8847, encap.mpls(outer, 16004), p.back), (0x8100, 10))
    _wrap("nested_gre6", "QinQ in GRE over IPv6 over MPLS in a VLAN", ["vlan 10", "mpls 16004", "gre 42", "vlan 30", "vlan 31"], wrap)


def nested_geneve():
    def wrap(p):
        frame = ethernet(IPV4, encap.ipv4(IPV6_IN, p.ip, ("198.51.100.1", "198.51.100.2")[::-1 if p.back else 1], p.number), p.back)
        inside = encap.geneve(42, TRANSPARENT, frame, encap.geneve_option(1, b"\1\2\3\4"))
        outer = encap.ipv4(UDP, encap.udp(p.port(), 6081, inside), p.outer, p.number)
        return encap.tagged(ethernet(0x8847, encap.mpls(outer, 16004), p.back), (0x8100, 10))
    _wrap("nested_geneve", "6in4 in GENEVE over MPLS in a VLAN", ["vlan 10", "mpls 16004", "geneve 42", "6in4"], wrap, "veth_ipv6")


def nested_erspan():
    """What a switch in a VXLAN underlay mirrors."""
    def wrap(p):
        overlay = p.over_ipv4(UDP, encap.udp(p.port(), 4789, encap.vxlan(42, p.frame)))
        return p.mirrored(encap.gre(0x88BE, encap.erspan2(5, 0, overlay), sequence=p.number))
    _wrap("nested_erspan", "VXLAN in ERSPAN type II", ["erspan 5", "vxlan 42"], wrap)


def wifi():
    _wrap("wifi", "IEEE 802.11 data frames with LLC and SNAP, no FCS", [], lambda p: encap.wifi(p.ip, p.back, p.number), link=WIFI)


def wifi_radiotap():
    _wrap("wifi_radiotap", "radiotap and IEEE 802.11 QoS data frames with FCS", [],
          lambda p: encap.radiotap(encap.wifi(p.ip, p.back, p.number, qos=True, fcs=True), p.time), link=RADIOTAP)


def ppp():
    """Both forms that the link type allows."""
    _wrap("ppp", "PPP link, from one side in HDLC-like framing", [], lambda p: (b"\xff\x03" if p.back else b"") + encap.ppp(p.ip), link=PPP)


def ipv6_doubled():
    """Copies come 3 to 500 µs later, and then behind what came in between."""
    _, packets = pcap.read(OUT / "veth_ipv6.pcap")
    known = json.loads((OUT / "veth_ipv6.json").read_text())
    twice = [q for i, p in enumerate(packets) for q in (p, p.copy(time=p.time + 3000 + i * 7919 % 498 * 1000))]
    twice.sort(key=lambda p: p.time)
    pcap.write(OUT / "ipv6_doubled.pcap", twice)
    truth.write("ipv6_doubled", "IPv6, which numbers no packets: each of them twice, 3 to 500 µs apart", known["products"], known["handshakes"],
                made="edited from veth_ipv6")
