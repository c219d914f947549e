"""Reads, edits and writes pcap files, and composes TCP packets byte for byte."""
import ipaddress
import struct
from dataclasses import dataclass

ETHERNET, NULL, RAW = 1, 0, 101


@dataclass
class Packet:
    time: int  # nanoseconds since 1970
    data: bytes
    original: int  # length on the wire

    def copy(self, **changes):
        return Packet(**{**self.__dict__, **changes})


def read(path):
    """The packets of a little-endian pcap file with microseconds."""
    b = path.read_bytes()
    magic, _, _, _, _, _, link = struct.unpack("<IHHiIII", b[:24])
    assert magic == 0xA1B2C3D4, path
    packets, at = [], 24
    while at < len(b):
        sec, usec, size, original = struct.unpack("<IIII", b[at:at + 16])
        packets.append(Packet(sec * 10**9 + usec * 1000, b[at + 16:at + 16 + size], original))
        at += 16 + size
    return link, packets


def write(path, packets, link=ETHERNET, order="<"):
    out = [struct.pack(order + "IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, link)]
    for p in packets:
        out.append(struct.pack(order + "IIII", p.time // 10**9, p.time // 1000 % 10**6, len(p.data), p.original) + p.data)
    path.write_bytes(b"".join(out))


class Tcp:
    """Where the TCP header of an Ethernet packet is, and what it says."""

    def __init__(self, packet):
        d = packet.data
        self.ip = 14
        if d[12:14] == b"\x86\xdd":
            self.at, host = self.ip + 40, lambda a: f"[{ipaddress.ip_address(a)}]"
            src, dst = d[22:38], d[38:54]
            end = self.at + struct.unpack(">H", d[18:20])[0]
        else:
            self.at, host = self.ip + (d[14] & 15) * 4, lambda a: str(ipaddress.ip_address(a))
            src, dst = d[26:30], d[30:34]
            end = self.ip + struct.unpack(">H", d[16:18])[0]
        sport, dport, self.seq, self.ack, self.offset, self.flags = struct.unpack(">HHIIBB", d[self.at:self.at + 14])
        self.src, self.dst = f"{host(src)}:{sport}", f"{host(dst)}:{dport}"
        self.payload = d[self.at + (self.offset >> 4) * 4:end]
        self.connection = frozenset((self.src, self.dst))


def shift(packet, by):
    """The packet with sequence numbers moved: by maps each sender to what is added to its numbers."""
    t = Tcp(packet)
    seq = (t.seq + by[t.src]) % 2**32
    ack = (t.ack + by[t.dst]) % 2**32 if t.flags & 0x10 else t.ack
    d = packet.data
    return packet.copy(data=d[:t.at + 4] + struct.pack(">II", seq, ack) + d[t.at + 12:])


def split(packet, size):
    """The packet as the segments of size bytes that an adapter would send for it."""
    t, out = Tcp(packet), []
    head = packet.data[:t.at + (t.offset >> 4) * 4]
    at = 16 if t.at - t.ip < 40 else 18  # where the IP length is
    fixed = len(head) - (t.ip if at == 16 else t.at)
    for i in range(0, len(t.payload), size):
        part = t.payload[i:i + size]
        b = head[:at] + struct.pack(">H", fixed + len(part)) + head[at + 2:t.at + 4] + struct.pack(">I", (t.seq + i) % 2**32) + head[t.at + 8:] + part
        out.append(packet.copy(time=packet.time + i, data=b, original=len(b)))
    return out


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    s = sum(struct.unpack(f">{len(data) // 2}H", data))
    while s >> 16:
        s = (s & 0xFFFF) + (s >> 16)
    return ~s & 0xFFFF


FLAGS = {"F": 1, "S": 2, "R": 4, "P": 8, "A": 16}


def packet(src, dst, seq, ack, flags, data=b"", window=64240, options=b"", total_length=None, extension=None, ip_options=b"", padding=b"", ttl=64):
    """The bytes of an Ethernet packet. src and dst are "ip:port".

    total_length replaces the IPv4 length, as 0 does with TSO; extension is
    (next header of IPv6, bytes of all extension headers); padding stands behind
    the IP packet as Ethernet does with short ones.
    """
    (sip, sport), (dip, dport) = (a.rsplit(":", 1) for a in (src, dst))
    sip, dip = (ipaddress.ip_address(a.strip("[]")) for a in (sip, dip))
    bits = sum(FLAGS[c] for c in flags)
    head = struct.pack(">HHIIBBHHH", int(sport), int(dport), seq % 2**32, ack % 2**32, (20 + len(options)) // 4 << 4, bits, window, 0, 0) + options
    pseudo = sip.packed + dip.packed + struct.pack(">II", len(head) + len(data), 6)
    head = head[:16] + struct.pack(">H", checksum(pseudo + head + data)) + head[18:]
    mac = b"\x02\0\0\0\0\x01\x02\0\0\0\0\x02"
    if sip.version == 6:
        first, more = extension or (6, b"")
        ip = struct.pack(">IHBB", 6 << 28, len(more) + len(head) + len(data), first, ttl) + sip.packed + dip.packed + more
        return mac + b"\x86\xdd" + ip + head + data + padding
    length = 20 + len(ip_options) + len(head) + len(data) if total_length is None else total_length
    ip = struct.pack(">BBHHHBBH", 0x45 + len(ip_options) // 4, 0, length, 1, 0x4000, ttl, 6, 0) + sip.packed + dip.packed + ip_options
    ip = ip[:10] + struct.pack(">H", checksum(ip)) + ip[12:]
    return mac + b"\x08\0" + ip + head + data + padding
