"""Sets of files as tcpdump and dumpcap write them, with the names that these give."""
import gzip
import re
import time

import raw
import truth
from lab import OUT, Lab
from scenes.links import UNSEEN

AT = "127.0.0.1:8085"
BULK = 50_000  # bytes of a message that makes files grow, and that compresses well


def _begin(name, **capture):
    """A lab that captures into a clean set, and its server."""
    lab = Lab()
    for old in OUT.glob(name.split(".")[0] + "[._]*"):
        old.unlink()
    server = lab.node_server(AT)
    lab.capture(name, **capture)
    return lab, server


def _finish(peer, code=1000, reason="done"):
    peer.close_frame(code, reason)
    peer.drain(until_close=True)
    peer.end()


def _short(lab, path):
    return lab.node_client([{"url": f"ws://{AT}/{path}", "do": [["text", "x"], ["messages", 1], ["close", 1000, "done"]]}])


def _write(name, description, tool, rows, files):
    for f in files:
        (OUT / f).chmod(0o644)
    truth.write(name, description, [truth.node_ws(), truth.RAW, tool], rows, files=files)


def _grow(peer, following):
    """Send until the file with the name following has been begun."""
    for _ in range(60):
        if following.exists():
            return
        peer.message("\0" * BULK)
        peer.drain(seconds=0.02)
    raise SystemExit(f"no {following}")


def ring_size():
    """tcpdump -C 1 -z gzip: it does not touch the last file."""
    lab, server = _begin("ring_size.pcap", args=["-C", "1", "-z", "gzip"])
    clients = []
    long = raw.handshake(AT, "/long?silent=1", clients)
    for i in (1, 2):
        _grow(long, OUT / f"ring_size.pcap{i}")
        clients += _short(lab, f"short{i}") + lab.node_client([{"url": f"ws://{AT}/no{i}?reject=403"}])
    _finish(long)
    lab.end()
    files = ["ring_size.pcap.gz", "ring_size.pcap1.gz", "ring_size.pcap2"]
    _write("ring_size", "tcpdump -C 1 -z gzip: the next file begins after a million bytes; one connection goes through all of them",
           "tcpdump", truth.join(clients, server.records), files)


def ring_wrapped():
    """tcpdump -C 1 -W 3: the fourth file takes the place and the name of the first."""
    lab, server = _begin("ring_wrapped.pcap", args=["-C", "1", "-W", "3"])
    clients = []
    old = raw.handshake(AT, "/overwritten?silent=1", clients)
    _grow(old, OUT / "ring_wrapped.pcap1")
    long = raw.handshake(AT, "/long?silent=1", clients)
    for i in (2, 0):
        if i == 0:
            (OUT / "ring_wrapped.pcap0").unlink()  # so that it shows when it is begun again
        _grow(long, OUT / f"ring_wrapped.pcap{i}")
        clients += _short(lab, f"short{i}")
    old.message("still there")
    _finish(old)
    _finish(long)
    lab.end()
    for i in (1, 2):
        path = OUT / f"ring_wrapped.pcap{i}"
        (OUT / f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes(), mtime=0))
        path.unlink()
    rows = truth.join(clients, server.records)
    rows[0] |= {"verdict": "headless", "unchecked": [n for n in UNSEEN if n not in ("close", "ending")],
                "cause": "the handshake was in a file that the ring has overwritten"}
    _write("ring_wrapped", "tcpdump -C 1 -W 3 after its first file was overwritten: number 0 is the newest (the others were compressed later, to be small)",
           "tcpdump", rows, ["ring_wrapped.pcap1.gz", "ring_wrapped.pcap2.gz", "ring_wrapped.pcap0"])


def _dumpcap_files(name):
    """The files of dumpcap's set NAME_NNNNN_YYYYMMDDHHMMSS.pcapng."""
    files = sorted(p.name for p in OUT.glob(name + "_*.pcapng"))
    if len(files) < 3 or not all(re.fullmatch(name + r"_\d{5}_\d{14}\.pcapng", f) for f in files):
        raise SystemExit(f"not a ring: {files}")
    return files


def ring_dumpcap():
    lab, server = _begin("ring_dumpcap.pcapng", tool="dumpcap", args=["-b", "filesize:8", "-b", "files:20"])
    clients = []
    long = raw.handshake(AT, "/long?reply=2000", clients)
    for i in range(5):
        long.message(f"{i}" * 1500)
        long.drain()
        if i in (1, 3):
            clients += _short(lab, f"short{i}")
    clients += lab.node_client([{"url": f"ws://{AT}/no?reject=403"}])
    _finish(long)
    lab.end()
    _write("ring_dumpcap", "dumpcap -b filesize:8 -b files:20: one connection goes through all files", "dumpcap",
           truth.join(clients, server.records), _dumpcap_files("ring_dumpcap"))


def ring_duration():
    """The ring keeps four files: dumpcap has removed the first ones."""
    lab, server = _begin("ring_duration.pcapng", tool="dumpcap", args=["-b", "duration:1", "-b", "files:4"])
    clients = []
    old = raw.handshake(AT, "/removed", clients)
    late = None
    for i in range(18):
        old.message(f"message {i}")
        old.drain()
        if i == 13:
            late = raw.handshake(AT, "/late", clients)
        if late:
            late.message(f"message {i}")
            late.drain()
        time.sleep(0.2)
    _finish(late)
    _finish(old)
    lab.capture_end(settle=0.6)  # more would be a file without packets
    lab.end()
    rows = truth.join(clients, server.records)
    rows[0] |= {"verdict": "headless", "unchecked": [n for n in UNSEEN if n not in ("close", "ending")],
                "cause": "the handshake was in a file that dumpcap has removed"}
    _write("ring_duration", "dumpcap -b duration:1 -b files:4, which has removed the oldest files: one connection goes through all that are left",
           "dumpcap", rows, _dumpcap_files("ring_duration"))
