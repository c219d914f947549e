"""What a packet is wrapped in on its way: each function returns the bytes of what it names, around those it is given."""
import ipaddress
import struct
import zlib

import pcap

IPV4, IPV6 = 0x0800, 0x86DD
IPIP, UDP, IPV6_IN, GRE = 4, 17, 41, 47

OUTER = ("192.0.2.1", "192.0.2.2")
OUTER6 = ("2001:db8:ffff::1", "2001:db8:ffff::2")



def ethernet(kind, payload, back=False):
    a, b = b"\x02\0\0\0\x99\x01", b"\x02\0\0\0\x99\x02"
    return (a + b if back else b + a) + struct.pack(">H", kind) + payload


def tagged(frame, *tags):
    """An Ethernet frame with tags, each (EtherType of the tag, VLAN id), outermost first."""
    return frame[:12] + b"".join(struct.pack(">HH", kind, vlan) for kind, vlan in tags) + frame[12:]


def kind_of(ip):
    return IPV6 if ip[0] >> 4 == 6 else IPV4


def ipv4(protocol, payload, src_dst=OUTER, ident=0, ttl=64):
    src, dst = (ipaddress.ip_address(a).packed for a in src_dst)
    head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(payload), ident % 65536, 0, ttl, protocol, 0) + src + dst
    return head[:10] + struct.pack(">H", pcap.checksum(head)) + head[12:] + payload


def ipv6(following, payload, src_dst=OUTER6):
    src, dst = (ipaddress.ip_address(a).packed for a in src_dst)
    return struct.pack(">IHBB", 6 << 28, len(payload), following, 64) + src + dst + payload


def udp(sport, dport, payload):
    """Without a checksum, as tunnels over IPv4 do."""
    return struct.pack(">HHHH", sport, dport, 8 + len(payload), 0) + payload


def mpls(payload, *labels):
    """Labels, outermost first; the last one is the bottom of the stack."""
    stack = b"".join(struct.pack(">I", label << 12 | (i == len(labels)) << 8 | 63) for i, label in enumerate(labels, 1))
    return stack + payload


def ppp(ip):
    return (b"\0\x57" if kind_of(ip) == IPV6 else b"\0\x21") + ip


def pppoe(session, ip):
    inside = ppp(ip)
    return struct.pack(">BBHH", 0x11, 0, session, len(inside)) + inside


def gre(kind, payload, key=None, sequence=None, check=False):
    """RFC 2784 with the fields of RFC 2890."""
    flags = (0x8000 if check else 0) | (0x2000 if key is not None else 0) | (0x1000 if sequence is not None else 0)
    fields = b"\0\0\0\0" if check else b""
    fields += b"" if key is None else struct.pack(">I", key)
    fields += b"" if sequence is None else struct.pack(">I", sequence)
    b = struct.pack(">HH", flags, kind) + fields + payload
    return b[:4] + struct.pack(">H", pcap.checksum(b)) + b[6:] if check else b


def pptp(call, sequence, ip, ack=None):
    """GRE version 1 (RFC 2637) around PPP in HDLC-like framing."""
    inside = b"\xff\x03" + ppp(ip)
    flags = 0x3001 | (0x0080 if ack is not None else 0)
    return struct.pack(">HHHHI", flags, 0x880B, len(inside), call, sequence) + (b"" if ack is None else struct.pack(">I", ack)) + inside


def erspan2(session, vlan, frame, index=7):
    """draft-foschiano-erspan-03, 4.2: version 1, VLAN, class of service, how the VLAN was carried, session, port index."""
    return struct.pack(">II", 1 << 28 | vlan << 16 | 3 << 11 | session, index) + frame


def erspan3(session, vlan, frame, time, subheader=False):
    """Section 4.3: version 2; the time in units of 100 ns; the subheader is that of platform 3 with the time's upper half."""
    ticks = time // 100
    head = struct.pack(">IIHH", 2 << 28 | vlan << 16 | session, ticks & 0xFFFFFFFF, 0, 1 << 1 | subheader)
    return head + (struct.pack(">II", 3 << 26, ticks >> 32) if subheader else b"") + frame


def vxlan(vni, frame):
    return struct.pack(">II", 0x08 << 24, vni << 8) + frame


def geneve(vni, kind, payload, options=b""):
    return struct.pack(">BBHI", len(options) // 4, 0, kind, vni << 8) + options + payload


def geneve_option(number, data):
    """An option that nobody has to understand, of a class for experiments."""
    return struct.pack(">HBB", 0xFFFF, number, len(data) // 4) + data


def wifi(ip, to_station, sequence, station=b"\x02\0\0\0\x99\x03", point=b"\x02\0\0\0\x99\x04", qos=False, fcs=False):
    """An IEEE 802.11 data frame in an infrastructure network, with LLC and SNAP."""
    control = (0x88 if qos else 0x08) | (0x0200 if to_station else 0x0100)
    hosts = (station, point, b"\x02\0\0\0\x99\x05") if to_station else (point, station, b"\x02\0\0\0\x99\x05")
    b = struct.pack("<HH", control, 44) + b"".join(hosts) + struct.pack("<H", sequence % 4096 << 4) + (b"\0\0" if qos else b"")
    b += b"\xaa\xaa\x03\0\0\0" + struct.pack(">H", kind_of(ip)) + ip
    return b + struct.pack("<I", zlib.crc32(b)) if fcs else b


def radiotap(frame, time):
    """TSFT, flags (the FCS stands behind the frame), rate, channel and signal."""
    present = 1 << 0 | 1 << 1 | 1 << 2 | 1 << 3 | 1 << 5
    fields = struct.pack("<QBBHHb", time // 1000 % 2**64, 0x10, 108, 5180, 0x0140, -40)
    return struct.pack("<BBHI", 0, 0, 8 + len(fields), present) + fields + frame


def fragments(ip, size, ident):
    """An IP packet in fragments with size bytes of payload each (a multiple of 8)."""
    if kind_of(ip) == IPV6:
        head, body = ip[:40], ip[40:]
    else:
        head, body = ip[:(ip[0] & 15) * 4], ip[(ip[0] & 15) * 4:]
    return [fragment(head, body[at:at + size], at, at + size < len(body), ident) for at in range(0, len(body), size)]


def fragment(head, part, at, more, ident):
    """One fragment of the packet whose IP header is given: part stands at byte at, and more says whether it is not the last."""
    if head[0] >> 4 == 6:
        b = head[:6] + b"\x2c" + head[7:] + struct.pack(">BBHI", head[6], 0, at | more, ident) + part
        return b[:4] + struct.pack(">H", 8 + len(part)) + b[6:]
    b = head[:2] + struct.pack(">HHH", len(head) + len(part), ident, (0x2000 if more else 0) | at // 8) + head[8:10] + b"\0\0" + head[12:]
    return b[:10] + struct.pack(">H", pcap.checksum(b)) + b[12:] + part
