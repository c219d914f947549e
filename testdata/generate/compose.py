"""A TCP connection composed segment by segment, with the truth of what it holds."""
import struct

import pcap
import raw
import truth
from lab import OUT


class Tape:
    """The packets of a composed capture, a millisecond apart."""

    def __init__(self):
        self.now, self.packets = 1_700_000_000 * 10**9, []

    def put(self, data):
        self.now += 10**6
        self.packets.append(pcap.Packet(self.now, data, len(data)))

    def sleep(self, ms):
        """Let time pass without packets."""
        self.now += ms * 10**6

    def path(self, name):
        return OUT / (name + ".pcap")

    def write(self, name, description, rows, **more):
        pcap.write(self.path(name), self.packets)
        truth.write(name, description, ["-"], rows, made="composed", **more)


class Conn:
    """Both ends of a connection. c and s send; what they send is acknowledged by their next segment."""

    def __init__(self, tape, port=50000, uri="/", v6=False, isn=(1000, 900000), **ip):
        self.tape, self.uri, self.ip = tape, uri, ip
        self.client, self.server = (f"[2001:db8::10]:{port}", "[2001:db8::5]:8085") if v6 else (f"192.0.2.10:{port}", "198.51.100.5:8085")
        self.next = {"c": isn[0], "s": isn[1]}
        self.sent = {"c": 0, "s": 0}
        self.close = None
        self.closed = set()

    def seg(self, side, data=b"", flags="A", at=None, ack=None, capture=True, **how):
        """One segment. at is relative to the next sequence number and then nothing is counted as sent."""
        other = "s" if side == "c" else "c"
        seq = self.next[side] if at is None else self.next[side] + at
        src, dst = (self.client, self.server) if side == "c" else (self.server, self.client)
        b = pcap.packet(src, dst, seq, (self.next[other] if ack is None else ack) if "A" in flags else 0, flags, data, **(self.ip | how))
        if at is None:
            self.next[side] += len(data) + ("S" in flags) + ("F" in flags)
        if capture:
            self.tape.put(b)
        return b

    def open(self):
        mss = b"\x02\x04\x05\xb4"
        self.seg("c", flags="S", options=mss)
        self.seg("s", flags="SA", options=mss)
        self.seg("c")
        return self

    def request(self):
        return raw.request(self.uri, self.server)

    def handshake(self):
        self.seg("c", self.request(), "PA")
        self.seg("s", raw.response_101(), "PA")
        self.seg("c")
        return self

    def frame(self, side, opcode, payload=b""):
        """The bytes of a frame, counted in the truth. The mask key is fixed: the file must not change from run to run."""
        if opcode in (1, 2):
            self.sent[side] += 1
        f = raw.frame(opcode, payload)
        if side == "c":
            head, key = bytearray(f[:len(f) - len(payload)]), b"\x37\xfa\x21\x3d"
            head[1] |= 0x80
            f = bytes(head) + key + bytes(b ^ key[i & 3] for i, b in enumerate(payload))
        return f

    def text(self, side, text, **how):
        self.seg(side, self.frame(side, 1, text.encode()), "PA", **how)

    def closing(self, side, code=1000, reason=""):
        """A Close frame as bytes, counted in the truth."""
        self.close = self.close or {"code": code, "reason": reason, "by": "client" if side == "c" else "server"}
        self.closed.add(side)
        return self.frame(side, 8, struct.pack(">H", code) + reason.encode())

    def end(self):
        """The Close handshake by the client and the end of TCP."""
        self.seg("c", self.closing("c", 1000, "done"), "PA")
        self.seg("s", self.closing("s", 1000), "PA")
        self.seg("s", flags="FA")
        self.seg("c", flags="FA")
        self.seg("s")

    def row(self, **more):
        ending = {0: "open", 1: "one-sided", 2: "clean"}[len(self.closed)]
        return truth.handshake(**{"client": self.client, "server": self.server, "host": self.server, "uri": self.uri, "status": 101,
                                  "messages_client": self.sent["c"], "messages_server": self.sent["s"], "close": self.close, "ending": ending} | more)
