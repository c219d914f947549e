"""Files that are compressed, damaged or no captures."""
import gzip
import json
import subprocess

import pcap
import truth
from lab import OUT


def _source(name):
    return (OUT / (name + ".pcap")).read_bytes(), json.loads((OUT / (name + ".json")).read_text())


def gzipped():
    data, source = _source("closings")
    (OUT / "gzipped.pcap.gz").write_bytes(gzip.compress(data, mtime=0))
    truth.write("gzipped", "gzip of a pcap", source["products"], source["handshakes"], files=["gzipped.pcap.gz"], made="edited from closings")


def zstandard():
    data, source = _source("heads")
    packed = subprocess.run(["zstd", "-q", "-19", "-c"], input=data, capture_output=True, check=True).stdout
    (OUT / "zstandard.pcap.zst").write_bytes(packed)
    truth.write("zstandard", "zstd of a pcap", source["products"], source["handshakes"], files=["zstandard.pcap.zst"], made="edited from heads")


def cut():
    """Cut inside the first frame of the second connection."""
    data, source = _source("ws_basic")
    _, packets = pcap.read(OUT / "ws_basic.pcap")
    first, second = source["handshakes"][:2]
    at = 24
    for p in packets:
        t = pcap.Tcp(p)
        if t.src == second["client"] and t.payload and t.payload[0] & 0x8F == 0x81:
            break
        at += 16 + len(p.data)
    (OUT / "cut.pcap").write_bytes(data[:at + 16 + 50])
    second |= {"close": None, "ending": "open|lost", "messages_client": 0, "messages_server": 0, "cause": "none: success; the file is cut here"}
    truth.write("cut", "cut in the middle of a packet: the first frame of the second connection", source["products"], [first, second],
                made="edited from ws_basic", exit=2)


def cut_gzip():
    """A gzip stream that ends too early."""
    data, source = _source("ws_basic")
    packed = gzip.compress(data, mtime=0)
    (OUT / "cut_gzip.pcap.gz").write_bytes(packed[:len(packed) // 2])
    rows = [row | {"optional": True} for row in source["handshakes"]]
    whole = {"close": None, "ending": "clean|open|lost", "unchecked": ["close", "messages_client", "messages_server"]}
    truth.write("cut_gzip", "gzip stream cut in the middle: what comes out before the cut is read", source["products"],
                [rows[0] | {"optional": False}, *(row | whole for row in rows[1:])], files=["cut_gzip.pcap.gz"], made="edited from ws_basic", exit=2)


def garbage():
    (OUT / "garbage.pcap").write_text("This is a shopping list and no capture.\n" * 8)
    truth.write("garbage", "text, not a capture", ["-"], [], made="composed", exit=2)


def empty():
    pcap.write(OUT / "empty.pcap", [])
    truth.write("empty", "a capture without packets", ["-"], [], made="composed")


def zero_bytes():
    (OUT / "zero_bytes.pcap").write_bytes(b"")
    truth.write("zero_bytes", "a file without bytes", ["-"], [], made="composed", exit=2)
